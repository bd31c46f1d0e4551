//! What a worker of the pool does with a connection.

use super::super::{
    ServerError,
    connection::{Connection, Next, Scratch, Turn},
    core::{Core, Workers},
    pool::{Pool, Worker},
};
use crate::sync::Arc;

/// Starts the pool.
pub(super) fn start(core: &Arc<Core>, workers: usize) -> Result<Arc<Workers>, ServerError> {
    let pool = Pool::with_local(
        "worker",
        workers,
        core.sites.present().limits.queue_len_max,
        Scratch::default,
        serve,
    );
    Ok(Arc::new(pool.map_err(ServerError::thread)?))
}

/// One turn: until the connection waits for its client, or others are to go first.
fn serve(worker: &Worker<'_, Box<Connection>>, scratch: &mut Scratch, mut connection: Box<Connection>) {
    loop {
        let mut turn = Turn::blocking(Some(worker.index()), scratch);
        match connection.advance(&mut turn) {
            Next::Read | Next::Write => match connection.park(turn.now()) {
                Some(back) => connection = back,
                None => return,
            },
            Next::Others => {
                connection.queue();
                match worker.try_submit(connection) {
                    Ok(()) => return,
                    // No room: nobody who waits is served later if this worker goes on.
                    Err(rejected) => connection = rejected.job,
                }
            }
            // This is such a thread.
            Next::Thread => {}
            Next::Leave => return connection.leave(),
            Next::Close => return,
        }
    }
}
