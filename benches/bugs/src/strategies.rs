//! The strategies that are compared: the one list of them.

use unsnarl::check::Strategy;

/// A strategy of the comparison.
#[derive(Clone, Copy, Debug)]
pub struct Contender {
    /// What it is called on the command line and in the document.
    pub name: &'static str,
    /// The strategy that this trial uses.
    pub of_seed: fn(u64) -> Strategy,
    /// Whether the seed changes anything; if not, one trial says all.
    pub is_seeded: bool,
}

const fn seeded(name: &'static str, of_seed: fn(u64) -> Strategy) -> Contender {
    Contender { name, of_seed, is_seeded: true }
}

static STRATEGIES: &[Contender] = &[
    seeded("random", Strategy::Random),
    seeded("pct3", |seed| Strategy::Pct { depth: 3, seed }),
    seeded("pos", Strategy::Pos),
    seeded("urw", Strategy::Urw),
    seeded("surw", Strategy::Surw),
    seeded("reads-from", Strategy::ReadsFrom),
    seeded("portfolio", Strategy::Portfolio),
    Contender { name: "auto", of_seed: |_| Strategy::Auto, is_seeded: false },
];

/// All of them, in the order of the table.
#[must_use]
pub fn strategies() -> &'static [Contender] {
    STRATEGIES
}
