//! Grey-box fuzzing of schedules by the states that they lead to: *first return, then explore* (Ecoffet, Huizinga, Lehman,
//! Stanley, Clune, Nature 590, 2021), with states as learning-based controlled concurrency testing has them (Mukherjee,
//! Deligiannis, Biswas, Lal, OOPSLA 2020).
//!
//! The *state* before a step is each thread's next operation, whichever thread it is, and what the objects hold. What threads
//! have in their variables is not seen: two states that differ only there count as one. An execution repeats an earlier
//! one up to a state that was seldom seen, and goes on by partial-order sampling; where that leads to states that are new, later
//! ones begin there. A bug that needs many steps in one order is so found one step after the other, where a sampler that begins
//! anew each time has to draw them all at once.

use std::collections::HashMap;

use super::{
    bit, members,
    pos::Priorities,
    profile::Profile,
    random::SplitMix64,
    reads_from::{FastHashing, mixed},
    sampled::{Sampler, Scene},
};
use crate::engine::op::{NO_OBJECT, ObjectIndex, Op, ThreadIndex};

/// Among how many states the one to return to is picked.
const DRAWN: usize = 16;

/// One execution of so many begins at the start.
const EXECUTIONS_PER_START: usize = 16;

/// Beyond these no new states are kept, nor executions that lead to them.
const STATES_MAX: usize = 1 << 19;
const CHOICES_MAX: usize = 1 << 24;

/// A number that was chosen, in a list of choices; what is smaller is a thread.
const IS_VALUE: u8 = 1 << 7;

/// A state that was seen.
#[derive(Debug)]
struct Known {
    /// How many executions explored it: came through it, but not in order to go on from a later one.
    visits: u32,
    /// How many executions returned to it.
    returns: u32,
    /// The execution that comes to it after the fewest choices, and how many they are.
    execution: u32,
    choices: u32,
}

/// The states of all executions so far, and of the present one.
#[derive(Debug, Default)]
pub(crate) struct StateCoverage {
    numbers: HashMap<u64, u32, FastHashing>,
    known: Vec<Known>,
    /// The choices of the executions that showed a way to a state.
    executions: Vec<Box<[u8]>>,
    choices_kept: usize,
    /// The choices of the present execution.
    choices: Vec<u8>,
    is_kept: bool,
    /// The execution that is repeated, and how many of its choices are.
    repeated: usize,
    repeats: usize,
    /// The sum of all that follows.
    state: u64,
    threads: Vec<u64>,
    objects: Vec<u64>,
    /// The thread that took the last step, and what its operation was on.
    last: Option<(ThreadIndex, [ObjectIndex; 2])>,
    priorities: Priorities,
}

impl StateCoverage {
    /// Draws where the execution is to go on from: of some states, the one that was seen and returned to the least.
    fn return_to_some(&mut self, generator: &mut SplitMix64) {
        self.repeats = 0;
        if self.known.is_empty() || generator.below(EXECUTIONS_PER_START) == 0 {
            return;
        }
        let some = (0..DRAWN).map(|_| generator.below(self.known.len()));
        let worn = |state: &usize| self.known[*state].visits + self.known[*state].returns;
        let rarest = some.min_by_key(worn).expect("some are drawn");
        let state = &mut self.known[rarest];
        state.returns += 1;
        (self.repeated, self.repeats) = (state.execution as usize, state.choices as usize);
    }

    /// The next choice of the execution that is repeated, if the present one is not yet where it was to return to.
    fn repeat(&self) -> Option<u8> {
        (self.choices.len() < self.repeats).then(|| self.executions[self.repeated][self.choices.len()])
    }

    /// Takes down a choice; one that is not the one to repeat leads elsewhere.
    fn note(&mut self, choice: u8) {
        if self.repeat().is_some_and(|repeated| repeated != choice) {
            self.repeats = 0;
        }
        self.choices.push(choice);
    }

    /// The thread's part of the state.
    fn look_at_thread(&mut self, scene: &Scene<'_>, thread: ThreadIndex) {
        if self.threads.len() <= thread {
            self.threads.resize(thread + 1, 0);
        }
        let part = scene.view.pending[thread].as_ref().map_or(0, |op| {
            let place = mixed(std::ptr::from_ref(op.place).addr() as u64);
            let kind = mixed(place ^ op.kind as u64);
            mixed(kind ^ u64::from(op.arg) << 32 ^ u64::from(scene.profile.object(op)))
        });
        let before = std::mem::replace(&mut self.threads[thread], part);
        self.state = self.state.wrapping_sub(before).wrapping_add(part);
    }

    /// The object's part of the state.
    fn look_at_object(&mut self, scene: &Scene<'_>, object: ObjectIndex) {
        let at = object as usize;
        if self.objects.len() <= at {
            self.objects.resize(at + 1, 0);
        }
        let held = scene.view.objects.get(object).state.fingerprint();
        let part = mixed(held ^ mixed(u64::from(scene.profile.numbered(object))));
        let before = std::mem::replace(&mut self.objects[at], part);
        self.state = self.state.wrapping_sub(before).wrapping_add(part);
    }

    /// Counts the state, and keeps the way to it if it is new, or the way shorter than the one that is known.
    fn visit(&mut self) {
        let is_full = self.known.len() >= STATES_MAX || self.choices_kept >= CHOICES_MAX;
        let next = u32::try_from(self.known.len()).expect("states are fewer than 2^32");
        let number = match self.numbers.get(&self.state) {
            Some(number) => *number,
            None if is_full => return,
            None => {
                self.numbers.insert(self.state, next);
                self.known.push(Known { visits: 0, returns: 0, execution: 0, choices: u32::MAX });
                next
            }
        };
        let is_there = self.repeat().is_none();
        let state = &mut self.known[number as usize];
        state.visits += u32::from(is_there);
        let choices = u32::try_from(self.choices.len()).expect("an execution has a limit of steps");
        if choices < state.choices && !is_full {
            state.choices = choices;
            state.execution = u32::try_from(self.executions.len()).expect("executions are fewer than 2^32");
            self.is_kept = true;
        }
    }
}

impl Sampler for StateCoverage {
    fn begin(&mut self, _profile: &Profile, generator: &mut SplitMix64) {
        self.choices.clear();
        self.is_kept = false;
        self.state = 0;
        self.threads.clear();
        self.objects.clear();
        self.last = None;
        self.return_to_some(generator);
    }

    fn look(&mut self, scene: &mut Scene<'_>) {
        self.priorities.look(scene);
        if let Some((thread, objects)) = self.last.take() {
            self.look_at_thread(scene, thread);
            for object in objects.into_iter().filter(|object| *object != NO_OBJECT) {
                self.look_at_object(scene, object);
            }
        }
        for thread in members(scene.fresh) {
            self.look_at_thread(scene, thread);
        }
        self.visit();
    }

    fn choose(&mut self, scene: &mut Scene<'_>) -> ThreadIndex {
        let candidates = scene.view.candidates;
        match self.repeat() {
            Some(thread) if thread < IS_VALUE && candidates & bit(thread.into()) != 0 => thread.into(),
            _ => self.priorities.highest(candidates),
        }
    }

    fn step(&mut self, scene: &mut Scene<'_>, thread: ThreadIndex, op: &Op) {
        self.priorities.step(scene, thread, op);
        self.note(u8::try_from(thread).expect("a candidate's number is below 128"));
        self.last = Some((thread, [op.object, op.second]));
    }

    fn value(&mut self, count: usize, generator: &mut SplitMix64) -> usize {
        let value = match self.repeat() {
            Some(value) if value >= IS_VALUE => usize::from(value - IS_VALUE).min(count - 1),
            _ => generator.below(count),
        };
        self.note(IS_VALUE | u8::try_from(value).expect("there are at most 128 values"));
        value
    }

    fn end(&mut self, _profile: &Profile, _generator: &mut SplitMix64) {
        if self.is_kept {
            self.choices_kept += self.choices.len();
            self.executions.push(self.choices.as_slice().into());
        }
    }

    fn restart(&mut self) {
        *self = StateCoverage::default();
    }
}
