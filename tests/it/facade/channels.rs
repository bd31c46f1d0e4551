//! Clauses 20 to 23.

use unsnarl::{
    channel::{RecvTimeoutError, SendTimeoutError, TryRecvError, TrySendError, bounded, unbounded},
    thread,
    time::Instant,
};

use super::A_MOMENT;

#[test]
fn c20_messages_arrive_once_and_in_order() {
    for (sender, receiver) in [unbounded(), bounded(3), bounded(0)] {
        let got = thread::scope(|scope| {
            for from in 0..2 {
                let sender = sender.clone();
                scope.spawn(move || (0..100).for_each(|number| sender.send((from, number)).unwrap()));
            }
            drop(sender);
            let takers: Vec<_> = (0..2)
                .map(|_| {
                    let receiver = receiver.clone();
                    scope.spawn(move || receiver.into_iter().collect::<Vec<_>>())
                })
                .collect();
            takers.into_iter().map(|taker| taker.join().unwrap()).collect::<Vec<_>>()
        });
        for part in &got {
            for from in 0..2 {
                assert!(part.iter().filter(|message| message.0 == from).is_sorted());
            }
        }
        let mut all = got.concat();
        all.sort_unstable();
        assert_eq!(
            all,
            (0..2).flat_map(|from| (0..100).map(move |number| (from, number))).collect::<Vec<_>>()
        );
    }
}

#[test]
fn c21_a_full_channel_refuses_or_waits() {
    let (sender, receiver) = bounded(1);
    assert_eq!((sender.capacity(), sender.is_empty(), sender.is_full()), (Some(1), true, false));
    sender.send(1).unwrap();
    assert_eq!(sender.try_send(2), Err(TrySendError::Full(2)));
    assert_eq!((receiver.len(), receiver.is_full()), (1, true));
    let waiting = thread::spawn(move || sender.send(3));
    assert_eq!((receiver.recv(), receiver.recv()), (Ok(1), Ok(3)));
    waiting.join().unwrap().unwrap();

    let (sender, receiver) = bounded(0);
    assert_eq!(sender.try_send(1), Err(TrySendError::Full(1)));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    let waiting = thread::spawn(move || sender.send(2));
    assert_eq!(receiver.recv(), Ok(2));
    waiting.join().unwrap().unwrap();
}

#[test]
fn c22_the_end_is_told() {
    let (sender, receiver) = unbounded();
    sender.send(1).unwrap();
    drop(sender.clone());
    drop(sender);
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [1]);
    assert!(receiver.recv().is_err());
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));

    let (sender, receiver) = bounded(1);
    sender.send(1).unwrap();
    let waiting = {
        let sender = sender.clone();
        thread::spawn(move || sender.send(2))
    };
    thread::sleep(A_MOMENT);
    drop(receiver);
    assert_eq!(waiting.join().unwrap().unwrap_err().into_inner(), 2);
    assert_eq!(sender.try_send(3), Err(TrySendError::Disconnected(3)));
}

#[test]
fn c23_timed_operations_end() {
    let (sender, receiver) = bounded::<u8>(1);
    assert_eq!(receiver.recv_timeout(A_MOMENT), Err(RecvTimeoutError::Timeout));
    assert_eq!(receiver.recv_deadline(Instant::now() + A_MOMENT), Err(RecvTimeoutError::Timeout));
    sender.send(1).unwrap();
    assert_eq!(sender.send_timeout(2, A_MOMENT), Err(SendTimeoutError::Timeout(2)));
    drop(receiver);
    assert_eq!(sender.send_timeout(2, A_MOMENT), Err(SendTimeoutError::Disconnected(2)));
}
