//! Interior mutability with closure access, so that a checker can see each access to plain memory.

use crate::Named;
#[cfg(not(backend = "native"))]
use crate::backend;
#[cfg(backend = "native")]
use std::cell as backend;

/// As [`std::cell::UnsafeCell`], with access through closures: [`with`](Self::with) to read and
/// [`with_mut`](Self::with_mut) to write. In a model each access is checked for data races.
#[repr(transparent)]
pub struct UnsafeCell<T: ?Sized>(backend::UnsafeCell<T>);

#[cfg(not(backend = "native"))]
// SAFETY: as for `std`'s cell, which is `Send` when its value is; the backend adds only its own bookkeeping.
unsafe impl<T: ?Sized + Send> Send for UnsafeCell<T> {}

impl<T> UnsafeCell<T> {
    /// Wraps `value`. On the loom backend this is not a const function.
    #[inline]
    #[must_use]
    #[track_caller]
    #[cfg(not(backend = "loom"))]
    pub const fn new(value: T) -> Self {
        UnsafeCell(backend::UnsafeCell::new(value))
    }

    /// Wraps `value`. On the other backends this is a const function.
    #[must_use]
    #[track_caller]
    #[cfg(backend = "loom")]
    pub fn new(value: T) -> Self {
        UnsafeCell(backend::UnsafeCell::new(value))
    }

    /// Unwraps the value.
    #[inline]
    pub fn into_inner(self) -> T {
        self.0.into_inner()
    }
}

impl<T: ?Sized> UnsafeCell<T> {
    /// Reads through a shared pointer that is valid while the closure runs.
    #[inline]
    #[track_caller]
    pub fn with<R>(&self, read: impl FnOnce(*const T) -> R) -> R {
        #[cfg(backend = "native")]
        return read(self.0.get());
        #[cfg(not(backend = "native"))]
        return self.0.with(read);
    }

    /// Writes through a pointer that is valid while the closure runs.
    #[inline]
    #[track_caller]
    pub fn with_mut<R>(&self, write: impl FnOnce(*mut T) -> R) -> R {
        #[cfg(backend = "native")]
        return write(self.0.get());
        #[cfg(not(backend = "native"))]
        return self.0.with_mut(write);
    }

    /// The value, by exclusive borrow; no other thread can race with it.
    #[inline]
    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut()
    }
}

impl<T> Named for UnsafeCell<T> {
    #[inline]
    #[cfg(backend = "native")]
    fn named(self, _name: &'static str) -> Self {
        self
    }

    #[cfg(not(backend = "native"))]
    fn named(mut self, name: &'static str) -> Self {
        self.0.set_name(name);
        self
    }
}

impl<T: Default> Default for UnsafeCell<T> {
    #[track_caller]
    fn default() -> Self {
        UnsafeCell::new(T::default())
    }
}

impl<T> From<T> for UnsafeCell<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        UnsafeCell::new(value)
    }
}

impl<T: ?Sized> std::fmt::Debug for UnsafeCell<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UnsafeCell").finish_non_exhaustive()
    }
}
