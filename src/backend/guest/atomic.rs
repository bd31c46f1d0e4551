//! Atomics over the checker's.
//!
//! Each holds a plain `std` atomic too: it has the value outside of executions and at the start of each one, and takes the
//! operations of destructors after a failure. `as_ptr` and `from_ptr` are missing, since a checker cannot see what goes
//! through a raw pointer.

use std::{fmt, sync::atomic as plain};

use crate::Named;

use super::{engine::sync::atomic as checker, execution, per_execution::PerExecution};

pub use std::sync::atomic::{Ordering, compiler_fence};

/// An atomic fence, as [`std::sync::atomic::fence`].
#[track_caller]
pub fn fence(order: Ordering) {
    if execution::in_model() && execution::alive() {
        checker::fence(order);
    }
}

/// What all atomics have; `$plain` and `$checker` are the types behind it.
macro_rules! common {
    ([$($generics:tt)*] $name:ty, $value:ty, $checker:ty, $plain:ty) => {
        impl<$($generics)*> Named for $name {
            fn named(self, _name: &'static str) -> Self {
                self
            }
        }

        impl<$($generics)*> $name {
            const fn from_plain(plain: $plain) -> Self {
                Self { plain, checked: PerExecution::new() }
            }

            /// Creates an atomic with `value` in it. On the loom backend this is not a const function: loom takes the
            /// thread that makes an atomic for the one that first writes it, so it must be made here and now.
            #[must_use]
            #[track_caller]
            #[cfg(backend = "loom")]
            pub fn new(value: $value) -> Self {
                let atomic = Self::from_plain(<$plain>::new(value));
                atomic.checked();
                atomic
            }

            /// Creates an atomic with `value` in it.
            #[must_use]
            #[cfg(backend = "shuttle")]
            pub const fn new(value: $value) -> Self {
                Self::from_plain(<$plain>::new(value))
            }

            /// The checker's atomic, if the checker can be called.
            #[track_caller]
            fn checked(&self) -> Option<&$checker> {
                if !execution::in_model() || !execution::alive() {
                    return None;
                }
                // ORDERING: relaxed: nobody else is running, see the rules of the parent module.
                Some(self.checked.get(|| <$checker>::new(self.plain.load(Ordering::Relaxed))))
            }

            /// Loads the value.
            #[track_caller]
            pub fn load(&self, order: Ordering) -> $value {
                match self.checked() {
                    Some(checked) => checked.load(order),
                    None => self.plain.load(order),
                }
            }

            /// Stores `value`.
            #[track_caller]
            pub fn store(&self, value: $value, order: Ordering) {
                match self.checked() {
                    Some(checked) => checked.store(value, order),
                    None => self.plain.store(value, order),
                }
            }

            common! { @binary $value; swap: "Stores `value` and returns the old value." }

            /// Stores `new` if the value is `current`; returns the old value either way.
            ///
            /// # Errors
            ///
            /// The old value when it was not `current`.
            #[track_caller]
            pub fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                match self.checked() {
                    Some(checked) => checked.compare_exchange(current, new, success, failure),
                    None => self.plain.compare_exchange(current, new, success, failure),
                }
            }

            /// Sets the value to `new` if it is `current`; returns the value before either way.
            #[deprecated(note = "as in std: use `compare_exchange` or `compare_exchange_weak`")]
            #[track_caller]
            pub fn compare_and_swap(&self, current: $value, new: $value, ordering: Ordering) -> $value {
                let failure = crate::backend::of_failure(ordering);
                match self.compare_exchange(current, new, ordering, failure) {
                    Ok(before) | Err(before) => before,
                }
            }

            /// As [`compare_exchange`](Self::compare_exchange). It may fail for no reason, but never does on this backend.
            ///
            /// # Errors
            ///
            /// The old value when it was not `current`.
            #[track_caller]
            pub fn compare_exchange_weak(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                self.compare_exchange(current, new, success, failure)
            }

            /// Stores what `update` makes of the value, trying again when another thread was faster; returns the old value.
            ///
            /// # Errors
            ///
            /// The value for which `update` returned `None`.
            #[track_caller]
            pub fn fetch_update(
                &self,
                set_order: Ordering,
                fetch_order: Ordering,
                mut update: impl FnMut($value) -> Option<$value>,
            ) -> Result<$value, $value> {
                let mut old = self.load(fetch_order);
                while let Some(new) = update(old) {
                    match self.compare_exchange_weak(old, new, set_order, fetch_order) {
                        Ok(old) => return Ok(old),
                        Err(other) => old = other,
                    }
                }
                Err(old)
            }

            /// As [`fetch_update`](Self::fetch_update).
            ///
            /// # Errors
            ///
            /// The value for which `update` returned `None`.
            #[track_caller]
            pub fn try_update(
                &self,
                set_order: Ordering,
                fetch_order: Ordering,
                update: impl FnMut($value) -> Option<$value>,
            ) -> Result<$value, $value> {
                self.fetch_update(set_order, fetch_order, update)
            }

            /// Stores what `update` makes of the value, trying again when another thread was faster; returns the old value.
            #[track_caller]
            pub fn update(
                &self,
                set_order: Ordering,
                fetch_order: Ordering,
                mut update: impl FnMut($value) -> $value,
            ) -> $value {
                match self.fetch_update(set_order, fetch_order, |old| Some(update(old))) {
                    Ok(old) | Err(old) => old,
                }
            }

            /// The value, by exclusive borrow.
            #[track_caller]
            pub fn get_mut(&mut self) -> &mut $value {
                // The plain atomic is the truth again until the next operation makes a new checked one from it.
                if self.checked.made().is_some() {
                    // ORDERING: relaxed: the borrow is exclusive.
                    let value = self.load(Ordering::Relaxed);
                    *self.plain.get_mut() = value;
                    self.checked.forget();
                }
                self.plain.get_mut()
            }

            /// Unwraps the value.
            #[must_use]
            #[track_caller]
            pub fn into_inner(mut self) -> $value {
                *self.get_mut()
            }
        }

        impl<$($generics)*> From<$value> for $name {
            #[track_caller]
            fn from(value: $value) -> Self {
                Self::new(value)
            }
        }

        impl<$($generics)*> fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // ORDERING: relaxed: as `std` does.
                fmt::Debug::fmt(&self.load(Ordering::Relaxed), f)
            }
        }

        impl<$($generics)*> std::panic::RefUnwindSafe for $name {}
    };
    (@binary $value:ty; $($method:ident: $doc:literal)*) => {$(
        #[doc = $doc]
        #[track_caller]
        pub fn $method(&self, value: $value, order: Ordering) -> $value {
            match self.checked() {
                Some(checked) => checked.$method(value, order),
                None => self.plain.$method(value, order),
            }
        }
    )*};
}

macro_rules! integer {
    ($($name:ident $value:ident)*) => {$(
        #[doc = concat!("An `", stringify!($value), "` that threads can share, as [`std::sync::atomic::", stringify!($name), "`].")]
        pub struct $name {
            plain: plain::$name,
            checked: PerExecution<checker::$name>,
        }

        common! { [] $name, $value, checker::$name, plain::$name }

        impl $name {
            common! { @binary $value;
                fetch_add: "Adds `value`, wrapping around; returns the old value."
                fetch_sub: "Subtracts `value`, wrapping around; returns the old value."
                fetch_and: "Bitwise and; returns the old value."
                fetch_nand: "Bitwise nand; returns the old value."
                fetch_or: "Bitwise or; returns the old value."
                fetch_xor: "Bitwise exclusive or; returns the old value."
                fetch_max: "Stores the greater of the two; returns the old value."
                fetch_min: "Stores the smaller of the two; returns the old value."
            }
        }

        impl Default for $name {
            #[track_caller]
            fn default() -> Self {
                Self::new(0)
            }
        }
    )*};
}

integer! {
    AtomicI8 i8 AtomicI16 i16 AtomicI32 i32 AtomicI64 i64 AtomicIsize isize
    AtomicU8 u8 AtomicU16 u16 AtomicU32 u32 AtomicU64 u64 AtomicUsize usize
}

/// A `bool` that threads can share, as [`std::sync::atomic::AtomicBool`].
pub struct AtomicBool {
    plain: plain::AtomicBool,
    checked: PerExecution<checker::AtomicBool>,
}

common! { [] AtomicBool, bool, checker::AtomicBool, plain::AtomicBool }

impl AtomicBool {
    common! { @binary bool;
        fetch_and: "Logical and; returns the old value."
        fetch_nand: "Logical nand; returns the old value."
        fetch_or: "Logical or; returns the old value."
        fetch_xor: "Logical exclusive or; returns the old value."
    }

    /// Logical not; returns the old value.
    #[track_caller]
    pub fn fetch_not(&self, order: Ordering) -> bool {
        self.fetch_xor(true, order)
    }
}

impl Default for AtomicBool {
    #[track_caller]
    fn default() -> Self {
        Self::new(false)
    }
}

/// A pointer that threads can share, as [`std::sync::atomic::AtomicPtr`].
pub struct AtomicPtr<T> {
    plain: plain::AtomicPtr<T>,
    checked: PerExecution<checker::AtomicPtr<T>>,
}

common! { [T] AtomicPtr<T>, *mut T, checker::AtomicPtr<T>, plain::AtomicPtr<T> }

macro_rules! pointer_arithmetic {
    ($($method:ident: $doc:literal)*) => {
        impl<T> AtomicPtr<T> {
            $(
                #[doc = $doc]
                #[track_caller]
                pub fn $method(&self, value: usize, order: Ordering) -> *mut T {
                    // ORDERING: relaxed: what is found is used only if the exchange, with the caller's ordering, finds it again.
                    self.update(order, Ordering::Relaxed, |old| {
                        let scratch = plain::AtomicPtr::new(old);
                        // ORDERING: relaxed: nobody else knows of it.
                        scratch.$method(value, Ordering::Relaxed);
                        scratch.into_inner()
                    })
                }
            )*
        }
    };
}

pointer_arithmetic! {
    fetch_ptr_add: "Adds `value` elements, wrapping around; returns the old pointer."
    fetch_ptr_sub: "Subtracts `value` elements, wrapping around; returns the old pointer."
    fetch_byte_add: "Adds `value` bytes, wrapping around; returns the old pointer."
    fetch_byte_sub: "Subtracts `value` bytes, wrapping around; returns the old pointer."
    fetch_or: "Bitwise or with the address; returns the old pointer."
    fetch_and: "Bitwise and with the address; returns the old pointer."
    fetch_xor: "Bitwise exclusive or with the address; returns the old pointer."
}

impl<T> fmt::Pointer for AtomicPtr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // ORDERING: relaxed: as `std` does.
        fmt::Pointer::fmt(&self.load(Ordering::Relaxed), f)
    }
}

impl<T> Default for AtomicPtr<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(std::ptr::null_mut())
    }
}
