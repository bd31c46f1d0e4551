//! Measures facade operations beside the same operations of the libraries under it, and prints one JSON document.
//!
//! Each case is run in turns, facade and peer, a batch each; the least time of a batch counts: what else the machine does only
//! adds to it.

#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "the peers are measured, too")]

mod cases;

use std::time::{Duration, Instant};

use serde::Serialize;

/// What a case measured, in nanoseconds for one operation.
#[derive(Debug, Serialize)]
struct Measured {
    name: &'static str,
    /// What the facade's operation is compared with.
    peer: &'static str,
    /// How many uncontended locks are taken and given back in one operation; 0 for what is no lock.
    locks: u32,
    facade_ns: f64,
    peer_ns: f64,
}

/// How long the batches of a case go on.
const TIME: Duration = Duration::from_millis(400);
/// How many operations a batch has.
const BATCH: u32 = 20_000;

/// Runs the case and prints nothing.
fn measure(
    name: &'static str,
    peer: &'static str,
    locks: u32,
    mut facade: impl FnMut(),
    mut other: impl FnMut(),
) -> Measured {
    let (mut facade_ns, mut peer_ns) = (f64::MAX, f64::MAX);
    let started = Instant::now();
    while started.elapsed() < TIME {
        facade_ns = facade_ns.min(batch(&mut facade));
        peer_ns = peer_ns.min(batch(&mut other));
    }
    Measured { name, peer, locks, facade_ns, peer_ns }
}

/// Nanoseconds for one operation.
fn batch(operation: &mut impl FnMut()) -> f64 {
    let started = Instant::now();
    for _ in 0..BATCH {
        operation();
    }
    started.elapsed().as_secs_f64() * 1e9 / f64::from(BATCH)
}

fn main() {
    // `watch` costs something only where it is switched on.
    #[cfg(feature = "watch")]
    unsnarl::watch::enable();
    println!("{}", serde_json::to_string(&cases::all()).expect("numbers and names are JSON"));
}
