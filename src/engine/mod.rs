//! The engine: runs the threads of a model as coroutines on one OS thread, one visible operation at a time.
//!
//! A thread *publishes* each operation on a facade object before it performs it, and is suspended. The engine thus knows
//! every thread's next operation when it chooses who runs. A thread whose operation cannot proceed is *disabled*; it does
//! not spin. Rules of the engine:
//!
//! 1. One step is one visible operation with everything its thread does up to the next one. Releases (unlock) are no steps
//!    of their own unless the program can observe them, see [`op::OpKind::observes_release`].
//! 2. The effect on the object is applied by the engine when it chooses the thread, before the thread runs on.
//! 3. No user code runs while the state is borrowed.
//! 4. When an execution is stopped early its threads are unwound, so that what they own is dropped.
//!
//! This module knows nothing of the facade's types; they call it through [`current`].

#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "the engine stands below the facade")]

mod candidates;
mod choices;
pub(crate) mod clock;
mod effects;
mod execution;
pub(crate) mod fiber;
pub(crate) mod lock_log;
mod memory;
pub(crate) mod object;
pub(crate) mod op;
mod published;
mod race;
pub(crate) mod select;
pub(crate) mod shown;
pub(crate) mod spinning;
pub(crate) mod strategy;
mod stuck;
mod thread;
pub(crate) mod timeline;
pub(crate) mod trace;

pub(crate) use execution::{Limits, Mode, Stop, StrategyDebug, World};
pub(crate) use fiber::{Engine, EngineSeed, Handle, ObjectId, current};
pub(crate) use memory::STORES_SEEN_MAX;
