//! How often keys were asked for lately, in a few bits each: a count-min sketch (Cormode, Muthukrishnan 2005) whose counters
//! are halved now and then (Einziger, Friedman, Manes, "TinyLFU", 2017).
//!
//! Who is kept is counted by who keeps it ([`Count`]), since that touches no other memory and is exact: the count is taken from
//! the sketch, is halved as often as it, and is given back when the key goes.

/// Counters end here.
const COUNT_MAX: u64 = 15;
/// Counters of one key, each in another row.
const ROWS: usize = 2;
/// Words in a row of a block.
const ROW_WORDS: usize = 4;
/// Counters in a word.
const COUNTERS: u32 = 16;
/// Words of a block, as large as a line of the processor's cache.
const BLOCK_WORDS: usize = ROWS * ROW_WORDS;
/// Words for each entry that is kept: the history is of more keys than are kept.
const WORDS_SHARE: usize = 2;
/// After so many increments for each entry all counters are halved.
const SAMPLE_SHARE: usize = 10;
/// Blocks at the start.
const BLOCKS_MIN: usize = 4;

/// Approximate counts by hash; never too low but for the halving.
#[derive(Debug)]
pub(super) struct Sketch {
    /// A power of two of them.
    blocks: Vec<Block>,
    increments: usize,
    /// How often all were halved; begins again after the last.
    halvings: u8,
}

/// The count of one key that its owner keeps up to date, exactly, instead of the sketch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Count {
    count: u8,
    halvings: u8,
    /// Whether it has more than the sketch.
    is_ahead: bool,
}

/// All counters of a key, in one line of the processor's cache: what is not there is fetched once.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Block([u64; BLOCK_WORDS]);

impl Sketch {
    pub(super) fn new() -> Self {
        Sketch { blocks: vec![Block([0; BLOCK_WORDS]); BLOCKS_MIN], increments: 0, halvings: 0 }
    }

    /// Makes room for the history of `len` entries.
    ///
    /// A table of twice the size that has everything twice says of each key what the old one said.
    #[inline]
    pub(super) fn fit(&mut self, len: usize) {
        if self.blocks.len() * BLOCK_WORDS < len * WORDS_SHARE {
            self.grow(len);
        }
    }

    #[cold]
    fn grow(&mut self, len: usize) {
        while self.blocks.len() * BLOCK_WORDS < len * WORDS_SHARE {
            self.blocks.extend_from_within(..);
        }
    }

    /// Counts one more use of a key, whose owner counts on.
    pub(super) fn take(&mut self, hash: u64) -> Count {
        let block = self.block(hash);
        let block = &mut self.blocks[block].0;
        let mut least = COUNT_MAX;
        for (word, shift) in places(hash) {
            let count = (block[word] >> shift) & COUNT_MAX;
            least = least.min(count);
            block[word] += u64::from(count < COUNT_MAX) << shift;
        }
        let count =
            Count { count: (least + 1).min(COUNT_MAX) as u8, halvings: self.halvings, is_ahead: false };
        self.note(1);
        count
    }

    /// The count now.
    #[inline]
    pub(super) fn value(&self, count: Count) -> u8 {
        let halvings = self.halvings.wrapping_sub(count.halvings);
        count.count.checked_shr(halvings.into()).unwrap_or(0)
    }

    /// Counts `uses` more.
    #[inline]
    pub(super) fn add(&mut self, count: &mut Count, uses: u8) {
        if uses == 0 {
            return;
        }
        let sum = u64::from(self.value(*count) + uses).min(COUNT_MAX);
        *count = Count { count: sum as u8, halvings: self.halvings, is_ahead: true };
        self.note(uses);
    }

    /// Remembers the count of a key whose owner does not count any more.
    pub(super) fn give_back(&mut self, hash: u64, count: Count) {
        if !count.is_ahead {
            return;
        }
        let block = self.block(hash);
        let value = u64::from(self.value(count));
        let block = &mut self.blocks[block].0;
        for (word, shift) in places(hash) {
            let before = (block[word] >> shift) & COUNT_MAX;
            block[word] += value.saturating_sub(before) << shift;
        }
    }

    #[inline]
    fn note(&mut self, uses: u8) {
        self.increments += usize::from(uses);
        if self.increments >= self.sample() {
            self.age();
        }
    }

    /// Uses that are counted before all counts are halved.
    #[inline]
    pub(super) fn sample(&self) -> usize {
        SAMPLE_SHARE * self.blocks.len() * BLOCK_WORDS / WORDS_SHARE
    }

    /// Halves all counts: what was popular long ago makes room.
    #[cold]
    fn age(&mut self) {
        for word in self.blocks.iter_mut().flat_map(|block| &mut block.0) {
            *word = (*word >> 1) & 0x7777_7777_7777_7777;
        }
        self.increments /= 2;
        self.halvings = self.halvings.wrapping_add(1);
    }

    fn block(&self, hash: u64) -> usize {
        hash as usize & (self.blocks.len() - 1)
    }
}

/// Word and shift of a key's counter in each row of its block.
fn places(hash: u64) -> [(usize, u32); ROWS] {
    // A multiple of an odd number: bits that do not go with those which choose the block.
    let mixed = (hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32;
    std::array::from_fn(|row| {
        let mixed = mixed >> (16 * row);
        (ROW_WORDS * row + mixed as usize % ROW_WORDS, (mixed >> 4) % COUNTERS * 4)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the sketch has for a key, which counts one use.
    fn count(sketch: &mut Sketch, hash: u64) -> u8 {
        let count = sketch.take(hash);
        sketch.value(count)
    }

    fn hashes(numbers: std::ops::Range<u64>) -> Vec<u64> {
        numbers.map(|number| number.wrapping_mul(0xdead_beef_1234_5677)).collect()
    }

    #[test]
    fn counts_what_is_frequent() {
        let mut sketch = Sketch::new();
        sketch.fit(64);
        for round in 0..8_u64 {
            sketch.take(7);
            sketch.take(round << 40 | round);
        }
        assert!(count(&mut sketch, 7) >= 9);
        assert!(count(&mut sketch, 99 << 32) < 9);
    }

    #[test]
    fn what_the_owner_counts_comes_back() {
        let mut sketch = Sketch::new();
        let mut kept = sketch.take(7);
        sketch.add(&mut kept, 5);
        assert_eq!(sketch.value(kept), 6);
        assert_eq!(sketch.increments, 6);
        assert!(count(&mut sketch, 7) < 6, "the sketch does not know of it");
        sketch.give_back(7, kept);
        assert_eq!(count(&mut sketch, 7), 7);
        sketch.add(&mut kept, 15);
        assert_eq!(sketch.value(kept), COUNT_MAX as u8);
    }

    #[test]
    fn what_comes_back_lowers_no_count() {
        let mut sketch = Sketch::new();
        let mut kept = sketch.take(7);
        sketch.add(&mut kept, 1);
        for _ in 0..8 {
            sketch.take(7);
        }
        sketch.give_back(7, kept);
        assert_eq!(count(&mut sketch, 7), 10);
    }

    #[test]
    fn growing_changes_no_count() {
        let mut sketch = Sketch::new();
        let hashes = hashes(1..60);
        for hash in hashes.iter().chain(&hashes[..20]) {
            sketch.take(*hash);
        }
        let mut grown = Sketch { blocks: sketch.blocks.clone(), ..sketch };
        grown.fit(1000);
        assert!(grown.blocks.len() > sketch.blocks.len());
        for hash in hashes {
            let blocks = [&sketch, &grown].map(|sketch| sketch.blocks[sketch.block(hash)].0);
            assert_eq!(blocks[0], blocks[1]);
        }
    }

    /// In the sketch, and by who owns the count.
    #[test]
    fn what_is_no_longer_asked_for_is_forgotten() {
        let mut sketch = Sketch::new();
        let mut kept = sketch.take(7);
        sketch.add(&mut kept, 14);
        sketch.give_back(7, kept);
        for hash in hashes(1..1000) {
            sketch.take(hash);
        }
        assert!(sketch.value(kept) <= 2, "{}", sketch.value(kept));
        assert!(count(&mut sketch, 7) < COUNT_MAX as u8);
    }
}
