//! What to keep: S3-FIFO by bytes (Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023).
//!
//! Pure bookkeeping, no locks. Three queues, all first in first out:
//!
//! - *small* (a tenth of the bytes): where new entries start. Most objects are asked for once; they leave from here
//!   without ever having pushed anything out of the main queue.
//! - *main* (the rest): entries that were asked for again. One that has been used since it was last looked at goes round
//!   once more instead of being evicted.
//! - *ghost*: hashes of keys that left *small* lately, without their values. A key that comes back while it is remembered
//!   goes straight to *main*.
//!
//! A hit changes one small counter and moves nothing.

use std::{
    borrow::Borrow,
    collections::{HashMap, HashSet, VecDeque, hash_map::DefaultHasher},
    hash::{BuildHasher, BuildHasherDefault, Hash},
};

/// A hasher without a random seed, so that two runs of one program do the same.
pub(crate) type FixedHasher = BuildHasherDefault<DefaultHasher>;

/// The small queue's share of the bytes, as a divisor.
const SMALL_SHARE: usize = 10;
/// Uses are counted up to here; each round through *main* costs one.
const USES_MAX: u8 = 3;
/// Uses that lift an entry from *small* to *main*.
const USES_TO_PROMOTE: u8 = 2;
/// Ghosts remembered while few entries are cached, so that a small cache learns too.
const GHOSTS_COUNT_MIN: usize = 16;

/// A map bounded by the sum of its entries' weights.
#[derive(Debug)]
pub struct Policy<K, V> {
    entries: Vec<Option<Entry<K, V>>>,
    /// Numbers of entries that are `None`.
    free: Vec<usize>,
    index: HashMap<K, usize, FixedHasher>,
    small: Queue,
    main: Queue,
    ghosts: Ghosts,
    weight_max: usize,
    /// Distinguishes an entry from an earlier one of the same number: removal leaves the queues alone, and a queue's
    /// element whose stamp does not match is skipped.
    next_stamp: u64,
    evicted: u64,
}

#[derive(Debug)]
struct Entry<K, V> {
    key: K,
    value: V,
    weight: usize,
    uses: u8,
    in_main: bool,
    stamp: u64,
}

#[derive(Debug, Default)]
struct Queue {
    order: VecDeque<(usize, u64)>,
    weight: usize,
    len: usize,
}

#[derive(Debug, Default)]
struct Ghosts {
    order: VecDeque<u64>,
    known: HashSet<u64, FixedHasher>,
}

impl<K: Hash + Eq + Clone, V> Policy<K, V> {
    /// An empty map for entries that weigh up to `weight_max` together.
    #[must_use]
    pub fn new(weight_max: usize) -> Self {
        Policy {
            entries: Vec::new(),
            free: Vec::new(),
            index: HashMap::default(),
            small: Queue::default(),
            main: Queue::default(),
            ghosts: Ghosts::default(),
            weight_max,
            next_stamp: 0,
            evicted: 0,
        }
    }

    /// The value of `key`, which counts as a use.
    pub fn get<Q>(&mut self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let slot = *self.index.get(key)?;
        let entry = self.entry_mut(slot);
        entry.uses = (entry.uses + 1).min(USES_MAX);
        Some(&entry.value)
    }

    /// The value of `key`, which does not count as a use.
    pub fn peek<Q>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let slot = *self.index.get(key)?;
        self.entries[slot].as_ref().map(|entry| &entry.value)
    }

    /// Keeps `value` and appends to `out` every value that had to go: the key's old one, evicted ones, or `value` itself
    /// when it is heavier than all there may be.
    pub fn insert(&mut self, key: K, value: V, weight: usize, out: &mut Vec<V>) {
        out.extend(self.remove(&key));
        if weight > self.weight_max {
            out.push(value);
            return;
        }
        while self.weight() + weight > self.weight_max {
            out.extend(self.evict());
        }
        let in_main = self.ghosts.forget(hash_of(&key));
        let stamp = self.next_stamp;
        self.next_stamp += 1;
        let entry = Entry { key: key.clone(), value, weight, uses: 0, in_main, stamp };
        let slot = match self.free.pop() {
            Some(slot) => {
                self.entries[slot] = Some(entry);
                slot
            }
            None => {
                self.entries.push(Some(entry));
                self.entries.len() - 1
            }
        };
        self.index.insert(key, slot);
        let queue = if in_main { &mut self.main } else { &mut self.small };
        queue.push(slot, stamp, weight);
    }

    /// Takes `key` out; it is not remembered as a ghost.
    pub fn remove<Q>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let slot = self.index.remove(key)?;
        let entry = self.entries[slot].take().expect("an indexed entry exists");
        self.free.push(slot);
        let queue = if entry.in_main { &mut self.main } else { &mut self.small };
        queue.leave(entry.weight);
        queue.sweep(&self.entries);
        Some(entry.value)
    }

    /// Entries kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether nothing is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// What the entries weigh together.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.small.weight + self.main.weight
    }

    /// Entries that were evicted so far.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    fn entry_mut(&mut self, slot: usize) -> &mut Entry<K, V> {
        self.entries[slot].as_mut().expect("an indexed entry exists")
    }

    /// Takes the least useful entry out.
    fn evict(&mut self) -> Option<V> {
        let from_small = self.small.weight >= self.weight_max / SMALL_SHARE || self.main.len == 0;
        let entry =
            if from_small { self.evict_small().or_else(|| self.evict_main()) } else { self.evict_main() }?;
        self.evicted += 1;
        // An eviction too can leave a queue with more stale elements than live ones.
        self.small.sweep(&self.entries);
        self.main.sweep(&self.entries);
        Some(entry.value)
    }

    fn evict_small(&mut self) -> Option<Entry<K, V>> {
        while let Some(slot) = self.small.pop(&self.entries) {
            let entry = self.entry_mut(slot);
            let weight = entry.weight;
            if entry.uses < USES_TO_PROMOTE {
                self.small.leave(weight);
                let entry = self.take(slot);
                let remembered = self.main.len.max(GHOSTS_COUNT_MIN);
                self.ghosts.remember(hash_of(&entry.key), remembered);
                return Some(entry);
            }
            entry.uses = 0;
            entry.in_main = true;
            let stamp = entry.stamp;
            self.small.leave(weight);
            self.main.push(slot, stamp, weight);
        }
        None
    }

    fn evict_main(&mut self) -> Option<Entry<K, V>> {
        while let Some(slot) = self.main.pop(&self.entries) {
            let entry = self.entry_mut(slot);
            let weight = entry.weight;
            if entry.uses == 0 {
                self.main.leave(weight);
                return Some(self.take(slot));
            }
            entry.uses -= 1;
            let stamp = entry.stamp;
            self.main.order.push_back((slot, stamp));
        }
        None
    }

    fn take(&mut self, slot: usize) -> Entry<K, V> {
        let entry = self.entries[slot].take().expect("a queued entry exists");
        self.index.remove(&entry.key);
        self.free.push(slot);
        entry
    }

    /// Panics when the bookkeeping contradicts itself; for tests.
    ///
    /// # Panics
    ///
    /// When an invariant does not hold; the message says which.
    pub fn validate(&self) {
        assert!(self.weight() <= self.weight_max, "the bound holds");
        let kept = self.entries.iter().flatten();
        assert_eq!(kept.clone().count(), self.index.len(), "each entry is indexed once");
        assert_eq!(self.entries.len(), self.index.len() + self.free.len(), "each slot is taken or free");
        for (queue, in_main) in [(&self.small, false), (&self.main, true)] {
            let of_queue = kept.clone().filter(|entry| entry.in_main == in_main);
            assert_eq!(
                of_queue.clone().map(|entry| entry.weight).sum::<usize>(),
                queue.weight,
                "weights add up"
            );
            assert_eq!(of_queue.count(), queue.len, "lengths add up");
            let live = queue.order.iter().filter(|item| is_live(&self.entries, **item));
            assert_eq!(live.count(), queue.len, "each entry is queued once");
            assert!(queue.order.len() <= Queue::stale_len_max(queue.len), "stale elements are swept");
        }
        for (key, &slot) in &self.index {
            let entry = self.entries[slot].as_ref().expect("an indexed entry exists");
            assert!(entry.key == *key, "the index points to the key's entry");
        }
        assert_eq!(self.ghosts.order.len(), self.ghosts.known.len(), "each ghost is queued once");
    }
}

fn is_live<K, V>(entries: &[Option<Entry<K, V>>], (slot, stamp): (usize, u64)) -> bool {
    entries[slot].as_ref().is_some_and(|entry| entry.stamp == stamp)
}

fn hash_of<K: Hash>(key: &K) -> u64 {
    FixedHasher::default().hash_one(key)
}

impl Queue {
    fn push(&mut self, slot: usize, stamp: u64, weight: usize) {
        self.order.push_back((slot, stamp));
        self.weight += weight;
        self.len += 1;
    }

    /// The oldest entry's slot; the caller tells by [`leave`](Self::leave) when it is to be counted out.
    fn pop<K, V>(&mut self, entries: &[Option<Entry<K, V>>]) -> Option<usize> {
        while let Some(item) = self.order.pop_front() {
            if is_live(entries, item) {
                return Some(item.0);
            }
        }
        None
    }

    fn leave(&mut self, weight: usize) {
        self.weight -= weight;
        self.len -= 1;
    }

    fn stale_len_max(len: usize) -> usize {
        2 * len + 16
    }

    /// Drops elements of removed entries once they are the majority, so that a queue's memory follows its entries.
    fn sweep<K, V>(&mut self, entries: &[Option<Entry<K, V>>]) {
        if self.order.len() > Queue::stale_len_max(self.len) {
            self.order.retain(|item| is_live(entries, *item));
        }
    }
}

impl Ghosts {
    fn remember(&mut self, hash: u64, len_max: usize) {
        if self.known.insert(hash) {
            self.order.push_back(hash);
        }
        while self.order.len() > len_max {
            if let Some(oldest) = self.order.pop_front() {
                self.known.remove(&oldest);
            }
        }
    }

    /// Whether the key was remembered; it is not from now on.
    fn forget(&mut self, hash: u64) -> bool {
        if !self.known.remove(&hash) {
            return false;
        }
        self.order.retain(|ghost| *ghost != hash);
        true
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::Policy;

    fn insert(policy: &mut Policy<u8, u32>, key: u8, value: u32, weight: usize) -> Vec<u32> {
        let mut out = Vec::new();
        policy.insert(key, value, weight, &mut out);
        out
    }

    #[test]
    fn a_scan_does_not_push_out_what_is_used() {
        let mut policy = Policy::new(100);
        for key in 0..5 {
            insert(&mut policy, key, u32::from(key), 10);
            policy.get(&key);
            policy.get(&key);
        }
        for key in 100..200 {
            insert(&mut policy, key, u32::from(key), 10);
            policy.validate();
        }
        assert!((0..5).all(|key| policy.peek(&key).is_some()));
    }

    #[test]
    fn what_is_too_heavy_comes_back() {
        let mut policy = Policy::new(10);
        assert_eq!(insert(&mut policy, 1, 7, 11), [7]);
        assert!(policy.is_empty());
    }

    #[test]
    fn evictions_sweep_what_removals_left() {
        let mut policy = Policy::new(40);
        for key in 0..40 {
            insert(&mut policy, key, u32::from(key), 1);
        }
        for key in 12..40 {
            policy.remove(&key);
        }
        assert_eq!(insert(&mut policy, 100, 100, 30), [0, 1]);
        policy.validate();
    }

    #[derive(Debug, Clone)]
    enum Op {
        Get(u8),
        Insert(u8, usize),
        Remove(u8),
    }

    fn ops() -> impl Strategy<Value = Vec<Op>> {
        let op = prop_oneof![
            3 => (0..24_u8).prop_map(Op::Get),
            3 => (0..24_u8, 0..40_usize).prop_map(|(key, weight)| Op::Insert(key, weight)),
            1 => (0..24_u8).prop_map(Op::Remove),
        ];
        proptest::collection::vec(op, 0..400)
    }

    proptest! {
        /// What is kept is what a plain map would hold, minus what was reported as gone; nothing is lost or doubled.
        #[test]
        fn agrees_with_a_plain_map(ops in ops(), weight_max in 1..120_usize) {
            let mut policy = Policy::new(weight_max);
            let mut naive = BTreeMap::new();
            for (value, op) in ops.into_iter().enumerate() {
                match op {
                    Op::Get(key) => prop_assert_eq!(policy.get(&key), naive.get(&key)),
                    Op::Remove(key) => prop_assert_eq!(policy.remove(&key), naive.remove(&key)),
                    Op::Insert(key, weight) => {
                        let mut out = Vec::new();
                        policy.insert(key, value, weight, &mut out);
                        naive.insert(key, value);
                        naive.retain(|_, kept| !out.contains(kept));
                    }
                }
                policy.validate();
                prop_assert_eq!(policy.len(), naive.len());
                for (key, value) in &naive {
                    prop_assert_eq!(policy.peek(key), Some(value));
                }
            }
        }
    }
}
