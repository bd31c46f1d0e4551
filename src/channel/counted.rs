//! A channel inside a model: the engine counts messages and ends, the queue is here.
//!
//! One model thread runs at a time and gives way only in a raw operation, so what follows a raw operation at once belongs
//! to the same step: a message whose send was granted is in the queue before anybody else runs.

use std::{collections::VecDeque, time::Duration};

use super::{RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError};
use crate::backend::{RawChannel, RecvFailed, SendFailed, plain::Plain};

pub(super) struct Channel<T> {
    raw: RawChannel,
    capacity: Option<usize>,
    queue: Plain<VecDeque<T>>,
    receivers: Plain<usize>,
}

impl<T> Channel<T> {
    #[track_caller]
    pub(super) fn new(capacity: Option<usize>) -> Self {
        let raw = RawChannel::new(capacity);
        Channel { raw, capacity, queue: Plain::new(VecDeque::new()), receivers: Plain::new(1) }
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

    /// Puts in a message whose send was granted; without room it waits until the message has been taken.
    #[track_caller]
    fn push(&self, message: T) {
        self.queue.with(|queue| queue.push_back(message));
        if self.capacity == Some(0) {
            self.raw.wait_taken();
        }
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
        self.queue.with(VecDeque::pop_front).expect("the engine grants a receive only for a message")
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
