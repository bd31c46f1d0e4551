//! Strategies: who runs next.
//!
//! A strategy sees, at each step, every thread's next operation and which threads can go on, and chooses one.

mod bytes;
mod exhaustive;
mod pct;
mod pos;
mod profile;
mod random;
mod reads_from;
mod replay;
mod rff;
mod sampled;
mod surw;
mod urw;

pub(crate) use bytes::Bytes;
pub(crate) use exhaustive::{Exhaustive, Reduction};
pub(crate) use pct::Pct;
pub(crate) use pos::Pos;
pub(crate) use random::Random;
pub(crate) use replay::Replay;
pub(crate) use rff::Rff;
pub(crate) use sampled::Sampled;
pub(crate) use surw::Surw;
pub(crate) use urw::Urw;

use super::{
    clock::VectorClock,
    op::{ObjectIndex, Op, ThreadIndex},
};

/// A set of threads, as bits.
pub(crate) type ThreadSet = u128;

/// How many threads a model can have at once in an exhaustive search.
pub(crate) const THREADS_MAX: usize = 128;

#[inline]
pub(crate) fn bit(thread: ThreadIndex) -> ThreadSet {
    1 << thread
}

/// The threads of a set, in order.
pub(crate) fn members(mut set: ThreadSet) -> impl Iterator<Item = ThreadIndex> {
    std::iter::from_fn(move || {
        (set != 0).then(|| {
            let thread = set.trailing_zeros() as ThreadIndex;
            set &= set - 1;
            thread
        })
    })
}

/// What a strategy sees before it chooses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    /// The thread that took the last step, if it can take the next one too: choosing another is a preemption.
    pub(crate) current: Option<ThreadIndex>,
    /// The threads that can be chosen.
    pub(crate) candidates: ThreadSet,
    /// Some thread's being able to run depends on more than its own operation's object: it yielded, or a timeout or a
    /// spurious wake-up is among the choices. No order may be left out at such a state.
    pub(crate) irregular: bool,
    /// Some thread's being able to run depends on what all others do: it yielded, or waits with a time limit. Two independent
    /// steps need not commute then, so no thread may sleep.
    pub(crate) timed: bool,
    /// The candidates that are such threads.
    pub(crate) irregular_candidates: ThreadSet,
    /// Each thread's next operation, by thread index; `None` for threads that have ended.
    pub(crate) pending: &'a [Option<Op>],
    /// The thread to prefer where nothing else speaks: it keeps the schedule fair.
    pub(crate) fair_choice: ThreadIndex,
}

/// A decision of a strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Let this thread take its step.
    Run(ThreadIndex),
    /// End this execution: everything that could follow is explored elsewhere.
    Redundant,
    /// The program did something else than it did before under the same schedule.
    Diverged,
}

/// A step that was taken, as a strategy learns of it.
#[derive(Debug)]
pub(crate) struct Event<'a> {
    pub(crate) thread: ThreadIndex,
    pub(crate) op: Op,
    /// Steps of other threads without which this one could not have been taken (a notification, a spawn, the end of a
    /// joined thread), as their vector clock.
    pub(crate) enabled_by: Option<&'a VectorClock>,
}

/// Chooses the next thread. The three methods without a body are the whole contract; the hooks serve strategies that
/// follow the dependences between steps.
pub(crate) trait Strategy {
    /// Begins an execution; `false` when there is nothing left to explore.
    fn new_execution(&mut self) -> bool;

    /// Chooses among the candidates, of which there is at least one.
    fn choose(&mut self, view: &View<'_>) -> Decision;

    /// Chooses a number below `count`, which is at least 2.
    fn choose_value(&mut self, count: usize) -> usize;

    /// The chosen thread's step was taken.
    fn stepped(&mut self, event: &Event<'_>) {
        let _ = event;
    }

    /// The thread released an object as part of its last step, without a step of its own. `shared` says that it was held
    /// by reading: another reader did not have to wait for it.
    fn released(&mut self, thread: ThreadIndex, object: ObjectIndex, shared: bool) {
        let _ = (thread, object, shared);
    }

    /// The dependence clock of a thread: its own steps and all that they depend on. Copied into `into`.
    fn dependence_clock(&self, thread: ThreadIndex, into: &mut VectorClock) {
        let _ = thread;
        into.clear();
    }

    /// The execution is over; `pending` are the operations of threads that did not end.
    fn end_execution(&mut self, pending: &[Option<Op>]) {
        let _ = pending;
    }

    /// Forgets all that was explored, since the rules have changed (see `OpKind::observes_release`).
    fn restart(&mut self);

    /// An estimate of how many executions the whole search needs (Knuth 1975), if the strategy can tell.
    fn estimate(&self) -> Option<f64> {
        None
    }
}
