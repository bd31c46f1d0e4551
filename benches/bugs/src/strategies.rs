//! The strategies that are compared: the one list of them.

use unsnarl::check::{Checker, Strategy};

/// A strategy of the comparison.
#[derive(Clone, Copy, Debug)]
pub struct Contender {
    /// What it is called on the command line and in the document.
    pub name: &'static str,
    /// Lets a checker follow the strategy with the seed of a trial.
    pub follow: fn(Checker, u64) -> Checker,
    /// Whether it is the check that a user gets who asks for nothing: its own time limit and no other.
    pub is_default: bool,
}

const fn sampler(name: &'static str, follow: fn(Checker, u64) -> Checker) -> Contender {
    Contender { name, follow, is_default: false }
}

static STRATEGIES: &[Contender] = &[
    sampler("random", |checker, seed| checker.strategy(Strategy::Random(seed))),
    sampler("pct3", |checker, seed| checker.strategy(Strategy::Pct { depth: 3, seed })),
    sampler("pos", |checker, seed| checker.strategy(Strategy::Pos(seed))),
    sampler("urw", |checker, seed| checker.strategy(Strategy::Urw(seed))),
    sampler("surw", |checker, seed| checker.strategy(Strategy::Surw(seed))),
    sampler("reads-from", |checker, seed| checker.strategy(Strategy::ReadsFrom(seed))),
    sampler("state-coverage", |checker, seed| checker.strategy(Strategy::StateCoverage(seed))),
    sampler("portfolio", |checker, seed| checker.strategy(Strategy::Portfolio(seed))),
    Contender { name: "auto", follow: Checker::seed, is_default: true },
];

/// All of them, in the order of the table.
#[must_use]
pub fn strategies() -> &'static [Contender] {
    STRATEGIES
}
