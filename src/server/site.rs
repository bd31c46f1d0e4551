//! What can be replaced while the server runs: its handler and most limits.
//!
//! 1. *It is replaced as a whole*: a request is served by the limits and the handler of one site.
//! 2. *A connection keeps its site within a request* and looks for a newer one when the next request is there, by one number.

use std::fmt;

use super::{cache::CacheStats, handler::Handler, limits::Limits};
use crate::{
    Named,
    parking_lot::Mutex,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Tells what a cache has done.
pub(crate) type Stats = Arc<dyn Fn() -> CacheStats + Send + Sync>;

/// What requests are served by.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) limits: Limits,
    pub(crate) handler: Arc<dyn Handler>,
    pub(crate) cache_stats: Option<Stats>,
}

/// The present site and its number.
pub(crate) struct Sites {
    present: Mutex<Arc<Site>>,
    number: AtomicU64,
}

impl Sites {
    pub(crate) fn new(site: Site) -> Self {
        Sites { present: Mutex::new(Arc::new(site)).named("site"), number: AtomicU64::new(0) }
    }

    pub(crate) fn present(&self) -> Arc<Site> {
        Arc::clone(&self.present.lock())
    }

    /// Puts a changed copy in place of the present site.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Site)) {
        let mut present = self.present.lock();
        let mut site = Site::clone(&present);
        change(&mut site);
        let old = std::mem::replace(&mut *present, Arc::new(site));
        // ORDERING: release, with the load in `renew`: who sees the number finds the site, or a later one.
        self.number.fetch_add(1, Ordering::Release);
        drop(present);
        // The last of its owners may be here, and the handler's end take long.
        drop(old);
    }

    /// The present site if it is not the one with this number, which then becomes the present one's.
    pub(crate) fn renew(&self, known: &mut u64) -> Option<Arc<Site>> {
        // ORDERING: acquire, with the addition in `change`.
        let number = self.number.load(Ordering::Acquire);
        (number != *known).then(|| {
            *known = number;
            self.present()
        })
    }
}

impl fmt::Debug for Sites {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sites").finish_non_exhaustive()
    }
}
