//! The mutex that its owner can lock again.

use std::num::NonZeroUsize;

use super::{RawMutex, lock_api};
use crate::Named;

/// A mutex in the shape of `parking_lot::ReentrantMutex`: the thread that has it can lock it again, so a guard gives shared
/// access only.
pub type ReentrantMutex<T> = lock_api::ReentrantMutex<RawMutex, RawThreadId, T>;

/// Shared access to the data of a locked [`ReentrantMutex`]; gives back one lock on drop.
pub type ReentrantMutexGuard<'a, T> = lock_api::ReentrantMutexGuard<'a, RawMutex, RawThreadId, T>;

/// Shared access to a part of the data of a locked [`ReentrantMutex`]; gives back one lock on drop.
pub type MappedReentrantMutexGuard<'a, T> = lock_api::MappedReentrantMutexGuard<'a, RawMutex, RawThreadId, T>;

/// Creates an unlocked reentrant mutex around `value`.
#[track_caller]
pub const fn const_reentrant_mutex<T>(value: T) -> ReentrantMutex<T> {
    ReentrantMutex::from_raw(RawMutex::new(), RawThreadId, value)
}

impl<T> Named for ReentrantMutex<T> {
    fn named(self, name: &'static str) -> Self {
        // SAFETY: nobody can have locked it: it is here by value.
        let raw = unsafe { self.raw() }.renamed(name);
        Self::from_raw(raw, RawThreadId, self.into_inner())
    }
}

/// Tells threads apart by a number.
#[derive(Debug)]
pub struct RawThreadId;

// SAFETY: no two threads that live at the same time have their thread-local at one address, and it is never null.
unsafe impl lock_api::GetThreadId for RawThreadId {
    const INIT: Self = RawThreadId;

    fn nonzero_thread_id(&self) -> NonZeroUsize {
        crate::thread::thread_local! {
            static KEY: u8 = const { 0 };
        }
        KEY.with(|key| NonZeroUsize::new(std::ptr::from_ref(key).addr()).expect("a reference is not null"))
    }
}
