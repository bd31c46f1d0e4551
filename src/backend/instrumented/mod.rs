//! The additive backend: inside a model every operation goes to the engine, outside the types are the native ones.
//!
//! Each object carries an [`Identity`] beside its native twin. A thread-local says whether the caller is inside a model.

/// Hands the rest of a function to the engine if the caller is inside a model.
macro_rules! in_model {
    ($handle:ident => $body:expr) => {
        #[cfg(feature = "model")]
        if let Some($handle) = crate::engine::current() {
            return $body;
        }
    };
}

pub(crate) mod atomic;
mod barrier;
#[cfg(feature = "model")]
mod bits;
mod cell;
mod channel;
mod choice;
mod clock;
mod condvar;
mod identity;
mod mutex;
#[cfg(any(feature = "queue", feature = "deque"))]
mod queue;
mod rwlock;
mod semaphore;
pub(crate) mod thread;

pub(crate) use barrier::RawBarrier;
pub(crate) use cell::UnsafeCell;
pub(crate) use channel::{Patience, RawCase, RawChannel, RawSelected, RecvFailed, SendFailed, select};
#[cfg(feature = "model")]
pub(crate) use choice::show;
pub(crate) use choice::{choose, pass_time, tell_choice};
pub(crate) use clock::{execution_id, in_model, now};
pub(crate) use condvar::RawCondvar;
pub use mutex::RawMutex;
#[cfg(any(feature = "queue", feature = "deque"))]
pub(crate) use queue::RawQueue;
pub use rwlock::RawRwLock;
pub(crate) use semaphore::RawSemaphore;
