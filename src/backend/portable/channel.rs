//! A channel on the facade's own mutex and condition variables.
//!
//! Capacity 0 is a rendezvous: an offer lies in the queue until a receiver takes it, and its sender waits for that. Rules:
//!
//! 1. each message has a number, so that a sender can see whether its offer still lies in the queue;
//! 2. at capacity 0 a try-send succeeds only when more receivers wait than offers lie: the message has a taker;
//! 3. a thread that selects enters all its channels and waits until it is told to look again. Where there is no room, who
//!    cannot wait itself *claims* it: it then must do that case. Nobody is claimed twice, and nobody claims while it can be
//!    claimed.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use super::super::guest::execution;
use crate::{
    channel::{Chosen, RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError},
    parking_lot::{Condvar, Mutex, MutexGuard},
    time::Instant,
};

pub(crate) struct Channel<T> {
    capacity: Option<usize>,
    state: Mutex<State<T>>,
    /// Receivers wait here for messages.
    sent: Condvar,
    /// Senders wait here for room, and at capacity 0 for their offer to be taken.
    taken: Condvar,
}

struct State<T> {
    queue: VecDeque<(u64, T)>,
    /// Messages ever put in: the number of the next one.
    put: u64,
    receivers_waiting: usize,
    /// Selects that were claimed to receive and have not done so yet.
    claimed: usize,
    /// Sends that selects have chosen and not completed yet.
    reserved: usize,
    /// What receives that selects have chosen have taken, by number.
    taken: Vec<(u64, T)>,
    selecting: Vec<Entry>,
    senders: usize,
    receivers: usize,
}

/// A case of a thread that selects.
struct Entry {
    selecting: Arc<Selecting>,
    place: usize,
    sends: bool,
}

/// A thread that waits on several channels at once.
pub(crate) struct Selecting {
    state: Mutex<Look>,
    changed: Condvar,
}

struct Look {
    /// Something has happened on one of its channels.
    again: bool,
    /// It can be claimed.
    open: bool,
    claimed: Option<usize>,
}

impl Selecting {
    #[track_caller]
    pub(crate) fn new(open: bool) -> Self {
        let look = Look { again: false, open, claimed: None };
        Selecting { state: Mutex::new(look), changed: Condvar::new() }
    }

    #[track_caller]
    fn tell(&self) {
        self.state.lock().again = true;
        self.changed.notify_one();
    }

    #[track_caller]
    fn can_be_claimed(&self) -> bool {
        self.state.lock().open
    }

    /// Makes it do the case at `place`, unless it cannot any more.
    #[track_caller]
    fn claim(&self, place: usize) -> bool {
        let mut look = self.state.lock();
        if !look.open {
            return false;
        }
        (look.open, look.claimed) = (false, Some(place));
        drop(look);
        self.changed.notify_one();
        true
    }

    /// Waits until something has happened; the place of the case that it must do, if there is one.
    #[track_caller]
    pub(crate) fn wait(&self) -> Option<usize> {
        let mut look = self.state.lock();
        while !look.again && look.claimed.is_none() {
            self.changed.wait(&mut look);
        }
        look.open = false;
        look.claimed
    }
}

/// What a select needs of a channel, whatever its messages are.
pub(crate) trait Selectable {
    /// Chooses the case if it is possible now.
    fn start(&self, sends: bool) -> Option<Chosen>;

    /// Whether the case is possible now.
    fn is_possible(&self, sends: bool) -> bool;

    /// Tells `selecting` from now on when the case at `place` may have become possible.
    fn enter(&self, selecting: &Arc<Selecting>, place: usize, sends: bool);

    fn leave(&self, selecting: &Arc<Selecting>);

    /// Chooses the case that was claimed; `None` if somebody else has had the message.
    fn finish(&self, sends: bool) -> Option<Chosen>;
}

impl<T> Selectable for Channel<T> {
    #[track_caller]
    fn start(&self, sends: bool) -> Option<Chosen> {
        let mut state = self.state.lock();
        if !sends {
            if state.queue.is_empty() && state.senders > 0 {
                let claimed = self.capacity == Some(0) && state.claim(true);
                drop(state);
                // Who was claimed puts its message in.
                return claimed.then(|| self.wait_apart());
            }
            return Some(self.take_apart(state));
        }
        if state.receivers == 0 {
            return Some(Chosen { closed: true, message: 0 });
        }
        if self.has_taker_or_room(&state) {
            state.reserved += 1;
        } else if self.capacity == Some(0) && state.claim(false) {
            state.claimed += 1;
            state.reserved += 1;
        } else {
            return None;
        }
        Some(Chosen::default())
    }

    #[track_caller]
    fn is_possible(&self, sends: bool) -> bool {
        self.is_possible_beside(&self.state.lock(), sends, None)
    }

    #[track_caller]
    fn enter(&self, selecting: &Arc<Selecting>, place: usize, sends: bool) {
        let mut state = self.state.lock();
        if self.is_possible_beside(&state, sends, Some(selecting)) {
            selecting.tell();
        }
        // Who can be claimed is; who only looks has to look again.
        for entry in state.selecting.iter().filter(|entry| self.capacity == Some(0) && entry.sends != sends) {
            if !Arc::ptr_eq(&entry.selecting, selecting) && !entry.selecting.can_be_claimed() {
                entry.selecting.tell();
            }
        }
        state.selecting.push(Entry { selecting: Arc::clone(selecting), place, sends });
    }

    #[track_caller]
    fn leave(&self, selecting: &Arc<Selecting>) {
        self.state.lock().selecting.retain(|entry| !Arc::ptr_eq(&entry.selecting, selecting));
    }

    #[track_caller]
    fn finish(&self, sends: bool) -> Option<Chosen> {
        let mut state = self.state.lock();
        if sends {
            state.reserved += 1;
            return Some(Chosen::default());
        }
        state.claimed -= 1;
        if state.queue.is_empty() && state.reserved == 0 {
            return None;
        }
        if state.queue.is_empty() {
            drop(state);
            return Some(self.wait_apart());
        }
        Some(self.take_apart(state))
    }
}

/// Refuses channels whose messages come from the clock.
#[track_caller]
pub(crate) fn refuse_clock() -> ! {
    execution::refuse_timeout()
}

/// Refuses a select with a time limit.
#[track_caller]
pub(crate) fn refuse_timeout() -> ! {
    execution::refuse_timeout()
}

/// Why an operation stopped waiting.
enum Stop {
    Timeout,
    Disconnected,
}

impl<T> Channel<T> {
    #[track_caller]
    pub(crate) fn new(capacity: Option<usize>) -> Self {
        let state = State {
            queue: VecDeque::new(),
            put: 0,
            receivers_waiting: 0,
            claimed: 0,
            reserved: 0,
            taken: Vec::new(),
            selecting: Vec::new(),
            senders: 1,
            receivers: 1,
        };
        Channel { capacity, state: Mutex::new(state), sent: Condvar::new(), taken: Condvar::new() }
    }

    #[track_caller]
    pub(crate) fn send(&self, message: T) -> Result<(), SendError<T>> {
        self.send_until(message, None).map_err(|(_, message)| SendError(message))
    }

    #[track_caller]
    pub(crate) fn send_timeout(&self, message: T, timeout: Duration) -> Result<(), SendTimeoutError<T>> {
        self.send_until(message, Some(Instant::now() + timeout)).map_err(|(stop, message)| match stop {
            Stop::Timeout => SendTimeoutError::Timeout(message),
            Stop::Disconnected => SendTimeoutError::Disconnected(message),
        })
    }

    #[track_caller]
    pub(crate) fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        let mut state = self.state.lock();
        if state.receivers == 0 {
            return Err(TrySendError::Disconnected(message));
        }
        if !self.has_taker_or_room(&state) {
            if self.capacity != Some(0) || !state.claim(false) {
                return Err(TrySendError::Full(message));
            }
            state.claimed += 1;
        }
        state.put(message);
        drop(state);
        self.sent.notify_one();
        Ok(())
    }

    /// Completes a send that a select has chosen.
    #[track_caller]
    pub(crate) fn complete_send(&self, chosen: Chosen, message: T) -> Result<(), SendError<T>> {
        if chosen.closed {
            return Err(SendError(message));
        }
        let mut state = self.state.lock();
        state.reserved -= 1;
        if state.receivers == 0 {
            return Err(SendError(message));
        }
        state.put(message);
        drop(state);
        self.sent.notify_one();
        Ok(())
    }

    /// Completes a receive that a select has chosen.
    #[track_caller]
    pub(crate) fn complete_recv(&self, chosen: Chosen) -> Result<T, RecvError> {
        if chosen.closed {
            return Err(RecvError);
        }
        let mut state = self.state.lock();
        let place = state.taken.iter().position(|(number, _)| *number == chosen.message);
        Ok(state.taken.swap_remove(place.expect("a select takes its message out at once")).1)
    }

    /// Takes the message that is there for a select, and keeps it.
    #[track_caller]
    fn take_apart(&self, mut state: MutexGuard<'_, State<T>>) -> Chosen {
        let Some(message) = state.take() else { return Chosen { closed: true, message: 0 } };
        let chosen = state.keep(message);
        drop(state);
        self.tell_taken();
        chosen
    }

    /// Waits for a message for a select, and keeps it.
    #[track_caller]
    fn wait_apart(&self) -> Chosen {
        match self.recv_until(None) {
            Ok(message) => self.state.lock().keep(message),
            Err(_) => Chosen { closed: true, message: 0 },
        }
    }

    /// Whether a case is possible, for one that selects or for somebody else.
    #[track_caller]
    fn is_possible_beside(&self, state: &State<T>, sends: bool, own: Option<&Arc<Selecting>>) -> bool {
        let now = if sends {
            state.receivers == 0 || self.has_taker_or_room(state)
        } else {
            state.senders == 0 || !state.queue.is_empty()
        };
        let meets = |entry: &Entry| {
            entry.sends != sends
                && own.is_none_or(|own| !Arc::ptr_eq(own, &entry.selecting))
                && entry.selecting.can_be_claimed()
        };
        now || self.capacity == Some(0) && state.selecting.iter().any(meets)
    }

    fn has_taker_or_room(&self, state: &State<T>) -> bool {
        match self.capacity {
            Some(0) => state.receivers_waiting + state.claimed > state.queue.len() + state.reserved,
            Some(capacity) => state.queue.len() + state.reserved < capacity,
            None => true,
        }
    }

    #[track_caller]
    fn send_until(&self, message: T, deadline: Option<Instant>) -> Result<(), (Stop, T)> {
        let mut state = self.state.lock();
        while state.receivers > 0
            && self.capacity.is_some_and(|limit| limit > 0 && state.queue.len() + state.reserved >= limit)
        {
            if !wait(&self.taken, &mut state, deadline) {
                return Err((Stop::Timeout, message));
            }
        }
        if state.receivers == 0 {
            return Err((Stop::Disconnected, message));
        }
        let number = state.put(message);
        self.sent.notify_one();
        if self.capacity == Some(0) { self.wait_taken(state, number, deadline) } else { Ok(()) }
    }

    /// Waits until the offer of this number has been taken; takes it back when that will not be.
    #[track_caller]
    fn wait_taken(
        &self,
        mut state: MutexGuard<'_, State<T>>,
        number: u64,
        deadline: Option<Instant>,
    ) -> Result<(), (Stop, T)> {
        let stop = loop {
            if !state.holds(number) {
                return Ok(());
            }
            if state.receivers == 0 {
                break Stop::Disconnected;
            }
            if !wait(&self.taken, &mut state, deadline) {
                break Stop::Timeout;
            }
        };
        match state.take_back(number) {
            Some(message) => Err((stop, message)),
            None => Ok(()),
        }
    }

    #[track_caller]
    pub(crate) fn recv(&self) -> Result<T, RecvError> {
        self.recv_until(None).map_err(|_| RecvError)
    }

    #[track_caller]
    pub(crate) fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.recv_until(Some(Instant::now() + timeout)).map_err(|stop| match stop {
            Stop::Timeout => RecvTimeoutError::Timeout,
            Stop::Disconnected => RecvTimeoutError::Disconnected,
        })
    }

    #[track_caller]
    pub(crate) fn try_recv(&self) -> Result<T, TryRecvError> {
        let mut state = self.state.lock();
        match state.take() {
            Some(message) => {
                drop(state);
                self.tell_taken();
                Ok(message)
            }
            None if state.senders == 0 => Err(TryRecvError::Disconnected),
            None if self.capacity == Some(0) && state.claim(true) => {
                drop(state);
                self.recv_until(None).map_err(|_| TryRecvError::Disconnected)
            }
            None => Err(TryRecvError::Empty),
        }
    }

    #[track_caller]
    fn recv_until(&self, deadline: Option<Instant>) -> Result<T, Stop> {
        let mut state = self.state.lock();
        loop {
            if let Some(message) = state.take() {
                drop(state);
                self.tell_taken();
                return Ok(message);
            }
            if state.senders == 0 {
                return Err(Stop::Disconnected);
            }
            state.receivers_waiting += 1;
            if self.capacity == Some(0) {
                state.tell(true, None);
            }
            let in_time = wait(&self.sent, &mut state, deadline);
            state.receivers_waiting -= 1;
            if !in_time && state.queue.is_empty() {
                return Err(Stop::Timeout);
            }
        }
    }

    /// Wakes whoever waits for a message to be taken.
    #[track_caller]
    fn tell_taken(&self) {
        match self.capacity {
            // Each sender waits for its own offer, so all must look.
            Some(0) => {
                self.taken.notify_all();
            }
            Some(_) => {
                self.taken.notify_one();
            }
            None => {}
        }
    }

    #[track_caller]
    pub(crate) fn len(&self) -> usize {
        let state = self.state.lock();
        if self.capacity == Some(0) { 0 } else { state.queue.len() }
    }

    pub(crate) fn capacity(&self) -> Option<usize> {
        self.capacity
    }

    #[track_caller]
    pub(crate) fn add_sender(&self) {
        self.state.lock().senders += 1;
    }

    #[track_caller]
    pub(crate) fn drop_sender(&self) {
        let mut state = self.state.lock();
        state.senders = state.senders.saturating_sub(1);
        if state.senders == 0 {
            state.tell(false, None);
            drop(state);
            self.sent.notify_all();
        }
    }

    #[track_caller]
    pub(crate) fn add_receiver(&self) {
        self.state.lock().receivers += 1;
    }

    #[track_caller]
    pub(crate) fn drop_receiver(&self) {
        let mut state = self.state.lock();
        state.receivers = state.receivers.saturating_sub(1);
        if state.receivers > 0 {
            return;
        }
        // Nobody can take them any more, and they may hold ends of channels that somebody waits on. Offers of a
        // rendezvous stay: their senders take them back.
        let left = if self.capacity == Some(0) { VecDeque::new() } else { std::mem::take(&mut state.queue) };
        state.tell(true, None);
        drop(state);
        self.taken.notify_all();
        drop(left);
    }
}

impl<T> State<T> {
    /// Puts a message in and returns its number.
    #[track_caller]
    fn put(&mut self, message: T) -> u64 {
        let number = self.put;
        self.put += 1;
        self.queue.push_back((number, message));
        self.tell(false, None);
        number
    }

    #[track_caller]
    fn take(&mut self) -> Option<T> {
        let (_, message) = self.queue.pop_front()?;
        self.tell(true, None);
        Some(message)
    }

    /// Keeps a message apart until the select that chose it asks for it.
    fn keep(&mut self, message: T) -> Chosen {
        let number = self.put;
        self.put += 1;
        self.taken.push((number, message));
        Chosen { closed: false, message: number }
    }

    /// Tells the selects that want to send, or to receive, to look again.
    #[track_caller]
    fn tell(&self, sends: bool, except: Option<&Arc<Selecting>>) {
        for entry in self.selecting.iter().filter(|entry| entry.sends == sends) {
            if except.is_none_or(|except| !Arc::ptr_eq(except, &entry.selecting)) {
                entry.selecting.tell();
            }
        }
    }

    /// Claims a select that wants to send, or to receive.
    #[track_caller]
    fn claim(&mut self, sends: bool) -> bool {
        self.selecting.iter().any(|entry| entry.sends == sends && entry.selecting.claim(entry.place))
    }

    fn holds(&self, number: u64) -> bool {
        self.queue.iter().any(|(other, _)| *other == number)
    }

    /// Takes the message of this number back, if it still lies in the queue.
    fn take_back(&mut self, number: u64) -> Option<T> {
        let place = self.queue.iter().position(|(other, _)| *other == number)?;
        self.queue.remove(place).map(|(_, message)| message)
    }
}

/// Waits on `condvar`; false when `deadline` has passed.
#[track_caller]
fn wait<S>(condvar: &Condvar, guard: &mut MutexGuard<'_, S>, deadline: Option<Instant>) -> bool {
    match deadline {
        None => {
            condvar.wait(guard);
            true
        }
        Some(deadline) => !condvar.wait_until(guard, deadline).timed_out(),
    }
}
