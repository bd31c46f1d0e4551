//! Which races are found in executions that were made by hand, and what the later step would do before the earlier one.

use super::{
    by_hand::{event, on},
    history::{EventIndex, History},
    races::{Later, between, find, find_other_awakenings},
};
use crate::engine::{
    object::{RECURSIVE, facts},
    op::{
        LOOKS, MEETS, NO_OBJECT, Op,
        OpKind::{
            self, Acquire, AcquireTimed, CloseReceivers, CloseSenders, Finish, IsFinished, Join, Load, Lock,
            LockTimed, NotifyAll, NotifyOne, Park, ParkTimed, Pop, Push, QueueWrite, Read, ReadTimed, Recv,
            RecvTimed, Release, Relock, RelockTimed, Rmw, Select, SelectTimed, Send, SendTimed, Store,
            TryAcquire, TryLock, TryRecv, TrySelect, TrySend, TryUpgradable, TryUpgrade, TryWrite, Unlock,
            UnlockRead, UnlockUpgradable, UnlockWrite, Unpark, Upgradable, UpgradableTimed, Upgrade,
            UpgradeTimed, Wait, Write, WriteTimed,
        },
        cases,
    },
    select::ChannelFacts,
    strategy::Event,
};

/// With which steps that at `index` races, and whether it would only read before them.
fn races_of(history: &History, index: EventIndex) -> Vec<(EventIndex, bool)> {
    let later = Later::taken(history, index);
    let mut races = Vec::new();
    find(history, &later, &mut races);
    for race in &races {
        assert_eq!((race.thread, race.count, race.end), (later.thread, later.count, later.end));
        assert_eq!(race.footprint.kind, later.footprint.kind);
    }
    races.iter().map(|race| (race.earlier, race.footprint.reads)).collect()
}

/// The races of the last step.
fn races(history: &History) -> Vec<(EventIndex, bool)> {
    races_of(history, history.len() as EventIndex - 1)
}

/// The races of an operation of thread 1 after one of thread 0, before which their object was as the facts say.
fn pair(first: Op, facts: u64, second: Event<'_>) -> Vec<(EventIndex, bool)> {
    let mut history = History::new();
    history.push(&Event { facts, ..event(0, first) });
    history.push(&second);
    races(&history)
}

/// The same where the second one has failed in its place.
fn pair_in_vain(first: Op, facts: u64, second: Event<'_>) -> Vec<(EventIndex, bool)> {
    let mut history = History::new();
    history.push(&Event { facts, ..event(0, first) });
    history.push(&second);
    history.last_failed();
    races(&history)
}

fn with(kind: OpKind, arg: u32) -> Op {
    Op { arg, ..on(kind, 0) }
}

const NONE: [(EventIndex, bool); 0] = [];

#[test]
fn steps_race_that_nothing_else_orders() {
    let mut history = History::new();
    history.step(0, Store, 0);
    history.step(1, Store, 0);
    assert_eq!(races(&history), [(0, false)]);
    // With the newest alone, since it orders those before.
    history.step(2, Store, 0);
    assert_eq!(races(&history), [(1, false)]);
    // Who knows of a change knows of all before it, and does not race with himself.
    history.step(2, Load, 0);
    assert_eq!(races(&history), NONE);
    history.step(2, Store, 0);
    assert_eq!(races(&history), NONE);
    let mut known = History::new();
    known.step(0, Store, 0);
    known.step(1, Load, 0);
    known.step(1, Store, 0);
    assert_eq!(races(&known), NONE);
    // With each of those that read; and not with what comes before one of them.
    history.step(0, Load, 0);
    history.step(1, Load, 0);
    history.step(3, Store, 0);
    assert_eq!(races(&history), [(6, false), (5, false)]);
    history.step(4, Load, 0);
    history.step(5, Load, 0);
    assert_eq!(races(&history), [(7, true)]);
    // On another object there is none, and on two objects there are two.
    history.step(6, Store, 1);
    assert_eq!(races(&history), NONE);
    history.push(&event(7, Op { second: 1, ..on(Store, 0) }));
    assert_eq!(races(&history), [(9, false), (8, false), (10, false)]);
}

#[test]
fn what_was_not_taken_races_with_what_came_before_it() {
    let mut history = History::new();
    history.step(0, Store, 0);
    history.step(1, Store, 0);
    history.step(2, Store, 0);
    history.truncate(3);
    let taken = history.get(2);
    let (footprint, before) = (taken.footprint, &taken.before);
    let later = |at| Later { thread: 2, count: 1, footprint, before, gives_up: false, at, end: Some(3) };
    let earlier = |at| {
        let mut races = Vec::new();
        find(&history, &later(at), &mut races);
        assert!(races.iter().all(|race| race.end == Some(3)));
        races.iter().map(|race| race.earlier).collect::<Vec<_>>()
    };
    assert_eq!([earlier(2), earlier(1), earlier(0)], [vec![1], vec![0], vec![]]);
}

#[test]
fn an_exchange_fails_where_another_value_is_expected() {
    let exchange = |arg| event(1, with(Rmw, arg));
    assert_eq!(pair(on(Store, 0), 8, exchange(0)), [(0, false)]);
    assert_eq!(pair(on(Store, 0), 7, exchange(7)), [(0, false)]);
    assert_eq!(pair(on(Store, 0), 8, exchange(7)), [(0, true)]);
    assert_eq!(pair_in_vain(on(Store, 0), 7, exchange(7)), [(0, false)]);
    assert_eq!(pair_in_vain(on(Store, 0), 8, exchange(7)), [(0, true)]);
}

#[test]
fn a_try_succeeds_where_the_lock_is_free() {
    for kind in [LockTimed, TryLock] {
        let mut history = History::new();
        history.step(0, Lock, 0);
        history.in_vain(1, kind, 0);
        assert_eq!(races(&history), [(0, false)], "{kind:?}");
        history.truncate(1);
        history.give_back(0, Unlock, 0);
        history.push(&Event { gives_up: true, ..event(1, on(kind, 0)) });
        assert_eq!(races(&history), [(1, true)], "{kind:?}");
        // The lock was given back before the step in question.
        history.truncate(2);
        history.step(1, Lock, 0);
        history.in_vain(2, kind, 0);
        assert_eq!(races(&history), [(2, false)], "{kind:?}");
    }
    for kind in [WriteTimed, TryWrite] {
        let mut history = History::new();
        history.step(0, Read, 0);
        history.step(1, Read, 0);
        history.give_back(1, UnlockRead, 0);
        history.step(3, Read, 0);
        history.push(&Event { gives_up: true, ..event(2, on(kind, 0)) });
        history.last_failed();
        // Whichever of the readers had not come, another one was in its way.
        assert_eq!(races(&history), [(3, true), (2, true), (0, true)], "{kind:?}");
    }
}

#[test]
fn who_upgrades_is_in_its_own_way_no_more_than_others_that_may() {
    for kind in [UpgradeTimed, TryUpgrade] {
        let asks = Event { gives_up: true, ..event(1, on(kind, 0)) };
        let mut history = History::new();
        history.step(1, Upgradable, 0);
        history.step(0, Read, 0);
        history.push(&asks);
        history.last_failed();
        assert_eq!(races(&history), [(1, false)], "{kind:?}");
        // Another reader stays.
        history.truncate(2);
        history.step(2, Read, 0);
        history.push(&asks);
        history.last_failed();
        assert_eq!(races(&history), [(2, true), (1, true)], "{kind:?}");
    }
    for kind in [UpgradableTimed, TryUpgradable] {
        let asks = |gives_up| Event { gives_up, ..event(1, on(kind, 0)) };
        assert_eq!(pair_in_vain(on(Upgradable, 0), 0, asks(false)), [(0, false)], "{kind:?}");
        // A writer is queued.
        assert_eq!(pair_in_vain(on(Upgradable, 0), 1, asks(true)), [(0, true)], "{kind:?}");
        let mut history = History::new();
        history.step(0, Upgradable, 0);
        history.give_back(0, UnlockUpgradable, 0);
        history.push(&asks(true));
        assert_eq!(races(&history), [(1, true)], "{kind:?}");
    }
}

#[test]
fn a_try_succeeds_where_there_is_something_or_room() {
    let permits = |count: u64| count << facts::PERMITS_SHIFT;
    for (kind, first, full, empty) in [
        (TryAcquire, Release, permits(1), permits(0)),
        (AcquireTimed, Release, permits(1), permits(0)),
        (TrySend, Recv, facts::ROOM, facts::FILLED),
        (SendTimed, Recv, facts::ROOM, facts::FILLED),
        (TryRecv, Send, facts::FILLED, facts::ROOM),
        (RecvTimed, Send, facts::FILLED, facts::ROOM),
        (Push, Pop, facts::ROOM, facts::FILLED),
        (Pop, Push, facts::FILLED, facts::ROOM),
    ] {
        let arg = u32::from(matches!(kind, TryAcquire | AcquireTimed));
        let second = || Event { gives_up: true, ..event(1, with(kind, arg)) };
        for is_in_vain in [false, true] {
            let pair = if is_in_vain { pair_in_vain } else { pair };
            assert_eq!(pair(on(first, 0), full, second()), [(0, false)], "{kind:?}");
            assert_eq!(pair(on(first, 0), empty, second()), [(0, true)], "{kind:?}");
        }
    }
}

#[test]
fn a_notification_reaches_those_who_wait() {
    for kind in [NotifyOne, NotifyAll] {
        let notify = || event(1, on(kind, 0));
        assert_eq!(pair(on(Wait, 0), 0, notify()), [(0, true)]);
        assert_eq!(pair(on(Wait, 0), 1, notify()), [(0, false)]);
        assert_eq!(pair(on(Wait, 0), 2, notify()), [(0, false)]);
        assert_eq!(pair_in_vain(on(Wait, 0), 1, notify()), [(0, false)]);
        // Who leaves was there before it left.
        for leaves in [Relock, RelockTimed] {
            assert_eq!(pair(Op { second: 0, ..on(leaves, 1) }, 0, notify()), [(0, false)]);
        }
    }
}

#[test]
fn a_lock_is_taken_before_another_one_takes_it_and_not_while_it_is_held() {
    for (kind, gives_back) in [(Lock, Unlock), (Relock, Unlock), (Write, UnlockWrite), (Upgrade, UnlockWrite)]
    {
        let mut history = History::new();
        history.step(0, if kind == Upgrade { Write } else { kind }, 0);
        history.give_back(0, gives_back, 0);
        history.step(1, kind, 0);
        assert_eq!(races(&history), [(0, false)], "{kind:?}");
    }
    for (kind, first, gives_back) in [
        (LockTimed, Lock, Unlock),
        (WriteTimed, Write, UnlockWrite),
        (UpgradeTimed, Write, UnlockWrite),
        (UpgradableTimed, Upgradable, UnlockUpgradable),
    ] {
        let mut history = History::new();
        history.step(0, first, 0);
        history.give_back(0, gives_back, 0);
        // Who may give up does so while it is held.
        history.push(&Event { gives_up: true, ..event(1, on(kind, 0)) });
        assert_eq!(races(&history)[0], (1, true), "{kind:?}");
        history.truncate(2);
        history.step(1, kind, 0);
        assert_eq!(races(&history), [(0, false)], "{kind:?}");
    }
    for kind in [Read, ReadTimed, Upgradable] {
        let mut history = History::new();
        history.step(0, Write, 0);
        history.give_back(0, UnlockWrite, 0);
        history.step(1, kind, 0);
        assert_eq!(races(&history), [(0, kind != Upgradable)], "{kind:?}");
    }
    // Who was woken has to have the mutex in any case.
    let mut history = History::new();
    history.step(0, Lock, 0);
    history.give_back(0, Unlock, 0);
    history.push(&Event { gives_up: true, ..event(1, Op { second: 5, ..on(RelockTimed, 0) }) });
    assert_eq!(races(&history), [(0, false)]);
}

#[test]
fn readers_stay_behind_a_queued_writer() {
    let reads = |kind, arg, gives_up| Event { gives_up, ..event(1, with(kind, arg)) };
    for kind in [Read, ReadTimed] {
        assert_eq!(pair(on(Write, 0), 0, reads(kind, 0, false)), [(0, true)]);
        assert_eq!(pair(on(Write, 0), 1, reads(kind, 0, false)), NONE);
        assert_eq!(pair(on(Write, 0), 1, reads(kind, RECURSIVE, false)), [(0, true)]);
        assert_eq!(pair(on(Write, 0), 1, reads(kind, 0, true)), [(0, true)]);
    }
    for kind in [Upgradable, UpgradableTimed] {
        assert_eq!(pair(on(Write, 0), 0, reads(kind, 0, false)), [(0, false)]);
        assert_eq!(pair(on(Write, 0), 1, reads(kind, RECURSIVE, false)), NONE);
    }
    assert_eq!(pair(on(Write, 0), 1, reads(Write, 0, false)), [(0, false)]);
    assert_eq!(pair(on(QueueWrite, 0), 1, reads(QueueWrite, 0, false)), [(0, false)]);
}

#[test]
fn who_waits_for_something_comes_first_only_if_it_is_there() {
    let permits = |count: u64| count << facts::PERMITS_SHIFT;
    for (kind, first, there, not) in [
        (Acquire, Release, permits(1), permits(0)),
        (AcquireTimed, Release, permits(1), permits(0)),
        (Send, Recv, facts::ROOM, facts::FILLED),
        (SendTimed, Recv, facts::ROOM, facts::FILLED),
        (Recv, Send, facts::FILLED, facts::ROOM),
        (RecvTimed, Send, facts::FILLED, facts::ROOM),
        (Park, Unpark, facts::TOKEN, 0),
        (ParkTimed, Unpark, facts::TOKEN, 0),
    ] {
        let second = |gives_up| {
            let arg = u32::from(matches!(kind, Acquire | AcquireTimed));
            Event { gives_up, ..event(1, with(kind, arg)) }
        };
        assert_eq!(pair(on(first, 0), there, second(false)), [(0, false)], "{kind:?}");
        assert_eq!(pair(on(first, 0), not, second(false)), NONE, "{kind:?}");
        // What is found out of others is left as it was; a park that was not woken takes nothing, either.
        let is_known = matches!(kind, AcquireTimed | SendTimed | RecvTimed);
        assert_eq!(pair(on(first, 0), not, second(true)), [(0, is_known)], "{kind:?}");
    }
    assert_eq!(pair(on(Finish, 0), 0, event(1, on(Join, 0))), NONE);
    assert_eq!(pair(on(Finish, 0), 0, event(1, on(IsFinished, 0))), [(0, true)]);
}

/// The races of a receive, or another operation on the channel 0, that has failed after these steps, before each of which the
/// channel was as the facts say.
fn after(steps: &[(usize, OpKind, u64)], second: Op, facts: u64) -> Vec<(EventIndex, bool)> {
    let mut history = History::new();
    for (thread, kind, facts) in steps {
        history.push(&Event { facts: *facts, ..event(*thread, on(*kind, 0)) });
    }
    history.push(&Event { facts, ..event(9, second) });
    history.last_failed();
    races(&history)
}

#[test]
fn an_end_is_seen_by_who_found_nothing() {
    use facts::{FILLED, NO_RECEIVERS, NO_SENDERS, ROOM};
    // Before the end of the last sender it would have waited.
    assert_eq!(after(&[(0, CloseSenders, ROOM)], on(Recv, 0), ROOM | NO_SENDERS), NONE);
    assert_eq!(after(&[(0, CloseSenders, ROOM)], on(TryRecv, 0), ROOM | NO_SENDERS), [(0, true)]);
    // Whoever the last one is.
    let two = [(0, CloseSenders, ROOM), (1, CloseSenders, ROOM)];
    assert_eq!(after(&two, on(Recv, 0), ROOM | NO_SENDERS), NONE);
    assert_eq!(after(&two, on(TryRecv, 0), ROOM | NO_SENDERS), [(1, true), (0, true)]);
    // Who finds a message that was sent meanwhile does not ask who is left.
    let sent = [(0, CloseSenders, ROOM), (1, Send, ROOM), (1, CloseSenders, ROOM | FILLED)];
    assert_eq!(after(&sent, on(TryRecv, 0), ROOM | FILLED | NO_SENDERS), [(1, true)]);
    // What comes after somebody has seen the end does not come without it.
    let seen = [(0, CloseSenders, ROOM), (1, Recv, ROOM | NO_SENDERS), (2, Store, 0)];
    let mut history = History::new();
    for (thread, kind, facts) in seen {
        history.push(&Event { facts, ..event(thread, on(kind, u32::from(kind == Store))) });
        if kind == Recv {
            history.last_failed();
        }
    }
    history.push(&Event { facts: FILLED | NO_SENDERS, ..event(3, on(TryRecv, 0)) });
    history.last_failed();
    assert_eq!(races(&history), [(0, true)]);
    // Before the end of the last receiver there was room, or not.
    assert_eq!(after(&[(0, CloseReceivers, ROOM)], on(TrySend, 0), NO_RECEIVERS | ROOM), [(0, false)]);
    assert_eq!(after(&[(0, CloseReceivers, FILLED)], on(TrySend, 0), NO_RECEIVERS | ROOM), [(0, true)]);
    assert_eq!(after(&[(0, CloseReceivers, FILLED)], on(Send, 0), NO_RECEIVERS | ROOM), NONE);
    assert_eq!(after(&[(0, CloseReceivers, ROOM)], on(Send, 0), NO_RECEIVERS | ROOM).len(), 1);
    // What the last one has thrown away was there, whoever that was.
    let two = [(0, CloseReceivers, ROOM), (1, CloseReceivers, FILLED)];
    assert_eq!(after(&two, on(TrySend, 0), NO_RECEIVERS | ROOM), [(1, true), (0, true)]);
    let two = [(0, CloseReceivers, FILLED), (1, CloseReceivers, ROOM)];
    assert_eq!(after(&two, on(TrySend, 0), NO_RECEIVERS | ROOM), [(1, false), (0, false)]);
    // Not whoever came last.
    let sender_too = [(0, CloseReceivers, FILLED), (1, CloseSenders, NO_RECEIVERS | ROOM)];
    assert_eq!(after(&sender_too, on(TrySend, 0), NO_RECEIVERS | ROOM), [(0, true)]);
}

/// An operation with these cases, as seen by selects.
fn among(kind: OpKind, cases: u64) -> Op {
    Op { second: 1, cases, ..on(kind, NO_OBJECT) }
}

fn possible(possible: u64) -> ChannelFacts {
    ChannelFacts { possible, ..ChannelFacts::default() }
}

/// A step of a thread before which that was possible on the channels.
fn step(history: &mut History, thread: usize, op: Op, channels: ChannelFacts) {
    history.push(&Event { channels, ..event(thread, op) });
}

#[test]
fn a_select_comes_first_where_one_of_its_cases_is_possible() {
    let (send, receive) = (cases::send, cases::receive);
    // A message on channel 0 came before a select, for which there may be one on channel 0 or 1 before that, or after it.
    let races_of = |kind, arg, gives_up, before: ChannelFacts, after: ChannelFacts, wanted| {
        let mut history = History::new();
        step(&mut history, 0, among(Send, send(0)), before);
        let op = Op { arg, ..among(kind, wanted) };
        history.push(&Event { channels: after, gives_up, ..event(1, op) });
        races(&history)
    };
    let both = receive(0) | receive(1);
    for (before, after, wanted, is_possible) in [
        (send(0), receive(0), both, false),
        (receive(0), receive(0), both, true),
        (receive(0), receive(0), receive(1), false),
        (send(0) | receive(1), receive(0), both, false),
        (send(0), receive(0) | receive(1), both, true),
        (send(0), send(1), both, false),
        (send(0), send(1), send(0) | send(1), true),
        (0, 0, receive(0) | cases::ALWAYS, true),
    ] {
        let (before, after) = (possible(before), possible(after));
        let select = races_of(Select, 0, false, before, after, wanted);
        let tries = races_of(TrySelect, 0, false, before, after, wanted);
        let depends = wanted & (send(0) | receive(0)) != 0;
        assert_eq!(
            select,
            if is_possible && depends { vec![(0, false)] } else { vec![] },
            "{before:?} {after:?}"
        );
        assert_eq!(tries, if depends { vec![(0, !is_possible)] } else { vec![] }, "{before:?} {after:?}");
        // One with a time limit may be in vain.
        let in_time = races_of(SelectTimed, 0, false, before, after, wanted);
        let late = races_of(SelectTimed, 0, true, before, after, wanted);
        assert_eq!((in_time, late), (select.clone(), tries.clone()), "{before:?} {after:?}");
        let send_or_receive = races_of(Recv, 0, true, before, after, wanted);
        assert_eq!(send_or_receive, select);
    }
    // Possible for two reasons.
    for also in [
        ChannelFacts { closed: receive(1), ..possible(receive(1)) },
        ChannelFacts { waiting: receive(1), ..possible(receive(1)) },
    ] {
        assert_eq!(races_of(TrySelect, 0, false, possible(send(0)), also, both), [(0, false)], "{also:?}");
    }
    // Nobody is left on the other side.
    let closed = ChannelFacts { closed: receive(0), ..possible(send(0)) };
    assert_eq!(races_of(Select, 0, false, closed, possible(receive(0)), receive(0)), [(0, false)]);
    // Somebody who waits is met by who looks, and not by who came before it.
    let waiting = ChannelFacts { waiting: receive(0), ..possible(0) };
    let met = |kind, arg| races_of(kind, arg, true, waiting, possible(0), receive(0));
    assert_eq!(met(Select, LOOKS), [(0, false)]);
    assert_eq!(met(TrySelect, MEETS), [(0, false)]);
    assert_eq!(met(TryRecv, MEETS), [(0, false)]);
    assert_eq!(races_of(TrySend, MEETS, true, waiting, possible(0), receive(0)), [(0, false)]);
    assert_eq!(met(Select, MEETS), NONE);
    // Who leaves those that wait changes something, also in vain.
    for kind in [SelectTimed, RecvTimed, SendTimed] {
        assert_eq!(met(kind, MEETS), [(0, false)], "{kind:?}");
        assert_eq!(met(kind, 0), [(0, true)], "{kind:?}");
    }
}

#[test]
fn a_select_that_was_not_taken_was_not_possible_at_the_end() {
    let (send, receive) = (cases::send, cases::receive);
    let earlier = |wanted, ends_with: Op, last: ChannelFacts| {
        let mut history = History::new();
        step(&mut history, 0, among(Send, send(0)), possible(send(0)));
        step(&mut history, 2, among(Recv, receive(0)), possible(receive(0)));
        step(&mut history, 3, ends_with, last);
        let taken = history.get(0);
        let later = Later {
            thread: 1,
            count: 1,
            footprint: among(Select, wanted).footprint(),
            before: &crate::engine::clock::VectorClock::new(),
            gives_up: false,
            at: 3,
            end: Some(3),
        };
        assert_eq!(taken.thread, 0);
        let mut races = Vec::new();
        find(&history, &later, &mut races);
        races.iter().map(|race| race.earlier).collect::<Vec<_>>()
    };
    // Before the receive there was a message.
    assert_eq!(earlier(receive(0), on(Store, 5), possible(0)), [1]);
    // On channel 1, which nobody has touched, it may have been possible at any time.
    assert_eq!(earlier(receive(0) | receive(1), on(Store, 5), possible(0)), [1]);
    assert_eq!(earlier(send(0) | receive(1), on(Store, 5), possible(receive(1))), [1]);
    assert_eq!(earlier(send(0) | receive(1), on(Store, 5), possible(0)), [0]);
    // Unless the last step was on it: that has made possible what then would have been taken.
    assert_eq!(earlier(receive(0) | receive(1), among(Recv, receive(1)), possible(receive(1))), [2, 1]);
    assert_eq!(earlier(send(0) | receive(1), among(Send, send(1)), possible(0)), [0]);
    assert_eq!(earlier(send(0) | receive(1), among(Recv, receive(1)), possible(receive(1))), [2, 0]);
}

#[test]
fn a_select_before_the_end_of_a_channel() {
    let (send, receive) = (cases::send, cases::receive);
    let closes = |kind, cases, before: ChannelFacts, at: ChannelFacts, wanted| {
        let mut history = History::new();
        step(&mut history, 0, among(kind, cases), before);
        step(&mut history, 1, among(TrySelect, wanted), at);
        races(&history)
    };
    let closed = |closed, possible| ChannelFacts { closed, possible, waiting: 0 };
    // Without the end of the last sender nothing is to be received; what is there is.
    assert_eq!(closes(CloseSenders, receive(0), possible(0), closed(receive(0), 0), receive(0)), [(0, true)]);
    assert_eq!(
        closes(CloseSenders, receive(0), possible(0), closed(receive(0), receive(0)), receive(0)),
        [(0, false)]
    );
    // Without that of the last receiver nothing can be sent, unless there was room.
    assert_eq!(closes(CloseReceivers, send(0), possible(0), closed(send(0), 0), send(0)), [(0, true)]);
    assert_eq!(closes(CloseReceivers, send(0), possible(send(0)), closed(send(0), 0), send(0)), [(0, false)]);
    // Another channel has nothing to do with it.
    for (kind, case, other) in [(CloseSenders, receive(0), receive(1)), (CloseReceivers, send(0), send(1))] {
        let races = closes(kind, case, possible(0), closed(case | other, 0), case | other);
        assert_eq!(races, [(0, false)], "{kind:?}");
    }
    // Others go on to receive, and so there is room also without the end of one of the receivers.
    let on_channel = |kind, cases| Op { second: 1, cases, ..on(kind, 7) };
    let mut history = History::new();
    step(&mut history, 0, on_channel(CloseReceivers, send(0)), possible(0));
    step(&mut history, 2, on_channel(Recv, receive(0)), possible(receive(0)));
    step(&mut history, 1, among(TrySelect, send(0)), possible(send(0)));
    assert_eq!(races(&history), [(1, true), (0, false)]);
}

#[test]
fn a_channel_is_as_it_was_before_the_first_step_that_follows() {
    let (send, receive) = (cases::send, cases::receive);
    let mut history = History::new();
    step(&mut history, 0, among(Send, send(0)), possible(send(0)));
    step(&mut history, 0, among(CloseSenders, receive(1)), possible(receive(0)));
    let closed = ChannelFacts { closed: receive(1), ..possible(receive(0)) };
    step(&mut history, 1, among(TrySelect, receive(0) | receive(1)), closed);
    let taken = history.get(2);
    let later = Later {
        thread: 1,
        count: 1,
        footprint: taken.footprint,
        before: &taken.before,
        gives_up: false,
        at: 2,
        end: None,
    };
    // Without the message thread 0 would not have come to drop its sender.
    assert!(between(&history, 0, &later).is_some_and(|race| race.footprint.reads));
    assert!(between(&history, 1, &later).is_some_and(|race| !race.footprint.reads));
}

#[test]
fn a_spinning_thread_is_woken_by_another_change() {
    // Thread 0 goes on in step 4, since step 2 has changed an object that it looked at in step 0; so might step 3.
    let awakenings = |third: (usize, OpKind), is_in_vain: bool, first_new: usize| {
        let mut history = History::new();
        history.step(0, Load, 0);
        history.step(1, Store, 5);
        history.step(1, Store, 0);
        history.step(third.0, third.1, 1);
        if is_in_vain {
            history.last_failed();
        }
        history.push(&Event { enabled_by: Some(2), awaits: &[0, 1], ..event(0, on(Load, 0)) });
        let mut races = Vec::new();
        find_other_awakenings(&history, first_new, &mut races);
        for race in &races {
            assert_eq!((race.thread, race.count, race.footprint.kind, race.end), (0, 2, Load, None));
        }
        races.iter().map(|race| race.earlier).collect::<Vec<_>>()
    };
    assert_eq!(awakenings((2, Store), false, 0), [2]);
    assert_eq!(awakenings((2, Store), false, 3), [2]);
    assert_eq!(awakenings((2, Store), false, 4), [2]);
    // All of it was there before.
    assert!(awakenings((2, Store), false, 5).is_empty());
    // Not what does nothing, what only reads, what is its own, and what comes after the change that woke it.
    assert!(awakenings((2, Store), true, 0).is_empty());
    assert!(awakenings((2, Load), false, 0).is_empty());
    assert!(awakenings((0, Store), false, 0).is_empty());
    assert!(awakenings((1, Store), false, 0).is_empty());
    // Nor what it had seen already, unless it has looked at nothing.
    let seen_before = |looks: bool| {
        let mut history = History::new();
        history.step(2, Store, 0);
        history.step(if looks { 0 } else { 3 }, Load, 0);
        history.step(1, Store, 1);
        history.push(&Event { enabled_by: Some(2), awaits: &[0, 1], ..event(0, on(Load, 0)) });
        let mut races = Vec::new();
        find_other_awakenings(&history, 0, &mut races);
        races.len()
    };
    assert_eq!((seen_before(true), seen_before(false)), (0, 1));
}
