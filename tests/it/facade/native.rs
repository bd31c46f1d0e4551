//! Without features the facade's items *are* those of `std`, `parking_lot` and crossbeam, so they cost nothing.

use std::any::TypeId;

use unsnarl::{channel, fs, net, parking_lot as pl, sync, thread, time};

/// Requires that each type has two names.
macro_rules! same {
    ($($ours:ty = $theirs:ty),* $(,)?) => {$(
        assert_eq!(TypeId::of::<$ours>(), TypeId::of::<$theirs>(), stringify!($ours));
    )*};
}

#[test]
fn items_of_std_are_stds() {
    use std::{sync as theirs, sync::atomic, sync::mpsc};
    same!(
        sync::Mutex<u8> = theirs::Mutex<u8>,
        sync::MutexGuard<'static, u8> = theirs::MutexGuard<'static, u8>,
        sync::RwLock<u8> = theirs::RwLock<u8>,
        sync::RwLockReadGuard<'static, u8> = theirs::RwLockReadGuard<'static, u8>,
        sync::RwLockWriteGuard<'static, u8> = theirs::RwLockWriteGuard<'static, u8>,
        sync::Condvar = theirs::Condvar,
        sync::WaitTimeoutResult = theirs::WaitTimeoutResult,
        sync::Barrier = theirs::Barrier,
        sync::Once = theirs::Once,
        sync::OnceLock<u8> = theirs::OnceLock<u8>,
        sync::LazyLock<u8> = theirs::LazyLock<u8>,
        sync::Arc<u8> = theirs::Arc<u8>,
        sync::Weak<u8> = theirs::Weak<u8>,
        sync::atomic::AtomicBool = atomic::AtomicBool,
        sync::atomic::AtomicUsize = atomic::AtomicUsize,
        sync::atomic::AtomicU64 = atomic::AtomicU64,
        sync::atomic::AtomicPtr<u8> = atomic::AtomicPtr<u8>,
        sync::mpsc::Sender<u8> = mpsc::Sender<u8>,
        sync::mpsc::SyncSender<u8> = mpsc::SyncSender<u8>,
        sync::mpsc::Receiver<u8> = mpsc::Receiver<u8>,
        thread::Thread = std::thread::Thread,
        thread::ThreadId = std::thread::ThreadId,
        thread::JoinHandle<u8> = std::thread::JoinHandle<u8>,
        thread::Builder = std::thread::Builder,
        thread::LocalKey<u8> = std::thread::LocalKey<u8>,
        time::Instant = std::time::Instant,
        time::SystemTime = std::time::SystemTime,
    );
}

#[test]
fn sockets_and_files_are_stds() {
    same!(
        net::TcpListener = std::net::TcpListener,
        net::TcpStream = std::net::TcpStream,
        net::UdpSocket = std::net::UdpSocket,
        fs::File = std::fs::File,
        fs::OpenOptions = std::fs::OpenOptions,
        fs::Metadata = std::fs::Metadata,
    );
    #[cfg(unix)]
    same!(
        net::unix::UnixListener = std::os::unix::net::UnixListener,
        net::unix::UnixStream = std::os::unix::net::UnixStream,
    );
}

#[test]
fn items_of_parking_lot_are_parking_lots() {
    use parking_lot as theirs;
    same!(
        pl::Mutex<u8> = theirs::Mutex<u8>,
        pl::MutexGuard<'static, u8> = theirs::MutexGuard<'static, u8>,
        pl::RwLock<u8> = theirs::RwLock<u8>,
        pl::RwLockUpgradableReadGuard<'static, u8> = theirs::RwLockUpgradableReadGuard<'static, u8>,
        pl::ReentrantMutex<u8> = theirs::ReentrantMutex<u8>,
        pl::FairMutex<u8> = theirs::FairMutex<u8>,
        pl::Condvar = theirs::Condvar,
        pl::Once = theirs::Once,
        pl::RawMutex = theirs::RawMutex,
        pl::RawRwLock = theirs::RawRwLock,
    );
}

#[test]
fn items_of_crossbeam_are_crossbeams() {
    use crossbeam_channel as theirs;
    same!(
        channel::Sender<u8> = theirs::Sender<u8>,
        channel::Receiver<u8> = theirs::Receiver<u8>,
        channel::Select<'static> = theirs::Select<'static>,
        channel::SendError<u8> = theirs::SendError<u8>,
    );
    #[cfg(feature = "queue")]
    same!(
        unsnarl::queue::ArrayQueue<u8> = crossbeam_queue::ArrayQueue<u8>,
        unsnarl::queue::SegQueue<u8> = crossbeam_queue::SegQueue<u8>,
    );
    #[cfg(feature = "deque")]
    same!(
        unsnarl::deque::Worker<u8> = crossbeam_deque::Worker<u8>,
        unsnarl::deque::Stealer<u8> = crossbeam_deque::Stealer<u8>,
        unsnarl::deque::Injector<u8> = crossbeam_deque::Injector<u8>,
    );
}

#[test]
fn a_cell_is_as_large_as_what_it_wraps() {
    assert_eq!(size_of::<unsnarl::cell::UnsafeCell<u64>>(), size_of::<u64>());
}
