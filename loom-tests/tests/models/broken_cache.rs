//! The cache's protocol in a few lines, with one mistake at a time.

use std::collections::HashMap;

use unsnarl::{
    Named,
    check::{EngineName, FindingKind},
    parking_lot::{Condvar, Mutex},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};
use unsnarl_loom_tests::{broken, correct};

/// What is wrong with a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mistake {
    Nothing,
    /// Against rule 1.
    LooksThenAnnounces,
    /// Against rule 2.
    LoadsUnderTheLock,
    /// Against rule 5: lands a failed load, but tells nobody.
    ForgetsTheWaiters,
    /// Against rule 5: an error returns before it lands.
    FailsWithoutLanding,
    /// Against rule 7.
    RemovesWhateverIsThere,
}

struct Cache {
    mistake: Mistake,
    shards: [Mutex<Shard>; 2],
    loads: AtomicUsize,
}

#[derive(Default)]
struct Shard {
    values: HashMap<usize, Arc<u32>>,
    flights: HashMap<usize, Arc<Flight>>,
}

struct Flight {
    outcome: Mutex<Option<Result<Arc<u32>, Failed>>>,
    landed: Condvar,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Failed;

impl Flight {
    fn new() -> Arc<Self> {
        Arc::new(Flight { outcome: Mutex::new(None).named("flight"), landed: Condvar::new().named("landed") })
    }

    fn wait(&self) -> Result<Arc<u32>, Failed> {
        let mut outcome = self.outcome.lock();
        loop {
            match &*outcome {
                Some(outcome) => return outcome.clone(),
                None => self.landed.wait(&mut outcome),
            }
        }
    }
}

impl Cache {
    fn new(mistake: Mistake) -> Arc<Self> {
        let shard = |name| Mutex::new(Shard::default()).named(name);
        Arc::new(Cache { mistake, shards: [shard("shard-0"), shard("shard-1")], loads: AtomicUsize::new(0) })
    }

    fn shard(&self, key: usize) -> &Mutex<Shard> {
        &self.shards[key % 2]
    }

    fn get(&self, key: usize) -> Option<Arc<u32>> {
        self.shard(key).lock().values.get(&key).cloned()
    }

    fn get_or_load(&self, key: usize, load: impl Fn() -> Result<u32, Failed>) -> Result<Arc<u32>, Failed> {
        let load = || {
            self.loads.fetch_add(1, Ordering::SeqCst);
            load()
        };
        loop {
            let mut shard = self.shard(key).lock();
            if let Some(value) = shard.values.get(&key) {
                return Ok(Arc::clone(value));
            }
            if self.mistake == Mistake::LoadsUnderTheLock {
                let value = Arc::new(load()?);
                shard.values.insert(key, Arc::clone(&value));
                return Ok(value);
            }
            if let Some(flight) = shard.flights.get(&key).cloned() {
                drop(shard);
                match flight.wait() {
                    Ok(value) => return Ok(value),
                    Err(Failed) => continue,
                }
            }
            if self.mistake == Mistake::LooksThenAnnounces {
                drop(shard);
                shard = self.shard(key).lock();
            }
            let flight = Flight::new();
            shard.flights.insert(key, Arc::clone(&flight));
            drop(shard);
            let outcome = load().map(Arc::new);
            if outcome.is_err() && self.mistake == Mistake::FailsWithoutLanding {
                return outcome;
            }
            let mut shard = self.shard(key).lock();
            shard.flights.remove(&key);
            if let Ok(value) = &outcome {
                shard.values.insert(key, Arc::clone(value));
            }
            drop(shard);
            *flight.outcome.lock() = Some(outcome.clone());
            if outcome.is_ok() || self.mistake != Mistake::ForgetsTheWaiters {
                flight.landed.notify_all();
            }
            return outcome;
        }
    }

    fn remove_if_same(&self, key: usize, seen: &Arc<u32>) {
        let mut shard = self.shard(key).lock();
        let is_same = shard.values.get(&key).is_some_and(|value| Arc::ptr_eq(value, seen));
        if is_same || self.mistake == Mistake::RemovesWhateverIsThere {
            shard.values.remove(&key);
        }
    }
}

fn start<T: Send + 'static>(name: &str, body: impl FnOnce() -> T + Send + 'static) -> thread::JoinHandle<T> {
    thread::Builder::new().name(name.to_owned()).spawn(body).expect("a thread can be started")
}

fn two_miss(mistake: Mistake) {
    let cache = Cache::new(mistake);
    let other = {
        let cache = Arc::clone(&cache);
        start("other", move || cache.get_or_load(1, || Ok(7)).is_ok())
    };
    assert!(cache.get_or_load(1, || Ok(7)).is_ok());
    assert!(other.join().expect("nobody panics"));
    assert_eq!(cache.loads.load(Ordering::SeqCst), 1, "one load for both");
}

/// Each loader looks a key of the other shard up, as for a page that is put together from parts.
fn two_load_crosswise(mistake: Mistake) {
    let cache = Cache::new(mistake);
    let load = |cache: &Arc<Cache>, outer: usize, inner: usize| {
        let cache = Arc::clone(cache);
        move || cache.get_or_load(outer, || Ok(cache.get(inner).map_or(0, |part| *part))).is_ok()
    };
    let other = start("other", load(&cache, 1, 0));
    assert!(load(&cache, 0, 1)());
    assert!(other.join().expect("nobody panics"));
}

fn one_load_fails(mistake: Mistake) {
    let cache = Cache::new(mistake);
    let failing = {
        let cache = Arc::clone(&cache);
        start("failing", move || drop(cache.get_or_load(1, || Err(Failed))))
    };
    assert_eq!(cache.get_or_load(1, || Ok(7)).as_deref(), Ok(&7));
    failing.join().expect("nobody panics");
}

fn two_see_a_stale_value(mistake: Mistake) {
    let cache = Cache::new(mistake);
    let stale = cache.get_or_load(1, || Ok(1)).expect("this load does not fail");
    let renew = |cache: &Arc<Cache>| {
        let (cache, stale) = (Arc::clone(cache), Arc::clone(&stale));
        move || {
            cache.remove_if_same(1, &stale);
            cache.get_or_load(1, || Ok(2)).is_ok()
        }
    };
    let other = start("other", renew(&cache));
    assert!(renew(&cache)());
    assert!(other.join().expect("nobody panics"));
    assert_eq!(cache.loads.load(Ordering::SeqCst), 2, "one stale and one fresh load");
}

#[test]
fn without_a_mistake_all_of_them_pass() {
    let model = || correct("cache::small");
    model().check(|| two_miss(Mistake::Nothing));
    model().check(|| two_load_crosswise(Mistake::Nothing));
    model().check(|| one_load_fails(Mistake::Nothing));
    model().check(|| two_see_a_stale_value(Mistake::Nothing));
}

#[test]
fn between_look_and_announcement_another_begins_to_load() {
    broken("cache::looks_then_announces", FindingKind::Panic).check(|| two_miss(Mistake::LooksThenAnnounces));
}

#[test]
fn loading_under_the_lock_makes_a_circle() {
    let verdict = broken("cache::loads_under_the_lock", FindingKind::Deadlock)
        .check(|| two_load_crosswise(Mistake::LoadsUnderTheLock));
    if EngineName::of_this_build() == EngineName::Unsnarl {
        let finding = verdict.finding().expect("announced");
        assert_eq!(finding.cycle.len(), 2, "{finding}");
        let report = finding.to_string();
        assert!(report.contains("shard-0") && report.contains("shard-1"), "{report}");
    }
}

#[test]
fn waiters_that_are_not_told_of_a_failure_sleep_on() {
    broken("cache::forgets_the_waiters", FindingKind::Deadlock)
        .check(|| one_load_fails(Mistake::ForgetsTheWaiters));
}

#[test]
fn a_failure_that_does_not_land_keeps_everyone_waiting() {
    broken("cache::fails_without_landing", FindingKind::Deadlock)
        .check(|| one_load_fails(Mistake::FailsWithoutLanding));
}

#[test]
fn the_fresh_value_goes_with_the_stale_one() {
    broken("cache::removes_whatever_is_there", FindingKind::Panic)
        .check(|| two_see_a_stale_value(Mistake::RemovesWhateverIsThere));
}
