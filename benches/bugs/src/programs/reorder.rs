//! Setters store two values one after the other; checkers must never see one without the other.
//!
//! A checker has to fall between the two stores of the first setter, or between what it reads: the more setters there are,
//! the smaller that window is for who chooses threads blindly. Repaired, the pair is behind a mutex.

use unsnarl::{
    parking_lot::Mutex,
    sync::atomic::{AtomicI64, Ordering::SeqCst},
};

use crate::{
    oracle::Oracle,
    threads::{Body, together},
};

const UNSET: (i64, i64) = (0, 0);
const SET: (i64, i64) = (1, -1);

fn is_whole(pair: (i64, i64)) -> bool {
    pair == UNSET || pair == SET
}

#[derive(Debug)]
struct Loose {
    a: AtomicI64,
    b: AtomicI64,
    oracle: Oracle,
}

fn set_loose(pair: &Loose) {
    pair.a.store(SET.0, SeqCst);
    pair.b.store(SET.1, SeqCst);
}

fn check_loose(pair: &Loose) {
    let seen = (pair.a.load(SeqCst), pair.b.load(SeqCst));
    pair.oracle.require(is_whole(seen), "a checker saw half of a pair");
}

#[derive(Debug)]
struct Guarded {
    pair: Mutex<(i64, i64)>,
    oracle: Oracle,
}

fn set_guarded(guarded: &Guarded) {
    *guarded.pair.lock() = SET;
}

fn check_guarded(guarded: &Guarded) {
    let pair = guarded.pair.lock();
    guarded.oracle.require(is_whole(*pair), "a checker saw half of a pair");
}

fn bodies<S: 'static>(setters: usize, set: fn(&S), checkers: usize, check: fn(&S)) -> Vec<Body<S>> {
    let of = |body: fn(&S), count| (0..count).map(move |_| Box::new(body) as Body<S>);
    of(set, setters).chain(of(check, checkers)).collect()
}

pub(super) fn buggy<const SETTERS: usize, const CHECKERS: usize>(oracle: Oracle) {
    let pair = Loose { a: AtomicI64::new(UNSET.0), b: AtomicI64::new(UNSET.1), oracle };
    together(pair, bodies(SETTERS, set_loose, CHECKERS, check_loose));
}

pub(super) fn fixed<const SETTERS: usize, const CHECKERS: usize>(oracle: Oracle) {
    let guarded = Guarded { pair: Mutex::new(UNSET), oracle };
    together(guarded, bodies(SETTERS, set_guarded, CHECKERS, check_guarded));
}
