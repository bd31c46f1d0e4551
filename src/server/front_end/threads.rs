//! A thread for each connection.

use crate::{
    Named,
    parking_lot::Mutex,
    server::connection::{Connection, Next, Scratch, Turn},
    thread,
};

/// Handles of ended threads are dropped whenever there are twice as many handles as the last time, and at least so many.
const HANDLES_MIN: usize = 64;

/// The threads that were started.
pub(super) struct Threads {
    handles: Mutex<Handles>,
}

struct Handles {
    all: Vec<thread::JoinHandle<()>>,
    /// Look for ended ones when there are so many.
    sweep_at: usize,
}

impl Default for Threads {
    fn default() -> Self {
        let handles = Handles { all: Vec::new(), sweep_at: HANDLES_MIN };
        Threads { handles: Mutex::new(handles).named("threads") }
    }
}

impl Threads {
    /// Starts a thread that serves `connection` to its end.
    pub(super) fn serve(&self, connection: Box<Connection>) {
        let mut handles = self.handles.lock();
        if handles.all.len() >= handles.sweep_at {
            handles.all.retain(|handle| !handle.is_finished());
            handles.sweep_at = HANDLES_MIN.max(2 * handles.all.len());
        }
        let name = format!("connection-{}", connection.id());
        // The connection is lent by a slot, so that it comes back when no thread can be had.
        let slot = crate::sync::Arc::new(Mutex::new(Some(connection)).named("connection"));
        let given = crate::sync::Arc::clone(&slot);
        let started = thread::Builder::new().name(name).spawn(move || {
            let connection = given.lock().take();
            if let Some(connection) = connection {
                serve(connection);
            }
        });
        match started {
            Ok(handle) => handles.all.push(handle),
            Err(_) => {
                drop(handles);
                let connection = slot.lock().take();
                if let Some(connection) = connection {
                    connection.shed();
                }
            }
        }
    }

    /// Waits until all have ended.
    pub(super) fn join(&self) {
        let handles = std::mem::take(&mut self.handles.lock().all);
        for handle in handles {
            // An error is a panic of a defect, which the hook has printed; the others must still be waited for.
            let _ = handle.join();
        }
    }
}

fn serve(mut connection: Box<Connection>) {
    let mut scratch = Scratch::default();
    if connection.start_blocking().is_err() {
        return;
    }
    loop {
        let mut turn = Turn::blocking(None, &mut scratch);
        match connection.advance(&mut turn) {
            // It has waited for this in its socket until the time was up.
            Next::Read | Next::Write => return connection.expire(),
            Next::Thread | Next::Others => {}
            Next::Leave => return connection.leave(),
            Next::Close => return,
        }
    }
}
