//! Which types may go to, and be shared with, other threads, and be looked at after a panic: as in `std` and `parking_lot`, on
//! every backend. That `std` itself is so is required by the same lines.

use std::{
    cell::{Cell, RefCell},
    panic::{RefUnwindSafe, UnwindSafe},
};

use unsnarl::{cell::UnsafeCell, channel, net, parking_lot, sync, thread, time};

/// Fails to compile unless the type has the trait.
macro_rules! is {
    ($trait:ident: $($ty:ty),* $(,)?) => {
        const _: () = {
            const fn has<T: $trait + ?Sized>() {}
            $(has::<$ty>();)*
        };
    };
}

/// Fails to compile (two candidates) if the type has the trait.
macro_rules! is_not {
    ($trait:ident: $($ty:ty),* $(,)?) => {$(
        const _: fn() = || {
            trait Ambiguous<Which> {
                fn call() {}
            }
            impl<T: ?Sized> Ambiguous<()> for T {}
            impl<T: ?Sized + $trait> Ambiguous<u8> for T {}
            <$ty as Ambiguous<_>>::call();
        };
    )*};
}

type NotSync = Cell<u8>;
type NotSend = sync::MutexGuard<'static, u8>;

is!(Send: sync::Mutex<NotSync>, sync::RwLock<NotSync>, sync::OnceLock<NotSync>, sync::Condvar, sync::Barrier);
is!(Send: parking_lot::Mutex<NotSync>, parking_lot::RwLock<NotSync>, parking_lot::Condvar, UnsafeCell<NotSync>);
is!(Send: channel::Sender<NotSync>, channel::Receiver<NotSync>, thread::JoinHandle<u8>, thread::Thread);
is!(Send: net::TcpStream, net::TcpListener, time::Instant, sync::atomic::AtomicPtr<u8>);
is!(Sync: sync::Mutex<NotSync>, parking_lot::Mutex<NotSync>, sync::Mutex<[u8]>, sync::RwLock<u8>, sync::Condvar);
is!(Sync: sync::OnceLock<u8>, sync::LazyLock<u8>, sync::Once, sync::Barrier, sync::Semaphore);
is!(Sync: channel::Sender<NotSync>, channel::Receiver<NotSync>, thread::JoinHandle<u8>, thread::Thread);
is!(Sync: sync::MutexGuard<'static, u8>, sync::RwLockReadGuard<'static, u8>, parking_lot::MutexGuard<'static, u8>);
is!(Sync: net::TcpStream, net::TcpListener, sync::atomic::AtomicPtr<u8>, thread::Scope<'static, 'static>);

#[cfg(all(feature = "queue", feature = "deque"))]
mod queues {
    use unsnarl::{
        deque::{Injector, Stealer, Worker},
        queue::{ArrayQueue, SegQueue},
    };

    use super::{NotSend, NotSync};

    is!(Send: ArrayQueue<NotSync>, SegQueue<NotSync>, Worker<NotSync>, Stealer<NotSync>, Injector<NotSync>);
    is!(Sync: ArrayQueue<NotSync>, SegQueue<NotSync>, Stealer<NotSync>, Injector<NotSync>);
    is_not!(Send: ArrayQueue<NotSend>, SegQueue<NotSend>, Worker<NotSend>, Stealer<NotSend>, Injector<NotSend>);
    is_not!(Sync: Worker<u8>);
}

is_not!(Send: sync::MutexGuard<'static, u8>, sync::RwLockReadGuard<'static, u8>, sync::RwLockWriteGuard<'static, u8>);
is_not!(Send: parking_lot::MutexGuard<'static, u8>, parking_lot::MappedMutexGuard<'static, u8>);
is_not!(Send: sync::Mutex<NotSend>, channel::Sender<NotSend>, UnsafeCell<NotSend>);
is_not!(Sync: sync::RwLock<NotSync>, sync::OnceLock<NotSync>, sync::LazyLock<NotSync>, UnsafeCell<u8>);
is_not!(Sync: sync::MutexGuard<'static, NotSync>, parking_lot::RwLock<NotSync>);

/// What a panic may have left half done.
type NotUnwindSafe = RefCell<u8>;

/// The same of the facade and of what it takes its shape from.
macro_rules! both {
    ($($macro:ident $trait:ident: $($name:ident::$ty:ident $(<$($of:ty),*>)?),*;)*) => {$(
        $macro!($trait: $($name::$ty $(<$($of),*>)?),*);
        const _: () = {
            use std as theirs;
            $macro!($trait: $(theirs::$name::$ty $(<$($of),*>)?),*);
        };
    )*};
}

both! {
    is UnwindSafe: sync::Mutex<NotUnwindSafe>, sync::RwLock<NotUnwindSafe>, sync::Condvar, sync::Barrier, sync::Once,
        sync::OnceLock<u8>, sync::LazyLock<u8>, thread::Thread, time::Instant;
    is RefUnwindSafe: sync::Mutex<NotUnwindSafe>, sync::RwLock<NotUnwindSafe>, sync::Condvar, sync::Barrier, sync::Once,
        sync::OnceLock<u8>, sync::LazyLock<u8>, thread::Thread, time::Instant;
    is_not UnwindSafe: thread::JoinHandle<u8>, sync::OnceLock<&'static NotUnwindSafe>, sync::LazyLock<&'static NotUnwindSafe>;
    is_not RefUnwindSafe: thread::JoinHandle<u8>, sync::OnceLock<NotUnwindSafe>, sync::LazyLock<NotUnwindSafe>;
}
is!(UnwindSafe: channel::Sender<NotUnwindSafe>, channel::Receiver<NotUnwindSafe>, sync::Semaphore, sync::Latch);
is_not!(RefUnwindSafe: parking_lot::Mutex<NotUnwindSafe>, parking_lot::RwLock<NotUnwindSafe>);
