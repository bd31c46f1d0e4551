//! A read that gives less than was written.
//!
//! # The symptom
//!
//! The server refuses a request as malformed, once in a thousand. The client has sent it whole.
//!
//! # The story
//!
//! TCP carries a stream of bytes and no messages. Four bytes that were written at once may arrive as four, or as three and
//! one.
//!
//! `read` returns as soon as there is something. On one machine, with small messages, that is nearly always everything, so
//! a program that takes one `read` for one message passes its tests.
//!
//! Over a real network a segment is lost, a buffer ends, or a signal comes in between, and `read` returns the beginning.
//! The program works on with a buffer of which the rest is zeros.
//!
//! A checker can make this happen: whether the read is short is a choice like any other.
//!
//! # The bad interleaving
//!
//! ```text
//! client              server
//! write "pong"
//!                     read -> 1 byte  "p"
//!                     is "p\0\0\0" the word?
//!                       panic
//!
//! ```
//!
//! # The fix
//!
//! `read_exact` reads on until all is there, where the length is known. Otherwise a message says how long it is, or how it
//! ends, and the reader keeps what it has until the message is whole.
//!
//! # Questions
//!
//! - Is a short `write` possible, too? Yes, which is why there is `write_all`.
//! - How does HTTP say where a message ends? By `Content-Length`, by chunks that say how long they are, or by the end of
//!   the connection (RFC 9112, section 6).
//! - Why does the fixed program need no loop? It is inside of `read_exact`.
//! - Does a tool find this without running it? Clippy does: `unused_io_amount` sees that nobody looks at the count.
//!
//! # Reading
//!
//! - RFC 9293, section 3.7: segmentation; the stream has no records.
//! - The documentation of `std::io::Read::read`: what it promises and what it does not.
//! - W. Richard Stevens, Bill Fenner and Andrew Rudoff, "UNIX Network Programming", volume 1, section 3.9: `readn`, which
//!   reads on.

use std::io::{Read, Write};

use super::{Lesson, Stage, spawn, text};
use crate::{
    check::FindingKind,
    fault::{self, Faults},
    net::{TcpListener, TcpStream},
    thread,
};

const SOURCE: &str = include_str!("short_read.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "short-read",
    title: "The short read",
    concept: "a stream is no sequence of messages",
    summary: "One read is taken for one message, and the read is short",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[Stage::buggy(FindingKind::Panic, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

const SERVER: &str = "127.0.0.1:80";

#[expect(clippy::unused_io_amount, reason = "the bug that the lesson is about")]
fn buggy() {
    receive(|mut connection| {
        let mut word = [0; 4];
        connection.read(&mut word).expect("the client is there");
        word
    });
}

fn fixed() {
    receive(|mut connection| {
        let mut word = [0; 4];
        connection.read_exact(&mut word).expect("the client is there");
        word
    });
}

/// The checker may cut one read short.
fn receive(read: fn(TcpStream) -> [u8; 4]) {
    let listener = TcpListener::bind(SERVER).expect("the address is free");
    thread::scope(|scope| {
        spawn(scope, "client", || {
            let mut connection = TcpStream::connect(SERVER).expect("somebody listens");
            connection.write_all(b"pong").expect("the server is there");
        });
        spawn(scope, "server", || {
            fault::allow_here(Faults::new().short_reads(1));
            let (connection, _) = listener.accept().expect("a client connects");
            assert_eq!(&read(connection), b"pong");
        });
    });
}
