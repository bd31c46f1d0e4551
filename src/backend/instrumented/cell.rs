//! Plain memory with closure access, checked for races inside a model.

#[cfg(feature = "model")]
use crate::engine::object::{CellHistory, State};

use super::identity::Identity;

/// As [`std::cell::UnsafeCell`], with access through closures: [`with`](Self::with) to read and
/// [`with_mut`](Self::with_mut) to write. In a model each access is checked for data races.
pub(crate) struct UnsafeCell<T: ?Sized> {
    identity: Identity,
    value: std::cell::UnsafeCell<T>,
}

impl<T> UnsafeCell<T> {
    /// Wraps `value`.
    #[track_caller]
    pub(crate) const fn new(value: T) -> Self {
        UnsafeCell { identity: Identity::new(), value: std::cell::UnsafeCell::new(value) }
    }

    pub(crate) fn set_name(&mut self, name: &'static str) {
        self.identity = self.identity.renamed(name);
    }

    /// Unwraps the value.
    pub(crate) fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> UnsafeCell<T> {
    #[track_caller]
    fn access(&self, writes: bool) {
        in_model!(handle => {
            if !handle.in_teardown() {
                let object = self.identity.index(&handle, "cell", || State::Cell(Box::<CellHistory>::default()));
                let place = std::panic::Location::caller();
                handle.with(|world| world.plain_access(object, writes, place));
            }
        });
        let _ = (writes, &self.identity);
    }

    /// Reads through a shared pointer that is valid while the closure runs.
    #[track_caller]
    pub(crate) fn with<R>(&self, read: impl FnOnce(*const T) -> R) -> R {
        self.access(false);
        read(self.value.get())
    }

    /// Writes through a pointer that is valid while the closure runs.
    #[track_caller]
    pub(crate) fn with_mut<R>(&self, write: impl FnOnce(*mut T) -> R) -> R {
        self.access(true);
        write(self.value.get())
    }

    /// The value, by exclusive borrow; no other thread can race with it.
    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }
}

impl<T: ?Sized> std::fmt::Debug for UnsafeCell<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UnsafeCell").finish_non_exhaustive()
    }
}

impl<T: Default> Default for UnsafeCell<T> {
    fn default() -> Self {
        UnsafeCell::new(T::default())
    }
}
