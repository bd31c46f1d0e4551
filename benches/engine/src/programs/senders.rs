//! A channel with more than one sender.

use unsnarl::channel;

use super::{GUESTS, Program};
use crate::threads::{Body, threads};

pub(super) const PROGRAMS: &[Program] =
    &[Program::correct("channel, 2 senders", senders).hopeless_for(GUESTS)];

/// Two senders of two messages each and one receiver, on a channel of capacity 1.
fn senders() {
    let (sender, receiver) = channel::bounded(1);
    let second = sender.clone();
    threads([
        Box::new(move || (0..2).for_each(|item| sender.send(item).unwrap())) as Body,
        Box::new(move || (0..2).for_each(|item| second.send(item).unwrap())) as Body,
        Box::new(move || assert_eq!(receiver.iter().sum::<i32>(), 2)) as Body,
    ]);
}
