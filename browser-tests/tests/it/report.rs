//! The page of results.

use std::{fs, sync::OnceLock};

use unsnarl::{
    check::{EngineName, Record, Verdict},
    lab,
    report::{
        html,
        results::{Outcome, Results, Run},
    },
};

use crate::browser::{Page, folder};

/// Every lesson, with the bug and without.
fn results() -> Results {
    static RESULTS: OnceLock<Results> = OnceLock::new();
    RESULTS.get_or_init(check_all).clone()
}

fn check_all() -> Results {
    let run = |name: &str, verdict: Verdict| Run {
        package: "lab".to_owned(),
        test: name.to_owned(),
        outcome: Outcome::Checked(Box::new(Record {
            model: name.to_owned(),
            engine: EngineName::Unsnarl,
            expected: None,
            as_expected: verdict.pass().is_some(),
            verdict,
        })),
    };
    let mut runs = Vec::new();
    for lesson in lab::lessons().iter().chain(lab::real_bugs()) {
        runs.push(run(&format!("{}::buggy", lesson.name), lab::check_buggy(lesson)));
        runs.push(run(&format!("{}::fixed", lesson.name), lab::check_fixed(lesson)));
    }
    Results::new(runs, None, false)
}

fn open(name: &str, results: &Results) -> Page {
    let file = folder().join(format!("{name}.html"));
    fs::write(&file, html::page(results).unwrap()).unwrap();
    Page::open(&format!("file://{}", file.display()))
}

#[test]
fn every_finding_is_laid_out_wide_and_narrow() {
    let results = results();
    let page = open("lessons", &results);
    let all = results.all();
    let mut seen = 0;
    for (width, height) in [(1280, 900), (390, 844)] {
        page.resize(width, height);
        page.eval("location.hash = ''");
        page.assert_laid_out(&format!("the list at {width}"));
        page.screenshot(&format!("list-{width}"));
        let findings: Vec<_> = all.iter().enumerate().filter(|(_, run)| run.finding().is_some()).collect();
        let indices: Vec<usize> = findings.iter().map(|(index, _)| *index).collect();
        // All in one call. Each from another place, so that the page shows it anew.
        let looked = page.eval_with_layout(&format!(
            "(async () => {{
              const go = (hash) => new Promise((done) => {{ addEventListener('hashchange', done, {{ once: true }}); location.hash = hash; }});
              const looked = [];
              for (const index of {indices:?}) {{
                if (location.hash) await go('');
                await go(`run=${{index}}`);
                looked.push([document.querySelector('h1').innerText, layout()]);
              }}
              return JSON.stringify(looked);
            }})()"
        ));
        let looked: Vec<(String, String)> = serde_json::from_str(looked.as_str().unwrap()).unwrap();
        assert_eq!(looked.len(), findings.len());
        for ((index, run), (title, problems)) in findings.into_iter().zip(looked) {
            assert_eq!(title, run.finding().unwrap().title.replace('`', ""), "{}", run.model());
            assert_eq!(problems, "", "{} at {width}", run.model());
            seen += 1;
            if run.model().starts_with("transfer") || run.model().starts_with("bounded-buffer") {
                page.eval(&format!("location.hash = 'run={index}'"));
                page.screenshot(&format!("{}-{width}", run.model().replace("::", "-")));
            }
        }
    }
    assert!(seen > 60, "{seen} findings were looked at");
}

#[test]
fn a_reader_goes_through_the_steps_with_the_keyboard_alone() {
    let results = results();
    let page = open("keyboard", &results);
    let lesson = |name: &str| results.all().iter().position(|run| run.model() == name).unwrap();
    let link = format!("a[href='#run={}']", lesson("transfer::buggy"));
    page.tab.find_element(&link).unwrap().focus().unwrap();
    page.press("Enter");
    page.tab.wait_for_element(".lanes-table").unwrap();
    let steps = results.all()[lesson("transfer::buggy")].finding().unwrap().steps.len();
    assert!(page.text(".now").starts_with(&format!("Step {steps} of {steps}")));
    // At the end both threads wait for what the other one holds.
    assert_eq!(page.eval("document.querySelectorAll('path.waits').length"), 3);
    assert_eq!(page.eval("document.querySelectorAll('path.held').length"), 2);
    page.press("Home");
    assert!(page.text(".now").starts_with("Before the first"));
    assert_eq!(page.eval("document.querySelectorAll('path.held').length"), 0);
    for step in 1..=steps {
        page.press("ArrowRight");
        assert!(page.text(".now").starts_with(&format!("Step {step} of {steps}")), "{}", page.text(".now"));
        assert_eq!(page.eval("document.querySelectorAll('tr.current').length"), 1);
    }
    page.press("ArrowRight");
    assert!(
        page.text(".now").starts_with(&format!("Step {steps} of {steps}")),
        "there is nothing after the end"
    );
    page.press("ArrowLeft");
    assert!(page.text(".now").starts_with(&format!("Step {} of {steps}", steps - 1)));
    // The address tells where the reader is, so that it can be passed on.
    assert!(page.tab.get_url().ends_with(&format!("step={}", steps - 1)), "{}", page.tab.get_url());
}

#[test]
fn the_mouse_the_theme_and_the_filter_work() {
    let results = results();
    let page = open("mouse", &results);
    page.click("#theme");
    assert!(page.eval("document.documentElement.dataset.theme").is_string());
    page.tab.find_element("input[type=search]").unwrap().focus().unwrap();
    page.tab.type_str("dining-philosophers").unwrap();
    assert_eq!(page.eval("document.querySelectorAll('table.runs tbody tr').length"), 2);
    page.click("#unexpected");
    assert_eq!(page.eval("document.querySelectorAll('table.runs tbody tr').length"), 1);
    page.click("table.runs tbody a");
    page.tab.wait_for_element(".lanes-table").unwrap();
    page.click("button[aria-label='First step']");
    assert!(page.text(".now").starts_with("Before the first"));
    page.click(".lanes-table tbody tr:nth-child(3)");
    assert!(page.text(".now").starts_with("Step 3 of"));
    page.screenshot("dining-philosophers-dark");
    page.click("button[aria-label='Play']");
    page.eval("new Promise((done) => setTimeout(done, 900))");
    assert!(page.text(".now").starts_with("Step 4 of"), "{}", page.text(".now"));
    page.click("button[aria-label='Pause']");
}

#[test]
fn text_from_the_program_is_never_markup() {
    let mut results = results();
    let nasty =
        "</script><script>document.title='broken'</script><img src=x onerror=\"document.title='broken'\">";
    for run in &mut results.runs {
        let Outcome::Checked(record) = &mut run.outcome else { continue };
        record.model = nasty.to_owned();
        if let Verdict::Finding(finding) = &mut record.verdict {
            finding.title = nasty.to_owned();
            finding.explanation = vec![nasty.to_owned()];
            finding.threads[0].name = nasty.to_owned();
        }
    }
    let page = open("nasty", &results);
    page.eval("location.hash = 'run=0'");
    page.eval("new Promise((done) => setTimeout(done, 100))");
    assert_eq!(page.eval("document.querySelectorAll('img').length"), 0);
    assert_ne!(page.eval("document.title"), "broken");
    assert_eq!(page.text("h1"), nasty);
}

/// The check of the layout finds what it is for.
#[test]
fn texts_on_each_other_are_found() {
    let page = open("overlap", &Results::new(Vec::new(), None, false));
    page.assert_laid_out("an empty list");
    let lay =
        "document.body.insertAdjacentHTML('beforeend', `<p style='margin-top:-60px'>one on the other</p>`)";
    page.eval("document.querySelector('main').textContent = 'a text to lie on, over some width'");
    page.eval(lay);
    let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| page.assert_laid_out("overlap")));
    assert!(found.is_err(), "two texts lie on each other");
    page.eval("document.body.insertAdjacentHTML('beforeend', `<p style='width:3000px'>wide</p>`)");
    let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| page.assert_laid_out("width")));
    assert!(found.is_err(), "the page is wider than its window");
}
