//! Schedules are kept, tried first, replayed, and refused when they no longer apply.

use std::{fs, path::PathBuf};

use unsnarl::{
    Named,
    check::{Checker, EngineName, FindingKind, Record, Schedule, Verdict},
    parking_lot::Mutex,
    sync::Arc,
    thread,
};

use super::findings::ab_ba;

/// An empty folder of its own.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    folder
}

fn fixed() {
    let lock = Arc::new(Mutex::new(0));
    let theirs = Arc::clone(&lock);
    let other = thread::spawn(move || *theirs.lock() += 1);
    *lock.lock() += 1;
    other.join().unwrap();
}

fn alone() {
    let lock = Mutex::new(0);
    *lock.lock() += 1;
    *lock.lock() += 1;
}

#[test]
fn a_failing_schedule_is_kept_and_tried_first() {
    let folder = folder("kept");
    let checker = Checker::new("bank::ab_ba").regressions_in(&folder);
    let first = checker.run(ab_ba);
    assert!(first.finding().is_some());
    let file = folder.join("bank--ab_ba.txt");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("run 0 lock `a`           # main at tests/it/engine/findings.rs"), "{text}");

    let again = checker.run(ab_ba);
    let finding = again.finding().unwrap();
    assert_eq!((finding.kind, finding.explored.executions), (FindingKind::Deadlock, 1));
    assert!(finding.notes.iter().any(|note| note.contains("kept in")), "{finding}");
    assert_eq!(fs::read_to_string(&file).unwrap(), text, "the same schedule is kept once");

    // Once the program is mended the old schedule no longer fails, which is said, and the search goes on.
    let said = |verdict: Verdict, words: &str| {
        let pass = verdict.pass().unwrap_or_else(|| panic!("{verdict:?}"));
        assert!(pass.is_complete() && pass.notes.iter().any(|note| note.contains(words)), "{pass:?}");
    };
    said(checker.run(fixed), "no longer fails");
    said(checker.run(alone), "no longer applies: step 2 records that thread 1 does `start`");
}

/// `ab_ba` after an edit: more locks and another thread's steps around the same inversion.
fn ab_ba_edited() {
    let made = |name| Arc::new(Mutex::new(0).named(name));
    let (a, b, log) = (made("a"), made("b"), made("log"));
    let (a2, b2, log2) = (Arc::clone(&a), Arc::clone(&b), Arc::clone(&log));
    let other = thread::spawn(move || {
        *log2.lock() += 1;
        let _b = b2.lock();
        *log2.lock() += 1;
        let _a = a2.lock();
    });
    *log.lock() += 1;
    let _a = a.lock();
    *log.lock() += 1;
    let _b = b.lock();
    drop((_a, _b));
    other.join().unwrap();
}

#[test]
fn a_kept_schedule_survives_an_edit() {
    let folder = folder("edited");
    let checker = Checker::new("edited").regressions_in(&folder);
    assert!(checker.run(ab_ba).finding().is_some());
    let file = folder.join("edited.txt");
    let before = fs::read_to_string(&file).unwrap();
    let verdict = checker.run(ab_ba_edited);
    let finding = verdict.finding().unwrap_or_else(|| panic!("{verdict:?}"));
    assert_eq!((finding.kind, finding.explored.executions), (FindingKind::Deadlock, 1));
    let has = |words: &str| finding.notes.iter().any(|note| note.contains(words));
    assert!(has("kept in") && has("followed by operation"), "{finding}");
    // From now on the file has the schedule of the program as it is.
    let after = fs::read_to_string(&file).unwrap();
    assert_ne!(before, after);
    assert_eq!(Schedule::parse_all(&after).unwrap().len(), 1);
    let again = checker.run(ab_ba_edited);
    assert!(!again.finding().unwrap().notes.iter().any(|note| note.contains("followed by operation")));
    assert_eq!(fs::read_to_string(&file).unwrap(), after);
    // And it finds its way back.
    let back = checker.run(ab_ba);
    assert_eq!(back.finding().unwrap().explored.executions, 1, "{back:?}");
}

#[test]
fn expected_findings_are_not_kept() {
    let folder = folder("expected");
    Checker::new("expected").expect(FindingKind::Deadlock).regressions_in(&folder).check(ab_ba);
    assert!(!folder.exists());
}

#[test]
fn a_file_that_is_no_schedule_is_said_and_does_not_stop_the_check() {
    let folder = folder("malformed");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("counter.txt"), "unsnarl schedule 99\n").unwrap();
    let verdict = Checker::new("counter").regressions_in(&folder).run(fixed);
    let pass = verdict.pass().unwrap_or_else(|| panic!("{verdict:?}"));
    assert!(pass.notes.iter().any(|note| note.contains("schedule of version 99")), "{pass:?}");
}

#[test]
fn every_finding_replays_from_its_text() {
    let verdict = Checker::new("ab_ba").regressions(false).run(ab_ba);
    let finding = verdict.finding().unwrap();
    let schedule = Schedule::parse(&finding.schedule).unwrap();
    let replayed = Checker::new("ab_ba").regressions(false).replay(schedule.clone()).run(ab_ba);
    let again = replayed.finding().unwrap();
    assert_eq!((again.kind, &again.cycle, &again.steps), (finding.kind, &finding.cycle, &finding.steps));

    let Verdict::Inconclusive { reason } =
        Checker::new("ab_ba").regressions(false).replay(schedule).run(alone)
    else {
        panic!("a schedule of another program should not apply")
    };
    assert!(reason.starts_with("step ") && reason.contains("thread"), "{reason}");
}

#[test]
fn random_schedules_are_found_from_a_seed_and_shrunk() {
    for seed in 0..5 {
        let verdict = Checker::new("random")
            .regressions(false)
            .strategy(unsnarl::check::Strategy::Random(seed))
            .run(ab_ba);
        let finding = verdict.finding().unwrap_or_else(|| panic!("seed {seed}: {verdict:?}"));
        assert_eq!(finding.preemptions, 1, "{finding}");
    }
}

#[test]
fn a_record_of_a_finding_can_be_read() {
    let verdict = Checker::new("a record").regressions(false).run(ab_ba);
    assert!(verdict.finding().is_some());
    let record = Record {
        model: "a record".to_owned(),
        engine: EngineName::Unsnarl,
        expected: None,
        as_expected: false,
        verdict,
    };
    assert_eq!(serde_json::from_str::<Record>(&serde_json::to_string(&record).unwrap()).unwrap(), record);
}
