//! The selectively uniform random walk (Zhao et al., "Selectively uniform concurrency testing", ASPLOS 2025).

use super::{
    ThreadSet, bit, members,
    pos::Priorities,
    profile::{NO_STABLE_OBJECT, Profile, Remaining, StableObject, weighted},
    random::SplitMix64,
    sampled::{Sampler, Scene},
};
use crate::engine::op::{Op, ThreadIndex};

/// Picks one object for the execution, with a probability proportional to the number of its accesses, and makes every order
/// of the accesses to it equally likely. All other steps are ordered by random numbers.
///
/// 1. Which thread makes the next access to the object is drawn in advance, with a probability proportional to the number of
///    accesses that it, and the threads that it has yet to spawn, have left. All other threads are held in front of theirs.
/// 2. When it has made the access, the next one is drawn. If it spawns a thread, the turn may pass to that.
/// 3. The numbers are those of the last execution and may be wrong. If only held threads can go on, the turn passes to one of
///    them. A thread that comes to an access that nobody counted on may take the turn, so that no order is impossible.
#[derive(Debug)]
pub(crate) struct Surw {
    object: StableObject,
    remaining: Remaining,
    priorities: Priorities,
    /// The thread whose access to the object is next.
    turn: Option<ThreadIndex>,
    /// The threads that are about to access the object.
    waiting: ThreadSet,
    threads: usize,
}

impl Default for Surw {
    fn default() -> Self {
        Surw {
            object: NO_STABLE_OBJECT,
            remaining: Remaining::default(),
            priorities: Priorities::default(),
            turn: None,
            waiting: 0,
            threads: 0,
        }
    }
}

impl Surw {
    /// An object, with a probability proportional to the number of its accesses.
    fn pick_object(profile: &Profile, generator: &mut SplitMix64) -> StableObject {
        let contended = || profile.all_accesses().filter(|(_, object, _)| profile.is_contended(*object));
        let sum: usize = contended().map(|(_, _, times)| times as usize).sum();
        if sum == 0 {
            return NO_STABLE_OBJECT;
        }
        let mut at = generator.below(sum);
        for (_, object, times) in contended() {
            match at.checked_sub(times as usize) {
                Some(left) => at = left,
                None => return object,
            }
        }
        NO_STABLE_OBJECT
    }

    /// The object that was picked for this execution.
    #[cfg(test)]
    pub(crate) fn object(&self) -> Option<StableObject> {
        (self.object != NO_STABLE_OBJECT).then_some(self.object)
    }

    /// The accesses that begin with the thread's next one; one at least if it is about to make one.
    fn weight(&self, thread: ThreadIndex) -> u32 {
        self.remaining.of(thread).max(u32::from(self.waiting & bit(thread) != 0))
    }

    /// Draws the thread whose access is next, among those of `threads`.
    fn draw_turn(&mut self, threads: ThreadSet, generator: &mut SplitMix64) {
        self.turn = weighted(threads, |thread| self.weight(thread), |sum| generator.below(sum));
    }

    /// The thread that has the turn spawned others: one of them may be meant.
    fn pass_to_children(&mut self, spawner: ThreadIndex, generator: &mut SplitMix64, new: ThreadSet) {
        if self.turn == Some(spawner) {
            self.draw_turn(new | bit(spawner), generator);
        }
    }
}

/// The threads that have not ended.
fn alive(scene: &Scene<'_>) -> ThreadSet {
    let pending = scene.view.pending.iter().enumerate();
    pending.filter(|(_, op)| op.is_some()).fold(0, |set, (thread, _)| set | bit(thread))
}

impl Sampler for Surw {
    fn begin(&mut self, profile: &Profile, generator: &mut SplitMix64) {
        self.object = Self::pick_object(profile, generator);
        let object = self.object;
        self.remaining.begin(profile, |thread| match object {
            NO_STABLE_OBJECT => 0,
            object => profile.accesses(thread, object),
        });
        self.turn = None;
        self.waiting = 0;
        self.threads = 0;
    }

    fn look(&mut self, scene: &mut Scene<'_>) {
        self.priorities.look(scene);
        let threads = scene.view.pending.len();
        self.remaining.follow(threads, scene.profile);
        if self.object == NO_STABLE_OBJECT {
            return;
        }
        if self.threads != threads {
            let new = (self.threads..threads).fold(0, |set, thread| set | bit(thread));
            if self.threads > 0 {
                // Only the thread that took the last step can have spawned them, and it is fresh or has ended.
                let spawner = self.turn.filter(|turn| scene.fresh & bit(*turn) != 0);
                if let Some(spawner) = spawner {
                    self.pass_to_children(spawner, scene.generator, new);
                }
            }
            self.threads = threads;
        }
        for thread in members(scene.fresh) {
            if scene.profile.object(scene.op(thread)) != self.object {
                self.waiting &= !bit(thread);
                continue;
            }
            self.waiting |= bit(thread);
            if self.remaining.of(thread) == 0 && self.turn.is_some() {
                let others: u32 = members(alive(scene)).map(|other| self.weight(other)).sum();
                if scene.generator.below(others as usize) == 0 {
                    self.turn = Some(thread);
                }
            }
        }
        let ended = self.turn.is_none_or(|turn| scene.view.pending[turn].is_none());
        if ended {
            self.draw_turn(alive(scene), scene.generator);
        }
    }

    fn choose(&mut self, scene: &mut Scene<'_>) -> ThreadIndex {
        let candidates = scene.view.candidates;
        let Some(turn) = self.turn else { return self.priorities.highest(candidates) };
        let free = candidates & (!self.waiting | bit(turn));
        if free != 0 {
            return self.priorities.highest(free);
        }
        self.draw_turn(candidates, scene.generator);
        self.turn.expect("a thread that is about to access the object has a weight")
    }

    fn step(&mut self, _scene: &mut Scene<'_>, thread: ThreadIndex, _op: &Op) {
        if self.waiting & bit(thread) == 0 {
            return;
        }
        self.waiting &= !bit(thread);
        self.remaining.performed(thread);
        if self.turn == Some(thread) {
            self.turn = None;
        }
    }
}
