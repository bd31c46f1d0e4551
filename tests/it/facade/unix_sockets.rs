//! Unix sockets: one body, on the system's and on the simulated ones.

use std::{
    io::{ErrorKind, IoSlice, IoSliceMut, Read, Write},
    net::Shutdown,
    path::Path,
    time::Duration,
};

use unsnarl::{
    fs,
    net::unix::{UnixListener, UnixStream},
    thread,
};

fn kind<T>(result: std::io::Result<T>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

/// What both must do, in a folder that is there and empty.
fn conforms(root: &Path) {
    let path = root.join("s");
    assert_eq!(kind(UnixStream::connect(&path)), Some(ErrorKind::NotFound));
    assert_eq!(kind(UnixListener::bind(root.join("none/s"))), Some(ErrorKind::NotFound));
    let listener = UnixListener::bind(&path).unwrap();
    assert_eq!(kind(UnixListener::bind(&path)), Some(ErrorKind::AddrInUse));
    let address = listener.local_addr().unwrap();
    assert_eq!(address.as_pathname(), Some(path.as_path()));
    // Its name is a file that is no file.
    let metadata = fs::metadata(&path).unwrap();
    assert!(!metadata.is_file() && !metadata.is_dir());
    assert_eq!(fs::read(&path).unwrap_err().raw_os_error(), Some(6));
    fs::write(root.join("f"), "").unwrap();
    assert_eq!(kind(UnixStream::connect(root.join("f"))), Some(ErrorKind::ConnectionRefused));

    listener.set_nonblocking(true).unwrap();
    assert_eq!(kind(listener.accept()), Some(ErrorKind::WouldBlock));
    listener.set_nonblocking(false).unwrap();
    let server = thread::spawn({
        let listener = listener.try_clone().unwrap();
        move || {
            let (mut stream, peer) = listener.accept().unwrap();
            assert!(peer.is_unnamed());
            let mut text = String::new();
            stream.read_to_string(&mut text).unwrap();
            stream.write_all(text.to_uppercase().as_bytes()).unwrap();
        }
    });
    let mut client = UnixStream::connect_addr(&address).unwrap();
    assert!(client.local_addr().unwrap().is_unnamed());
    assert_eq!(client.peer_addr().unwrap().as_pathname(), Some(path.as_path()));
    assert_eq!(client.write_vectored(&[IoSlice::new(b"on"), IoSlice::new(b"e two")]).unwrap(), 7);
    client.shutdown(Shutdown::Write).unwrap();
    server.join().unwrap();
    let (mut first, mut second) = ([0; 3], [0; 9]);
    let buffers = &mut [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)];
    assert_eq!(client.read_vectored(buffers).unwrap(), 7);
    assert_eq!((&first, &second[..4]), (b"ONE", &b" TWO"[..]));
    assert_eq!(client.read(&mut [0]).unwrap(), 0);

    // The file outlives the listener, and is in the way of the next one.
    drop(listener);
    assert_eq!(kind(UnixStream::connect(&path)), Some(ErrorKind::ConnectionRefused));
    assert_eq!(kind(UnixListener::bind(&path)), Some(ErrorKind::AddrInUse));
    fs::rename(&path, root.join("moved")).unwrap();
    let again = UnixListener::bind(&path).unwrap();
    let waiting = UnixStream::connect(&path).unwrap();
    fs::rename(&path, root.join("moved")).unwrap();
    assert_eq!(kind(UnixStream::connect(&path)), Some(ErrorKind::NotFound));
    let also_waiting = UnixStream::connect(root.join("moved")).unwrap();
    drop((again.incoming().take(2).collect::<Vec<_>>(), waiting, also_waiting));

    let (mut one, mut other) = UnixStream::pair().unwrap();
    one.write_all(b"ab").unwrap();
    other.read_exact(&mut [0]).unwrap();
    other.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    assert_eq!(other.try_clone().unwrap().read_timeout().unwrap(), Some(Duration::from_millis(20)));
    other.read_exact(&mut [0]).unwrap();
    assert_eq!(kind(other.read(&mut [0])), Some(ErrorKind::WouldBlock));
    assert_eq!(kind(other.set_write_timeout(Some(Duration::ZERO))), Some(ErrorKind::InvalidInput));
    // Bytes that nobody read are told by a reset.
    other.write_all(b"unread").unwrap();
    drop(one);
    assert_eq!(kind(other.write(b"c")), Some(ErrorKind::BrokenPipe));
    assert_eq!(kind(other.read(&mut [0])), Some(ErrorKind::ConnectionReset));
    for name in ["moved", "f"] {
        fs::remove_file(root.join(name)).unwrap();
    }
}

#[test]
fn c31_the_system_conforms() {
    let root = std::env::temp_dir().join(format!("unsnarl-sockets-{}", std::process::id()));
    fs::create_dir_all(&root).unwrap();
    conforms(&root);
    fs::remove_dir(&root).unwrap();
}

#[cfg(feature = "model")]
mod in_a_model {
    use super::*;
    use unsnarl::check::Checker;

    #[test]
    fn c31_the_simulated_sockets_conform() {
        Checker::new("unix sockets").regressions(false).check(|| {
            fs::create_dir("/root").unwrap();
            conforms(Path::new("/root"));
        });
    }

    #[test]
    fn a_connect_gives_up_when_the_backlog_stays_full() {
        use unsnarl::net::{TcpListener, TcpStream, sim};

        Checker::new("full backlog").regressions(false).check(|| {
            sim::set_backlog(1);
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            let _first = TcpStream::connect(address).unwrap();
            let second = TcpStream::connect_timeout(&address, Duration::from_secs(1));
            assert_eq!(kind(second), Some(ErrorKind::TimedOut));
            drop(listener.accept().unwrap());
            TcpStream::connect_timeout(&address, Duration::from_secs(1)).unwrap();
        });
    }
}
