//! Connections that are made at once, or held open.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr},
};

use super::super::super::{
    Result,
    interrupt::Interrupt,
    stop::{self, Interrupted, Stop},
};
use crate::{
    lab::meltdown::raise_descriptors,
    net::TcpStream,
    sync::{Arc, Barrier},
    thread,
    time::Duration,
};

/// The name of this case.
pub(super) const CASE: &str = "simultaneous connects";

const REQUEST: &[u8] = b"GET /1k HTTP/1.1\r\nhost: a\r\n\r\n";
/// Who has no answer by then has none.
const PATIENCE: Duration = Duration::from_secs(3);
/// Threads of the client.
const THREADS: usize = 8;

/// Connects so often at once, a request on each, and keeps all open until the end: how many are answered in the worst of
/// `tries`.
pub(super) fn worst(addr: SocketAddr, connects: usize, tries: usize, interrupt: &Interrupt) -> Result<usize> {
    let mut worst = connects;
    for _ in 0..tries.max(2) {
        worst = worst.min(answered(addr, connects));
        if interrupt.happened() {
            return Err(Stop::Interrupted(Interrupted));
        }
    }
    Ok(worst)
}

fn answered(addr: SocketAddr, connects: usize) -> usize {
    let start = Arc::new(Barrier::new(THREADS));
    let clients: Vec<_> = (0..THREADS)
        .map(|index| {
            let start = Arc::clone(&start);
            let share = connects / THREADS + usize::from(index < connects % THREADS);
            thread::spawn(move || {
                start.wait();
                let mut streams: Vec<TcpStream> =
                    (0..share).filter_map(|_| TcpStream::connect(addr).ok()).collect();
                streams.retain_mut(|stream| stream.write_all(REQUEST).is_ok());
                let deadline = crate::time::Instant::now() + PATIENCE;
                streams.retain_mut(|stream| is_answered(stream, deadline));
                // All stay open until everybody was asked.
                start.wait();
                streams.len()
            })
        })
        .collect();
    clients.into_iter().map(|client| client.join().unwrap_or(0)).sum()
}

fn is_answered(stream: &mut TcpStream, deadline: crate::time::Instant) -> bool {
    let left = deadline.saturating_duration_since(crate::time::Instant::now()).max(Duration::from_millis(1));
    let mut bytes = [0; 256];
    stream.set_read_timeout(Some(left)).is_ok()
        && stream.read(&mut bytes).is_ok_and(|count| bytes[..count].starts_with(b"HTTP/1.1 200"))
}

/// So many connections that have asked once and are idle since; closed by dropping.
pub(super) struct Held(Vec<TcpStream>);

/// Opens them.
pub(super) fn hold(addr: SocketAddr, count: usize) -> Result<Held> {
    if count > 0 {
        raise_descriptors(count).map_err(stop::usage)?;
    }
    let fault = |error: std::io::Error| stop::fault(format!("cannot hold {count} connections open: {error}"));
    let mut held = Vec::with_capacity(count);
    for _ in 0..count {
        let mut stream = TcpStream::connect(addr).map_err(fault)?;
        stream.write_all(REQUEST).map_err(fault)?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(fault)?;
        // The head and the body of 1 KiB; a server that does not answer shows in the bursts.
        let mut bytes = [0; 4096];
        let _ = stream.read(&mut bytes);
        held.push(stream);
    }
    Ok(Held(held))
}

impl Drop for Held {
    fn drop(&mut self) {
        for stream in &self.0 {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}
