//! The state of one thread of a model.

use std::borrow::Cow;

use super::{
    clock::{VectorClock, VirtualTime},
    execution::Limits,
    memory::StaleReads,
    object::Place,
    op::{NO_OBJECT, ObjectIndex, OpKind},
    select::Selection,
    trace::Outcome,
};

/// A lock, or a permit, that a thread holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    pub(crate) object: ObjectIndex,
    /// The operation that took it: tells a read lock from a write lock.
    pub(crate) kind: OpKind,
    pub(crate) place: Place,
}

/// A panic that was seen in a thread.
#[derive(Clone, Debug)]
pub(crate) struct PanicRecord {
    pub(crate) message: String,
    pub(crate) place: String,
    /// How many steps of the execution lay before it.
    pub(crate) steps_before: usize,
}

/// A thread of the model.
#[derive(Debug)]
pub(crate) struct Thread {
    pub(crate) name: Option<Cow<'static, str>>,
    pub(crate) object: ObjectIndex,
    pub(crate) outcome: Outcome,
    pub(crate) finished: bool,
    /// Woken from the condition variable that it waits on.
    pub(crate) notified: bool,
    pub(crate) park_token: bool,
    /// When the time of its timed operation runs out, or its sleep ends.
    pub(crate) deadline: VirtualTime,
    /// Where it ran out of time early, and how often.
    pub(crate) early_timeouts: Vec<(Place, u32)>,
    pub(crate) spurious_left: u32,
    /// The step at which it published its operation.
    pub(crate) published_at: usize,
    /// What it has looked at since it last yielded, in programs that yield.
    pub(crate) looked_at: Vec<ObjectIndex>,
    /// The first step of another thread that changed something of it.
    pub(crate) sees_change: Option<usize>,
    /// Where it last yielded.
    pub(crate) yielded_at: Option<Place>,
    /// How many more turns it may spin for nothing.
    pub(crate) idle_turns_left: u32,
    /// How often it went on only because nobody else could.
    pub(crate) times_forced: u32,
    /// The step it last took.
    pub(crate) last_step: usize,
    pub(crate) held: Vec<Held>,
    /// Happens-before, for race detection.
    pub(crate) clock: VectorClock,
    /// Released before the last release fence, and what relaxed loads saw, for fences.
    pub(crate) fence_release: VectorClock,
    pub(crate) fence_acquire: VectorClock,
    /// Which overwritten values it read where.
    pub(crate) stale_reads: Vec<StaleReads>,
    /// What it selects among, or waits for where messages are handed over.
    pub(crate) selection: Selection,
    /// The step without which the pending operation could not proceed, for the strategy.
    pub(crate) enabled_by: Option<usize>,
    pub(crate) panic: Option<PanicRecord>,
    /// It ended by that panic.
    pub(crate) ended_by_panic: bool,
    /// Somebody waited for its end and saw its result.
    pub(crate) joined: bool,
    pub(crate) detached: bool,
}

impl Thread {
    pub(super) fn new() -> Self {
        Thread {
            name: None,
            object: NO_OBJECT,
            outcome: Outcome::Done,
            finished: false,
            notified: false,
            park_token: false,
            deadline: VirtualTime::ZERO,
            early_timeouts: Vec::new(),
            spurious_left: 0,
            published_at: 0,
            looked_at: Vec::new(),
            sees_change: None,
            yielded_at: None,
            idle_turns_left: 0,
            times_forced: 0,
            last_step: 0,
            held: Vec::new(),
            clock: VectorClock::new(),
            fence_release: VectorClock::new(),
            fence_acquire: VectorClock::new(),
            stale_reads: Vec::new(),
            selection: Selection::default(),
            enabled_by: None,
            panic: None,
            ended_by_panic: false,
            joined: false,
            detached: false,
        }
    }

    pub(super) fn reset(&mut self, limits: &Limits) {
        self.name = None;
        self.object = NO_OBJECT;
        self.outcome = Outcome::Done;
        self.finished = false;
        self.notified = false;
        self.park_token = false;
        self.deadline = VirtualTime::ZERO;
        self.early_timeouts.clear();
        self.spurious_left = limits.spurious_wakeups;
        self.published_at = 0;
        self.looked_at.clear();
        self.sees_change = None;
        self.yielded_at = None;
        self.idle_turns_left = limits.idle_turns;
        self.times_forced = 0;
        self.last_step = 0;
        self.held.clear();
        self.clock.clear();
        self.fence_release.clear();
        self.fence_acquire.clear();
        self.stale_reads.clear();
        self.selection.clear();
        self.enabled_by = None;
        self.panic = None;
        self.ended_by_panic = false;
        self.joined = false;
        self.detached = false;
    }
}
