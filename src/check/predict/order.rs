//! What had to come before what in one execution, whatever the order in which locks were taken.

use crate::engine::{
    clock::VectorClock,
    lock_log::{Flow, LockLog},
    op::{ObjectIndex, ThreadIndex},
};

/// When a thread took a lock while it held others.
struct Moment {
    thread: ThreadIndex,
    epoch: u32,
    clock: VectorClock,
}

/// The order of the moments of an execution at which threads took locks while they held others.
///
/// One comes before another if the second thread knew of it, by whatever it learned from objects that count: all but locks,
/// since which thread comes first to a lock is open, and atomics.
pub(super) struct Order {
    moments: Vec<Moment>,
}

impl Order {
    /// Of the execution with this log. `objects` says of each object of the execution whether it counts.
    pub(super) fn of(log: &LockLog, threads: usize, objects: &[bool]) -> Order {
        let mut left: Vec<VectorClock> = vec![VectorClock::new(); objects.len()];
        let mut known: Vec<VectorClock> = vec![VectorClock::new(); threads];
        for (thread, clock) in known.iter_mut().enumerate() {
            clock.set(thread, 1);
        }
        let tick = |clock: &mut VectorClock, thread: ThreadIndex| clock.set(thread, clock.get(thread) + 1);
        let counts = |object: ObjectIndex| objects[object as usize];
        let mut nested = log.nested().iter();
        let mut moments = Vec::new();
        for flow in &log.flows {
            match *flow {
                Flow::Leaves { thread, object } if counts(object) => {
                    left[object as usize].join(&known[thread]);
                    tick(&mut known[thread], thread);
                }
                Flow::Learns { thread, object } if counts(object) => {
                    known[thread].join(&left[object as usize]);
                }
                Flow::Leaves { .. } | Flow::Learns { .. } => {}
                Flow::Tells { thread, other } => {
                    let told = known[thread].clone();
                    known[other].join(&told);
                    tick(&mut known[thread], thread);
                }
                Flow::Nested => {
                    let thread = nested.next().expect("each is in the log").thread;
                    let clock = known[thread].clone();
                    moments.push(Moment { thread, epoch: clock.get(thread), clock });
                }
            }
        }
        Order { moments }
    }

    /// Whether one of the two moments had to come before the other.
    pub(super) fn is_known(&self, one: usize, other: usize) -> bool {
        let (one, other) = (&self.moments[one], &self.moments[other]);
        let before = |first: &Moment, second: &Moment| second.clock.get(first.thread) >= first.epoch;
        before(one, other) || before(other, one)
    }
}
