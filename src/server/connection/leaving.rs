//! The end of a connection that the server closes: gentle, and without a thread.
//!
//! Closing while bytes of the client are unread would send a reset that destroys the answer on its way (RFC 9112 section
//! 9.6). So the server ends its side only, and reads and drops what still comes until the client has closed, for a limited time.

use std::io::{ErrorKind, IoSlice, Read, Write};

use super::Connection;
use crate::{
    net::{Shutdown, TcpStream},
    poll::Interest,
    server::{
        core::Core,
        limits::{READ_BYTES, RETRY_AFTER_S},
        parking::{Guest, Parked, Seat},
    },
    sync::Arc,
    time::Instant,
};

/// A connection that was answered for the last time. Its place in the table, if it has one, is kept until it has gone.
pub(crate) struct Leaving {
    seat: Seat,
    stream: Arc<TcpStream>,
    deadline: Instant,
    /// Held only to keep the place.
    _connection: Option<Box<Connection>>,
}

impl Leaving {
    /// Ends the server's side of `stream`. Who cannot be kept is closed.
    pub(super) fn begin(core: &Arc<Core>, stream: Arc<TcpStream>, mut connection: Option<Box<Connection>>) {
        if stream.shutdown(Shutdown::Write).is_err() {
            return;
        }
        let seat = match connection.as_mut().and_then(|connection| connection.seat.take()) {
            Some(mut seat) => seat.watch_for(Interest::Read).map(|()| seat),
            None => core.loops[0].seat(Arc::clone(&stream)),
        };
        // Without a seat nobody would see it go.
        let Ok(seat) = seat else { return };
        let deadline = Instant::now() + core.sites.present().limits.linger_timeout;
        Box::new(Leaving { seat, stream, deadline, _connection: connection }).go_on();
    }

    /// Drops what has come; parks again unless that was all.
    pub(crate) fn go_on(mut self: Box<Self>) {
        let mut bytes = [0; READ_BYTES];
        loop {
            let mut stream: &TcpStream = &self.stream;
            match stream.read(&mut bytes) {
                Ok(0) => return,
                // One read a turn, so that a flood does not hold the thread; the rest is reported anew.
                Ok(_) if self.seat.watch_again().is_ok() => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Ok(_) | Err(_) => return,
            }
            let (parking, key) = (self.seat.parking(), self.seat.key());
            let deadline = self.deadline;
            match Seat::park(&parking, key, Guest::Leaving(self), deadline) {
                Parked::Back(Guest::Leaving(leaving), _) if Instant::now() < deadline => self = leaving,
                Parked::Kept | Parked::Back(..) | Parked::Refused(_) => return,
            }
        }
    }
}

const OVERLOADED: &str = "503 Service Unavailable: the server is overloaded, try again\n";

/// Sends 503 without blocking and lets the client leave gently.
pub(crate) fn turn_away(core: &Arc<Core>, stream: Arc<TcpStream>, mut place: Option<Box<Connection>>) {
    let text = format!(
        "HTTP/1.1 503 Service Unavailable\r\nretry-after: {RETRY_AFTER_S}\r\ncontent-type: text/plain\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{OVERLOADED}",
        OVERLOADED.len()
    );
    // A client without room for these few bytes does not get them: turning away must not cost a thread. Nor does one of TLS
    // who has no place: a handshake is more than it is to cost.
    let sent = match &mut place {
        Some(connection) => connection.link.write(&[IoSlice::new(text.as_bytes())]),
        None if core.tls.is_some() => return,
        None => (&*stream).write(text.as_bytes()),
    };
    if let Some(connection) = &mut place {
        connection.link.close();
    }
    if sent.is_ok() {
        Leaving::begin(core, stream, place);
    }
}
