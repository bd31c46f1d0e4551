//! A channel inside a model: the engine counts messages and ends, the queue is here.
//!
//! One model thread runs at a time and gives way only in a raw operation, so what follows a raw operation at once belongs
//! to the same step: a message whose send was granted is in the queue before anybody else runs.

use std::{collections::VecDeque, time::Duration};

use super::{
    RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError, select::Chosen,
};
use crate::backend::{RawChannel, RawSelected, RecvFailed, SendFailed, plain::Plain};

pub(super) struct Channel<T> {
    raw: RawChannel,
    capacity: Option<usize>,
    queue: Plain<VecDeque<T>>,
    /// Messages by number: those that are handed over where there is no room, and those that selects have taken out.
    apart: Plain<Vec<(u64, T)>>,
    taken: Plain<u64>,
    receivers: Plain<usize>,
}

/// The first number of messages that selects take out of a buffer: those that are handed over have smaller ones.
const TAKEN: u64 = 1 << 32;

/// What a select needs to know of a channel, whatever its messages are.
pub(super) trait Selectable {
    fn raw(&self) -> &RawChannel;

    /// A receive was granted: takes the message out of the queue, and returns its number.
    fn accept(&self, selected: &RawSelected) -> u64;
}

impl<T> Selectable for Channel<T> {
    fn raw(&self) -> &RawChannel {
        &self.raw
    }

    fn accept(&self, selected: &RawSelected) -> u64 {
        if self.capacity == Some(0) || selected.closed {
            return u64::from(selected.message);
        }
        let number = self.taken.with(|taken| {
            *taken += 1;
            *taken
        });
        if let Some(message) = self.queue.with(VecDeque::pop_front) {
            self.apart.with(|apart| apart.push((number, message)));
        }
        number
    }
}

impl<T> Channel<T> {
    #[track_caller]
    pub(super) fn new(capacity: Option<usize>) -> Self {
        let raw = RawChannel::new(capacity);
        Channel {
            raw,
            capacity,
            queue: Plain::new(VecDeque::new()),
            apart: Plain::new(Vec::new()),
            taken: Plain::new(TAKEN),
            receivers: Plain::new(1),
        }
    }

    #[track_caller]
    pub(super) fn send(&self, message: T) -> Result<(), SendError<T>> {
        match self.raw.send(None) {
            Ok(()) => {
                self.push(message);
                Ok(())
            }
            Err(_) => Err(SendError(message)),
        }
    }

    #[track_caller]
    pub(super) fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        match self.raw.try_send() {
            Ok(()) => {
                self.push(message);
                Ok(())
            }
            Err(SendFailed::Disconnected) => Err(TrySendError::Disconnected(message)),
            Err(_) => Err(TrySendError::Full(message)),
        }
    }

    #[track_caller]
    pub(super) fn send_timeout(&self, message: T, timeout: Duration) -> Result<(), SendTimeoutError<T>> {
        match self.raw.send(Some(timeout)) {
            Ok(()) => {
                self.push(message);
                Ok(())
            }
            Err(SendFailed::Disconnected) => Err(SendTimeoutError::Disconnected(message)),
            Err(_) => Err(SendTimeoutError::Timeout(message)),
        }
    }

    /// Puts in a message whose send was granted.
    fn push(&self, message: T) {
        if self.capacity == Some(0) {
            self.hand_over(self.raw.message(), message);
        } else {
            self.queue.with(|queue| queue.push_back(message));
        }
    }

    fn hand_over(&self, number: u32, message: T) {
        self.apart.with(|apart| apart.push((u64::from(number), message)));
        self.raw.deliver(number);
    }

    #[track_caller]
    pub(super) fn recv(&self) -> Result<T, RecvError> {
        self.raw.recv(None).map(|()| self.pop()).map_err(|_| RecvError)
    }

    #[track_caller]
    pub(super) fn try_recv(&self) -> Result<T, TryRecvError> {
        self.raw.try_recv().map(|()| self.pop()).map_err(|failed| match failed {
            RecvFailed::Disconnected => TryRecvError::Disconnected,
            _ => TryRecvError::Empty,
        })
    }

    #[track_caller]
    pub(super) fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.raw.recv(Some(timeout)).map(|()| self.pop()).map_err(|failed| match failed {
            RecvFailed::Disconnected => RecvTimeoutError::Disconnected,
            _ => RecvTimeoutError::Timeout,
        })
    }

    /// Takes out a message whose receive was granted.
    fn pop(&self) -> T {
        let message = if self.capacity == Some(0) {
            self.pick(u64::from(self.raw.message()))
        } else {
            self.queue.with(VecDeque::pop_front)
        };
        message.expect("the engine grants a receive only for a message")
    }

    /// Takes the message of that number from those that are apart.
    fn pick(&self, number: u64) -> Option<T> {
        self.apart.with(|apart| {
            let place = apart.iter().position(|(other, _)| *other == number)?;
            Some(apart.swap_remove(place).1)
        })
    }

    /// Completes a send that a select has chosen.
    #[track_caller]
    pub(super) fn complete_send(&self, chosen: Chosen, message: T) -> Result<(), SendError<T>> {
        if chosen.closed {
            return Err(SendError(message));
        }
        if self.capacity == Some(0) {
            self.hand_over(chosen.message as u32, message);
        } else {
            self.raw.commit(chosen.step);
            self.queue.with(|queue| queue.push_back(message));
        }
        Ok(())
    }

    /// Completes a receive that a select has chosen.
    pub(super) fn complete_recv(&self, chosen: Chosen) -> Result<T, RecvError> {
        if chosen.closed {
            return Err(RecvError);
        }
        Ok(self.pick(chosen.message).expect("a select takes its message out at once"))
    }

    #[track_caller]
    pub(super) fn len(&self) -> usize {
        self.raw.len()
    }

    pub(super) fn capacity(&self) -> Option<usize> {
        self.capacity
    }

    #[track_caller]
    pub(super) fn add_sender(&self) {
        self.raw.add_sender();
    }

    #[track_caller]
    pub(super) fn drop_sender(&self) {
        self.raw.drop_sender();
    }

    #[track_caller]
    pub(super) fn add_receiver(&self) {
        self.receivers.with(|count| *count += 1);
        self.raw.add_receiver();
    }

    #[track_caller]
    pub(super) fn drop_receiver(&self) {
        let left = self.receivers.with(|count| {
            *count -= 1;
            *count
        });
        self.raw.drop_receiver();
        if left == 0 {
            // Nobody can take them any more, and they may hold ends of channels that somebody waits on.
            drop(self.queue.with(std::mem::take));
        }
    }
}
