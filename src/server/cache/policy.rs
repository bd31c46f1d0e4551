//! What to keep: W-TinyLFU by weight, with queues that no hit reorders.
//!
//! Pure bookkeeping, no locks. Two queues, both first in first out, and a memory:
//!
//! - *window*: where new entries start. Its share of the weight follows the hit ratio, see `climber`.
//! - *main* (the rest): one that was used goes round once more for each use, up to three, instead of being evicted.
//! - the *sketch* remembers about how often keys were asked for that are not kept; those that are have a count of their own,
//!   which they take from the sketch and give back to it.
//!
//! The oldest of the window gets into a full main queue only by having been asked for clearly more often than the entry that
//! would have to go for it; of a larger one more is asked. So a scan, or a loop over more than fits, does not push out what is
//! used. What "clearly" means is learnt, see `margin`; and a count that is of the past counts half, see `EXPECTED_MAX`.
//!
//! The parts are those of Caffeine (Einziger, Friedman, Manes, "TinyLFU: a highly efficient cache admission policy", ACM
//! Transactions on Storage 2017), the queues those of S3-FIFO (Yang et al., SOSP 2023): a hit changes one small counter and
//! moves nothing. Most of the time goes by waiting for memory, so what a hit needs lies together, and a miss fetches one or two
//! lines of the sketch. `cargo unsnarl bench cache` compares it with others.

use std::hash::Hash;

use hashbrown::{Equivalent, HashTable};

use super::{
    climber::Climber,
    margin::Margin,
    queue::{Places, Queue},
    sketch::{Count, Sketch},
};

/// Uses between two looks at an entry are counted up to here.
const USES_MAX: u8 = 15;
/// How often an entry goes round at most without being used again.
const ROUNDS_MAX: u8 = 3;
/// Rounds that an entry takes along from the window.
const ROUNDS_AT_PROMOTION: u8 = 1;
/// When a victim's count makes expect more uses than this since the last one, of which there was none, the count is of the past,
/// and counts half.
const EXPECTED_MAX: u64 = 2;

/// A map bounded by the sum of its entries' weights.
///
/// The hashes of keys are the caller's: equal keys have equal hashes.
#[derive(Debug)]
pub struct Policy<K, V> {
    entries: Places<Entry<K, V>, Standing>,
    index: HashTable<u32>,
    window: Queue,
    main: Queue,
    sketch: Sketch,
    climber: Climber,
    margin: Box<Margin>,
    /// So far.
    requests: u64,
    /// Of them, those that found nothing.
    misses: u64,
    weight_max: usize,
    /// Of the window, as the climber has it.
    window_max: usize,
    evicted: u64,
}

/// What a hit needs. It does not lie across more lines of the processor's cache than it must.
#[derive(Debug)]
#[repr(align(32))]
struct Entry<K, V> {
    key: K,
    value: V,
    /// The number of the request that asked for it last, the lower half of it.
    asked_at: u32,
    /// Since it was last looked at, not yet counted.
    uses: u8,
    /// Whether the margin waits for it to be asked for. Who is watched and not kept is found out by the hash.
    is_watched: bool,
}

/// What decides whether an entry stays.
#[derive(Debug)]
struct Standing {
    hash: u64,
    weight: usize,
    count: Count,
    /// Times that it will still go round.
    rounds: u8,
    in_main: bool,
}

impl<K: Hash + Eq, V> Policy<K, V> {
    /// An empty map for entries that weigh up to `weight_max` together.
    #[must_use]
    pub fn new(weight_max: usize) -> Self {
        let climber = Climber::new();
        Policy {
            entries: Places::new(),
            index: HashTable::new(),
            window: Queue::new(),
            main: Queue::new(),
            sketch: Sketch::new(),
            window_max: climber.window(weight_max),
            climber,
            margin: Box::new(Margin::new()),
            requests: 0,
            misses: 0,
            weight_max,
            evicted: 0,
        }
    }

    /// The value of `key`, which counts as a use.
    #[inline]
    pub fn get<Q: Equivalent<K> + ?Sized>(&mut self, hash: u64, key: &Q) -> Option<&V> {
        self.requests += 1;
        let Some(at) = self.find(hash, key) else {
            self.misses += 1;
            self.margin.asked(hash);
            return None;
        };
        let entry = self.entries.get_mut(at);
        entry.uses += u8::from(entry.uses < USES_MAX);
        entry.asked_at = self.requests as u32;
        if entry.is_watched {
            entry.is_watched = false;
            self.margin.asked(hash);
        }
        Some(&entry.value)
    }

    /// The value of `key`, which does not count as a use.
    pub fn peek<Q: Equivalent<K> + ?Sized>(&self, hash: u64, key: &Q) -> Option<&V> {
        self.find(hash, key).map(|at| &self.entries.get(at).value)
    }

    /// Keeps `value`, if it is wanted often enough, and gives to `gone` every value that had to go: the key's old one,
    /// evicted ones, or `value` itself.
    pub fn insert(&mut self, hash: u64, key: K, value: V, weight: usize, gone: &mut impl FnMut(V)) {
        let Some(at) = self.find(hash, &key) else { return self.insert_new(hash, key, value, weight, gone) };
        if weight > self.weight_max {
            self.count_miss();
            gone(self.drop_out(at));
            gone(value);
            return;
        }
        self.count_miss();
        // A newer version keeps the place of the old one.
        let entry = self.entries.get_mut(at);
        entry.uses += u8::from(entry.uses < USES_MAX);
        gone(std::mem::replace(&mut entry.value, value));
        let standing = self.entries.note_mut(at);
        let before = std::mem::replace(&mut standing.weight, weight);
        let queue = if standing.in_main { &mut self.main } else { &mut self.window };
        queue.weight = queue.weight - before + weight;
        self.make_room(gone);
    }

    /// As [`insert`](Self::insert), of a key that the caller knows is not kept.
    pub fn insert_new(&mut self, hash: u64, key: K, value: V, weight: usize, gone: &mut impl FnMut(V)) {
        self.count_miss();
        if weight > self.weight_max {
            gone(value);
            return;
        }
        let entry = Entry { key, value, asked_at: self.requests as u32, uses: 0, is_watched: false };
        let standing = Standing { hash, weight, count: self.sketch.take(hash), rounds: 0, in_main: false };
        let at = self.entries.add(entry, standing);
        self.window.push(at);
        self.window.weight += weight;
        let entries = &self.entries;
        self.index.insert_unique(hash, at, |at| entries.note(*at).hash);
        self.sketch.fit(self.len());
        self.make_room(gone);
    }

    fn count_miss(&mut self) {
        if self.climber.miss(self.hits(), self.len()) {
            self.window_max = self.climber.window(self.weight_max);
        }
    }

    /// Takes `key` out.
    pub fn remove<Q: Equivalent<K> + ?Sized>(&mut self, hash: u64, key: &Q) -> Option<V> {
        let at = self.find(hash, key)?;
        Some(self.drop_out(at))
    }

    /// Entries kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether nothing is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the entries weigh together.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.window.weight + self.main.weight
    }

    /// Requests that found an entry so far.
    #[must_use]
    pub fn hits(&self) -> u64 {
        self.requests - self.misses
    }

    /// Entries that were evicted so far, also before they got out of the window.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    fn find<Q: Equivalent<K> + ?Sized>(&self, hash: u64, key: &Q) -> Option<u32> {
        self.index.find(hash, |at| key.equivalent(&self.entries.get(*at).key)).copied()
    }

    /// Moves and evicts until the bound holds.
    fn make_room(&mut self, gone: &mut impl FnMut(V)) {
        let window_max = self.window_max;
        let main_max = self.weight_max - window_max;
        while let Some(candidate) = self.window.oldest().filter(|_| self.window.weight > window_max) {
            let weight = self.entries.note(candidate).weight;
            if self.main.weight + weight <= main_max {
                self.promote();
            } else if self.weight() <= self.weight_max {
                // There is room, but the main queue has more than its share: it shrinks as entries come.
                break;
            } else {
                let loser = self.loser(candidate);
                self.evict(loser, gone);
            }
        }
        while self.weight() > self.weight_max {
            match self.victim().or(self.window.oldest()) {
                Some(at) => self.evict(at, gone),
                None => return,
            }
        }
    }

    /// Of the candidate and the entry that would have to go for it, the one that is worth less; in doubt the candidate.
    ///
    /// Worth is frequency divided by the root of the weight: halfway between the ratio of requests that hit, for which it
    /// would be divided by the weight, and that of bytes, for which it would not be divided.
    fn loser(&mut self, candidate: u32) -> u32 {
        let Some(victim) = self.victim() else { return candidate };
        // What the candidate's count is worth where the victim's weight is the measure.
        let root = match [victim, candidate].map(|at| self.entries.note(at).weight.max(1)) {
            [victim, candidate] if victim == candidate => 1.0,
            [victim, candidate] => (victim as f64 / candidate as f64).sqrt(),
        };
        let lead = self.frequency(candidate) as f64 * root - self.frequency_now(victim) as f64;
        let (loser, winner) =
            if lead > self.margin.get() { (victim, candidate) } else { (candidate, victim) };
        let (candidate, victim) = (self.entries.note(candidate).hash, self.entries.note(victim).hash);
        if self.margin.watch(candidate, victim, lead, root, self.requests as u32, self.len()) {
            self.entries.get_mut(winner).is_watched = true;
        }
        loser
    }

    fn frequency(&self, at: u32) -> u32 {
        u32::from(self.sketch.value(self.entries.note(at).count) + self.entries.get(at).uses)
    }

    /// As [`frequency`](Self::frequency), unless that is of the past.
    fn frequency_now(&self, at: u32) -> u32 {
        let frequency = self.frequency(at);
        let idle = (self.requests as u32).wrapping_sub(self.entries.get(at).asked_at);
        let is_past = u64::from(frequency) * u64::from(idle) > EXPECTED_MAX * self.sketch.sample() as u64;
        if is_past { frequency / 2 } else { frequency }
    }

    /// The oldest entry of the main queue that does not go round once more.
    fn victim(&mut self) -> Option<u32> {
        loop {
            let at = self.main.oldest()?;
            let standing = self.look_at(at);
            if standing.rounds == 0 {
                return Some(at);
            }
            standing.rounds -= 1;
            self.entries.go_round(&mut self.main);
        }
    }

    /// Counts an entry's uses, for each of which it goes round once more.
    #[inline]
    fn look_at(&mut self, at: u32) -> &mut Standing {
        let (entry, standing) = self.entries.both_mut(at);
        let uses = std::mem::take(&mut entry.uses);
        if uses > 0 {
            standing.rounds = (standing.rounds + uses).min(ROUNDS_MAX);
            self.sketch.add(&mut standing.count, uses);
        }
        standing
    }

    /// Moves the oldest of the window to the main queue.
    fn promote(&mut self) {
        let Some(at) = self.entries.pop(&mut self.window) else { return };
        self.main.push(at);
        let standing = self.look_at(at);
        standing.in_main = true;
        standing.rounds = standing.rounds.min(ROUNDS_AT_PROMOTION);
        let weight = standing.weight;
        self.window.weight -= weight;
        self.main.weight += weight;
    }

    fn evict(&mut self, at: u32, gone: &mut impl FnMut(V)) {
        gone(self.drop_out(at));
        self.evicted += 1;
    }

    fn drop_out(&mut self, at: u32) -> V {
        let &mut Standing { hash, weight, count, in_main, .. } = self.look_at(at);
        if let Ok(found) = self.index.find_entry(hash, |other| *other == at) {
            found.remove();
        }
        self.sketch.give_back(hash, count);
        let queue = if in_main { &mut self.main } else { &mut self.window };
        queue.weight -= weight;
        self.entries.take(queue, at).value
    }

    /// Panics when the bookkeeping contradicts itself; for tests.
    ///
    /// # Panics
    ///
    /// When an invariant does not hold; the message says which.
    pub fn validate(&self) {
        assert!(self.weight() <= self.weight_max, "the bound holds");
        assert_eq!(self.index.len(), self.entries.count(), "each entry is indexed once");
        assert_eq!(self.window.len + self.main.len, self.len(), "each entry is queued once");
        for (queue, in_main) in [(&self.window, false), (&self.main, true)] {
            let mut sums = (0, 0);
            for (entry, standing) in self.entries.iter(queue) {
                assert_eq!(standing.in_main, in_main, "an entry knows its queue");
                let found = self.find(standing.hash, &entry.key).map(|at| self.entries.get(at));
                assert!(
                    found.is_some_and(|found| std::ptr::eq(found, entry)),
                    "the index leads to the entry"
                );
                sums = (sums.0 + 1, sums.1 + standing.weight);
            }
            assert_eq!(sums, (queue.len, queue.weight), "lengths and weights add up");
        }
        self.margin.validate();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::Policy;

    fn hash_of(key: u8) -> u64 {
        u64::from(key).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    fn insert(policy: &mut Policy<u8, u32>, key: u8, value: u32, weight: usize) -> Vec<u32> {
        let mut out = Vec::new();
        policy.insert(hash_of(key), key, value, weight, &mut |value| out.push(value));
        out
    }

    #[test]
    fn a_scan_does_not_push_out_what_is_used() {
        let mut policy = Policy::new(100);
        for key in 0..5 {
            insert(&mut policy, key, u32::from(key), 10);
            policy.get(hash_of(key), &key);
            policy.get(hash_of(key), &key);
        }
        for key in 100..200 {
            insert(&mut policy, key, u32::from(key), 10);
            policy.validate();
        }
        assert!((0..5).all(|key| policy.peek(hash_of(key), &key).is_some()));
    }

    #[test]
    fn what_is_too_heavy_comes_back() {
        let mut policy = Policy::new(10);
        assert_eq!(insert(&mut policy, 1, 7, 11), [7]);
        assert!(policy.is_empty());
    }

    #[test]
    fn a_loop_over_more_than_fits_hits_sometimes() {
        let mut policy = Policy::new(50);
        let mut hits = 0;
        for key in (0..40).flat_map(|_| 0..100_u8) {
            if policy.get(hash_of(key), &key).is_some() {
                hits += 1;
            } else {
                insert(&mut policy, key, 0, 1);
            }
        }
        // The oldest first out, or the least recently used, would have none.
        assert!(hits > 1000, "{hits} of 4000");
        // What is kept comes again sooner than what was just there.
        assert!(policy.margin.get() > 1.0, "{:?}", policy.margin.get());
    }

    #[test]
    fn who_was_popular_makes_room_soon() {
        let mut policy = Policy::new(10);
        let mut misses = 0;
        // Ten keys, and when those are as popular as can be, ten others.
        for key in (0..40).flat_map(|_| 0..10_u8).chain((0..40).flat_map(|_| 10..20)) {
            if policy.get(hash_of(key), &key).is_none() {
                misses += 1;
                insert(&mut policy, key, 0, 1);
            }
        }
        // If only the sketch's halving lowered the old counts, 101.
        assert!((20..80).contains(&misses), "{misses}");
        policy.validate();
    }

    #[test]
    fn a_newer_version_keeps_its_place() {
        let mut policy = Policy::new(10);
        insert(&mut policy, 1, 1, 2);
        assert_eq!(insert(&mut policy, 1, 2, 5), [1]);
        assert_eq!((policy.len(), policy.weight(), policy.evicted()), (1, 5, 0));
        assert_eq!(insert(&mut policy, 1, 3, 11), [2, 3]);
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
                    Op::Get(key) => prop_assert_eq!(policy.get(hash_of(key), &key), naive.get(&key)),
                    Op::Remove(key) => prop_assert_eq!(policy.remove(hash_of(key), &key), naive.remove(&key)),
                    Op::Insert(key, weight) => {
                        let mut out = Vec::new();
                        policy.insert(hash_of(key), key, value, weight, &mut |value| out.push(value));
                        naive.insert(key, value);
                        naive.retain(|_, kept| !out.contains(kept));
                    }
                }
                policy.validate();
                prop_assert_eq!(policy.len(), naive.len());
                for (key, value) in &naive {
                    prop_assert_eq!(policy.peek(hash_of(*key), key), Some(value));
                }
            }
        }
    }
}
