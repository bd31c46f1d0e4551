//! What a worker of the pool does with connections.

use std::collections::VecDeque;

use super::{
    super::{
        ServerError,
        connection::{Connection, Next, Scratch, Turn},
        core::{Core, Workers},
        pool::{Pool, Rejected, Worker},
    },
    event_loop,
};
use crate::{sync::Arc, time::Instant};

/// What a worker is to do.
pub(crate) enum Job {
    /// Serve a connection that has, or may have, something to read; that may block.
    One(Box<Connection>),
    /// Serve what can be served at once of connections that became ready together.
    Batch(VecDeque<Box<Connection>>),
}

impl Job {
    /// There is no room for it: its clients are told so.
    pub(super) fn shed(self) {
        match self {
            Job::One(connection) => connection.shed(),
            Job::Batch(batch) => batch.into_iter().for_each(Connection::shed),
        }
    }
}

/// Starts the pool.
pub(super) fn start(core: &Arc<Core>, workers: usize) -> Result<Arc<Workers>, ServerError> {
    let queue_len_max = core.sites.present().limits.queue_len_max;
    let core = Arc::clone(core);
    let serve = move |worker: &Worker<'_, Job>, scratch: &mut Scratch, job| match job {
        Job::One(connection) => serve(&core, worker, scratch, connection),
        Job::Batch(batch) => serve_batch(&core, worker, scratch, batch),
    };
    let pool = Pool::with_local("worker", workers, queue_len_max, Scratch::default, serve);
    Ok(Arc::new(pool.map_err(ServerError::thread)?))
}

/// One turn: until the connection waits for its client, or others are to go first.
fn serve(core: &Core, worker: &Worker<'_, Job>, scratch: &mut Scratch, mut connection: Box<Connection>) {
    loop {
        let mut turn = Turn::blocking(Some(worker.index()), scratch);
        match connection.advance(&mut turn) {
            Next::Read | Next::Write => match connection.park(core, turn.now()) {
                Some(back) => connection = back,
                None => return,
            },
            Next::Others => match submit(worker, connection) {
                None => return,
                // No room: nobody who waits is served later if this worker goes on.
                Some(back) => connection = back,
            },
            // This is such a thread.
            Next::Thread => {}
            Next::Leave => return connection.leave(),
            Next::Close => return,
        }
    }
}

/// As the loop that shares them would: nobody in the batch waits for what another one waits for.
fn serve_batch(
    core: &Core,
    worker: &Worker<'_, Job>,
    scratch: &mut Scratch,
    mut batch: VecDeque<Box<Connection>>,
) {
    let now = Instant::now();
    while let Some(connection) = batch.pop_front() {
        let mut turn = Turn::at_once(now, scratch);
        event_loop::serve(core, connection, &mut turn, |connection, next| {
            match (submit(worker, connection), next) {
                (None, _) => {}
                (Some(connection), Next::Others) => batch.push_back(connection),
                (Some(connection), _) => connection.shed(),
            }
        });
    }
}

/// Queues the connection; gives it back if there is no room.
fn submit(worker: &Worker<'_, Job>, mut connection: Box<Connection>) -> Option<Box<Connection>> {
    connection.queue();
    match worker.try_submit(Job::One(connection)) {
        Err(Rejected { job: Job::One(connection), .. }) => Some(connection),
        _ => None,
    }
}
