//! Threads: coroutines inside a model, the operating system's outside.

use std::{io, time::Duration};

#[cfg(feature = "model")]
use std::{panic::Location, sync::Arc};

#[cfg(feature = "model")]
use crate::engine::{
    Handle,
    op::{Op, OpKind, ThreadIndex},
    trace::Outcome,
};

/// Tells threads apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ThreadId {
    Native(std::thread::ThreadId),
    #[cfg(feature = "model")]
    Model {
        execution: u64,
        thread: ThreadIndex,
    },
}

#[derive(Clone)]
pub(crate) enum ThreadHandle {
    Native(std::thread::Thread),
    #[cfg(feature = "model")]
    Model {
        execution: u64,
        thread: ThreadIndex,
        name: Option<Arc<str>>,
    },
}

impl ThreadHandle {
    pub(crate) fn id(&self) -> ThreadId {
        match self {
            ThreadHandle::Native(thread) => ThreadId::Native(thread.id()),
            #[cfg(feature = "model")]
            ThreadHandle::Model { execution, thread, .. } => {
                ThreadId::Model { execution: *execution, thread: *thread }
            }
        }
    }

    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            ThreadHandle::Native(thread) => thread.name(),
            #[cfg(feature = "model")]
            ThreadHandle::Model { name, .. } => name.as_deref(),
        }
    }

    #[track_caller]
    pub(crate) fn unpark(&self) {
        match self {
            ThreadHandle::Native(thread) => thread.unpark(),
            #[cfg(feature = "model")]
            ThreadHandle::Model { execution, thread, .. } => {
                if let Some(handle) = in_execution(*execution) {
                    handle.step_on_thread(*thread, OpKind::Unpark, Location::caller());
                }
            }
        }
    }
}

pub(crate) enum RawJoinHandle {
    Native(std::thread::JoinHandle<()>),
    #[cfg(feature = "model")]
    Model {
        execution: u64,
        thread: ThreadIndex,
    },
}

impl RawJoinHandle {
    /// Blocks until the thread has ended.
    #[inline]
    #[track_caller]
    pub(crate) fn join(self) {
        match self {
            RawJoinHandle::Native(native) => {
                // The body catches panics and leaves them with the result, so there is nothing to learn here.
                let _ = native.join();
            }
            #[cfg(feature = "model")]
            RawJoinHandle::Model { execution, thread } => {
                if let Some(handle) = in_execution(execution) {
                    handle.step_on_thread(thread, OpKind::Join, Location::caller());
                }
            }
        }
    }

    /// One more handle of the same thread, where several can join it.
    pub(crate) fn another(&self) -> Option<RawJoinHandle> {
        match self {
            RawJoinHandle::Native(_) => None,
            #[cfg(feature = "model")]
            RawJoinHandle::Model { execution, thread } => {
                Some(RawJoinHandle::Model { execution: *execution, thread: *thread })
            }
        }
    }

    /// Asks whether the thread has ended: the answer comes apart, since in a model it takes a step.
    pub(crate) fn ask(&self) -> Asked {
        match self {
            RawJoinHandle::Native(native) => Asked::Native(native.is_finished()),
            #[cfg(feature = "model")]
            RawJoinHandle::Model { execution, thread } => {
                Asked::Model { execution: *execution, thread: *thread }
            }
        }
    }
}

/// A question whether a thread has ended.
pub(crate) enum Asked {
    Native(bool),
    #[cfg(feature = "model")]
    Model {
        execution: u64,
        thread: ThreadIndex,
    },
}

impl Asked {
    #[track_caller]
    pub(crate) fn is_finished(&self) -> bool {
        match self {
            Asked::Native(is_finished) => *is_finished,
            #[cfg(feature = "model")]
            Asked::Model { execution, thread } => in_execution(*execution).is_none_or(|handle| {
                handle.step_on_thread(*thread, OpKind::IsFinished, Location::caller());
                handle.with(|world| world.thread(*thread).finished)
            }),
        }
    }
}

/// The running execution, if it is this one.
#[cfg(feature = "model")]
fn in_execution(execution: u64) -> Option<Handle> {
    crate::engine::current().filter(|handle| handle.execution_id() == execution)
}

/// Starts a thread, which runs `body`: to wait for it, and what tells it from others.
///
/// # Safety
///
/// What the body borrows is there until the thread has ended.
#[track_caller]
pub(crate) unsafe fn spawn(
    name: Option<String>,
    stack_size: Option<usize>,
    body: impl FnOnce() -> bool + Send,
) -> io::Result<(RawJoinHandle, ThreadHandle)> {
    in_model!(handle => {
        let shared_name = name.as_deref().map(Arc::from);
        // SAFETY: the caller keeps alive what the body borrows.
        let thread = unsafe { handle.spawn(name, Location::caller(), body) };
        let execution = handle.execution_id();
        let told = ThreadHandle::Model { execution, thread, name: shared_name };
        Ok((RawJoinHandle::Model { execution, thread }, told))
    });
    let mut builder = std::thread::Builder::new();
    if let Some(name) = name {
        builder = builder.name(name);
    }
    if let Some(size) = stack_size {
        builder = builder.stack_size(size);
    }
    // SAFETY: the caller keeps alive what the body borrows.
    let native = unsafe {
        builder.spawn_unchecked(move || {
            body();
        })?
    };
    let thread = ThreadHandle::Native(native.thread().clone());
    Ok((RawJoinHandle::Native(native), thread))
}

pub(crate) fn current() -> ThreadHandle {
    in_model!(handle => {
        let (thread, name) = handle.with(|world| {
            (world.current, world.thread(world.current).name.as_deref().map(Arc::from))
        });
        ThreadHandle::Model { execution: handle.execution_id(), thread, name }
    });
    ThreadHandle::Native(std::thread::current())
}

#[track_caller]
pub(crate) fn park() {
    in_model!(handle => {
        let thread = handle.with(|world| world.current);
        handle.step_on_thread(thread, OpKind::Park, Location::caller());
    });
    std::thread::park();
}

#[track_caller]
pub(crate) fn park_timeout(timeout: Duration) {
    in_model!(handle => {
        let object = handle.with(|world| world.thread(world.current).object);
        let _: Outcome = handle.step(Op::new(OpKind::ParkTimed, object, 0, Location::caller()), Some(timeout));
    });
    std::thread::park_timeout(timeout);
}

#[track_caller]
pub(crate) fn yield_now() {
    in_model!(handle => {
        handle.step_alone(OpKind::Yield, Location::caller(), None);
    });
    std::thread::yield_now();
}

/// In a model a hint to spin is a yield: the thread has no reason to look again before something has changed.
#[inline]
#[track_caller]
pub(crate) fn spin_loop() {
    in_model!(handle => {
        handle.step_alone(OpKind::Yield, Location::caller(), None);
    });
    std::hint::spin_loop();
}

#[track_caller]
pub(crate) fn sleep(time: Duration) {
    in_model!(handle => {
        handle.step_alone(OpKind::Sleep, Location::caller(), Some(time));
    });
    std::thread::sleep(time);
}

#[inline]
pub(crate) fn panicking() -> bool {
    // First the question that is answered fastest, and nearly always by no.
    if !std::thread::panicking() {
        return false;
    }
    in_model!(handle => handle.panicking());
    true
}
