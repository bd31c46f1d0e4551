//! The counts of a channel inside a model; its values are in the facade's shell. Outside a model channels are crossbeam's.

#![cfg_attr(not(feature = "model"), allow(dead_code, reason = "without the engine no channel is in a model"))]

use std::time::Duration;

/// Why a send was not granted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SendFailed {
    Full,
    Timeout,
    Disconnected,
}

/// Why a receive was not granted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RecvFailed {
    Empty,
    Timeout,
    Disconnected,
}

#[cfg(feature = "model")]
pub(crate) use in_model::RawChannel;
#[cfg(not(feature = "model"))]
pub(crate) use without_model::RawChannel;

#[cfg(feature = "model")]
mod in_model {
    use std::panic::Location;

    use super::{Duration, RecvFailed, SendFailed};
    use crate::{
        backend::instrumented::identity::Identity,
        engine::{
            Handle,
            object::{Channel, State},
            op::{ObjectIndex, Op, OpKind},
            trace::Outcome,
        },
    };

    pub(crate) struct RawChannel {
        identity: Identity,
        capacity: Option<usize>,
    }

    impl RawChannel {
        #[track_caller]
        pub(crate) fn new(capacity: Option<usize>) -> Self {
            let channel = RawChannel { identity: Identity::new(), capacity };
            channel.counts(|_| ());
            channel
        }

        fn index(&self, handle: &Handle) -> ObjectIndex {
            let capacity = self.capacity;
            self.identity.index(handle, "channel", || {
                State::Channel(Channel { len: 0, capacity, senders: 1, receivers: 1, received: 0, sent: 0 })
            })
        }

        /// Looks at or changes the counts, without a step. Outside of a model the channel has outlived its execution, and
        /// nobody counts any more.
        fn counts<R: Default>(&self, f: impl FnOnce(&mut Channel) -> R) -> R {
            let Some(handle) = crate::engine::current() else { return R::default() };
            let object = self.index(&handle);
            handle.with(|world| match &mut world.objects.get_mut(object).state {
                State::Channel(channel) => f(channel),
                _ => R::default(),
            })
        }

        #[track_caller]
        fn step(&self, kind: OpKind, argument: u32, timeout: Option<Duration>) -> Outcome {
            let Some(handle) = crate::engine::current() else { return Outcome::Closed };
            let object = self.index(&handle);
            handle.step(Op::new(kind, object, argument, Location::caller()), timeout)
        }

        #[track_caller]
        pub(crate) fn send(&self, timeout: Option<Duration>) -> Result<(), SendFailed> {
            let kind = if timeout.is_some() { OpKind::SendTimed } else { OpKind::Send };
            sent(self.step(kind, 0, timeout))
        }

        #[track_caller]
        pub(crate) fn try_send(&self) -> Result<(), SendFailed> {
            sent(self.step(OpKind::TrySend, 0, None))
        }

        #[track_caller]
        pub(crate) fn recv(&self, timeout: Option<Duration>) -> Result<(), RecvFailed> {
            let kind = if timeout.is_some() { OpKind::RecvTimed } else { OpKind::Recv };
            received(self.step(kind, 0, timeout))
        }

        #[track_caller]
        pub(crate) fn try_recv(&self) -> Result<(), RecvFailed> {
            received(self.step(OpKind::TryRecv, 0, None))
        }

        /// Waits until the value that was sent last, by this thread in its last step, has been taken.
        #[track_caller]
        pub(crate) fn wait_taken(&self) {
            let number = self.counts(|channel| channel.sent - 1);
            self.step(OpKind::Taken, number, None);
        }

        #[track_caller]
        pub(crate) fn len(&self) -> usize {
            self.step(OpKind::Len, 0, None);
            self.counts(|channel| channel.len)
        }

        pub(crate) fn add_sender(&self) {
            self.counts(|channel| channel.senders += 1);
        }

        #[track_caller]
        pub(crate) fn drop_sender(&self) {
            if self.counts(|channel| channel.senders) == 1 {
                self.step(OpKind::CloseSenders, 0, None);
            } else {
                self.counts(|channel| channel.senders = channel.senders.saturating_sub(1));
            }
        }

        pub(crate) fn add_receiver(&self) {
            self.counts(|channel| channel.receivers += 1);
        }

        #[track_caller]
        pub(crate) fn drop_receiver(&self) {
            if self.counts(|channel| channel.receivers) == 1 {
                self.step(OpKind::CloseReceivers, 0, None);
            } else {
                self.counts(|channel| channel.receivers = channel.receivers.saturating_sub(1));
            }
        }
    }

    fn sent(outcome: Outcome) -> Result<(), SendFailed> {
        match outcome {
            Outcome::Done => Ok(()),
            Outcome::Closed => Err(SendFailed::Disconnected),
            Outcome::TimedOut => Err(SendFailed::Timeout),
            _ => Err(SendFailed::Full),
        }
    }

    fn received(outcome: Outcome) -> Result<(), RecvFailed> {
        match outcome {
            Outcome::Done => Ok(()),
            Outcome::Closed => Err(RecvFailed::Disconnected),
            Outcome::TimedOut => Err(RecvFailed::Timeout),
            _ => Err(RecvFailed::Empty),
        }
    }
}

#[cfg(not(feature = "model"))]
mod without_model {
    use super::{Duration, RecvFailed, SendFailed};

    /// Cannot be made: without the engine nothing is inside a model.
    pub(crate) enum RawChannel {}

    impl RawChannel {
        pub(crate) fn new(_capacity: Option<usize>) -> Self {
            unreachable!("only called inside a model")
        }
        pub(crate) fn send(&self, _timeout: Option<Duration>) -> Result<(), SendFailed> {
            match *self {}
        }
        pub(crate) fn try_send(&self) -> Result<(), SendFailed> {
            match *self {}
        }
        pub(crate) fn recv(&self, _timeout: Option<Duration>) -> Result<(), RecvFailed> {
            match *self {}
        }
        pub(crate) fn try_recv(&self) -> Result<(), RecvFailed> {
            match *self {}
        }
        pub(crate) fn wait_taken(&self) {
            match *self {}
        }
        pub(crate) fn len(&self) -> usize {
            match *self {}
        }
        pub(crate) fn add_sender(&self) {
            match *self {}
        }
        pub(crate) fn drop_sender(&self) {
            match *self {}
        }
        pub(crate) fn add_receiver(&self) {
            match *self {}
        }
        pub(crate) fn drop_receiver(&self) {
            match *self {}
        }
    }
}
