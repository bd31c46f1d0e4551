//! Where connections wait without a thread.
//!
//! A connection that has nothing to read is parked: between two requests, in the middle of a request that arrives slowly,
//! or after a refusal until the client has taken its answer. Parked connections are watched by one readiness poller and
//! carry a deadline. The poller's thread (see `poller`) takes them out again.
//!
//! # Protocol
//!
//! 1. *A guest is in the list before it is watched, both under the lock.* Otherwise: it is watched; it becomes readable;
//!    the poller's thread finds no guest under the key and drops the one-shot event; the connection is never served.
//! 2. *Who takes a guest out of the list owns it alone*, whether for being readable, for its deadline or for the drain.
//!    Its key is never used again, so a late event for it finds nobody.
//! 3. *An owner unwatches the guest before it does anything else with it*, since a worker may park it again at once, and
//!    since a descriptor must not be closed while it is watched.
//! 4. *The time the poller will wake at is written under the same lock that it was computed under*; a guest with an earlier
//!    deadline rings the bell. Otherwise: the poller computes "nothing is due before 60 s" and unlocks; a guest with a
//!    deadline of 1 s parks and sees nobody asleep; the poller sleeps 60 s. The bell is sticky, so ringing before the
//!    poller sleeps is not lost.
//! 5. *While the poller is awake nobody rings*: it looks at the list under the lock before it sleeps again.
//! 6. *In a drain, a guest without a begun request is closed only after a wait without any event*, and only if it was
//!    parked before that wait. Otherwise a request that has arrived already would be thrown away unread.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};

use super::connection::Connection;
use crate::{
    Named,
    net::TcpStream,
    parking_lot::Mutex,
    poll::Poller,
    sync::Arc,
    time::{Duration, Instant},
};

/// Someone who waits without a thread.
pub(crate) enum Guest {
    /// A connection that waits for (more of) a request.
    Waiting(Connection),
    /// A connection that was answered for the last time; what it still sends is read and dropped, so that the answer is
    /// not destroyed by a reset. Its place in the table, if it has one, is kept until it has gone.
    Leaving {
        stream: Arc<TcpStream>,
        /// Held only to keep the place.
        _place: Option<Connection>,
    },
}

impl Guest {
    pub(crate) fn stream(&self) -> &TcpStream {
        match self {
            Guest::Waiting(connection) => connection.stream(),
            Guest::Leaving { stream, .. } => stream,
        }
    }

    fn is_leaving(&self) -> bool {
        matches!(self, Guest::Leaving { .. })
    }

    /// Whether a drain may close it unasked.
    fn is_idle(&self) -> bool {
        match self {
            Guest::Waiting(connection) => !connection.has_begun(),
            Guest::Leaving { .. } => false,
        }
    }
}

/// The list of parked connections and what watches them.
pub(crate) struct Parking {
    state: Mutex<State>,
    poller: Poller,
    leaving_count_max: usize,
}

struct State {
    guests: BTreeMap<usize, (Instant, Guest)>,
    deadlines: BTreeSet<(Instant, usize)>,
    next_key: usize,
    leaving: usize,
    sleep: Sleep,
    mode: Mode,
}

/// What the poller's thread is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sleep {
    Awake,
    Until(Instant),
    Forever,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Open,
    Draining,
    Stopped,
}

/// Guests that were taken out after one wait, by reason.
#[derive(Default)]
pub(crate) struct Due {
    pub(crate) ready: Vec<(Instant, Guest)>,
    pub(crate) expired: Vec<Guest>,
    /// Closed by the drain.
    pub(crate) dismissed: Vec<Guest>,
}

impl Parking {
    pub(crate) fn new(leaving_count_max: usize) -> io::Result<Self> {
        let state = State {
            guests: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            next_key: 0,
            leaving: 0,
            sleep: Sleep::Awake,
            mode: Mode::Open,
        };
        Ok(Parking { state: Mutex::new(state).named("parking"), poller: Poller::new()?, leaving_count_max })
    }

    /// Watches `guest` until it is readable or `deadline` has come. A guest that cannot be kept (the parking has stopped,
    /// too many are leaving, the system refuses) is closed by being dropped.
    pub(crate) fn park(&self, guest: Guest, deadline: Instant) {
        let mut state = self.state.lock();
        let refused =
            state.mode == Mode::Stopped || (guest.is_leaving() && state.leaving >= self.leaving_count_max);
        if refused {
            // Dropping a connection takes the table's lock: not under this one.
            drop(state);
            drop(guest);
            return;
        }
        let key = state.insert(guest, deadline);
        let added = match state.guests.get(&key) {
            Some((_, guest)) => self.poller.add(guest.stream(), key),
            None => Ok(()),
        };
        if added.is_err() {
            let guest = state.take(key);
            drop(state);
            drop(guest);
            return;
        }
        let ring = match state.sleep {
            Sleep::Awake => false,
            _ if state.mode == Mode::Draining => true,
            Sleep::Until(wake) => deadline < wake,
            Sleep::Forever => true,
        };
        if ring {
            // The first to ring is enough.
            state.sleep = Sleep::Awake;
        }
        drop(state);
        if ring {
            self.ring();
        }
    }

    /// From now on guests without a begun request are sent home.
    pub(crate) fn drain(&self) {
        let mut state = self.state.lock();
        if state.mode == Mode::Open {
            state.mode = Mode::Draining;
        }
        drop(state);
        self.ring();
    }

    /// Takes nobody any more and makes [`wait`](Self::wait) return `None`.
    pub(crate) fn stop(&self) {
        self.state.lock().mode = Mode::Stopped;
        self.ring();
    }

    pub(crate) fn len(&self) -> usize {
        self.state.lock().guests.len()
    }

    /// Blocks until some guests are due, and takes them out; `None` once the parking has stopped. May return without any.
    pub(crate) fn wait(&self) -> Option<Due> {
        let now = Instant::now();
        let mut state = self.state.lock();
        if state.mode == Mode::Stopped {
            let guests = std::mem::take(&mut state.guests);
            state.deadlines.clear();
            drop(state);
            for (_, guest) in guests.values() {
                let _ = self.poller.remove(guest.stream());
            }
            return None;
        }
        let keys_before = state.next_key;
        let draining = state.mode == Mode::Draining;
        let timeout = if draining && state.guests.values().any(|(_, guest)| guest.is_idle()) {
            Some(Duration::ZERO)
        } else {
            state.deadlines.first().map(|(deadline, _)| deadline.saturating_duration_since(now))
        };
        state.sleep = match timeout {
            None => Sleep::Forever,
            Some(timeout) => Sleep::Until(now + timeout),
        };
        drop(state);

        let mut ready = Vec::new();
        let waited = self.poller.wait(&mut ready, timeout);

        let now = Instant::now();
        let mut due = Due::default();
        let mut state = self.state.lock();
        state.sleep = Sleep::Awake;
        if draining && ready.is_empty() && waited.is_ok() && timeout == Some(Duration::ZERO) {
            let idle = |(key, (_, guest)): (&usize, &(Instant, Guest))| {
                (*key < keys_before && guest.is_idle()).then_some(*key)
            };
            let keys: Vec<usize> = state.guests.iter().filter_map(idle).collect();
            due.dismissed.extend(keys.into_iter().filter_map(|key| state.take(key)).map(|(_, guest)| guest));
        }
        due.ready.extend(ready.into_iter().filter_map(|key| state.take(key)));
        while let Some(&(deadline, key)) = state.deadlines.first() {
            if deadline > now {
                break;
            }
            due.expired.extend(state.take(key).map(|(_, guest)| guest));
        }
        drop(state);
        let all = due.ready.iter().map(|(_, guest)| guest).chain(&due.expired).chain(&due.dismissed);
        for guest in all {
            // Fails only when the system has forgotten the descriptor, which is what is wanted.
            let _ = self.poller.remove(guest.stream());
        }
        Some(due)
    }

    fn ring(&self) {
        // A poller that cannot be notified is broken for good; its thread would notice at its next wait.
        let _ = self.poller.notify();
    }
}

impl State {
    fn insert(&mut self, guest: Guest, deadline: Instant) -> usize {
        let key = self.next_key;
        self.next_key += 1;
        self.leaving += usize::from(guest.is_leaving());
        self.deadlines.insert((deadline, key));
        self.guests.insert(key, (deadline, guest));
        key
    }

    fn take(&mut self, key: usize) -> Option<(Instant, Guest)> {
        let (deadline, guest) = self.guests.remove(&key)?;
        self.deadlines.remove(&(deadline, key));
        self.leaving -= usize::from(guest.is_leaving());
        Some((deadline, guest))
    }
}
