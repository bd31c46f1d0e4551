//! A sender and a receiver take turns on a ring, seven rounds each.
//!
//! Whose turn it is not skips a round, but counts it: from then on the sender's numbers and those that the receiver expects
//! are different ones. Repaired, only the rounds in which it was one's turn count.

use unsnarl::parking_lot::Mutex;

use crate::{oracle::Oracle, threads::together};

const ROUNDS: usize = 7;
const SLOTS: usize = 10;

#[derive(Debug)]
struct Ring {
    slots: [usize; SLOTS],
    first: usize,
    next: usize,
    is_senders_turn: bool,
}

#[derive(Debug)]
struct Link {
    ring: Mutex<Ring>,
    /// Whether a round counts in which it was not one's turn.
    skipped_count: bool,
    oracle: Oracle,
}

fn send(link: &Link) {
    let mut number = 0;
    for _ in 0..ROUNDS {
        let mut ring = link.ring.lock();
        let is_my_turn = ring.is_senders_turn;
        if is_my_turn {
            let next = ring.next;
            ring.slots[next % SLOTS] = number;
            ring.next += 1;
            ring.is_senders_turn = false;
        }
        number += usize::from(is_my_turn || link.skipped_count);
    }
}

fn receive(link: &Link) {
    let mut number = 0;
    for _ in 0..ROUNDS {
        let mut ring = link.ring.lock();
        let is_my_turn = !ring.is_senders_turn;
        if is_my_turn {
            let received = ring.slots[ring.first % SLOTS];
            link.oracle.require(received == number, "a number is not the one that was due");
            ring.first += 1;
            ring.is_senders_turn = true;
        }
        number += usize::from(is_my_turn || link.skipped_count);
    }
}

fn run(oracle: Oracle, skipped_count: bool) {
    let ring = Ring { slots: [0; SLOTS], first: 0, next: 0, is_senders_turn: true };
    together(Link { ring: Mutex::new(ring), skipped_count, oracle }, [send as fn(&_), receive]);
}

pub(super) fn buggy(oracle: Oracle) {
    run(oracle, true);
}

pub(super) fn fixed(oracle: Oracle) {
    run(oracle, false);
}
