//! The shared cache on real threads; its interleavings are explored by models.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use unsnarl::server::cache::Cache;

fn cache(weight_max: usize) -> Cache<u32, Vec<u8>> {
    Cache::new(weight_max, 2, |_, value| value.len())
}

#[test]
fn concurrent_misses_load_once() {
    let cache = cache(1000);
    for key in 0..50 {
        let (loads, start) = (AtomicUsize::new(0), Barrier::new(8));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    start.wait();
                    let value = cache.get_or_load(key, || {
                        loads.fetch_add(1, Ordering::Relaxed);
                        std::thread::sleep(Duration::from_millis(1));
                        Ok::<_, ()>(vec![key as u8; 3])
                    });
                    assert_eq!(*value.unwrap(), [key as u8; 3]);
                });
            }
        });
        assert_eq!(loads.load(Ordering::Relaxed), 1);
        cache.validate();
    }
}

/// Even a value that is too heavy to keep reaches everyone who waited for it.
#[test]
fn waiters_share_what_is_not_kept() {
    let cache = cache(2);
    let (loads, start) = (AtomicUsize::new(0), Barrier::new(4));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                start.wait();
                let value = cache.get_or_load(1, || {
                    loads.fetch_add(1, Ordering::Relaxed);
                    std::thread::sleep(Duration::from_millis(200));
                    Ok::<_, ()>(vec![0; 100])
                });
                assert_eq!(value.unwrap().len(), 100);
            });
        }
    });
    assert!(loads.load(Ordering::Relaxed) < 4);
    assert!(cache.get(&1).is_none());
    assert_eq!(cache.stats().entries, 0);
}

#[test]
fn failing_loads_free_the_others() {
    let cache = cache(1000);
    for key in 0..50 {
        let (tries, start) = (AtomicUsize::new(0), Barrier::new(6));
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| {
                    start.wait();
                    let load = || match tries.fetch_add(1, Ordering::Relaxed) {
                        0 => Err("as the test wants it"),
                        1 => panic!("as the test wants it"),
                        _ => Ok(vec![1]),
                    };
                    // The first fails, the second panics, the rest get the value.
                    let _ = catch_unwind(AssertUnwindSafe(|| cache.get_or_load(key, load)));
                });
            }
        });
        assert_eq!(tries.load(Ordering::Relaxed), 3);
        assert!(cache.get(&key).is_some());
        cache.validate();
    }
    assert_eq!(cache.stats().failed, 100);
}

#[test]
fn what_was_seen_is_removed_and_nothing_newer() {
    let cache = cache(1000);
    let old = cache.get_or_load(1, || Ok::<_, ()>(vec![1])).unwrap();
    assert!(cache.remove_if_same(&1, &old));
    let new = cache.get_or_load(1, || Ok::<_, ()>(vec![1])).unwrap();
    assert!(!cache.remove_if_same(&1, &old));
    assert_eq!(cache.get(&1), Some(new));
}
