//! The end of a thread that several may wait for: the scope that it belongs to, and whoever has its handle.
//!
//! In a model each of them joins it. Elsewhere only one can: the others park until that one tells them.

use std::mem;

use crate::backend::{
    plain::Plain,
    thread::{self as raw, RawJoinHandle, ThreadHandle},
};

/// A thread that ends.
pub(super) struct Ending(Plain<State>);

struct State {
    /// Nothing where somebody joins the thread whom others cannot join beside.
    handle: Option<RawJoinHandle>,
    /// It was joined.
    has_come: bool,
    /// Who waits for the one that joins it.
    waiting: Vec<ThreadHandle>,
}

impl Ending {
    pub(super) fn of(handle: RawJoinHandle) -> Ending {
        Ending(Plain::new(State { handle: Some(handle), has_come: false, waiting: Vec::new() }))
    }

    /// Blocks until the thread has ended.
    #[track_caller]
    pub(super) fn join(&self) {
        if self.0.with(|state| state.has_come) {
            return;
        }
        let handle = self.0.with(|state| match &state.handle {
            Some(handle) => handle.another().or_else(|| state.handle.take()),
            None => None,
        });
        match handle {
            Some(handle) => {
                handle.join();
                let waiting = self.0.with(|state| {
                    state.has_come = true;
                    mem::take(&mut state.waiting)
                });
                waiting.iter().for_each(ThreadHandle::unpark);
            }
            None => self.wait(),
        }
    }

    /// Blocks until somebody else has joined the thread.
    #[track_caller]
    fn wait(&self) {
        let has_come = || {
            let own = raw::current();
            self.0.with(|state| {
                if !state.has_come {
                    state.waiting.push(own);
                }
                state.has_come
            })
        };
        while !has_come() {
            raw::park();
        }
    }

    /// Whether the thread's closure has ended; never blocks.
    #[track_caller]
    pub(super) fn is_finished(&self) -> bool {
        // Asked for in two parts, since it is a facade operation, which must not run under the plain lock.
        match self.0.with(|state| state.handle.as_ref().map(RawJoinHandle::ask)) {
            Some(asked) => asked.is_finished(),
            None => self.0.with(|state| state.has_come),
        }
    }
}
