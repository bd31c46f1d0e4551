//! Probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi, Nagarakatte, "A randomized scheduler with
//! probabilistic guarantees of finding bugs", ASPLOS 2010).

use super::{
    members,
    profile::Profile,
    random::SplitMix64,
    sampled::{Sampler, Scene},
};
use crate::engine::op::{Op, OpKind, ThreadIndex};

/// How many steps an execution is taken to have before one was seen.
const FIRST_STEPS: usize = 16;

/// Random priorities for the threads, which fall at `depth - 1` random steps. Finds a bug that `depth` ordering constraints
/// bring about with probability at least `1 / (n * k^(depth - 1))`, for `n` threads and `k` steps.
///
/// Only steps on objects that several threads touch count, since the order of the others decides nothing. `k` is the
/// largest number of them that was seen in one execution. A thread that yields falls below all others, so that a loop that
/// waits for another thread ends.
#[derive(Debug)]
pub(crate) struct Pct {
    depth: usize,
    /// By thread. Positive ones are drawn at random, small ones are those of threads that fell.
    priorities: Vec<i64>,
    /// The steps in front of which the priority of the thread that takes them falls, and to what.
    falls: Vec<(usize, i64)>,
    /// The priority of the thread that yielded last.
    lowest: i64,
    /// Counted steps so far.
    steps: usize,
}

impl Pct {
    pub(crate) fn new(depth: usize) -> Self {
        Pct { depth, priorities: Vec::new(), falls: Vec::new(), lowest: 0, steps: 0 }
    }

    /// Lets the thread's priority fall if its next step is one of the drawn ones; each counts once.
    fn falls(&mut self, thread: ThreadIndex, scene: &Scene<'_>) -> bool {
        if !scene.profile.is_event(scene.op(thread)) {
            return false;
        }
        let next = self.steps + 1;
        let Some(at) = self.falls.iter().position(|(step, _)| *step == next) else { return false };
        let (_, priority) = self.falls.swap_remove(at);
        self.priorities[thread] = priority;
        true
    }
}

impl Sampler for Pct {
    fn begin(&mut self, profile: &Profile, generator: &mut SplitMix64) {
        self.priorities.clear();
        self.lowest = 0;
        self.steps = 0;
        let steps = if profile.longest() == 0 { FIRST_STEPS } else { profile.longest() };
        self.falls.clear();
        self.falls.extend((1..self.depth).map(|priority| {
            let priority = i64::try_from(priority).expect("a depth is small");
            (1 + generator.below(steps), priority)
        }));
    }

    fn look(&mut self, scene: &mut Scene<'_>) {
        while self.priorities.len() < scene.view.pending.len() {
            // Above all that threads fall to.
            self.priorities.push((scene.generator.next() >> 2 | 1 << 62) as i64);
        }
    }

    fn choose(&mut self, scene: &mut Scene<'_>) -> ThreadIndex {
        loop {
            let highest = members(scene.view.candidates).max_by_key(|thread| self.priorities[*thread]);
            let highest = highest.expect("there is a candidate");
            if !self.falls(highest, scene) {
                return highest;
            }
        }
    }

    fn step(&mut self, scene: &mut Scene<'_>, thread: ThreadIndex, op: &Op) {
        // Where there was no choice the priority falls all the same: the next choice sees it.
        while self.falls(thread, scene) {}
        self.steps += usize::from(scene.profile.is_event(op));
        if op.kind == OpKind::Yield {
            self.lowest -= 1;
            self.priorities[thread] = self.lowest;
        }
    }
}
