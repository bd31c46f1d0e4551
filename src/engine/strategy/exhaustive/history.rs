//! The steps of the present execution with what each depends on.
//!
//! What was recorded of the steps that two executions have in common is kept from the first to the second.

use super::wakeup::{Move, Values};
use crate::engine::{
    clock::VectorClock,
    op::{Footprint, NO_OBJECT, ObjectIndex, Op, OpKind, ThreadIndex},
    select::ChannelFacts,
    strategy::Event,
};

/// A step's place in the execution.
pub(super) type EventIndex = u32;
pub(super) const NO_EVENT: EventIndex = u32::MAX;

/// A step of the present execution.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) thread: ThreadIndex,
    pub(super) op: Op,
    pub(super) footprint: Footprint,
    /// Which step of its thread it is, from 1.
    pub(super) count: u32,
    /// The step itself and everything it depends on.
    pub(super) clock: VectorClock,
    /// What its thread depended on before it, and the steps that made it possible at all: never to be swapped with it.
    pub(super) before: VectorClock,
    /// It turned out to do nothing.
    pub(super) failed: bool,
    /// Where the lock that it took was given back.
    pub(super) released_at: EventIndex,
    /// What the object was like before it, see [`Event::facts`].
    pub(super) facts: u64,
    /// What was possible on the channels before it.
    pub(super) channels: ChannelFacts,
    /// It may also give up waiting before others have done all that they can.
    pub(super) gives_up: bool,
    /// A spinning thread went on since this step had changed something of ...
    pub(super) enabled_by: EventIndex,
    /// ... these.
    pub(super) awaits: Vec<ObjectIndex>,
    pub(super) previous_of_thread: EventIndex,
    /// How many steps on each of its objects come before the reads, if any, that come right before it.
    before_reads: [u32; 2],
}

impl Taken {
    /// See [`Taken::before_reads`], on one of its objects.
    #[inline]
    fn before_reads_on(&self, object: ObjectIndex) -> usize {
        self.before_reads[usize::from(object != self.footprint.object)] as usize
    }
}

/// The steps, by time, by thread and by object.
#[derive(Debug)]
pub(super) struct History {
    taken: Vec<Taken>,
    len: usize,
    of_thread: Vec<Vec<EventIndex>>,
    of_object: Vec<Vec<EventIndex>>,
    /// Which step gave back what which step had taken, by time.
    releases: Vec<(EventIndex, EventIndex)>,
}

impl History {
    pub(super) const fn new() -> Self {
        History {
            taken: Vec::new(),
            len: 0,
            of_thread: Vec::new(),
            of_object: Vec::new(),
            releases: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(super) fn get(&self, index: EventIndex) -> &Taken {
        &self.taken[..self.len][index as usize]
    }

    /// The steps that touched an object, oldest first.
    pub(super) fn on_object(&self, object: ObjectIndex) -> &[EventIndex] {
        self.of_object.get(object as usize).map_or(&[], Vec::as_slice)
    }

    /// The steps that touched an object and may depend on one that is like this on it, newest first.
    ///
    /// Reads do not depend on each other, so that a thread that looks again and again passes over what it saw before.
    #[inline]
    pub(super) fn back_from(
        &self,
        object: ObjectIndex,
        footprint: &Footprint,
    ) -> impl Iterator<Item = EventIndex> {
        let steps = self.on_object(object);
        let passes_reads = footprint.second == NO_OBJECT && footprint.only_reads(object);
        let mut at = steps.len();
        std::iter::from_fn(move || {
            loop {
                at = at.checked_sub(1)?;
                let taken = self.get(steps[at]);
                if !(passes_reads && taken.footprint.only_reads(object)) {
                    return Some(steps[at]);
                }
                at = taken.before_reads_on(object);
            }
        })
    }

    /// Whether who knows `clock` knows of the step.
    #[inline]
    pub(super) fn is_known(&self, clock: &VectorClock, index: EventIndex) -> bool {
        let taken = self.get(index);
        taken.count <= clock.get(taken.thread)
    }

    /// Whether the second step depends on the first one, or is the same.
    #[inline]
    pub(super) fn follows(&self, first: EventIndex, second: EventIndex) -> bool {
        self.is_known(&self.get(second).clock, first)
    }

    /// What the thread's last step depends on.
    pub(super) fn clock_of_thread(&self, thread: ThreadIndex) -> Option<&VectorClock> {
        let last = *self.of_thread.get(thread)?.last()?;
        Some(&self.get(last).clock)
    }

    /// Forgets the steps from `len` on.
    pub(super) fn truncate(&mut self, len: usize) {
        while let Some((acquired, released)) = self.releases.last().copied()
            && released as usize >= len
        {
            self.taken[acquired as usize].released_at = NO_EVENT;
            self.releases.pop();
        }
        while self.len > len {
            self.len -= 1;
            let last = &self.taken[self.len];
            self.of_thread[last.thread].pop();
            for object in objects(&last.footprint) {
                self.of_object[object as usize].pop();
            }
        }
    }

    /// Records a step.
    pub(super) fn push(&mut self, event: &Event<'_>) -> EventIndex {
        let Event { thread, op, enabled_by, forced, facts, channels, gives_up, awaits } = *event;
        let index = self.len;
        if self.taken.len() == index {
            self.taken.push(Taken {
                thread,
                op,
                footprint: op.footprint(),
                count: 0,
                clock: VectorClock::new(),
                before: VectorClock::new(),
                failed: false,
                released_at: NO_EVENT,
                facts,
                channels,
                gives_up,
                enabled_by: NO_EVENT,
                awaits: Vec::new(),
                previous_of_thread: NO_EVENT,
                before_reads: [0; 2],
            });
        }
        if self.of_thread.len() <= thread {
            self.of_thread.resize_with(thread + 1, Vec::new);
        }
        let event_index = EventIndex::try_from(index).expect("fewer than 2^32 steps");
        let previous = self.of_thread[thread].last().copied().unwrap_or(NO_EVENT);
        let (earlier, rest) = self.taken.split_at_mut(index);
        let taken = &mut rest[0];
        taken.thread = thread;
        taken.op = op;
        taken.footprint = op.footprint();
        taken.failed = false;
        taken.released_at = NO_EVENT;
        taken.facts = facts;
        taken.channels = channels;
        taken.gives_up = gives_up;
        taken.enabled_by = enabled_by.map_or(NO_EVENT, |step| step as EventIndex);
        taken.awaits.clear();
        taken.awaits.extend_from_slice(awaits);
        taken.previous_of_thread = previous;
        taken.before.clear();
        if previous != NO_EVENT {
            taken.before.copy_from(&earlier[previous as usize].clock);
        }
        if let Some(enabling) = enabled_by {
            taken.before.join(&earlier[enabling].clock);
        }
        if forced {
            // It could come only after everything that could happen had happened.
            for last in self.of_thread.iter().filter_map(|steps| steps.last()) {
                taken.before.join(&earlier[*last as usize].clock);
            }
        }
        self.of_thread[thread].push(event_index);
        taken.count = taken.before.get(thread) + 1;
        for object in objects(&taken.footprint) {
            if self.of_object.len() <= object as usize {
                self.of_object.resize_with(object as usize + 1, Vec::new);
            }
            let steps = &mut self.of_object[object as usize];
            let before_reads = steps.last().map_or(0, |last| {
                let last = &earlier[*last as usize];
                if last.footprint.only_reads(object) { last.before_reads_on(object) } else { steps.len() }
            });
            taken.before_reads[usize::from(object != taken.footprint.object)] = before_reads as u32;
            steps.push(event_index);
        }
        self.len += 1;
        self.find_clock(index);
        event_index
    }

    /// The last step turned out to have left its object as it was.
    pub(super) fn last_failed(&mut self) {
        let index = self.len - 1;
        self.taken[index].failed = true;
        self.taken[index].footprint.reads = true;
        self.find_clock(index);
    }

    /// The thread of the last step gave the object back.
    pub(super) fn released(&mut self, thread: ThreadIndex, object: ObjectIndex) {
        let step = self.len as EventIndex - 1;
        let holds = |index: &EventIndex| {
            let taken = self.get(*index);
            taken.footprint.kind.acquires() && !taken.failed && taken.released_at == NO_EVENT
        };
        let own = |index: &EventIndex| holds(index) && self.get(*index).thread == thread;
        // A conversion gives back what it converts before it can be given back itself.
        let is_older = |index: &EventIndex| *index != step || !self.get(*index).footprint.kind.converts();
        let newest = |fits: &dyn Fn(&EventIndex) -> bool| {
            self.on_object(object).iter().rev().find(|index| fits(index)).copied()
        };
        let acquired = newest(&|index| own(index) && is_older(index))
            .or_else(|| newest(&own))
            // A guard that was sent away is given back by another thread.
            .or_else(|| newest(&holds));
        if let Some(acquired) = acquired {
            self.taken[acquired as usize].released_at = step;
            self.releases.push((acquired, step));
        }
    }

    /// Everything that the step at `index`, the last one, depends on.
    fn find_clock(&mut self, index: usize) {
        let mut clock = std::mem::take(&mut self.taken[index].clock);
        let taken = &self.taken[index];
        clock.copy_from(&taken.before);
        for object in objects(&taken.footprint) {
            let others = self.back_from(object, &taken.footprint).filter(|other| *other as usize != index);
            for earlier in others {
                let earlier = self.get(earlier);
                if !earlier.footprint.depends_on(&taken.footprint) {
                    continue;
                }
                clock.join(&earlier.clock);
                // Only what takes the lock and cannot hold it together comes after the release, too.
                let kind = taken.footprint.kind;
                let needs_release = (kind.acquires() || kind == OpKind::QueueWrite)
                    && !earlier.footprint.kind.locks_beside(kind);
                if earlier.released_at != NO_EVENT && needs_release {
                    clock.join(&self.taken[earlier.released_at as usize].clock);
                }
                // Who queues does not wait for a release: that comes later, and what follows may need it.
                let queues = earlier.footprint.kind == OpKind::QueueWrite;
                if earlier.footprint.orders_all(object) && !queues {
                    break;
                }
            }
        }
        clock.set(taken.thread, taken.count);
        self.taken[index].clock = clock;
    }

    /// The same step of the same thread as it is in this execution; `pending` are the operations that came to nothing.
    ///
    /// `objects` were in use where both executions part. Of a thread that `strayed` since, this execution does not show the
    /// step, so nobody knows which of the objects that came into use later it touches. It is then taken to touch none: the
    /// executions that begin with it find out, and have a race there if it was one that matters.
    pub(super) fn here(&self, step: &Move, pending: &[Option<Op>], objects: usize, strayed: bool) -> Move {
        if strayed {
            let known = |object: ObjectIndex| if (object as usize) < objects { object } else { NO_OBJECT };
            let Footprint { object, second, .. } = step.footprint;
            let footprint = Footprint { object: known(object), second: known(second), ..step.footprint };
            return Move { footprint, ..*step };
        }
        let taken = self.of_thread.get(step.thread).and_then(|steps| steps.get(step.count as usize - 1));
        let op = match taken {
            Some(index) => Some(self.get(*index).op),
            None => pending.get(step.thread).copied().flatten(),
        };
        let Some(op) = op else { return *step };
        let second = match (step.footprint.second, op.second) {
            (NO_OBJECT, _) => NO_OBJECT,
            // Notified in this execution, but not where the step stands: the condition variable is the argument.
            (_, NO_OBJECT) => op.arg,
            (_, second) => second,
        };
        Move { footprint: Footprint { object: op.object, second, ..step.footprint }, ..*step }
    }

    /// The steps after `index` and before `end` that do not depend on that at `index`, in order, into `sequence`.
    pub(super) fn independent_of(
        &self,
        index: EventIndex,
        end: usize,
        values: impl Fn(usize) -> Values,
        sequence: &mut Vec<Move>,
    ) {
        let first = self.get(index);
        let (thread, count) = (first.thread, first.count);
        sequence.clear();
        for at in index as usize + 1..end {
            let step = &self.taken[at];
            if step.clock.get(thread) < count {
                sequence.push(Move {
                    thread: step.thread,
                    count: step.count,
                    values: values(at),
                    footprint: step.footprint,
                    possible: 0,
                });
            }
        }
    }
}

/// The objects that an operation touches.
#[inline]
pub(super) fn objects(footprint: &Footprint) -> impl Iterator<Item = ObjectIndex> + use<> {
    [footprint.object, footprint.second].into_iter().filter(|object| *object != NO_OBJECT)
}
