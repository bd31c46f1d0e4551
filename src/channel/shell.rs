//! The two ends of a channel, over whichever flavour the backend has.

#![allow(clippy::disallowed_methods, reason = "outside of a model the channel is crossbeam's")]

use std::{fmt, sync::Arc, time::Duration};

use super::{
    IntoIter, Iter, RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryIter, TryRecvError,
    TrySendError,
};
use crate::time::Instant;

/// A channel that the whole execution runs on one thread of the operating system with.
#[cfg(backend = "instrumented")]
type Modelled<T> = super::counted::Channel<T>;
#[cfg(not(backend = "instrumented"))]
type Modelled<T> = crate::backend::channel::Channel<T>;

/// Creates a channel that holds at most `capacity` messages. With 0 a send waits until a receiver has taken its message.
#[must_use]
#[track_caller]
pub fn bounded<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    #[cfg(backend = "instrumented")]
    if !crate::backend::in_model() {
        let (sender, receiver) = crossbeam_channel::bounded(capacity);
        return (Sender(SenderFlavor::Native(sender)), Receiver(ReceiverFlavor::Native(receiver)));
    }
    modelled(Some(capacity))
}

/// Creates a channel that holds any number of messages: a send never blocks.
#[must_use]
#[track_caller]
pub fn unbounded<T>() -> (Sender<T>, Receiver<T>) {
    #[cfg(backend = "instrumented")]
    if !crate::backend::in_model() {
        let (sender, receiver) = crossbeam_channel::unbounded();
        return (Sender(SenderFlavor::Native(sender)), Receiver(ReceiverFlavor::Native(receiver)));
    }
    modelled(None)
}

#[track_caller]
fn modelled<T>(capacity: Option<usize>) -> (Sender<T>, Receiver<T>) {
    let channel = Arc::new(Modelled::new(capacity));
    (Sender(SenderFlavor::Modelled(Arc::clone(&channel))), Receiver(ReceiverFlavor::Modelled(channel)))
}

/// The sending end of a channel. Clones send into the same channel.
pub struct Sender<T>(SenderFlavor<T>);

enum SenderFlavor<T> {
    #[cfg(backend = "instrumented")]
    Native(crossbeam_channel::Sender<T>),
    Modelled(Arc<Modelled<T>>),
}

/// The receiving end of a channel. Clones receive from the same channel: each message goes to one of them.
pub struct Receiver<T>(ReceiverFlavor<T>);

enum ReceiverFlavor<T> {
    #[cfg(backend = "instrumented")]
    Native(crossbeam_channel::Receiver<T>),
    Modelled(Arc<Modelled<T>>),
}

/// Runs the same method on either flavour.
macro_rules! either {
    ($self:expr, $flavor:ident, $channel:ident => $call:expr) => {
        match &$self.0 {
            #[cfg(backend = "instrumented")]
            $flavor::Native($channel) => $call,
            $flavor::Modelled($channel) => $call,
        }
    };
}

impl<T> Sender<T> {
    /// Sends `message`; blocks while the channel is full.
    ///
    /// # Errors
    ///
    /// The message when no receiver is left.
    #[track_caller]
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        either!(self, SenderFlavor, channel => channel.send(message))
    }

    /// Sends `message` if the channel is not full; never blocks.
    ///
    /// # Errors
    ///
    /// The message when the channel is full or no receiver is left.
    #[track_caller]
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        either!(self, SenderFlavor, channel => channel.try_send(message))
    }

    /// Sends `message`; blocks for at most `timeout`.
    ///
    /// # Errors
    ///
    /// The message when the time is over or no receiver is left.
    #[track_caller]
    pub fn send_timeout(&self, message: T, timeout: Duration) -> Result<(), SendTimeoutError<T>> {
        either!(self, SenderFlavor, channel => channel.send_timeout(message, timeout))
    }

    /// Sends `message`; blocks until `deadline` at the latest.
    ///
    /// # Errors
    ///
    /// The message when the time is over or no receiver is left.
    #[track_caller]
    pub fn send_deadline(&self, message: T, deadline: Instant) -> Result<(), SendTimeoutError<T>> {
        self.send_timeout(message, deadline.saturating_duration_since(Instant::now()))
    }

    /// How many messages wait in the channel now.
    #[track_caller]
    pub fn len(&self) -> usize {
        either!(self, SenderFlavor, channel => channel.len())
    }

    /// Whether no message waits in the channel now.
    #[track_caller]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the channel is full now; a channel of capacity 0 always is.
    #[track_caller]
    pub fn is_full(&self) -> bool {
        self.capacity().is_some_and(|capacity| self.len() >= capacity)
    }

    /// How many messages the channel can hold, if there is a limit.
    #[must_use]
    pub fn capacity(&self) -> Option<usize> {
        either!(self, SenderFlavor, channel => channel.capacity())
    }
}

impl<T> Receiver<T> {
    /// Receives a message; blocks while there is none.
    ///
    /// # Errors
    ///
    /// [`RecvError`] when there is no message and no sender is left.
    #[track_caller]
    pub fn recv(&self) -> Result<T, RecvError> {
        either!(self, ReceiverFlavor, channel => channel.recv())
    }

    /// Receives a message if there is one; never blocks.
    ///
    /// # Errors
    ///
    /// Whether there is no message now, or never will be since no sender is left.
    #[track_caller]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        either!(self, ReceiverFlavor, channel => channel.try_recv())
    }

    /// Receives a message; blocks for at most `timeout`.
    ///
    /// # Errors
    ///
    /// Whether the time was over or no sender is left.
    #[track_caller]
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        either!(self, ReceiverFlavor, channel => channel.recv_timeout(timeout))
    }

    /// Receives a message; blocks until `deadline` at the latest.
    ///
    /// # Errors
    ///
    /// Whether the time was over or no sender is left.
    #[track_caller]
    pub fn recv_deadline(&self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        self.recv_timeout(deadline.saturating_duration_since(Instant::now()))
    }

    /// Receives until no sender is left; blocks while there is no message.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter { receiver: self }
    }

    /// Receives the messages that are there; never blocks.
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter { receiver: self }
    }

    /// How many messages wait in the channel now.
    #[track_caller]
    pub fn len(&self) -> usize {
        either!(self, ReceiverFlavor, channel => channel.len())
    }

    /// Whether no message waits in the channel now.
    #[track_caller]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the channel is full now; a channel of capacity 0 always is.
    #[track_caller]
    pub fn is_full(&self) -> bool {
        self.capacity().is_some_and(|capacity| self.len() >= capacity)
    }

    /// How many messages the channel can hold, if there is a limit.
    #[must_use]
    pub fn capacity(&self) -> Option<usize> {
        either!(self, ReceiverFlavor, channel => channel.capacity())
    }
}

impl<T> Clone for Sender<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        Sender(match &self.0 {
            #[cfg(backend = "instrumented")]
            SenderFlavor::Native(sender) => SenderFlavor::Native(sender.clone()),
            SenderFlavor::Modelled(channel) => {
                channel.add_sender();
                SenderFlavor::Modelled(Arc::clone(channel))
            }
        })
    }
}

impl<T> Clone for Receiver<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        Receiver(match &self.0 {
            #[cfg(backend = "instrumented")]
            ReceiverFlavor::Native(receiver) => ReceiverFlavor::Native(receiver.clone()),
            ReceiverFlavor::Modelled(channel) => {
                channel.add_receiver();
                ReceiverFlavor::Modelled(Arc::clone(channel))
            }
        })
    }
}

impl<T> Drop for Sender<T> {
    #[track_caller]
    fn drop(&mut self) {
        match &self.0 {
            #[cfg(backend = "instrumented")]
            SenderFlavor::Native(_) => {}
            SenderFlavor::Modelled(channel) => channel.drop_sender(),
        }
    }
}

impl<T> Drop for Receiver<T> {
    #[track_caller]
    fn drop(&mut self) {
        match &self.0 {
            #[cfg(backend = "instrumented")]
            ReceiverFlavor::Native(_) => {}
            ReceiverFlavor::Modelled(channel) => channel.drop_receiver(),
        }
    }
}

impl<T> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    fn into_iter(self) -> IntoIter<T> {
        IntoIter { receiver: self }
    }
}

impl<'a, T> IntoIterator for &'a Receiver<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("Sender { .. }")
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("Receiver { .. }")
    }
}
