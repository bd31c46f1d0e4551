//! The cache and its eviction policy beside a plain map: nothing is lost, doubled or too heavy, whatever is asked of them.

#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use unsnarl::{
    server::cache::{Cache, policy::Policy},
    sync::Arc,
};

/// Keys and weights are small, so that they meet.
const KEYS: u8 = 24;
const WEIGHT_MAX: usize = 120;

fuzz_target!(|input: (u8, u8, Vec<(u8, u8, u8)>)| {
    let (weight_max, shards, operations) = input;
    let weight_max = usize::from(weight_max) % WEIGHT_MAX + 1;
    policy(weight_max, &operations);
    cache(weight_max, usize::from(shards) % 4 + 1, &operations);
});

/// Some keys have one hash.
fn hash_of(key: u8) -> u64 {
    u64::from(key % 20).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn policy(weight_max: usize, operations: &[(u8, u8, u8)]) {
    let mut policy = Policy::new(weight_max);
    // Value and weight of each key; a value is the number of the operation that inserted it.
    let mut naive = BTreeMap::new();
    for (number, &(kind, key, weight)) in operations.iter().enumerate() {
        let (key, weight) = (key % KEYS, usize::from(weight) % (WEIGHT_MAX / 2));
        match kind % 8 {
            0..=2 => assert_eq!(policy.get(hash_of(key), &key), naive.get(&key).map(|(value, _)| value)),
            3 => assert_eq!(policy.remove(hash_of(key), &key), naive.remove(&key).map(|(value, _)| value)),
            _ => {
                let mut out = Vec::new();
                let evicted = policy.evicted();
                let replaced = usize::from(naive.contains_key(&key));
                policy.insert(hash_of(key), key, number, weight, &mut |value| out.push(value));
                let refused = usize::from(weight > weight_max);
                assert_eq!(policy.evicted() - evicted, (out.len() - replaced - refused) as u64);
                naive.insert(key, (number, weight));
                naive.retain(|_, (value, _)| !out.contains(value));
            }
        }
        policy.validate();
        assert_eq!(policy.len(), naive.len());
        assert_eq!(policy.weight(), naive.values().map(|(_, weight)| weight).sum::<usize>());
        assert!(naive.iter().all(|(key, (value, _))| policy.peek(hash_of(*key), key) == Some(value)));
    }
}

fn cache(weight_max: usize, shards: usize, operations: &[(u8, u8, u8)]) {
    let cache = Cache::new(weight_max, shards, |_: &u8, value: &(usize, usize)| value.1);
    // What each key was last loaded with: all that the cache may say, though it may have forgotten it.
    let mut loaded = BTreeMap::new();
    let (mut hits, mut misses, mut failed) = (0, 0, 0);
    for (number, &(kind, key, weight)) in operations.iter().enumerate() {
        let (key, weight) = (key % KEYS, usize::from(weight) % (WEIGHT_MAX / 2));
        match kind % 8 {
            0..=2 => {
                if let Some(value) = cache.get(&key) {
                    hits += 1;
                    assert_eq!(loaded.get(&key), Some(&value));
                }
            }
            3 => {
                let Some(seen) = loaded.remove(&key) else { continue };
                let equal = Arc::new(*seen);
                assert!(!cache.remove_if_same(&key, &equal), "equal is not the same");
                cache.remove_if_same(&key, &seen);
                assert!(!cache.remove_if_same(&key, &seen), "it was removed twice");
                assert!(cache.get(&key).is_none());
            }
            5 => {
                // A refresh of what is kept; of an old value it is a look-up, of a removed one a load.
                let Some(seen) = loaded.get(&key).cloned() else { continue };
                let (hit, kept) = (cache.stats(), cache.get(&key));
                hits += cache.stats().hits - hit.hits;
                let mut asked = false;
                let fails = weight % 3 == 0;
                let result = cache.refresh(key, &seen, || {
                    asked = true;
                    if fails { Err("no") } else { Ok((number, weight)) }
                });
                assert!(asked, "nobody else loads");
                misses += 1;
                assert!(kept.is_none_or(|kept| Arc::ptr_eq(&kept, &seen)));
                if fails {
                    failed += 1;
                    assert!(result.is_err() && cache.get(&key).is_none(), "what is out of date has gone");
                    loaded.remove(&key);
                } else {
                    loaded.insert(key, result.expect("it was loaded"));
                }
            }
            kind => {
                let mut asked = false;
                let result = cache.get_or_load(key, || {
                    asked = true;
                    if kind == 4 { Err("no") } else { Ok((number, weight)) }
                });
                *(if asked { &mut misses } else { &mut hits }) += 1;
                match result {
                    Ok(value) if asked => {
                        assert_eq!(*value, (number, weight));
                        loaded.insert(key, value);
                    }
                    Ok(value) => assert_eq!(loaded.get(&key), Some(&value)),
                    Err(_) => {
                        assert!(asked);
                        failed += 1;
                        assert!(cache.get(&key).is_none(), "a failed load leaves nothing");
                    }
                }
            }
        }
        cache.validate();
    }
    let stats = cache.stats();
    assert_eq!((stats.hits, stats.misses, stats.failed, stats.joined), (hits, misses, failed, 0));
    assert!(stats.weight <= weight_max && stats.entries <= loaded.len());
}
