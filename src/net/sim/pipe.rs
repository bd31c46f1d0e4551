//! One direction of a connection: bytes in order, in a bounded buffer.
//!
//! Everything about a direction is under one lock, so that an operation on a socket is one step of the checker and at
//! most two more when somebody must be woken. Rules:
//!
//! 1. bytes that were written before the end or a reset are read before it is seen;
//! 2. once the reader is gone a write fails, also one that waits;
//! 3. a one-shot watcher is told once, at the moment at which a read would not wait, and not again before it is armed anew;
//!    one of edges is told each time that bytes come and at the end, also while earlier bytes are unread;
//! 4. who waits for room is told once, when a write would not wait; and somebody who was told by a fault that there is nothing,
//!    or less than there is (or no room), is told afterwards that there is more. A short read stands for bytes of which some came
//!    a moment later: a poller of edges would report those, and the system promises that a short read has emptied a stream
//!    (epoll(7), questions and answers, 9).

use std::{
    collections::VecDeque,
    fmt,
    io::{self, ErrorKind},
    sync::Arc,
    time::Duration,
};

use crate::{
    Named,
    backend::{self, TIMEOUTS_FIRE},
    fault::{self, Kind},
    parking_lot::{Condvar, Mutex, MutexGuard},
};

pub(super) struct Pipe {
    state: Mutex<State>,
    /// One for readers and writers: a buffer cannot be full and empty, so both never wait at once.
    changed: Condvar,
}

struct State {
    bytes: VecDeque<u8>,
    capacity: usize,
    /// The writer has finished.
    ended: bool,
    /// The writer went away without having read all that was sent to it.
    reset: bool,
    /// The reader wants no more: reads end, and what is written goes nowhere.
    deaf: bool,
    /// The reader is gone.
    closed: bool,
    waiting: usize,
    /// Who reads.
    watch: Option<Watch>,
    /// Who writes.
    room_watch: Option<Watch>,
}

/// Somebody who wants to know when a read, or a write, would not wait.
struct Watch {
    who: Arc<dyn Wake>,
    key: usize,
    armed: bool,
    /// Stays armed.
    edges: bool,
}

/// Is told of streams that became ready.
pub(crate) trait Wake: Send + Sync {
    /// Something happened to the stream under `key`; whether the peer has ended its side.
    fn wake(&self, key: usize, closed: bool);

    /// The stream under `key` is not watched any more.
    #[cfg(feature = "poll")]
    fn forget(&self, key: usize);
}

/// How long an operation may wait.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    None,
    Timeout(Duration),
    Endless,
}

/// Why bytes did not come through.
pub(super) enum Failed {
    Error(io::Error),
    /// The connection broke off here, by a fault; the other direction is to be told.
    BrokeOff,
}

impl From<ErrorKind> for Failed {
    fn from(kind: ErrorKind) -> Self {
        Failed::Error(kind.into())
    }
}

/// What can happen to a read or a write.
#[derive(Clone, Copy)]
enum Fault {
    Short(usize),
    BreaksOff,
    Full,
    Late,
    Interrupted,
}

impl Fault {
    fn words(self, count: usize) -> String {
        match self {
            Fault::Short(short) => format!("short, {short} of {count} bytes"),
            Fault::BreaksOff => "connection reset".to_owned(),
            Fault::Full => "the buffer is full".to_owned(),
            Fault::Late => "the peer is late".to_owned(),
            Fault::Interrupted => "interrupted".to_owned(),
        }
    }

    /// The faults that come to one that may wait as long as it has patience.
    fn of_waiting(patience: Patience) -> impl Iterator<Item = (Kind, Fault)> {
        (patience != Patience::None).then_some((Kind::Interrupted, Fault::Interrupted)).into_iter()
    }
}

impl Pipe {
    #[track_caller]
    pub(super) fn new(capacity: usize) -> Self {
        let state = State {
            bytes: VecDeque::new(),
            capacity,
            ended: false,
            reset: false,
            deaf: false,
            closed: false,
            waiting: 0,
            watch: None,
            room_watch: None,
        };
        Pipe { state: Mutex::new(state).named("socket"), changed: Condvar::new().named("socket") }
    }

    /// Reads what is there, up to the length of `buffer`; waits while there is nothing. 0 is the end.
    #[track_caller]
    pub(super) fn read(&self, buffer: &mut [u8], patience: Patience, peek: bool) -> Result<usize, Failed> {
        let mut state = self.state.lock();
        while !state.readable() && !buffer.is_empty() {
            self.wait(&mut state, patience)?;
        }
        let mut count = buffer.len().min(state.bytes.len());
        if count == 0 && !buffer.is_empty() && state.reset && !state.deaf {
            return Err(ErrorKind::ConnectionReset.into());
        }
        let menu = fault::shorter(count)
            .map(|short| (Kind::ShortRead, Fault::Short(short)))
            .chain((count > 0).then_some((Kind::Reset, Fault::BreaksOff)))
            .chain([(Kind::Slow, Fault::Late)])
            .chain(Fault::of_waiting(patience));
        let fault =
            if buffer.is_empty() { None } else { fault::at("read", menu, |fault| fault.words(count)) };
        match fault {
            None | Some(Fault::Full) => {}
            Some(Fault::Short(short)) => count = short,
            Some(Fault::BreaksOff) => {
                self.break_off_now(state);
                return Err(Failed::BrokeOff);
            }
            Some(Fault::Late) => {
                if late(patience).is_err() {
                    state.tell_watcher();
                    return Err(ErrorKind::WouldBlock.into());
                }
            }
            Some(Fault::Interrupted) => return Err(ErrorKind::Interrupted.into()),
        }
        state.copy(&mut buffer[..count]);
        if !peek && count > 0 {
            state.bytes.drain(..count);
            state.tell_room_watcher();
            if matches!(fault, Some(Fault::Short(_))) {
                state.tell_watcher();
            }
            self.wake(state);
        }
        Ok(count)
    }

    /// Writes what there is room for; waits while there is none.
    #[track_caller]
    pub(super) fn write(&self, bytes: &[u8], patience: Patience) -> Result<usize, Failed> {
        let mut state = self.state.lock();
        loop {
            if state.closed || state.ended {
                return Err(ErrorKind::BrokenPipe.into());
            }
            if state.deaf || bytes.is_empty() {
                return Ok(bytes.len());
            }
            if state.bytes.len() < state.capacity {
                break;
            }
            self.wait(&mut state, patience)?;
        }
        let mut count = bytes.len().min(state.capacity - state.bytes.len());
        let menu = fault::shorter(count)
            .map(|short| (Kind::ShortWrite, Fault::Short(short)))
            .chain([(Kind::Reset, Fault::BreaksOff)])
            .chain((patience != Patience::Endless).then_some((Kind::FullBuffer, Fault::Full)))
            .chain(Fault::of_waiting(patience));
        match fault::at("write", menu, |fault| fault.words(count)) {
            None => {}
            Some(Fault::Short(short)) => count = short,
            Some(Fault::BreaksOff) => {
                self.break_off_now(state);
                return Err(Failed::BrokeOff);
            }
            Some(Fault::Full | Fault::Late) => late(patience)?,
            Some(Fault::Interrupted) => return Err(ErrorKind::Interrupted.into()),
        }
        state.bytes.extend(&bytes[..count]);
        state.tell_watcher();
        self.wake(state);
        Ok(count)
    }

    /// The writer has finished, or is gone without having read all that was sent to it.
    #[track_caller]
    pub(super) fn end(&self, reset: bool) {
        let mut state = self.state.lock();
        state.ended = true;
        state.reset |= reset;
        state.tell_watcher();
        state.tell_room_watcher();
        self.wake(state);
    }

    /// The connection is reset from outside: reads see it after the bytes that came before, writes fail.
    #[track_caller]
    pub(super) fn break_off(&self) {
        self.break_off_now(self.state.lock());
    }

    #[track_caller]
    fn break_off_now(&self, mut state: MutexGuard<'_, State>) {
        state.ended = true;
        state.reset = true;
        state.closed = true;
        state.tell_watcher();
        state.tell_room_watcher();
        self.wake(state);
    }

    /// The reader wants no more.
    #[track_caller]
    pub(super) fn stop_reading(&self) {
        let mut state = self.state.lock();
        state.deaf = true;
        state.tell_watcher();
        state.tell_room_watcher();
        self.wake(state);
    }

    /// The reader is gone; true when it has not read everything.
    #[track_caller]
    pub(super) fn close(&self) -> bool {
        let mut state = self.state.lock();
        state.closed = true;
        state.watch = None;
        state.tell_room_watcher();
        let unread = !state.bytes.is_empty();
        self.wake(state);
        unread
    }

    /// Tells `who` once when a read would not wait, which may be now; with `edges` also each later time.
    #[cfg(feature = "poll")]
    #[track_caller]
    pub(super) fn watch(&self, who: Arc<dyn Wake>, key: usize, edges: bool) {
        let mut state = self.state.lock();
        state.watch = Some(Watch { who, key, armed: true, edges });
        if state.readable() {
            state.tell_watcher();
        }
    }

    /// Tells `who` once when a write would not wait, which may be now.
    #[cfg(feature = "poll")]
    #[track_caller]
    pub(super) fn watch_room(&self, who: Arc<dyn Wake>, key: usize) {
        let mut state = self.state.lock();
        state.room_watch = Some(Watch { who, key, armed: true, edges: false });
        if state.writable() {
            state.tell_room_watcher();
        }
    }

    /// Ends what [`watch`](Self::watch) began.
    #[cfg(feature = "poll")]
    #[track_caller]
    pub(super) fn unwatch(&self) -> io::Result<()> {
        let mut state = self.state.lock();
        let watch = state.watch.take().ok_or(ErrorKind::NotFound)?;
        if watch.edges || !watch.armed {
            watch.who.forget(watch.key);
        }
        Ok(())
    }

    /// Ends what [`watch_room`](Self::watch_room) began; says whether anything had.
    #[cfg(feature = "poll")]
    #[track_caller]
    pub(super) fn unwatch_room(&self) -> bool {
        let mut state = self.state.lock();
        let Some(watch) = state.room_watch.take() else { return false };
        if !watch.armed {
            watch.who.forget(watch.key);
        }
        true
    }

    #[track_caller]
    fn wait(&self, state: &mut MutexGuard<'_, State>, patience: Patience) -> Result<(), Failed> {
        state.waiting += 1;
        let in_time = match patience {
            Patience::None => false,
            Patience::Timeout(timeout) if TIMEOUTS_FIRE => !self.changed.wait_for(state, timeout).timed_out(),
            Patience::Timeout(_) | Patience::Endless => {
                self.changed.wait(state);
                true
            }
        };
        state.waiting -= 1;
        if in_time { Ok(()) } else { Err(ErrorKind::WouldBlock.into()) }
    }

    /// Unlocks and wakes who waits, if anybody does.
    #[track_caller]
    fn wake(&self, state: MutexGuard<'_, State>) {
        let waiting = state.waiting > 0;
        drop(state);
        if waiting {
            self.changed.notify_all();
        }
    }
}

/// What somebody waits for comes later than it is there: too late for those who do not wait endlessly.
fn late(patience: Patience) -> Result<(), Failed> {
    let (time, in_time) = match patience {
        Patience::None => (Duration::ZERO, false),
        Patience::Timeout(timeout) => (timeout, false),
        Patience::Endless => (fault::LATE, true),
    };
    backend::pass_time(time);
    if in_time { Ok(()) } else { Err(ErrorKind::WouldBlock.into()) }
}

impl State {
    /// Whether a read would not wait.
    fn readable(&self) -> bool {
        !self.bytes.is_empty() || self.ended || self.deaf
    }

    #[cfg(feature = "poll")]
    /// Whether a write would not wait.
    fn writable(&self) -> bool {
        self.bytes.len() < self.capacity || self.closed || self.ended || self.deaf
    }

    /// Fills `buffer` with the first bytes, of which there are as many.
    fn copy(&self, buffer: &mut [u8]) {
        for (to, from) in buffer.iter_mut().zip(&self.bytes) {
            *to = *from;
        }
    }

    #[track_caller]
    fn tell_watcher(&mut self) {
        let closed = self.ended || self.deaf;
        if let Some(watch) = &mut self.watch {
            watch.tell(closed);
        }
    }

    #[track_caller]
    fn tell_room_watcher(&mut self) {
        if let Some(watch) = &mut self.room_watch {
            watch.tell(self.closed);
        }
    }
}

impl Watch {
    /// Under the pipe's lock, so that nobody is told of a stream that is not watched any more.
    #[track_caller]
    fn tell(&mut self, closed: bool) {
        if self.armed {
            self.armed = self.edges;
            self.who.wake(self.key, closed);
        }
    }
}

impl fmt::Debug for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipe").finish_non_exhaustive()
    }
}
