//! Plain memory whose accesses loom checks for races.

use crate::backend::{
    PerExecution,
    guest::execution::{alive, in_model},
};

/// The data, with a cell of loom's beside it that sees the same accesses.
#[repr(C)]
pub(crate) struct UnsafeCell<T: ?Sized> {
    witness: PerExecution<::loom::cell::UnsafeCell<()>>,
    data: std::cell::UnsafeCell<T>,
}

impl<T> UnsafeCell<T> {
    /// Not const: loom takes the thread that makes a cell for the one that first writes it, so it must be made here and now.
    #[track_caller]
    pub(crate) fn new(value: T) -> Self {
        let cell = UnsafeCell { witness: PerExecution::new(), data: std::cell::UnsafeCell::new(value) };
        cell.witness();
        cell
    }

    pub(crate) fn set_name(&mut self, _name: &'static str) {}

    pub(crate) fn into_inner(self) -> T {
        self.data.into_inner()
    }
}

impl<T: ?Sized> UnsafeCell<T> {
    #[track_caller]
    fn witness(&self) -> Option<&::loom::cell::UnsafeCell<()>> {
        (in_model() && alive()).then(|| self.witness.get(|| ::loom::cell::UnsafeCell::new(())))
    }

    #[track_caller]
    pub(crate) fn with<R>(&self, read: impl FnOnce(*const T) -> R) -> R {
        let _reading = self.witness().map(|witness| witness.get());
        read(self.data.get())
    }

    #[track_caller]
    pub(crate) fn with_mut<R>(&self, write: impl FnOnce(*mut T) -> R) -> R {
        let _writing = self.witness().map(|witness| witness.get_mut());
        write(self.data.get())
    }

    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.data.get_mut()
    }
}
