//! `std::sync::mpsc`'s contract.

use std::time::Duration;

use unsnarl::{
    sync::mpsc::{RecvTimeoutError, TryRecvError, TrySendError, channel, sync_channel},
    thread,
};

use super::A_MOMENT;

#[test]
fn messages_arrive_in_order_and_the_end_is_told() {
    let (sender, receiver) = channel();
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    let other = sender.clone();
    let producer = thread::spawn(move || (0..3).for_each(|number| other.send(number).unwrap()));
    producer.join().unwrap();
    sender.send(3).unwrap();
    assert_eq!(receiver.try_iter().take(2).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(receiver.recv(), Ok(2));
    assert_eq!(receiver.recv_timeout(Duration::from_secs(1)), Ok(3));
    assert_eq!(receiver.recv_timeout(A_MOMENT), Err(RecvTimeoutError::Timeout));
    sender.send(4).unwrap();
    drop(sender);
    assert_eq!(receiver.iter().collect::<Vec<_>>(), [4]);
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
    assert_eq!(receiver.recv_timeout(A_MOMENT), Err(RecvTimeoutError::Disconnected));
    assert!(receiver.recv().is_err());
}

#[test]
fn a_bound_is_kept() {
    let (sender, receiver) = sync_channel(1);
    sender.send(1).unwrap();
    assert_eq!(sender.try_send(2), Err(TrySendError::Full(2)));
    assert_eq!(receiver.recv(), Ok(1));
    sender.try_send(3).unwrap();
    drop(receiver);
    assert_eq!(sender.try_send(4), Err(TrySendError::Disconnected(4)));
    assert_eq!(sender.send(5).unwrap_err().0, 5);

    let (sender, receiver) = sync_channel(0);
    assert_eq!(sender.try_send(1), Err(TrySendError::Full(1)));
    let producer = thread::spawn(move || sender.send(2));
    assert_eq!(receiver.into_iter().collect::<Vec<_>>(), [2]);
    producer.join().unwrap().unwrap();
}

#[test]
fn ends_say_what_they_are() {
    let (sender, receiver) = channel::<u32>();
    assert_eq!(format!("{sender:?} {receiver:?}"), "Sender { .. } Receiver { .. }");
    assert_eq!(format!("{:?}", sync_channel::<u32>(1).0), "SyncSender { .. }");
}
