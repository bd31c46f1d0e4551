//! Values of atomics as the engine keeps them: 64 bits are enough for each.

/// A value that an atomic can have.
pub(super) trait Bits: Copy {
    /// Equal values have equal bits.
    fn to_bits(self) -> u64;
    fn from_bits(bits: u64) -> Self;
}

macro_rules! integers {
    ($($integer:ty)*) => {$(
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_possible_wrap,
            clippy::cast_sign_loss,
            clippy::cast_lossless,
            reason = "there and back the value is the same"
        )]
        impl Bits for $integer {
            fn to_bits(self) -> u64 {
                self as u64
            }

            fn from_bits(bits: u64) -> Self {
                bits as $integer
            }
        }
    )*};
}

integers! { i8 i16 i32 i64 isize u8 u16 u32 u64 usize }

impl Bits for bool {
    fn to_bits(self) -> u64 {
        u64::from(self)
    }

    fn from_bits(bits: u64) -> Self {
        bits != 0
    }
}

impl<T> Bits for *mut T {
    fn to_bits(self) -> u64 {
        self.expose_provenance().to_bits()
    }

    fn from_bits(bits: u64) -> Self {
        std::ptr::with_exposed_provenance_mut(usize::from_bits(bits))
    }
}

#[cfg(test)]
mod tests {
    use super::Bits;

    #[test]
    fn values_come_back() {
        assert_eq!((i8::from_bits((-3_i8).to_bits()), i64::from_bits(i64::MIN.to_bits())), (-3, i64::MIN));
        assert_eq!((bool::from_bits(true.to_bits()), u64::from_bits(u64::MAX.to_bits())), (true, u64::MAX));
        let mut target = 5_u32;
        let pointer: *mut u32 = &raw mut target;
        assert_eq!(<*mut u32>::from_bits(pointer.to_bits()), pointer);
    }
}
