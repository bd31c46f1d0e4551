//! The two ends of a channel, over whichever flavour the backend has.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "outside of a model the channel is crossbeam's, and its clock the standard library's"
)]

use std::{
    fmt,
    panic::{RefUnwindSafe, UnwindSafe},
    sync::Arc,
    time::Duration,
};

#[cfg(backend = "instrumented")]
use super::timer::Timer;
use super::{
    IntoIter, Iter, RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryIter, TryRecvError,
    TrySendError,
    select::{Selected, Side, Wait},
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

/// Creates a channel with one message, the moment, that appears after `duration`.
///
/// In a model the message appears in virtual time: as with other timeouts, early at the checker's choice, and else when
/// nothing else can happen.
#[must_use]
#[track_caller]
pub fn after(duration: Duration) -> Receiver<Instant> {
    clock(Instant::now().checked_add(duration), None)
}

/// Creates a channel with one message, the moment, that appears at `when`; see [`after`].
#[must_use]
#[track_caller]
pub fn at(when: Instant) -> Receiver<Instant> {
    clock(Some(when), None)
}

/// Creates a channel with a message, the moment, each time that `duration` has passed, if the one before was received; see
/// [`after`].
#[must_use]
#[track_caller]
pub fn tick(duration: Duration) -> Receiver<Instant> {
    clock(Instant::now().checked_add(duration), Some(duration))
}

/// Creates a channel that never has a message and never ends.
#[must_use]
pub fn never<T>() -> Receiver<T> {
    Receiver(ReceiverFlavor::Never)
}

#[track_caller]
#[cfg(backend = "instrumented")]
#[cfg_attr(
    not(feature = "model"),
    allow(unreachable_code, reason = "without the engine no channel is in a model")
)]
fn clock(first: Option<Instant>, period: Option<Duration>) -> Receiver<Instant> {
    if crate::backend::in_model() {
        return Receiver(ReceiverFlavor::Timer(Arc::new(Timer::new(first, period)), |moment| moment));
    }
    let Some(first) = first else { return never() };
    let receiver = match period {
        Some(period) => crossbeam_channel::tick(period),
        None => crossbeam_channel::after(first.saturating_duration_since(Instant::now())),
    };
    Receiver(ReceiverFlavor::NativeTimer(receiver, |moment| moment))
}

#[track_caller]
#[cfg(not(backend = "instrumented"))]
fn clock(_first: Option<Instant>, _period: Option<Duration>) -> Receiver<Instant> {
    crate::backend::channel::refuse_clock()
}

/// A moment of the standard library's clock on ours.
#[cfg(backend = "instrumented")]
fn moment(at: std::time::Instant) -> Instant {
    let now = Instant::now();
    now.checked_sub(at.elapsed()).unwrap_or(now)
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
    /// The moments of a clock of crossbeam's, and how they become messages.
    #[cfg(backend = "instrumented")]
    NativeTimer(crossbeam_channel::Receiver<std::time::Instant>, fn(Instant) -> T),
    /// A timer of a model, and how its moments become messages.
    #[cfg(backend = "instrumented")]
    Timer(Arc<Timer>, fn(Instant) -> T),
    Modelled(Arc<Modelled<T>>),
    Never,
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

    /// Whether the other one sends into the same channel.
    #[must_use]
    pub fn same_channel(&self, other: &Sender<T>) -> bool {
        match (&self.0, &other.0) {
            #[cfg(backend = "instrumented")]
            (SenderFlavor::Native(one), SenderFlavor::Native(other)) => one.same_channel(other),
            (SenderFlavor::Modelled(one), SenderFlavor::Modelled(other)) => Arc::ptr_eq(one, other),
            #[cfg(backend = "instrumented")]
            _ => false,
        }
    }

    pub(super) fn as_side(&self) -> Side<'_> {
        match &self.0 {
            #[cfg(backend = "instrumented")]
            SenderFlavor::Native(channel) => Side::native(channel),
            SenderFlavor::Modelled(channel) => Side::modelled(&**channel, true),
        }
    }

    /// Completes a send that a select has chosen.
    #[track_caller]
    pub(super) fn complete(&self, selected: Selected<'_>, message: T) -> Result<(), SendError<T>> {
        match (&self.0, selected) {
            #[cfg(backend = "instrumented")]
            (SenderFlavor::Native(channel), Selected::Native(selected)) => selected.send(channel, message),
            (SenderFlavor::Modelled(channel), Selected::Modelled(chosen)) => {
                channel.complete_send(chosen, message)
            }
            #[cfg(backend = "instrumented")]
            _ => unreachable!("a select chooses an end as it is"),
        }
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
        match &self.0 {
            #[cfg(backend = "instrumented")]
            ReceiverFlavor::Native(channel) => channel.recv(),
            #[cfg(backend = "instrumented")]
            ReceiverFlavor::NativeTimer(channel, message) => channel.recv().map(|at| message(moment(at))),
            #[cfg(backend = "instrumented")]
            ReceiverFlavor::Timer(timer, message) => {
                timer.receive(Wait::Forever).map(message).ok_or(RecvError)
            }
            ReceiverFlavor::Modelled(channel) => channel.recv(),
            ReceiverFlavor::Never => nothing(Wait::Forever).map_err(|_| RecvError),
        }
    }

    /// Receives a message if there is one; never blocks.
    ///
    /// # Errors
    ///
    /// Whether there is no message now, or never will be since no sender is left.
    #[track_caller]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        match &self.0 {
            #[cfg(backend = "instrumented")]
            ReceiverFlavor::Native(channel) => channel.try_recv(),
            #[cfg(backend = "instrumented")]
            ReceiverFlavor::NativeTimer(channel, message) => channel.try_recv().map(|at| message(moment(at))),
            #[cfg(backend = "instrumented")]
            ReceiverFlavor::Timer(timer, message) => {
                timer.receive(Wait::No).map(message).ok_or(TryRecvError::Empty)
            }
            ReceiverFlavor::Modelled(channel) => channel.try_recv(),
            ReceiverFlavor::Never => Err(TryRecvError::Empty),
        }
    }

    /// Receives a message; blocks for at most `timeout`.
    ///
    /// # Errors
    ///
    /// Whether the time was over or no sender is left.
    #[track_caller]
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        match &self.0 {
            #[cfg(backend = "instrumented")]
            ReceiverFlavor::Native(channel) => channel.recv_timeout(timeout),
            #[cfg(backend = "instrumented")]
            ReceiverFlavor::NativeTimer(channel, message) => {
                channel.recv_timeout(timeout).map(|at| message(moment(at)))
            }
            #[cfg(backend = "instrumented")]
            ReceiverFlavor::Timer(timer, message) => {
                timer.receive(Wait::at_most(timeout)).map(message).ok_or(RecvTimeoutError::Timeout)
            }
            ReceiverFlavor::Modelled(channel) => channel.recv_timeout(timeout),
            ReceiverFlavor::Never => nothing(Wait::at_most(timeout)),
        }
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
        match &self.0 {
            #[cfg(backend = "instrumented")]
            ReceiverFlavor::Native(channel) => channel.len(),
            #[cfg(backend = "instrumented")]
            ReceiverFlavor::NativeTimer(channel, _) => channel.len(),
            #[cfg(backend = "instrumented")]
            ReceiverFlavor::Timer(timer, _) => usize::from(timer.has_message()),
            ReceiverFlavor::Modelled(channel) => channel.len(),
            ReceiverFlavor::Never => 0,
        }
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
        match &self.0 {
            #[cfg(backend = "instrumented")]
            ReceiverFlavor::Native(channel) => channel.capacity(),
            #[cfg(backend = "instrumented")]
            ReceiverFlavor::NativeTimer(channel, _) => channel.capacity(),
            #[cfg(backend = "instrumented")]
            ReceiverFlavor::Timer(..) => Some(1),
            ReceiverFlavor::Modelled(channel) => channel.capacity(),
            ReceiverFlavor::Never => Some(0),
        }
    }

    /// Whether the other one receives from the same channel.
    #[must_use]
    pub fn same_channel(&self, other: &Receiver<T>) -> bool {
        match (&self.0, &other.0) {
            #[cfg(backend = "instrumented")]
            (ReceiverFlavor::Native(one), ReceiverFlavor::Native(other)) => one.same_channel(other),
            #[cfg(backend = "instrumented")]
            (ReceiverFlavor::NativeTimer(one, _), ReceiverFlavor::NativeTimer(other, _)) => {
                one.same_channel(other)
            }
            #[cfg(backend = "instrumented")]
            (ReceiverFlavor::Timer(one, _), ReceiverFlavor::Timer(other, _)) => Arc::ptr_eq(one, other),
            (ReceiverFlavor::Modelled(one), ReceiverFlavor::Modelled(other)) => Arc::ptr_eq(one, other),
            (ReceiverFlavor::Never, ReceiverFlavor::Never) => true,
            #[cfg(backend = "instrumented")]
            _ => false,
            #[cfg(not(backend = "instrumented"))]
            (ReceiverFlavor::Modelled(_), ReceiverFlavor::Never)
            | (ReceiverFlavor::Never, ReceiverFlavor::Modelled(_)) => false,
        }
    }

    pub(super) fn as_side(&self) -> Side<'_> {
        match &self.0 {
            #[cfg(backend = "instrumented")]
            ReceiverFlavor::Native(channel) => Side::native(channel),
            #[cfg(backend = "instrumented")]
            ReceiverFlavor::NativeTimer(channel, _) => Side::native(channel),
            #[cfg(backend = "instrumented")]
            ReceiverFlavor::Timer(timer, _) => Side::timer(timer),
            ReceiverFlavor::Modelled(channel) => Side::modelled(&**channel, false),
            ReceiverFlavor::Never => Side::never(),
        }
    }

    /// Completes a receive that a select has chosen.
    pub(super) fn complete(&self, selected: Selected<'_>) -> Result<T, RecvError> {
        match (&self.0, selected) {
            #[cfg(backend = "instrumented")]
            (ReceiverFlavor::Native(channel), Selected::Native(selected)) => selected.recv(channel),
            #[cfg(backend = "instrumented")]
            (ReceiverFlavor::NativeTimer(channel, message), Selected::Native(selected)) => {
                selected.recv(channel).map(|at| message(moment(at)))
            }
            #[cfg(backend = "instrumented")]
            (ReceiverFlavor::Timer(_, message), Selected::Modelled(chosen)) => {
                chosen.fired.map(message).ok_or(RecvError)
            }
            (ReceiverFlavor::Modelled(channel), Selected::Modelled(chosen)) => channel.complete_recv(chosen),
            _ => unreachable!("a select chooses an end as it is"),
        }
    }
}

/// Waits for a message that never comes.
#[track_caller]
fn nothing<T>(wait: Wait) -> Result<T, RecvTimeoutError> {
    super::select::wait_for_nothing(wait);
    Err(RecvTimeoutError::Timeout)
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
            #[cfg(backend = "instrumented")]
            ReceiverFlavor::NativeTimer(channel, message) => {
                ReceiverFlavor::NativeTimer(channel.clone(), *message)
            }
            #[cfg(backend = "instrumented")]
            ReceiverFlavor::Timer(timer, message) => ReceiverFlavor::Timer(Arc::clone(timer), *message),
            ReceiverFlavor::Never => ReceiverFlavor::Never,
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
        if let ReceiverFlavor::Modelled(channel) = &self.0 {
            channel.drop_receiver();
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

impl<T> UnwindSafe for Sender<T> {}
impl<T> RefUnwindSafe for Sender<T> {}
impl<T> UnwindSafe for Receiver<T> {}
impl<T> RefUnwindSafe for Receiver<T> {}
