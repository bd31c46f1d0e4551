//! Unix sockets: names are files of the simulated disk.

use std::{
    io::{self, ErrorKind},
    os::unix::net::SocketAddr,
    path::Path,
};

use super::{
    address::Address,
    listener::Listener,
    network,
    stream::{self, Stream},
};
use crate::fs::sim::sockets;

/// A simulated [`std::os::unix::net::UnixStream`].
pub type UnixStream = Stream<SocketAddr>;

/// A simulated [`std::os::unix::net::UnixListener`].
pub type UnixListener = Listener<SocketAddr>;

impl Address for SocketAddr {
    const STREAM: &'static str = "UnixStream";
    const LISTENER: &'static str = "UnixListener";
    /// The number of the file.
    type Key = u64;

    fn reaches(sought: u64, listener: u64) -> bool {
        sought == listener
    }

    fn of_client(_number: u16) -> SocketAddr {
        unnamed()
    }
}

fn unnamed() -> SocketAddr {
    SocketAddr::from_pathname("").expect("no name is short enough")
}

fn path_of(address: &SocketAddr) -> io::Result<&Path> {
    let abstract_names = || io::Error::new(ErrorKind::Unsupported, "abstract names are not simulated");
    address.as_pathname().ok_or_else(abstract_names)
}

impl UnixStream {
    /// Connects to who listens at the path; blocks while the backlog is full.
    ///
    /// # Errors
    ///
    /// `NotFound` where no file is, `ConnectionRefused` where nobody listens.
    #[track_caller]
    pub fn connect<P: AsRef<Path>>(path: P) -> io::Result<UnixStream> {
        let key = sockets::find(path.as_ref())?;
        network::connect(key, SocketAddr::from_pathname(path)?, None)
    }

    /// As [`connect`](Self::connect).
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect), and `Unsupported` for an address that is no path.
    #[track_caller]
    pub fn connect_addr(address: &SocketAddr) -> io::Result<UnixStream> {
        UnixStream::connect(path_of(address)?)
    }

    /// The two ends of a new connection, both without names.
    ///
    /// # Errors
    ///
    /// None.
    #[track_caller]
    pub fn pair() -> io::Result<(UnixStream, UnixStream)> {
        Ok(stream::pair(unnamed(), unnamed()))
    }
}

impl UnixListener {
    /// Listens at the path, where it makes a file; that stays when the listener goes, as on a real system.
    ///
    /// # Errors
    ///
    /// `AddrInUse` where something is, `NotFound` where no folder is to make it in.
    #[track_caller]
    pub fn bind<P: AsRef<Path>>(path: P) -> io::Result<UnixListener> {
        let address = SocketAddr::from_pathname(path.as_ref())?;
        let key = sockets::make(path.as_ref())?;
        network::bind_new::<SocketAddr>(key);
        Ok(Listener::at(key, address))
    }

    /// As [`bind`](Self::bind).
    ///
    /// # Errors
    ///
    /// As [`bind`](Self::bind), and `Unsupported` for an address that is no path.
    #[track_caller]
    pub fn bind_addr(address: &SocketAddr) -> io::Result<UnixListener> {
        UnixListener::bind(path_of(address)?)
    }
}
