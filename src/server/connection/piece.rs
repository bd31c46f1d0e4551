//! The memory that content which is not in memory goes through, piece by piece.

/// Room for one piece. It is initialised once, however many pieces there are and however short they turn out to be.
#[derive(Default)]
pub(super) struct Piece {
    room: Vec<u8>,
    len: usize,
}

impl Piece {
    /// The piece: what was said to be [filled](Self::filled).
    pub(super) fn bytes(&self) -> &[u8] {
        &self.room[..self.len]
    }

    /// Room for the next piece in place of the last one; say with [`filled`](Self::filled) how much of it there is.
    pub(super) fn room(&mut self, bytes: usize) -> &mut [u8] {
        self.len = 0;
        if self.room.len() < bytes {
            self.room.resize(bytes, 0);
        }
        &mut self.room[..bytes]
    }

    /// The first `len` bytes of the room are the piece.
    pub(super) fn filled(&mut self, len: usize) {
        debug_assert!(len <= self.room.len(), "what was filled is room");
        self.len = len;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_what_was_filled_last() {
        let mut piece = Piece::default();
        assert!(piece.bytes().is_empty());
        piece.room(5).copy_from_slice(b"abcde");
        piece.filled(3);
        assert_eq!(piece.bytes(), b"abc");
        // The room is not made anew, and what is asked for is never more than that.
        assert_eq!(piece.room(4), b"abcd");
        assert!(piece.bytes().is_empty());
        piece.filled(4);
        assert_eq!(piece.bytes(), b"abcd");
        assert_eq!(piece.room(7), b"abcde\0\0");
    }
}
