//! Schedulers for shuttle that stop at limits and print nothing. (Shuttle's own print a seed when they are dropped early.)

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use ::shuttle::scheduler::{Schedule, Scheduler, Task, TaskId};

/// Picks a runnable thread at random in each step.
#[derive(Debug)]
pub(super) struct Random {
    seed: u64,
    executions: u64,
    state: u64,
}

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Random { seed, executions: 0, state: 0 }
    }

    /// The next number of SplitMix64 (Steele, Lea, Flood 2014).
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Scheduler for Random {
    fn new_execution(&mut self) -> Option<Schedule> {
        self.state = self.seed ^ self.executions.wrapping_mul(0xd134_2543_de82_ef95);
        self.executions += 1;
        let seed = self.next();
        Some(Schedule::new(seed))
    }

    fn next_task(&mut self, runnable: &[&Task], _current: Option<TaskId>, _yielding: bool) -> Option<TaskId> {
        let choice = self.next() % runnable.len() as u64;
        Some(runnable[usize::try_from(choice).expect("less than the length")].id())
    }

    fn next_u64(&mut self) -> u64 {
        self.next()
    }
}

/// Does not let a thread that yields go on when another can: without it a search in order never gets out of a loop that
/// waits for another thread.
#[derive(Debug)]
pub(super) struct Fair<S>(pub(super) S);

impl<S: Scheduler> Scheduler for Fair<S> {
    fn new_execution(&mut self) -> Option<Schedule> {
        self.0.new_execution()
    }

    fn next_task(&mut self, runnable: &[&Task], current: Option<TaskId>, yielding: bool) -> Option<TaskId> {
        if yielding && runnable.len() > 1 {
            let others: Vec<&Task> =
                runnable.iter().copied().filter(|task| Some(task.id()) != current).collect();
            self.0.next_task(&others, current, yielding)
        } else {
            self.0.next_task(runnable, current, yielding)
        }
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }
}

/// Ends a search at a number of executions or a moment.
#[derive(Debug)]
pub(super) struct Limited<S> {
    inner: S,
    left: Option<u64>,
    deadline: Option<Instant>,
    /// Set when a limit, and not the end of the search, stopped it.
    hit: Arc<AtomicBool>,
}

impl<S> Limited<S> {
    pub(super) fn new(
        inner: S,
        executions: Option<u64>,
        deadline: Option<Instant>,
    ) -> (Self, Arc<AtomicBool>) {
        let hit = Arc::new(AtomicBool::new(false));
        (Limited { inner, left: executions, deadline, hit: Arc::clone(&hit) }, hit)
    }
}

impl<S: Scheduler> Scheduler for Limited<S> {
    fn new_execution(&mut self) -> Option<Schedule> {
        let over = self.left == Some(0) || self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        let schedule = self.inner.new_execution()?;
        if over {
            // ORDERING: relaxed: read by the same thread when the run is over.
            self.hit.store(true, Ordering::Relaxed);
            return None;
        }
        self.left = self.left.map(|left| left - 1);
        Some(schedule)
    }

    fn next_task(&mut self, runnable: &[&Task], current: Option<TaskId>, yielding: bool) -> Option<TaskId> {
        self.inner.next_task(runnable, current, yielding)
    }

    fn next_u64(&mut self) -> u64 {
        self.inner.next_u64()
    }
}
