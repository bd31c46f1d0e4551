//! How often keys were asked for lately, in a few bits each: a count-min sketch (Cormode, Muthukrishnan 2005) whose counters
//! are halved now and then (Einziger, Friedman, Manes, "TinyLFU", 2017).

/// Counters end here.
const COUNT_MAX: u64 = 15;
/// Counters of one key, each in another row.
const ROWS: usize = 4;
/// Words of a block: two for each row.
const BLOCK_WORDS: usize = 2 * ROWS;
/// Counters in a word.
const COUNTERS: u32 = 16;
/// Words for each entry that is kept: the history is of more keys than are kept.
const WORDS_SHARE: usize = 4;
/// After so many increments for each entry all counters are halved.
const SAMPLE_SHARE: usize = 10;
/// Blocks at the start.
const BLOCKS_MIN: usize = 8;

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
    pub(super) fn fit(&mut self, len: usize) {
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
    pub(super) fn value(&self, count: Count) -> u8 {
        let halvings = self.halvings.wrapping_sub(count.halvings);
        count.count.checked_shr(halvings.into()).unwrap_or(0)
    }

    /// Counts `uses` more.
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

    fn note(&mut self, uses: u8) {
        self.increments += usize::from(uses);
        if self.increments >= self.sample() {
            self.age();
        }
    }

    /// Uses that are counted before all counts are halved.
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
        let mixed = mixed >> (5 * row);
        (2 * row + (mixed & 1) as usize, (mixed >> 1) % COUNTERS * 4)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_is_frequent() {
        let mut sketch = Sketch::new();
        sketch.fit(64);
        for round in 0..8_u64 {
            sketch.add(7, 1);
            sketch.add(round << 40 | round, 1);
        }
        assert!(sketch.estimate(7) >= 8);
        assert!(sketch.estimate(99 << 32) < 8);
        sketch.add(7, 200);
        assert_eq!(sketch.estimate(7), 15);
    }

    #[test]
    fn growing_changes_no_count() {
        let mut sketch = Sketch::new();
        let hashes: Vec<u64> =
            (1..60).map(|number: u64| number.wrapping_mul(0xdead_beef_1234_5677)).collect();
        for (at, hash) in hashes.iter().enumerate() {
            sketch.add(*hash, (at % 3) as u8);
        }
        let before: Vec<_> = hashes.iter().map(|hash| sketch.estimate(*hash)).collect();
        sketch.fit(1000);
        assert_eq!(before, hashes.iter().map(|hash| sketch.estimate(*hash)).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_no_longer_asked_for_is_forgotten() {
        let mut sketch = Sketch::new();
        sketch.add(7, 15);
        for hash in 0..2000_u64 {
            sketch.add(hash.wrapping_mul(0x0123_4567_89ab_cdef), 1);
        }
        assert!(sketch.estimate(7) < 15);
    }
}
