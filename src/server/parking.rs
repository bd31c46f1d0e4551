//! Where connections wait without a thread.
//!
//! A connection that has nothing to do is parked: between two requests, in the middle of a request that arrives slowly, while
//! its client has no room for the answer, or after a refusal until the client has taken that. Parked connections are watched by
//! one readiness poller and carry a deadline. The poller's thread (see `event_loop`) takes them out again.
//!
//! # Protocol
//!
//! A connection has a *seat* from the first time that it parks until it ends. While somebody serves it the seat is empty, but
//! still watched: the poller is edge-triggered, so that serving a request costs no call to it.
//!
//! 1. *What happens to a guest who is away is noted at its seat, and given to it when it comes back*, in the step in which it
//!    would sit down. Otherwise: a worker reads all that is there; more comes, and the poller's thread finds nobody at the seat;
//!    the worker parks the connection; nothing is ever reported again.
//! 2. *Who takes a guest from its seat owns it alone*, whether for an event, for its deadline or for the drain.
//! 3. *A key names a seat and how often it had been given up before*, so an event that was reported late finds nobody instead
//!    of the next guest.
//! 4. *The time the poller will wake at is written under the same lock that it was computed under*; a guest with an earlier
//!    deadline rings the bell. Otherwise: the poller computes "nothing is due before 60 s" and unlocks; a guest with a
//!    deadline of 1 s parks and sees nobody asleep; the poller sleeps 60 s. The bell is sticky, so ringing before the
//!    poller sleeps is not lost.
//! 5. *While the poller is awake nobody rings*: it looks at the list under the lock before it sleeps again.
//! 6. *In a drain, a guest without a begun request is closed only after a wait without any event*, and only if it was
//!    parked before that wait. Otherwise a request that has arrived already would be thrown away unread.
//! 7. *A timer may be early, never late*: a guest that parks with a later deadline than its seat's timer leaves the timer as
//!    it is, and the poller's thread sets it anew when it runs out. So a busy connection sets no timer for a request.

use std::{collections::BTreeSet, io};

use super::connection::{Connection, Leaving};
use crate::{
    Named,
    net::TcpStream,
    parking_lot::Mutex,
    poll::{Event, Interest, Poller},
    sync::Arc,
    time::{Duration, Instant},
};

/// Someone who waits without a thread.
pub(crate) enum Guest {
    /// A connection that waits for (more of) a request, or for room to write.
    Waiting(Box<Connection>),
    /// A connection that was answered for the last time.
    Leaving(Box<Leaving>),
}

impl Guest {
    fn is_leaving(&self) -> bool {
        matches!(self, Guest::Leaving(_))
    }

    /// Whether a drain may close it unasked.
    fn is_idle(&self) -> bool {
        match self {
            Guest::Waiting(connection) => !connection.has_begun(),
            Guest::Leaving(_) => false,
        }
    }
}

/// A place that is watched, and kept until this is dropped.
pub(crate) struct Seat {
    parking: Arc<Parking>,
    stream: Arc<TcpStream>,
    key: Key,
    interest: Interest,
}

/// The list of parked connections and what watches them.
pub(crate) struct Parking {
    state: Mutex<State>,
    poller: Poller,
    leaving_count_max: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    index: usize,
    generation: usize,
}

/// A key as the poller keeps it: both halves in one number.
const INDEX_BITS: u32 = usize::BITS / 2;
const INDEX_MASK: usize = (1 << INDEX_BITS) - 1;

impl Key {
    fn packed(self) -> usize {
        self.generation << INDEX_BITS | self.index
    }

    fn unpacked(packed: usize) -> Self {
        Key { index: packed & INDEX_MASK, generation: packed >> INDEX_BITS }
    }

    fn next(self) -> Self {
        Key { generation: (self.generation + 1) & INDEX_MASK, ..self }
    }
}

struct State {
    slots: Vec<Slot>,
    free: Vec<usize>,
    timers: BTreeSet<(Instant, usize)>,
    parked: usize,
    leaving: usize,
    /// Counts waits: guests of an earlier one have been seen by the poller since.
    turn: u64,
    sleep: Sleep,
    activity: Activity,
    mode: Mode,
}

/// What the poller's thread is doing, for the status page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Activity {
    /// It waits until something happens to a guest; else it serves.
    pub(crate) is_polling: bool,
    pub(crate) since: Instant,
    /// How often it has begun to wait.
    pub(crate) turns: u64,
}

struct Slot {
    key: Key,
    place: Place,
    /// The entry in `timers`.
    timer: Option<Instant>,
}

enum Place {
    Free,
    /// Being served; what has happened since.
    Away(Option<Event>),
    Taken {
        guest: Guest,
        deadline: Instant,
        turn: u64,
    },
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
pub(crate) struct Due {
    events: Vec<Event>,
    /// When the wait ended.
    pub(crate) now: Instant,
    /// With whether the client has ended its side.
    pub(crate) ready: Vec<(Guest, bool)>,
    pub(crate) expired: Vec<Guest>,
    /// Closed by the drain.
    pub(crate) dismissed: Vec<Guest>,
}

impl Due {
    pub(crate) fn new() -> Self {
        Due {
            events: Vec::new(),
            now: Instant::now(),
            ready: Vec::new(),
            expired: Vec::new(),
            dismissed: Vec::new(),
        }
    }
}

/// What became of a guest that came to park.
pub(crate) enum Parked {
    Kept,
    /// Something has happened since it was taken out; and whether the client has ended its side.
    Back(Guest, bool),
    /// The parking is closed, or too many are leaving.
    Refused(#[expect(dead_code, reason = "handed back so that it is dropped outside of the lock")] Guest),
}

impl Parking {
    pub(crate) fn new(leaving_count_max: usize) -> io::Result<Self> {
        let state = State {
            slots: Vec::new(),
            free: Vec::new(),
            timers: BTreeSet::new(),
            parked: 0,
            leaving: 0,
            turn: 0,
            sleep: Sleep::Awake,
            activity: Activity { is_polling: false, since: Instant::now(), turns: 0 },
            mode: Mode::Open,
        };
        Ok(Parking { state: Mutex::new(state).named("parking"), poller: Poller::new()?, leaving_count_max })
    }

    /// Begins to watch `stream`. Whatever can be read already counts as having happened.
    ///
    /// An error when the system refuses.
    pub(crate) fn seat(self: &Arc<Self>, stream: Arc<TcpStream>) -> io::Result<Seat> {
        let mut state = self.state.lock();
        let index = match state.free.pop() {
            Some(index) => index,
            None => {
                let key = Key { index: state.slots.len(), generation: 0 };
                state.slots.push(Slot { key, place: Place::Free, timer: None });
                key.index
            }
        };
        let slot = &mut state.slots[index];
        slot.place = Place::Away(None);
        let key = slot.key;
        drop(state);
        let seat = Seat { parking: Arc::clone(self), stream, key, interest: Interest::Read };
        self.poller.watch(&seat.stream, key.packed(), seat.interest)?;
        Ok(seat)
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

    /// Takes nobody any more and makes [`wait`](Self::wait) return `false`.
    pub(crate) fn stop(&self) {
        self.state.lock().mode = Mode::Stopped;
        self.ring();
    }

    pub(crate) fn len(&self) -> usize {
        self.state.lock().parked
    }

    /// What the poller's thread is doing.
    pub(crate) fn activity(&self) -> Activity {
        self.state.lock().activity
    }

    /// Blocks until some guests are due, and takes them out; `false` once the parking has stopped. May return without any.
    /// With `busy` it only looks.
    pub(crate) fn wait(&self, due: &mut Due, busy: bool) -> bool {
        let now = Instant::now();
        let mut state = self.state.lock();
        if state.mode == Mode::Stopped {
            let guests = state.take_all();
            drop(state);
            // Dropping a connection takes this lock and the table's.
            drop(guests);
            return false;
        }
        state.turn += 1;
        let turn = state.turn;
        state.activity = Activity { is_polling: true, since: now, turns: turn };
        let draining = state.mode == Mode::Draining && state.has_idle();
        let timeout = if draining || busy {
            Some(Duration::ZERO)
        } else {
            state.timers.first().map(|(timer, _)| timer.saturating_duration_since(now))
        };
        state.sleep = match timeout {
            None => Sleep::Forever,
            Some(timeout) => Sleep::Until(now + timeout),
        };
        drop(state);

        due.events.clear();
        let waited = self.poller.wait(&mut due.events, timeout);

        let mut state = self.state.lock();
        let now = Instant::now();
        due.now = now;
        state.sleep = Sleep::Awake;
        state.activity = Activity { is_polling: false, since: now, ..state.activity };
        if draining && due.events.is_empty() && waited.is_ok() {
            state.dismiss(turn, &mut due.dismissed);
        }
        for &event in &due.events {
            due.ready.extend(state.happened(event));
        }
        state.expire(now, &mut due.expired);
        true
    }

    fn ring(&self) {
        // A poller that cannot be notified is broken for good; its thread would notice at its next wait.
        let _ = self.poller.notify();
    }
}

impl Seat {
    /// Watches for what the guest waits for from now on. Only one thing at a time: what lies unread would be reported again
    /// and again to one who waits for room.
    pub(crate) fn watch_for(&mut self, interest: Interest) -> io::Result<()> {
        // Room is reported once for each time that there was none.
        if self.interest == interest && interest == Interest::Read {
            return Ok(());
        }
        self.interest = interest;
        self.parking.poller.watch(&self.stream, self.key.packed(), interest)
    }

    /// Reports what can be read now even if it was reported before.
    pub(crate) fn watch_again(&mut self) -> io::Result<()> {
        self.interest = Interest::Read;
        self.parking.poller.watch(&self.stream, self.key.packed(), self.interest)
    }

    /// Sits `guest` down, whose seat this is, until something happens or `deadline` has come.
    pub(crate) fn park(parking: &Parking, key: SeatKey, guest: Guest, deadline: Instant) -> Parked {
        let mut state = parking.state.lock();
        let refused =
            state.mode == Mode::Stopped || (guest.is_leaving() && state.leaving >= parking.leaving_count_max);
        if refused {
            return Parked::Refused(guest);
        }
        let turn = state.turn;
        let slot = &mut state.slots[key.0.index];
        debug_assert_eq!(slot.key, key.0, "a guest has its seat");
        if let Place::Away(Some(event)) = slot.place {
            slot.place = Place::Away(None);
            return Parked::Back(guest, event.closed);
        }
        let leaving = guest.is_leaving();
        let idle = guest.is_idle();
        slot.place = Place::Taken { guest, deadline, turn };
        state.parked += 1;
        state.leaving += usize::from(leaving);
        state.set_timer(key.0.index, deadline);
        let ring = match state.sleep {
            Sleep::Awake => false,
            _ if state.mode == Mode::Draining && idle => true,
            Sleep::Until(wake) => deadline < wake,
            Sleep::Forever => true,
        };
        if ring {
            // The first to ring is enough.
            state.sleep = Sleep::Awake;
        }
        drop(state);
        if ring {
            parking.ring();
        }
        Parked::Kept
    }

    /// Where it is.
    pub(crate) fn parking(&self) -> Arc<Parking> {
        Arc::clone(&self.parking)
    }

    /// Under which name to [`park`](Self::park): the guest owns its seat, so it cannot be borrowed for that.
    pub(crate) fn key(&self) -> SeatKey {
        SeatKey(self.key)
    }
}

/// Names a seat for [`Seat::park`].
#[derive(Clone, Copy)]
pub(crate) struct SeatKey(Key);

impl Drop for Seat {
    fn drop(&mut self) {
        // Fails only when the system has forgotten the descriptor, which is what is wanted.
        let _ = self.parking.poller.remove(&self.stream);
        self.parking.state.lock().free(self.key);
    }
}

impl State {
    /// Takes out whom the event is about; if he is away it is noted.
    fn happened(&mut self, event: Event) -> Option<(Guest, bool)> {
        let key = Key::unpacked(event.key);
        let slot = self.slots.get_mut(key.index).filter(|slot| slot.key == key)?;
        match &mut slot.place {
            Place::Free => None,
            Place::Away(noted) => {
                let closed = event.closed || noted.is_some_and(|noted| noted.closed);
                *noted = Some(Event { closed, ..event });
                None
            }
            Place::Taken { .. } => self.take(key.index).map(|guest| (guest, event.closed)),
        }
    }

    fn take(&mut self, index: usize) -> Option<Guest> {
        let place = &mut self.slots[index].place;
        if !matches!(place, Place::Taken { .. }) {
            return None;
        }
        match std::mem::replace(place, Place::Away(None)) {
            Place::Taken { guest, .. } => {
                self.parked -= 1;
                self.leaving -= usize::from(guest.is_leaving());
                Some(guest)
            }
            Place::Free | Place::Away(_) => None,
        }
    }

    fn take_all(&mut self) -> Vec<Guest> {
        (0..self.slots.len()).filter_map(|index| self.take(index)).collect()
    }

    fn has_idle(&self) -> bool {
        self.slots.iter().any(|slot| matches!(&slot.place, Place::Taken { guest, .. } if guest.is_idle()))
    }

    /// Takes out the idle ones that had parked before the wait that is called `turn`.
    fn dismiss(&mut self, turn: u64, dismissed: &mut Vec<Guest>) {
        for index in 0..self.slots.len() {
            let is_due = matches!(
                &self.slots[index].place,
                Place::Taken { guest, turn: since, .. } if *since < turn && guest.is_idle()
            );
            if is_due {
                dismissed.extend(self.take(index));
            }
        }
    }

    /// Takes out whose time is up, and sets timers anew that ran out early.
    fn expire(&mut self, now: Instant, expired: &mut Vec<Guest>) {
        while let Some(&(timer, index)) = self.timers.first() {
            if timer > now {
                return;
            }
            self.timers.pop_first();
            self.slots[index].timer = None;
            match self.slots[index].place {
                Place::Taken { deadline, .. } if deadline <= now => expired.extend(self.take(index)),
                Place::Taken { deadline, .. } => self.set_timer(index, deadline),
                // Whoever is away sets one when he comes back.
                Place::Free | Place::Away(_) => {}
            }
        }
    }

    fn set_timer(&mut self, index: usize, deadline: Instant) {
        let slot = &mut self.slots[index];
        match slot.timer {
            Some(timer) if timer <= deadline => {}
            earlier => {
                slot.timer = Some(deadline);
                if let Some(timer) = earlier {
                    self.timers.remove(&(timer, index));
                }
                self.timers.insert((deadline, index));
            }
        }
    }

    fn free(&mut self, key: Key) {
        let slot = &mut self.slots[key.index];
        debug_assert_eq!(slot.key, key, "a seat is given up once");
        slot.key = key.next();
        slot.place = Place::Free;
        if let Some(timer) = slot.timer.take() {
            self.timers.remove(&(timer, key.index));
        }
        self.free.push(key.index);
    }
}
