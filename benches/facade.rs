//! What the facade costs beside the libraries under it, in one run: `cargo bench --bench facade`, and again with
//! `--features model` or `--features watch` for what the additive backends cost outside of models.
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "the peers are measured, too")]

use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

#[divan::bench]
fn lock_facade(bencher: Bencher) {
    let lock = unsnarl::parking_lot::Mutex::new(0_u64);
    bencher.bench_local(|| *black_box(&lock).lock() += 1);
}

#[divan::bench]
fn lock_parking_lot(bencher: Bencher) {
    let lock = parking_lot::Mutex::new(0_u64);
    bencher.bench_local(|| *black_box(&lock).lock() += 1);
}

#[divan::bench]
fn lock_std(bencher: Bencher) {
    let lock = std::sync::Mutex::new(0_u64);
    bencher.bench_local(|| *black_box(&lock).lock().unwrap() += 1);
}

#[divan::bench]
fn nested_facade(bencher: Bencher) {
    let locks = [const { unsnarl::parking_lot::Mutex::new(0_u64) }; 4];
    bencher.bench_local(|| {
        let [a, b, c, d] = black_box(&locks);
        let (a, b, c, d) = (a.lock(), b.lock(), c.lock(), d.lock());
        *a + *b + *c + *d
    });
}

#[divan::bench]
fn nested_parking_lot(bencher: Bencher) {
    let locks = [const { parking_lot::Mutex::new(0_u64) }; 4];
    bencher.bench_local(|| {
        let [a, b, c, d] = black_box(&locks);
        let (a, b, c, d) = (a.lock(), b.lock(), c.lock(), d.lock());
        *a + *b + *c + *d
    });
}

#[divan::bench]
fn atomic_facade(bencher: Bencher) {
    use unsnarl::sync::atomic::{AtomicU64, Ordering};
    let value = AtomicU64::new(0);
    bencher.bench_local(|| black_box(&value).fetch_add(1, Ordering::Relaxed));
}

#[divan::bench]
fn atomic_std(bencher: Bencher) {
    use std::sync::atomic::{AtomicU64, Ordering};
    let value = AtomicU64::new(0);
    bencher.bench_local(|| black_box(&value).fetch_add(1, Ordering::Relaxed));
}
