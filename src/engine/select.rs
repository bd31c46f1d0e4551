//! Sends and receives on channels: one of them alone, or a choice among several.
//!
//! Every operation that puts in or takes out a message is a selection; a plain send has one case. Rules:
//!
//! 1. A selection can proceed when one of its cases is possible. Where several are it is a choice of the strategy, but for
//!    biased selections, which take the first.
//! 2. On a channel without room a case is possible when another thread waits there for the opposite. To be seen waiting is a
//!    step of its own, [`OpKind::Meet`]: who comes second pairs with the first at once, which goes on by [`OpKind::Met`] and
//!    has lost its other cases. Since that changes what is possible on all of those, operations on channels without room
//!    depend on everything that happens on channels, where threads select.
//! 3. A message is handed over by the facade when its sender goes on; its receiver goes on only then.
//! 4. Room in a buffer is reserved in the step that selects. The message counts once it is there, which is in the same step
//!    unless the thread did something else between.

use super::{
    execution::{Stop, World},
    object::{Channel, State, facts},
    op::{LOOKS, MEETS, NO_OBJECT, ObjectIndex, Op, OpKind, ThreadIndex, cases},
    trace::Outcome,
};

/// A send or a receive that a thread may do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) channel: ObjectIndex,
    pub(crate) sends: bool,
    /// The channel is a timer whose time has come.
    pub(crate) elapsed: bool,
}

/// Which case a thread has been given.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Granted {
    pub(crate) case: usize,
    /// The number of the message, on a channel without room.
    pub(crate) message: u32,
    /// There is nobody at the other end.
    pub(crate) closed: bool,
    /// The step that gave it.
    pub(crate) step: usize,
}

/// What a thread sends, receives or selects.
#[derive(Debug)]
pub(crate) struct Selection {
    pub(crate) cases: Vec<Case>,
    pub(crate) biased: bool,
    /// It wants to know of a case that is possible, and not to perform it.
    pub(crate) only_looks: bool,
    pub(crate) granted: Granted,
    /// The operation as it was before it became a meeting.
    kind: OpKind,
    /// Others can meet it.
    waits: bool,
    awaits_message: bool,
}

impl Default for Selection {
    fn default() -> Self {
        Selection {
            cases: Vec::new(),
            biased: false,
            only_looks: false,
            granted: Granted::default(),
            kind: OpKind::Select,
            waits: false,
            awaits_message: false,
        }
    }
}

impl Selection {
    /// Makes ready for a new choice.
    pub(crate) fn clear(&mut self) {
        self.cases.clear();
        self.biased = false;
        self.only_looks = false;
        self.granted = Granted::default();
        self.waits = false;
        self.awaits_message = false;
    }
}

/// What is possible on the channels of an execution, as [`cases`].
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ChannelFacts {
    /// There is room, or a message.
    pub(crate) possible: u64,
    /// Nobody is left on the other side.
    pub(crate) closed: u64,
    /// Somebody waits to meet.
    pub(crate) waiting: u64,
}

/// A way to proceed.
#[derive(Clone, Copy, Debug)]
struct Way {
    case: usize,
    closed: bool,
    /// Whom it meets, and which of its cases that is.
    meets: Option<(ThreadIndex, usize)>,
}

impl World {
    /// Numbers an object that was just made, if it is a channel.
    pub(super) fn number_channel(&mut self, object: ObjectIndex) {
        let number = self.channels.len();
        if let State::Channel(channel) = &mut self.objects.get_mut(object).state {
            channel.number = number;
            self.channels.push(object);
        }
    }

    fn channel(&self, object: ObjectIndex) -> &Channel {
        match &self.object(object).state {
            State::Channel(channel) => channel,
            other => unreachable!("a message through {other:?}"),
        }
    }

    fn channel_mut(&mut self, object: ObjectIndex) -> &mut Channel {
        match &mut self.objects.get_mut(object).state {
            State::Channel(channel) => channel,
            other => unreachable!("a message through {other:?}"),
        }
    }

    /// Says in the operation, which `thread` publishes, what it may do to which channels.
    pub(super) fn name_cases(&mut self, thread: ThreadIndex, op: &mut Op) -> Result<(), Stop> {
        use OpKind::{
            Commit, Recv, RecvTimed, Select, SelectTimed, Send, SendTimed, TryRecv, TrySelect, TrySend,
        };
        let chooses = matches!(op.kind, Select | SelectTimed | TrySelect);
        if chooses && self.selects.is_none() {
            // Nobody knows which channels were used together.
            self.wants.selects = true;
            return Err(Stop::Redundant);
        }
        let mut meets = false;
        if chooses {
            let selection = &self.thread(thread).selection;
            for case in &selection.cases {
                let channel = self.channel(case.channel);
                op.cases |= bits_of(channel, Some(case.sends)).ok_or_else(too_many)?;
                op.cases |= if case.elapsed { cases::ALWAYS } else { 0 };
                meets |= channel.is_rendezvous();
            }
            op.second = self.selects.unwrap_or(NO_OBJECT);
            op.arg = match (meets, selection.only_looks) {
                (false, _) => 0,
                (true, false) => MEETS,
                (true, true) => LOOKS,
            };
        } else {
            let sends = match op.kind {
                Send | SendTimed | TrySend | Commit => Some(true),
                Recv | RecvTimed | TryRecv => Some(false),
                _ => None,
            };
            let bits = bits_of(self.channel(op.object), sends);
            meets = self.channel(op.object).is_rendezvous();
            op.arg = if meets { MEETS } else { 0 };
            if let (Some(selects), Some(bits)) = (self.selects, bits) {
                op.second = selects;
                op.cases = bits;
            } else if meets && self.selects.is_some() {
                return Err(too_many());
            }
            if let Some(sends) = sends
                && op.kind != Commit
            {
                let case = Case { channel: op.object, sends, elapsed: false };
                let selection = &mut self.thread_mut(thread).selection;
                selection.clear();
                selection.cases.push(case);
            }
        }
        let blocks = matches!(op.kind, Send | SendTimed | Recv | RecvTimed | Select | SelectTimed);
        if blocks && op.arg == MEETS {
            self.thread_mut(thread).selection.kind = op.kind;
            op.kind = OpKind::Meet;
        }
        Ok(())
    }

    /// Who waits at a channel without room, as facts.
    pub(super) fn waiting_at(&self, object: ObjectIndex) -> u64 {
        let waiting = self.threads().iter().filter(|thread| thread.selection.waits);
        let cases = waiting.flat_map(|thread| &thread.selection.cases).filter(|case| case.channel == object);
        cases.fold(0, |all, case| all | if case.sends { facts::SENDER_WAITS } else { facts::RECEIVER_WAITS })
    }

    /// What is possible now on all channels, where threads select.
    pub(super) fn channel_facts(&self) -> ChannelFacts {
        let mut facts = ChannelFacts::default();
        if self.selects.is_none() {
            return facts;
        }
        for (number, object) in self.channels.iter().take(cases::CHANNELS_MAX).enumerate() {
            let channel = self.channel(*object);
            let (send, receive) = (cases::send(number), cases::receive(number));
            let only = |is_so: bool, case: u64| if is_so { case } else { 0 };
            facts.possible |= only(channel.has_room(), send) | only(channel.len > 0, receive);
            facts.closed |= only(channel.receivers == 0, send) | only(channel.senders == 0, receive);
        }
        for thread in self.threads().iter().filter(|thread| thread.selection.waits) {
            for case in &thread.selection.cases {
                let channel = self.channel(case.channel);
                if channel.is_rendezvous() && channel.number < cases::CHANNELS_MAX {
                    let opposite = if case.sends { cases::receive } else { cases::send };
                    facts.waiting |= opposite(channel.number);
                }
            }
        }
        facts
    }

    /// Whether the operation on channels, or what follows a meeting, can proceed.
    pub(super) fn channels_ready(&self, thread: ThreadIndex, op: &Op) -> bool {
        use OpKind::{Met, Recv, RecvTimed, Select, SelectTimed, Send, SendTimed};
        match op.kind {
            Met => !self.thread(thread).selection.awaits_message,
            Send | SendTimed | Recv | RecvTimed | Select | SelectTimed => {
                let count = self.thread(thread).selection.cases.len();
                (0..count).any(|case| {
                    self.possible(thread, case).is_some() || self.meets(thread, case).next().is_some()
                })
            }
            _ => true,
        }
    }

    /// Whether the case is possible without anybody to meet, and then whether the other end is closed.
    fn possible(&self, thread: ThreadIndex, case: usize) -> Option<bool> {
        let case = self.thread(thread).selection.cases[case];
        let channel = self.channel(case.channel);
        if case.elapsed {
            Some(false)
        } else if case.sends {
            (channel.receivers == 0 || channel.has_room()).then_some(channel.receivers == 0)
        } else {
            (channel.len > 0 || channel.senders == 0).then_some(channel.len == 0)
        }
    }

    /// Whom the thread could meet by one of its cases: threads, and their cases. Who waits already has met all who waited.
    fn meets(&self, thread: ThreadIndex, case: usize) -> impl Iterator<Item = (ThreadIndex, usize)> {
        let own = self.thread(thread).selection.cases[case];
        let can_meet = !self.thread(thread).selection.waits && self.channel(own.channel).is_rendezvous();
        let others = self.threads().iter().enumerate();
        others.filter(move |(index, other)| can_meet && *index != thread && other.selection.waits).flat_map(
            move |(index, other)| {
                let fits = move |case: &Case| case.channel == own.channel && case.sends != own.sends;
                let cases = other.selection.cases.iter().enumerate();
                cases.filter(move |(_, case)| fits(case)).map(move |(case, _)| (index, case))
            },
        )
    }

    /// One of the ways to proceed, if there is any.
    fn choose_way(&mut self, thread: ThreadIndex) -> Option<Way> {
        let mut ways = Vec::new();
        for case in 0..self.thread(thread).selection.cases.len() {
            match self.possible(thread, case) {
                Some(closed) => ways.push(Way { case, closed, meets: None }),
                None => {
                    let way = |meets| Way { case, closed: false, meets: Some(meets) };
                    ways.extend(self.meets(thread, case).map(way));
                }
            }
        }
        if self.thread(thread).selection.biased {
            let first = ways.first().map(|way| way.case);
            ways.retain(|way| Some(way.case) == first);
        }
        if ways.is_empty() {
            return None;
        }
        let chosen = self.choose_value(ways.len());
        Some(ways[chosen])
    }

    /// Performs a send, a receive or a select.
    pub(super) fn select(&mut self, thread: ThreadIndex, op: &Op) -> Outcome {
        let way = self.choose_way(thread);
        self.thread_mut(thread).selection.waits = false;
        match way {
            Some(way) => self.proceed(thread, op, way),
            None if op.kind.is_timed() => self.time_out(thread),
            None => Outcome::Failed,
        }
    }

    /// Comes to channels without room.
    pub(super) fn meet(&mut self, thread: ThreadIndex, op: &Op) -> Outcome {
        if let Some(way) = self.choose_way(thread) {
            return self.proceed(thread, op, way);
        }
        let selection = &mut self.thread_mut(thread).selection;
        selection.waits = true;
        let kind = selection.kind;
        for case in 0..self.thread(thread).selection.cases.len() {
            // What it did before is known to whom it meets.
            let channel = self.thread(thread).selection.cases[case].channel;
            if self.channel(channel).is_rendezvous() {
                self.release_into(thread, channel);
            }
        }
        self.becomes(thread, Op { kind, ..*op });
        Outcome::Done
    }

    fn proceed(&mut self, thread: ThreadIndex, op: &Op, way: Way) -> Outcome {
        let step = self.steps.len() - 1;
        let selection = &mut self.thread_mut(thread).selection;
        let (case, only_looks) = (selection.cases[way.case], selection.only_looks);
        selection.granted = Granted { case: way.case, message: 0, closed: way.closed, step };
        let chooses = op.object == NO_OBJECT;
        if only_looks || case.elapsed {
            return Outcome::Done;
        }
        if way.closed {
            if !case.sends {
                self.acquire_from(thread, case.channel);
            }
            return if chooses { Outcome::Done } else { Outcome::Closed };
        }
        // Send and receive are one total order per channel: the queue's own synchronisation.
        self.acquire_from(thread, case.channel);
        self.release_into(thread, case.channel);
        if let Some((other, case_of_other)) = way.meets {
            self.hand_over(thread, case, other, case_of_other);
            if !case.sends {
                self.thread_mut(thread).selection.awaits_message = true;
                self.becomes(thread, after_meeting(op));
            }
            return Outcome::Done;
        }
        let channel = self.channel_mut(case.channel);
        if !case.sends {
            channel.len -= 1;
        } else if chooses {
            channel.reserved += 1;
        } else {
            channel.len += 1;
        }
        Outcome::Done
    }

    /// Two threads meet at a channel without room: `other` waited there.
    fn hand_over(&mut self, thread: ThreadIndex, case: Case, other: ThreadIndex, case_of_other: usize) {
        let channel = self.channel_mut(case.channel);
        let message = channel.meetings;
        channel.meetings += 1;
        self.thread_mut(thread).selection.granted.message = message;
        let op = self.pending[other].expect("who waits has an operation");
        let may_time_out = op.kind.is_timed() && self.may_time_out(other, &op);
        if may_time_out || op.object == NO_OBJECT {
            // It could have gone on by another case, or by running out of time if that is still allowed.
            let kind = if may_time_out { op.kind } else { OpKind::Select };
            self.strategy.withdrawn(other, &Op { kind, ..op }, true);
        }
        let step = self.steps.len() - 1;
        let selection = &mut self.thread_mut(other).selection;
        selection.granted = Granted { case: case_of_other, message, closed: false, step };
        selection.waits = false;
        selection.awaits_message = case.sends;
        self.set_pending(other, Some(after_meeting(&op)));
        self.mark_enabled(other);
    }

    /// Goes on after a meeting.
    pub(super) fn met(&mut self, thread: ThreadIndex) -> Outcome {
        let step = self.steps.len() - 1;
        let selection = &mut self.thread_mut(thread).selection;
        selection.granted.step = step;
        let channel = selection.cases[selection.granted.case].channel;
        self.acquire_from(thread, channel);
        Outcome::Done
    }

    /// The running thread, which sends, has handed over the message of that number.
    pub(crate) fn deliver(&mut self, object: ObjectIndex, message: u32) {
        let thread = self.current;
        let receiver = self.threads().iter().position(|other| {
            let Selection { cases, granted, awaits_message, .. } = &other.selection;
            *awaits_message && granted.message == message && cases[granted.case].channel == object
        });
        self.release_into(thread, object);
        if let Some(receiver) = receiver {
            self.thread_mut(receiver).selection.awaits_message = false;
            self.mark_enabled(receiver);
        }
    }

    /// The message for which room was reserved is there.
    pub(crate) fn commit(&mut self, thread: ThreadIndex, object: ObjectIndex) -> Outcome {
        let channel = self.channel_mut(object);
        channel.reserved -= 1;
        if channel.receivers > 0 {
            channel.len += 1;
        }
        self.release_into(thread, object);
        Outcome::Done
    }

    /// A sender or a receiver is gone.
    pub(super) fn close(&mut self, thread: ThreadIndex, op: &Op) {
        let channel = self.channel_mut(op.object);
        if op.kind == OpKind::CloseSenders {
            channel.senders = channel.senders.saturating_sub(1);
        } else {
            channel.receivers = channel.receivers.saturating_sub(1);
            if channel.receivers == 0 {
                channel.len = 0;
            }
        }
        self.release_into(thread, op.object);
    }
}

/// What the operation of a thread that waits becomes when it has met somebody.
fn after_meeting(op: &Op) -> Op {
    Op { kind: OpKind::Met, arg: op.second, second: NO_OBJECT, cases: 0, ..*op }
}

/// The channel's bits among [`cases`]: of the send, the receive, or both; `None` if it is beyond what can be selected.
fn bits_of(channel: &Channel, sends: Option<bool>) -> Option<u64> {
    let number = channel.number;
    (number < cases::CHANNELS_MAX).then(|| match sends {
        Some(true) => cases::send(number),
        Some(false) => cases::receive(number),
        None => cases::send(number) | cases::receive(number),
    })
}

fn too_many() -> Stop {
    Stop::Unsupported(format!(
        "the model has more than {} channels and selects among late ones: use fewer channels in one execution",
        cases::CHANNELS_MAX
    ))
}
