//! How large the facade's items are beside the originals: as large on the native backend, and by no more than is said here
//! where a checker or the watch has to tell objects apart.

use unsnarl::{channel, parking_lot as pl, sync, thread, time};

/// What an object's name, its place of construction, and its number in a model take.
const IDENTITY: usize = if cfg!(backend = "native") { 0 } else { 32 };

/// Requires that each type is at most so many identities larger than the original.
macro_rules! at_most {
    ($($identities:literal: $ours:ty = $theirs:ty),* $(,)?) => {{
        let mut larger = Vec::new();
        $(
            let (ours, theirs) = (size_of::<$ours>(), size_of::<$theirs>());
            // Alignment may add a word.
            let rest = if IDENTITY == 0 { 0 } else { size_of::<usize>() };
            let allowed = theirs + $identities * IDENTITY + rest;
            if ours > allowed {
                larger.push(format!("{}: {ours} bytes, {theirs} in the original, {allowed} allowed", stringify!($ours)));
            }
        )*
        assert!(larger.is_empty(), "{larger:#?}");
    }};
}

#[test]
fn items_are_as_large_as_the_originals_but_for_their_identities() {
    at_most! {
        1: sync::Mutex<u64> = std::sync::Mutex<u64>,
        0: sync::MutexGuard<'static, u64> = std::sync::MutexGuard<'static, u64>,
        1: sync::RwLock<u64> = std::sync::RwLock<u64>,
        0: sync::RwLockReadGuard<'static, u64> = std::sync::RwLockReadGuard<'static, u64>,
        0: sync::RwLockWriteGuard<'static, u64> = std::sync::RwLockWriteGuard<'static, u64>,
        1: sync::Condvar = std::sync::Condvar,
        3: sync::Once = std::sync::Once,
        3: sync::OnceLock<u64> = std::sync::OnceLock<u64>,
        4: sync::Barrier = std::sync::Barrier,
        1: sync::atomic::AtomicBool = std::sync::atomic::AtomicBool,
        1: sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64,
        0: sync::Arc<u64> = std::sync::Arc<u64>,
        1: pl::Mutex<u64> = parking_lot::Mutex<u64>,
        0: pl::MutexGuard<'static, u64> = parking_lot::MutexGuard<'static, u64>,
        0: pl::MappedMutexGuard<'static, u64> = parking_lot::MappedMutexGuard<'static, u64>,
        1: pl::RwLock<u64> = parking_lot::RwLock<u64>,
        0: pl::RwLockReadGuard<'static, u64> = parking_lot::RwLockReadGuard<'static, u64>,
        1: pl::Condvar = parking_lot::Condvar,
        0: channel::Sender<u64> = crossbeam_channel::Sender<u64>,
        0: channel::Receiver<u64> = crossbeam_channel::Receiver<u64>,
        0: time::Instant = std::time::Instant,
        1: thread::ThreadId = std::thread::ThreadId,
        1: thread::Thread = std::thread::Thread,
    }
}
