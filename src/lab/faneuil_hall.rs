//! A judge who confirms somebody who has not checked in.
//!
//! # The symptom
//!
//! A certificate was issued to somebody whose papers nobody had looked at. The clerk is sure to look at all of them.
//!
//! # The story
//!
//! Immigrants come to a hall, check in, sit down, and wait for a judge. The judge comes, and from then on nobody enters
//! or leaves. When all who have entered have checked in, the judge confirms them; they swear, and leave once the judge has
//! left.
//!
//! A door semaphore keeps others out while the judge is inside. It does not say that those inside are ready: one may stand
//! between the door and the clerk. A judge who confirms as many as have entered, confirms that one, too.
//!
//! So the judge waits for the last check-in, and who checks in last signals. Two numbers are compared for that, how many have
//! entered and how many have checked in, and both must hold still while they are compared: one is under the door, the other
//! one under a mutex.
//!
//! Now there are two locks. An immigrant who counts its entry under the mutex has the door and takes the mutex; a judge
//! who takes the mutex and then the door waits in the other order.
//!
//! # The bad interleaving
//!
//! ```text
//! ada                       judge
//! lock door
//! enter: entered 1
//! unlock door
//!                           lock door
//!                           confirm 1
//!                             panic: checked in are 0
//! ```
//!
//! # The fix
//!
//! The judge takes the door, then the mutex, compares, and if somebody has not checked in yet, gives the mutex back and
//! waits for the last one, who passes the mutex on with the signal. Both numbers become zero under both locks.
//!
//! # Questions
//!
//! - Why may the judge hold the door while it waits? Those it waits for are inside and do not need the door to check in. They
//!   need the mutex, which the judge gives back.
//! - Why does the last one to check in pass the mutex on? Else somebody could come in between the signal and the judge.
//!   Here nobody enters, so it would do no harm; in a larger hall it might.
//! - What if the judge set the numbers to zero after it has opened the door? Who enters in between is wiped out, as in the lesson
//!   `senate-bus`.
//!
//! # Reading
//!
//! - Allen Downey, "The Little Book of Semaphores", section 7.5: the Faneuil Hall problem, and its extension.
//! - Kenneth Reek, "Design patterns for semaphores", SIGCSE 2004: "pass the baton".
//! - Gregory Andrews, "Concurrent Programming: Principles and Practice", 1991, chapter 4: passing the baton.

use super::{Lesson, Stage, plain::Plain, signals, spawn, text};
use crate::{
    Named,
    check::{FindingKind, show},
    sync::Semaphore,
    thread,
};

const SOURCE: &str = include_str!("faneuil_hall.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "faneuil-hall",
    title: "Faneuil Hall",
    concept: "inside is not ready",
    summary: "The judge confirms all who have entered, and one of them has not checked in",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[
        Stage::buggy(FindingKind::Panic, buggy),
        Stage::new(
            "mutex_before_door",
            "The judge waits for the last check-in. It takes the mutex before the door.",
            FindingKind::Deadlock,
            mutex_before_door,
        ),
        Stage::new(
            "waits_with_mutex",
            "The door first. The judge keeps the mutex while it waits for the last check-in.",
            FindingKind::Deadlock,
            waits_with_mutex,
        ),
    ],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: Some(
        "Two immigrants were checked, and a judge who comes until both are confirmed; no spectators.",
    ),
};

const IMMIGRANTS: usize = 2;

struct Hall {
    door: Semaphore,
    mutex: Semaphore,
    /// Belong to who has the mutex, as does `judge_waits`.
    entered: Plain,
    checked_in: Plain,
    judge_waits: Plain,
    all_have_checked_in: Semaphore,
    confirmed: Semaphore,
    /// Somebody is in the hall for whom a judge should come.
    call_judge: Semaphore,
}

impl Hall {
    fn immigrate(&self) {
        signals::wait(&self.door);
        signals::wait(&self.mutex);
        self.entered.set(self.entered.get() + 1);
        show("entered", self.entered.get());
        signals::signal(&self.mutex);
        signals::signal(&self.door);
        signals::signal(&self.call_judge);

        signals::wait(&self.mutex);
        self.checked_in.set(self.checked_in.get() + 1);
        show("checked in", self.checked_in.get());
        if self.judge_waits.get() == 1 && self.checked_in.get() == self.entered.get() {
            // With the mutex.
            signals::signal(&self.all_have_checked_in);
        } else {
            signals::signal(&self.mutex);
        }
        signals::wait(&self.confirmed);
        signals::wait(&self.door);
        signals::signal(&self.door);
    }

    /// Confirms all who are inside, and tells how many those were.
    fn confirm(&self) -> usize {
        let (entered, checked_in) = (self.entered.get(), self.checked_in.get());
        assert!(entered == checked_in, "{entered} are confirmed, and {checked_in} have checked in");
        self.confirmed.add_permits(entered as usize);
        self.entered.set(0);
        self.checked_in.set(0);
        entered as usize
    }
}

fn buggy() {
    ceremony(|hall| {
        signals::wait(&hall.door);
        signals::wait(&hall.mutex);
        let confirmed = hall.confirm();
        signals::signal(&hall.mutex);
        signals::signal(&hall.door);
        confirmed
    });
}

fn mutex_before_door() {
    ceremony(|hall| {
        signals::wait(&hall.mutex);
        signals::wait(&hall.door);
        wait_for_check_ins(hall);
        let confirmed = hall.confirm();
        signals::signal(&hall.door);
        signals::signal(&hall.mutex);
        confirmed
    });
}

fn waits_with_mutex() {
    ceremony(|hall| {
        signals::wait(&hall.door);
        signals::wait(&hall.mutex);
        if hall.entered.get() > hall.checked_in.get() {
            hall.judge_waits.set(1);
            signals::wait(&hall.all_have_checked_in);
            hall.judge_waits.set(0);
        }
        let confirmed = hall.confirm();
        signals::signal(&hall.mutex);
        signals::signal(&hall.door);
        confirmed
    });
}

fn fixed() {
    ceremony(|hall| {
        signals::wait(&hall.door);
        signals::wait(&hall.mutex);
        wait_for_check_ins(hall);
        let confirmed = hall.confirm();
        signals::signal(&hall.mutex);
        signals::signal(&hall.door);
        confirmed
    });
}

/// Gives the mutex back while it waits, and has it again afterwards.
fn wait_for_check_ins(hall: &Hall) {
    if hall.entered.get() > hall.checked_in.get() {
        hall.judge_waits.set(1);
        signals::signal(&hall.mutex);
        signals::wait(&hall.all_have_checked_in);
        hall.judge_waits.set(0);
    }
}

fn ceremony(judge: fn(&Hall) -> usize) {
    let hall = Hall {
        door: Semaphore::new(1).named("door"),
        mutex: Semaphore::new(1).named("mutex"),
        entered: Plain::new(0),
        checked_in: Plain::new(0),
        judge_waits: Plain::new(0),
        all_have_checked_in: Semaphore::new(0).named("all checked in"),
        confirmed: Semaphore::new(0).named("confirmed"),
        call_judge: Semaphore::new(0).named("call judge"),
    };
    thread::scope(|scope| {
        for name in ["ada", "ben"] {
            let hall = &hall;
            spawn(scope, name, move || hall.immigrate());
        }
        spawn(scope, "judge", || {
            let mut confirmed = 0;
            while confirmed < IMMIGRANTS {
                signals::wait(&hall.call_judge);
                confirmed += judge(&hall);
            }
        });
    });
}
