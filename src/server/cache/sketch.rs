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
}

/// All counters of a key, in one line of the processor's cache: what is not there is fetched once.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Block([u64; BLOCK_WORDS]);

impl Sketch {
    pub(super) fn new() -> Self {
        Sketch { blocks: vec![Block([0; BLOCK_WORDS]); BLOCKS_MIN], increments: 0 }
    }

    /// Makes room for the history of `len` entries.
    ///
    /// A table of twice the size that has everything twice says of each key what the old one said.
    pub(super) fn fit(&mut self, len: usize) {
        while self.blocks.len() * BLOCK_WORDS < len * WORDS_SHARE {
            self.blocks.extend_from_within(..);
        }
    }

    /// The count of a hash, 0 to 15.
    pub(super) fn estimate(&self, hash: u64) -> u8 {
        let block = &self.blocks[self.block(hash)].0;
        places(hash)
            .map(|(word, shift)| (block[word] >> shift) & COUNT_MAX)
            .into_iter()
            .fold(COUNT_MAX, u64::min) as u8
    }

    /// Counts `uses` more.
    pub(super) fn add(&mut self, hash: u64, uses: u8) {
        if uses == 0 {
            return;
        }
        let block = self.block(hash);
        let block = &mut self.blocks[block].0;
        for (word, shift) in places(hash) {
            let room = COUNT_MAX - ((block[word] >> shift) & COUNT_MAX);
            block[word] += u64::from(uses).min(room) << shift;
        }
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
