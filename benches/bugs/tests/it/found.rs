//! The default check finds every bug, and what it finds is of the kind that is announced.

use std::time::Duration;

use bugs::{Oracle, Program, programs, published, strategies};
use unsnarl::{
    check::Checker,
    report::terminal::{self, Style},
};

#[test]
fn the_default_check_finds_every_bug() {
    let mut looked_at = 0;
    for Program { name, expected, buggy, .. } in programs() {
        let Some(expected) = *expected else { continue };
        let buggy = *buggy;
        let verdict = Checker::new(*name).regressions(false).cores(1).run(move || buggy(Oracle::Panic));
        let finding = verdict.finding().unwrap_or_else(|| panic!("{name}: {}", verdict.summary()));
        assert_eq!(finding.kind, expected, "{name}: {finding}");
        insta::assert_snapshot!(*name, terminal::finding(finding, &Style::plain().measurements(false)));
        looked_at += 1;
    }
    assert_eq!(looked_at, 27);
}

/// Each sampler, on the programs that all of them find within a few hundred schedules.
#[test]
fn every_strategy_finds_the_small_bugs() {
    for name in ["account", "bluetooth_driver", "carter01", "deadlock01", "reorder_5", "CVE-2016-1972"] {
        let program = bugs::find(name).expect("a program");
        for strategy in strategies() {
            let limits = bugs::Limits { trials: 3, schedules: 10_000, time: Duration::from_secs(60) };
            let measured = bugs::measure(program, strategy, limits);
            assert_eq!(measured.fault, None, "{name} with {}", strategy.name);
            assert_eq!(measured.found, limits.trials, "{name} with {}", strategy.name);
        }
    }
}

#[test]
fn every_program_has_published_figures() {
    for program in programs() {
        assert!(published(program.name).is_some(), "{}", program.name);
    }
}
