//! Atomics: each operation is a step inside a model, and the value of a static starts afresh in each execution.

#[cfg(feature = "model")]
use std::panic::Location;
use std::{fmt, sync::atomic as native};

pub use std::sync::atomic::{Ordering, compiler_fence};

#[cfg(feature = "model")]
use super::identity::Identity;
#[cfg(feature = "model")]
use crate::engine::{
    AtomicAccess, Handle,
    object::State,
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
        let object = if ordering == Ordering::SeqCst {
            handle.with(|world| world.fence_object(Location::caller()))
        } else {
            NO_OBJECT
        };
        handle.step(Op::new(OpKind::Fence, object, 0, Location::caller()), None);
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
            #[cfg(feature = "model")]
            initial: $value,
            native: native::$name$(<$param>)?,
        }

        #[cfg(feature = "model")]
        // SAFETY: the initial value is only ever copied, and stored into the atomic, which itself may be shared.
        unsafe impl$(<$param>)? Sync for $name$(<$param>)? {}
        #[cfg(feature = "model")]
        // SAFETY: as for `Sync`.
        unsafe impl$(<$param>)? Send for $name$(<$param>)? {}
        impl$(<$param>)? std::panic::RefUnwindSafe for $name$(<$param>)? {}

        impl$(<$param>)? $name$(<$param>)? {
            /// Creates an atomic with this value.
            #[track_caller]
            pub const fn new(value: $value) -> Self {
                $name {
                    #[cfg(feature = "model")]
                    identity: Identity::new(),
                    #[cfg(feature = "model")]
                    initial: value,
                    native: native::$name::new(value),
                }
            }

            #[cfg(feature = "model")]
            #[track_caller]
            fn step(&self, handle: &Handle, kind: OpKind) -> ObjectIndex {
                let (object, outlived) = self.identity.index_of_value(handle, || State::Atomic);
                if outlived {
                    // ORDERING: relaxed: one OS thread runs the model, and the happens-before edges are the engine's.
                    self.native.store(self.initial, Ordering::Relaxed);
                }
                handle.step(Op::new(kind, object, 0, Location::caller()), None);
                object
            }

            #[cfg(feature = "model")]
            fn edges(handle: &Handle, object: ObjectIndex, access: AtomicAccess, ordering: Ordering) {
                handle.with(|world| world.atomic_access(object, access, ordering));
            }

            /// The value.
            #[inline]
            #[track_caller]
            pub fn load(&self, ordering: Ordering) -> $value {
                in_model!(handle => {
                    let object = self.step(&handle, OpKind::Load);
                    Self::edges(&handle, object, AtomicAccess::Load, ordering);
                    self.native.load(ordering)
                });
                self.native.load(ordering)
            }

            /// Sets the value.
            #[inline]
            #[track_caller]
            pub fn store(&self, value: $value, ordering: Ordering) {
                in_model!(handle => {
                    let object = self.step(&handle, OpKind::Store);
                    Self::edges(&handle, object, AtomicAccess::Store, ordering);
                    self.native.store(value, ordering);
                });
                self.native.store(value, ordering);
            }

            /// Sets the value and returns the one before.
            #[inline]
            #[track_caller]
            pub fn swap(&self, value: $value, ordering: Ordering) -> $value {
                self.modify(ordering, |native| native.swap(value, ordering))
            }

            #[inline]
            #[track_caller]
            fn modify<R>(&self, ordering: Ordering, f: impl FnOnce(&native::$name$(<$param>)?) -> R) -> R {
                in_model!(handle => {
                    let object = self.step(&handle, OpKind::Rmw);
                    Self::edges(&handle, object, AtomicAccess::ReadWrite, ordering);
                    // ORDERING: relaxed: one OS thread runs the model.
                    let before = self.native.load(Ordering::Relaxed);
                    let result = f(&self.native);
                    if self.native.load(Ordering::Relaxed) == before {
                        // A spin lock that is taken with `swap` gives nobody reason to look again while it is held.
                        handle.with(crate::engine::World::nothing_to_see);
                    }
                    result
                });
                let _ = ordering;
                f(&self.native)
            }

            /// Sets the value to `new` if it is `current`.
            ///
            /// # Errors
            ///
            /// The value, if it is not `current`.
            #[inline]
            #[track_caller]
            pub fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                in_model!(handle => {
                    let object = self.step(&handle, OpKind::Rmw);
                    let result = self.native.compare_exchange(current, new, success, failure);
                    if result.is_ok() {
                        Self::edges(&handle, object, AtomicAccess::ReadWrite, success);
                    } else {
                        Self::edges(&handle, object, AtomicAccess::Load, failure);
                        handle.with(crate::engine::World::nothing_changed);
                    }
                    result
                });
                self.native.compare_exchange(current, new, success, failure)
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

impl<T> Default for AtomicPtr<T> {
    #[track_caller]
    fn default() -> Self {
        AtomicPtr::new(std::ptr::null_mut())
    }
}
