//! A channel on the facade's own mutex and condition variables.
//!
//! Capacity 0 is a rendezvous: an offer lies in the queue until a receiver takes it, and its sender waits for that. Rules:
//!
//! 1. each message has a number, so that a sender can see whether its offer still lies in the queue;
//! 2. at capacity 0 a try-send succeeds only when more receivers wait than offers lie: the message has a taker.

use std::{collections::VecDeque, time::Duration};

use crate::{
    channel::{RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError},
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
    senders: usize,
    receivers: usize,
}

/// Why an operation stopped waiting.
enum Stop {
    Timeout,
    Disconnected,
}

impl<T> Channel<T> {
    #[track_caller]
    pub(crate) fn new(capacity: Option<usize>) -> Self {
        let state = State { queue: VecDeque::new(), put: 0, receivers_waiting: 0, senders: 1, receivers: 1 };
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
            return Err(TrySendError::Full(message));
        }
        state.put(message);
        drop(state);
        self.sent.notify_one();
        Ok(())
    }

    fn has_taker_or_room(&self, state: &State<T>) -> bool {
        match self.capacity {
            Some(0) => state.receivers_waiting > state.queue.len(),
            Some(capacity) => state.queue.len() < capacity,
            None => true,
        }
    }

    #[track_caller]
    fn send_until(&self, message: T, deadline: Option<Instant>) -> Result<(), (Stop, T)> {
        let mut state = self.state.lock();
        while state.receivers > 0
            && self.capacity.is_some_and(|limit| limit > 0 && state.queue.len() >= limit)
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
        drop(state);
        self.taken.notify_all();
        drop(left);
    }
}

impl<T> State<T> {
    /// Puts a message in and returns its number.
    fn put(&mut self, message: T) -> u64 {
        let number = self.put;
        self.put += 1;
        self.queue.push_back((number, message));
        number
    }

    fn take(&mut self) -> Option<T> {
        self.queue.pop_front().map(|(_, message)| message)
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
