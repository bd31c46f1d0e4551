//! A handler of an event loop that waits for an event.
//!
//! # The symptom
//!
//! One slow client stops the server for all. A thread dump shows a single thread that waits for a message which is in its
//! own queue.
//!
//! # The story
//!
//! An event-driven server has one thread that takes events from a queue and calls a handler for each: data has come, a
//! timer is over, an answer of the database is there. No thread per connection, no locks between handlers, and so no
//! deadlocks, it is said.
//!
//! A handler needs a value from the database. It sends the query and waits for the answer.
//!
//! The answer is an event. It is put into the queue, and the loop would call a handler for it. But the loop is in the
//! first handler, which waits.
//!
//! The thread is the resource that all handlers share, each of them holds it while it runs, and this one waits for another
//! one. It is the deadlock of the pool with one worker once more.
//!
//! # The bad interleaving
//!
//! ```text
//! loop                            database
//! take event: request
//! send query
//! wait for the answer
//!   waits: an event               answer -> queue
//!                                 (the loop would take it)
//!
//! ```
//!
//! # The fix
//!
//! A handler never waits: it notes what is to be done next and returns. When the answer comes as an event, its handler
//! goes on with what was noted. That is what `async` and `await` write for you: the state machine between two events.
//!
//! # Questions
//!
//! - What replaces the stack of a thread here? What is noted for each connection: the state in which its protocol is.
//! - Which other things must a handler not do? Read a file, take a lock that is held for long, compute for long: whatever
//!   the others would have to wait for.
//!
//! # Reading
//!
//! - John Ousterhout, "Why threads are a bad idea (for most purposes)", USENIX 1996; and Rob von Behren, Jeremy Condit and
//!   Eric Brewer, "Why events are a bad idea (for high-concurrency servers)", HotOS 2003.
//! - Atul Adya et al., "Cooperative task management without manual stack management", USENIX 2002.
//! - Hugh Lauer and Roger Needham, "On the duality of operating system structures", 1979: processes and messages are the
//!   same in other words.

use super::{Lesson, Stage, spawn, text};
use crate::{
    channel::{self, Receiver, Sender},
    check::FindingKind,
    thread,
};

const SOURCE: &str = include_str!("blocked_event_loop.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "blocked-event-loop",
    title: "The blocked event loop",
    concept: "handlers must not wait",
    summary: "The handler waits for an event that only its own loop could take",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

enum Event {
    Request,
    Answer(u32),
}

/// What a handler can use.
struct Loop {
    events: Receiver<Event>,
    queries: Sender<()>,
    /// What was answered to clients.
    answered: Vec<u32>,
}

const CLIENTS: [&str; 2] = ["client 1", "client 2"];

fn buggy() {
    serve(|event, state| match event {
        Event::Request => {
            state.queries.send(()).expect("the database is there");
            // A channel of its own would be the same: the answer passes through the loop.
            let (to_handler, answer) = channel::bounded::<u32>(1);
            state.answered.extend(answer.recv());
            drop(to_handler);
        }
        Event::Answer(_) => unreachable!("nobody is there to take it"),
    });
}

fn fixed() {
    serve(|event, state| match event {
        Event::Request => state.queries.send(()).expect("the database is there"),
        Event::Answer(value) => state.answered.push(value),
    });
}

fn serve(handle: fn(Event, &mut Loop)) {
    let (to_loop, events) = channel::unbounded();
    let (queries, asked) = channel::unbounded();
    let of_database = to_loop.clone();
    thread::scope(|scope| {
        spawn(scope, "loop", move || {
            let mut state = Loop { events, queries, answered: Vec::new() };
            while state.answered.len() < CLIENTS.len() {
                let event = state.events.recv().expect("the client is there");
                handle(event, &mut state);
            }
        });
        spawn(scope, "database", move || {
            for () in asked {
                of_database.send(Event::Answer(7)).expect("the loop is there");
            }
        });
        for client in CLIENTS {
            let to_loop = to_loop.clone();
            spawn(scope, client, move || to_loop.send(Event::Request).expect("the loop is there"));
        }
    });
}
