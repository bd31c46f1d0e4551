//! Objects of the checker that are made at first use, once per execution.
//!
//! The checkers tie their objects to the running execution. Making them late lets constructors be `const` and lets an
//! object in a static start afresh in each execution.

use std::cell::{Cell, UnsafeCell};

use super::{NAME, execution::execution_id};

/// At most one `T` per execution.
pub(crate) struct PerExecution<T> {
    execution: Cell<u64>,
    value: UnsafeCell<Option<T>>,
}

// SAFETY: rules 1 and 2 of the parent module: one thread of the operating system at a time uses it, and never two model
// threads in the middle of `get`, which does not give way.
unsafe impl<T> Sync for PerExecution<T> {}
// SAFETY: as above.
unsafe impl<T> Send for PerExecution<T> {}

impl<T> PerExecution<T> {
    pub(crate) const fn new() -> Self {
        PerExecution { execution: Cell::new(0), value: UnsafeCell::new(None) }
    }

    /// The present execution's object, made by `make` if there is none.
    ///
    /// # Panics
    ///
    /// Outside of executions.
    #[track_caller]
    pub(crate) fn get(&self, make: impl FnOnce() -> T) -> &T {
        let now = execution_id();
        assert!(now != 0, "unsnarl: on the {NAME} backend facade objects can only be used inside a check");
        if self.execution.get() != now {
            let value = make();
            // SAFETY: nobody has a reference to the value of an execution that is over, and nobody else is in here.
            let old = unsafe { (*self.value.get()).replace(value) };
            // Its destructor would call the checker about an execution that is over.
            std::mem::forget(old);
            self.execution.set(now);
        }
        // SAFETY: nobody replaces the value before the execution is over.
        unsafe { (*self.value.get()).as_ref() }.expect("made above or earlier in this execution")
    }

    /// The present execution's object, if it has been made.
    pub(crate) fn made(&self) -> Option<&T> {
        let now = execution_id();
        if now == 0 || self.execution.get() != now {
            return None;
        }
        // SAFETY: as in `get`.
        unsafe { (*self.value.get()).as_ref() }
    }

    /// Forgets the object, so that the next use makes a new one.
    pub(crate) fn forget(&mut self) {
        std::mem::forget(self.value.get_mut().take());
        self.execution.set(0);
    }
}
