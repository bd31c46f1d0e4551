//! The server of an experiment: our own, in this process, on a port of the loopback.

use super::work::{Kind, Work, Works};
use crate::{
    net::SocketAddr,
    server::{FrontEnd, Limits, Server, ServerHandle},
    sync::Arc,
    thread,
    time::Duration,
};

/// The name of the thread that accepts.
pub(super) const ACCEPTOR: &str = "acceptor";
/// How long connections get to end once the experiment has.
const DRAIN: Duration = Duration::from_millis(500);
/// How often one looks whether handlers are stuck.
const LOOK: Duration = Duration::from_millis(1);

/// A server that runs; it is drained and ended by dropping.
pub(super) struct Running {
    pub(super) addr: SocketAddr,
    work: Arc<Work>,
    handle: ServerHandle,
    thread: Option<thread::JoinHandle<()>>,
}

impl Running {
    /// Starts it. Errors are sentences.
    pub(super) fn start(
        kind: Kind,
        front_end: FrontEnd,
        workers: usize,
        queue_len_max: usize,
    ) -> Result<Self, String> {
        let work = Work::new(kind, front_end);
        let limits = Limits { queue_len_max, drain_timeout: DRAIN, ..Limits::default() };
        let server = Server::builder()
            .addr("127.0.0.1:0")
            .front_end(front_end)
            .workers(workers)
            .limits(limits)
            .status_page(false)
            .handler(Works(Arc::clone(&work)))
            .build()
            .map_err(|error| error.to_string())?;
        let (addr, handle) = (server.local_addr(), server.handle());
        let run = move || {
            // That a thread cannot be started shows in the load: nobody answers.
            let _ = server.run();
        };
        let thread = thread::Builder::new().name(ACCEPTOR.to_owned()).spawn(run);
        let thread = thread.map_err(|error| format!("cannot start a thread: {error}"))?;
        Ok(Running { addr, work, handle, thread: Some(thread) })
    }

    /// Waits until so many handlers are stuck, or `stops` says so.
    pub(super) fn wait_for_stuck(&self, count: usize, stops: &dyn Fn() -> bool) {
        while self.work.stuck() < count && !stops() {
            thread::sleep(LOOK);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.work.end();
        self.handle.shutdown();
        if let Some(thread) = self.thread.take() {
            // A panic has been printed by the hook.
            let _ = thread.join();
        }
    }
}
