//! The caches, behind one call.

use std::{convert::Infallible, sync::Arc};

use quick_cache::Weighter;
use unsnarl::server::cache::Cache;

use crate::traces::{Request, Trace};

/// All of them; ours first.
pub(crate) const NAMES: [&str; 3] = ["unsnarl", "moka", "quick_cache"];

/// A cache; values are their own weights.
pub(crate) enum Subject {
    Unsnarl(Cache<u64, u32>),
    Moka(moka::sync::Cache<u64, Arc<u32>>),
    Quick(quick_cache::sync::Cache<u64, Arc<u32>, ByValue>),
}

#[derive(Clone)]
pub(crate) struct ByValue;

impl Weighter<u64, Arc<u32>> for ByValue {
    fn weight(&self, _: &u64, value: &Arc<u32>) -> u64 {
        u64::from(**value)
    }
}

impl Subject {
    pub(crate) fn new(name: &str, trace: &Trace) -> Self {
        let capacity = trace.capacity;
        // As many as quick_cache takes by default.
        let shards = std::thread::available_parallelism().map_or(1, usize::from) * 4;
        match name {
            "unsnarl" => {
                Subject::Unsnarl(Cache::new(capacity as usize, shards, |_, weight| *weight as usize))
            }
            "moka" => {
                let builder = moka::sync::Cache::builder().max_capacity(capacity);
                Subject::Moka(builder.weigher(|_, weight: &Arc<u32>| **weight).build())
            }
            _ => {
                let items = (capacity / trace.mean_weight().max(1)) as usize;
                Subject::Quick(quick_cache::sync::Cache::with_weighter(items, capacity, ByValue))
            }
        }
    }

    /// Asks for the key; says whether it was there.
    pub(crate) fn request(&self, request: Request) -> bool {
        let mut hit = true;
        match self {
            Subject::Unsnarl(cache) => {
                let load = || {
                    hit = false;
                    Ok::<_, Infallible>(request.weight)
                };
                drop(cache.get_or_load(request.key, load));
            }
            Subject::Moka(cache) => {
                drop(cache.get_with(request.key, || {
                    hit = false;
                    Arc::new(request.weight)
                }));
            }
            Subject::Quick(cache) => {
                let load = || {
                    hit = false;
                    Ok::<_, Infallible>(Arc::new(request.weight))
                };
                drop(cache.get_or_insert_with(&request.key, load));
            }
        }
        hit
    }
}
