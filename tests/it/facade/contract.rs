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
//! # What a backend cannot give
//!
//! See `docs/backends.md`.
