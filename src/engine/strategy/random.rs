//! The random walk: every thread that can go on is equally likely.

use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{
    Decision, Strategy, View, members,
    profile::Profile,
    sampled::{Sampler, Scene},
};
use crate::engine::op::ThreadIndex;

/// A small, fast, seedable generator (SplitMix64, Steele et al. 2014): schedules must be the same on every platform and
/// in every version, so it is ours and not a dependency's.
#[derive(Clone, Debug)]
pub(crate) struct SplitMix64(pub(crate) u64);

impl SplitMix64 {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound` (Lemire's multiplication; the bias is below 2^-57 for the small bounds used here).
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }
}

/// The generator of one execution of a seed.
pub(crate) fn generator_of(seed: u64, execution: u64) -> SplitMix64 {
    SplitMix64(seed ^ execution.wrapping_mul(0xD134_2543_DE82_EF95))
}

/// A thread of the set, which is not empty, each of them equally likely.
#[inline(always)]
pub(crate) fn any_of(few: u64, generator: &mut SplitMix64) -> ThreadIndex {
    if let Some(members) = usize::try_from(few).ok().and_then(|few| MEMBERS.get(few)) {
        let count = usize::from(members.count);
        return usize::from(members.members[if count == 1 { 0 } else { generator.below(count) }]);
    }
    if few <= u64::from(u16::MAX) {
        let [low, high] = (few as u16).to_le_bytes().map(|eight| &MEMBERS[usize::from(eight)]);
        let lower = usize::from(low.count);
        let count = lower + usize::from(high.count);
        let nth = if count == 1 { 0 } else { generator.below(count) };
        return match nth.checked_sub(lower) {
            None => usize::from(low.members[nth & 7]),
            Some(nth) => 8 + usize::from(high.members[nth & 7]),
        };
    }
    any_of_many(few, generator)
}

/// As [`any_of`], of a set to which a thread beyond the first sixteen belongs.
#[inline(never)]
fn any_of_many(set: u64, generator: &mut SplitMix64) -> ThreadIndex {
    let count = set.count_ones() as usize;
    let mut left = set;
    for _ in 0..(if count == 1 { 0 } else { generator.below(count) }) {
        left &= left - 1;
    }
    left.trailing_zeros() as ThreadIndex
}

/// The members of each set of the first eight threads, since the least of processors cannot count bits.
static MEMBERS: [Members; 256] = {
    let mut all = [Members { count: 0, members: [0; 8] }; 256];
    let mut set = 0;
    while set < all.len() {
        let mut thread = 0;
        while thread < 8 {
            if set & 1 << thread != 0 {
                let of = &mut all[set];
                of.members[of.count as usize] = thread;
                of.count += 1;
            }
            thread += 1;
        }
        set += 1;
    }
    all
};

#[derive(Clone, Copy)]
struct Members {
    count: u8,
    members: [u8; 8],
}

/// One of the candidates, each of them equally likely.
fn uniform(view: &View<'_>, generator: &mut SplitMix64) -> ThreadIndex {
    // Most models have few threads, and half a word is chosen from in half of the time.
    match u64::try_from(view.candidates) {
        Ok(few) => any_of(few, generator),
        Err(_) => {
            let nth = generator.below(view.candidates.count_ones() as usize);
            members(view.candidates).nth(nth).expect("nth is below the count")
        }
    }
}

/// How many executions a walk takes at a time of those that it shares with others, so that walks on several cores seldom meet.
const EXECUTIONS_TAKEN: u64 = 16;

/// Chooses uniformly among the threads that can go on. Execution `i` of seed `s` is the same wherever it is run.
#[derive(Debug)]
pub(crate) struct Random {
    seed: u64,
    /// The next execution that nobody has taken, of all walks together that have this seed.
    next: Arc<AtomicU64>,
    /// Those that this one has taken and not begun.
    taken: Range<u64>,
    /// The present one.
    execution: u64,
    generator: SplitMix64,
}

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Random { seed, next: Arc::default(), taken: 0..0, execution: 0, generator: SplitMix64(seed) }
    }

    /// Another walk, which takes every execution that this one does not.
    pub(crate) fn joining(&self) -> Random {
        Random { next: Arc::clone(&self.next), ..Random::new(self.seed) }
    }

    /// Whether it has taken executions that come before this one, and not begun them.
    pub(crate) fn owes_before(&self, execution: u64) -> bool {
        !self.taken.is_empty() && self.taken.start < execution
    }

    /// Which of the executions of its seed the present one is.
    pub(crate) fn execution(&self) -> u64 {
        self.execution
    }
}

impl Strategy for Random {
    fn new_execution(&mut self) -> bool {
        if self.taken.is_empty() {
            // ORDERING: relaxed: only the numbers must differ.
            let first = self.next.fetch_add(EXECUTIONS_TAKEN, Ordering::Relaxed);
            self.taken = first..first + EXECUTIONS_TAKEN;
        }
        self.execution = self.taken.start;
        self.taken.start += 1;
        self.generator = generator_of(self.seed, self.execution);
        true
    }

    fn uniform(&mut self) -> Option<&mut SplitMix64> {
        Some(&mut self.generator)
    }

    fn choose(&mut self, view: &View<'_>) -> Decision {
        Decision::Run(uniform(view, &mut self.generator))
    }

    fn choose_value(&mut self, count: usize) -> usize {
        self.generator.below(count)
    }

    fn restart(&mut self) {
        // ORDERING: relaxed, as above.
        self.next.store(0, Ordering::Relaxed);
        self.taken = 0..0;
    }
}

/// The random walk as a member of a portfolio.
#[derive(Debug, Default)]
pub(crate) struct Walk;

impl Sampler for Walk {
    fn begin(&mut self, _profile: &Profile, _generator: &mut SplitMix64) {}

    fn choose(&mut self, scene: &mut Scene<'_>) -> ThreadIndex {
        uniform(scene.view, scene.generator)
    }
}
