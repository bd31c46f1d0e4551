//! The lessons hold what they announce.

use std::{collections::HashSet, fs, path::Path};

use unsnarl::{
    check::{Checker, FindingKind, Schedule},
    lab::{self, Lesson},
    report::terminal::{self, Style},
};

/// The files of the lab that are no lessons.
const NO_LESSONS: [&str; 7] = ["mod", "course", "lesson", "plain", "signals", "switch", "text"];

/// The course, and then the real bugs.
fn all() -> impl Iterator<Item = &'static Lesson> {
    lab::lessons().iter().chain(lab::real_bugs())
}

#[test]
fn buggy_programs_show_what_is_announced_and_again_by_their_schedules() {
    for lesson in all() {
        for stage in lesson.stages {
            let verdict = lab::check_stage(lesson, stage);
            let who = format!("{} {}", lesson.name, stage.name);
            let finding = verdict.finding().unwrap_or_else(|| panic!("{who}: {verdict:?}"));
            let report = terminal::finding(finding, &Style::plain());
            println!("=== {who}\n{report}");
            assert_eq!(finding.kind, stage.expected, "{who}:\n{report}");
            let schedule =
                Schedule::parse(&finding.schedule).unwrap_or_else(|error| panic!("{who}: {error}"));
            assert_eq!(schedule.to_string(), finding.schedule, "{who}");
            let again =
                Checker::new(finding.model.as_str()).regressions(false).replay(schedule).run(stage.body);
            let again = again.finding().unwrap_or_else(|| panic!("{who}: {again:?}"));
            assert_eq!(again.kind, stage.expected, "{who}");
            assert_eq!(
                (&again.title, &again.threads, &again.steps),
                (&finding.title, &finding.threads, &finding.steps)
            );
        }
    }
}

#[test]
fn fixed_programs_pass_completely() {
    for lesson in all() {
        let verdict = lab::check_fixed(lesson);
        let pass = verdict.pass().unwrap_or_else(|| panic!("{}: {verdict:?}", lesson.name));
        println!("{:<24}{:?}", lesson.name, pass.explored);
        assert!(pass.is_complete(), "{}: {:?}", lesson.name, pass.bounds);
        assert!(pass.explored.executions > 1, "{}: nothing was explored", lesson.name);
    }
}

#[test]
fn lock_circles_name_locks_holders_and_places() {
    let mut circles = 0;
    for lesson in all() {
        let verdict = lab::check_buggy(lesson);
        let Some(finding) = verdict.finding().filter(|finding| finding.cycle.len() > 1) else { continue };
        circles += 1;
        let report = terminal::finding(finding, &Style::plain());
        let mentions = |part: &str| assert!(report.contains(part), "{}: no {part} in\n{report}", lesson.name);
        for (position, thread) in finding.cycle.iter().enumerate() {
            let thread = &finding.threads[*thread];
            let next = &finding.threads[finding.cycle[(position + 1) % finding.cycle.len()]];
            let waits = thread.waits.as_ref().expect("who is in a circle waits");
            let wanted = waits.object.as_ref().expect("for a lock");
            let held =
                next.holds.iter().find(|held| held.object == *wanted).expect("that the next one holds");
            for part in [&thread.name, &wanted.label, &next.name, &waits.place, &held.place] {
                mentions(part);
            }
            assert!(held.place.contains("src/lab/"), "{}: {} is not in the lesson", lesson.name, held.place);
        }
    }
    assert!(circles >= 2, "{circles}");
}

#[test]
fn names_are_unique_and_files() {
    let names: HashSet<&str> = all().map(|lesson| lesson.name).collect();
    assert_eq!(names.len(), all().count());
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (folder, registered) in [("src/lab", lab::lessons()), ("src/lab/real", lab::real_bugs())] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() || NO_LESSONS.contains(&stem.as_str()) {
                continue;
            }
            let name = stem.replace('_', "-");
            let lesson = registered.iter().find(|lesson| lesson.name == name);
            let lesson = lesson.unwrap_or_else(|| panic!("{stem} is not registered"));
            assert_eq!(lesson.source, fs::read_to_string(&path).unwrap());
            assert_eq!(lab::find(&name).map(|found| found.name), Some(lesson.name));
        }
    }
    assert!(lab::find("no such lesson").is_none());
}

#[test]
fn the_page_lists_all_lessons_in_order() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/lessons.md")).unwrap();
    let listed: Vec<&str> =
        page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let names: Vec<&str> = all().map(|lesson| lesson.name).collect();
    assert_eq!(listed, names);
}

#[test]
fn the_number_of_real_bugs_is_told_right() {
    let told = format!("{} bugs of published crates", lab::real_bugs().len());
    for page in ["README.md", "docs/lessons.md"] {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).unwrap();
        assert!(text.contains(&told), "{page} does not say: {told}");
    }
}

#[test]
fn files_have_the_parts_of_a_lesson_in_order() {
    const PARTS: [&str; 6] =
        ["The symptom", "The story", "The bad interleaving", "The fix", "Questions", "Reading"];
    for Lesson { name, title, concept, summary, story, reading, source, questions, .. } in all() {
        let mut parts: Vec<&str> = source.lines().filter_map(|line| line.strip_prefix("//! # ")).collect();
        if lab::real_bugs().iter().any(|real| real.name == *name) {
            // Who comes this far asks by themselves.
            assert!(questions.is_empty(), "{name}");
            parts.insert(4, PARTS[4]);
        } else {
            assert!(questions.len() >= 2, "{name}");
        }
        assert_eq!(parts, PARTS, "{name}");
        assert!(story.split("\n\n").count() >= 3, "{name}: {story}");
        assert!(reading.len() >= 2, "{name}");
        for line in [title, concept, summary].into_iter().chain(*reading) {
            assert!(!line.is_empty() && !line.contains('\n'), "{name}: {line}");
        }
    }
}

/// Else these two would be a way to undefined behaviour without `unsafe`.
#[test]
fn programs_with_races_refuse_to_run_outside_of_a_check() {
    for lesson in all().filter(|lesson| lesson.expected() == FindingKind::Race) {
        for body in lesson.stages.iter().map(|stage| stage.body).chain([lesson.fixed]) {
            let refused = std::panic::catch_unwind(body).expect_err(lesson.name);
            let message = refused.downcast_ref::<&str>().expect("a text");
            assert!(message.contains("for a checker only"), "{}: {message}", lesson.name);
        }
    }
}

#[test]
fn every_kind_that_a_schedule_decides_is_taught() {
    let stages = lab::lessons().iter().flat_map(|lesson| lesson.stages);
    let kinds: HashSet<FindingKind> = stages.map(|stage| stage.expected).collect();
    assert_eq!(
        kinds,
        HashSet::from([FindingKind::Deadlock, FindingKind::Panic, FindingKind::Race, FindingKind::Leak])
    );
}
