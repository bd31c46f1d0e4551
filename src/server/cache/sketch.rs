//! How often keys were asked for lately, in a few bits each: a count-min sketch (Cormode, Muthukrishnan 2005) whose counters
//! are halved now and then (Einziger, Friedman, Manes, "TinyLFU", 2017).

/// Counters end here.
const COUNT_MAX: u64 = 15;
/// Counters of one key, each in another row.
const ROWS: usize = 4;
/// Words of a block, as large as a line of the processor's cache: two for each row.
const BLOCK_WORDS: usize = 2 * ROWS;
/// Counters in a word.
const COUNTERS: u32 = 16;
/// Words for each entry that is kept: the history is of more keys than are kept.
const WORDS_SHARE: usize = 4;
/// After so many increments for each entry all counters are halved.
const SAMPLE_SHARE: usize = 10;
/// Words at the start.
const WORDS_MIN: usize = 64;

/// Approximate counts by hash; never too low but for the halving.
#[derive(Debug)]
pub(super) struct Sketch {
    /// A power of two of them, 16 counters each.
    words: Vec<u64>,
    increments: usize,
}

impl Sketch {
    pub(super) fn new() -> Self {
        Sketch { words: vec![0; WORDS_MIN], increments: 0 }
    }

    /// Makes room for the history of `len` entries.
    ///
    /// A table of twice the size that has everything twice says of each key what the old one said.
    pub(super) fn fit(&mut self, len: usize) {
        while self.words.len() < len * WORDS_SHARE {
            self.words.extend_from_within(..);
        }
    }

    /// The count of a hash, 0 to 15.
    pub(super) fn estimate(&self, hash: u64) -> u8 {
        let counts = (0..ROWS).map(|row| {
            let (word, shift) = self.place(hash, row);
            (self.words[word] >> shift) & COUNT_MAX
        });
        counts.min().unwrap_or(0) as u8
    }

    /// Counts `uses` more.
    pub(super) fn add(&mut self, hash: u64, uses: u8) {
        if uses == 0 {
            return;
        }
        for row in 0..ROWS {
            let (word, shift) = self.place(hash, row);
            let room = COUNT_MAX - ((self.words[word] >> shift) & COUNT_MAX);
            self.words[word] += u64::from(uses).min(room) << shift;
        }
        self.increments += usize::from(uses);
        if self.increments >= self.sample() {
            self.age();
        }
    }

    /// Uses that are counted before all counts are halved.
    pub(super) fn sample(&self) -> usize {
        SAMPLE_SHARE * self.words.len() / WORDS_SHARE
    }

    /// Halves all counts: what was popular long ago makes room.
    fn age(&mut self) {
        for word in &mut self.words {
            *word = (*word >> 1) & 0x7777_7777_7777_7777;
        }
        self.increments /= 2;
    }

    /// Word and shift of a key's counter in this row. All rows of a key are in one block: what is not in the processor's cache
    /// is fetched once.
    fn place(&self, hash: u64, row: usize) -> (usize, u32) {
        let blocks = self.words.len() as u64 / BLOCK_WORDS as u64;
        // A multiple of an odd number: bits that do not go with those which choose the block.
        let mixed = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (32 + 5 * row);
        let word = (hash & (blocks - 1)) as usize * BLOCK_WORDS + 2 * row + (mixed & 1) as usize;
        (word, (mixed >> 1) as u32 % COUNTERS * 4)
    }
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
