//! `Select` and `select!`, on every backend.

use unsnarl::{
    channel::{self, Select, TryRecvError, bounded, select, select_biased, unbounded},
    thread,
};

#[test]
fn a_possible_case_runs() {
    let (sender, receiver) = bounded(1);
    let (_kept, silent) = unbounded::<u32>();
    sender.send(7).unwrap();
    let got = select! {
        recv(receiver) -> message => message.unwrap(),
        recv(silent) -> _ => unreachable!("nobody sends"),
    };
    assert_eq!(got, 7);
    let full = select! {
        recv(receiver) -> message => message.unwrap(),
        recv(silent) -> _ => unreachable!("nobody sends"),
        default => 0,
    };
    assert_eq!(full, 0);
    select! {
        send(sender, 8) -> sent => sent.unwrap(),
        recv(silent) -> _ => unreachable!("nobody sends"),
    }
    assert_eq!(receiver.recv(), Ok(8));
}

#[test]
fn the_first_possible_case_runs_when_biased() {
    let (sender, receiver) = bounded(4);
    let (other_sender, other) = bounded(4);
    for number in 0..4 {
        sender.send(number).unwrap();
        other_sender.send(number).unwrap();
    }
    for number in 0..4 {
        select_biased! {
            recv(receiver) -> message => assert_eq!(message, Ok(number)),
            recv(other) -> _ => unreachable!("the first case was possible"),
        }
    }
    assert_eq!(other.len(), 4);
}

#[test]
fn an_end_that_is_gone_makes_a_case_possible() {
    let (sender, receiver) = bounded::<u32>(0);
    let (_kept, silent) = unbounded::<u32>();
    drop(sender);
    select! {
        recv(receiver) -> message => assert!(message.is_err()),
        recv(silent) -> _ => unreachable!("nobody sends"),
    }
    let (sender, receiver) = bounded::<u32>(0);
    drop(receiver);
    select! {
        send(sender, 3) -> sent => assert_eq!(sent.unwrap_err().into_inner(), 3),
        recv(silent) -> _ => unreachable!("nobody sends"),
    }
}

#[test]
fn a_list_of_operations() {
    let (sender, receiver) = bounded(1);
    let (never_sends, silent) = unbounded::<u32>();
    let mut select = Select::new();
    let gone = select.recv(&silent);
    let receive = select.recv(&receiver);
    let send = select.send(&sender);
    select.remove(gone);
    let operation = select.select();
    assert_eq!(operation.index(), send);
    operation.send(&sender, 5).unwrap();
    assert_eq!(select.try_ready(), Ok(receive));
    assert_eq!(select.ready(), receive);
    let operation = select.try_select().unwrap();
    assert_eq!(operation.index(), receive);
    assert_eq!(operation.recv(&receiver), Ok(5));

    let mut select = Select::new_biased();
    select.recv(&receiver);
    assert!(select.clone().try_select().is_err());
    assert!(select.try_ready().is_err());
    drop(never_sends);
    let closed = select.recv(&silent);
    let operation = select.select();
    assert_eq!(operation.index(), closed);
    assert!(operation.recv(&silent).is_err());
}

#[test]
#[should_panic(expected = "dropped `SelectedOperation` without completing the operation")]
fn an_operation_must_be_completed() {
    let (sender, _receiver) = bounded::<u32>(1);
    let mut select = Select::new();
    select.send(&sender);
    drop(select.select());
}

#[test]
fn selects_wait_and_meet() {
    for capacity in [Some(0), Some(1), None] {
        let make = || capacity.map_or_else(unbounded, bounded);
        let ((jobs, job), (answers, answer)) = (make(), make());
        let server = thread::spawn(move || {
            let mut served = 0;
            loop {
                let message: Result<u32, _> = select! {
                    recv(job) -> message => message,
                    recv(channel::never::<()>()) -> _ => unreachable!("it never has a message"),
                };
                let Ok(number) = message else { return served };
                served += 1;
                select! {
                    send(answers, number * 2) -> sent => sent.unwrap(),
                    recv(channel::never::<()>()) -> _ => unreachable!("it never has a message"),
                }
            }
        });
        for number in 0..20 {
            select! {
                send(jobs, number) -> sent => sent.unwrap(),
                recv(answer) -> _ => unreachable!("nothing was asked"),
            }
            assert_eq!(answer.recv(), Ok(number * 2));
        }
        drop(jobs);
        assert_eq!(server.join().unwrap(), 20);
        assert_eq!(answer.try_recv(), Err(TryRecvError::Disconnected));
    }
}

#[test]
fn ends_know_their_channel() {
    let (sender, receiver) = bounded::<u32>(1);
    let (other_sender, other) = bounded::<u32>(1);
    assert!(sender.same_channel(&sender.clone()) && receiver.same_channel(&receiver.clone()));
    assert!(!sender.same_channel(&other_sender) && !receiver.same_channel(&other));
    let never = channel::never::<u32>();
    assert!(never.same_channel(&channel::never()) && !never.same_channel(&receiver));
    assert_eq!((never.len(), never.capacity(), never.try_recv()), (0, Some(0), Err(TryRecvError::Empty)));
}
