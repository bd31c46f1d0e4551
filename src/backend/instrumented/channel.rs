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

/// How long a selection waits.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Patience {
    None,
    Forever,
    For(Duration),
}

/// A send or a receive to choose from.
pub(crate) struct RawCase<'a> {
    pub(crate) channel: &'a RawChannel,
    pub(crate) sends: bool,
    /// The channel is a timer whose time has come.
    pub(crate) elapsed: bool,
}

/// The case that was chosen, and done as far as the engine counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawSelected {
    pub(crate) case: usize,
    /// There is nobody at the other end.
    pub(crate) closed: bool,
    /// The step that chose it.
    pub(crate) step: usize,
    /// The number of the message, where the channel has no room.
    pub(crate) message: u32,
}

#[cfg(feature = "model")]
pub(crate) use in_model::{RawChannel, select};
#[cfg(not(feature = "model"))]
pub(crate) use without_model::{RawChannel, select};

#[cfg(feature = "model")]
mod in_model {
    use std::panic::Location;

    use super::{Duration, Patience, RawCase, RawSelected, RecvFailed, SendFailed};
    use crate::{
        backend::instrumented::identity::Identity,
        engine::{
            Handle,
            object::{Channel, State},
            op::{NO_OBJECT, ObjectIndex, Op, OpKind},
            select::Case,
            trace::Outcome,
        },
    };

    /// Chooses one of the cases that are possible; `None` when there is none in time. With `only_looks` it is not done.
    #[track_caller]
    pub(crate) fn select(
        cases: &[RawCase<'_>],
        biased: bool,
        only_looks: bool,
        patience: Patience,
    ) -> Option<RawSelected> {
        let handle = crate::engine::current()?;
        let cases: Vec<Case> = cases
            .iter()
            .map(|case| Case {
                channel: case.channel.index(&handle),
                sends: case.sends,
                elapsed: case.elapsed,
            })
            .collect();
        handle.with(|world| {
            let thread = world.current;
            let selection = &mut world.thread_mut(thread).selection;
            selection.clear();
            (selection.cases, selection.biased, selection.only_looks) = (cases, biased, only_looks);
        });
        let (kind, timeout) = match patience {
            Patience::None => (OpKind::TrySelect, None),
            Patience::Forever => (OpKind::Select, None),
            Patience::For(timeout) => (OpKind::SelectTimed, Some(timeout)),
        };
        match handle.step(Op::new(kind, NO_OBJECT, 0, Location::caller()), timeout) {
            Outcome::Done => Some(handle.with(|world| {
                let granted = world.thread(world.current).selection.granted;
                RawSelected {
                    case: granted.case,
                    closed: granted.closed,
                    step: granted.step,
                    message: granted.message,
                }
            })),
            Outcome::Closed => Some(RawSelected { case: 0, closed: true, step: 0, message: 0 }),
            _ => None,
        }
    }

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
                State::Channel(Channel {
                    len: 0,
                    capacity,
                    senders: 1,
                    receivers: 1,
                    reserved: 0,
                    meetings: 0,
                    number: 0,
                })
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

        /// The number of the message that this thread's last step passes on, where the channel has no room.
        pub(crate) fn message(&self) -> u32 {
            let Some(handle) = crate::engine::current() else { return 0 };
            handle.with(|world| world.thread(world.current).selection.granted.message)
        }

        /// The message of that number is there: who receives it can go on.
        pub(crate) fn deliver(&self, message: u32) {
            let Some(handle) = crate::engine::current() else { return };
            let object = self.index(&handle);
            handle.with(|world| world.deliver(object, message));
        }

        /// The message for which the step reserved room is there.
        #[track_caller]
        pub(crate) fn commit(&self, step: usize) {
            let Some(handle) = crate::engine::current() else { return };
            let object = self.index(&handle);
            let is_same_step = handle.with(|world| {
                let thread = world.current;
                let is_same_step = world.thread(thread).last_step == step;
                if is_same_step && !world.teardown {
                    world.commit(thread, object);
                }
                is_same_step
            });
            if !is_same_step {
                self.step(OpKind::Commit, 0, None);
            }
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
            // A step also where others are left: which of them is the last is a matter of order.
            self.step(OpKind::CloseSenders, 0, None);
        }

        pub(crate) fn add_receiver(&self) {
            self.counts(|channel| channel.receivers += 1);
        }

        #[track_caller]
        pub(crate) fn drop_receiver(&self) {
            self.step(OpKind::CloseReceivers, 0, None);
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
    use super::{Duration, Patience, RawCase, RawSelected, RecvFailed, SendFailed};

    pub(crate) fn select(
        _cases: &[RawCase<'_>],
        _biased: bool,
        _only_looks: bool,
        _patience: Patience,
    ) -> Option<RawSelected> {
        unreachable!("only called inside a model")
    }

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
        pub(crate) fn message(&self) -> u32 {
            match *self {}
        }
        pub(crate) fn deliver(&self, _message: u32) {
            match *self {}
        }
        pub(crate) fn commit(&self, _step: usize) {
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
