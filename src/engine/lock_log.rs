//! What an execution shows of its lock order: who took a lock while holding others; and, where that is asked for, by what the
//! threads learn of each other.

use super::{
    execution::World,
    object::{Place, State},
    op::{ObjectIndex, OpKind, ThreadIndex},
    thread::Held,
};

/// A thread took a lock while it held others. Only what it would have waited for counts, so no tries and no time limits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Nested {
    pub(crate) thread: ThreadIndex,
    pub(crate) object: ObjectIndex,
    pub(crate) kind: OpKind,
    pub(crate) place: Place,
    /// Which of the logged locks it held.
    held: (usize, usize),
}

/// Something by which one thread comes after another.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Flow {
    /// The thread leaves what it knows with the object.
    Leaves { thread: ThreadIndex, object: ObjectIndex },
    /// The thread learns what was left with the object.
    Learns { thread: ThreadIndex, object: ObjectIndex },
    /// The thread tells another one directly: it spawned it, or notified it.
    Tells { thread: ThreadIndex, other: ThreadIndex },
    /// Here it was that a thread took a lock while holding others: the next one in the log.
    Nested,
}

/// The log of one execution.
#[derive(Debug, Default)]
pub(crate) struct LockLog {
    nested: Vec<Nested>,
    held: Vec<Held>,
    /// The mutexes that threads waited with on condition variables.
    pub(crate) monitors: Vec<ObjectIndex>,
    /// Whether the flows are logged, too.
    pub(crate) follows: bool,
    pub(crate) flows: Vec<Flow>,
}

impl LockLog {
    pub(super) fn clear(&mut self) {
        self.nested.clear();
        self.held.clear();
        self.monitors.clear();
        self.flows.clear();
    }

    pub(crate) fn nested(&self) -> &[Nested] {
        &self.nested
    }

    /// What the thread held there: at least one other lock, and perhaps the same, if it reads again or upgrades.
    pub(crate) fn held(&self, nested: &Nested) -> &[Held] {
        &self.held[nested.held.0..nested.held.1]
    }

    pub(super) fn flow(&mut self, flow: Flow) {
        if self.follows {
            self.flows.push(flow);
        }
    }
}

impl World {
    /// The thread is about to take a lock that it can have, by an operation that would else have waited.
    #[inline]
    pub(super) fn log_nesting(
        &mut self,
        thread: ThreadIndex,
        object: ObjectIndex,
        kind: OpKind,
        place: Place,
    ) {
        if self.lock_log.is_some() && !self.thread(thread).held.is_empty() {
            self.log_nested(thread, object, kind, place);
        }
    }

    #[cold]
    fn log_nested(&mut self, thread: ThreadIndex, object: ObjectIndex, kind: OpKind, place: Place) {
        let Some(mut log) = self.lock_log.take() else { return };
        let begin = log.held.len();
        let held = self.thread(thread).held.iter().filter(|held| {
            matches!(self.object(held.object).state, State::Mutex { .. } | State::RwLock { .. })
        });
        log.held.extend(held);
        if log.held[begin..].iter().any(|held| held.object != object) {
            let held = (begin, log.held.len());
            log.nested.push(Nested { thread, object, kind, place, held });
            log.flow(Flow::Nested);
        }
        self.lock_log = Some(log);
    }

    /// The thread leaves what it knows with the object, or learns what is there. Atomics say nothing here: what a load sees
    /// is chance as often as it is meant.
    #[inline]
    pub(super) fn log_flow(&mut self, object: ObjectIndex, flow: Flow) {
        if self.lock_log.is_some() {
            self.log_flow_of(object, flow);
        }
    }

    #[inline(never)]
    fn log_flow_of(&mut self, object: ObjectIndex, flow: Flow) {
        if !matches!(self.object(object).state, State::Atomic { .. } | State::Fence)
            && let Some(log) = &mut self.lock_log
        {
            log.flow(flow);
        }
    }

    /// The thread tells another one directly.
    #[inline]
    pub(super) fn log_tells(&mut self, thread: ThreadIndex, other: ThreadIndex) {
        if let Some(log) = &mut self.lock_log {
            log.flow(Flow::Tells { thread, other });
        }
    }
}
