//! What all threads of one server share.

#[cfg(not(feature = "tls"))]
use super::no_tls::Tls;
#[cfg(feature = "tls")]
use super::tls::Tls;
use super::{
    acceptor::Activity,
    front_end::{FrontEnd, Job},
    operations::Operations,
    parking::Parking,
    pool::{Pool, PoolStatus},
    site::{Site, Sites},
    table::Table,
};
use crate::{
    Named,
    net::TcpStream,
    parking_lot::Mutex,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

/// The pool as the server uses it.
pub(crate) type Workers = Pool<Job>;

pub(crate) struct Core {
    pub(crate) front_end: FrontEnd,
    pub(crate) sites: Sites,
    pub(crate) table: Table<Arc<TcpStream>>,
    pub(crate) acceptor: Activity,
    /// Where connections wait: one for each loop.
    pub(crate) loops: Vec<Arc<Parking>>,
    /// While it runs.
    pub(crate) workers: Mutex<Option<Arc<Workers>>>,
    pub(crate) incidents: Mutex<Incidents>,
    pub(crate) started: Instant,
    pub(crate) status_page: bool,
    pub(crate) operations: Operations,
    /// What new connections are encrypted by.
    pub(crate) tls: Option<Arc<Tls>>,
    draining: AtomicBool,
}

/// What went wrong how often. Touched only when something does, so one lock is enough.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Incidents {
    pub(crate) accept_errors: u64,
    pub(crate) shed: u64,
    pub(crate) header_timeouts: u64,
    pub(crate) idle_timeouts: u64,
    pub(crate) write_failures: u64,
    pub(crate) rejected_requests: u64,
    pub(crate) handler_panics: u64,
}

impl Core {
    pub(crate) fn new(
        front_end: FrontEnd,
        site: Site,
        loops: Vec<Arc<Parking>>,
        incidents: Mutex<Incidents>,
        status_page: bool,
    ) -> Self {
        let limits = &site.limits;
        let table = Table::new(limits.connections_max).per_address(limits.connections_per_address_max);
        Core {
            front_end,
            table: table.shards(limits.table_shards_count),
            acceptor: Activity::new(),
            sites: Sites::new(site),
            loops,
            workers: Mutex::new(None).named("workers"),
            incidents,
            started: Instant::now(),
            status_page,
            operations: Operations::new(None),
            tls: None,
            draining: AtomicBool::new(false),
        }
    }

    /// Whether a shutdown was asked for.
    pub(crate) fn is_draining(&self) -> bool {
        // ORDERING: sequentially consistent, as its partner below: the flag is read once per request, and what follows
        // from it must agree with what the acceptor and the parking concluded.
        self.draining.load(Ordering::SeqCst)
    }

    /// Asks for a shutdown; returns whether this call was the first.
    pub(crate) fn start_draining(&self) -> bool {
        // ORDERING: see `is_draining`.
        !self.draining.swap(true, Ordering::SeqCst)
    }

    /// What the pool is doing; nothing where there is none.
    pub(crate) fn pool_status(&self) -> PoolStatus {
        let workers = self.workers.lock().clone();
        workers.map_or_else(PoolStatus::none, |workers| workers.status())
    }

    /// Connections that wait without a thread.
    pub(crate) fn parked(&self) -> usize {
        self.loops.iter().map(|parking| parking.len()).sum()
    }

    pub(crate) fn count(&self, incident: impl FnOnce(&mut Incidents)) {
        incident(&mut self.incidents.lock());
    }
}
