//! What the models have in common: how they are run, and what makes a run that looked at nothing fail.
//!
//! A model is an ordinary test. One text is run by three engines:
//!
//! - unsnarl's own, by `cargo test -p unsnarl-loom-tests`;
//! - loom, with `RUSTFLAGS='--cfg unsnarl_backend="loom"'`;
//! - shuttle, with `RUSTFLAGS='--cfg unsnarl_backend="shuttle"'`.
//!
//! What each of them made of each model stands in `docs/models.md`.

use std::{env, time::Duration};

use unsnarl::{
    check::{Checker, EVENTS_VARIABLE, EngineName, Finding, FindingKind, Verdict},
    report::terminal::{self, Style},
};

/// What unsnarl's own engine may take for a model. All of them end sooner; one that does not is no longer complete and fails.
const BUDGET_OF_UNSNARL: Duration = Duration::from_secs(60);
/// What loom and shuttle may take: they do not end for most models, and there are many models.
const BUDGET_OF_OTHERS: Duration = Duration::from_secs(3);

/// What loom and shuttle may take to find a mistake: a number and not a time, so that they find it on a busy machine, too. Half of
/// it is shuttle's search in order, which may be far from the mistake.
const EXECUTIONS_OF_OTHERS: u64 = 40_000;

/// How much of the model our own engine must look at. The others look at what they can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    Complete,
    /// All, as long as time runs out only when nothing else can happen.
    ButForEarlyTimeouts,
    Bounded,
}

/// A model with its settings. `checker` may be changed by [`with`](Self::with).
#[derive(Clone, Debug)]
#[must_use = "a model shows nothing before it is checked"]
pub struct Model {
    checker: Checker,
    reach: Reach,
}

/// A model that must pass, and of which our own engine must see every interleaving.
pub fn correct(name: &str) -> Model {
    Model { checker: checker(name), reach: Reach::Complete }
}

/// A model that must pass, and of which our own engine must see every interleaving in which time runs out only when nothing
/// else can happen: where a wait that ends early would merely be another, lawful end.
pub fn correct_but_for_early_timeouts(name: &str) -> Model {
    Model { checker: checker(name).early_timeouts(0), reach: Reach::ButForEarlyTimeouts }
}

/// A model that must pass within the bounds that it states, because it is too large for more.
pub fn correct_within_bounds(name: &str) -> Model {
    Model { checker: checker(name), reach: Reach::Bounded }
}

/// A model with one mistake that must be found.
pub fn broken(name: &str, kind: FindingKind) -> Model {
    let checker = checker(name).expect(kind);
    let checker = match EngineName::of_this_build() {
        EngineName::Unsnarl => checker,
        EngineName::Loom | EngineName::Shuttle => {
            checker.max_time(BUDGET_OF_UNSNARL).max_executions(EXECUTIONS_OF_OTHERS)
        }
    };
    Model { checker, reach: Reach::Bounded }
}

fn checker(name: &str) -> Checker {
    let budget = match EngineName::of_this_build() {
        EngineName::Unsnarl => BUDGET_OF_UNSNARL,
        EngineName::Loom | EngineName::Shuttle => BUDGET_OF_OTHERS,
    };
    Checker::new(name).max_time(budget).loom_preemptions(Some(2))
}

impl Model {
    /// Changes the checker's settings.
    pub fn with(mut self, change: impl FnOnce(Checker) -> Checker) -> Self {
        self.checker = change(self.checker);
        self
    }

    /// Checks the model and gives the verdict.
    ///
    /// # Panics
    ///
    /// Unless the verdict is the announced one; and when a pass rests on a single execution (every model here has more than
    /// one thread, so nothing was explored), or is less complete than announced.
    pub fn check(&self, model: impl Fn() + Send + Sync + 'static) -> Verdict {
        let verdict = self.checker.checked(model);
        if let Verdict::Pass(pass) = &verdict {
            assert!(pass.explored.executions > 1, "one execution is no exploration: {pass:?}");
            let is_reached = match self.reach {
                Reach::Complete => pass.is_complete(),
                Reach::ButForEarlyTimeouts => {
                    pass.bounds.iter().all(|bound| bound.contains("time ran out early"))
                }
                Reach::Bounded => true,
            };
            let ours = EngineName::of_this_build() == EngineName::Unsnarl;
            assert!(!ours || is_reached, "not complete: {pass:?}");
        }
        if let Verdict::Finding(finding) = &verdict {
            read(finding);
        }
        verdict
    }
}

/// What a person reads of a broken variant is as it was when somebody last looked at it: `loom-tests/reports/`.
pub fn read(finding: &Finding) {
    // Under the command a model may have other settings, and the guests have little to say.
    let is_under_command = env::var_os(EVENTS_VARIABLE).is_some();
    if is_under_command || finding.engine != EngineName::Unsnarl {
        return;
    }
    let report = terminal::finding(finding, &Style::plain().measurements(false));
    insta::with_settings!({ snapshot_path => "../reports", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(finding.model.replace("::", "-"), report);
    });
}
