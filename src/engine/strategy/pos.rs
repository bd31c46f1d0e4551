//! Partial-order sampling (Yuan, Yang, Gu, "Partial order aware concurrency sampling", CAV 2018).

use super::{
    ThreadSet, members,
    profile::Profile,
    random::SplitMix64,
    sampled::{Sampler, Scene},
};
use crate::engine::op::{Op, ThreadIndex};

/// A random number for each thread's next operation.
#[derive(Debug, Default)]
pub(crate) struct Priorities(Vec<u64>);

impl Priorities {
    /// Draws a number for each operation that is new.
    pub(crate) fn look(&mut self, scene: &mut Scene<'_>) {
        if self.0.len() < scene.view.pending.len() {
            self.0.resize(scene.view.pending.len(), 0);
        }
        for thread in members(scene.fresh) {
            self.0[thread] = scene.generator.next();
        }
    }

    /// Draws again for each pending operation that depends on the one that `thread` performs: which of them comes next is
    /// a new race.
    pub(crate) fn step(&mut self, scene: &mut Scene<'_>, thread: ThreadIndex, op: &Op) {
        let footprint = op.footprint();
        for (other, pending) in scene.view.pending.iter().enumerate() {
            let depends = |pending: &Op| footprint.depends_on(&pending.footprint());
            if other != thread && pending.as_ref().is_some_and(depends) {
                self.0[other] = scene.generator.next();
            }
        }
    }

    /// The thread whose operation has the highest number.
    pub(crate) fn highest(&self, threads: ThreadSet) -> ThreadIndex {
        members(threads).max_by_key(|thread| self.0[*thread]).expect("there is a candidate")
    }
}

/// Gives each pending operation a random priority, runs the highest, and draws anew for those that depend on it. So each
/// race is a coin of its own, however many independent steps lie between.
#[derive(Debug, Default)]
pub(crate) struct Pos {
    priorities: Priorities,
}

impl Sampler for Pos {
    fn begin(&mut self, _profile: &Profile, _generator: &mut SplitMix64) {}

    fn look(&mut self, scene: &mut Scene<'_>) {
        self.priorities.look(scene);
    }

    fn choose(&mut self, scene: &mut Scene<'_>) -> ThreadIndex {
        self.priorities.highest(scene.view.candidates)
    }

    fn step(&mut self, scene: &mut Scene<'_>, thread: ThreadIndex, op: &Op) {
        self.priorities.step(scene, thread, op);
    }
}
