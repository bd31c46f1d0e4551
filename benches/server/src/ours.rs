//! unsnarl, with files and its cache.

use std::{path::Path, time::Duration};

use unsnarl::server::{FrontEnd, Limits, Server};

pub(crate) fn serve(front_end: FrontEnd, addr: &str, dir: &Path) {
    // The largest file is streamed from the disk, as by nginx.
    let builder = Server::builder().addr(addr).root(dir).front_end(front_end).workers(crate::THREADS);
    // nginx looks after its open files once a minute here.
    let limits = Limits { cache_revalidate_after: Duration::from_secs(1), ..Limits::default() };
    let server = builder.limits(limits).build();
    let server = server.unwrap_or_else(|error| crate::fail(&error.to_string()));
    crate::ready();
    let _ = server.run();
}
