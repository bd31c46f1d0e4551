//! Which step each step takes its value from: the pairs that an execution shows, as a measure of what is new in it.
//!
//! Steps are named by their *site*: the place in the program, what the operation does and the object. Threads that run the
//! same code share their sites, so that the number of pairs does not grow with the number of threads.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

use super::profile::{NO_STABLE_OBJECT, Profile, StableObject};
use crate::engine::op::{ObjectIndex, Op, OpKind, ThreadIndex};

/// A site by its number. 0 stands for the state of an object before its first step.
pub(crate) type SiteIndex = u32;

/// The state of an object before anybody changed it.
pub(crate) const INITIAL: SiteIndex = 0;

/// Stands for "no site": the operation neither takes a value nor leaves one.
pub(crate) const NO_SITE: SiteIndex = u32::MAX;

/// Beyond this many combinations of pairs no new ones are kept.
const COMBINATIONS_MAX: usize = 1 << 18;

/// What all steps at a site have in common.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) object: StableObject,
    /// It takes a value: what it does depends on what others did to the object.
    pub(crate) reads: bool,
    /// It leaves a value.
    pub(crate) writes: bool,
}

/// A step took the value that another one left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) reader: SiteIndex,
    pub(crate) writer: SiteIndex,
}

/// What an execution brought to light.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Novelty {
    /// Pairs that no execution had shown before.
    pub(crate) pairs: u32,
    /// No execution had shown this set of pairs before.
    pub(crate) combination: bool,
}

/// The pairs of all executions so far, and of the present one.
#[derive(Debug)]
pub(crate) struct ReadsFrom {
    site_numbers: HashMap<(usize, OpKind, StableObject), SiteIndex, FastHashing>,
    pub(crate) sites: Vec<Site>,
    pair_numbers: HashMap<u64, u32, FastHashing>,
    /// In which execution each pair was last shown.
    shown_in: Vec<u64>,
    execution: u64,
    /// By the engine's number of the object: who left its value.
    writers: Vec<(SiteIndex, ThreadIndex)>,
    /// The pairs of the present execution, each once.
    pub(crate) pairs: Vec<Pair>,
    new_pairs: u32,
    combination: u64,
    combinations: HashMap<u64, u32, FastHashing>,
}

impl Default for ReadsFrom {
    fn default() -> Self {
        let initial = Site { object: NO_STABLE_OBJECT, reads: false, writes: false };
        ReadsFrom {
            site_numbers: HashMap::default(),
            sites: vec![initial],
            pair_numbers: HashMap::default(),
            shown_in: Vec::new(),
            execution: 0,
            writers: Vec::new(),
            pairs: Vec::new(),
            new_pairs: 0,
            combination: 0,
            combinations: HashMap::default(),
        }
    }
}

impl ReadsFrom {
    /// Begins an execution.
    pub(crate) fn begin(&mut self) {
        self.execution += 1;
        self.writers.clear();
        self.pairs.clear();
        self.new_pairs = 0;
        self.combination = 0;
    }

    /// The site of a published operation.
    pub(crate) fn site(&mut self, op: &Op, profile: &Profile) -> SiteIndex {
        let object = profile.object(op);
        // A join waits for a thread's end and a barrier's pass for its arrivals, in every order.
        if object == NO_STABLE_OBJECT || matches!(op.kind, OpKind::Join | OpKind::Pass | OpKind::Finish) {
            return NO_SITE;
        }
        let key = (std::ptr::from_ref(op.place).addr(), op.kind, object);
        if let Some(site) = self.site_numbers.get(&key) {
            return *site;
        }
        let site = SiteIndex::try_from(self.sites.len()).expect("sites are fewer than 2^32");
        self.site_numbers.insert(key, site);
        self.sites.push(Site { object, reads: op.kind != OpKind::Store, writes: !op.kind.only_reads() });
        site
    }

    /// The site that left the object's present value.
    pub(crate) fn writer(&self, object: ObjectIndex) -> SiteIndex {
        self.writers.get(object as usize).map_or(INITIAL, |(site, _)| *site)
    }

    /// The thread takes the step that it published at this site.
    pub(crate) fn step(&mut self, thread: ThreadIndex, object: ObjectIndex, site: SiteIndex) {
        if site == NO_SITE {
            return;
        }
        let Site { reads, writes, .. } = self.sites[site as usize];
        if reads {
            let (writer, by) = self.writers.get(object as usize).copied().unwrap_or((INITIAL, thread));
            self.show(Pair { reader: site, writer }, by == thread);
        }
        if writes {
            let index = object as usize;
            if self.writers.len() <= index {
                self.writers.resize(index + 1, (INITIAL, thread));
            }
            self.writers[index] = (site, thread);
        }
    }

    fn show(&mut self, pair: Pair, is_own: bool) {
        let key = u64::from(pair.reader) << 32 | u64::from(pair.writer) << 1 | u64::from(is_own);
        let next = u32::try_from(self.shown_in.len()).expect("pairs are fewer than 2^32");
        let number = *self.pair_numbers.entry(key).or_insert(next) as usize;
        if number == self.shown_in.len() {
            self.shown_in.push(0);
            self.new_pairs += 1;
        }
        if self.shown_in[number] != self.execution {
            self.shown_in[number] = self.execution;
            self.combination ^= mixed(key);
            self.pairs.push(pair);
        }
    }

    /// Ends an execution, and says what it brought to light.
    pub(crate) fn end(&mut self) -> Novelty {
        let is_full = self.combinations.len() >= COMBINATIONS_MAX;
        let times = match self.combinations.get_mut(&self.combination) {
            Some(times) => times,
            None if is_full => return Novelty { pairs: self.new_pairs, combination: false },
            None => self.combinations.entry(self.combination).or_insert(0),
        };
        *times += 1;
        Novelty { pairs: self.new_pairs, combination: *times == 1 }
    }

    /// The set of pairs of the present execution, as one number.
    pub(crate) fn combination(&self) -> u64 {
        self.combination
    }

    /// How many executions showed this set of pairs.
    pub(crate) fn times(&self, combination: u64) -> u32 {
        self.combinations.get(&combination).copied().unwrap_or(0)
    }
}

/// Spreads a number over all bits (the finaliser of SplitMix64).
pub(crate) fn mixed(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

pub(crate) type FastHashing = BuildHasherDefault<FastHasher>;

/// Keys here are a few small numbers of our own making, asked for at each step: no need to withstand an attacker.
#[derive(Debug, Default)]
pub(crate) struct FastHasher(u64);

impl Hasher for FastHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn write_isize(&mut self, number: isize) {
        self.write_u64(number as u64);
    }

    fn finish(&self) -> u64 {
        // Tables look at the low bits, and a product's good bits are the high ones.
        self.0 ^ self.0 >> 32
    }
}
