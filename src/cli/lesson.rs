//! `cargo unsnarl lesson`: shows a classic bug, the interleaving that breaks it, and the fix.

use serde::Serialize;

use super::{
    Result, console,
    stop::{self, Findings, Stop},
    table::{self, Cell, Paint},
};
use crate::{
    check::{FindingKind, Verdict},
    lab::{self, Lesson, Question, Stage},
};

/// The version of the JSON document. It grows when a field changes its meaning or goes away.
const DOCUMENT_VERSION: u32 = 2;

/// Which lesson, and what of it.
#[derive(Debug, clap::Args)]
pub(super) struct LessonArgs {
    /// The lesson; without it all are listed.
    name: Option<String>,
    /// Check all lessons and print a table.
    #[arg(long, conflicts_with = "name")]
    all: bool,
    /// Only the programs with a bug.
    #[arg(long, conflicts_with = "fixed")]
    buggy: bool,
    /// Only the program without.
    #[arg(long)]
    fixed: bool,
    /// Print the source instead of running it.
    #[arg(long, requires = "name")]
    source: bool,
    /// Print one JSON document and nothing else.
    #[arg(long)]
    json: bool,
}

/// A program with a bug, and what it came to.
#[derive(Serialize)]
struct StageEntry {
    name: &'static str,
    note: &'static str,
    expected: FindingKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<Verdict>,
}

/// What a lesson is, and what its programs came to.
#[derive(Serialize)]
struct Entry {
    name: &'static str,
    title: &'static str,
    concept: &'static str,
    summary: &'static str,
    story: &'static str,
    questions: Vec<(&'static str, &'static str)>,
    reading: &'static [&'static str],
    stages: Vec<StageEntry>,
    bound: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fixed: Option<Verdict>,
    #[serde(skip_serializing_if = "Option::is_none")]
    as_announced: Option<bool>,
}

/// What the programs of a lesson came to.
struct Outcome {
    lesson: &'static Lesson,
    stages: Vec<(&'static Stage, Verdict)>,
    fixed: Option<Verdict>,
}

/// Runs the command.
pub(super) fn run(arguments: &LessonArgs) -> Result {
    let lessons: Vec<&'static Lesson> = match &arguments.name {
        None => lab::lessons().iter().chain(lab::real_bugs()).collect(),
        Some(name) => vec![lab::find(name).ok_or_else(|| {
            stop::usage(format!("there is no lesson `{name}`: see the names with `cargo unsnarl lesson`"))
        })?],
    };
    if arguments.source {
        return source(lessons[0], arguments.json);
    }
    if arguments.name.is_none() && !arguments.all {
        return list(&lessons, arguments.json);
    }
    let outcomes: Vec<Outcome> = lessons.into_iter().map(|lesson| check(lesson, arguments)).collect();
    if arguments.json {
        print_entries(outcomes.iter().map(Outcome::entry).collect())?;
    } else if arguments.all {
        print_table(&outcomes);
    } else {
        print_lesson(&outcomes[0]);
    }
    match outcomes.iter().all(Outcome::is_as_announced) {
        true => Ok(()),
        false => Err(Stop::Findings(Findings)),
    }
}

fn check(lesson: &'static Lesson, arguments: &LessonArgs) -> Outcome {
    Outcome {
        lesson,
        stages: match arguments.fixed {
            true => Vec::new(),
            false => lesson.stages.iter().map(|stage| (stage, lab::check_stage(lesson, stage))).collect(),
        },
        fixed: (!arguments.buggy).then(|| lab::check_fixed(lesson)),
    }
}

impl Outcome {
    /// Whether each bug was found, of the kind that was announced, and none in the fixed program.
    fn is_as_announced(&self) -> bool {
        let mut stages = self.stages.iter();
        stages.all(|(stage, verdict)| verdict.finding().is_some_and(|found| found.kind == stage.expected))
            && self.fixed.as_ref().is_none_or(|verdict| verdict.pass().is_some())
    }

    fn entry(&self) -> Entry {
        Entry {
            stages: self
                .stages
                .iter()
                .map(|(stage, verdict)| entry_of(stage, Some(verdict.clone())))
                .collect(),
            fixed: self.fixed.clone(),
            as_announced: Some(self.is_as_announced()),
            ..entry(self.lesson)
        }
    }
}

fn entry(lesson: &'static Lesson) -> Entry {
    Entry {
        name: lesson.name,
        title: lesson.title,
        concept: lesson.concept,
        summary: lesson.summary,
        story: lesson.story,
        questions: lesson
            .questions
            .iter()
            .map(|Question { question, answer }| (*question, *answer))
            .collect(),
        reading: lesson.reading,
        stages: lesson.stages.iter().map(|stage| entry_of(stage, None)).collect(),
        bound: lesson.bound,
        source: None,
        fixed: None,
        as_announced: None,
    }
}

fn entry_of(stage: &Stage, verdict: Option<Verdict>) -> StageEntry {
    let Stage { name, note, expected, .. } = *stage;
    StageEntry { name, note, expected, verdict }
}

fn print_entries(lessons: Vec<Entry>) -> Result {
    #[derive(Serialize)]
    struct Document {
        version: u32,
        lessons: Vec<Entry>,
    }
    console::print_json(&Document { version: DOCUMENT_VERSION, lessons })
}

fn list(lessons: &[&'static Lesson], json: bool) -> Result {
    if json {
        return print_entries(lessons.iter().map(|lesson| entry(lesson)).collect());
    }
    let is_real = |lesson: &Lesson| lab::real_bugs().iter().any(|real| real.name == lesson.name);
    let (real_bugs, course): (Vec<&Lesson>, Vec<&Lesson>) =
        lessons.iter().partition(|lesson| is_real(lesson));
    console::print(listing("lesson", &course));
    console::print("\n");
    console::print(listing("real bug", &real_bugs));
    console::print(
        "\nRead one with `cargo unsnarl lesson NAME`; check all with `cargo unsnarl lesson --all`.\n",
    );
    Ok(())
}

/// A table of lessons; its first column is headed by what they are.
fn listing(head: &str, lessons: &[&Lesson]) -> String {
    let rows: Vec<Vec<Cell>> = lessons
        .iter()
        .map(|lesson| {
            vec![
                Cell::new(lesson.name).paint(Paint::Heading),
                Cell::new(lesson.concept).paint(Paint::Dim),
                Cell::new(lesson.summary),
            ]
        })
        .collect();
    table::render(&[head, "about", "in a sentence"], &rows)
}

fn source(lesson: &'static Lesson, json: bool) -> Result {
    if json {
        return print_entries(vec![Entry { source: Some(lesson.source), ..entry(lesson) }]);
    }
    console::print(lesson.source);
    Ok(())
}

fn print_lesson(outcome: &Outcome) {
    let (style, lesson) = (console::style(), outcome.lesson);
    let mut out = format!("{}\n", style.heading(lesson.title));
    let paragraphs = lesson.story.trim().split("\n\n");
    for paragraph in paragraphs {
        out.push_str(&format!("\n{}\n", console::wrapped(paragraph, "")));
    }
    for (stage, verdict) in &outcome.stages {
        let head = match lesson.stages.len() {
            1 => "With the bug".to_owned(),
            _ => format!("With a bug: {}", stage.name),
        };
        out.push_str(&format!("\n{}\n\n", style.heading(head)));
        if !stage.note.is_empty() {
            out.push_str(&format!("{}\n\n", console::wrapped(stage.note, "  ")));
        }
        match verdict.finding() {
            Some(finding) => out.push_str(&crate::report::terminal::finding(finding, &style)),
            None => {
                let missing =
                    format!("{} was announced, but the verdict is: {}", stage.expected, in_words(verdict));
                out.push_str(&format!("{}\n", style.error(missing)));
            }
        }
    }
    if let Some(fixed) = &outcome.fixed {
        out.push_str(&format!("\n{}\n\n", style.heading("Fixed")));
        match fixed.finding() {
            Some(finding) => out.push_str(&crate::report::terminal::finding(finding, &style)),
            None => out.push_str(&format!("{}\n", console::wrapped(&in_words(fixed), "  "))),
        }
        if let Some(bound) = lesson.bound {
            out.push_str(&format!("{}\n", console::wrapped(bound, "  ")));
        }
    }
    if !lesson.questions.is_empty() {
        out.push_str(&format!("\n{}\n\n", style.heading("To ask oneself")));
        for Question { question, answer } in lesson.questions {
            out.push_str(&format!("{}\n", console::wrapped(question, "  ")));
            out.push_str(&format!("{}\n", console::wrapped(answer, "    ")));
        }
    }
    if !lesson.reading.is_empty() {
        out.push_str(&format!("\n{}\n\n", style.heading("To read")));
        for item in lesson.reading {
            out.push_str(&format!("{}\n", console::wrapped(item, "  ")));
        }
    }
    out.push_str(&format!("\nThe source: `cargo unsnarl lesson {} --source`\n", lesson.name));
    console::print(out);
}

/// A verdict that is no finding, in a sentence.
fn in_words(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Pass(pass) => {
            let how_far = match pass.is_complete() {
                true => "every interleaving was looked at".to_owned(),
                false => format!("not everything was looked at: {}", pass.bounds.join("; ")),
            };
            let executions = table::count(pass.explored.executions);
            format!("pass after {executions} executions in {}; {how_far}", table::time(pass.explored.elapsed))
        }
        Verdict::Finding(finding) => finding.title.clone(),
        Verdict::Inconclusive { reason } => format!("inconclusive, {reason}"),
        Verdict::Fault { message } => format!("a fault of the checker, {message}"),
    }
}

fn print_table(outcomes: &[Outcome]) {
    let executions = |verdict: Option<&Verdict>| {
        let explored = verdict.and_then(Verdict::explored);
        Cell::number(explored.map_or(String::new(), |explored| table::count(explored.schedules())))
    };
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for outcome in outcomes {
        let good = if outcome.is_as_announced() { Paint::Good } else { Paint::Bad };
        for (nth, (stage, verdict)) in outcome.stages.iter().enumerate() {
            let fixed = outcome.fixed.as_ref().filter(|_| nth == 0);
            rows.push(vec![
                Cell::new(if nth == 0 { outcome.lesson.name } else { "" }).paint(Paint::Heading),
                Cell::new(if outcome.stages.len() > 1 { stage.name } else { "" }),
                Cell::new(stage.expected.as_str()).paint(Paint::Dim),
                Cell::new(verdict.summary()).paint(good),
                executions(Some(verdict)),
                Cell::new(fixed.map_or(String::new(), Verdict::summary)).paint(good),
                executions(fixed),
            ]);
        }
        if outcome.stages.is_empty() {
            rows.push(vec![
                Cell::new(outcome.lesson.name).paint(Paint::Heading),
                Cell::new(""),
                Cell::new(""),
                Cell::new(""),
                executions(None),
                Cell::new(outcome.fixed.as_ref().map_or(String::new(), Verdict::summary)).paint(good),
                executions(outcome.fixed.as_ref()),
            ]);
        }
    }
    let heads = ["lesson", "program", "announced", "with the bug", "executions", "fixed", "executions"];
    console::print(table::render(&heads, &rows));
    let good = outcomes.iter().filter(|outcome| outcome.is_as_announced()).count();
    console::print(format!("\n{}: {good} as announced\n", table::of(outcomes.len(), "lesson")));
}
