//! Stepping by hand, and what can still be reached.

use std::collections::{BTreeSet, HashSet, VecDeque};

use proptest::prelude::*;
use unsnarl::{
    Named,
    check::{Checker, FindingKind, Move, Outlook, Schedule, Session, Turn, choose, show},
    lab,
    parking_lot::{Condvar, Mutex},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    thread,
};

/// A model from numbers: each thread takes and gives back locks, two at a time, in the order that the numbers say.
fn locks(orders: Vec<(usize, usize)>) -> impl Fn() + Send + Sync + 'static {
    move || {
        let locks = Arc::new([Mutex::new(0), Mutex::new(0), Mutex::new(0)]);
        let threads: Vec<_> = orders
            .iter()
            .map(|(first, second)| {
                let (locks, first, second) = (Arc::clone(&locks), *first, *second);
                thread::spawn(move || {
                    let first = locks[first].lock();
                    let second = (first.to_owned() < 9).then(|| locks[second].lock());
                    drop((first, second));
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| drop(thread.join()));
    }
}

fn checker(name: &str) -> Checker {
    Checker::new(name).regressions(false).spurious_wakeups(0)
}

fn possible(session: &Session) -> Vec<Move> {
    match &session.position().question {
        Some(question) => question.answers.iter().map(|(value, _)| Move::Value(*value)).collect(),
        None => {
            let threads = session.position().threads.iter().enumerate();
            threads
                .filter(|(_, thread)| thread.turn.is_possible())
                .map(|(index, _)| Move::Thread(index))
                .collect()
        }
    }
}

/// The least number of steps to a finding, by trying everything in order of length; none if there is no finding. A position
/// that was seen before, by whatever way, is not tried again: these models keep nothing but what it shows.
fn least_steps(session: &Session) -> Option<usize> {
    let mut queue = VecDeque::from([(session.clone(), 0)]);
    let mut seen = HashSet::new();
    while let Some((session, steps)) = queue.pop_front() {
        let position = session.position();
        if position.finding.is_some() {
            return Some(steps);
        }
        if !seen.insert(format!("{:?} {:?}", position.threads, position.objects)) {
            continue;
        }
        for next in possible(&session) {
            queue.push_back((session.clone().after([next]).unwrap(), steps + 1));
        }
    }
    None
}

fn steps(way: &[Move]) -> usize {
    way.iter().filter(|next| matches!(next, Move::Thread(_))).count()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn the_outlook_is_that_of_brute_force(orders in prop::collection::vec((0_usize..3, 0_usize..3), 2..=2), walk in prop::collection::vec(0_usize..3, 0..4)) {
        let mut session = checker("generated").session(locks(orders));
        for pick in walk {
            let moves = possible(&session);
            if moves.is_empty() {
                break;
            }
            session.make(moves[pick % moves.len()]).unwrap();
        }
        let least = least_steps(&session);
        match session.outlook(1_000_000) {
            Outlook::Reachable { way, is_shortest, .. } => {
                prop_assert!(is_shortest);
                prop_assert_eq!(Some(steps(&way)), least);
                prop_assert!(session.after(way).unwrap().position().finding.is_some());
            }
            Outlook::Unreachable { .. } => prop_assert_eq!(least, None),
            Outlook::Unknown { executions } => prop_assert!(false, "unknown within {} executions", executions),
        }
    }

    #[test]
    fn taking_steps_back_leads_to_where_one_was(picks in prop::collection::vec(0_usize..4, 1..12)) {
        let lesson = lab::find("bounded-buffer").unwrap();
        let mut session = checker("undo").session(lesson.buggy());
        let mut before = vec![session.position().clone()];
        for pick in picks {
            let moves = possible(&session);
            let Some(next) = moves.get(pick % moves.len().max(1)).copied() else { break };
            session.make(next).unwrap();
            match next {
                Move::Thread(_) => before.push(session.position().clone()),
                Move::Value(_) => *before.last_mut().unwrap() = session.position().clone(),
            }
        }
        while before.pop().is_some() {
            session.undo();
            if let Some(position) = before.last() {
                prop_assert_eq!(session.position(), position);
            }
        }
        prop_assert!(session.moves().is_empty());
    }
}

#[test]
fn the_schedule_of_a_finding_leads_to_it_step_by_step() {
    for lesson in lab::lessons().iter().chain(lab::real_bugs()) {
        let verdict = lab::check_buggy(lesson);
        let finding = verdict.finding().unwrap_or_else(|| panic!("{}: {verdict:?}", lesson.name));
        let mut session = checker(&finding.model).session(lesson.buggy());
        let position = session
            .follow(&Schedule::parse(&finding.schedule).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", lesson.name));
        let again = position.finding.as_ref().unwrap_or_else(|| panic!("{}: {position:?}", lesson.name));
        assert_eq!((again.kind, &again.title), (finding.kind, &finding.title), "{}", lesson.name);
        // The same by single moves.
        let moves = session.moves().to_vec();
        let mut by_hand = session.clone();
        while !by_hand.moves().is_empty() {
            by_hand.undo();
        }
        for next in moves {
            assert!(by_hand.position().finding.is_none(), "{}", lesson.name);
            assert!(possible(&by_hand).contains(&next), "{}: {next:?}", lesson.name);
            by_hand.make(next).unwrap_or_else(|error| panic!("{}: {error}", lesson.name));
        }
        assert_eq!(by_hand.position(), session.position(), "{}", lesson.name);
    }
}

#[test]
fn every_thread_that_is_enabled_can_be_chosen_and_no_other() {
    for name in ["transfer", "bounded-buffer", "lost-wakeup", "pool-shutdown"] {
        let lesson = lab::find(name).unwrap();
        let mut session = checker(name).session(lesson.buggy());
        for turn in 0..8 {
            if session.position().question.is_none() {
                for (index, thread) in session.position().threads.clone().iter().enumerate() {
                    let tried = session.clone().after([Move::Thread(index)]);
                    assert_eq!(tried.is_ok(), thread.turn.is_possible(), "{name}: {thread:?}");
                }
            }
            let moves = possible(&session);
            let Some(next) = moves.get(turn % moves.len().max(1)) else { break };
            session.make(*next).unwrap();
        }
    }
}

#[test]
fn a_move_that_is_not_possible_says_why_and_changes_nothing() {
    let mut session = checker("held").session(locks(vec![(0, 1), (0, 1)]));
    for next in [1, 2, 1] {
        session.make(Move::Thread(next)).unwrap();
    }
    let before = session.position().clone();
    assert_eq!(before.threads[2].turn, Turn::Blocked);
    assert_eq!(before.threads[2].waits_for, [1]);
    let error = session.make(Move::Thread(2)).unwrap_err();
    assert!(error.to_string().starts_with("move 4 is not possible: "), "{error}");
    assert!(error.to_string().contains("`thread-2` waits to lock `"), "{error}");
    assert_eq!(error.at, 3);
    assert_eq!(session.position(), &before);
}

#[test]
fn numbers_are_asked_for_where_there_is_more_than_one() {
    let mut session = checker("numbers").session(|| {
        let first = choose(3);
        let second = choose(2);
        assert!((first, second) != (2, 1), "the last of all");
    });
    let asked = session.make(Move::Thread(0)).unwrap().question.clone().unwrap();
    assert_eq!(asked.answers.iter().map(|(value, _)| *value).collect::<Vec<_>>(), [0, 1, 2]);
    assert!(session.make(Move::Value(3)).is_err());
    assert!(session.make(Move::Thread(0)).is_err());
    session.make(Move::Value(2)).unwrap();
    assert!(session.position().question.is_none());
    session.make(Move::Thread(0)).unwrap();
    session.make(Move::Value(1)).unwrap();
    assert_eq!(session.position().finding.as_ref().map(|finding| finding.kind), Some(FindingKind::Panic));
    session.undo();
    assert_eq!(session.moves(), [Move::Thread(0), Move::Value(2)]);
}

#[test]
fn who_waits_who_holds_and_what_is_shown() {
    let mut session = checker("seen").session(|| {
        let lock = Mutex::new(1).named("lock");
        let changed = Condvar::new().named("changed");
        let count = AtomicU32::new(7).named("count");
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut guard = lock.lock();
                show("value", *guard);
                changed.wait(&mut guard);
            });
            count.fetch_add(1, SeqCst);
            let mut guard = lock.lock();
            *guard += 1;
            show("value", *guard);
            changed.notify_one();
        });
    });
    let object = |session: &Session, label: &str| {
        session.position().objects.iter().find(|object| object.label == label).cloned().unwrap()
    };
    let made = |session: &mut Session, thread| drop(session.make(Move::Thread(thread)).unwrap().clone());
    made(&mut session, 1);
    made(&mut session, 1);
    assert_eq!(object(&session, "lock").holders, [1]);
    assert_eq!(session.position().values[0].value, "1");
    made(&mut session, 0);
    assert_eq!(object(&session, "count").state, "8");
    assert_eq!(object(&session, "lock").waiting, [0]);
    made(&mut session, 1);
    assert_eq!(object(&session, "changed").waiting, [1]);
    assert_eq!(object(&session, "lock").holders, [] as [usize; 0]);
    made(&mut session, 0);
    assert_eq!(session.position().values[0].value, "2");
    assert_eq!(object(&session, "lock").holders, [0]);
    let places: BTreeSet<&str> = session
        .position()
        .threads
        .iter()
        .filter_map(|thread| Some(thread.next.as_ref()?.place.as_str()))
        .collect();
    assert!(places.iter().all(|place| place.contains("session.rs:")), "{places:?}");
    // From here on nobody can miss the notification.
    assert!(matches!(session.outlook(10_000), Outlook::Unreachable { .. }));
    // From the beginning it can come before anybody waits.
    let lost = checker("seen").session(session_model());
    assert!(matches!(lost.outlook(10_000), Outlook::Reachable { kind: FindingKind::Deadlock, .. }));
}

fn session_model() -> impl Fn() + Send + Sync + 'static {
    || {
        let (lock, changed) = (Mutex::new(1), Condvar::new());
        thread::scope(|scope| {
            scope.spawn(|| changed.wait(&mut lock.lock()));
            changed.notify_one();
        });
    }
}

#[test]
fn what_is_too_large_is_unknown() {
    let session = checker("large").session(|| {
        let count = Arc::new(AtomicU32::new(0));
        let threads: Vec<_> = (0..5)
            .map(|_| {
                let count = Arc::clone(&count);
                thread::spawn(move || (0..5).for_each(|_| count.store(1, SeqCst)))
            })
            .collect();
        threads.into_iter().for_each(|thread| drop(thread.join()));
    });
    let Outlook::Unknown { executions } = session.outlook(500) else { panic!("{:?}", session.outlook(500)) };
    assert!(executions <= 500 && executions > 100, "{executions}");
}
