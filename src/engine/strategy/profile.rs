//! What samplers learn from one execution for the next: how often each thread accesses each object.
//!
//! The engine numbers objects in the order of first use, which differs from execution to execution. Here an object has a
//! *stable* number. Each thread knows the objects that it touches by the place of its first operation on them and by their
//! order; the names that two threads have for one object are brought together when both have touched it. A name that was
//! wrong, because a thread went another way this time, is replaced by what was seen last: samplers must bear a profile that
//! is not right.

use super::{ThreadSet, bit, members};
use crate::engine::op::{NO_OBJECT, ObjectIndex, Op, OpKind, ThreadIndex};

/// The number of an object through all executions of a search.
pub(crate) type StableObject = u32;

/// Stands for "no object".
pub(crate) const NO_STABLE_OBJECT: StableObject = u32::MAX;

/// By what a thread knows an object, and which one it was last time.
#[derive(Debug)]
struct Name {
    /// The address of the place of the thread's first operation on it.
    place: usize,
    object: StableObject,
    /// The execution in which it was last used.
    used_in: u64,
}

/// How often each thread accessed each object in one execution.
#[derive(Debug, Default)]
struct Counts {
    /// By thread and object.
    table: Vec<Vec<u32>>,
    /// The entries that are not zero.
    used: Vec<(ThreadIndex, StableObject)>,
    /// Each thread's parent; the first thread is its own.
    parents: Vec<ThreadIndex>,
}

impl Counts {
    fn get(&self, thread: ThreadIndex, object: StableObject) -> u32 {
        self.table.get(thread).and_then(|row| row.get(object as usize)).copied().unwrap_or(0)
    }

    fn add(&mut self, thread: ThreadIndex, object: StableObject) {
        if self.table.len() <= thread {
            self.table.resize_with(thread + 1, Vec::new);
        }
        let row = &mut self.table[thread];
        if row.len() <= object as usize {
            row.resize(object as usize + 1, 0);
        }
        row[object as usize] += 1;
        if row[object as usize] == 1 {
            self.used.push((thread, object));
        }
    }

    fn clear(&mut self) {
        for (thread, object) in self.used.drain(..) {
            self.table[thread][object as usize] = 0;
        }
        self.parents.clear();
    }
}

/// The stable numbers of the objects, and how often each thread accesses them.
#[derive(Debug, Default)]
pub(crate) struct Profile {
    execution: u64,
    /// By thread, in the order of first operations as it was last time.
    names: Vec<Vec<Name>>,
    /// Where in `names` each thread's next object is expected.
    expected: Vec<usize>,
    /// By the engine's number: the stable number, and the threads that touched the object in this execution.
    objects: Vec<(StableObject, ThreadSet)>,
    /// By stable number: the threads that ever touched it.
    touched_by: Vec<ThreadSet>,
    last: Counts,
    present: Counts,
    /// Each thread's accesses to contended objects in the last execution.
    events: Vec<u32>,
    longest: u32,
}

impl Profile {
    /// Begins an execution.
    pub(crate) fn begin(&mut self) {
        self.execution += 1;
        self.objects.clear();
        self.expected.fill(0);
    }

    /// Notes that a thread was spawned.
    pub(crate) fn spawned(&mut self, thread: ThreadIndex, parent: ThreadIndex) {
        debug_assert_eq!(self.present.parents.len(), thread, "threads are numbered in order");
        self.present.parents.push(parent);
    }

    /// Notes that the thread is about to perform `op`.
    pub(crate) fn published(&mut self, thread: ThreadIndex, op: &Op) {
        if op.object == NO_OBJECT {
            return;
        }
        let index = op.object as usize;
        if self.objects.len() <= index {
            self.objects.resize(index + 1, (NO_STABLE_OBJECT, 0));
        }
        let (known, touched) = self.objects[index];
        if touched & bit(thread) != 0 {
            return;
        }
        let place = std::ptr::from_ref(op.place).addr();
        let object = self.name(thread, place, known);
        self.objects[index] = (object, touched | bit(thread));
        self.touched_by[object as usize] |= bit(thread);
    }

    /// The object that the thread touches for the first time in this execution, at this place. If others have touched it
    /// before, its number is `known`.
    fn name(&mut self, thread: ThreadIndex, place: usize, known: StableObject) -> StableObject {
        if self.names.len() <= thread {
            self.names.resize_with(thread + 1, Vec::new);
            self.expected.resize(thread + 1, 0);
        }
        let names = &mut self.names[thread];
        let at = self.expected[thread];
        let is_it = |name: &Name| name.place == place && name.used_in != self.execution;
        let found = match names.get(at) {
            Some(name) if is_it(name) => Some(at),
            // The thread goes another way than last time.
            _ => names.iter().position(is_it),
        };
        let at = found.unwrap_or_else(|| {
            names.push(Name { place, object: NO_STABLE_OBJECT, used_in: 0 });
            names.len() - 1
        });
        let name = &mut names[at];
        name.used_in = self.execution;
        self.expected[thread] = at + 1;
        if known != NO_STABLE_OBJECT {
            name.object = known;
        } else if name.object == NO_STABLE_OBJECT {
            name.object = StableObject::try_from(self.touched_by.len()).expect("objects are fewer than 2^32");
            self.touched_by.push(0);
        }
        name.object
    }

    /// Notes that the thread performs `op`, which it published.
    pub(crate) fn performed(&mut self, thread: ThreadIndex, op: &Op) {
        let object = self.object(op);
        if object != NO_STABLE_OBJECT {
            self.present.add(thread, object);
        }
    }

    /// Ends an execution: what it counted is the profile from now on.
    pub(crate) fn end(&mut self) {
        std::mem::swap(&mut self.last, &mut self.present);
        self.present.clear();
        self.events.clear();
        self.events.resize(self.last.parents.len(), 0);
        for &(thread, object) in &self.last.used {
            if self.touched_by[object as usize].count_ones() > 1 {
                self.events[thread] += self.last.get(thread, object);
            }
        }
        self.longest = self.longest.max(self.events.iter().sum());
    }

    /// The stable number of the object of a published operation.
    pub(crate) fn object(&self, op: &Op) -> StableObject {
        if op.object == NO_OBJECT { NO_STABLE_OBJECT } else { self.numbered(op.object) }
    }

    /// The stable number of an object, if some thread has published an operation on it.
    pub(crate) fn numbered(&self, object: ObjectIndex) -> StableObject {
        self.objects.get(object as usize).map_or(NO_STABLE_OBJECT, |(number, _)| *number)
    }

    /// Whether more than one thread was ever seen at the object.
    pub(crate) fn is_contended(&self, object: StableObject) -> bool {
        object != NO_STABLE_OBJECT && self.touched_by[object as usize].count_ones() > 1
    }

    /// Whether the operation is one of those whose order decides something: an access to an object that several threads
    /// touch. Of the first execution, when this is not known, every access is.
    pub(crate) fn is_event(&self, op: &Op) -> bool {
        let object = self.object(op);
        object != NO_STABLE_OBJECT && (self.execution == 1 || self.is_contended(object))
    }

    /// Whether the order of the operation against those of other threads cannot matter. A thread's first step is such a one,
    /// and so are operations on objects that only one thread was ever seen at, until another one comes.
    pub(crate) fn is_indifferent(&self, op: &Op) -> bool {
        match op.kind {
            OpKind::Start => true,
            _ => op.object != NO_OBJECT && !self.is_event(op),
        }
    }

    /// How often the thread accessed contended objects in the last execution.
    pub(crate) fn events(&self, thread: ThreadIndex) -> u32 {
        self.events.get(thread).copied().unwrap_or(0)
    }

    /// How often the thread accessed the object in the last execution.
    pub(crate) fn accesses(&self, thread: ThreadIndex, object: StableObject) -> u32 {
        self.last.get(thread, object)
    }

    /// The accesses of the last execution, as (thread, object, times).
    pub(crate) fn all_accesses(&self) -> impl Iterator<Item = (ThreadIndex, StableObject, u32)> {
        self.last.used.iter().map(|&(thread, object)| (thread, object, self.last.get(thread, object)))
    }

    /// The largest number of accesses to contended objects in one execution so far.
    pub(crate) fn longest(&self) -> usize {
        self.longest as usize
    }

    /// How many threads the last execution had.
    pub(crate) fn thread_count(&self) -> usize {
        self.last.parents.len()
    }

    /// Which thread spawned this one in the last execution.
    pub(crate) fn parent(&self, thread: ThreadIndex) -> ThreadIndex {
        self.last.parents[thread]
    }
}

/// A number of events for each thread, where a thread that is not there yet is charged to the one that will spawn it:
/// its events can only come after the spawner's next one.
#[derive(Debug, Default)]
pub(crate) struct Remaining {
    own: Vec<u32>,
    /// The events of descendants that are not there yet.
    carried: Vec<u32>,
    threads: usize,
    /// How many events a thread has that nobody knows.
    unknown: u32,
}

impl Remaining {
    /// Starts anew, for the first execution: with so many events of each thread.
    pub(crate) fn guess(&mut self, events: u32) {
        self.own.clear();
        self.threads = 0;
        self.unknown = events;
    }

    /// Starts anew, with the number of events that `events` tells for each thread of the last execution.
    pub(crate) fn begin(&mut self, profile: &Profile, events: impl Fn(ThreadIndex) -> u32) {
        self.own.clear();
        self.own.extend((0..profile.thread_count()).map(events));
        self.threads = 0;
        self.unknown = 0;
    }

    /// Takes note of how many threads there are.
    pub(crate) fn follow(&mut self, threads: usize, profile: &Profile) {
        if threads == self.threads {
            return;
        }
        self.threads = threads;
        if self.own.len() < threads {
            self.own.resize(threads, self.unknown);
        }
        self.carried.clear();
        self.carried.resize(self.own.len(), 0);
        // A child's number is above its parent's.
        for thread in (threads.max(1)..self.own.len()).rev() {
            let all = self.own[thread] + self.carried[thread];
            self.carried[profile.parent(thread)] += all;
        }
    }

    /// The thread has performed one of its events.
    pub(crate) fn performed(&mut self, thread: ThreadIndex) {
        self.own[thread] = self.own[thread].saturating_sub(1);
    }

    /// How many events begin with the thread's next one.
    pub(crate) fn of(&self, thread: ThreadIndex) -> u32 {
        self.own[thread] + self.carried[thread]
    }
}

/// A member of `threads`, with a probability proportional to its weight; `draw` gives a number below the sum of the weights.
/// `None` where all of them are zero.
pub(crate) fn weighted(
    threads: ThreadSet,
    weight: impl Fn(ThreadIndex) -> u32,
    draw: impl FnOnce(usize) -> usize,
) -> Option<ThreadIndex> {
    let sum: usize = members(threads).map(|thread| weight(thread) as usize).sum();
    if sum == 0 {
        return None;
    }
    let mut at = draw(sum);
    members(threads).find(|thread| {
        let weight = weight(*thread) as usize;
        let is_here = at < weight;
        at = at.wrapping_sub(weight);
        is_here
    })
}
