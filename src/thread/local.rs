//! Thread-local values.

use std::{cell, fmt, thread::LocalKey as NativeKey};

use crate::backend::{in_model, locals};

/// A key to thread-local values, declared with [`thread_local!`](super::thread_local).
///
/// In a model each model thread has its own value, dropped when the thread ends. Elsewhere the value is `std`'s.
pub struct LocalKey<T: 'static> {
    native: &'static NativeKey<T>,
    init: fn() -> T,
}

/// The value has been dropped already, because its thread is ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessError(());

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("already destroyed")
    }
}

impl std::error::Error for AccessError {}

impl<T: 'static> LocalKey<T> {
    /// For [`thread_local!`](super::thread_local).
    #[doc(hidden)]
    pub const fn __new(native: &'static NativeKey<T>, init: fn() -> T) -> Self {
        LocalKey { native, init }
    }

    /// Runs `f` on the calling thread's value, which is made at first use.
    ///
    /// # Panics
    ///
    /// When the value has been dropped already.
    #[track_caller]
    pub fn with<R>(&'static self, f: impl FnOnce(&T) -> R) -> R {
        self.try_with(f).expect("cannot access a thread-local value during or after destruction")
    }

    /// As [`with`](Self::with), without the panic.
    ///
    /// # Errors
    ///
    /// [`AccessError`] when the value has been dropped already.
    pub fn try_with<R>(&'static self, f: impl FnOnce(&T) -> R) -> Result<R, AccessError> {
        if !in_model() {
            return self.native.try_with(f).map_err(|_| AccessError(()));
        }
        let value = locals::get(std::ptr::from_ref(self).addr(), self.init)
            .map_err(|locals::Ended| AccessError(()))?;
        // SAFETY: the value lives on the heap until its thread, which is the calling one, has ended its closure.
        Ok(f(unsafe { &*value }))
    }
}

impl<T: 'static> LocalKey<cell::Cell<T>> {
    /// Replaces the value.
    #[track_caller]
    pub fn set(&'static self, value: T) {
        self.with(|cell| cell.set(value));
    }

    /// A copy of the value.
    #[track_caller]
    pub fn get(&'static self) -> T
    where
        T: Copy,
    {
        self.with(cell::Cell::get)
    }

    /// Takes the value and leaves the default.
    #[track_caller]
    pub fn take(&'static self) -> T
    where
        T: Default,
    {
        self.with(cell::Cell::take)
    }

    /// Replaces the value and returns the old one.
    #[track_caller]
    pub fn replace(&'static self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }
}

impl<T: 'static> LocalKey<cell::RefCell<T>> {
    /// Runs `f` on the value, borrowed.
    #[track_caller]
    pub fn with_borrow<R>(&'static self, f: impl FnOnce(&T) -> R) -> R {
        self.with(|cell| f(&cell.borrow()))
    }

    /// Runs `f` on the value, borrowed exclusively.
    #[track_caller]
    pub fn with_borrow_mut<R>(&'static self, f: impl FnOnce(&mut T) -> R) -> R {
        self.with(|cell| f(&mut cell.borrow_mut()))
    }

    /// Replaces the value.
    #[track_caller]
    pub fn set(&'static self, value: T) {
        self.with(|cell| *cell.borrow_mut() = value);
    }

    /// Takes the value and leaves the default.
    #[track_caller]
    pub fn take(&'static self) -> T
    where
        T: Default,
    {
        self.with(cell::RefCell::take)
    }

    /// Replaces the value and returns the old one.
    #[track_caller]
    pub fn replace(&'static self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }
}

impl<T: 'static> fmt::Debug for LocalKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalKey").finish_non_exhaustive()
    }
}

/// Declares thread-local values, as `std`'s macro of the same name.
#[doc(hidden)]
#[macro_export]
macro_rules! __unsnarl_thread_local {
    () => {};
    ($(#[$attr:meta])* $vis:vis static $name:ident: $ty:ty = const { $init:expr } $(; $($rest:tt)*)?) => {
        $crate::__unsnarl_thread_local_key!($(#[$attr])* $vis $name, $ty, $init);
        $($crate::__unsnarl_thread_local!($($rest)*);)?
    };
    ($(#[$attr:meta])* $vis:vis static $name:ident: $ty:ty = const $init:block $(; $($rest:tt)*)?) => {
        $crate::__unsnarl_thread_local_key!($(#[$attr])* $vis $name, $ty, $init);
        $($crate::__unsnarl_thread_local!($($rest)*);)?
    };
    ($(#[$attr:meta])* $vis:vis static $name:ident: $ty:ty = $init:expr $(; $($rest:tt)*)?) => {
        $crate::__unsnarl_thread_local_key!($(#[$attr])* $vis $name, $ty, $init);
        $($crate::__unsnarl_thread_local!($($rest)*);)?
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __unsnarl_thread_local_key {
    ($(#[$attr:meta])* $vis:vis $name:ident, $ty:ty, $init:expr) => {
        $(#[$attr])*
        $vis static $name: $crate::thread::LocalKey<$ty> = {
            fn init() -> $ty {
                $init
            }
            ::std::thread_local! {
                static NATIVE: $ty = init();
            }
            $crate::thread::LocalKey::__new(&NATIVE, init)
        };
    };
}
