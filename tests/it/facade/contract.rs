//! What every backend of the facade keeps. Test names quote the number of the clause that they hold it to.
//!
//! # Locks
//!
//! 1. A mutex lets one thread at a time reach its data, and makes what one did visible to the next.
//! 2. `try_lock` never blocks and fails while another thread has the lock.
//! 3. A panic while a `sync::Mutex` is held poisons it, also for `try_lock`, `into_inner` and condition variables;
//!    `clear_poison` heals it. Unlocking while unwinding from a panic that began before the lock was taken does not.
//! 4. A `parking_lot::Mutex` does not poison.
//! 5. Many readers or one writer have a reader-writer lock; readers do not poison it, writers do (`sync`).
//! 6. `downgrade` keeps other writers out.
//! 7. A condition variable gives the mutex up while it waits and has it again afterwards; `notify_one` wakes a waiting
//!    thread, `notify_all` all of them.
//! 8. Timed locks and waits end when the time is over and say so.
//! 9. `MutexGuard::unlocked` lets others in and takes the lock again, also after a panic.
//! 10. A mapped guard unlocks as the whole one does.
//! 11. A barrier lets its threads through together, with one leader in each round, and can be used again.
//! 12. A semaphore never has more permits out than in; a closed one fails waiting and later acquisitions.
//!
//! # One-time cells
//!
//! 13. An initialiser runs once, however many threads want the value, and all see what it did.
//! 14. A panic in it poisons `Once` and `LazyLock`, and leaves `OnceLock` empty.
//!
//! # Threads
//!
//! 15. `join` returns what the closure returned, or its panic.
//! 16. A scope ends after its threads, which may borrow; it panics when an unjoined one did.
//! 17. A park token given before `park` is not lost; two are one.
//! 18. Names and identities are those that were given; identities differ.
//! 19. Thread-local values are each thread's own and are dropped when it ends.
//!
//! # Channels
//!
//! 20. Messages of one sender arrive in order, each at one receiver.
//! 21. A full bounded channel makes senders wait or fail; capacity 0 hands over from hand to hand.
//! 22. When all senders are gone receivers get what is left and then an error; when all receivers are gone senders get
//!     their message back.
//! 23. Timed operations end when the time is over and give the message back.
//!
//! # Sockets
//!
//! 24. Bytes arrive in order; the end comes after them.
//! 25. The poller reports a readable stream once until it is added again, and `notify` ends a wait.
//!
//! # Fairness and waiting for events
//!
//! 26. A fair semaphore serves threads in the order in which they came, also one that wants many permits.
//! 27. A latch opens at zero and stays open; a wait group waits for all its clones; a notification that finds nobody is
//!     remembered, once.
//!
//! # Lock-free queues
//!
//! 28. A queue never blocks: each value goes in once and comes out once, those of one producer in order; a bounded queue
//!     gives back what it has no room for.
//! 29. The owner of a deque takes from its end, stealers the oldest task; a batch arrives in order.
//!
//! # Files
//!
//! 30. What was written is read, by every handle and under every path that leads there; errors are the system's.
//!
//! # Unix sockets
//!
//! 31. The name of a socket is a file, which stays when the listener goes and is in the way of the next one; connections
//!     find the listener by it, also under another name. Streams are those of clause 24.
//!
//! # What a backend cannot give
//!
//! `docs/contract.md` has clauses and backends in a table; `docs/backends.md` what else differs.

#[cfg(feature = "model")]
mod table {
    use std::{collections::BTreeMap, fs, path::Path};

    use unsnarl::check::{Capability, EngineName};

    use crate::tables;

    const ENGINES: [EngineName; 3] = [EngineName::Unsnarl, EngineName::Loom, EngineName::Shuttle];

    /// The clauses above, by number.
    fn clauses() -> BTreeMap<usize, String> {
        let mut clauses = BTreeMap::new();
        let mut last = None;
        for line in include_str!("contract.rs").lines().map_while(|line| line.strip_prefix("//!")) {
            if let Some((number, text)) = line.trim().split_once(". ")
                && let Ok(number) = number.parse::<usize>()
            {
                clauses.insert(number, text.to_owned());
                last = Some(number);
            } else if let Some(number) = last.filter(|_| line.starts_with("    ")) {
                let clause = clauses.get_mut(&number).expect("begun above");
                clause.push_str(&format!(" {}", line.trim()));
            } else {
                last = None;
            }
        }
        clauses
    }

    /// The tests of a source by the clauses that their names quote, each with its body.
    fn quoted(source: &str) -> Vec<(usize, &str)> {
        let mut tests = Vec::new();
        for test in source.split("#[test]").skip(1) {
            let Some(name) = test.trim_start().strip_prefix("fn ") else { continue };
            let numbers = name.split('_').map_while(|part| part.strip_prefix('c')?.parse::<usize>().ok());
            tests.extend(numbers.map(|number| (number, test)));
        }
        tests
    }

    /// What a model needs that the engine has not.
    fn lacks(model: &str, engine: EngineName) -> Option<&'static str> {
        let needs = [
            ("Capability::Timeouts", Capability::Timeouts, "no time limits"),
            ("Capability::ThreadPanics", Capability::ThreadPanics, "no panics that are survived"),
        ];
        let lacks = needs.iter().find(|(word, has, _)| model.contains(word) && !has.is_had_by(engine));
        lacks.map(|(.., words)| *words)
    }

    #[test]
    fn of_clauses_and_backends() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let read = |path: &Path| fs::read_to_string(path).expect("a source is there");
        let outside: String = fs::read_dir(root.join("tests/it/facade"))
            .expect("the tests are there")
            .map(|entry| read(&entry.expect("a file").path()))
            .collect();
        let inside = read(&root.join("loom-tests/tests/models/facade.rs"));
        let (outside, inside) = (quoted(&outside), quoted(&inside));
        let clauses = clauses();
        assert!(clauses.len() >= 31, "only {} clauses were seen", clauses.len());
        let rows = clauses.iter().map(|(number, text)| {
            assert!(outside.iter().any(|(quoted, _)| quoted == number), "no test holds clause {number}");
            let models: Vec<&str> =
                inside.iter().filter(|(quoted, _)| quoted == number).map(|(_, model)| *model).collect();
            assert!(!models.is_empty(), "no model holds clause {number}");
            let cells = ENGINES.map(|engine| {
                let lacking: Vec<_> = models.iter().map(|model| lacks(model, engine)).collect();
                match lacking.iter().all(Option::is_some) {
                    true => format!("no: {}", lacking[0].expect("all lack something")),
                    false => "yes".to_owned(),
                }
            });
            format!("| {number} | {text} | yes | {} |", cells.join(" | "))
        });
        tables::require("docs/contract.md", &rows.collect::<Vec<_>>());
        for (number, _) in outside.iter().chain(&inside) {
            assert!(clauses.contains_key(number), "a test quotes clause {number}, which there is not");
        }
    }
}
