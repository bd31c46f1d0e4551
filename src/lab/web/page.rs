//! The pages: the course, a lesson, a program to step through.

use std::fmt::Write;

use serde::Serialize;

use super::{
    Course,
    highlight::{self, escape},
    markup,
};
use crate::{
    check::{FindingKind, Verdict},
    lab::{Lesson, meltdown::EXPERIMENTS},
    report::html,
};

/// Where the parts of the pages are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Site {
    /// At the lab's server.
    Server,
    /// In a folder; each page has all that it needs in itself.
    Files,
}

/// The look of all pages.
pub(super) const STYLE: &[&str] = &[html::STYLE, include_str!("assets/lab.css")];
/// Their script.
pub(super) const SCRIPT: &[&str] = &[
    html::VIEWER,
    include_str!("assets/stepper.js"),
    include_str!("assets/meltdown.js"),
    include_str!("assets/traffic.js"),
    include_str!("assets/lab.js"),
];

/// What the pages of the server may do: nothing that does not come from it.
pub(super) const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; \
                                 base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// What a page in a file may do: nothing beyond itself.
const POLICY_OF_FILES: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/// A program of a lesson.
#[derive(Serialize)]
struct Program {
    name: &'static str,
    /// None for the fixed one.
    expected: Option<FindingKind>,
    note: &'static str,
}

/// What the script of a page begins with.
#[derive(Serialize)]
struct Data<'a> {
    page: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    lesson: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    program: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    programs: Vec<Program>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'static str>,
    /// What the checks of the programs came to, where no server can be asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    verdicts: Vec<(&'static str, Verdict)>,
}

impl Data<'_> {
    fn of(page: &'static str) -> Self {
        Data { page, lesson: None, program: None, programs: Vec::new(), file: None, verdicts: Vec::new() }
    }
}

fn programs(lesson: &Lesson) -> Vec<Program> {
    let stages = lesson.stages.iter().map(|stage| Program {
        name: stage.name,
        expected: Some(stage.expected),
        note: stage.note,
    });
    stages.chain([Program { name: "fixed", expected: None, note: "" }]).collect()
}

impl Site {
    fn home(self) -> &'static str {
        match self {
            Site::Server => "/",
            Site::Files => "index.html",
        }
    }

    fn link(self, lesson: &Lesson) -> String {
        match self {
            Site::Server => format!("/lesson/{}", lesson.name),
            Site::Files => format!("{}.html", lesson.name),
        }
    }

    /// A page around its content.
    fn page(self, title: &str, body: &str, data: &Data<'_>) -> String {
        // A page without its data would only lack its buttons, and what is written here can be written as JSON.
        let data = html::data(data).unwrap_or_else(|_| "{}".to_owned());
        let (head, script) = match self {
            Site::Server => (
                "<link rel=\"stylesheet\" href=\"/style.css\">".to_owned(),
                "<script src=\"/script.js\"></script>".to_owned(),
            ),
            Site::Files => (
                format!(
                    "<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY_OF_FILES}\">\n<style>\n{}\n</style>",
                    STYLE.concat()
                ),
                format!("<script>\n{}\n</script>", SCRIPT.concat()),
            ),
        };
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n{head}\n</head>\n\
             <body>\n<header class=\"top\">\n<a href=\"{home}\" class=\"brand\">unsnarl lab</a>\n<span id=\"summary\"></span>\n\
             <button id=\"theme\" type=\"button\" title=\"Dark or light\">◐ theme</button>\n</header>\n<main id=\"main\">\n{body}\n</main>\n\
             <script type=\"application/json\" id=\"data\">{data}</script>\n{script}\n</body>\n</html>\n",
            title = escape(title),
            home = self.home(),
        )
    }
}

/// The table of contents.
pub(super) fn index(course: &Course, site: Site) -> String {
    let mut body = String::from(
        "<h1>Concurrency by running, breaking and scheduling real programs</h1>\n\
         <p class=\"lead\">Each lesson is a Rust program with a bug that only some schedules show. Read the story, let the checker \
         look for the bug, or be the scheduler yourself and find it by hand; then see the repair pass in every \
         interleaving.</p>\n<p id=\"continue\"></p>\n",
    );
    if site == Site::Server {
        body.push_str(
            "<p>On this machine, live: <a href=\"/traffic\">the server at work</a>, each of its threads in its blocking step; \
             <a href=\"/meltdown\">too many threads</a>, the experiment that shows why pools are bounded.</p>\n",
        );
    }
    let mut number = 0;
    for (nth, chapter) in course.chapters.iter().enumerate() {
        let is_real = nth >= course.taught;
        let _ = write!(
            body,
            "<section class=\"chapter\">\n<h2>{}{}</h2>\n<p class=\"dim\">{}</p>\n<ol class=\"lessons\" start=\"{}\">\n",
            if is_real { String::new() } else { format!("{}. ", nth + 1) },
            escape(chapter.title),
            markup::inline(chapter.about),
            number + 1,
        );
        for lesson in chapter.lessons {
            number += 1;
            let _ = writeln!(
                body,
                "<li data-lesson=\"{name}\"><a href=\"{link}\">{title}</a> <span class=\"dim\">{concept}</span> \
                 <span class=\"marks\"></span><br>{summary}</li>",
                name = lesson.name,
                link = site.link(lesson),
                title = escape(lesson.title),
                concept = escape(lesson.concept),
                summary = markup::inline(lesson.summary),
            );
        }
        body.push_str("</ol>\n</section>\n");
    }
    site.page("unsnarl lab", &body, &Data::of("index"))
}

/// The page of a lesson. `verdicts` are what the checks came to, for pages without a server.
pub(super) fn lesson(
    course: &Course,
    lesson: &Lesson,
    site: Site,
    verdicts: Vec<(&'static str, Verdict)>,
) -> String {
    let part = |heading: &str| markup::blocks(&markup::section(lesson.source, heading));
    let folded = |summary: &str, content: &str| {
        format!("<details class=\"fold\"><summary>{summary}</summary>\n{content}</details>\n")
    };
    let mut kinds: Vec<_> = lesson.stages.iter().map(|stage| stage.expected.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut body = format!(
        "<nav class=\"path\">{}</nav>\n<h1>{}</h1>\n<p class=\"meta\">{} · {}</p>\n<p class=\"lead\">{}</p>\n",
        neighbours(course, lesson, site),
        escape(lesson.title),
        escape(lesson.concept),
        kinds.join(", "),
        markup::inline(&markup::first_paragraph(lesson.source)),
    );
    let _ = write!(
        body,
        "<div class=\"prose\">\n<h2>The symptom</h2>\n{}<h2>The story</h2>\n{}</div>\n",
        part("The symptom"),
        part("The story")
    );
    let _ = write!(body, "<section>\n<h2>The programs</h2>\n<div class=\"programs\">\n");
    for program in programs(lesson) {
        let _ = writeln!(
            body,
            "<div class=\"program\"><div><code>{name}</code> <span class=\"dim\">{what}</span></div>",
            name = program.name,
            what = match program.expected {
                Some(_) if program.note.is_empty() => "the program with the bug".to_owned(),
                Some(_) => markup::inline(program.note),
                None => "the repaired program".to_owned(),
            },
        );
        let _ = write!(
            body,
            "<div class=\"actions\"><button type=\"button\" class=\"check\" data-program=\"{name}\">{check}</button>",
            name = program.name,
            check = if site == Site::Server { "Check it" } else { "Show what the check found" },
        );
        if site == Site::Server {
            let _ = write!(
                body,
                " <a class=\"button\" href=\"/schedule/{}/{}\">Be the scheduler</a>",
                lesson.name, program.name
            );
        }
        body.push_str("</div></div>\n");
    }
    body.push_str("</div>\n<div id=\"progress\" role=\"status\" aria-live=\"polite\"></div>\n<div id=\"result\"></div>\n</section>\n");
    body.push_str(&code(lesson));
    body.push_str("<section class=\"prose\">\n");
    body.push_str(&folded("The bad interleaving", &part("The bad interleaving")));
    let mut fix = part("The fix");
    if let Some(bound) = lesson.bound {
        let _ = writeln!(fix, "<p class=\"dim\">{}</p>", markup::inline(bound));
    }
    body.push_str(&folded("The fix", &fix));
    if !lesson.questions.is_empty() {
        body.push_str("<h2>Questions</h2>\n");
        for question in lesson.questions {
            let answer = format!("<p>{}</p>\n", markup::inline(question.answer));
            body.push_str(&folded(&markup::inline(question.question), &answer));
        }
    }
    let reading: String =
        lesson.reading.iter().map(|item| format!("<li>{}</li>\n", markup::inline(item))).collect();
    let _ = write!(body, "<h2>Reading</h2>\n<ul>\n{reading}</ul>\n</section>\n");
    let data = Data {
        lesson: Some(lesson.name),
        programs: programs(lesson),
        file: Some(lesson.file),
        verdicts,
        ..Data::of("lesson")
    };
    site.page(&format!("{}: unsnarl lab", lesson.title), &body, &data)
}

/// The programs of the lesson's file.
fn code(lesson: &Lesson) -> String {
    let (first, code) = markup::programs(lesson.source);
    format!(
        "<section>\n<pre class=\"listing\" tabindex=\"0\" role=\"region\" aria-label=\"Source\"><code>{}</code></pre>\n\
         <p class=\"meta\"><code>{}</code></p>\n</section>\n",
        highlight::lines(&code, first),
        escape(lesson.file)
    )
}

/// Where the reader is: the course, the lesson before, the one after.
fn neighbours(course: &Course, lesson: &Lesson, site: Site) -> String {
    let all: Vec<&Lesson> = course.lessons().collect();
    let at = all.iter().position(|other| other.name == lesson.name);
    let mut links = format!("<a href=\"{}\">← the course</a>", site.home());
    let mut link = |word: &str, other: Option<&&Lesson>| {
        if let Some(other) = other {
            let _ = write!(links, " <a href=\"{}\">{word}: {}</a>", site.link(other), escape(other.title));
        }
    };
    if let Some(at) = at {
        link("before", at.checked_sub(1).and_then(|before| all.get(before)));
        link("next", all.get(at + 1));
    }
    links
}

/// The page on which one is the scheduler.
pub(super) fn schedule(lesson: &Lesson, program: &'static str, expected: Option<FindingKind>) -> String {
    let goal = match expected {
        Some(kind) => format!(
            "Choose who takes the next step until the program comes to its <strong>{kind}</strong>. You can go back at any time."
        ),
        None => "This program is repaired. Try to break it all the same; the engine tells you whether you still can.".to_owned(),
    };
    let others: String = programs(lesson)
        .iter()
        .filter(|other| other.name != program)
        .map(|other| {
            format!(" <a href=\"/schedule/{}/{}\"><code>{}</code></a>", lesson.name, other.name, other.name)
        })
        .collect();
    let body = format!(
        "<nav class=\"path\"><a href=\"/lesson/{name}\">← {title}</a></nav>\n<h1>You are the scheduler: {title}</h1>\n\
         <p class=\"meta\">program <code>{program}</code> · others:{others}</p>\n<p class=\"lead\">{goal}</p>\n\
         <div id=\"stepper\"></div>\n<noscript>Stepping needs JavaScript.</noscript>\n{code}",
        name = lesson.name,
        title = escape(lesson.title),
        code = code(lesson),
    );
    let data = Data {
        lesson: Some(lesson.name),
        program: Some(program),
        programs: programs(lesson),
        file: Some(lesson.file),
        ..Data::of("schedule")
    };
    Site::Server.page(&format!("{}: you are the scheduler", lesson.title), &body, &data)
}

/// The page of the meltdown experiments.
pub(super) fn meltdown() -> String {
    let mut body = String::from(
        "<nav class=\"path\"><a href=\"/\">← the course</a></nav>\n<h1>Too many threads</h1>\n\
         <p class=\"lead\">A thread for each connection, a bounded pool, event loops: the lab's own server in each of the \
         three, on this machine, under a growing number of clients. See where each comes to its end, and beside it what the \
         laws say.</p>\n<div class=\"prose\"><p>Dashed beside the throughput: Gunther's Universal Scalability Law, fitted to the points. Dashed beside the response \
         times: Little's law, N clients divided by the most that was ever answered a second; nobody can be below it for long. \
         Clients and servers share this machine's cores, and so does everything else that runs: look at the shape, not at the \
         digits. <code>cargo unsnarl bench meltdown</code> takes its time and goes further.</p></div>\n\
         <section>\n<h2>The experiments</h2>\n<div class=\"programs\">\n",
    );
    for experiment in EXPERIMENTS {
        let _ = writeln!(
            body,
            "<div class=\"program\"><div><strong>{title}</strong> <span class=\"dim\">{about}</span></div><div class=\"actions\">\
             <button type=\"button\" data-experiment=\"{name}\" aria-label=\"Run: {title}\">Run</button></div></div>",
            title = escape(experiment.title),
            about = escape(experiment.about),
            name = experiment.name,
        );
    }
    body.push_str(
        "</div>\n<div id=\"progress\" role=\"status\" aria-live=\"polite\"></div>\n<div id=\"result\"></div>\n</section>\n\
         <noscript>Running needs JavaScript.</noscript>\n",
    );
    Site::Server.page("Too many threads: unsnarl lab", &body, &Data::of("meltdown"))
}

/// The parts of the server at work: the id, what it is called, what to look at.
const STATIONS: [(&str, &str, &str); 5] = [
    (
        "acceptor",
        "1. Acceptor",
        "One thread blocks in `accept`. It gives each new connection to the poller, which waits for all of them at once, and is \
         back before the client has said a word.",
    ),
    (
        "queue",
        "2. Queue",
        "A request that is complete waits here until a worker is free. It has four places; who finds none gets 503 at once, \
         instead of a wait without an end.",
    ),
    (
        "workers",
        "3. Workers",
        "Three threads take requests from the queue. Watch where they block: at the empty queue, at the disk, in the handler. \
         They do not wait for slow clients: those are parked.",
    ),
    (
        "table",
        "4. Connection table",
        "Everybody who is connected, and in which step. Who sends slowly is in `read`, who reads slowly in `write`, both \
         without a thread: with a thread for each connection each of them would hold one.",
    ),
    (
        "cache",
        "5. Cache",
        "A file in the cache costs no disk. Several who want one missing file wait for one load. Twelve files are asked for, \
         some more often, and there is room for six.",
    ),
];

/// The page of the server at work.
pub(super) fn traffic() -> String {
    let mut body = String::from(
        "<nav class=\"path\"><a href=\"/\">← the course</a></nav>\n<h1>The server at work</h1>\n\
         <p class=\"lead\">A server blocks in accept, in read, in write and on the disk. Here is a real one, on this machine, \
         with clients that ask, send slowly and read slowly; see where each of its threads is.</p>\n\
         <p class=\"dim\">The disk takes half a second and the handler a fifth, so that they can be seen; all else is as fast \
         as it is.</p>\n<div class=\"actions\">\n\
         <button type=\"button\" data-clients=\"3\">Start with 3 clients</button>\n\
         <button type=\"button\" data-clients=\"8\">Start with 8 clients</button>\n\
         <button type=\"button\" data-clients=\"24\">Start with 24, too many</button>\n</div>\n\
         <div id=\"progress\" role=\"status\"></div>\n<div class=\"stations\">\n",
    );
    for (id, title, about) in STATIONS {
        let _ = writeln!(
            body,
            "<section class=\"panel\"><h2>{title}</h2><p>{}</p><div id=\"{id}\"></div></section>",
            markup::inline(about)
        );
    }
    body.push_str("</div>\n<noscript>Watching needs JavaScript.</noscript>\n");
    Site::Server.page("The server at work: unsnarl lab", &body, &Data::of("traffic"))
}
