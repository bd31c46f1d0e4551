//! A server in a thread, and a client that sees every byte.

use std::{
    fs,
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    thread::JoinHandle,
    time::Duration,
};

use unsnarl::server::{Drained, Limits, ServerBuilder, ServerError, ServerHandle};

/// Reached only by a hang.
pub(crate) const HANG: Duration = Duration::from_secs(30);

/// A server that is drained when the test ends.
pub(crate) struct Running {
    pub(crate) handle: ServerHandle,
    thread: Option<JoinHandle<Result<Drained, ServerError>>>,
}

impl Running {
    pub(crate) fn start(builder: ServerBuilder) -> Self {
        let server = builder.front_end(super::FRONT_END).addr("127.0.0.1:0").build().expect("the server can be built");
        let handle = server.handle();
        Running { handle, thread: Some(std::thread::spawn(move || server.run())) }
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.handle.local_addr()
    }

    pub(crate) fn connect(&self) -> Client {
        Client::connect(self.addr()).expect("the server accepts")
    }

    /// One request on a connection of its own, and the answer.
    pub(crate) fn ask(&self, request: impl AsRef<[u8]>) -> Answer {
        let mut client = self.connect();
        client.send(request);
        client.answer()
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask(get(path))
    }

    /// Ends the server and says how.
    pub(crate) fn drain(mut self) -> Drained {
        self.handle.shutdown();
        self.thread.take().expect("drained once").join().expect("no panic").expect("no error")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.handle.shutdown();
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            if !std::thread::panicking() {
                let _ = ended.expect("no panic").expect("no error");
            }
        }
    }
}

pub(crate) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n")
}

/// Limits whose drain is short, so that tests which leave connections open end soon.
pub(crate) fn limits() -> Limits {
    Limits {
        drain_timeout: Duration::from_secs(5),
        linger_timeout: Duration::from_millis(500),
        ..Limits::default()
    }
}

/// One connection.
pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    received: Vec<u8>,
}

/// One response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.lines().filter_map(|line| line.split_once(": "));
        fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(crate) fn closes(&self) -> bool {
        self.field("connection") == Some("close")
    }
}

impl Client {
    pub(crate) fn connect(addr: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(addr)?;
        stream.set_read_timeout(Some(HANG))?;
        stream.set_write_timeout(Some(HANG))?;
        stream.set_nodelay(true)?;
        Ok(Client { stream, received: Vec::new() })
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).expect("the server reads");
    }

    /// As `send`, for a server that may refuse in the middle.
    pub(crate) fn send_some(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.stream.write_all(bytes.as_ref());
    }

    pub(crate) fn finish_sending(&self) {
        self.stream.shutdown(Shutdown::Write).expect("the connection is open");
    }

    pub(crate) fn answer(&mut self) -> Answer {
        self.try_answer(false).expect("the server answers")
    }

    pub(crate) fn answer_to_head(&mut self) -> Answer {
        self.try_answer(true).expect("the server answers")
    }

    /// The next response; an error when the connection ends before or within it.
    pub(crate) fn try_answer(&mut self, to_head: bool) -> io::Result<Answer> {
        let end = loop {
            if let Some(at) = self.received.windows(4).position(|part| part == b"\r\n\r\n") {
                break at + 4;
            }
            self.receive()?;
        };
        let head = String::from_utf8(self.received.drain(..end).collect()).expect("heads are text");
        let status = head[9..12].parse().expect("a status line");
        let mut answer = Answer { status, head, body: Vec::new() };
        let len = answer.field("content-length").map_or(0, |len| len.parse().expect("a length"));
        if !to_head && answer.field("transfer-encoding") == Some("chunked") {
            answer.body = self.chunks()?;
        } else if !to_head {
            while self.received.len() < len {
                self.receive()?;
            }
            answer.body = self.received.drain(..len).collect();
        }
        Ok(answer)
    }

    /// The content of a chunked body; an error when the connection ends before the last chunk.
    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        loop {
            let end = loop {
                if let Some(at) = self.received.windows(2).position(|part| part == b"\r\n") {
                    break at;
                }
                self.receive()?;
            };
            let line: Vec<u8> = self.received.drain(..end + 2).collect();
            let size = std::str::from_utf8(&line[..end]).expect("digits");
            let size = usize::from_str_radix(size, 16).expect("a size");
            while self.received.len() < size + 2 {
                self.receive()?;
            }
            content.extend(self.received.drain(..size));
            assert_eq!(self.received.drain(..2).collect::<Vec<_>>(), b"\r\n");
            if size == 0 {
                return Ok(content);
            }
        }
    }

    /// Reads to the end of the connection; a reset counts as an end.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        while self.receive().is_ok() {}
        std::mem::take(&mut self.received)
    }

    fn receive(&mut self) -> io::Result<()> {
        let mut bytes = [0; 16 * 1024];
        match self.stream.read(&mut bytes) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(len) => {
                self.received.extend_from_slice(&bytes[..len]);
                Ok(())
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                panic!("the server hangs")
            }
            Err(error) => Err(error),
        }
    }
}

/// A folder that goes away with the test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        // This module is there once for each front end, each with a count of its own.
        let module = module_path!().replace("::", "-");
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("unsnarl-{module}-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("the temporary folder is writable");
        Folder(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().expect("inside the folder")).expect("writable");
        fs::write(path, bytes).expect("writable");
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Waits until `reached`, which another thread will make true.
pub(crate) fn until(what: &str, mut reached: impl FnMut() -> bool) {
    let deadline = std::time::Instant::now() + HANG;
    while !reached() {
        assert!(std::time::Instant::now() < deadline, "never happened: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
