//! What `std` has deprecated and published crates still use.

#![allow(
    clippy::declare_interior_mutable_const,
    reason = "they are there for programs that make statics of them, as of those of std"
)]

use super::Once;

/// A gate through which nobody has gone.
#[deprecated(note = "as in std: use `Once::new`")]
pub const ONCE_INIT: Once = Once::new();

pub(super) mod atomic {
    #[cfg(not(backend = "loom"))]
    use crate::backend::atomic::*;

    /// As [`hint::spin_loop`](crate::hint::spin_loop).
    #[deprecated(note = "as in std: use `hint::spin_loop`")]
    #[track_caller]
    pub fn spin_loop_hint() {
        crate::hint::spin_loop();
    }

    macro_rules! initial {
        ($($name:ident: $atomic:ident = $value:literal;)*) => {$(
            #[doc = concat!("An atomic with the value `", $value, "`. Not on the loom backend, whose atomics are no constants.")]
            #[cfg(not(backend = "loom"))]
            #[deprecated(note = "as in std: use `new`")]
            pub const $name: $atomic = $atomic::new($value);
        )*};
    }

    initial! {
        ATOMIC_BOOL_INIT: AtomicBool = false;
        ATOMIC_I8_INIT: AtomicI8 = 0;
        ATOMIC_I16_INIT: AtomicI16 = 0;
        ATOMIC_I32_INIT: AtomicI32 = 0;
        ATOMIC_I64_INIT: AtomicI64 = 0;
        ATOMIC_ISIZE_INIT: AtomicIsize = 0;
        ATOMIC_U8_INIT: AtomicU8 = 0;
        ATOMIC_U16_INIT: AtomicU16 = 0;
        ATOMIC_U32_INIT: AtomicU32 = 0;
        ATOMIC_U64_INIT: AtomicU64 = 0;
        ATOMIC_USIZE_INIT: AtomicUsize = 0;
    }
}
