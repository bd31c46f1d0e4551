//! A pipe is opened while its last user lets it go.
//!
//! Opening counts a user through a pointer, under the mutex under which the last user takes the pointer away; it never asks
//! whether it is still there. It fails if the release comes first. Repaired, it asks.

use unsnarl::parking_lot::Mutex;

use crate::{
    oracle::Oracle,
    threads::{Body, together},
};

#[derive(Debug)]
struct Pipe {
    readers: u32,
}

/// Where a file keeps its pipe.
type Place = Mutex<Option<Pipe>>;

fn run(oracle: Oracle, asks: bool) {
    let open = move |place: &Place| {
        let mut pipe = place.lock();
        oracle.require(asks || pipe.is_some(), "a user was counted through a null pointer");
        if let Some(pipe) = pipe.as_mut() {
            pipe.readers += 1;
        }
    };
    let release = |place: &Place| *place.lock() = None;
    together(Mutex::new(Some(Pipe { readers: 1 })), [Box::new(open) as Body<Place>, Box::new(release)]);
}

pub(super) fn buggy(oracle: Oracle) {
    run(oracle, false);
}

pub(super) fn fixed(oracle: Oracle) {
    run(oracle, true);
}
