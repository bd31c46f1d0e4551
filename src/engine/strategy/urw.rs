//! The uniform random walk: every interleaving is equally likely (Zhao et al., "Selectively uniform concurrency testing",
//! ASPLOS 2025).

use super::{
    profile::{Profile, Remaining, weighted},
    random::SplitMix64,
    sampled::{Sampler, Scene},
};
use crate::engine::op::{Op, ThreadIndex};

/// How many events each thread is taken to have in the first execution: who has not begun is twice as likely as who has, which
/// is right for threads of two events, and better than nothing for others.
const EVENTS_UNKNOWN: u32 = 2;

/// Chooses a thread with a probability proportional to the number of events that begin with its next one: its own, and
/// those of threads that it has yet to spawn. An event is a step on an object that several threads touch.
///
/// The numbers are those of the last execution. A thread that goes on beyond its number keeps the weight 1, so that no
/// interleaving is impossible.
#[derive(Debug, Default)]
pub(crate) struct Urw {
    remaining: Remaining,
}

impl Sampler for Urw {
    fn begin(&mut self, profile: &Profile, _generator: &mut SplitMix64) {
        match profile.thread_count() {
            0 => self.remaining.guess(EVENTS_UNKNOWN),
            _ => self.remaining.begin(profile, |thread| profile.events(thread)),
        }
    }

    fn look(&mut self, scene: &mut Scene<'_>) {
        self.remaining.follow(scene.view.pending.len(), scene.profile);
    }

    fn choose(&mut self, scene: &mut Scene<'_>) -> ThreadIndex {
        let weight = |thread| self.remaining.of(thread).max(1);
        weighted(scene.view.candidates, weight, |sum| scene.generator.below(sum))
            .expect("there is a candidate, and each has a weight")
    }

    fn step(&mut self, scene: &mut Scene<'_>, thread: ThreadIndex, op: &Op) {
        if scene.profile.is_event(op) {
            self.remaining.performed(thread);
        }
    }
}
