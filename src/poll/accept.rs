//! Accepting for a poller.

use std::io;

use crate::net::{SocketAddr, TcpListener, TcpStream};

/// Makes `listener` ready for [`accept`]: call it once.
///
/// On Linux the kernel then keeps up to 4,096 connections that nobody has accepted yet, if `net.core.somaxconn` lets it, instead
/// of the 128 of [`std::net::TcpListener::bind`]: beyond these it drops the first packet of a client, who tries again after a
/// second (listen(2)).
///
/// # Errors
///
/// What the operating system says.
pub fn prepare(listener: &TcpListener) -> io::Result<()> {
    os::prepare(listener)
}

/// Takes a connection whose stream is non-blocking and sends small writes at once, in as few system calls as there are;
/// blocks while there is none, unless the listener is non-blocking.
///
/// # Errors
///
/// As [`std::net::TcpListener::accept`].
///
/// # Examples
///
/// ```
/// use unsnarl::{net::{TcpListener, TcpStream}, poll};
///
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// poll::prepare(&listener)?;
/// let client = TcpStream::connect(listener.local_addr()?)?;
/// let (stream, peer) = poll::accept(&listener)?;
/// assert_eq!(peer, client.local_addr()?);
/// assert!(stream.nodelay()?);
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn accept(listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
    #[cfg(backend = "instrumented")]
    if listener.is_simulated() {
        return plain(listener);
    }
    os::accept(listener)
}

#[cfg_attr(
    all(target_os = "linux", backend = "native"),
    allow(dead_code, reason = "Linux has one call for all")
)]
#[track_caller]
fn plain(listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
    let (stream, peer) = listener.accept()?;
    stream.set_nonblocking(true)?;
    stream.set_nodelay(true)?;
    Ok((stream, peer))
}

/// Linux sets both on the way: one by a flag, the other is inherited from the listener.
#[cfg(all(target_os = "linux", any(backend = "native", backend = "instrumented")))]
mod os {
    use std::io;

    use rustix::net::{SocketFlags, acceptfrom_with, listen, sockopt};

    use crate::net::{SocketAddr, TcpListener, TcpStream};

    /// Connections that wait to be accepted.
    const BACKLOG: i32 = 4096;

    pub(super) fn prepare(listener: &TcpListener) -> io::Result<()> {
        #[cfg(backend = "instrumented")]
        let Some(listener) = listener.os() else { return Ok(()) };
        listen(listener, BACKLOG)?;
        Ok(sockopt::set_tcp_nodelay(listener, true)?)
    }

    pub(super) fn accept(listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
        #[cfg(backend = "instrumented")]
        let Some(listener) = listener.os() else { return super::plain(listener) };
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let (stream, peer) = acceptfrom_with(listener, flags)?;
        let peer =
            peer.and_then(|peer| SocketAddr::try_from(peer).ok()).ok_or(io::ErrorKind::ConnectionAborted)?;
        let stream = TcpStream::from(stream);
        Ok((stream, peer))
    }
}

#[cfg(not(all(target_os = "linux", any(backend = "native", backend = "instrumented"))))]
mod os {
    pub(super) use super::plain as accept;
    use crate::net::TcpListener;

    pub(super) fn prepare(_listener: &TcpListener) -> std::io::Result<()> {
        Ok(())
    }
}
