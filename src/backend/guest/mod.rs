//! What the loom and the shuttle backend share.
//!
//! Both checkers offer the shape of `std` and run all threads of an execution on one thread of the operating system, so
//! one text serves both: [`engine`] is the checker that this build uses. What only one of them needs is in its own folder.
//!
//! Rules that the code here relies on:
//!
//! 1. one run at a time per process ([`execution::run_exclusively`]), all of it on one thread of the operating system;
//! 2. a thread gives way only inside a call of the checker, so what is between two such calls is one step;
//! 3. after a failure that ends the execution (a deadlock, a refusal) no call reaches the checker again: see
//!    [`execution::alive`].

pub(crate) mod atomic;
pub(crate) mod choice;
pub(crate) mod condvar;
pub(crate) mod execution;
pub(crate) mod limits;
pub(crate) mod mutex;
pub(crate) mod per_execution;
pub(crate) mod rwlock;
pub(crate) mod thread;

#[cfg(backend = "loom")]
pub(super) use ::loom as engine;
#[cfg(backend = "shuttle")]
pub(super) use ::shuttle as engine;

/// As error messages call this backend.
pub(super) const NAME: &str = if cfg!(backend = "loom") { "loom" } else { "shuttle" };
