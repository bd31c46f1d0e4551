//! Strategies: who runs next.
//!
//! A strategy sees, at each step, every thread's next operation and which threads can go on, and chooses one.

mod below;
mod bytes;
mod exhaustive;
mod guided;
mod human;
mod pct;
mod portfolio;
mod pos;
mod profile;
mod random;
mod reads_from;
mod replay;
mod rff;
mod sampled;
mod state_coverage;
mod steer;
mod surw;
#[cfg(test)]
mod tests;
mod urw;

pub(crate) use below::Below;
pub(crate) use bytes::Bytes;
pub(crate) use exhaustive::{Bound, Exhaustive, Reduction, Tree};
pub(crate) use guided::Guided;
pub(crate) use human::{Human, Move, Open};
pub(crate) use pct::Pct;
pub(crate) use portfolio::Portfolio;
pub(crate) use pos::Pos;
pub(crate) use random::{Random, SplitMix64, any_of};
pub(crate) use replay::Replay;
pub(crate) use rff::Rff;
pub(crate) use sampled::Sampled;
pub(crate) use state_coverage::StateCoverage;
pub(crate) use steer::{Chain, Link, Steer};
pub(crate) use surw::Surw;
pub(crate) use urw::Urw;

use super::{
    candidates::Fairness,
    object::Objects,
    op::{ObjectIndex, Op, OpKind, ThreadIndex},
    select::ChannelFacts,
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
    /// Those of them that can go on by themselves; the others would run out of time, or wake for no reason.
    pub(crate) ready: ThreadSet,
    /// Each thread's next operation, by thread index; `None` for threads that have ended.
    pub(crate) pending: &'a [Option<Op>],
    /// The objects of the execution.
    pub(crate) objects: &'a Objects,
    /// Knows the thread to prefer where nothing else speaks.
    pub(crate) fairness: Fairness<'a>,
}

impl View<'_> {
    /// The thread to prefer where nothing else speaks: it keeps the schedule fair.
    pub(crate) fn fair_choice(&self) -> ThreadIndex {
        self.fairness.choice(if self.ready != 0 { self.ready } else { self.candidates })
    }
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

/// A step that is taken, as a strategy learns of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event<'a> {
    pub(crate) thread: ThreadIndex,
    pub(crate) op: Op,
    /// The step of another thread without which this one could not have been taken: a notification, a spawn, the end of a
    /// joined thread.
    pub(crate) enabled_by: Option<usize>,
    /// Nobody could go on, and so this thread went on without what it waited for.
    pub(crate) forced: bool,
    /// The operation may run out of time although others can still run.
    pub(crate) gives_up: bool,
    /// What decides whether an operation on the object can proceed, before the step; see `object::proceeds`.
    pub(crate) facts: u64,
    /// What is possible on the channels before the step, where threads select among them.
    pub(crate) channels: ChannelFacts,
    /// The objects of which one had to change before a spinning thread went on.
    pub(crate) awaits: &'a [ObjectIndex],
}

/// Chooses the next thread. The three methods without a body are the whole contract; the hooks serve strategies that
/// follow the dependences between steps.
pub(crate) trait Strategy {
    /// Begins an execution; `false` when there is nothing left to explore.
    fn new_execution(&mut self) -> bool;

    /// The thread and the kind of its operation, if the next step was taken in an earlier execution and everything up to it
    /// was the same: the candidates need not be looked for.
    fn repeat(&mut self) -> Option<(ThreadIndex, OpKind)> {
        None
    }

    /// What was recorded of the step at which the program did something else.
    fn recorded(&self) -> Option<(ThreadIndex, OpKind)> {
        None
    }

    /// What draws the next thread, where all candidates are equally likely at each step and nothing else matters. The engine may
    /// then draw by itself instead of asking for a [choice](Self::choose).
    fn uniform(&mut self) -> Option<&mut SplitMix64> {
        None
    }

    /// Chooses among the candidates, of which there is at least one.
    fn choose(&mut self, view: &View<'_>) -> Decision;

    /// Chooses a number below `count`, which is at least 2.
    fn choose_value(&mut self, count: usize) -> usize;

    /// The number that the present step is to choose again, if everything up to it is as in an earlier execution.
    fn repeat_value(&mut self) -> Option<usize> {
        None
    }

    /// Chooses one of the numbers in the set, to which 0 belongs; `None` if the one that is to be explored does not.
    fn choose_among(&mut self, possible: u128) -> Option<usize> {
        let count = possible.count_ones() as usize;
        let nth = if count < 2 { 0 } else { self.choose_value(count) };
        members(possible).nth(nth)
    }

    /// Whether the present step could not have come before the step at `earlier`: because of what its thread did before,
    /// or, if there is a step `through` that it depends on, because of that one. A strategy that explores all orders that
    /// are possible says so; for others it may be true always.
    fn orders(&self, earlier: usize, through: Option<usize>) -> bool {
        let _ = (earlier, through);
        true
    }

    /// Whether it wants to be told of steps by [`stepped`](Self::stepped).
    fn follows_steps(&self) -> bool {
        false
    }

    /// The chosen thread takes its step.
    fn stepped(&mut self, event: &Event<'_>) {
        let _ = event;
    }

    /// The step turned out to leave its object as it was: a failed try, a timeout, a failed compare-exchange.
    fn failed(&mut self) {}

    /// The thread released an object as part of its last step. Only who [follows steps](Self::follows_steps) is told.
    fn released(&mut self, thread: ThreadIndex, object: ObjectIndex) {
        let _ = (thread, object);
    }

    /// The thread's operation, which could have been taken before, is replaced in the present step by another one, or comes
    /// too late for what it waited for. `gives_up`: it could also have run out of time before.
    fn withdrawn(&mut self, thread: ThreadIndex, op: &Op, gives_up: bool) {
        let _ = (thread, op, gives_up);
    }

    /// The execution is over; `pending` are the operations of threads that did not end.
    fn end_execution(&mut self, pending: &[Option<Op>]) {
        let _ = pending;
    }

    /// Forgets all that was explored, since the rules have changed (see `OpKind::observes_release`).
    fn restart(&mut self);

    /// The share of the branches known so far that lies behind the search, from 0 to 1 (Knuth 1975), if the strategy can tell.
    fn estimate(&self) -> Option<f64> {
        None
    }
}
