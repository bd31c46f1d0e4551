//! What happened in an execution: the choices, to replay it, and the steps, to explain it.

use super::op::{Op, OpKind, ThreadIndex};

/// One choice of a strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// This thread took its step.
    Thread { thread: ThreadIndex, kind: OpKind },
    /// A number below `count` was chosen: which waiter a notification woke, which store a load read (0 is the
    /// newest), what a model asked for, which fault came (0 is none).
    Value { value: usize, count: usize },
}

/// One step of an execution.
//
// In this order, since it is written in each step: what an outcome leaves undefined must not stand before the operation, or
// both are copied in pieces that overlap those in which they were written, for which processors wait.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Step {
    pub(crate) op: Op,
    pub(crate) thread: ThreadIndex,
    pub(crate) outcome: Outcome,
    /// Another thread could have run and the one that ran before could have gone on.
    pub(crate) preempts: bool,
}

/// What a step was that chose a number, for reports.
#[derive(Clone, Debug)]
pub(crate) struct Chosen {
    /// Which step.
    pub(crate) step: usize,
    /// The word for what the program was doing.
    pub(crate) operation: &'static str,
    /// What came of it, where that is not plain success.
    pub(crate) outcome: Option<String>,
}

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It did what it is for.
    Done,
    /// A try-operation could not proceed.
    Failed,
    /// Time ran out.
    TimedOut,
    /// The channel or semaphore is closed.
    Closed,
    /// Woken without a notification.
    Spurious,
    /// It read a value that was overwritten already: that of this step, or the one that the object began with.
    Stale { store: Option<u32> },
    /// What it stored was overwritten from the beginning, by what this earlier step stored.
    StoredBefore { later: u32 },
}
