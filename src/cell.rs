//! Interior mutability with closure access, so that a checker can see each access to plain memory.

/// As [`std::cell::UnsafeCell`], with access through closures: [`with`](Self::with) to read and
/// [`with_mut`](Self::with_mut) to write. In a model each access is checked for data races.
#[cfg(backend = "native")]
#[derive(Debug, Default)]
#[repr(transparent)]
pub struct UnsafeCell<T: ?Sized>(std::cell::UnsafeCell<T>);

#[cfg(backend = "native")]
impl<T> UnsafeCell<T> {
    /// Wraps `value`.
    #[inline]
    pub const fn new(value: T) -> Self {
        UnsafeCell(std::cell::UnsafeCell::new(value))
    }

    /// Unwraps the value.
    #[inline]
    pub fn into_inner(self) -> T {
        self.0.into_inner()
    }
}

#[cfg(backend = "native")]
impl<T: ?Sized> UnsafeCell<T> {
    /// Reads through a shared pointer that is valid while the closure runs.
    #[inline]
    pub fn with<R>(&self, read: impl FnOnce(*const T) -> R) -> R {
        read(self.0.get())
    }

    /// Writes through a pointer that is valid while the closure runs.
    #[inline]
    pub fn with_mut<R>(&self, write: impl FnOnce(*mut T) -> R) -> R {
        write(self.0.get())
    }

    /// The value, by exclusive borrow; no other thread can race with it.
    #[inline]
    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut()
    }
}
