//! Received bytes that are not used yet.

use crate::server::limits::READ_BYTES;

/// A buffer that is filled at its end and used from its front. Its memory is given back, or lent to the next connection, when
/// nothing is in it.
#[derive(Default)]
pub(super) struct Input {
    /// All of it is initialised; what lies in `start..end` was received.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl Input {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    pub(super) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// The first `count` bytes have been used.
    pub(super) fn consume(&mut self, count: usize) {
        debug_assert!(count <= self.end - self.start, "only what was received can be used");
        self.start += count;
        if self.is_empty() {
            (self.start, self.end) = (0, 0);
        }
    }

    /// Room for at least `bytes` that come next; say with [`received`](Self::received) how much has come.
    pub(super) fn room(&mut self, bytes: usize) -> &mut [u8] {
        if self.buffer.len() - self.end < bytes {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
            if self.buffer.len() - self.end < bytes {
                self.buffer.resize(self.end + bytes, 0);
            }
        }
        &mut self.buffer[self.end..]
    }

    pub(super) fn received(&mut self, count: usize) {
        self.end += count;
        debug_assert!(self.end <= self.buffer.len(), "what was received fits");
    }

    /// Uses the memory of `spare` where it has none.
    pub(super) fn borrow(&mut self, spare: &mut Vec<u8>) {
        if self.buffer.is_empty() {
            self.buffer = std::mem::take(spare);
        }
    }

    /// Gives its memory to `spare` if nothing is in it.
    pub(super) fn give_back(&mut self, spare: &mut Vec<u8>) {
        if self.is_empty() {
            let buffer = std::mem::take(&mut self.buffer);
            // What one large request needed is not kept for all.
            if spare.is_empty() && buffer.len() <= 2 * READ_BYTES {
                *spare = buffer;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_go_through_in_order() {
        let mut input = Input::default();
        let mut spare = vec![0; READ_BYTES];
        input.borrow(&mut spare);
        assert!(spare.is_empty());
        input.room(READ_BYTES)[..4].copy_from_slice(b"abcd");
        input.received(4);
        input.consume(1);
        assert!(input.room(READ_BYTES).len() >= READ_BYTES);
        assert_eq!(input.bytes(), b"bcd");
        input.give_back(&mut spare);
        assert_eq!((input.bytes(), spare.len()), (&b"bcd"[..], 0));
        input.consume(3);
        input.give_back(&mut spare);
        assert!(input.is_empty() && spare.len() >= READ_BYTES);
    }
}
