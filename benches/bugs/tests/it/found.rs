//! The default check finds each bug.

use std::time::Duration;

use bugs::{Oracle, programs};
use unsnarl::check::Checker;

/// Found, too, but only after minutes: `cargo run --release -p unsnarl-bench-bugs -- SafeStack auto 1 1000000 600`.
const TAKES_MINUTES: &str = "SafeStack";

#[test]
fn by_the_default_check() {
    for program in programs().iter().filter(|program| program.name != TAKES_MINUTES) {
        let Some(expected) = program.expected else { continue };
        let body = program.buggy;
        let checker = Checker::new(program.name).max_time(Duration::from_secs(60)).regressions(false);
        let verdict = checker.run(move || body(Oracle::Panic));
        let finding = verdict.finding().unwrap_or_else(|| panic!("{}: {verdict:?}", program.name));
        assert_eq!(finding.kind, expected, "{}: {finding}", program.name);
        println!("{:<24}{:>10} schedules", program.name, finding.explored.schedules());
    }
}
