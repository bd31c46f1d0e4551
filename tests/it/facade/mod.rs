//! The facade keeps its contract, on the backend of this build, outside of models.

mod auto_traits;
mod channels;
mod contract;
#[cfg(feature = "model")]
mod faults;
mod files;
mod locks;
mod mpsc;
#[cfg(backend = "native")]
mod native;
mod once;
mod printed;
#[cfg(all(feature = "queue", feature = "deque"))]
mod queues;
mod selects;
#[cfg(feature = "send-file")]
mod send_file;
mod sizes;
mod sockets;
mod threads;
#[cfg(unix)]
mod unix_sockets;
mod waiting;

use std::time::Duration;

/// Long enough that another thread has surely come to wait; tests must hold, only more weakly, when it has not.
const A_MOMENT: Duration = Duration::from_millis(20);
