//! Lessons: classic concurrency bugs, one concept a file, each as a program with the bug and one without.
//!
//! A lesson's file is read from top to bottom: the symptom, the story, the bad interleaving as columns (time runs
//! downwards), the fix, the reading, and then the two programs. [`check_buggy`] finds the bug, [`check_fixed`] goes through
//! all interleavings of the repaired program.
//!
//! ```
//! use unsnarl::lab;
//!
//! let lesson = lab::find("transfer").expect("a lesson about two locks");
//! let verdict = lab::check_buggy(lesson);
//! assert_eq!(verdict.finding().map(|finding| finding.kind), Some(lesson.expected()));
//! assert!(lab::check_fixed(lesson).pass().is_some_and(|pass| pass.is_complete()));
//! ```

mod after_you;
mod baboon_crossing;
mod barbershop;
mod barrier;
mod blocked_event_loop;
mod both_write_first;
mod bounded_buffer;
mod building_h2o;
mod callback_under_lock;
mod check_then_act;
mod child_care;
mod cigarette_smokers;
mod course;
mod dance_pairs;
mod dining_hall;
mod dining_philosophers;
mod dining_savages;
mod faneuil_hall;
mod fifo_barbershop;
mod fifo_queue;
mod file_half_written;
mod footman;
mod half_a_change;
mod hilzers_barbershop;
mod last_sender;
mod lesson;
mod lightswitch;
mod lock_twice;
mod lost_update;
mod lost_wakeup;
#[cfg(lab_web)]
pub(crate) mod meltdown;
mod missed_event;
mod modus_hall;
mod mutex_before_semaphore;
mod no_starve_mutex;
mod no_starve_readers_writers;
mod one_thread_for_all;
mod plain;
mod pool_shutdown;
mod pool_waits_for_itself;
mod publication;
mod readers_writers;
mod real;
mod rendezvous;
mod reusable_barrier;
mod river_crossing;
mod roller_coaster;
mod room_party;
mod santa_claus;
mod search_insert_delete;
mod semaphore_as_counter;
mod semaphore_as_lock;
mod senate_bus;
mod short_read;
mod signals;
mod silent_client;
mod stranded_connection;
mod sushi_bar;
mod switch;
mod test_that_sleeps;
pub mod text;
mod transfer;
mod two_full_queues;
mod unisex_bathroom;
#[cfg(lab_web)]
pub mod web;
mod writer_priority;
mod wrong_waiter;

pub use course::Chapter;
pub use lesson::{Lesson, Question, Stage, check_buggy, check_fixed, check_stage, spawn};

/// The course by chapter. [`real_bugs`] come after it.
#[must_use]
pub fn chapters() -> &'static [Chapter] {
    course::CHAPTERS
}

/// The course: classic bugs, in teaching order.
#[must_use]
pub fn lessons() -> &'static [Lesson] {
    &course::LESSONS
}

/// Bugs of published crates, rebuilt small, by crate; their reading begins with where the repair is to be seen.
#[must_use]
pub fn real_bugs() -> &'static [Lesson] {
    real::REAL_BUGS
}

/// The lesson or the real bug of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Lesson> {
    lessons().iter().chain(real_bugs()).find(|lesson| lesson.name == name)
}
