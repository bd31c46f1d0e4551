//! A server with one thread, and a client that takes its time.
//!
//! # The symptom
//!
//! The server works in every test. With two clients it stops answering: one of them waits for the other, the other one
//! waits for the server, and the server waits for the first.
//!
//! # The story
//!
//! A server has four places to block in: it waits for a connection (accept), for a request (read), for room to put the
//! answer (write), and for the disk. While it is in one of them it is in no other.
//!
//! The simplest server has one thread. It accepts a connection, reads the request, answers, and accepts the next one. As
//! long as each client sends at once what it has to say, nobody notices.
//!
//! Ada connects first, and before she sends her request she waits for something that Ben tells her. Ben cannot: his
//! connection is accepted by the system, but no thread reads from it, because the only one is blocked in `read` on Ada's.
//!
//! No lock is in sight. The thread itself is what is held: Ada has it, and Ben needs it.
//!
//! # The bad interleaving
//!
//! ```text
//! server              ada                       ben
//!                     (connected)               (connected)
//! accept ada
//!                     wait for ben
//!                                               send request
//! read ada                                      read answer
//!   waits for ada       waits for ben             waits for the server
//!
//! ```
//!
//! # The fix
//!
//! A thread for each connection: the one that reads from Ada may wait as long as it likes. The accepting thread goes back
//! to `accept` at once. What that costs when there are many clients is what the next chapters are about.
//!
//! # Questions
//!
//! - In which of the four blocking steps does the server stand? In `read`, on Ada's connection. It could as well be
//!   `write`, if Ada did not take her answer.
//! - Would a time limit on `read` repair it? The server would go on after the limit, and Ada would be cut off. It turns a
//!   hang into a slow service with errors.
//! - Does the order of connecting matter? Yes. If Ben were accepted first, he would be answered and tell Ada, and all
//!   would be well; that is why tests pass.
//! - Why does the report speak of a condition variable? The simulated network is written on the facade, too: who waits for
//!   bytes waits there until they come.
//!
//! # Reading
//!
//! - W. Richard Stevens, Bill Fenner and Andrew Rudoff, "UNIX Network Programming", volume 1, chapter 30: client and
//!   server designs, from iterative to threaded.
//! - Dan Kegel, "The C10K problem", 1999: where a server's threads wait.
//! - RFC 9112, section 9.3: connections that stay open, the everyday form of a client that takes its time.

use std::io::{Read, Write};

use super::{Lesson, Stage, signals, spawn, text};
use crate::{
    Named,
    check::FindingKind,
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    thread,
};

const SOURCE: &str = include_str!("one_thread_for_all.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "one-thread-for-all",
    title: "One thread for all",
    concept: "the blocking steps of a server",
    summary: "The only thread waits for a request that comes only after it has answered another one",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

const SERVER: &str = "127.0.0.1:80";

fn buggy() {
    with_two_clients(|listener| {
        for _ in 0..2 {
            let (connection, _) = listener.accept().expect("a client connects");
            answer(connection);
        }
    });
}

fn fixed() {
    with_two_clients(|listener| {
        thread::scope(|scope| {
            for name in ["connection 1", "connection 2"] {
                let (connection, _) = listener.accept().expect("a client connects");
                spawn(scope, name, || answer(connection));
            }
        });
    });
}

/// Reads a request of one byte. Ben wants an answer.
fn answer(mut connection: TcpStream) {
    let request = take(&mut connection);
    if request == b'b' {
        put(&mut connection, request);
    }
}

/// Waits for one byte.
#[track_caller]
fn take(connection: &mut TcpStream) -> u8 {
    let mut byte = [0];
    let count = connection.read(&mut byte).expect("the other end is there");
    assert_eq!(count, 1, "the other end goes on");
    byte[0]
}

/// Sends one byte.
#[track_caller]
fn put(connection: &mut TcpStream, byte: u8) {
    let count = connection.write(&[byte]).expect("the other end is there");
    assert_eq!(count, 1, "there is room for one");
}

fn with_two_clients(serve: fn(&TcpListener)) {
    let listener = TcpListener::bind(SERVER).expect("the address is free");
    let news = Semaphore::new(0).named("news of ben");
    let connect = || TcpStream::connect(SERVER).expect("somebody listens");
    // Ada is the first, and the system keeps both until they are accepted.
    let (mut ada, mut ben) = (connect(), connect());
    thread::scope(|scope| {
        spawn(scope, "ada", || {
            signals::wait(&news);
            put(&mut ada, b'a');
        });
        spawn(scope, "ben", || {
            put(&mut ben, b'b');
            take(&mut ben);
            signals::signal(&news);
        });
        serve(&listener);
    });
}
