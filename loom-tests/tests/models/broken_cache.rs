//! The cache's protocol in a few lines, with one mistake at a time.

use std::collections::HashMap;

use unsnarl::{
    Named,
    check::{EngineName, FindingKind},
    parking_lot::{Condvar, Mutex, MutexGuard},
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
    /// Against rule 3: the announcement goes out before the value goes in.
    TakesTheAnnouncementOutFirst,
    /// Against rule 3: whether somebody waits is asked before the announcement goes out.
    LooksForWaitersFirst,
    /// Against rule 7: a refresh that fails leaves the old value.
    KeepsTheStale,
    /// Against rule 8.
    RemovesWhateverIsThere,
    /// Against rule 8: a refresh does not look whether there is a newer value.
    RefreshesWhateverIsThere,
    /// Against rule 9: what is remembered as missing is not looked for again.
    TrustsThatNothingIsThere,
}

struct Cache {
    mistake: Mistake,
    shards: [Mutex<Shard>; 2],
    loads: AtomicUsize,
}

#[derive(Default)]
struct Shard {
    values: HashMap<usize, Arc<u32>>,
    /// The loads under way, and where others wait for them, once there are others.
    loads: HashMap<usize, Option<Arc<Flight>>>,
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
            if let Some(flight) = shard.loads.get_mut(&key) {
                let flight = Arc::clone(flight.get_or_insert_with(Flight::new));
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
            return self.load(shard, key, load);
        }
    }

    fn refresh(
        &self,
        key: usize,
        seen: &Arc<u32>,
        load: impl Fn() -> Result<u32, Failed>,
    ) -> Result<Arc<u32>, Failed> {
        let shard = self.shard(key).lock();
        match shard.values.get(&key) {
            Some(value) if !Arc::ptr_eq(value, seen) && self.mistake != Mistake::RefreshesWhateverIsThere => {
                Ok(Arc::clone(value))
            }
            Some(_) if shard.loads.contains_key(&key) => Ok(Arc::clone(seen)),
            Some(_) => self.load(shard, key, || {
                self.loads.fetch_add(1, Ordering::SeqCst);
                load()
            }),
            None => {
                drop(shard);
                self.get_or_load(key, load)
            }
        }
    }

    fn load(
        &self,
        mut shard: MutexGuard<'_, Shard>,
        key: usize,
        load: impl Fn() -> Result<u32, Failed>,
    ) -> Result<Arc<u32>, Failed> {
        shard.loads.insert(key, None);
        drop(shard);
        let outcome = load().map(Arc::new);
        if outcome.is_err() && self.mistake == Mistake::FailsWithoutLanding {
            return outcome;
        }
        let mut shard = self.shard(key).lock();
        let waited_for = shard.loads.get(&key).cloned();
        if self.mistake == Mistake::LooksForWaitersFirst {
            drop(shard);
            shard = self.shard(key).lock();
        }
        let removed = shard.loads.remove(&key);
        let flight = if self.mistake == Mistake::LooksForWaitersFirst { waited_for } else { removed };
        if self.mistake == Mistake::TakesTheAnnouncementOutFirst {
            drop(shard);
            shard = self.shard(key).lock();
        }
        match &outcome {
            Ok(value) => drop(shard.values.insert(key, Arc::clone(value))),
            Err(Failed) if self.mistake != Mistake::KeepsTheStale => drop(shard.values.remove(&key)),
            Err(Failed) => {}
        }
        drop(shard);
        let Some(flight) = flight.flatten() else { return outcome };
        *flight.outcome.lock() = Some(outcome.clone());
        if outcome.is_ok() || self.mistake != Mistake::ForgetsTheWaiters {
            flight.landed.notify_all();
        }
        outcome
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

/// Two see that a value is out of date; one of them loads it.
fn two_refresh(mistake: Mistake) {
    let cache = Cache::new(mistake);
    let stale = cache.get_or_load(1, || Ok(1)).expect("this load does not fail");
    let renew = |cache: &Arc<Cache>| {
        let (cache, stale) = (Arc::clone(cache), Arc::clone(&stale));
        move || *cache.refresh(1, &stale, || Ok(2)).expect("this load does not fail")
    };
    let other = start("other", renew(&cache));
    let values = [renew(&cache)(), other.join().expect("nobody panics")];
    assert!(values.contains(&2), "who has loaded has the fresh value");
    assert_eq!(cache.loads.load(Ordering::SeqCst), 2, "one stale and one fresh load");
}

/// What was loaded cannot be loaded any more.
fn a_refresh_fails(mistake: Mistake) {
    let cache = Cache::new(mistake);
    let stale = cache.get_or_load(1, || Ok(1)).expect("this load does not fail");
    let renew = |cache: &Arc<Cache>| {
        let (cache, stale) = (Arc::clone(cache), Arc::clone(&stale));
        // Until the failure has landed, the old value is served.
        move || drop(cache.refresh(1, &stale, || Err(Failed)))
    };
    let other = start("other", renew(&cache));
    renew(&cache)();
    other.join().expect("nobody panics");
    assert_eq!(cache.get(1), None, "the old value is not served for ever");
}

/// What stands for a file that is not there.
const NOTHING: u32 = 0;

/// While one thread looks for a file that is not there another makes it.
fn a_file_comes_to_be(mistake: Mistake) {
    let cache = Cache::new(mistake);
    let file = Arc::new(AtomicUsize::new(0));
    let ask = |cache: &Arc<Cache>| {
        let (cache, file) = (Arc::clone(cache), Arc::clone(&file));
        move || {
            let read = || file.load(Ordering::SeqCst) as u32;
            let load = || Ok(read());
            let answer = match cache.get(1) {
                Some(value) if *value == NOTHING && mistake == Mistake::TrustsThatNothingIsThere => Ok(value),
                Some(value) if *value == read() => Ok(value),
                Some(stale) => cache.refresh(1, &stale, load),
                None => cache.get_or_load(1, load),
            };
            *answer.expect("no load fails")
        }
    };
    let asking = start("asking", ask(&cache));
    file.store(7, Ordering::SeqCst);
    let early = asking.join().expect("nobody panics");
    assert!(early == NOTHING || early == 7);
    assert_eq!(ask(&cache)(), 7, "the file is there and nobody loads");
}

#[test]
fn without_a_mistake_all_of_them_pass() {
    let model = || correct("cache::small");
    model().check(|| two_miss(Mistake::Nothing));
    model().check(|| two_load_crosswise(Mistake::Nothing));
    model().check(|| one_load_fails(Mistake::Nothing));
    model().check(|| two_see_a_stale_value(Mistake::Nothing));
    model().check(|| two_refresh(Mistake::Nothing));
    model().check(|| a_refresh_fails(Mistake::Nothing));
    model().check(|| a_file_comes_to_be(Mistake::Nothing));
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

#[test]
fn between_announcement_and_value_another_begins_to_load() {
    broken("cache::takes_the_announcement_out_first", FindingKind::Panic)
        .check(|| two_refresh(Mistake::TakesTheAnnouncementOutFirst));
}

#[test]
fn who_begins_to_wait_after_the_look_sleeps_on() {
    broken("cache::looks_for_waiters_first", FindingKind::Deadlock)
        .check(|| two_miss(Mistake::LooksForWaitersFirst));
}

#[test]
fn a_newer_value_is_loaded_over() {
    broken("cache::refreshes_whatever_is_there", FindingKind::Panic)
        .check(|| two_refresh(Mistake::RefreshesWhateverIsThere));
}

#[test]
fn the_old_value_is_served_for_ever() {
    broken("cache::keeps_the_stale", FindingKind::Panic).check(|| a_refresh_fails(Mistake::KeepsTheStale));
}

#[test]
fn the_memory_of_nothing_hides_a_file() {
    broken("cache::trusts_that_nothing_is_there", FindingKind::Panic)
        .check(|| a_file_comes_to_be(Mistake::TrustsThatNothingIsThere));
}
