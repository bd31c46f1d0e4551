//! crossbeam-deque: a thief reads on in a buffer that the owner has replaced.
//!
//! # The symptom
//!
//! Now and then a task of a work-stealing pool runs twice, and another one never.
//!
//! # The story
//!
//! The owner pushes and pops tasks at the back; thieves take them from the front. The tasks are in a buffer, which the owner
//! replaces by a larger or a smaller one as needed. Old buffers stay readable for thieves that still look at them.
//!
//! A thief that takes several tasks read the pointer to the buffer once, and then for each task: read the task, and move the
//! front by a compare-exchange. That exchange only shows that nobody else has moved the front.
//!
//! In between the owner can pop a task at the back, replace the buffer, and push another task into that place. The front has
//! not moved, so the thief's exchange succeeds: with the popped task, out of the old buffer.
//!
//! # The bad interleaving
//!
//! ```text
//! owner                     thief
//!                           front 0, back 2, old buffer
//! pop: task 1
//! new buffer: task 0
//! push task 2 at place 1
//!                           read place 0: task 0
//!                           front 0 -> 1
//!                           read place 1 of the old buffer: task 1
//!                           front 1 -> 2
//! runs task 1               runs tasks 0, 1
//! ```
//!
//! # The fix
//!
//! After the task was read, and before the front is moved, look whether the buffer is still the one that was read from.
//!
//! # Reading
//!
//! - crossbeam-deque, RUSTSEC-2021-0093, pull request 726.
//! - David Chase and Yossi Lev, "Dynamic circular work-stealing deque", SPAA 2005.

use super::{Lesson, Stage, spawn, text};
use crate::{
    check::FindingKind,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    thread,
};

const SOURCE: &str = include_str!("crossbeam_deque_old_buffer.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "crossbeam-deque-old-buffer",
    title: "crossbeam-deque: stolen from the old buffer",
    concept: "replaced memory",
    summary: "A thief takes tasks out of a buffer that the owner has replaced meanwhile",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: &[],
    stages: &[Stage::buggy(FindingKind::Panic, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

/// How many tasks there are in all, the one included that is pushed later.
const TASKS: usize = 3;

struct Deque {
    front: AtomicUsize,
    back: AtomicUsize,
    /// Which of the buffers is in use.
    current: AtomicUsize,
    /// A task is its number.
    buffers: [[AtomicUsize; 2]; 2],
    was_run: [AtomicBool; TASKS],
}

impl Deque {
    fn run(&self, task: usize) {
        assert!(!self.was_run[task].swap(true, SeqCst), "task {task} runs twice");
    }

    /// Takes a task at the back and goes over to a smaller buffer.
    fn pop(&self) {
        let last = self.back.load(SeqCst) - 1;
        self.back.store(last, SeqCst);
        let front = self.front.load(SeqCst);
        if front > last {
            self.back.store(last + 1, SeqCst);
        } else if front == last {
            if self.front.compare_exchange(front, front + 1, SeqCst, SeqCst).is_ok() {
                self.run(self.buffers[0][last].load(SeqCst));
            }
            self.back.store(last + 1, SeqCst);
        } else {
            for place in front..last {
                self.buffers[1][place].store(self.buffers[0][place].load(SeqCst), SeqCst);
            }
            self.current.store(1, SeqCst);
            self.run(self.buffers[0][last].load(SeqCst));
        }
    }

    fn push(&self, task: usize) {
        let back = self.back.load(SeqCst);
        if back < 2 {
            self.buffers[self.current.load(SeqCst)][back].store(task, SeqCst);
            self.back.store(back + 1, SeqCst);
        }
    }

    fn steal(&self, may_take: fn(&Self, usize) -> bool) {
        let mut front = self.front.load(SeqCst);
        let buffer = self.current.load(SeqCst);
        while front < self.back.load(SeqCst) {
            let task = self.buffers[buffer][front].load(SeqCst);
            if !may_take(self, buffer)
                || self.front.compare_exchange(front, front + 1, SeqCst, SeqCst).is_err()
            {
                return;
            }
            self.run(task);
            front += 1;
        }
    }
}

fn buggy() {
    steal_while_shrinking(|_, _| true);
}

fn fixed() {
    steal_while_shrinking(|deque, buffer| deque.current.load(SeqCst) == buffer);
}

fn steal_while_shrinking(may_take: fn(&Deque, usize) -> bool) {
    let numbers = |first, second| [AtomicUsize::new(first), AtomicUsize::new(second)];
    let deque = Deque {
        front: AtomicUsize::new(0),
        back: AtomicUsize::new(2),
        current: AtomicUsize::new(0),
        buffers: [numbers(0, 1), numbers(0, 0)],
        was_run: Default::default(),
    };
    thread::scope(|scope| {
        spawn(scope, "owner", || {
            deque.pop();
            deque.push(2);
        });
        spawn(scope, "thief", || deque.steal(may_take));
    });
}
