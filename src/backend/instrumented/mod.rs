//! Stand-in for the instrumented backend: native behaviour only.
#![allow(dead_code, reason = "a stand-in")]

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::lock_api::RawRwLockDowngrade as _;

pub(crate) use super::portable::{
    barrier::PortableBarrier as RawBarrier, semaphore::PortableSemaphore as RawSemaphore,
};

pub(crate) struct RawMutex(parking_lot::Mutex<()>);
impl RawMutex {
    pub(crate) const fn new() -> Self {
        RawMutex(parking_lot::Mutex::new(()))
    }
    pub(crate) fn set_name(&mut self, _: &'static str) {}
    pub(crate) fn lock(&self) {
        std::mem::forget(self.0.lock())
    }
    pub(crate) fn try_lock(&self) -> bool {
        self.0.try_lock().map(std::mem::forget).is_some()
    }
    pub(crate) fn lock_timeout(&self, t: Duration) -> bool {
        self.0.try_lock_for(t).map(std::mem::forget).is_some()
    }
    pub(crate) unsafe fn unlock(&self) {
        unsafe { self.0.force_unlock() }
    }
}

pub(crate) struct RawRwLock(parking_lot::RwLock<()>);
impl RawRwLock {
    pub(crate) const fn new() -> Self {
        RawRwLock(parking_lot::RwLock::new(()))
    }
    pub(crate) fn set_name(&mut self, _: &'static str) {}
    pub(crate) fn read(&self) {
        std::mem::forget(self.0.read())
    }
    pub(crate) fn try_read(&self) -> bool {
        self.0.try_read().map(std::mem::forget).is_some()
    }
    pub(crate) fn read_timeout(&self, t: Duration) -> bool {
        self.0.try_read_for(t).map(std::mem::forget).is_some()
    }
    pub(crate) unsafe fn unlock_read(&self) {
        unsafe { self.0.force_unlock_read() }
    }
    pub(crate) fn write(&self) {
        std::mem::forget(self.0.write())
    }
    pub(crate) fn try_write(&self) -> bool {
        self.0.try_write().map(std::mem::forget).is_some()
    }
    pub(crate) fn write_timeout(&self, t: Duration) -> bool {
        self.0.try_write_for(t).map(std::mem::forget).is_some()
    }
    pub(crate) unsafe fn unlock_write(&self) {
        unsafe { self.0.force_unlock_write() }
    }
    pub(crate) unsafe fn downgrade(&self) {
        unsafe { self.0.raw().downgrade() }
    }
}

pub(crate) struct RawCondvar(parking_lot::Condvar);
impl RawCondvar {
    pub(crate) const fn new() -> Self {
        RawCondvar(parking_lot::Condvar::new())
    }
    pub(crate) fn set_name(&mut self, _: &'static str) {}
    pub(crate) unsafe fn wait(&self, mutex: &RawMutex, timeout: Option<Duration>) -> bool {
        let mut guard = std::mem::ManuallyDrop::new(unsafe { mutex.0.make_guard_unchecked() });
        match timeout {
            None => {
                self.0.wait(&mut guard);
                false
            }
            Some(t) => self.0.wait_for(&mut guard, t).timed_out(),
        }
    }
    pub(crate) fn notify_one(&self) -> bool {
        self.0.notify_one()
    }
    pub(crate) fn notify_all(&self) -> usize {
        self.0.notify_all()
    }
}

pub(crate) mod atomic {
    pub use std::sync::atomic::*;
}

pub(crate) struct UnsafeCell<T: ?Sized>(std::cell::UnsafeCell<T>);
impl<T> UnsafeCell<T> {
    pub(crate) const fn new(value: T) -> Self {
        UnsafeCell(std::cell::UnsafeCell::new(value))
    }
    pub(crate) fn into_inner(self) -> T {
        self.0.into_inner()
    }
}
impl<T: ?Sized> UnsafeCell<T> {
    pub(crate) fn with<R>(&self, read: impl FnOnce(*const T) -> R) -> R {
        read(self.0.get())
    }
    pub(crate) fn with_mut<R>(&self, write: impl FnOnce(*mut T) -> R) -> R {
        write(self.0.get())
    }
    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.0.get_mut()
    }
}

pub(crate) fn now() -> Duration {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    Duration::from_secs(1_000_000) + START.get_or_init(Instant::now).elapsed()
}
pub(crate) fn in_model() -> bool {
    false
}
pub(crate) fn execution_id() -> u64 {
    0
}

pub(crate) mod thread {
    use super::*;
    pub(crate) use std::hint::spin_loop;
    pub(crate) use std::thread::{ThreadId, panicking, park, park_timeout, sleep, yield_now};
    #[derive(Clone)]
    pub(crate) struct ThreadHandle(std::thread::Thread);
    impl ThreadHandle {
        pub(crate) fn id(&self) -> ThreadId {
            self.0.id()
        }
        pub(crate) fn name(&self) -> Option<&str> {
            self.0.name()
        }
        pub(crate) fn unpark(&self) {
            self.0.unpark()
        }
    }
    pub(crate) struct RawJoinHandle(std::thread::JoinHandle<()>, ThreadHandle);
    impl RawJoinHandle {
        pub(crate) fn join(self) {
            let _ = self.0.join();
        }
        pub(crate) fn thread(&self) -> &ThreadHandle {
            &self.1
        }
        pub(crate) fn is_finished(&self) -> bool {
            self.0.is_finished()
        }
    }
    pub(crate) fn current() -> ThreadHandle {
        ThreadHandle(std::thread::current())
    }
    pub(crate) fn spawn(
        name: Option<String>,
        stack: Option<usize>,
        body: Box<dyn FnOnce() -> bool + Send + 'static>,
    ) -> io::Result<RawJoinHandle> {
        let mut b = std::thread::Builder::new();
        if let Some(n) = name {
            b = b.name(n)
        }
        if let Some(s) = stack {
            b = b.stack_size(s)
        }
        let h = b.spawn(move || {
            body();
        })?;
        let t = ThreadHandle(h.thread().clone());
        Ok(RawJoinHandle(h, t))
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SendFailed {
    Full,
    Timeout,
    Disconnected,
}
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RecvFailed {
    Empty,
    Timeout,
    Disconnected,
}
/// Never built: nothing is inside a model here.
pub(crate) struct RawChannel(Arc<()>);
impl RawChannel {
    pub(crate) fn new(_: Option<usize>) -> Self {
        unimplemented!()
    }
    pub(crate) fn send(&self, _: Option<Duration>) -> Result<(), SendFailed> {
        unimplemented!()
    }
    pub(crate) fn try_send(&self) -> Result<(), SendFailed> {
        unimplemented!()
    }
    pub(crate) fn recv(&self, _: Option<Duration>) -> Result<(), RecvFailed> {
        unimplemented!()
    }
    pub(crate) fn try_recv(&self) -> Result<(), RecvFailed> {
        unimplemented!()
    }
    pub(crate) fn wait_taken(&self) {
        unimplemented!()
    }
    pub(crate) fn len(&self) -> usize {
        unimplemented!()
    }
    pub(crate) fn add_sender(&self) {
        unimplemented!()
    }
    pub(crate) fn drop_sender(&self) {
        unimplemented!()
    }
    pub(crate) fn add_receiver(&self) {
        unimplemented!()
    }
    pub(crate) fn drop_receiver(&self) {
        unimplemented!()
    }
}
