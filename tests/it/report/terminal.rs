//! The terminal report of every lesson, whole. Read the snapshots as a user would: names, places, order, remedy.

use unsnarl::{
    lab::{self, Lesson},
    report::terminal::{self, Style},
};

fn report(lesson: &Lesson, style: &Style) -> String {
    let verdict = lab::check_buggy(lesson);
    let finding = verdict.finding().unwrap_or_else(|| panic!("{}: {verdict:?}", lesson.name));
    terminal::finding(finding, style)
}

/// What is the same everywhere.
pub(super) fn plain() -> Style {
    Style::plain().measurements(false)
}

#[test]
fn every_lesson() {
    for lesson in lab::lessons().iter().chain(lab::real_bugs()) {
        insta::assert_snapshot!(lesson.name, report(lesson, &plain()));
    }
}

#[test]
fn ascii_and_narrow() {
    let lesson = lab::find("transfer").unwrap();
    let text = report(lesson, &plain().ascii(true).width(60));
    assert!(text.is_ascii(), "{text}");
    insta::assert_snapshot!("transfer-ascii-60", text);
    insta::assert_snapshot!("transfer-40", report(lesson, &plain().width(40)));
}
