//! A thread for each connection, and a client that says nothing.
//!
//! # The symptom
//!
//! After some days the server has ten thousand threads. Each of them waits in `read`. The clients are long gone from
//! people's minds, but their connections are open.
//!
//! # The story
//!
//! With a thread for each connection the program is simple: read, answer, read. Each thread costs a stack, a place in the
//! scheduler's tables, and a socket.
//!
//! A client connects and sends nothing. It may be slow, broken, asleep with its lid closed, or hostile. The server's
//! thread waits for the request, the client waits for the answer, and neither will ever come.
//!
//! Nobody joins the threads of connections, so nobody notices. When `main` has ended the checker sees what is left behind:
//! a thread that can never go on. In the real server it stays until the machine is restarted.
//!
//! # The bad interleaving
//!
//! ```text
//! main                 connection          client
//! accept
//! spawn connection
//!                                          (says nothing)
//!                      read request        read answer
//!                        waits: client       waits: connection
//! returns
//!
//! ```
//!
//! # The fix
//!
//! Every wait for a peer has a limit. The server sets a read timeout, and closes the connection when it is over; then the
//! client's read ends, too. How long the limit is decides how many silent clients fit into the server.
//!
//! # Questions
//!
//! - Why is this no deadlock of the kind with locks? It is one of two threads that wait for each other's message; but one
//!   of them is not yours, so only yours can end it.
//! - What would joining the connection's thread do? `main` would hang as well: the leak would be a deadlock that somebody
//!   notices.
//! - A client sends one byte every nine seconds, and the limit is ten. What then? It holds the thread as long as it likes.
//!   So a limit belongs to the whole request and not to a single read.
//!
//! # Reading
//!
//! - RFC 9112, section 9.5: time limits of connections.
//! - Robert Hansen, "Slowloris HTTP DoS", 2009: many clients that are slow on purpose.
//! - W. Richard Stevens, Bill Fenner and Andrew Rudoff, "UNIX Network Programming", volume 1, section 14.2: socket
//!   timeouts.

use std::io::Read;

use super::{Lesson, Stage, text};
use crate::{
    check::FindingKind,
    net::{TcpListener, TcpStream},
    thread,
    time::Duration,
};

const SOURCE: &str = include_str!("silent_client.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "silent-client",
    title: "The silent client",
    concept: "a thread for each connection",
    summary: "The thread of a connection waits for ever for a client that says nothing",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[Stage::buggy(FindingKind::Leak, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

const SERVER: &str = "127.0.0.1:80";
const IDLE_LIMIT: Duration = Duration::from_secs(10);

fn buggy() {
    serve(None);
}

fn fixed() {
    serve(Some(IDLE_LIMIT));
}

fn serve(limit: Option<Duration>) {
    let listener = TcpListener::bind(SERVER).expect("the address is free");
    let client = thread::Builder::new().name("client".to_owned()).spawn(|| {
        let mut connection = TcpStream::connect(SERVER).expect("somebody listens");
        // Without a limit of its own: it ends with the connection.
        let _ = connection.read(&mut [0]);
    });
    let (mut connection, _) = listener.accept().expect("a client connects");
    connection.set_read_timeout(limit).expect("a limit that is not zero");
    let handler = thread::Builder::new().name("connection".to_owned()).spawn(move || {
        // An error is the end of the time: the connection is closed when it is dropped.
        let _ = connection.read(&mut [0]);
    });
    // Nobody waits for the threads.
    drop((client, handler));
}
