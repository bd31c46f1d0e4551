//! A part of a file for a peer.

use std::io::{self, Write};

use super::TcpStream;
use crate::fs::{self, File};

/// Bytes that are copied at once where the system does not take them from the file itself.
const PIECE_BYTES: usize = 64 * 1024;

/// Sends up to `bytes_max` bytes of `file` from `offset` on, both in bytes, and says how many `stream` has taken. 0 is the end of
/// the file, unless nothing was asked for.
///
/// Where the file stands does not matter, and stays. On Linux the socket takes the bytes out of the file (sendfile(2)) without
/// a copy in the memory of this process, so what goes out may be what somebody writes there before the peer has got it. On
/// other systems, for files that cannot be sent so, and in a model, this is one read of up to 64 KiB and one write of what it
/// gave: a file is read again where a socket has taken less.
///
/// # Blocking
///
/// While the file is read from the disk, also if `stream` is non-blocking; and as a write while the peer has no room, each 64
/// KiB for up to the time limit of writes. So a large `bytes_max` may take long with a slow peer.
///
/// # Errors
///
/// Those of reading from the file and of writing to the stream: `WouldBlock` when there is no room for a byte. On Linux
/// `sendfile` raises `SIGPIPE` when the peer has gone, beside the error `BrokenPipe`; Rust's programs ignore that signal, but
/// where its default action was restored it ends the process.
///
/// # Examples
///
/// ```
/// use std::io::Read;
/// use unsnarl::{fs, net::{self, TcpListener, TcpStream}};
///
/// let path = std::env::temp_dir().join(format!("unsnarl-send-file-{}", std::process::id()));
/// fs::write(&path, "0123456789")?;
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// let mut client = TcpStream::connect(listener.local_addr()?)?;
/// let (server, _) = listener.accept()?;
///
/// assert_eq!(net::send_file(&server, &fs::File::open(&path)?, 3, 4)?, 4);
/// drop(server);
/// let mut part = String::new();
/// client.read_to_string(&mut part)?;
/// assert_eq!(part, "3456");
/// # fs::remove_file(&path)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn send_file(stream: &TcpStream, file: &File, offset: u64, bytes_max: usize) -> io::Result<usize> {
    #[cfg(all(target_os = "linux", any(backend = "native", backend = "instrumented")))]
    if let Some(sent) = os::send_file(stream, file, offset, bytes_max) {
        return sent;
    }
    let mut piece = vec![0; bytes_max.min(PIECE_BYTES)];
    let count = fs::read_at(file, &mut piece, offset)?;
    let mut stream = stream;
    if count == 0 { Ok(0) } else { stream.write(&piece[..count]) }
}

#[cfg(all(target_os = "linux", any(backend = "native", backend = "instrumented")))]
mod os {
    use std::io;

    use rustix::{fs::sendfile, io::Errno};

    use crate::{fs::File, net::TcpStream};

    /// None for what the system cannot send so.
    pub(super) fn send_file(
        stream: &TcpStream,
        file: &File,
        mut offset: u64,
        bytes_max: usize,
    ) -> Option<io::Result<usize>> {
        #[cfg(backend = "instrumented")]
        let (stream, file) = (stream.os()?, file.os()?);
        match sendfile(stream, file, Some(&mut offset), bytes_max) {
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => None,
            sent => Some(sent.map_err(io::Error::from)),
        }
    }
}
