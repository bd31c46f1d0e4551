//! Atomics: each operation is a step inside a model, and the value of a static starts afresh in each execution.

#[cfg(feature = "model")]
use std::panic::Location;
use std::{fmt, sync::atomic as native};

pub use std::sync::atomic::{Ordering, compiler_fence};

use crate::Named;

#[cfg(feature = "model")]
use super::{bits::Bits, identity::Identity};
#[cfg(feature = "model")]
use crate::engine::{
    Handle,
    object::{State, mark_of},
    op::{NO_OBJECT, ObjectIndex, Op, OpKind},
};

/// A memory fence (C++20 `atomics.fences`).
///
/// # Panics
///
/// With `Ordering::Relaxed`, as in `std`.
#[track_caller]
pub fn fence(ordering: Ordering) {
    in_model!(handle => {
        assert!(ordering != Ordering::Relaxed, "there is no such thing as a relaxed fence");
        // In which order fences are executed shows in what accesses see, and in nothing else: they share no object.
        handle.step(Op::new(OpKind::Fence, NO_OBJECT, 0, Location::caller()), None);
        handle.with(|world| world.fence_access(ordering));
    });
    native::fence(ordering);
}

macro_rules! atomic {
    ($(#[$doc:meta])* $name:ident $([$param:ident])?, $value:ty) => {
        $(#[$doc])*
        ///
        /// Memory ordering and panics are those of the `std` type of the same name.
        pub struct $name$(<$param>)? {
            #[cfg(feature = "model")]
            identity: Identity,
            /// The value that each execution begins with: the one that the first of them found.
            #[cfg(feature = "model")]
            initial: native::$name$(<$param>)?,
            native: native::$name$(<$param>)?,
        }

        impl$(<$param>)? std::panic::RefUnwindSafe for $name$(<$param>)? {}

        impl$(<$param>)? $name$(<$param>)? {
            /// Creates an atomic with this value.
            #[track_caller]
            pub const fn new(value: $value) -> Self {
                $name {
                    #[cfg(feature = "model")]
                    identity: Identity::new(),
                    #[cfg(feature = "model")]
                    initial: native::$name::new(value),
                    native: native::$name::new(value),
                }
            }

            /// Performs an operation. Inlined, as what calls it, see [`Handle::step`].
            #[cfg(feature = "model")]
            #[inline(always)]
            #[track_caller]
            fn step(&self, handle: &Handle, kind: OpKind, expected: Option<$value>) -> ObjectIndex {
                let object = self.object(handle);
                let argument = expected.map_or(0, |expected| mark_of(expected.to_bits()));
                handle.step(Op::new(kind, object, argument, Location::caller()), None);
                object
            }

            #[cfg(feature = "model")]
            #[inline(never)]
            #[track_caller]
            fn object(&self, handle: &Handle) -> ObjectIndex {
                let mut is_new = false;
                let state = || {
                    is_new = true;
                    State::Atomic { value: mark_of(self.newest()) }
                };
                let (object, outlived) = self.identity.index_of_value(handle, state);
                // ORDERING: relaxed: one OS thread runs the model, and the happens-before edges are the engine's.
                if outlived {
                    self.native.store(self.initial.load(Ordering::Relaxed), Ordering::Relaxed);
                    handle.with(|world| world.set_value(object, self.newest()));
                } else if is_new {
                    // ORDERING: relaxed, as above.
                    self.initial.store(self.native.load(Ordering::Relaxed), Ordering::Relaxed);
                }
                object
            }

            /// The newest value in modification order, which the native object has.
            #[cfg(feature = "model")]
            fn newest(&self) -> u64 {
                // ORDERING: relaxed: one OS thread runs the model.
                self.native.load(Ordering::Relaxed).to_bits()
            }

            #[cfg(feature = "model")]
            #[inline]
            fn set_newest(&self, value: Option<u64>) {
                if let Some(value) = value {
                    // ORDERING: relaxed: one OS thread runs the model.
                    self.native.store(Bits::from_bits(value), Ordering::Relaxed);
                }
            }

            /// The value.
            #[inline(always)]
            #[track_caller]
            pub fn load(&self, ordering: Ordering) -> $value {
                in_model!(handle => {
                    let object = self.step(&handle, OpKind::Load, None);
                    // With this ordering, so that one that cannot be panics as in `std`.
                    let newest = self.native.load(ordering).to_bits();
                    Bits::from_bits(handle.with(|world| world.load(object, newest, ordering)))
                });
                self.native.load(ordering)
            }

            /// Sets the value.
            #[inline(always)]
            #[track_caller]
            pub fn store(&self, value: $value, ordering: Ordering) {
                in_model!(handle => {
                    let object = self.step(&handle, OpKind::Store, None);
                    // An ordering that cannot be panics as in `std`.
                    native::$name::new(value).store(value, ordering);
                    let (newest, value) = (self.newest(), value.to_bits());
                    let newest = handle.with(|world| world.store(object, newest, value, ordering));
                    self.set_newest(newest);
                });
                self.native.store(value, ordering);
            }

            /// Sets the value and returns the one before.
            #[inline]
            #[track_caller]
            pub fn swap(&self, value: $value, ordering: Ordering) -> $value {
                self.modify(ordering, |native| native.swap(value, ordering))
            }

            #[inline(always)]
            #[track_caller]
            fn modify<R>(&self, ordering: Ordering, f: impl FnOnce(&native::$name$(<$param>)?) -> R) -> R {
                in_model!(handle => {
                    let object = self.step(&handle, OpKind::Rmw, None);
                    let mut result = None;
                    let make = |read| {
                        let native = native::$name::new(Bits::from_bits(read));
                        result = Some(f(&native));
                        native.into_inner().to_bits()
                    };
                    let (newest, orderings) = (self.newest(), (ordering, ordering));
                    let update = handle.with(|world| world.update(object, newest, None, orderings, make));
                    self.set_newest(update.newest);
                    if update.newest == Some(update.read) {
                        // A spin lock that is taken with `swap` gives nobody reason to look again while it is held.
                        handle.with(crate::engine::World::nothing_to_see);
                    }
                    result.expect("without an expected value the operation writes")
                });
                let _ = ordering;
                f(&self.native)
            }

            /// Sets the value to `new` if it is `current`.
            ///
            /// # Errors
            ///
            /// The value, if it is not `current`.
            #[inline(always)]
            #[track_caller]
            pub fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                in_model!(handle => {
                    let object = self.step(&handle, OpKind::Rmw, Some(current));
                    // Orderings that cannot be panic as in `std`.
                    let _ = native::$name::new(current).compare_exchange(current, new, success, failure);
                    let (newest, expected) = (self.newest(), Some(current.to_bits()));
                    let (orderings, new) = ((success, failure), |_| new.to_bits());
                    let update = handle.with(|world| world.update(object, newest, expected, orderings, new));
                    self.set_newest(update.newest);
                    let read = Bits::from_bits(update.read);
                    if update.wrote {
                        Ok(read)
                    } else {
                        handle.with(|world| world.nothing_changed(update.only_read));
                        Err(read)
                    }
                });
                self.native.compare_exchange(current, new, success, failure)
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

            /// As [`compare_exchange`](Self::compare_exchange), but it may fail although the value is `current`. In a model
            /// it does not.
            ///
            /// # Errors
            ///
            /// The value that was found.
            #[inline]
            #[track_caller]
            pub fn compare_exchange_weak(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                in_model!(_handle => self.compare_exchange(current, new, success, failure));
                self.native.compare_exchange_weak(current, new, success, failure)
            }

            /// Replaces the value by what `f` makes of it, trying again when another thread came between.
            ///
            /// # Errors
            ///
            /// The value, when `f` returns `None`.
            #[track_caller]
            pub fn fetch_update(
                &self,
                set: Ordering,
                fetch: Ordering,
                mut f: impl FnMut($value) -> Option<$value>,
            ) -> Result<$value, $value> {
                let mut before = self.load(fetch);
                while let Some(next) = f(before) {
                    match self.compare_exchange_weak(before, next, set, fetch) {
                        Ok(value) => return Ok(value),
                        Err(found) => before = found,
                    }
                }
                Err(before)
            }

            /// As [`fetch_update`](Self::fetch_update).
            ///
            /// # Errors
            ///
            /// The value, when `f` returns `None`.
            #[track_caller]
            pub fn try_update(
                &self,
                set: Ordering,
                fetch: Ordering,
                f: impl FnMut($value) -> Option<$value>,
            ) -> Result<$value, $value> {
                self.fetch_update(set, fetch, f)
            }

            /// Replaces the value by what `f` makes of it, trying again when another thread came between. Returns the value
            /// before.
            #[track_caller]
            pub fn update(&self, set: Ordering, fetch: Ordering, mut f: impl FnMut($value) -> $value) -> $value {
                match self.fetch_update(set, fetch, |value| Some(f(value))) {
                    Ok(before) | Err(before) => before,
                }
            }

            /// The value, by exclusive borrow.
            pub fn get_mut(&mut self) -> &mut $value {
                self.native.get_mut()
            }

            /// The value.
            pub fn into_inner(self) -> $value {
                self.native.into_inner()
            }

            /// A pointer to the value. Accesses through it are invisible to a model.
            pub fn as_ptr(&self) -> *mut $value {
                self.native.as_ptr()
            }
        }

        impl$(<$param>)? Named for $name$(<$param>)? {
            fn named(mut self, name: &'static str) -> Self {
                #[cfg(feature = "model")]
                {
                    self.identity = self.identity.renamed(name);
                }
                let _ = (&mut self, name);
                self
            }
        }

        impl$(<$param>)? fmt::Debug for $name$(<$param>)? {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.native, f)
            }
        }

        impl$(<$param>)? From<$value> for $name$(<$param>)? {
            #[track_caller]
            fn from(value: $value) -> Self {
                $name::new(value)
            }
        }
    };
}

macro_rules! fetch {
    ($name:ident, $value:ty, $($(#[$doc:meta])* $method:ident),* $(,)?) => {
        impl $name {
            $(
                $(#[$doc])*
                /// Returns the value before.
                #[inline]
                #[track_caller]
                pub fn $method(&self, value: $value, ordering: Ordering) -> $value {
                    self.modify(ordering, |native| native.$method(value, ordering))
                }
            )*
        }

        impl Default for $name {
            #[track_caller]
            fn default() -> Self {
                $name::new(<$value>::default())
            }
        }
    };
}

macro_rules! integers {
    ($($name:ident $value:ty),* $(,)?) => {$(
        atomic!(
            /// An integer that threads may share.
            $name, $value
        );
        fetch!($name, $value,
            /// Adds, wrapping around on overflow.
            fetch_add,
            /// Subtracts, wrapping around on overflow.
            fetch_sub,
            /// Bitwise and.
            fetch_and,
            /// Bitwise not-and.
            fetch_nand,
            /// Bitwise or.
            fetch_or,
            /// Bitwise exclusive or.
            fetch_xor,
            /// The larger of the two.
            fetch_max,
            /// The smaller of the two.
            fetch_min,
        );
    )*};
}

integers! {
    AtomicI8 i8, AtomicI16 i16, AtomicI32 i32, AtomicI64 i64, AtomicIsize isize,
    AtomicU8 u8, AtomicU16 u16, AtomicU32 u32, AtomicU64 u64, AtomicUsize usize,
}

atomic!(
    /// A boolean that threads may share.
    AtomicBool, bool
);
fetch!(AtomicBool, bool,
    /// Logical and.
    fetch_and,
    /// Logical not-and.
    fetch_nand,
    /// Logical or.
    fetch_or,
    /// Logical exclusive or.
    fetch_xor,
);

impl AtomicBool {
    /// Logical not. Returns the value before.
    #[track_caller]
    pub fn fetch_not(&self, ordering: Ordering) -> bool {
        self.fetch_xor(true, ordering)
    }
}

atomic!(
    /// A pointer that threads may share.
    AtomicPtr[T], *mut T
);

macro_rules! pointer_arithmetic {
    ($($(#[$doc:meta])* $method:ident),* $(,)?) => {
        impl<T> AtomicPtr<T> {
            $(
                $(#[$doc])*
                /// Returns the pointer before.
                #[track_caller]
                pub fn $method(&self, value: usize, ordering: Ordering) -> *mut T {
                    self.modify(ordering, |native| native.$method(value, ordering))
                }
            )*
        }
    };
}

pointer_arithmetic! {
    /// Adds so many `T`s, wrapping around.
    fetch_ptr_add,
    /// Subtracts so many `T`s, wrapping around.
    fetch_ptr_sub,
    /// Adds so many bytes, wrapping around.
    fetch_byte_add,
    /// Subtracts so many bytes, wrapping around.
    fetch_byte_sub,
    /// Bitwise or with the address.
    fetch_or,
    /// Bitwise and with the address.
    fetch_and,
    /// Bitwise exclusive or with the address.
    fetch_xor,
}

impl<T> fmt::Pointer for AtomicPtr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Pointer::fmt(&self.native, f)
    }
}

impl<T> Default for AtomicPtr<T> {
    #[track_caller]
    fn default() -> Self {
        AtomicPtr::new(std::ptr::null_mut())
    }
}
