//! The cache as it ships. The numbers are those of its protocol.

use unsnarl::{
    server::cache::Cache,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};
use unsnarl_loom_tests::correct;

/// Keys are numbers, values numbers that weigh what they are.
type Numbers = Cache<u32, usize>;

fn cache(weight_max: usize) -> Arc<Numbers> {
    Arc::new(Cache::new(weight_max, 1, |_, value| *value))
}

/// A disk that counts how often it is read.
#[derive(Default)]
struct Disk {
    reads: AtomicUsize,
}

impl Disk {
    fn read(&self, value: usize) -> Result<usize, &'static str> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        Ok(value)
    }

    fn reads(&self) -> usize {
        self.reads.load(Ordering::SeqCst)
    }
}

fn spawn<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> thread::JoinHandle<T> {
    thread::spawn(body)
}

fn ended<T>(thread: thread::JoinHandle<T>) -> T {
    thread.join().expect("nobody panics here")
}

/// Rules 1 and 4.
#[test]
fn a_key_that_two_miss_is_loaded_once() {
    correct("cache::single_flight").check(|| {
        let (cache, disk) = (cache(8), Arc::new(Disk::default()));
        let get = |cache: &Arc<Numbers>| {
            let (cache, disk) = (Arc::clone(cache), Arc::clone(&disk));
            move || cache.get_or_load(7, || disk.read(1)).expect("the disk does not fail")
        };
        let other = spawn(get(&cache));
        let (mine, theirs) = (get(&cache)(), ended(other));
        assert!(Arc::ptr_eq(&mine, &theirs), "both have the same value");
        assert_eq!(disk.reads(), 1);
        let stats = cache.stats();
        assert_eq!((stats.misses, stats.hits + stats.joined, stats.entries), (1, 1, 1));
        cache.validate();
    });
}

/// Rule 4 for a value too heavy to be kept: whoever waited for it has it all the same.
#[test]
fn waiters_share_a_value_that_is_not_kept() {
    correct("cache::heavy").check(|| {
        let (cache, disk) = (cache(1), Arc::new(Disk::default()));
        let other = {
            let (cache, disk) = (Arc::clone(&cache), Arc::clone(&disk));
            spawn(move || *cache.get_or_load(7, || disk.read(5)).expect("the disk does not fail"))
        };
        let mine = *cache.get_or_load(7, || disk.read(5)).expect("the disk does not fail");
        assert_eq!((mine, ended(other)), (5, 5));
        let stats = cache.stats();
        assert_eq!((stats.entries, stats.weight), (0, 0), "it is never kept");
        assert_eq!(disk.reads() as u64, stats.misses);
        assert_eq!(stats.misses + stats.joined, 2, "each has loaded or waited");
        cache.validate();
    });
}

#[test]
fn the_weight_stays_within_the_bound() {
    correct("cache::evict").check(|| {
        let cache = cache(3);
        let load = |cache: &Arc<Numbers>, key: u32| {
            let cache = Arc::clone(cache);
            move || {
                let value = cache.get_or_load(key, || Ok::<_, ()>(2)).expect("the disk does not fail");
                assert_eq!(*value, 2, "a value outlives its eviction");
            }
        };
        let other = spawn(load(&cache, 1));
        load(&cache, 2)();
        let stats = cache.stats();
        assert!(stats.weight <= stats.weight_max, "{stats:?}");
        ended(other);
        assert!(cache.get(&1).is_none() || cache.get(&2).is_none(), "two do not fit");
        let stats = cache.stats();
        assert_eq!((stats.entries, stats.weight, stats.evicted), (1, 2, 1));
        cache.validate();
    });
}

/// Rule 5.
#[test]
fn a_load_that_fails_frees_the_waiter_who_tries_again() {
    correct("cache::failing_load").check(|| {
        let (cache, disk) = (cache(8), Arc::new(Disk::default()));
        let failing = {
            let (cache, disk) = (Arc::clone(&cache), Arc::clone(&disk));
            spawn(move || {
                let load = || disk.read(1).and(Err("the disk is broken"));
                // The value, if the other one has loaded it.
                cache.get_or_load(7, load).map(|value| *value)
            })
        };
        let mine = cache.get_or_load(7, || disk.read(1)).expect("my disk does not fail");
        let theirs = ended(failing);
        assert_eq!(*mine, 1);
        let stats = cache.stats();
        match theirs {
            Ok(value) => assert_eq!((value, disk.reads(), stats.failed), (1, 1, 0)),
            Err(error) => assert_eq!((error, disk.reads(), stats.failed), ("the disk is broken", 2, 1)),
        }
        cache.validate();
    });
}

/// Rule 5, with two waiters: the first of them becomes the loader, the other shares what that one loads.
#[test]
fn a_load_that_fails_is_tried_again_once_for_all_waiters() {
    correct("cache::failing_load_two_waiters").check(|| {
        let (cache, disk) = (cache(8), Arc::new(Disk::default()));
        let get = |cache: &Arc<Numbers>| {
            let (cache, disk) = (Arc::clone(cache), Arc::clone(&disk));
            spawn(move || *cache.get_or_load(7, || disk.read(1)).expect("this disk does not fail"))
        };
        let waiters = [get(&cache), get(&cache)];
        let failed = cache.get_or_load(7, || Err::<usize, _>(())).is_err();
        assert_eq!(waiters.map(ended), [1, 1]);
        assert_eq!(disk.reads(), 1, "one load for both");
        assert_eq!(cache.stats().failed, u64::from(failed));
        cache.validate();
    });
}

/// Rule 5 for panics.
#[test]
fn a_load_that_panics_frees_the_waiter_who_tries_again() {
    correct("cache::panicking_load").check(|| {
        let (cache, disk) = (cache(8), Arc::new(Disk::default()));
        let panicking = {
            let cache = Arc::clone(&cache);
            spawn(move || {
                let load = || -> Result<usize, &str> {
                    // As `panic!`, but for the message on standard error, once in each execution.
                    std::panic::resume_unwind(Box::new("as the model wants it"))
                };
                let get = || cache.get_or_load(7, load).map(|value| *value);
                // A worker of the pool catches its job's panics in the same way.
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(get)).is_err()
            })
        };
        let mine = cache.get_or_load(7, || disk.read(1)).expect("my disk does not fail");
        let panicked = ended(panicking);
        assert_eq!((*mine, disk.reads()), (1, 1));
        assert_eq!(cache.stats().failed, u64::from(panicked));
        cache.validate();
    });
}

/// Rule 2: a loader may use the cache for another key, also one of the same shard, also when two do so crosswise.
#[test]
fn a_loader_may_use_the_cache_for_another_key() {
    correct("cache::nested_load").check(|| {
        let cache = cache(8);
        let crosswise = |cache: &Arc<Numbers>, outer: u32, inner: u32| {
            let cache = Arc::clone(cache);
            move || {
                let load = || {
                    // Not a load of `inner`: two that load crosswise would wait for each other, whatever a cache does.
                    let known = cache.get(&inner).map_or(1, |value| *value);
                    Ok::<_, ()>(known)
                };
                *cache.get_or_load(outer, load).expect("no disk")
            }
        };
        let other = spawn(crosswise(&cache, 1, 2));
        assert_eq!((crosswise(&cache, 2, 1)(), ended(other)), (1, 1));
        assert_eq!(cache.stats().entries, 2);
        cache.validate();
    });
}

/// Rule 8: of two who see a stale entry, the second does not remove what the first has loaded anew.
#[test]
fn a_fresh_value_is_not_removed_for_a_stale_one() {
    correct("cache::replace_stale").check(|| {
        let (cache, disk) = (cache(8), Arc::new(Disk::default()));
        let stale = cache.get_or_load(7, || Ok::<_, ()>(1)).expect("no disk");
        let renew = |cache: &Arc<Numbers>| {
            let (cache, disk, stale) = (Arc::clone(cache), Arc::clone(&disk), Arc::clone(&stale));
            move || {
                let removed = cache.remove_if_same(&7, &stale);
                let fresh = cache.get_or_load(7, || disk.read(2)).expect("the disk does not fail");
                assert_eq!(*fresh, 2, "the stale one is gone");
                removed
            }
        };
        let other = spawn(renew(&cache));
        let removed = [renew(&cache)(), ended(other)];
        assert_eq!(removed.iter().filter(|removed| **removed).count(), 1, "one of them removed it");
        assert_eq!(disk.reads(), 1, "the fresh one stayed");
        cache.validate();
    });
}

/// Rule 7: of two who see a value that is out of date one loads, and the other does not wait.
#[test]
fn what_is_out_of_date_is_loaded_once() {
    correct("cache::refresh").check(|| {
        let (cache, disk) = (cache(8), Arc::new(Disk::default()));
        let stale = cache.get_or_load(7, || Ok::<_, ()>(1)).expect("no disk");
        let renew = |cache: &Arc<Numbers>| {
            let (cache, disk, stale) = (Arc::clone(cache), Arc::clone(&disk), Arc::clone(&stale));
            move || *cache.refresh(7, &stale, || disk.read(2)).expect("the disk does not fail")
        };
        let other = spawn(renew(&cache));
        let values = [renew(&cache)(), ended(other)];
        assert!(values.contains(&2), "who has loaded has the fresh value");
        assert_eq!(disk.reads(), 1);
        assert_eq!(cache.get(&7).as_deref(), Some(&2));
        let stats = cache.stats();
        assert_eq!(stats.stale, u64::from(values.contains(&1)), "{stats:?}");
        cache.validate();
    });
}

/// Rule 7: a refresh that fails, or panics, ends the old value.
#[test]
fn an_old_value_does_not_outlive_a_failed_refresh() {
    for panics in [false, true] {
        correct(if panics { "cache::panicking_refresh" } else { "cache::failing_refresh" }).check(
            move || {
                let (cache, disk) = (cache(8), Arc::new(Disk::default()));
                let stale = cache.get_or_load(7, || Ok::<_, ()>(1)).expect("no disk");
                let failing = {
                    let (cache, stale) = (Arc::clone(&cache), Arc::clone(&stale));
                    spawn(move || {
                        let load = || -> Result<usize, &str> {
                            if panics {
                                std::panic::resume_unwind(Box::new("as the model wants it"));
                            }
                            Err("the disk is broken")
                        };
                        let refresh = || cache.refresh(7, &stale, load).map(|value| *value);
                        std::panic::catch_unwind(std::panic::AssertUnwindSafe(refresh))
                            .unwrap_or(Err("it panicked"))
                    })
                };
                let mine = *cache.refresh(7, &stale, || disk.read(2)).expect("my disk does not fail");
                let theirs = ended(failing);
                let kept = cache.get(&7).map(|value| *value);
                // Either both were there at once, and the second got the old value; or the first had landed before.
                match (mine, theirs, kept) {
                    (2, Ok(1 | 2), Some(2)) | (2, Err(_), Some(2)) | (1, Err(_), None) => {}
                    other => panic!("{other:?}"),
                }
                cache.validate();
            },
        );
    }
}

/// Rule 9: that there is nothing is remembered, and found out to be so no more.
#[test]
fn a_file_that_comes_to_be_is_found() {
    correct("cache::negative").check(|| {
        let (cache, file) = (cache(8), Arc::new(AtomicUsize::new(0)));
        let ask = |cache: &Arc<Numbers>| {
            let (cache, file) = (Arc::clone(cache), Arc::clone(&file));
            move || {
                // 0 stands for a file that is not there.
                let load = || Ok::<_, ()>(file.load(Ordering::SeqCst));
                let answer = match cache.get(&7) {
                    Some(value) if Ok(*value) == load() => Ok(value),
                    Some(stale) => cache.refresh(7, &stale, load),
                    None => cache.get_or_load(7, load),
                };
                *answer.expect("the disk does not fail")
            }
        };
        let asking = spawn(ask(&cache));
        file.store(3, Ordering::SeqCst);
        let early = ended(asking);
        assert!(early == 0 || early == 3);
        assert_eq!(ask(&cache)(), 3, "it is there and nobody loads");
        assert_eq!(cache.stats().entries, 1);
        cache.validate();
    });
}
