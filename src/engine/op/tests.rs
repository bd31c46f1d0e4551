//! Which operations depend on which, as tables.

use super::*;

#[test]
fn words_are_distinct() {
    for kind in OpKind::ALL {
        assert_eq!(OpKind::from_word(kind.word()), Some(kind));
    }
}

/// An operation on one object that does all that it may do.
fn on_object(kind: OpKind) -> Footprint {
    let (object, second) = (0, NO_OBJECT);
    Footprint { kind, reads: kind.only_reads(), object, second, arg: 0, cases: 0 }
}

/// The same, in vain.
fn in_vain(kind: OpKind) -> Footprint {
    Footprint { reads: true, ..on_object(kind) }
}

/// Which depend on which: a line for each, with an `x` below the number of each that it depends on.
fn table(operations: &[Footprint]) -> Vec<String> {
    let lines = operations.iter().map(|first| {
        let depends = |second: &Footprint| {
            assert_eq!(first.depends_on(second), second.depends_on(first), "{first:?} {second:?}");
            if first.depends_on(second) { 'x' } else { '.' }
        };
        let marks: String = operations.iter().map(depends).collect();
        format!("{marks} {}{}", first.kind.word(), if first.reads { ", reads" } else { "" })
    });
    lines.collect()
}

#[test]
fn on_a_lock() {
    use OpKind::{
        Downgrade, Lock, QueueWrite, Read, TryLock, TryUpgradable, TryUpgrade, TryWrite, Unlock, UnlockRead,
        UnlockUpgradable, Upgradable, Upgrade, Write,
    };
    let operations = [on_object(Lock), on_object(Unlock), on_object(TryLock), in_vain(TryLock)];
    assert_eq!(table(&operations), ["xxxx lock", "xxxx unlock", "xxxx try-lock", "xxx. try-lock, reads"]);
    let operations = [
        on_object(Read),
        on_object(UnlockRead),
        on_object(Write),
        in_vain(TryWrite),
        on_object(Upgradable),
        on_object(UnlockUpgradable),
        in_vain(TryUpgradable),
        on_object(Upgrade),
        in_vain(TryUpgrade),
        on_object(Downgrade),
        on_object(QueueWrite),
    ];
    // A reader does not keep out who wants to read, with or without the right to upgrade.
    assert_eq!(
        table(&operations),
        [
            "..xx...xxxx read-lock, reads",
            "..xx...xxxx read-unlock",
            "xxxxxxxxxxx write-lock",
            "xxx.xxxx.xx try-write-lock, reads",
            "..xxxxxxxxx upgradable-lock",
            "..xxxxxxxxx upgradable-unlock",
            "..xxxx.xxxx try-upgradable-lock, reads",
            "xxxxxxxxxxx upgrade",
            "xxx.xxxx.xx try-upgrade, reads",
            "xxxxxxxxxxx downgrade",
            "xxxxxxxxxxx queue-write-lock",
        ]
    );
}

#[test]
fn on_an_atomic_a_thread_a_barrier_and_a_semaphore() {
    use OpKind::{
        Acquire, Arrive, CloseSemaphore, Finish, IsFinished, Join, Load, Park, ParkTimed, Pass, Permits,
        Release, Rmw, Store, TryAcquire, Unpark,
    };
    let operations = [on_object(Load), on_object(Store), on_object(Rmw), in_vain(Rmw)];
    assert_eq!(table(&operations), [".xx. load, reads", "xxxx store", "xxxx rmw", ".xx. rmw, reads"]);
    // A token is there or not, however many hand it over; it has nothing to do with the end of the thread.
    assert_eq!(
        table(&[Finish, Join, IsFinished, Unpark, Park, ParkTimed].map(on_object)),
        [
            ".xx... finish",
            "x..... join, reads",
            "x..... is-finished, reads",
            "....xx unpark",
            "...x.. park",
            "...x.. park-timed"
        ]
    );
    // Nobody leaves before the last has arrived, so the orders cannot be swapped.
    assert_eq!(table(&[Arrive, Pass].map(on_object)), ["x. arrive", ".. pass, reads"]);
    let operations = [
        on_object(Acquire),
        on_object(Release),
        in_vain(TryAcquire),
        on_object(Permits),
        on_object(CloseSemaphore),
    ];
    assert_eq!(
        table(&operations),
        ["xxxxx acquire", "xxxxx release", "xx..x try-acquire, reads", "xx..x permits, reads", "xxxxx close"]
    );
}

#[test]
fn on_a_channel() {
    use OpKind::{CloseReceivers, CloseSenders, Commit, Len, Meet, Met, Recv, Send, TryRecv, TrySend};
    let operations = [
        on_object(Send),
        in_vain(TrySend),
        on_object(Recv),
        in_vain(TryRecv),
        on_object(Len),
        on_object(Commit),
        on_object(Meet),
        on_object(Met),
        on_object(CloseSenders),
        on_object(CloseReceivers),
    ];
    // The end of a sender matters to who found nothing, that of a receiver to who sends and to the length.
    assert_eq!(
        table(&operations),
        [
            "xxxxxxx..x send",
            "x.x..xx..x try-send, reads",
            "xxxxxxx... recv",
            "x.x..xx.x. try-recv, reads",
            "x.x..xx..x len, reads",
            "xxxxxxx..x commit",
            "xxxxxxx.xx meet",
            ".......... met",
            "...x..x... drop-senders",
            "xx..xxx... drop-receivers",
        ]
    );
}

#[test]
fn with_a_second_object() {
    use OpKind::{Lock, NotifyAll, NotifyOne, Relock, RelockTimed, Wait, WaitTimed};
    let (condvar, mutex) = (0, 1);
    // Who waits also releases the mutex, where that is a step, and who wakes leaves the condition variable.
    let wait = |kind, mutex| Footprint { second: mutex, ..on_object(kind) };
    let wake = |kind, mutex| Footprint { object: mutex, second: condvar, ..on_object(kind) };
    let lock = |mutex| Footprint { object: mutex, ..on_object(Lock) };
    let operations = [
        wait(Wait, NO_OBJECT),
        wait(WaitTimed, mutex),
        wait(Wait, mutex + 1),
        wake(Relock, mutex),
        wake(RelockTimed, mutex + 1),
        on_object(NotifyOne),
        in_vain(NotifyAll),
        lock(mutex),
        lock(mutex + 1),
    ];
    assert_eq!(
        table(&operations),
        [
            ".....xx.. wait",
            ".x.x.xxx. wait-timed",
            "..x.xxx.x wait",
            ".x.x.xxx. wake",
            "..x.xxx.x wake-timed",
            "xxxxxxx.. notify-one",
            "xxxxxx... notify-all, reads",
            ".x.x...x. lock",
            "..x.x...x lock",
        ]
    );
    // Nothing at all.
    let nothing = Footprint { object: NO_OBJECT, ..on_object(OpKind::Yield) };
    assert!(!nothing.depends_on(&nothing) && !nothing.depends_on(&lock(mutex)));
}

#[test]
fn where_threads_select() {
    use OpKind::{CloseSenders, Recv, Select, Send, TryRecv, TrySelect};
    // All operations on channels then have a second object in common.
    let all = 9;
    let on = |kind, channel: u32, cases| Footprint { object: channel, second: all, cases, ..on_object(kind) };
    let (send, receive) = (cases::send, cases::receive);
    let select = |kind, cases| on(kind, NO_OBJECT, cases);
    let operations = [
        on(Send, 0, send(0)),
        on(Recv, 1, receive(1)),
        Footprint { reads: true, ..on(TryRecv, 1, receive(1)) },
        select(Select, send(0) | receive(2)),
        select(Select, receive(1)),
        Footprint { reads: true, ..select(TrySelect, receive(0) | receive(1)) },
        on(CloseSenders, 0, send(0) | receive(0)),
        Footprint { arg: MEETS, ..on(Send, 3, send(3)) },
    ];
    // A rendezvous may take somebody away from any channel.
    assert_eq!(
        table(&operations),
        [
            "x..x.x.x send",
            ".xx.xx.x recv",
            ".x..x..x try-recv, reads",
            "x..x.xxx select",
            ".xx.xx.x select",
            "xx.xx.xx try-select, reads",
            "...x.x.x drop-senders",
            "xxxxxxxx send",
        ]
    );
}

#[test]
fn cases_are_bits_of_their_channels() {
    for channel in 0..cases::CHANNELS_MAX {
        let both = 3 << (2 * channel);
        assert_eq!(cases::send(channel) | cases::receive(channel), both);
        assert_ne!(cases::send(channel), cases::receive(channel));
        assert_eq!(cases::channels(cases::send(channel)), both);
        assert_eq!(cases::channels(cases::ALWAYS | cases::receive(channel)), both);
    }
    assert_ne!(cases::ALWAYS, 0);
}

#[test]
fn who_may_hold_a_lock_at_once() {
    use OpKind::{Downgrade, DowngradeToUpgradable, Lock, Read, Upgradable, Upgrade, Write};
    let taking = [Lock, Read, Downgrade, Upgradable, DowngradeToUpgradable, Upgrade, Write];
    let beside = |first: OpKind| taking.map(|second| if first.locks_beside(second) { 'x' } else { '.' });
    let lines = taking.map(|first| String::from_iter(beside(first)));
    assert_eq!(lines, [".......", ".xxxx..", ".xxxx..", ".xx....", ".xx....", ".......", "......."]);
    let others = [OpKind::Unlock, OpKind::QueueWrite, OpKind::Wait, OpKind::Acquire];
    assert!(taking.into_iter().all(OpKind::acquires) && !others.into_iter().any(OpKind::acquires));
    assert!(taking.map(OpKind::converts) == [false, false, true, false, true, true, false]);
}

#[test]
fn before_or_after_which_all_others_come() {
    use OpKind::{Load, Lock, NotifyOne, Read, Recv, Send, Store, Wait};
    assert!([Lock, Store, NotifyOne].into_iter().all(|kind| on_object(kind).orders_all(0)));
    assert!(![Read, Load, Send, Recv].into_iter().any(|kind| on_object(kind).orders_all(0)));
    let wait = Footprint { second: 1, ..on_object(Wait) };
    assert_eq!((wait.orders_all(0), wait.orders_all(1)), (false, true));
}

/// The words of the kinds of which it is so.
fn words(is_so: impl Fn(OpKind) -> bool) -> Vec<&'static str> {
    OpKind::ALL.into_iter().filter(|kind| is_so(*kind)).map(OpKind::word).collect()
}

#[test]
fn who_waits_gives_up_and_sees_a_release() {
    assert_eq!(
        words(OpKind::waits).join(" "),
        "lock read-lock write-lock upgradable-lock upgrade wait acquire arrive send recv select join park"
    );
    // The wait itself does not give up: that is left to the waking.
    let timed = words(|kind| kind.word().ends_with("-timed") && kind != OpKind::WaitTimed);
    assert_eq!(words(OpKind::is_timed), timed);
    let takes_lock = |kind: OpKind| kind.acquires() && !matches!(kind, OpKind::RelockTimed);
    let tries = |kind: OpKind| kind.is_timed() || kind.word().starts_with("try-");
    let sees = words(|kind| takes_lock(kind) && tries(kind) || kind == OpKind::IsFinished);
    assert_eq!(words(OpKind::observes_release), sees);
    let on_channels = "send send-timed try-send recv recv-timed try-recv meet select select-timed try-select commit len \
                       drop-senders drop-receivers";
    assert_eq!(words(OpKind::is_on_channels).join(" "), on_channels);
}
