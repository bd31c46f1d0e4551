//! The shared cache: bounded by bytes, split into shards, and each missing key loaded once.
//!
//! # Locks
//!
//! Each shard has one mutex (`cache.shard`) around its entries and the list of loads that are under way; each load that others
//! wait for has a flight: a mutex and a condition variable (`cache.flight`, `cache.landed`) around its outcome. No thread ever
//! holds two of them.
//!
//! # Protocol
//!
//! 1. *Looking up and announcing a load are one step* under the shard's lock. Otherwise two threads both miss, and both
//!    load.
//! 2. *A load runs without any lock.* A slow disk delays those who want this key and nobody else; and a loader may use
//!    the cache for another key. (For its own key it would wait for itself: see [`Cache::get_or_load`].)
//! 3. *Landing is two steps in this order*: first, under the shard's lock, the value goes in and the announcement goes
//!    out, with its flight; then, under the flight's lock, the waiting threads get the outcome. In the other order a waiter that
//!    learns "failed" looks again, finds the dead announcement, waits for it, and learns "failed" for ever.
//!    The first who waits makes the flight, under the shard's lock: a load that nobody else wants needs none, and one that
//!    somebody wants cannot have landed before.
//! 4. *Waiters get the value from the flight, not from the shard.* Otherwise an entry that is evicted between landing and
//!    wake-up is loaded again, once for each waiter.
//! 5. *A load that fails, by error or panic, still lands*, since landing is in a guard's `Drop`. The one who loaded keeps
//!    the error; each waiter tries again, and the first of them becomes the next loader.
//! 6. *Values that go are dropped after the lock*, since dropping may be slow.
//! 7. *What is out of date stays while it is loaded anew*, so that nobody else waits for the disk: of those who have seen it
//!    and call [`Cache::refresh`], one loads and the others get it back. That ends with the load, come what may: a load that
//!    fails takes the old value out. Otherwise a file that cannot be read any more is served for ever as it once was.
//! 8. *A replacement is compared by identity.* [`Cache::remove_if_same`] removes what the caller has seen and nothing
//!    newer. Otherwise: two threads see a stale entry; one removes and reloads it; the other removes the fresh one. So it is
//!    with `refresh`: who has seen what is no longer there gets what is there now.
//! 9. *That there is no value is a value.* A loader that finds nothing says so by a `V` that means it, which is weighed,
//!    evicted and refreshed like any other; an error is never kept. Otherwise a key that came to be stays hidden behind the
//!    memory that it was not there.

mod climber;
mod margin;
pub mod policy;
mod queue;
mod sketch;

use std::{
    fmt,
    hash::{BuildHasher, Hash},
};

use foldhash::quality::FixedState;
use hashbrown::Equivalent;
use smallvec::SmallVec;

use crate::{
    Named,
    parking_lot::{Condvar, Mutex, MutexGuard},
    sync::Arc,
};
use policy::Policy;

/// A cache of shared values, bounded by the sum of their weights.
///
/// # Examples
///
/// ```
/// use unsnarl::server::cache::Cache;
///
/// let cache: Cache<String, Vec<u8>> = Cache::new(1024, 4, |key, bytes| key.len() + bytes.len());
/// let loaded = cache.get_or_load("a".to_owned(), || Ok::<_, std::io::Error>(vec![1, 2, 3]))?;
/// let cached = cache.get_or_load("a".to_owned(), || -> Result<_, std::io::Error> { unreachable!() })?;
/// assert_eq!(loaded, cached);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Cache<K, V> {
    shards: Box<[Apart<K, V>]>,
    weigh: fn(&K, &V) -> usize,
    weight_max: usize,
    /// Fixed for the cache, so that two runs of a program with one seed do the same.
    hasher: FixedState,
}

/// A shard in lines of the processor's cache of its own: threads that use different ones do not slow each other down.
#[repr(align(128))]
struct Apart<K, V>(Mutex<Shard<K, V>>);

struct Shard<K, V> {
    policy: Policy<K, Arc<V>>,
    /// As many as there are threads that load, at most.
    loads: Vec<Announced<K, V>>,
    counts: Counts,
}

/// A load under way.
struct Announced<K, V> {
    hash: u64,
    key: K,
    /// Where others wait for it, once there are others.
    flight: Option<Arc<Flight<V>>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    /// Beside those that the policy counts.
    newer: u64,
    misses: u64,
    joined: u64,
    stale: u64,
    failed: u64,
}

/// Where threads wait for the load of another.
struct Flight<V> {
    outcome: Mutex<Outcome<V>>,
    landed: Condvar,
}

enum Outcome<V> {
    Pending,
    Loaded(Arc<V>),
    Failed,
}

/// What a cache holds and has done. Each shard's numbers are of one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheStats {
    /// Entries kept.
    pub entries: usize,
    /// What they weigh together.
    pub weight: usize,
    /// What they may weigh together.
    pub weight_max: usize,
    /// Look-ups that found an entry.
    pub hits: u64,
    /// Look-ups that began a load.
    pub misses: u64,
    /// Look-ups that waited for a load of another thread.
    pub joined: u64,
    /// Look-ups that got a value out of date, since another thread was loading it anew.
    pub stale: u64,
    /// Loads that ended in an error or a panic.
    pub failed: u64,
    /// Entries that had to make room.
    pub evicted: u64,
}

impl<K: Hash + Eq + Clone, V> Cache<K, V> {
    /// An empty cache of `shards` parts for values that weigh up to `weight_max` together, by `weigh`.
    ///
    /// One part gets `weight_max / shards`; a value heavier than that is never kept.
    ///
    /// # Panics
    ///
    /// When `shards` is 0.
    #[must_use]
    pub fn new(weight_max: usize, shards: usize, weigh: fn(&K, &V) -> usize) -> Self {
        Cache::with_seed(weight_max, shards, weigh, 0)
    }

    /// As [`new`](Self::new), with a seed for the hashes of keys. Where strangers choose the keys it is to be one that they do
    /// not know: else they can choose keys of one hash, and each look-up among those compares them all.
    ///
    /// # Panics
    ///
    /// As [`new`](Self::new).
    #[must_use]
    pub fn with_seed(weight_max: usize, shards: usize, weigh: fn(&K, &V) -> usize, seed: u64) -> Self {
        assert!(shards > 0, "a cache needs at least one shard");
        let shard = |_| {
            let shard = Shard {
                policy: Policy::new(weight_max / shards),
                loads: Vec::new(),
                counts: Counts::default(),
            };
            Apart(Mutex::new(shard).named("cache.shard"))
        };
        Cache {
            shards: (0..shards).map(shard).collect(),
            weigh,
            weight_max,
            hasher: FixedState::with_seed(seed),
        }
    }

    /// The value of `key` if it is cached. Never waits for a load.
    pub fn get<Q>(&self, key: &Q) -> Option<Arc<V>>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let hash = self.hasher.hash_one(key);
        self.shard(hash).lock().policy.get(hash, key).cloned()
    }

    /// The value of `key`; loads it when it is missing. Threads that want one missing key at the same time share one load.
    ///
    /// Blocks while a load of this key runs, in this thread or another. `load` must not ask for the same key: it would
    /// wait for itself.
    ///
    /// # Errors
    ///
    /// What `load` says. A thread that waited for another's failed load does not get that error: it loads itself.
    ///
    /// # Panics
    ///
    /// Passes a panic of `load` on; threads that waited for it load themselves.
    pub fn get_or_load<E>(&self, key: K, load: impl FnOnce() -> Result<V, E>) -> Result<Arc<V>, E> {
        let hash = self.hasher.hash_one(&key);
        loop {
            let mut shard = self.shard(hash).lock();
            if let Some(value) = shard.policy.get(hash, &key) {
                return Ok(Arc::clone(value));
            }
            let Some(announced) = shard.announced(hash, &key) else {
                return self.load(shard, hash, key, true, load);
            };
            let flight = announced.flight();
            shard.counts.joined += 1;
            drop(shard);
            if let Some(value) = flight.wait() {
                return Ok(value);
            }
        }
    }

    /// The value of `key`, of which the caller has `seen` one that is out of date, and loads anew.
    ///
    /// Of several who have seen it one loads; the others get `seen` itself, and do not wait. Who comes late, when there is a
    /// newer value, gets that.
    ///
    /// Blocks while `load` runs, or another thread's load where the cache has no value any more.
    ///
    /// # Errors
    ///
    /// What `load` says. The old value is then gone.
    ///
    /// # Panics
    ///
    /// Passes a panic of `load` on; the old value is then gone.
    pub fn refresh<E>(
        &self,
        key: K,
        seen: &Arc<V>,
        load: impl FnOnce() -> Result<V, E>,
    ) -> Result<Arc<V>, E> {
        let hash = self.hasher.hash_one(&key);
        let mut shard = self.shard(hash).lock();
        let newer = match shard.policy.peek(hash, &key) {
            Some(value) => (!Arc::ptr_eq(value, seen)).then(|| Arc::clone(value)),
            None => {
                drop(shard);
                return self.get_or_load(key, load);
            }
        };
        if let Some(newer) = newer {
            shard.counts.newer += 1;
            return Ok(newer);
        }
        if shard.announced(hash, &key).is_some() {
            shard.counts.stale += 1;
            return Ok(Arc::clone(seen));
        }
        self.load(shard, hash, key, false, load)
    }

    /// Announces the load, and loads without the lock. `is_new` says that the cache has no value of the key. As long as the load
    /// is announced that stays so, since nobody else loads it.
    fn load<E>(
        &self,
        mut shard: MutexGuard<'_, Shard<K, V>>,
        hash: u64,
        key: K,
        is_new: bool,
        load: impl FnOnce() -> Result<V, E>,
    ) -> Result<Arc<V>, E> {
        shard.counts.misses += 1;
        shard.loads.push(Announced { hash, key: key.clone(), flight: None });
        drop(shard);
        let landing = Landing { cache: self, hash, key: Some(key), is_new };
        Ok(landing.succeed(load()?))
    }

    /// Removes `key` if its value still is `seen` itself, not merely an equal one; says whether it did.
    pub fn remove_if_same<Q>(&self, key: &Q, seen: &Arc<V>) -> bool
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let hash = self.hasher.hash_one(key);
        let mut shard = self.shard(hash).lock();
        if !shard.policy.peek(hash, key).is_some_and(|value| Arc::ptr_eq(value, seen)) {
            return false;
        }
        let removed = shard.policy.remove(hash, key);
        drop(shard);
        drop(removed);
        true
    }

    /// What the cache holds and has done.
    #[must_use]
    pub fn stats(&self) -> CacheStats {
        let mut stats = CacheStats { weight_max: self.weight_max, ..CacheStats::default() };
        for shard in &self.shards {
            let shard = shard.0.lock();
            stats.entries += shard.policy.len();
            stats.weight += shard.policy.weight();
            stats.evicted += shard.policy.evicted();
            stats.hits += shard.policy.hits() + shard.counts.newer;
            stats.misses += shard.counts.misses;
            stats.joined += shard.counts.joined;
            stats.stale += shard.counts.stale;
            stats.failed += shard.counts.failed;
        }
        stats
    }

    /// Panics when the cache contradicts itself; for tests.
    ///
    /// # Panics
    ///
    /// When an invariant does not hold; the message says which.
    pub fn validate(&self) {
        for shard in &self.shards {
            let shard = shard.0.lock();
            shard.policy.validate();
        }
    }

    fn shard(&self, hash: u64) -> &Mutex<Shard<K, V>> {
        // Bits in the middle: the index inside a shard uses the lower ones and the highest of the same hash.
        let upper = (hash >> 16) & u64::from(u32::MAX);
        // As a fraction of 2^32, without a division.
        &self.shards[((upper * self.shards.len() as u64) >> 32) as usize].0
    }
}

impl<K: Hash + Eq + Clone, V> Shard<K, V> {
    /// The load of `key` that is under way.
    fn announced(&mut self, hash: u64, key: &K) -> Option<&mut Announced<K, V>> {
        self.loads.iter_mut().find(|load| load.hash == hash && load.key == *key)
    }

    /// Takes an announcement back.
    fn landed(&mut self, hash: u64, key: &K) -> Option<Announced<K, V>> {
        let at = self.loads.iter().position(|load| load.hash == hash && load.key == *key)?;
        Some(self.loads.swap_remove(at))
    }
}

impl<K, V> Announced<K, V> {
    /// Where to wait for it.
    #[cold]
    fn flight(&mut self) -> Arc<Flight<V>> {
        Arc::clone(self.flight.get_or_insert_with(|| Arc::new(Flight::new())))
    }
}

impl<V> Flight<V> {
    fn new() -> Self {
        Flight {
            outcome: Mutex::new(Outcome::Pending).named("cache.flight"),
            landed: Condvar::new().named("cache.landed"),
        }
    }

    #[cold]
    fn land(&self, outcome: Outcome<V>) {
        *self.outcome.lock() = outcome;
        self.landed.notify_all();
    }

    #[cold]
    fn wait(&self) -> Option<Arc<V>> {
        let mut outcome = self.outcome.lock();
        loop {
            match &*outcome {
                Outcome::Pending => self.landed.wait(&mut outcome),
                Outcome::Loaded(value) => return Some(Arc::clone(value)),
                Outcome::Failed => return None,
            }
        }
    }
}

/// The duty to land a flight, come what may.
struct Landing<'a, K: Hash + Eq + Clone, V> {
    cache: &'a Cache<K, V>,
    hash: u64,
    /// `None` once landed.
    key: Option<K>,
    /// Whether the cache has no value of it.
    is_new: bool,
}

impl<K: Hash + Eq + Clone, V> Landing<'_, K, V> {
    fn succeed(mut self, value: V) -> Arc<V> {
        let value = Arc::new(value);
        self.land(Some(&value));
        value
    }

    fn land(&mut self, loaded: Option<&Arc<V>>) {
        let Some(key) = &self.key else { return };
        // Before anything is changed: should weighing panic, this flight still lands, as failed.
        let weight = loaded.map_or(0, |value| (self.cache.weigh)(key, value));
        let Some(key) = self.key.take() else { return };
        // Mostly one has to go for one that comes.
        let mut out = SmallVec::<[Arc<V>; 2]>::new();
        let mut shard = self.cache.shard(self.hash).lock();
        let announced = shard.landed(self.hash, &key);
        match loaded.cloned() {
            Some(value) if self.is_new => {
                shard.policy.insert_new(self.hash, key, value, weight, &mut |value| out.push(value));
            }
            Some(value) => {
                shard.policy.insert(self.hash, key, value, weight, &mut |value| out.push(value));
            }
            None => {
                shard.counts.failed += 1;
                out.extend(shard.policy.remove(self.hash, &key));
            }
        }
        drop(shard);
        if let Some(flight) = announced.and_then(|announced| announced.flight) {
            flight.land(match loaded {
                Some(value) => Outcome::Loaded(Arc::clone(value)),
                None => Outcome::Failed,
            });
        }
    }
}

impl<K: Hash + Eq + Clone, V> Drop for Landing<'_, K, V> {
    fn drop(&mut self) {
        self.land(None);
    }
}

impl<K: Hash + Eq + Clone, V> fmt::Debug for Cache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("stats", &self.stats()).finish_non_exhaustive()
    }
}
