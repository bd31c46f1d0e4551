//! A car that takes new passengers before the old ones are out.
//!
//! # The symptom
//!
//! A car for two runs with one passenger. Some step out while others step in, and one rides in circles alone.
//!
//! # The story
//!
//! A car of a roller coaster loads two passengers, runs, and unloads them. The car signals two that they may board, waits
//! until both are aboard, runs, signals two that they may leave, and waits until both are ashore.
//!
//! The first wait is obvious: an empty car would run. The second one seems to be politeness. What could the car do wrong? It
//! only comes back for the next passengers.
//!
//! It comes back, and signals that two may board. One of the last two is still in its seat, and one who is out already
//! comes around again. The count of those aboard says two, so the car is told that all are aboard.
//!
//! With several cars on one track another order must hold: they come in as they went out. A queue for all boarding
//! passengers, and one for all who leave, says nothing about cars. So a car must have the platform for itself, and hand it
//! to the next one.
//!
//! # The bad interleaving
//!
//! ```text
//! car                    ada                    ben
//!                        aboard                 aboard
//! signal: leave (2)
//! signal: board (2)
//!                        leaves
//!                        comes again: both
//!                        seats are taken
//!                        signal: all aboard
//!                        leaves
//! wait: all aboard
//!   panic: runs with 1
//! ```
//!
//! # The fix
//!
//! Four signals a ride, two from the car and two to the car: board, all aboard, leave, all ashore. For several cars also a
//! permit for the platform of loading and one for that of unloading, which the cars hand on around the track.
//!
//! # Questions
//!
//! - Who counts how many are aboard? The passengers, under a lock: the last one to board signals the car. The car cannot
//!   count signals that it does not wait for.
//! - Why not let the car wait two times for a signal of one passenger? That works, too, and needs no lock; the car then wakes
//!   twice.
//! - Which rule keeps the cars in order? Each hands the platform on to the next one, and to no other.
//!
//! # Reading
//!
//! - Allen Downey, "The Little Book of Semaphores", section 5.8: the roller coaster problem, and the one with several cars.
//! - Gregory Andrews, "Concurrent Programming: Principles and Practice", 1991, chapter 4, exercises: where it comes from.
//! - Joseph Sifakis, "Deadlocks and livelocks in transition systems", MFCS 1980: cycles of states, here those of the car.

use std::collections::VecDeque;

use super::{Lesson, Stage, signals, spawn, text};
use crate::{
    Named,
    check::{FindingKind, show},
    parking_lot::Mutex,
    sync::Semaphore,
    thread,
};

const SOURCE: &str = include_str!("roller_coaster.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "roller-coaster",
    title: "The roller coaster",
    concept: "each phase ends with a signal back",
    summary: "The car loads again, and a passenger of the last ride is still aboard",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[
        Stage::buggy(FindingKind::Panic, buggy),
        Stage::new(
            "runs_at_once",
            "The car waits for those who leave, and not for those who board.",
            FindingKind::Panic,
            runs_at_once,
        ),
        Stage::new(
            "cars_overtake",
            "Two cars, and no platform that they hand on to each other.",
            FindingKind::Panic,
            cars_overtake,
        ),
    ],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: Some(
        "Two passengers and one car with two rides were checked, and then two cars that go around twice, without passengers.",
    ),
};

const RIDES: usize = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Loads,
    Runs,
    Unloads,
}

/// What the passengers see of the cars.
struct Platform {
    phase: Phase,
    aboard: usize,
    /// What was done in the wrong phase.
    mistake: Option<(&'static str, Phase)>,
}

impl Platform {
    fn expect(&mut self, phase: Phase, what: &'static str) {
        if self.phase != phase {
            self.mistake.get_or_insert((what, self.phase));
        }
    }
}

struct Coaster {
    seats: usize,
    platform: Mutex<Platform>,
    board: Semaphore,
    all_aboard: Semaphore,
    leave: Semaphore,
    all_ashore: Semaphore,
}

impl Coaster {
    fn new(seats: usize) -> Self {
        Coaster {
            seats,
            platform: Mutex::new(Platform { phase: Phase::Unloads, aboard: 0, mistake: None })
                .named("platform"),
            board: Semaphore::new(0).named("board"),
            all_aboard: Semaphore::new(0).named("all aboard"),
            leave: Semaphore::new(0).named("leave"),
            all_ashore: Semaphore::new(0).named("all ashore"),
        }
    }

    fn ride(&self) {
        signals::wait(&self.board);
        let mut platform = self.platform.lock();
        platform.expect(Phase::Loads, "boards");
        platform.aboard += 1;
        show("aboard", platform.aboard);
        if platform.aboard == self.seats {
            signals::signal(&self.all_aboard);
        }
        drop(platform);

        signals::wait(&self.leave);
        let mut platform = self.platform.lock();
        platform.expect(Phase::Unloads, "leaves");
        platform.aboard -= 1;
        show("aboard", platform.aboard);
        if platform.aboard == 0 {
            signals::signal(&self.all_ashore);
        }
    }

    #[track_caller]
    fn load(&self) {
        self.platform.lock().phase = Phase::Loads;
        self.board.add_permits(self.seats);
    }

    #[track_caller]
    fn run(&self) {
        let mut platform = self.platform.lock();
        platform.phase = Phase::Runs;
        assert!(
            platform.aboard == self.seats,
            "the car runs with {} of {} seats taken",
            platform.aboard,
            self.seats
        );
    }

    #[track_caller]
    fn unload(&self) {
        self.platform.lock().phase = Phase::Unloads;
        self.leave.add_permits(self.seats);
    }
}

fn buggy() {
    one_car(|coaster| {
        coaster.load();
        signals::wait(&coaster.all_aboard);
        coaster.run();
        coaster.unload();
    });
}

fn runs_at_once() {
    one_car(|coaster| {
        coaster.load();
        coaster.run();
        coaster.unload();
        signals::wait(&coaster.all_ashore);
    });
}

fn cars_overtake() {
    two_cars(|_, _| {}, |_, _| {});
}

fn fixed() {
    one_car(|coaster| {
        coaster.load();
        signals::wait(&coaster.all_aboard);
        coaster.run();
        coaster.unload();
        signals::wait(&coaster.all_ashore);
    });
    two_cars(|turns, car| signals::wait(&turns[car]), |turns, car| signals::signal(&turns[1 - car]));
}

fn one_car(ride: fn(&Coaster)) {
    let coaster = Coaster::new(2);
    thread::scope(|scope| {
        for name in ["ada", "ben"] {
            let coaster = &coaster;
            spawn(scope, name, move || {
                for _ in 0..RIDES {
                    coaster.ride();
                }
            });
        }
        spawn(scope, "car", || {
            for _ in 0..RIDES {
                ride(&coaster);
            }
        });
    });
    if let Some((what, phase)) = coaster.platform.into_inner().mistake {
        panic!("a passenger {what} while the car {phase:?}");
    }
}

/// Two cars that go around, one at a time at each platform. `wait_for_turn` gets the turns of a platform and the car.
fn two_cars(wait_for_turn: fn(&[Semaphore; 2], usize), hand_on: fn(&[Semaphore; 2], usize)) {
    let loading = [Semaphore::new(1).named("car 1 may load"), Semaphore::new(0).named("car 2 may load")];
    let unloading =
        [Semaphore::new(1).named("car 1 may unload"), Semaphore::new(0).named("car 2 may unload")];
    let on_the_track = Mutex::new(VecDeque::new()).named("track");
    thread::scope(|scope| {
        for (car, name) in ["car 1", "car 2"].into_iter().enumerate() {
            let (loading, unloading, on_the_track) = (&loading, &unloading, &on_the_track);
            spawn(scope, name, move || {
                for _ in 0..RIDES {
                    wait_for_turn(loading, car);
                    on_the_track.lock().push_back(car);
                    hand_on(loading, car);

                    wait_for_turn(unloading, car);
                    let first = on_the_track.lock().pop_front();
                    assert!(first == Some(car), "{name} unloads before the car that went out first");
                    hand_on(unloading, car);
                }
            });
        }
    });
}
