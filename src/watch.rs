//! Lock-order prediction on real runs: a program that takes two locks in both orders is told so although it did not hang.
//!
//! With the feature `watch` every mutex and reader-writer lock of the facade notes, outside of models, which locks its
//! thread holds when it takes another one. Watching is off until [`enable`] is called or the environment has
//! `UNSNARL_WATCH=1` when the first lock is taken.
//!
//! Locks are told apart by *class*: the name given with [`Named`](crate::Named), else the place of construction. So the
//! locks of all connections are one class, and an inversion shows even if no two threads ever used the same two objects.
//!
//! What it does not see: the order of two locks of one class; waits that are not locks (condition variables, channels,
//! semaphores, joins); orders that never occurred. A reader is counted as a writer, since a waiting writer makes readers
//! wait. A `try_lock` cannot be the end of a cycle, but a lock that it took can be the start.
//!
//! ```
//! use unsnarl::{Named, parking_lot::Mutex, thread, watch};
//!
//! watch::enable();
//! let (a, b) = (Mutex::new(()).named("a"), Mutex::new(()).named("b"));
//! thread::scope(|scope| {
//!     scope.spawn(|| { let _a = a.lock(); let _b = b.lock(); }).join().unwrap();
//!     scope.spawn(|| { let _b = b.lock(); let _a = a.lock(); }).join().unwrap();
//! });
//! assert_eq!(watch::inversions().len(), 1);
//! ```

#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "the watcher must not watch itself")]

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
    fmt,
    hash::{BuildHasherDefault, Hasher},
    panic::Location,
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
};

use crate::deadlock::lock_order::{Class, LockOrder};

type Place = &'static Location<'static>;

/// One side of an inversion: a thread that took a lock while it held another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nesting {
    /// The lock that was held: its name or place of construction.
    pub held: String,
    /// Where it was taken.
    pub held_at: String,
    /// The lock that was taken next.
    pub taken: String,
    /// Where.
    pub taken_at: String,
    /// The thread that was first seen to do so.
    pub thread: String,
}

/// Locks that were taken in orders that form a circle: with unlucky timing the threads wait for each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inversion {
    /// The edges of the circle, each starting at the lock that the one before ended with.
    pub cycle: Vec<Nesting>,
}

impl fmt::Display for Inversion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "unsnarl: potential deadlock: {} locks are taken in a circle", self.cycle.len())?;
        for nesting in &self.cycle {
            let Nesting { held, held_at, taken, taken_at, thread } = nesting;
            writeln!(f, "  {thread} held `{held}` (taken at {held_at}) and took `{taken}` at {taken_at}")?;
        }
        write!(f, "  This run did not hang. Take these locks in one order everywhere.")
    }
}

const UNDECIDED: u8 = 0;
const OFF: u8 = 1;
const ON: u8 = 2;

static STATE: AtomicU8 = AtomicU8::new(UNDECIDED);
static NEXT_THREAD: AtomicU64 = AtomicU64::new(1);

#[derive(Default)]
struct Global {
    order: LockOrder<Place>,
    classes: HashMap<ClassKey, Class>,
    labels: Vec<String>,
    threads: HashMap<u64, String>,
    inversions: Vec<Inversion>,
    reported: HashSet<Vec<Class>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum ClassKey {
    Name(&'static str),
    Place(&'static str, u32, u32),
    /// Nobody knows where it was made: a class of its own, by its address.
    Lock(usize),
}

impl ClassKey {
    /// A number that stands for the class. The same class may have several: texts are told apart by where they are.
    fn digest(self) -> u64 {
        let text = |text: &'static str| mixed(text.as_ptr().addr() as u64, text.len() as u64);
        match self {
            ClassKey::Name(name) => text(name),
            ClassKey::Place(file, line, column) => {
                mixed(text(file), u64::from(line) << 32 | u64::from(column))
            }
            ClassKey::Lock(address) => mixed(address as u64, 1),
        }
    }
}

fn global() -> &'static Mutex<Global> {
    static GLOBAL: OnceLock<Mutex<Global>> = OnceLock::new();
    GLOBAL.get_or_init(Mutex::default)
}

struct Local {
    id: u64,
    held: Vec<Held>,
    /// What was seen before, as hashes of the class that was taken and of those that were held: nothing new can come of it, so
    /// the global graph is left alone.
    seen: HashSet<u64, BuildHasherDefault<Hashed>>,
}

/// For numbers that are hashes already.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _bytes: &[u8]) {
        unreachable!("only numbers are kept")
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

/// Two hashes in one, by which the order of the two matters (Fibonacci hashing).
fn mixed(one: u64, other: u64) -> u64 {
    (one.rotate_left(23) ^ other).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

#[derive(Clone, Copy)]
struct Held {
    lock: usize,
    class: ClassKey,
    /// [`ClassKey::digest`] of the class.
    digest: u64,
    place: Place,
}

thread_local! {
    static LOCAL: RefCell<Local> = RefCell::new(Local {
        // ORDERING: relaxed: only the numbers' being distinct matters.
        id: NEXT_THREAD.fetch_add(1, Ordering::Relaxed),
        held: Vec::new(),
        seen: HashSet::default(),
    });
}

/// Starts watching. Locks that are held already are not known.
pub fn enable() {
    // ORDERING: relaxed: a thread that sees the change late watches a little later.
    STATE.store(ON, Ordering::Relaxed);
}

/// Stops watching.
pub fn disable() {
    // ORDERING: relaxed, see `enable`.
    STATE.store(OFF, Ordering::Relaxed);
}

/// The inversions that were seen so far. Each was also written to standard error when it was first seen.
#[must_use]
pub fn inversions() -> Vec<Inversion> {
    global().lock().unwrap_or_else(PoisonError::into_inner).inversions.clone()
}

#[inline]
fn is_on() -> bool {
    // ORDERING: relaxed, see `enable`.
    match STATE.load(Ordering::Relaxed) {
        ON => true,
        OFF => false,
        _ => decide(),
    }
}

#[cold]
fn decide() -> bool {
    let on = std::env::var_os("UNSNARL_WATCH").is_some_and(|value| value == "1");
    // ORDERING: relaxed, see `enable`; another thread decides the same.
    let _ =
        STATE.compare_exchange(UNDECIDED, if on { ON } else { OFF }, Ordering::Relaxed, Ordering::Relaxed);
    on
}

/// A lock is about to be taken (`waits`), or was taken by a try.
#[inline]
pub(crate) fn taking(
    lock: usize,
    name: Option<&'static str>,
    created: Option<Place>,
    place: Place,
    waits: bool,
) {
    if is_on() {
        note(lock, name, created, place, waits);
    }
}

#[cold]
fn note(lock: usize, name: Option<&'static str>, created: Option<Place>, place: Place, waits: bool) {
    let class = match (name, created) {
        (Some(name), _) => ClassKey::Name(name),
        (None, Some(created)) => ClassKey::Place(created.file(), created.line(), created.column()),
        (None, None) => ClassKey::Lock(lock),
    };
    // A thread whose locals are gone is ending and is no longer watched.
    let _ = LOCAL.try_with(|local| {
        let mut local = local.borrow_mut();
        let digest = class.digest();
        if waits && !local.held.is_empty() {
            let key = local.held.iter().fold(digest, |hash, held| mixed(hash, held.digest));
            if !local.seen.contains(&key) {
                acquired(&local, class, place);
                local.seen.insert(key);
            }
        }
        local.held.push(Held { lock, class, digest, place });
    });
}

/// A lock was given back, or could not be had after all.
#[inline]
pub(crate) fn released(lock: usize) {
    if is_on() {
        let _ = LOCAL.try_with(|local| {
            let held = &mut local.borrow_mut().held;
            if let Some(at) = held.iter().rposition(|held| held.lock == lock) {
                held.remove(at);
            }
        });
    }
}

fn acquired(local: &Local, taken: ClassKey, place: Place) {
    let mut global = global().lock().unwrap_or_else(PoisonError::into_inner);
    let global = &mut *global;
    let mut number = |key: ClassKey| {
        *global.classes.entry(key).or_insert_with(|| {
            global.labels.push(match key {
                ClassKey::Name(name) => name.to_owned(),
                ClassKey::Place(file, line, column) => format!("{file}:{line}:{column}"),
                ClassKey::Lock(address) => format!("lock at {address:#x}"),
            });
            global.labels.len() - 1
        })
    };
    let held: Vec<(Class, Place)> = local.held.iter().map(|held| (number(held.class), held.place)).collect();
    let taken = number(taken);
    let thread = std::thread::current();
    let name = thread.name().map_or_else(|| format!("thread {}", local.id), ToOwned::to_owned);
    global.threads.insert(local.id, name);
    for cycle in global.order.acquired(local.id, &held, taken, &place) {
        let mut key = cycle.clone();
        key.sort_unstable();
        if !global.reported.insert(key) {
            continue;
        }
        let nesting = |at: usize| {
            let (from, to) = (cycle[at], cycle[(at + 1) % cycle.len()]);
            let edge = global.order.edge(from, to).expect("a cycle consists of edges");
            Nesting {
                held: global.labels[from].clone(),
                held_at: edge.held_at.to_string(),
                taken: global.labels[to].clone(),
                taken_at: edge.taken_at.to_string(),
                thread: global.threads.get(&edge.thread).cloned().unwrap_or_default(),
            }
        };
        let inversion = Inversion { cycle: (0..cycle.len()).map(nesting).collect() };
        eprintln!("{inversion}");
        global.inversions.push(inversion);
    }
}
