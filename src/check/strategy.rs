//! The ways to choose schedules, and their names.

use std::str::FromStr;

/// How schedules are chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Strategy {
    /// The exhaustive search, and the portfolio of samplers, in turns: small programs are searched to the end before the
    /// first sample is drawn, and programs whose search will not end give most of their time to samples.
    Auto,
    /// Every order of dependent operations, each once: depth-first search with optimal partial-order reduction.
    Exhaustive,
    /// As `Exhaustive`, with sleep sets only: more redundant work, fewer assumptions. For checks of the checker.
    SleepSets,
    /// Every interleaving, however redundant. For checks of the checker.
    BruteForce,
    /// A random walk with this seed: every thread that can go on is equally likely.
    Random(u64),
    /// Probabilistic concurrency testing (Burckhardt et al., ASPLOS 2010): threads have random priorities, which fall at
    /// `depth - 1` random steps. Good at bugs that need few preemptions in long executions.
    Pct {
        /// How many ordering constraints the bug needs; 3 is usual.
        depth: usize,
        /// The seed.
        seed: u64,
    },
    /// Partial-order sampling (Yuan, Yang, Gu, CAV 2018) with this seed: a random priority for each pending operation, drawn
    /// anew when an operation was taken that it depends on.
    Pos(u64),
    /// The uniform random walk with this seed: every interleaving is about equally likely.
    Urw(u64),
    /// The selectively uniform random walk (Zhao et al., ASPLOS 2025) with this seed: every order of the accesses to one
    /// object, picked for the execution, is about equally likely.
    Surw(u64),
    /// Grey-box fuzzing of schedules with this seed (Wolff et al., ASPLOS 2024): executions that show a step taking its value
    /// from another place in the program than before are kept and varied. Good at bugs among many threads that run the same
    /// code.
    ReadsFrom(u64),
    /// Grey-box fuzzing of schedules by the states that they lead to, with this seed: executions return to states that were
    /// seldom seen and go on from there (as Ecoffet et al., Nature 590, 2021; states as Mukherjee et al., OOPSLA 2020, have
    /// them). Good at bugs that need many steps in one order, as those of lock-free data structures do.
    StateCoverage(u64),
    /// All samplers with this seed: in turns at first, then in shares that follow what each of them brings to light. The fifth
    /// and the sixth execution are the first two of the exhaustive search, which comes at once to bugs that take one certain
    /// order of few steps.
    Portfolio(u64),
    /// One execution whose choices are these bytes: for fuzzers, whose input is then the schedule.
    Bytes(Vec<u8>),
}

/// The depth of `pct` where none is given.
const PCT_DEPTH: usize = 3;

impl Strategy {
    /// The seed of a strategy that draws schedules at random.
    #[must_use]
    pub fn seed(&self) -> Option<u64> {
        match self {
            Strategy::Random(seed)
            | Strategy::Pct { seed, .. }
            | Strategy::Pos(seed)
            | Strategy::Urw(seed)
            | Strategy::Surw(seed)
            | Strategy::ReadsFrom(seed)
            | Strategy::StateCoverage(seed)
            | Strategy::Portfolio(seed) => Some(*seed),
            Strategy::Auto
            | Strategy::Exhaustive
            | Strategy::SleepSets
            | Strategy::BruteForce
            | Strategy::Bytes(_) => None,
        }
    }

    /// The same with another seed; the strategies that draw nothing stay as they are.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        match self {
            Strategy::Random(_) => Strategy::Random(seed),
            Strategy::Pct { depth, .. } => Strategy::Pct { depth, seed },
            Strategy::Pos(_) => Strategy::Pos(seed),
            Strategy::Urw(_) => Strategy::Urw(seed),
            Strategy::Surw(_) => Strategy::Surw(seed),
            Strategy::ReadsFrom(_) => Strategy::ReadsFrom(seed),
            Strategy::StateCoverage(_) => Strategy::StateCoverage(seed),
            Strategy::Portfolio(_) => Strategy::Portfolio(seed),
            other => other,
        }
    }
}

/// Reads a name: `auto`, `exhaustive`, `sleep-sets`, `brute-force`, `random`, `pct` or `pct:DEPTH`, `pos`, `urw`, `surw`,
/// `reads-from`, `state-coverage`, `portfolio`. The seed is 0, see [`Strategy::with_seed`].
///
/// ```
/// use unsnarl::check::Strategy;
///
/// assert_eq!("pct:4".parse(), Ok(Strategy::Pct { depth: 4, seed: 0 }));
/// assert!("lucky".parse::<Strategy>().is_err());
/// ```
impl FromStr for Strategy {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Ok(match name {
            "auto" => Strategy::Auto,
            "exhaustive" => Strategy::Exhaustive,
            "sleep-sets" => Strategy::SleepSets,
            "brute-force" => Strategy::BruteForce,
            "random" => Strategy::Random(0),
            "pct" => Strategy::Pct { depth: PCT_DEPTH, seed: 0 },
            "pos" => Strategy::Pos(0),
            "urw" => Strategy::Urw(0),
            "surw" => Strategy::Surw(0),
            "reads-from" => Strategy::ReadsFrom(0),
            "state-coverage" => Strategy::StateCoverage(0),
            "portfolio" => Strategy::Portfolio(0),
            _ => {
                let depth = name.strip_prefix("pct:").and_then(|depth| depth.parse().ok());
                let Some(depth @ 1..) = depth else {
                    return Err(format!(
                        "`{name}` is no strategy: auto, exhaustive, sleep-sets, brute-force, random, pct, pct:DEPTH, pos, \
                         urw, surw, reads-from, state-coverage or portfolio"
                    ));
                };
                Strategy::Pct { depth, seed: 0 }
            }
        })
    }
}
