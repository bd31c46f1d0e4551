//! Two ends of a connection that both write before they read.
//!
//! # The symptom
//!
//! Small messages work. From some size on both programs hang, each in `write`, although the network is fine and each of
//! them is about to read.
//!
//! # The story
//!
//! A connection has two buffers, one for each direction. `write` copies into one of them and returns; it blocks only when
//! the buffer is full. So a program that never blocks in `write` in a test may do so with longer messages.
//!
//! Here the client sends its request and then reads. The server sends a greeting and then reads. Neither of the two
//! messages fits into its buffer.
//!
//! Both writes wait for room, room comes when the other end reads, and the other end is in `write`. This is a deadlock
//! between two processes which share no memory at all. The resource is room in a buffer.
//!
//! # The bad interleaving
//!
//! ```text
//! client                      server
//! write byte 1 of 2
//!                             write byte 1 of 2
//! write byte 2
//!   no room: server reads?    write byte 2
//!                               no room: client reads?
//!
//! ```
//!
//! # The fix
//!
//! A protocol says whose turn it is. The server reads the request before it answers; then at any time one end writes and
//! the other one reads. Where both must write at once, each end needs a second thread, or writes that do not block.
//!
//! # Questions
//!
//! - Why did it work with short messages? They fitted into the buffers, so that `write` returned before anybody had read.
//! - Are larger buffers a repair? They move the size at which it hangs. On a real system buffers grow and shrink, so it
//!   hangs now and then.
//! - Which of the four conditions of deadlock are met? All: room is used by one message at a time, each end holds what it
//!   has filled and waits for more, nobody takes it away, and they wait for each other.
//! - Why does the report speak of condition variables? The simulated network is written on the facade, too: who waits for
//!   room in a buffer waits there.
//!
//! # Reading
//!
//! - W. Richard Stevens, Bill Fenner and Andrew Rudoff, "UNIX Network Programming", volume 1, section 6.2: what blocks
//!   when.
//! - RFC 9113, section 5.2: flow control in HTTP/2, and what it does not promise.
//! - Python's documentation of `subprocess`: the warning that `wait` with pipes deadlocks when a buffer fills.

use std::io::{Read, Write};

use super::{Lesson, Stage, spawn, text};
use crate::{
    check::FindingKind,
    net::{self, TcpListener, TcpStream},
    thread,
};

const SOURCE: &str = include_str!("both_write_first.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "both-write-first",
    title: "Both write first",
    concept: "blocking in write",
    summary: "Each end waits for room in a buffer that the other one would empty by reading",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: Some("Buffers of one byte were checked; the sizes decide only from which message on it hangs."),
};

const SERVER: &str = "127.0.0.1:80";

fn buggy() {
    talk(|mut connection| {
        put(&mut connection, b"hi");
        take(&mut connection, 2);
    });
}

fn fixed() {
    talk(|mut connection| {
        take(&mut connection, 2);
        put(&mut connection, b"hi");
    });
}

/// Sends the bytes one after the other, as there is room.
#[track_caller]
fn put(connection: &mut TcpStream, bytes: &[u8]) {
    for byte in bytes {
        let count = connection.write(&[*byte]).expect("the other end is there");
        assert_eq!(count, 1, "there is room for one");
    }
}

/// Waits for so many bytes.
#[track_caller]
fn take(connection: &mut TcpStream, count: usize) {
    for _ in 0..count {
        let count = connection.read(&mut [0]).expect("the other end is there");
        assert_eq!(count, 1, "the other end goes on");
    }
}

fn talk(serve: fn(TcpStream)) {
    net::sim::set_buffer(1);
    let listener = TcpListener::bind(SERVER).expect("the address is free");
    thread::scope(|scope| {
        spawn(scope, "client", || {
            let mut connection = TcpStream::connect(SERVER).expect("somebody listens");
            put(&mut connection, b"me");
            take(&mut connection, 2);
        });
        spawn(scope, "server", || serve(listener.accept().expect("a client connects").0));
    });
}
