//! Two crowds on one path, and a gate that stays shut.
//!
//! # The symptom
//!
//! Nobody crosses the field any more. The last ones to cross have closed a gate for themselves, as they should, and left.
//!
//! # The story
//!
//! After a snowfall there is one path from Modus Hall to the rest of the campus. Heathens and prudes must not meet on it. The
//! majority rules: as soon as more wait of the others than there are of the ruling kind, no more of the ruling kind may start,
//! those on the path finish, and the rule changes.
//!
//! A counter for each kind and a status say who rules. A turnstile for each kind holds it back when the others are the
//! majority: who finds that out takes the turnstile, and the last one of the old rule gives it back, lets the others go, and
//! writes the new status.
//!
//! All that is one change, and must be one under the mutex. If the last one lets the others go and writes the status
//! afterwards, somebody reads the old status between the two: it starts though the others do, or waits for a call that
//! has been made already.
//!
//! And what was closed must be opened, on each way on which the rule can end.
//!
//! # The bad interleaving
//!
//! ```text
//! heathen                prude 1 and prude 2
//! starts: heathens rule
//!                        both wait; they are
//!                        more: close the
//!                        heathens' turnstile
//! last: prudes rule,
//! lets both go
//!                        cross
//! comes again:
//! turnstile
//!   waits for ever
//! ```
//!
//! # The fix
//!
//! The last heathen of a rule that is to end opens the turnstile again, counts the prudes as ruling, and lets them go,
//! all under the mutex. The heathens who come then find the prudes' rule in the status, and queue up.
//!
//! # Questions
//!
//! - Why is the turnstile needed, if the status says that the rule is to end? To keep those out who have not counted
//!   themselves yet. Those who are counted must be let through, since the last of them ends the rule.
//! - Can somebody starve? A minority of one waits as long as the majority goes on coming and going. Here ruling is by
//!   number, and not by waiting.
//! - How many states are there? Neutral, two rules, and two transitions. Drawing them with the events between them is half
//!   of the solution.
//!
//! # Reading
//!
//! - Allen Downey, "The Little Book of Semaphores", section 6.4: the Modus Hall problem.
//! - Yuh-Jzer Joung, "Asynchronous group mutual exclusion", Distributed Computing 13(4), 2000.
//! - David Harel, "Statecharts: a visual formalism for complex systems", Science of Computer Programming 8(3), 1987: to draw
//!   the states.

use super::{Lesson, Stage, signals, spawn, text};
use crate::{
    Named,
    check::{FindingKind, show},
    parking_lot::{Mutex, MutexGuard},
    sync::Semaphore,
    thread,
};

const SOURCE: &str = include_str!("modus_hall.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "modus-hall",
    title: "Modus Hall",
    concept: "a change of rule is one change",
    summary: "The gate that was closed for the change of rule is not opened again",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[
        Stage::buggy(FindingKind::Deadlock, buggy),
        Stage::new(
            "status_written_late",
            "The turnstile is opened. The others are let go before the status says that they rule.",
            FindingKind::Deadlock,
            status_written_late,
        ),
    ],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: Some("One heathen who crosses twice and two prudes who cross once were checked."),
};

const HEATHENS: usize = 0;
const PRUDES: usize = 1;
const NAMES: [&str; 2] = ["heathens", "prudes"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Neutral,
    Rules(usize),
    /// This kind still rules, and none of it may start any more.
    Ends(usize),
}

struct Field {
    status: Status,
    /// Who crosses or waits, by kind.
    here: [usize; 2],
}

impl Field {
    fn show(&self) {
        show("status", format_args!("{:?}", self.status));
        show(NAMES[HEATHENS], self.here[HEATHENS]);
        show(NAMES[PRUDES], self.here[PRUDES]);
    }
}

#[derive(Default)]
struct OnThePath {
    count: [usize; 2],
    have_met: bool,
}

impl OnThePath {
    fn start(&mut self, kind: usize) {
        self.count[kind] += 1;
        self.have_met |= self.count[1 - kind] > 0;
    }
}

struct Path {
    field: Mutex<Field>,
    turnstiles: [Semaphore; 2],
    queues: [Semaphore; 2],
    on_the_path: Mutex<OnThePath>,
}

/// What the last one of a kind does when others wait.
type HandOver = fn(&Path, MutexGuard<'_, Field>, usize);

impl Path {
    fn cross(&self, kind: usize, hand_over: HandOver) {
        let other = 1 - kind;
        signals::wait(&self.turnstiles[kind]);
        signals::signal(&self.turnstiles[kind]);

        let mut field = self.field.lock();
        field.here[kind] += 1;
        let must_wait = match field.status {
            Status::Neutral => {
                field.status = Status::Rules(kind);
                false
            }
            Status::Rules(ruling) if ruling == other => {
                if field.here[kind] > field.here[other] {
                    field.status = Status::Ends(other);
                    signals::wait(&self.turnstiles[other]);
                }
                true
            }
            Status::Ends(ruling) => ruling == other,
            Status::Rules(_) => false,
        };
        field.show();
        drop(field);
        if must_wait {
            signals::wait(&self.queues[kind]);
        }

        self.on_the_path.lock().start(kind);
        self.on_the_path.lock().count[kind] -= 1;

        let mut field = self.field.lock();
        field.here[kind] -= 1;
        if field.here[kind] > 0 {
            if field.status == Status::Rules(kind) && field.here[other] > field.here[kind] {
                field.status = Status::Ends(kind);
                signals::wait(&self.turnstiles[kind]);
            }
        } else if field.here[other] > 0 {
            hand_over(self, field, kind);
        } else {
            field.status = Status::Neutral;
        }
    }

    /// Lets those of this kind start again, if they were kept out.
    #[track_caller]
    fn open_turnstile(&self, field: &Field, kind: usize) {
        if field.status == Status::Ends(kind) {
            signals::signal(&self.turnstiles[kind]);
        }
    }
}

fn buggy() {
    cross_the_field(|path, mut field, kind| {
        let other = 1 - kind;
        field.status = Status::Rules(other);
        field.show();
        path.queues[other].add_permits(field.here[other]);
    });
}

fn status_written_late() {
    cross_the_field(|path, field, kind| {
        let other = 1 - kind;
        path.open_turnstile(&field, kind);
        path.queues[other].add_permits(field.here[other]);
        drop(field);
        let mut field = path.field.lock();
        field.status = Status::Rules(other);
        field.show();
    });
}

fn fixed() {
    cross_the_field(|path, mut field, kind| {
        let other = 1 - kind;
        path.open_turnstile(&field, kind);
        field.status = Status::Rules(other);
        field.show();
        path.queues[other].add_permits(field.here[other]);
    });
}

fn cross_the_field(hand_over: HandOver) {
    let path = Path {
        field: Mutex::new(Field { status: Status::Neutral, here: [0; 2] }).named("field"),
        turnstiles: [
            Semaphore::new(1).named("heathens' turnstile"),
            Semaphore::new(1).named("prudes' turnstile"),
        ],
        queues: [Semaphore::new(0).named("heathens"), Semaphore::new(0).named("prudes")],
        on_the_path: Mutex::new(OnThePath::default()).named("path"),
    };
    thread::scope(|scope| {
        for (name, kind, times) in [("heathen", HEATHENS, 2), ("prude 1", PRUDES, 1), ("prude 2", PRUDES, 1)]
        {
            let path = &path;
            spawn(scope, name, move || {
                for _ in 0..times {
                    path.cross(kind, hand_over);
                }
            });
        }
    });
    assert!(!path.on_the_path.into_inner().have_met, "heathens and prudes have met on the path");
}
