//! From the strategy that a checker asks for to the engine's.

use super::{names, strategy::Strategy};
use crate::{
    engine::{
        StrategyDebug,
        strategy::{
            Bound, Bytes, Chain, Exhaustive, Guided, Pct, Portfolio, Pos, Random, Reduction, Replay, Rff,
            Sampled, StateCoverage, Steer, Surw, Urw,
        },
        trace::Choice,
    },
    report::sources::Variables,
};

/// What to explore, and in which order.
#[derive(Clone, Debug)]
pub(super) enum Plan {
    /// Everything, but what the reduction and the bound leave out.
    Exhaustive(Reduction, Option<Bound>),
    /// What a sampler draws.
    Sample(Sampling),
    /// The one schedule that these bytes are.
    Bytes(Vec<u8>),
    /// One schedule that was recorded.
    Replay(Vec<Choice>),
    /// One schedule, followed as far as it goes.
    Guided(Vec<Choice>),
    /// The same in a program that has changed, by the labels of the objects too: one for each choice, and the sources that
    /// are known.
    ByOperation(Vec<Choice>, Vec<Option<String>>, Vec<(&'static str, &'static str)>),
    /// Into a deadlock that was predicted, with a seed.
    Steer(Vec<Chain>, u64),
}

/// The samplers, with their seeds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sampling {
    Random(u64),
    Pct(usize, u64),
    Pos(u64),
    Urw(u64),
    Surw(u64),
    ReadsFrom(u64),
    StateCoverage(u64),
    Portfolio(u64),
}

impl Sampling {
    /// The same with another seed.
    pub(super) fn sibling(self, index: u64) -> Sampling {
        let other = |seed: u64| seed ^ index.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        match self {
            Sampling::Random(seed) => Sampling::Random(other(seed)),
            Sampling::Pct(depth, seed) => Sampling::Pct(depth, other(seed)),
            Sampling::Pos(seed) => Sampling::Pos(other(seed)),
            Sampling::Urw(seed) => Sampling::Urw(other(seed)),
            Sampling::Surw(seed) => Sampling::Surw(other(seed)),
            Sampling::ReadsFrom(seed) => Sampling::ReadsFrom(other(seed)),
            Sampling::StateCoverage(seed) => Sampling::StateCoverage(other(seed)),
            Sampling::Portfolio(seed) => Sampling::Portfolio(other(seed)),
        }
    }
}

impl Plan {
    /// How it samples, if it does.
    pub(super) fn sampling(&self) -> Option<Sampling> {
        match self {
            Plan::Sample(sampling) => Some(*sampling),
            _ => None,
        }
    }

    /// What the strategy means. `Auto` begins with the exhaustive search.
    pub(super) fn of(strategy: &Strategy, bound: Option<Bound>) -> Plan {
        let sampling = match strategy {
            Strategy::Auto | Strategy::Exhaustive => return Plan::Exhaustive(Reduction::Optimal, bound),
            Strategy::SleepSets => return Plan::Exhaustive(Reduction::Sleep, bound),
            Strategy::BruteForce => return Plan::Exhaustive(Reduction::None, bound),
            Strategy::Bytes(bytes) => return Plan::Bytes(bytes.clone()),
            Strategy::Random(seed) => Sampling::Random(*seed),
            Strategy::Pct { depth, seed } => Sampling::Pct(*depth, *seed),
            Strategy::Pos(seed) => Sampling::Pos(*seed),
            Strategy::Urw(seed) => Sampling::Urw(*seed),
            Strategy::Surw(seed) => Sampling::Surw(*seed),
            Strategy::ReadsFrom(seed) => Sampling::ReadsFrom(*seed),
            Strategy::StateCoverage(seed) => Sampling::StateCoverage(*seed),
            Strategy::Portfolio(seed) => Sampling::Portfolio(*seed),
        };
        Plan::Sample(sampling)
    }

    /// The engine's strategy.
    pub(super) fn strategy(self) -> Box<dyn StrategyDebug> {
        match self {
            Plan::Exhaustive(reduction, bound) => Box::new(Exhaustive::new(reduction, bound)),
            Plan::Sample(Sampling::Random(seed)) => Box::new(Random::new(seed)),
            Plan::Sample(Sampling::Pct(depth, seed)) => Box::new(Sampled::new(seed, Pct::new(depth))),
            Plan::Sample(Sampling::Pos(seed)) => Box::new(Sampled::new(seed, Pos::default())),
            Plan::Sample(Sampling::Urw(seed)) => Box::new(Sampled::new(seed, Urw::default())),
            Plan::Sample(Sampling::Surw(seed)) => Box::new(Sampled::new(seed, Surw::default())),
            Plan::Sample(Sampling::ReadsFrom(seed)) => Box::new(Sampled::new(seed, Rff::alone())),
            Plan::Sample(Sampling::StateCoverage(seed)) => {
                Box::new(Sampled::new(seed, StateCoverage::default()))
            }
            Plan::Sample(Sampling::Portfolio(seed)) => Box::new(Sampled::new(seed, Portfolio::default())),
            Plan::Bytes(bytes) => Box::new(Bytes::new(bytes)),
            Plan::Replay(choices) => Box::new(Replay::new(choices)),
            Plan::Steer(chains, seed) => Box::new(Steer::new(chains, seed)),
            Plan::Guided(choices) => Box::new(Guided::new(&choices, None)),
            Plan::ByOperation(choices, labels, sources) => {
                let mut variables = Variables::new(sources);
                let labeller = move |name, made, used| names::label(&mut variables, name, made, used);
                Box::new(Guided::new(&choices, Some((labels, Box::new(labeller)))))
            }
        }
    }

    /// What the plan itself leaves out.
    pub(super) fn leaves_out(&self) -> Option<&'static str> {
        match self {
            Plan::Exhaustive(..) | Plan::Replay(_) | Plan::Guided(_) | Plan::ByOperation(..) => None,
            Plan::Steer(..) => None,
            Plan::Sample(_) => Some("schedules were sampled at random"),
            Plan::Bytes(_) => Some("only the schedule that the bytes give was run"),
        }
    }
}
