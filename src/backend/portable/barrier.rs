//! The barrier on a mutex and a condition variable.

use crate::parking_lot::{Condvar, Mutex};

pub(crate) struct PortableBarrier {
    threads: usize,
    state: Mutex<State>,
    /// Signalled when a generation is complete.
    complete: Condvar,
}

struct State {
    arrived: usize,
    /// Counts completed rounds, so that a thread that comes round again cannot be taken for one of the last round.
    generation: usize,
}

impl PortableBarrier {
    #[track_caller]
    pub(crate) const fn new(threads: usize) -> Self {
        PortableBarrier {
            threads,
            state: Mutex::new(State { arrived: 0, generation: 0 }),
            complete: Condvar::new(),
        }
    }

    #[cfg(any(backend = "loom", backend = "shuttle"))]
    #[expect(clippy::unused_self, reason = "the model's barrier keeps its name; this one has none to keep")]
    pub(crate) fn set_name(&mut self, _name: &'static str) {}

    /// Blocks until all threads have come; true for the one that came last.
    #[track_caller]
    pub(crate) fn wait(&self) -> bool {
        let mut state = self.state.lock();
        let generation = state.generation;
        state.arrived += 1;
        // A barrier for no thread and one for one thread both let everybody through, as in `std`.
        if state.arrived >= self.threads {
            state.arrived = 0;
            state.generation = state.generation.wrapping_add(1);
            self.complete.notify_all();
            return true;
        }
        while state.generation == generation {
            self.complete.wait(&mut state);
        }
        false
    }
}
