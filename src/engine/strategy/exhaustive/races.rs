//! Races: pairs of steps of different threads of which the order matters and that nothing else orders.

use super::history::{EventIndex, History, NO_EVENT, Taken, objects};
use crate::engine::{
    clock::VectorClock,
    object::{RECURSIVE, facts, proceeds},
    op::{Footprint, LOOKS, MEETS, NO_OBJECT, ObjectIndex, OpKind, ThreadIndex, cases},
};

/// Two steps that are to be explored the other way round: the one at `earlier`, and one of `thread`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Race {
    pub(super) earlier: EventIndex,
    pub(super) thread: ThreadIndex,
    /// Which step of that thread it is.
    pub(super) count: u32,
    /// What the later step does; where it would come first it may do less.
    pub(super) footprint: Footprint,
    /// What of the execution the later step does not exclude: the number of steps.
    pub(super) end: Option<EventIndex>,
}

/// A step that was taken, or would have been.
#[derive(Clone, Copy, Debug)]
pub(super) struct Later<'a> {
    pub(super) thread: ThreadIndex,
    pub(super) count: u32,
    pub(super) footprint: Footprint,
    pub(super) before: &'a VectorClock,
    pub(super) gives_up: bool,
    /// The steps that can come before it: those before this one.
    pub(super) at: EventIndex,
    /// See [`Race::end`].
    pub(super) end: Option<EventIndex>,
}

impl<'a> Later<'a> {
    /// The step at `index`, which was taken.
    pub(super) fn taken(history: &'a History, index: EventIndex) -> Later<'a> {
        let Taken { thread, count, footprint, ref before, gives_up, .. } = *history.get(index);
        Later { thread, count, footprint, before, gives_up, at: index, end: None }
    }
}

/// Finds the steps with which `later` races.
///
/// An acquisition of a lock is compared with the acquisitions before it and not with the releases, which it cannot precede;
/// where an order cannot be reversed, the next older step is looked at, since the later thread may have been waiting from
/// then on (JACM 2017, section 9, on operations that can be blocked).
pub(super) fn find(history: &History, later: &Later<'_>, races: &mut Vec<Race>) {
    for object in objects(&later.footprint) {
        let first = races.len();
        for index in history.back_from(object, &later.footprint) {
            if index >= later.at {
                continue;
            }
            let earlier = history.get(index);
            let orders_all = earlier.footprint.orders_all(object);
            if earlier.thread == later.thread || history.is_known(later.before, index) {
                if orders_all {
                    // Everything older on this object is known through this step.
                    break;
                }
                continue;
            }
            if !earlier.footprint.depends_on(&later.footprint) {
                continue;
            }
            if races[first..].iter().any(|race| history.follows(index, race.earlier)) {
                // It comes before a step whose order against ours is reversed first.
                if orders_all {
                    break;
                }
                continue;
            }
            if let Some(race) = between(history, index, later) {
                races.push(race);
                if orders_all {
                    break;
                }
            }
        }
    }
}

/// The race of `later` with the step at `index`, which it does not know of, if their order can be reversed and matters.
pub(super) fn between(history: &History, index: EventIndex, later: &Later<'_>) -> Option<Race> {
    let footprint = footprint_before(history, index, later);
    let Later { thread, count, end, .. } = *later;
    let matters = history.get(index).footprint.depends_on(&footprint) && can_swap(history, index, later);
    matters.then_some(Race { earlier: index, thread, count, footprint, end })
}

/// What `later` would touch if it came right before the step at `earlier`: an operation that fails only reads.
fn footprint_before(history: &History, earlier: EventIndex, later: &Later<'_>) -> Footprint {
    use OpKind::{
        AcquireTimed, LockTimed, NotifyAll, NotifyOne, Pop, Push, RecvTimed, Relock, RelockTimed, Rmw,
        SelectTimed, SendTimed, TryAcquire, TryLock, TryRecv, TrySelect, TrySend, TryUpgradable, TryUpgrade,
        TryWrite, UpgradableTimed, UpgradeTimed, WriteTimed,
    };
    let Footprint { kind, object, arg, .. } = later.footprint;
    let step = history.get(earlier);
    let succeeds = match kind {
        // Who leaves those that wait changes something, however it ends.
        SendTimed | RecvTimed | SelectTimed if arg == MEETS => return later.footprint,
        SendTimed | TrySend | RecvTimed | TryRecv | SelectTimed | TrySelect
            if later.footprint.second != NO_OBJECT =>
        {
            is_possible(history, earlier, later)
        }
        Rmw => arg == 0 || step.facts == u64::from(arg),
        LockTimed | TryLock | TryWrite | WriteTimed | UpgradeTimed | TryUpgrade => {
            is_free(history, earlier, later, object)
        }
        UpgradableTimed | TryUpgradable => step.facts == 0 && is_free(history, earlier, later, object),
        AcquireTimed | TryAcquire | SendTimed | TrySend | RecvTimed | TryRecv | Push | Pop => {
            proceeds(kind, arg, facts_before(history, earlier, later))
        }
        // Who leaves the condition variable was there before.
        NotifyOne | NotifyAll => matches!(step.footprint.kind, Relock | RelockTimed) || step.facts > 0,
        _ => return later.footprint,
    };
    Footprint { reads: !succeeds, ..later.footprint }
}

/// Whether `later` could be performed without the step at `earlier` and all that depends on it.
fn can_swap(history: &History, earlier: EventIndex, later: &Later<'_>) -> bool {
    use OpKind::{
        Acquire, AcquireTimed, Join, Lock, LockTimed, Park, ParkTimed, Read, ReadTimed, Recv, RecvTimed,
        Relock, RelockTimed, Select, SelectTimed, Send, SendTimed, Upgradable, UpgradableTimed, Upgrade,
        UpgradeTimed, Write, WriteTimed,
    };
    let Footprint { kind, arg, .. } = later.footprint;
    let is_behind_writers =
        matches!(kind, Read | ReadTimed) && arg != RECURSIVE || matches!(kind, Upgradable | UpgradableTimed);
    match kind {
        // A queued writer that came before `earlier` still keeps readers out.
        _ if is_behind_writers && history.get(earlier).facts != 0 => may_give_up(later),
        Lock | LockTimed | Relock | RelockTimed | Read | ReadTimed | Write | WriteTimed | Upgradable
        | UpgradableTimed | Upgrade | UpgradeTimed => {
            is_free(history, earlier, later, later.footprint.object) || may_give_up(later)
        }
        Send | SendTimed | Recv | RecvTimed | Select | SelectTimed if later.footprint.second != NO_OBJECT => {
            is_possible(history, earlier, later) || kind.is_timed() && may_give_up(later)
        }
        Acquire | AcquireTimed | Send | SendTimed | Recv | RecvTimed | Park | ParkTimed => {
            proceeds(kind, arg, facts_before(history, earlier, later)) || may_give_up(later)
        }
        Join => false,
        _ => true,
    }
}

/// What decides whether `later` can proceed on its object without the step at `earlier` and all that depends on it.
///
/// Nearly always that is what the object was like before `earlier`, since all that comes after it on the object depends on it.
/// The end of a sender or a receiver is different: others go on to receive what is there. So it is what the channel was like
/// before the first message that does depend on the end, but with that sender, or receiver, still there. And so are park tokens,
/// which others hand to the thread as well.
fn facts_before(history: &History, earlier: EventIndex, later: &Later<'_>) -> u64 {
    let step = history.get(earlier);
    let without = match step.footprint.kind {
        OpKind::CloseSenders => facts::NO_SENDERS,
        OpKind::CloseReceivers => facts::NO_RECEIVERS,
        OpKind::Unpark if is_handed_a_token(history, earlier, later) => return facts::TOKEN,
        _ => return step.facts,
    };
    let steps = history.on_object(later.footprint.object);
    let from = steps.partition_point(|index| *index <= earlier);
    let after =
        steps[from..].iter().find(|index| **index >= later.at || depends_on_end(history, earlier, **index));
    // One that was never taken can wait for nothing but more of the others.
    let Some(after) = after.copied() else { return 0 };
    let facts = history.get(after).facts;
    if facts & without & facts::NO_RECEIVERS != 0 {
        // The last receiver has thrown away what was there.
        return history.get(last_receiver(history, steps, after)).facts;
    }
    facts & !without
}

/// Whether somebody hands the thread its token without the step at `earlier`, which does that, too.
fn is_handed_a_token(history: &History, earlier: EventIndex, later: &Later<'_>) -> bool {
    history.on_object(later.footprint.object).iter().copied().any(|index| {
        let hands = history.get(index).footprint.kind == OpKind::Unpark;
        hands && index > earlier && index < later.at && !history.follows(earlier, index)
    })
}

/// The last end of a receiver among these steps before that at `end`. There is one.
fn last_receiver(history: &History, steps: &[EventIndex], end: EventIndex) -> EventIndex {
    let is_one = |index: &EventIndex| history.get(*index).footprint.kind == OpKind::CloseReceivers;
    steps.iter().copied().rfind(|index| *index < end && is_one(index)).expect("a closed channel was closed")
}

/// Whether a step, which is not the end of a sender or a receiver itself, comes after that at `earlier`.
fn depends_on_end(history: &History, earlier: EventIndex, index: EventIndex) -> bool {
    !history.get(index).footprint.kind.is_end() && history.follows(earlier, index)
}

/// Whether one of the cases of `later` is possible on its channel without the step at `earlier` and all that depends on it.
///
/// The steps on one channel depend on each other: a channel is then as it was before the first one that follows `earlier`.
fn is_possible(history: &History, earlier: EventIndex, later: &Later<'_>) -> bool {
    let Footprint { kind, second, arg, cases: wanted, .. } = later.footprint;
    // Who waits already has met all that it could.
    let meets = arg == LOOKS || matches!(kind, OpKind::TrySend | OpKind::TryRecv | OpKind::TrySelect);
    if wanted & cases::ALWAYS != 0 {
        return true;
    }
    let steps = history.on_object(second);
    let step = history.get(earlier).footprint;
    let from = steps.partition_point(|index| *index < earlier);
    (0..cases::CHANNELS_MAX).any(|channel| {
        let both = cases::send(channel) | cases::receive(channel);
        let wanted = wanted & both;
        if wanted == 0 {
            return false;
        }
        let touches = |index: EventIndex| cases::channels(history.get(index).footprint.cases) & both != 0;
        // What the end at `earlier` has closed is still open without it. Others go on to receive what is there.
        let still_open = match step.kind {
            OpKind::CloseSenders if touches(earlier) => cases::receive(channel),
            OpKind::CloseReceivers if touches(earlier) => cases::send(channel),
            _ => 0,
        };
        let follows = |index: EventIndex| match still_open {
            0 => history.follows(earlier, index),
            _ => depends_on_end(history, earlier, index),
        };
        let after = steps[from..]
            .iter()
            .copied()
            .find(|index| *index < later.at && touches(*index) && follows(*index));
        let last = history.len() as EventIndex - 1;
        let at = match after {
            Some(index) => index,
            None if later.at <= last => later.at,
            // Nothing that came last can have made a step possible that was not taken.
            None if touches(last) => return false,
            None => last,
        };
        let mut facts = history.get(at).channels;
        if facts.closed & still_open & cases::send(channel) != 0 {
            let on_channel: Vec<_> = steps.iter().copied().filter(|index| touches(*index)).collect();
            facts = history.get(last_receiver(history, &on_channel, at)).channels;
        }
        let closed = facts.closed & !still_open;
        wanted & (facts.possible | closed | if meets { facts.waiting } else { 0 }) != 0
    })
}

/// A wait on a condition variable that runs out of time still has to lock the mutex.
fn may_give_up(later: &Later<'_>) -> bool {
    later.gives_up && !matches!(later.footprint.kind, OpKind::Relock | OpKind::RelockTimed)
}

/// Whether the lock is free for `later` once all that does not depend on `earlier` has happened.
fn is_free(history: &History, earlier: EventIndex, later: &Later<'_>, lock: ObjectIndex) -> bool {
    let kind = later.footprint.kind;
    for index in history.on_object(lock).iter().rev().copied() {
        let step = history.get(index);
        if index >= later.at || !step.footprint.kind.acquires() || step.failed {
            continue;
        }
        let is_upgraded = kind.upgrades() && step.thread == later.thread;
        if history.follows(earlier, index) || is_upgraded || kind.locks_beside(step.footprint.kind) {
            continue;
        }
        let given_back = step.released_at != NO_EVENT && !history.follows(earlier, step.released_at);
        if !given_back {
            return false;
        }
        if !step.footprint.kind.lets_read() {
            break;
        }
    }
    true
}

/// Finds the spinning threads that went on because of one change, and could have because of another.
pub(super) fn find_other_awakenings(history: &History, first_new: usize, races: &mut Vec<Race>) {
    for at in 0..history.len() as EventIndex {
        let step = history.get(at);
        if step.awaits.is_empty() {
            continue;
        }
        let looked = step.previous_of_thread;
        let would_wake = |index: &EventIndex| {
            let other = history.get(*index);
            *index != step.enabled_by
                && (at as usize >= first_new || *index as usize >= first_new)
                && other.thread != step.thread
                && !other.failed
                && !other.footprint.reads
                && (looked == NO_EVENT || !history.follows(*index, looked))
                && !history.follows(step.enabled_by, *index)
        };
        if step.awaits.iter().any(|object| history.on_object(*object).iter().any(would_wake)) {
            let Taken { thread, count, footprint, .. } = *step;
            races.push(Race { earlier: step.enabled_by, thread, count, footprint, end: None });
        }
    }
}
