//! The poller of simulated streams: a queue of ready keys that the streams' pipes fill.

use std::{fmt, io, sync::Arc, time::Duration};

use crate::{
    Named,
    backend::TIMEOUTS_FIRE,
    fault::{self, Kind},
    net::sim::{TcpStream, Wake},
    parking_lot::{Condvar, Mutex},
    poll::{Event, Interest},
};

/// Waits until streams can be read (or have been closed by the peer).
///
/// Interest is one-shot or edge-triggered: a stream that was [`add`](Self::add)ed and reported is not watched again until it
/// is added anew; a stream under [`watch`](Self::watch) is reported each time that something happens to it.
/// Any thread may add and remove streams while one thread waits.
pub struct Poller {
    queue: Arc<Queue>,
}

struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// At most one entry for each key: what happens before it is taken is one event.
    ready: Vec<Event>,
    notified: bool,
    waiting: bool,
}

impl Poller {
    /// Creates a poller.
    ///
    /// # Errors
    ///
    /// None.
    #[track_caller]
    pub fn new() -> io::Result<Self> {
        let state = Mutex::new(State::default()).named("poller");
        Ok(Poller { queue: Arc::new(Queue { state, changed: Condvar::new().named("poller") }) })
    }

    /// Reports `key` once when `stream` can be read without blocking: bytes have come, or the peer has closed.
    ///
    /// # Errors
    ///
    /// None.
    #[track_caller]
    pub fn add(&self, stream: &TcpStream, key: usize) -> io::Result<()> {
        let queue: Arc<dyn Wake> = Arc::<Queue>::clone(&self.queue);
        stream.watch(queue, key);
        Ok(())
    }

    /// Reports `key` now if what `interest` names is the case already, and from now on each time that it comes about anew.
    ///
    /// Replaces what the stream was watched for before. After a write that would have blocked, call it anew.
    ///
    /// # Errors
    ///
    /// None.
    #[track_caller]
    pub fn watch(&self, stream: &TcpStream, key: usize, interest: Interest) -> io::Result<()> {
        let queue: Arc<dyn Wake> = Arc::<Queue>::clone(&self.queue);
        stream.watch_edges(queue, key, interest);
        Ok(())
    }

    /// Stops watching `stream`; its key is not reported any more.
    ///
    /// # Errors
    ///
    /// `NotFound` when the stream was not added.
    #[track_caller]
    pub fn remove(&self, stream: &TcpStream) -> io::Result<()> {
        stream.unwatch()
    }

    /// Blocks until something happens to a stream, [`notify`](Self::notify) is called or `timeout` has passed, and appends
    /// what happened to `events`. On the loom and shuttle backends a timeout other than zero never passes.
    ///
    /// # Errors
    ///
    /// None.
    #[track_caller]
    pub fn wait(&self, events: &mut Vec<Event>, timeout: Option<Duration>) -> io::Result<()> {
        let mut state = self.queue.state.lock();
        while state.ready.is_empty() && !state.notified && timeout != Some(Duration::ZERO) {
            state.waiting = true;
            let timed_out = match timeout {
                Some(timeout) if TIMEOUTS_FIRE => {
                    self.queue.changed.wait_for(&mut state, timeout).timed_out()
                }
                _ => {
                    self.queue.changed.wait(&mut state);
                    false
                }
            };
            state.waiting = false;
            if timed_out {
                break;
            }
        }
        state.notified = false;
        let several = if state.ready.len() > 1 { state.ready.len() } else { 0 };
        let menu = (0..several).map(|which| (Kind::Readiness, which));
        match fault::at("poll", menu, |which| format!("only key {} of {several}", state.ready[which].key)) {
            Some(which) => events.push(state.ready.remove(which)),
            None => events.append(&mut state.ready),
        }
        Ok(())
    }

    /// Makes the present or the next [`wait`](Self::wait) return.
    ///
    /// # Errors
    ///
    /// None.
    #[track_caller]
    pub fn notify(&self) -> io::Result<()> {
        self.queue.change(|state| state.notified = true);
        Ok(())
    }
}

impl Queue {
    #[track_caller]
    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state.lock();
        change(&mut state);
        let waiting = state.waiting;
        drop(state);
        if waiting {
            self.changed.notify_all();
        }
    }
}

impl Wake for Queue {
    #[track_caller]
    fn wake(&self, key: usize, closed: bool) {
        self.change(|state| match state.ready.iter_mut().find(|event| event.key == key) {
            Some(event) => event.closed |= closed,
            None => state.ready.push(Event { key, closed }),
        });
    }

    #[track_caller]
    fn forget(&self, key: usize) {
        self.state.lock().ready.retain(|event| event.key != key);
    }
}

impl fmt::Debug for Poller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Poller").finish_non_exhaustive()
    }
}
