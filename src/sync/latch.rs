//! Waiting until a number of things have happened.

use std::{fmt, sync::Arc, time::Duration};

use crate::{
    Named,
    parking_lot::{Condvar, Mutex},
    time::Instant,
};

/// A gate that opens once, when it has been counted down to zero, and stays open (`CountDownLatch` in Java, `std::latch` in
/// C++20).
///
/// Prefer a [`WaitGroup`] where the number is not known from the start, a [`Barrier`](super::Barrier) where those who count are
/// also those who wait, again and again. Each [`count_down`](Self::count_down) happens-before the end of every wait.
///
/// # Examples
///
/// ```
/// use unsnarl::{sync::Latch, thread};
///
/// let started = Latch::new(2);
/// thread::scope(|scope| {
///     for _ in 0..2 {
///         scope.spawn(|| started.count_down());
///     }
///     started.wait();
/// });
/// assert!(started.is_open());
/// ```
pub struct Latch {
    left: Mutex<usize>,
    opened: Condvar,
}

impl Latch {
    /// Creates a latch that opens after `count` times; with 0 it is open.
    #[must_use]
    #[track_caller]
    pub const fn new(count: usize) -> Self {
        Latch { left: Mutex::new(count), opened: Condvar::new() }
    }

    /// Counts down by one, and opens the latch at zero. Never blocks; does nothing once it is open.
    #[track_caller]
    pub fn count_down(&self) {
        let mut left = self.left.lock();
        let opens = *left == 1;
        *left = left.saturating_sub(1);
        drop(left);
        if opens {
            self.opened.notify_all();
        }
    }

    /// Blocks until the latch is open.
    #[track_caller]
    pub fn wait(&self) {
        self.opened.wait_while(&mut self.left.lock(), |left| *left > 0);
    }

    /// Blocks until the latch is open, for at most `timeout`; whether it is open.
    #[track_caller]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        !self.opened.wait_while_for(&mut self.left.lock(), |left| *left > 0, timeout).timed_out()
    }

    /// Whether the latch is open; never blocks.
    #[must_use]
    #[track_caller]
    pub fn is_open(&self) -> bool {
        *self.left.lock() == 0
    }
}

impl Named for Latch {
    fn named(self, name: &'static str) -> Self {
        Latch { left: self.left.named(name), opened: self.opened.named(name) }
    }
}

impl fmt::Debug for Latch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Latch").finish_non_exhaustive()
    }
}

/// Waits until all its clones are gone, in the shape of `crossbeam_utils::sync::WaitGroup`.
///
/// What a thread does before it drops its clone happens-before the end of every wait.
///
/// # Examples
///
/// ```
/// use unsnarl::{sync::WaitGroup, thread};
///
/// let group = WaitGroup::new();
/// for _ in 0..3 {
///     let member = group.clone();
///     thread::spawn(move || drop(member));
/// }
/// group.wait();
/// ```
pub struct WaitGroup {
    members: Arc<Members>,
}

struct Members {
    count: Mutex<usize>,
    gone: Condvar,
}

impl WaitGroup {
    /// Creates a group with one member.
    #[must_use]
    #[track_caller]
    pub fn new() -> Self {
        WaitGroup { members: Arc::new(Members { count: Mutex::new(1), gone: Condvar::new() }) }
    }

    /// Leaves the group and blocks until all other members have left.
    #[track_caller]
    pub fn wait(self) {
        let members = Arc::clone(&self.members);
        drop(self);
        members.gone.wait_while(&mut members.count.lock(), |count| *count > 0);
    }
}

impl Clone for WaitGroup {
    #[track_caller]
    fn clone(&self) -> Self {
        *self.members.count.lock() += 1;
        WaitGroup { members: Arc::clone(&self.members) }
    }
}

impl Drop for WaitGroup {
    #[track_caller]
    fn drop(&mut self) {
        let mut count = self.members.count.lock();
        *count -= 1;
        let is_last = *count == 0;
        drop(count);
        if is_last {
            self.members.gone.notify_all();
        }
    }
}

impl Default for WaitGroup {
    #[track_caller]
    fn default() -> Self {
        WaitGroup::new()
    }
}

impl fmt::Debug for WaitGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitGroup").finish_non_exhaustive()
    }
}

/// Wakes threads that wait for nothing but this, in the shape of tokio's `Notify`, for threads.
///
/// A [`notify_one`](Self::notify_one) that finds nobody is remembered, one at most, so that it cannot be lost as that of a bare
/// condition variable can. Prefer a [`Condvar`](super::Condvar) where a mutex guards what is waited for, a channel where
/// something is handed over. A notification happens-before the end of the wait that it ends.
///
/// # Examples
///
/// ```
/// use unsnarl::{sync::Notify, thread};
///
/// let ready = Notify::new();
/// thread::scope(|scope| {
///     scope.spawn(|| ready.notify_one());
///     ready.wait();
/// });
/// ```
pub struct Notify {
    state: Mutex<Notified>,
    changed: Condvar,
}

struct Notified {
    waiting: usize,
    /// Of those who wait, so many may go.
    granted: usize,
    /// A notification that found nobody.
    stored: bool,
    /// Counts the times that all were woken.
    round: u64,
}

impl Notify {
    /// Creates one that nobody has notified.
    #[must_use]
    #[track_caller]
    pub const fn new() -> Self {
        let state = Notified { waiting: 0, granted: 0, stored: false, round: 0 };
        Notify { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Ends one wait: that of a thread that waits now, or the next one.
    #[track_caller]
    pub fn notify_one(&self) {
        let mut state = self.state.lock();
        if state.waiting > state.granted {
            state.granted += 1;
            drop(state);
            self.changed.notify_one();
        } else {
            state.stored = true;
        }
    }

    /// Ends the waits of all threads that wait now; later ones are not ended by it.
    #[track_caller]
    pub fn notify_waiters(&self) {
        let mut state = self.state.lock();
        state.round += 1;
        (state.waiting, state.granted) = (0, 0);
        drop(state);
        self.changed.notify_all();
    }

    /// Blocks until notified.
    #[track_caller]
    pub fn wait(&self) {
        self.wait_until(None);
    }

    /// Blocks until notified, for at most `timeout`; whether it was notified.
    #[track_caller]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        self.wait_until(Instant::now().checked_add(timeout))
    }

    #[track_caller]
    fn wait_until(&self, deadline: Option<Instant>) -> bool {
        let mut state = self.state.lock();
        if std::mem::take(&mut state.stored) {
            return true;
        }
        state.waiting += 1;
        let round = state.round;
        loop {
            if state.round != round {
                return true;
            }
            if state.granted > 0 {
                state.granted -= 1;
                state.waiting -= 1;
                return true;
            }
            let timed_out = match deadline {
                None => {
                    self.changed.wait(&mut state);
                    false
                }
                Some(deadline) => self.changed.wait_until(&mut state, deadline).timed_out(),
            };
            if timed_out && state.round == round && state.granted == 0 {
                state.waiting -= 1;
                return false;
            }
        }
    }
}

impl Default for Notify {
    #[track_caller]
    fn default() -> Self {
        Notify::new()
    }
}

impl Named for Notify {
    fn named(self, name: &'static str) -> Self {
        Notify { state: self.state.named(name), changed: self.changed.named(name) }
    }
}

impl fmt::Debug for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notify").finish_non_exhaustive()
    }
}
