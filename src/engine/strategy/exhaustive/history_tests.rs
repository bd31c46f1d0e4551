//! What a history makes of executions that were made by hand.

use super::{
    by_hand::{event, on},
    history::{History, NO_EVENT},
    wakeup::{Move, Values},
};
use crate::engine::{
    clock::VectorClock,
    op::{
        Footprint, NO_OBJECT, Op,
        OpKind::{
            Downgrade, DowngradeToUpgradable, Load, Lock, NotifyOne, QueueWrite, Read, Relock, Store,
            TryLock, TryWrite, Unlock, UnlockRead, UnlockWrite, Upgradable, Upgrade, Write,
        },
    },
    strategy::Event,
};

/// An object that says nothing.
const OTHER: u32 = 9;

#[test]
fn who_only_reads_passes_over_reads() {
    let mut history = History::new();
    for (thread, kind) in
        [(0, Load), (0, Store), (1, Load), (2, Load), (0, Store), (1, Load), (2, Load), (1, Load)]
    {
        history.step(thread, kind, 3);
    }
    let back_from = |history: &History, kind| {
        let footprint = on(kind, 3).footprint();
        history.back_from(3, &footprint).collect::<Vec<_>>()
    };
    assert_eq!(back_from(&history, Load), [4, 1]);
    assert_eq!(back_from(&history, Store), [7, 6, 5, 4, 3, 2, 1, 0]);
    // The same where steps were taken back, and where one has failed.
    history.truncate(6);
    history.step(2, TryLock, 3);
    assert_eq!(back_from(&history, Load), [6, 4, 1]);
    history.last_failed();
    assert_eq!(back_from(&history, Load), [4, 1]);
}

#[test]
fn steps_are_found_by_time_by_thread_and_by_object() {
    let mut history = History::new();
    assert_eq!(history.len(), 0);
    let steps = [
        history.step(0, Store, 3),
        history.step(1, Load, 3),
        history.step(2, Load, 3),
        history.step(0, Store, 4),
        history.step(3, Store, 3),
        history.step(1, Load, 4),
    ];
    assert_eq!((steps, history.len()), ([0, 1, 2, 3, 4, 5], 6));
    assert_eq!(history.orders(), ["x.....", "xx....", "x.x...", "x..x..", "xxx.x.", "xx.x.x"]);
    assert_eq!((history.on_object(3), history.on_object(4)), (&[0, 1, 2, 4][..], &[3, 5][..]));
    assert_eq!((history.on_object(0), history.on_object(OTHER)), (&[][..], &[][..]));
    let of_step = |index| {
        let taken = history.get(index);
        (taken.thread, taken.count, taken.previous_of_thread)
    };
    assert_eq!([of_step(0), of_step(3), of_step(5)], [(0, 1, NO_EVENT), (0, 2, 0), (1, 2, 1)]);
    let clock = history.clock_of_thread(1).expect("it has taken a step");
    assert_eq!([0, 1, 2, 3].map(|thread| clock.get(thread)), [2, 2, 0, 0]);
    assert!(history.clock_of_thread(4).is_none());
    // Who knows nothing, and who knows the first step of thread 0.
    let mut clock = VectorClock::new();
    assert!(!history.is_known(&clock, 0));
    clock.set(0, 1);
    assert!(history.is_known(&clock, 0) && !history.is_known(&clock, 3));
}

#[test]
fn a_step_follows_what_made_it_possible() {
    let mut history = History::new();
    history.step(0, Store, 0);
    history.step(1, Store, 1);
    history.step(2, Store, 2);
    history.push(&Event { enabled_by: Some(0), ..event(3, on(Load, 3)) });
    history.push(&Event { forced: true, ..event(4, on(Load, 4)) });
    assert_eq!(history.orders(), ["x....", ".x...", "..x..", "x..x.", "xxxxx"]);
    // That is never to be swapped with it, other than what it depends on.
    let before = |history: &History, index| history.is_known(&history.get(index).before, 0);
    assert!(before(&history, 3));
    history.step(5, Load, 0);
    assert!(history.follows(0, 5) && !before(&history, 5));
}

#[test]
fn what_is_forgotten_may_happen_otherwise() {
    let mut history = History::new();
    history.step(0, Lock, 0);
    history.leave(0, 0, 1);
    history.step(1, Lock, 0);
    history.leave(1, 0, 2);
    assert_eq!(history.orders(), ["x...", "xx..", "xxx.", "xxxx"]);
    history.truncate(3);
    assert_eq!((history.len(), history.get(0).released_at, history.get(2).released_at), (3, 1, NO_EVENT));
    history.truncate(3);
    assert_eq!(history.len(), 3);
    history.truncate(1);
    assert_eq!((history.len(), history.on_object(0), history.on_object(1)), (1, &[0][..], &[][..]));
    assert_eq!(history.get(0).released_at, NO_EVENT);
    assert!(history.clock_of_thread(1).is_none());
    history.in_vain(1, TryLock, 0);
    history.leave(0, 0, 5);
    history.step(2, Lock, 0);
    assert_eq!(history.orders(), ["x...", "xx..", "x.x.", "xxxx"]);
    assert_eq!((history.get(0).released_at, history.get(1).failed, history.get(2).failed), (2, true, false));
    assert_eq!(history.get(2).previous_of_thread, 0);
}

#[test]
fn what_does_nothing_only_reads() {
    let mut history = History::new();
    history.step(0, Lock, 0);
    history.in_vain(1, TryLock, 0);
    history.in_vain(2, TryLock, 0);
    let taken = history.get(2);
    assert!(taken.failed && taken.footprint.reads && !history.get(0).failed);
    assert_eq!(history.orders(), ["x..", "xx.", "x.x"]);
}

/// Where each step was given back.
fn given_back(history: &History) -> Vec<Option<u32>> {
    let at = |index| history.get(index).released_at;
    (0..history.len() as u32).map(|index| (at(index) != NO_EVENT).then_some(at(index))).collect()
}

#[test]
fn the_newest_acquisition_of_a_thread_is_given_back_first() {
    let mut history = History::new();
    history.step(0, Read, 0);
    history.step(1, Read, 0);
    history.step(0, Read, 0);
    history.in_vain(0, TryWrite, 0);
    history.give_back(0, UnlockRead, 0);
    assert_eq!(given_back(&history), [None, None, Some(4), None, None]);
    history.give_back(0, UnlockRead, 0);
    assert_eq!(given_back(&history), [Some(5), None, Some(4), None, None, None]);
    // Nothing is left of its own: it has the other one's.
    history.give_back(0, UnlockRead, 0);
    assert_eq!(given_back(&history), [Some(5), Some(6), Some(4), None, None, None, None]);
    // Nor of anyone's.
    history.give_back(0, UnlockRead, 0);
    assert_eq!(given_back(&history)[..3], [Some(5), Some(6), Some(4)]);
}

#[test]
fn a_conversion_gives_back_what_it_converts() {
    let mut history = History::new();
    history.step(0, Upgradable, 0);
    history.give_back(0, Upgrade, 0);
    history.give_back(0, Downgrade, 0);
    history.give_back(0, UnlockRead, 0);
    assert_eq!(given_back(&history), [Some(1), Some(2), Some(3), None]);
    // And is given back itself, also with the very next thing that its thread does.
    let mut history = History::new();
    history.step(0, Write, 0);
    history.give_back(0, DowngradeToUpgradable, 0);
    history.released(0, 0);
    assert_eq!(given_back(&history), [Some(1), Some(1)]);
}

#[test]
fn who_takes_a_lock_comes_after_it_was_given_back() {
    let mut history = History::new();
    history.step(0, Lock, 0);
    history.leave(0, 0, OTHER);
    // Who only looks at it does not.
    history.step(1, Unlock, 0);
    history.truncate(2);
    let looks = history.step(1, Unlock, 0);
    assert!(history.follows(0, looks) && !history.follows(1, looks));
    history.truncate(2);
    let takes = history.step(1, Lock, 0);
    assert!(history.follows(0, takes) && history.follows(1, takes));
}

#[test]
fn who_holds_a_lock_beside_another_does_not_wait_for_it() {
    let mut history = History::new();
    history.step(0, Write, 0);
    history.give_back(0, Downgrade, 0);
    history.leave(0, 0, OTHER);
    history.step(1, Read, 0);
    assert_eq!(history.orders(), ["x...", "xx..", "xxx.", "xx.x"]);
}

#[test]
fn who_queues_waits_and_does_not_end_the_look_for_older_ones() {
    let mut history = History::new();
    history.step(0, Read, 0);
    history.step(1, QueueWrite, 0);
    history.leave(0, 0, OTHER);
    history.step(1, Write, 0);
    assert_eq!(history.orders(), ["x...", "xx..", "x.x.", "xxxx"]);
    // Who queues when it was given back knows that.
    let mut history = History::new();
    history.step(0, Write, 0);
    history.leave(0, 0, OTHER);
    history.step(1, QueueWrite, 0);
    assert_eq!(history.orders(), ["x..", "xx.", "xxx"]);
}

/// A step of a thread as another execution had it, on the objects 7 and 8.
fn elsewhere(thread: usize, count: u32) -> Move {
    let footprint = Footprint { kind: Lock, reads: true, object: 7, second: 8, arg: 0, cases: 0 };
    Move { thread, count, values: Values::default().with(0, 3), footprint, possible: 5 }
}

#[test]
fn a_step_of_another_execution_is_looked_up() {
    let mut history = History::new();
    history.step(1, Store, 2);
    history.push(&event(1, Op { second: 4, ..on(Relock, 3) }));
    history.push(&event(1, Op { arg: 6, ..on(Relock, 3) }));
    let pending = [None, None, Some(on(NotifyOne, 5))];
    let objects = |step: &Move, strayed| {
        let found = history.here(step, &pending, 8, strayed);
        assert_eq!((found.thread, found.count), (step.thread, step.count));
        assert_eq!((found.values, found.possible), (step.values, step.possible));
        assert_eq!((found.footprint.kind, found.footprint.reads), (Lock, true));
        (found.footprint.object, found.footprint.second)
    };
    // What it is here, also that of which it is not known whether somebody was notified.
    assert_eq!(objects(&elsewhere(1, 1), false), (2, 0));
    assert_eq!(objects(&elsewhere(1, 2), false), (3, 4));
    assert_eq!(objects(&elsewhere(1, 3), false), (3, 6));
    let one = elsewhere(1, 2);
    let one = Move { footprint: Footprint { second: NO_OBJECT, ..one.footprint }, ..one };
    assert_eq!(objects(&one, false), (3, NO_OBJECT));
    // What it would be next, or what it was.
    assert_eq!(objects(&elsewhere(2, 1), false), (5, 0));
    assert_eq!(objects(&elsewhere(1, 4), false), (7, 8));
    assert_eq!(objects(&elsewhere(3, 1), false), (7, 8));
    // Of a thread that strayed nothing is known but the objects that both executions have.
    assert_eq!(objects(&elsewhere(1, 1), true), (7, NO_OBJECT));
    let swapped = Move { footprint: Footprint { object: 8, second: 7, ..one.footprint }, ..one };
    assert_eq!(objects(&swapped, true), (NO_OBJECT, 7));
}

#[test]
fn what_does_not_depend_on_a_step_is_kept_in_order() {
    let mut history = History::new();
    history.step(2, Store, 0);
    history.step(0, Store, 0);
    history.step(1, Store, 1);
    history.step(1, Load, 0);
    history.step(2, Store, 2);
    history.step(3, UnlockWrite, 3);
    let rest = |end| {
        let mut sequence = vec![elsewhere(0, 9)];
        history.independent_of(1, end, |at| Values::default().with(0, at), &mut sequence);
        let told: Vec<_> =
            sequence.iter().map(|step| (step.thread, step.count, step.values, step.possible)).collect();
        assert!(
            sequence.iter().zip([Store, Store, UnlockWrite]).all(|(step, kind)| step.footprint.kind == kind)
        );
        told
    };
    let all = [(1, 1, 2), (2, 2, 4), (3, 1, 5)];
    let all = all.map(|(thread, count, at)| (thread, count, Values::default().with(0, at), 0));
    assert_eq!((rest(6), rest(5), rest(2)), (all.to_vec(), all[..2].to_vec(), vec![]));
}
