//! The ends of channels against brute force: generated programs whose threads have senders and receivers of their own, and
//! drop them when they like.

use std::sync::Arc;

use proptest::prelude::*;
use unsnarl::{
    channel::{self, Receiver, Select, Sender},
    check::Strategy as Search,
    parking_lot::Mutex,
    thread,
};

use super::brute_force::{Executions, Model, compare_searches, explore, for_all};

#[derive(Clone, Copy, Debug)]
enum Action {
    Lock,
    Send,
    TrySend,
    Recv,
    TryRecv,
    /// Receives from the common channel or from one that always has something, the first in order if `.0`.
    SelectRecv(bool),
    /// Sends or receives, if one of them is possible.
    TrySelect,
    DropSender,
    DropReceiver,
}

type Program = Vec<Vec<Action>>;

fn run(
    actions: &[Action],
    count: &Mutex<u32>,
    ends: (Sender<u32>, Receiver<u32>),
    others: &Receiver<u32>,
) -> Vec<u32> {
    let (mut sender, mut receiver) = (Some(ends.0), Some(ends.1));
    let mut log = Vec::new();
    for action in actions {
        let message = log.len() as u32;
        match (action, &sender, &receiver) {
            (Action::Lock, ..) => {
                let mut count = count.lock();
                *count += 1;
                log.push(*count);
            }
            (Action::Send, Some(sender), _) => log.push(10 + u32::from(sender.send(message).is_ok())),
            (Action::TrySend, Some(sender), _) => log.push(20 + u32::from(sender.try_send(message).is_ok())),
            (Action::Recv, _, Some(receiver)) => {
                log.push(receiver.recv().map_or(1_000, |message| 30 + message))
            }
            (Action::TryRecv, _, Some(receiver)) => log.push(match receiver.try_recv() {
                Ok(message) => 40 + message,
                Err(channel::TryRecvError::Empty) => 2_000,
                Err(channel::TryRecvError::Disconnected) => 3_000,
            }),
            (Action::SelectRecv(biased), _, Some(receiver)) => {
                let mut select = if *biased { Select::new_biased() } else { Select::new() };
                select.recv(receiver);
                select.recv(others);
                let chosen = select.select();
                let place = chosen.index() as u32;
                log.push(50 + place);
                log.push(chosen.recv(if place == 0 { receiver } else { others }).unwrap_or(1_000));
            }
            (Action::TrySelect, Some(sender), Some(receiver)) => {
                let mut select = Select::new();
                select.send(sender);
                select.recv(receiver);
                match select.try_select() {
                    Ok(chosen) if chosen.index() == 0 => {
                        log.push(60 + u32::from(chosen.send(sender, message).is_ok()));
                    }
                    Ok(chosen) => log.push(chosen.recv(receiver).map_or(1_000, |message| 70 + message)),
                    Err(_) => log.push(4_000),
                }
            }
            (Action::DropSender, ..) => sender = None,
            (Action::DropReceiver, ..) => receiver = None,
            _ => {}
        }
    }
    log
}

/// One execution: each thread has a sender and a receiver of its own.
fn model(program: &Program, capacity: usize) -> Model {
    let program = program.clone();
    Arc::new(move || {
        let (sender, receiver) = channel::bounded(capacity);
        let (filler, others) = channel::unbounded();
        (0..8).for_each(|number| filler.send(number).unwrap());
        let (count, others) = (Arc::new(Mutex::new(0)), Arc::new(others));
        let handles: Vec<_> = program
            .iter()
            .map(|actions| {
                let (actions, count, others) = (actions.clone(), Arc::clone(&count), Arc::clone(&others));
                let ends = (sender.clone(), receiver.clone());
                thread::spawn(move || run(&actions, &count, ends, &others))
            })
            .collect();
        drop((sender, receiver));
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    })
}

fn compare(program: &Program, capacity: usize) -> Result<(), TestCaseError> {
    compare_searches(model(program, capacity), 0, Executions::OneOfEachTrace)
}

fn programs(selects: bool) -> impl Strategy<Value = (Program, usize)> {
    let plain = prop_oneof![
        2 => Just(Action::Lock),
        2 => Just(Action::Send),
        1 => Just(Action::TrySend),
        2 => Just(Action::Recv),
        2 => Just(Action::TryRecv),
        3 => Just(Action::DropSender),
        2 => Just(Action::DropReceiver),
    ];
    let select = prop_oneof![any::<bool>().prop_map(Action::SelectRecv), Just(Action::TrySelect)];
    let action = if selects { prop_oneof![2 => plain, 1 => select].boxed() } else { plain.boxed() };
    let program = proptest::collection::vec(proptest::collection::vec(action, 1..5), 2..4);
    (program, 1..3_usize)
}

#[test]
fn programs_whose_threads_drop_their_ends() {
    for_all(&programs(false), |(program, capacity)| compare(&program, capacity));
}

#[test]
fn programs_that_select_while_ends_are_dropped() {
    for_all(&programs(true), |(program, capacity)| compare(&program, capacity));
}

#[test]
fn a_sender_that_ends_while_its_message_is_there() {
    // Found by `programs_whose_threads_drop_their_ends`: that the end came before the attempt to receive that found nothing
    // seemed not to matter, since the message was still there when it came.
    compare(&vec![vec![Action::Recv, Action::TryRecv], vec![Action::Send]], 1).unwrap();
}

#[test]
fn the_last_receiver_throws_away_what_was_there() {
    // Found by `programs_whose_threads_drop_their_ends`: there seemed to be room for a message before the last receiver ended.
    compare(&vec![vec![Action::Lock], vec![Action::DropReceiver, Action::TrySend, Action::Send]], 1).unwrap();
}

#[test]
fn which_sender_is_the_last_is_a_matter_of_order() {
    // Only the last one's end was a step, and the other order of the locks was not looked at.
    let program =
        vec![vec![Action::Lock, Action::DropSender], vec![Action::DropSender, Action::Lock], vec![]];
    compare(&program, 1).unwrap();
    let (verdict, outcomes) = explore(1, &model(&program, 1), Search::Exhaustive, 0);
    assert_eq!((verdict.explored().unwrap().executions, outcomes.len()), (2, 2));
}

#[test]
fn who_receives_until_there_is_no_sender() {
    // The last attempt to receive seemed to be able to come before the end of the sender, when its message was still there.
    for threads in 1..3 {
        let (verdict, _) = explore(1, &received_to_the_end(threads), Search::Exhaustive, 0);
        let explored = verdict.explored().unwrap();
        assert_eq!((explored.executions, explored.redundant), ([1, 6][threads - 1], 0), "{verdict:?}");
    }
}

/// So many threads send two messages each into a channel with room for one; another receives until all have ended.
fn received_to_the_end(threads: usize) -> Model {
    Arc::new(move || {
        let (sender, receiver) = channel::bounded(1);
        let send =
            |sender: Sender<u32>| thread::spawn(move || (0..2).for_each(|item| sender.send(item).unwrap()));
        let senders: Vec<_> = (0..threads).map(|_| send(sender.clone())).collect();
        drop(sender);
        let received = receiver.iter().collect();
        senders.into_iter().for_each(|sender| sender.join().unwrap());
        vec![received]
    })
}
