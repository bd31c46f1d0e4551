//! The lab, as somebody uses it who learns.

use std::{
    thread::JoinHandle,
    time::{Duration, Instant},
};

use unsnarl::{
    check::FindingKind,
    lab::{
        self, Chapter, Lesson, Stage,
        web::{Lab, RunLimits},
    },
    server::ServerHandle,
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

use crate::browser::{Page, folder};

const WIDE: (u32, u32) = (1280, 900);
const NARROW: (u32, u32) = (390, 844);

/// A check that takes as long as it may.
fn large() {
    let count = AtomicU32::new(0);
    thread::scope(|scope| {
        for _ in 0..5 {
            scope.spawn(|| (0..6).for_each(|_| _ = count.fetch_add(1, Ordering::SeqCst)));
        }
    });
}

const OWN: Lesson = Lesson {
    name: "own",
    title: "A lesson of another crate",
    concept: "programs that take long",
    summary: "A search that is not over soon",
    story: "None.",
    questions: &[],
    reading: &[],
    stages: &[Stage::buggy(FindingKind::Deadlock, large)],
    fixed: large,
    file: file!(),
    source: "//! A lesson of another crate.\n",
    bound: None,
};

struct Open {
    handle: ServerHandle,
    running: Option<JoinHandle<()>>,
}

impl Open {
    fn new() -> Open {
        let own = Chapter { title: "Our own", about: "What another crate adds.", lessons: &[OWN] };
        let limits = RunLimits { runs_max: 8, budget: Duration::from_secs(60), ..RunLimits::default() };
        let lab = Lab::new().addr("127.0.0.1:0").chapter(own).limits(limits).build().unwrap();
        let handle = lab.handle();
        let running = std::thread::spawn(move || _ = lab.run().unwrap());
        Open { handle, running: Some(running) }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.handle.local_addr())
    }

    fn page(&self, path: &str, (width, height): (u32, u32)) -> Page {
        let page = Page::open(&self.url(path));
        page.resize(width, height);
        page
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.handle.shutdown();
        let _ = self.running.take().unwrap().join();
    }
}

/// Waits until the expression is true.
fn until(page: &Page, expression: &str) {
    let started = Instant::now();
    while page.eval(expression) != true {
        assert!(started.elapsed() < Duration::from_secs(30), "never: {expression}\n{}", page.text("main"));
        std::thread::sleep(Duration::from_millis(30));
    }
}

fn until_text(page: &Page, selector: &str, part: &str) {
    until(page, &format!("(document.querySelector({selector:?})?.innerText ?? '').includes({part:?})"));
}

/// The position has the given number of steps.
fn until_steps(page: &Page, count: usize) {
    until(
        page,
        &format!(
            "document.querySelectorAll('.steps li').length === {count} && !document.querySelector('#stepper[aria-busy]')"
        ),
    );
}

#[test]
fn the_course_is_laid_out_wide_and_narrow_dark_and_light() {
    let open = Open::new();
    let page = open.page("/", WIDE);
    for (width, height) in [WIDE, NARROW] {
        page.resize(width, height);
        page.assert_laid_out(&format!("the course at {width}"));
        page.screenshot(&format!("lab-index-{width}"));
    }
    page.click("#theme");
    page.screenshot("lab-index-other-theme");
    drop(page);
    let course: Vec<String> = lab::lessons()
        .iter()
        .chain(lab::real_bugs())
        .map(|lesson| format!("/lesson/{}", lesson.name))
        .collect();
    // Two readers, since each waits for a browser most of the time.
    std::thread::scope(|scope| {
        for half in course.chunks(course.len().div_ceil(2)) {
            scope.spawn(|| lessons_are_laid_out(&open, half));
        }
    });
}

fn lessons_are_laid_out(open: &Open, paths: &[String]) {
    let page = open.page(&paths[0], WIDE);
    // Each page at one width and then at the other, which is where the next one begins.
    let mut widths = [WIDE, NARROW];
    for path in paths {
        page.go(&open.url(path));
        page.eval("document.querySelectorAll('details').forEach((one) => { one.open = true; })");
        page.assert_laid_out(&format!("{path} at {}", widths[0].0));
        page.resize(widths[1].0, widths[1].1);
        page.assert_laid_out(&format!("{path} at {}", widths[1].0));
        widths.reverse();
    }
    page.resize(NARROW.0, NARROW.1);
    page.screenshot("lab-lesson-390");
}

#[test]
fn a_check_shows_its_verdict_and_its_steps() {
    let open = Open::new();
    let page = open.page("/", WIDE);
    page.click("a[href='/lesson/transfer']");
    page.tab.wait_for_element("button.check").unwrap();
    page.screenshot("lab-lesson");
    page.click("button.check[data-program='buggy']");
    until_text(&page, "#result", "The checker found a bug in buggy: deadlock");
    assert_eq!(page.eval("document.querySelectorAll('#result path.waits').length"), 3);
    page.click("#result button[aria-label='First step']");
    until_text(&page, "#result .now", "Before the first");
    page.assert_laid_out("a verdict");
    page.screenshot("lab-verdict");
    page.resize(NARROW.0, NARROW.1);
    page.assert_laid_out("a verdict, narrow");
    page.screenshot("lab-verdict-390");
    page.click("button.check[data-program='fixed']");
    until_text(&page, "#result", "No bug in fixed, in any interleaving.");
    page.screenshot("lab-verdict-fixed-390");
    // The course remembers.
    page.click("a.brand");
    page.tab.wait_for_element("li[data-lesson='transfer'] .mark").unwrap();
    assert_eq!(page.text("li[data-lesson='transfer'] .marks"), "✓ read✓ checked");
    // Answers are folded until asked for.
    page.click("a[href='/lesson/transfer']");
    page.tab.wait_for_element(".fold").unwrap();
    assert_eq!(page.eval("[...document.querySelectorAll('.fold')].some((one) => one.open)"), false);
    page.click(".fold:last-of-type summary");
    assert_eq!(page.eval("[...document.querySelectorAll('.fold')].filter((one) => one.open).length"), 1);
}

#[test]
fn a_check_is_cancelled_and_another_visitor_does_not_notice() {
    let open = Open::new();
    let page = open.page("/lesson/own", WIDE);
    // A second visitor, in a window of the same browser.
    let other = page.another(&open.url("/lesson/own"));
    page.click("button.check[data-program='buggy']");
    until_text(&page, "#progress", "looking");
    other.click("button.check[data-program='fixed']");
    until(&page, "/[1-9]\\d* executions|[\\d,]{3,}/.test(document.querySelector('#progress').innerText)");
    page.screenshot("lab-running");
    page.click("#cancel");
    until_text(&page, "#result", "the check was cancelled after");
    until(&page, "document.querySelector('#progress').innerText === ''");
    assert!(other.text("#progress").contains("looking"), "{}", other.text("#progress"));
    other.click("#cancel");
    until(&other, "document.querySelector('#result').innerText.includes('the check was cancelled after')");
}

#[test]
fn the_deadlock_is_found_by_hand_with_undo_and_hints() {
    let open = Open::new();
    let page = open.page("/lesson/transfer", WIDE);
    page.click("a[href='/schedule/transfer/buggy']");
    page.tab.wait_for_element(".thread button").unwrap();
    until_text(&page, ".now", "Choose who takes the first step");
    page.screenshot("lab-scheduler-start");
    page.click("#reachable");
    until_text(&page, ".now", "Yes: a deadlock is 4 steps away");
    // Ada alone to her end: then it is too late.
    for steps in 1..=3 {
        page.click("button[data-thread='1']");
        until_steps(&page, steps);
    }
    page.click("#reachable");
    until_text(&page, ".now", "No bug can be reached from here any more");
    page.screenshot("lab-scheduler-unreachable");
    page.click("#undo");
    until_steps(&page, 2);
    page.click("#hint");
    until_text(&page, ".now", "Hint: ben");
    page.screenshot("lab-scheduler-hint");
    // What was done is kept by the browser.
    page.tab.reload(false, None).unwrap();
    page.tab.wait_for_element(".thread button").unwrap();
    until_steps(&page, 2);
    assert_eq!(page.eval("document.querySelectorAll('.objects tr').length"), 2);
    page.click("button[data-thread='2']");
    until_steps(&page, 3);
    page.click("button[data-thread='2']");
    until_text(&page, ".now", "You found the deadlock in 4 steps");
    page.assert_laid_out("a deadlock by hand");
    page.screenshot("lab-scheduler-found");
    page.click("#reset");
    until_steps(&page, 0);
    // The engine shows the way.
    page.click("#reachable");
    page.tab.wait_for_element("#way").unwrap();
    page.click("#way");
    until_text(&page, ".now", "You found the deadlock in 4 steps");
    page.click("a.brand");
    page.tab.wait_for_element("li[data-lesson='transfer'] .mark").unwrap();
    assert!(page.text("li[data-lesson='transfer'] .marks").contains("found by hand"));
}

#[test]
fn the_keyboard_alone_is_enough_on_a_narrow_screen() {
    let open = Open::new();
    let page = open.page("/schedule/transfer/buggy", NARROW);
    page.tab.wait_for_element(".thread button").unwrap();
    until_text(&page, ".now", "Choose who takes the first step");
    for (steps, key) in [(1, "2"), (2, "2"), (3, "3")] {
        page.press(key);
        until_steps(&page, steps);
    }
    page.press("u");
    until_steps(&page, 2);
    page.press("h");
    until_text(&page, ".now", "Hint");
    page.press("q");
    until_text(&page, ".now", "2 steps away");
    page.press("3");
    until_steps(&page, 3);
    page.press("3");
    until_text(&page, ".now", "You found the deadlock");
    page.assert_laid_out("stepping at 390");
    page.screenshot("lab-scheduler-390");
    page.click("#theme");
    page.screenshot("lab-scheduler-390-other-theme");
    page.press("r");
    until_steps(&page, 0);
    // Everything can be reached by Tab, in the order in which it is read.
    let mut reached = Vec::new();
    for _ in 0..12 {
        page.press("Tab");
        reached.push(page.eval("document.activeElement.id || document.activeElement.dataset.thread || document.activeElement.tagName").to_string());
    }
    for wanted in ["\"hint\"", "\"reachable\"", "\"1\"", "\"2\""] {
        assert!(reached.iter().any(|one| one == wanted), "{wanted}: {reached:?}");
    }
}

#[test]
fn a_step_that_chooses_a_number_asks_for_it() {
    let open = Open::new();
    let page = open.page("/schedule/cigarette-smokers/buggy", WIDE);
    page.tab.wait_for_element(".thread button").unwrap();
    until_text(&page, ".now", "Choose who takes the first step");
    page.click("button[data-thread='0']");
    page.tab.wait_for_element(".question button").unwrap();
    page.screenshot("lab-question");
    page.assert_laid_out("a question");
    page.press("3");
    until_steps(&page, 1);
    page.click("#reachable");
    until_text(&page, ".now", "steps away");
}

#[test]
fn a_page_of_another_origin_reaches_nothing() {
    let open = Open::new();
    let file = folder().join("elsewhere.html");
    std::fs::write(&file, "<!DOCTYPE html><title>elsewhere</title><p>elsewhere</p>").unwrap();
    let page = Page::open(&format!("file://{}", file.display()));
    let url = open.url("");
    for ask in [
        format!("fetch('{url}/').then((answer) => answer.text())"),
        format!("fetch('{url}/', {{ mode: 'no-cors' }}).then((answer) => answer.text())"),
        format!(
            "fetch('{url}/api/check', {{ method: 'POST', headers: {{ 'content-type': 'application/json' }}, body: JSON.stringify({{ lesson: 'transfer', program: 'buggy' }}) }}).then((answer) => answer.text())"
        ),
        format!(
            "fetch('{url}/api/check', {{ method: 'POST', mode: 'no-cors', body: JSON.stringify({{ lesson: 'transfer', program: 'buggy' }}) }}).then((answer) => answer.text())"
        ),
    ] {
        // The browser refuses, or the answer is one that cannot be read.
        let got = page.eval(&format!("{ask}.then((text) => text || 'nothing', () => 'refused')"));
        assert!(got == "refused" || got == "nothing", "{ask}: {got}");
    }
    page.eval(&format!("document.body.innerHTML = '<iframe src=\"{url}/\"></iframe>'"));
    page.eval("new Promise((done) => setTimeout(done, 500))");
    assert_eq!(page.eval("(() => { try { return document.querySelector('iframe').contentDocument.title; } catch { return 'closed'; } })() || 'closed'"), "closed");
}

#[test]
fn a_lesson_in_a_file_shows_what_the_check_found() {
    let folder = folder().join("course");
    lab::web::export(&Lab::new(), &folder, Some("dining-philosophers"), |_| {}).unwrap();
    let page = Page::open(&format!("file://{}", folder.join("dining-philosophers.html").display()));
    page.resize(WIDE.0, WIDE.1);
    page.click("button.check[data-program='buggy']");
    until_text(&page, "#result", "The checker found a bug in buggy: deadlock");
    page.assert_laid_out("a lesson in a file");
    page.screenshot("lab-export");
    page.click("button.check[data-program='fixed']");
    until_text(&page, "#result", "No bug in fixed");
}

#[test]
fn the_meltdown_is_plotted_and_the_machine_is_one_visitors_at_a_time() {
    let open = Open::new();
    let page = open.page("/", WIDE);
    page.click("a[href='/meltdown']");
    page.tab.wait_for_element("button[data-experiment='walk']").unwrap();
    page.assert_laid_out("the experiments");
    page.click("button[data-experiment='walk']");
    // It is drawn while it is measured.
    until(&page, "document.querySelectorAll('svg.chart circle.point').length > 8");
    page.screenshot("lab-meltdown-running");
    let other = page.another(&open.url("/meltdown"));
    other.click("button[data-experiment='bare']");
    until_text(&other, "#progress", "Somebody else measures on this machine");
    page.tab.bring_to_front().unwrap();
    until_text(&page, "#progress", "All is measured");
    assert_eq!(page.eval("document.querySelectorAll('svg.chart').length"), 4);
    // Nine numbers of connections and three front ends: p50 and p99, throughput, memory, switches.
    assert_eq!(page.eval("document.querySelectorAll('svg.chart circle.point').length"), 9 * 3 * 5);
    assert_eq!(page.eval("document.querySelectorAll('svg.chart polyline[stroke-dasharray]').length"), 4);
    page.assert_laid_out("the charts");
    page.screenshot("lab-meltdown");
    page.click("#theme");
    page.screenshot("lab-meltdown-other-theme");
    // Now it is the other one's turn, who changes their mind.
    other.click("button[data-experiment='bare']");
    until_text(&other, "#progress", "connections");
    other.click("#cancel");
    until_text(&other, "#progress", "The experiment was stopped");
}

#[test]
fn the_overload_is_plotted_by_keyboard_on_a_narrow_screen() {
    let open = Open::new();
    let page = open.page("/meltdown", NARROW);
    page.tab.wait_for_element("button[data-experiment='overload']").unwrap();
    let focused = "document.activeElement.dataset.experiment ?? ''";
    for _ in 0..12 {
        if page.eval(focused) == "overload" {
            break;
        }
        page.press("Tab");
    }
    assert_eq!(page.eval(focused), "overload", "Tab leads to it");
    page.press("Enter");
    until_text(&page, "#progress", "All is measured");
    assert_eq!(page.eval(focused), "overload", "the keyboard is where it was");
    assert_eq!(page.eval("document.querySelectorAll('svg.chart').length"), 4);
    page.assert_laid_out("the overload at 390");
    page.screenshot("lab-meltdown-390");
}

#[test]
fn the_server_at_work_shows_each_thread_in_its_step() {
    let open = Open::new();
    let page = open.page("/", WIDE);
    page.click("a[href='/traffic']");
    page.tab.wait_for_element("button[data-clients='24']").unwrap();
    page.assert_laid_out("before the traffic");
    page.click("button[data-clients='24']");
    until_text(&page, "#acceptor", "accept");
    assert_eq!(page.eval("document.querySelectorAll('#workers .served').length"), 3);
    // Each is seen sooner or later: workers at the disk, a full queue, clients that are waited for without a thread.
    until_text(&page, "#workers", "disk");
    until(&page, "document.querySelectorAll('#queue .taken').length > 0");
    until_text(&page, "#table", "write");
    until_text(&page, "#table", "read");
    until(&page, "/[1-9]\\d* clients? turned away/.test(document.querySelector('#queue').innerText)");
    until(&page, "/[1-9]\\d* hits?/.test(document.querySelector('#cache').innerText)");
    page.screenshot("lab-traffic");
    page.assert_laid_out("the traffic");
    page.click("#cancel");
    until_text(&page, "#progress", "The traffic has ended");

    // By keyboard, on a narrow screen.
    page.resize(NARROW.0, NARROW.1);
    assert_eq!(page.eval("document.activeElement.dataset.clients"), "24");
    page.press("Enter");
    until_text(&page, "#progress", "so far");
    until_text(&page, "#workers", "handle");
    page.assert_laid_out("the traffic at 390");
    page.screenshot("lab-traffic-390");
}
