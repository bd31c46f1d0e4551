//! A portfolio of samplers: none of them is good at everything, and nobody knows beforehand what the program needs.

use super::{
    Pct, Pos, Rff, StateCoverage, Surw, Urw,
    profile::Profile,
    random::{SplitMix64, Walk},
    sampled::{Sampler, Scene},
};
use crate::engine::op::{Op, ThreadIndex};

/// Each member, and its share where all pay alike.
const SHARES: [(Member, f64); 7] = [
    (Member::Surw, 3.0),
    (Member::Pos, 2.0),
    (Member::Urw, 2.0),
    (Member::Pct, 1.0),
    (Member::Rff, 2.0),
    (Member::StateCoverage, 8.0),
    (Member::Walk, 1.0),
];

/// Whose the first executions are, again and again. A fixed order finds sooner than one that is drawn: nobody comes late by
/// chance. Uniform walks come first, since they reach each order of a small program soon. It is the best order that was found for
/// the programs of `benches/bugs`, by what each member needs there alone.
const FIRST: [Member; 16] = {
    use Member::{Pct, Pos, Rff, StateCoverage, Surw, Urw, Walk};
    [Urw, Urw, Urw, Urw, Rff, Urw, Rff, Surw, Rff, Surw, Surw, Walk, Pos, Rff, Pct, StateCoverage]
};

/// What independent draws find they find among so many executions, most of the time. What is left then is for those that learn.
const FIRST_EXECUTIONS: u32 = 1_000;

/// The depth of the bugs that the priority-based member looks for.
const PCT_DEPTH: usize = 3;

/// A member's share grows and shrinks by this factor at most, by what it pays: each keeps its chance.
const FACTOR_MAX: f64 = 3.0;

/// How much of what a member paid counts still after its next execution.
const MEMORY: f64 = 0.95;

/// What a pair of steps pays that was never seen, against a set of pairs that was never seen.
const PAIR_PAYS: u32 = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Member {
    Surw,
    Pos,
    Urw,
    Pct,
    Rff,
    StateCoverage,
    Walk,
}

/// What a member's executions brought and cost; older ones count less.
#[derive(Clone, Copy, Debug, Default)]
struct Account {
    gain: f64,
    steps: f64,
}

impl Account {
    fn enter(&mut self, gain: f64, steps: f64) {
        self.gain = self.gain * MEMORY + gain;
        self.steps = self.steps * MEMORY + steps;
    }

    /// What a step brings.
    fn rate(&self) -> f64 {
        if self.steps == 0.0 { 0.0 } else { self.gain / self.steps }
    }
}

/// One member for each execution: at first in a fixed order, then drawn, with shares that follow what pays: pairs of steps of
/// which one takes the other's value for the first time, per step. The reads-from fuzzer learns from all executions, state
/// coverage from its own.
#[derive(Debug)]
pub(crate) struct Portfolio {
    active: usize,
    executions: u32,
    steps: u32,
    accounts: [Account; SHARES.len()],
    surw: Surw,
    pos: Pos,
    urw: Urw,
    pct: Pct,
    rff: Rff,
    state_coverage: StateCoverage,
    walk: Walk,
}

impl Default for Portfolio {
    fn default() -> Self {
        Portfolio {
            active: 0,
            executions: 0,
            steps: 0,
            accounts: [Account::default(); SHARES.len()],
            surw: Surw::default(),
            pos: Pos::default(),
            urw: Urw::default(),
            pct: Pct::new(PCT_DEPTH),
            rff: Rff::default(),
            state_coverage: StateCoverage::default(),
            walk: Walk,
        }
    }
}

impl Portfolio {
    fn member(&self) -> Member {
        SHARES[self.active].0
    }

    fn active(&mut self) -> &mut dyn Sampler {
        match self.member() {
            Member::Surw => &mut self.surw,
            Member::Pos => &mut self.pos,
            Member::Urw => &mut self.urw,
            Member::Pct => &mut self.pct,
            Member::Rff => &mut self.rff,
            Member::StateCoverage => &mut self.state_coverage,
            Member::Walk => &mut self.walk,
        }
    }

    /// The member of the next execution.
    fn next(&self, generator: &mut SplitMix64) -> usize {
        if self.executions < FIRST_EXECUTIONS {
            let member = FIRST[self.executions as usize % FIRST.len()];
            let at = SHARES.iter().position(|(other, _)| *other == member);
            return at.expect("each member has a share");
        }
        self.draw(generator)
    }

    /// Draws a member, by what they pay.
    fn draw(&self, generator: &mut SplitMix64) -> usize {
        let mean = self.accounts.iter().map(Account::rate).sum::<f64>() / SHARES.len() as f64;
        let weights = SHARES.iter().zip(&self.accounts).map(|((_, share), account)| {
            let is_known = mean > 0.0 && account.steps > 0.0;
            let factor = if is_known { account.rate() / mean } else { 1.0 };
            #[expect(
                clippy::cast_sign_loss,
                clippy::cast_possible_truncation,
                reason = "between 0 and 10,000"
            )]
            let weight = (share * factor.clamp(1.0 / FACTOR_MAX, FACTOR_MAX) * 1_000.0) as usize;
            weight
        });
        let mut at = generator.below(weights.clone().sum());
        for (member, weight) in weights.enumerate() {
            match at.checked_sub(weight) {
                Some(left) => at = left,
                None => return member,
            }
        }
        unreachable!("the number is below the sum of the weights")
    }
}

impl Sampler for Portfolio {
    fn begin(&mut self, profile: &Profile, generator: &mut SplitMix64) {
        self.active = self.next(generator);
        self.executions = self.executions.saturating_add(1);
        self.steps = 0;
        let is_rff = self.member() == Member::Rff;
        self.rff.direct(is_rff);
        // It measures what each execution brings to light, whoever directs it.
        self.rff.begin(profile, generator);
        if !is_rff {
            self.active().begin(profile, generator);
        }
    }

    fn look(&mut self, scene: &mut Scene<'_>) {
        self.rff.look(scene);
        if self.member() != Member::Rff {
            self.active().look(scene);
        }
    }

    fn choose(&mut self, scene: &mut Scene<'_>) -> ThreadIndex {
        self.active().choose(scene)
    }

    fn value(&mut self, count: usize, generator: &mut SplitMix64) -> usize {
        self.active().value(count, generator)
    }

    fn step(&mut self, scene: &mut Scene<'_>, thread: ThreadIndex, op: &Op) {
        self.steps += 1;
        self.rff.step(scene, thread, op);
        if self.member() != Member::Rff {
            self.active().step(scene, thread, op);
        }
    }

    fn end(&mut self, profile: &Profile, generator: &mut SplitMix64) {
        self.rff.end(profile, generator);
        if self.member() != Member::Rff {
            self.active().end(profile, generator);
        }
        let novelty = self.rff.novelty();
        let gain = novelty.pairs * PAIR_PAYS + u32::from(novelty.combination);
        self.accounts[self.active].enter(f64::from(gain), f64::from(self.steps));
    }

    fn restart(&mut self) {
        *self = Portfolio::default();
    }
}
