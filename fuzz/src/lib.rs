//! What the two schedule targets have in common: a bounded buffer of one slot with two producers and two consumers, once
//! right and once wrong, and a run of it along a schedule that the fuzzer wrote.

use unsnarl::{
    Named,
    check::{Checker, Strategy, Verdict},
    parking_lot::{Condvar, Mutex},
    sync::Arc,
    thread,
};

/// Items that each producer puts in, and that each consumer takes out.
const ITEMS: u32 = 1;

/// A bounded buffer of one slot.
pub trait Buffer: Send + Sync + 'static {
    /// An empty one.
    fn new() -> Self;
    /// Waits until the slot is empty, then fills it.
    fn put(&self, item: u32);
    /// Waits until the slot is full, then empties it.
    fn take(&self) -> u32;
}

/// The textbook's: one condition for "there is room", one for "there is something".
#[derive(Debug)]
pub struct Correct {
    slot: Mutex<Option<u32>>,
    room: Condvar,
    something: Condvar,
}

impl Buffer for Correct {
    fn new() -> Self {
        Correct {
            slot: Mutex::new(None).named("slot"),
            room: Condvar::new().named("room"),
            something: Condvar::new().named("something"),
        }
    }

    fn put(&self, item: u32) {
        let mut slot = self.slot.lock();
        while slot.is_some() {
            self.room.wait(&mut slot);
        }
        *slot = Some(item);
        self.something.notify_one();
    }

    fn take(&self) -> u32 {
        let mut slot = self.slot.lock();
        loop {
            if let Some(item) = slot.take() {
                self.room.notify_one();
                return item;
            }
            self.something.wait(&mut slot);
        }
    }
}

/// With one condition for both: a consumer may wake the other consumer instead of a producer, and all sleep.
#[derive(Debug)]
pub struct Broken {
    slot: Mutex<Option<u32>>,
    changed: Condvar,
}

impl Buffer for Broken {
    fn new() -> Self {
        Broken { slot: Mutex::new(None).named("slot"), changed: Condvar::new().named("changed") }
    }

    fn put(&self, item: u32) {
        let mut slot = self.slot.lock();
        while slot.is_some() {
            self.changed.wait(&mut slot);
        }
        *slot = Some(item);
        self.changed.notify_one();
    }

    fn take(&self) -> u32 {
        let mut slot = self.slot.lock();
        loop {
            if let Some(item) = slot.take() {
                self.changed.notify_one();
                return item;
            }
            self.changed.wait(&mut slot);
        }
    }
}

/// Runs the buffer once; `schedule` says who runs.
pub fn run<B: Buffer>(schedule: &[u8]) -> Verdict {
    Checker::new("buffer")
        .strategy(Strategy::Bytes(schedule.to_vec()))
        .regressions(false)
        .shrink(false)
        .spurious_wakeups(0)
        .run(two_producers_two_consumers::<B>)
}

fn two_producers_two_consumers<B: Buffer>() {
    let buffer = Arc::new(B::new());
    let producers = [1, 2].map(|producer| {
        let buffer = Arc::clone(&buffer);
        thread::spawn(move || (0..ITEMS).for_each(|item| buffer.put(producer * 10 + item)))
    });
    let consumers = [(); 2].map(|()| {
        let buffer = Arc::clone(&buffer);
        thread::spawn(move || (0..ITEMS).map(|_| buffer.take()).sum::<u32>())
    });
    producers.into_iter().for_each(|producer| producer.join().unwrap());
    let sum = consumers.into_iter().map(|consumer| consumer.join().unwrap()).sum::<u32>();
    assert_eq!(sum, 10 + 20, "an item was lost or came twice");
}
