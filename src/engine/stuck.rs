//! Deadlocks: threads that wait for each other in a circle, found at the moment the circle closes.

use super::{
    execution::World,
    object::State,
    op::{Op, OpKind, ThreadIndex},
};

impl World {
    /// The threads without which `thread` can never go on: each of them alone must act first.
    ///
    /// Only what is certain counts: the owner of a lock, the readers that a writer waits for, the thread that is joined.
    /// Timed operations and those that any thread could satisfy (a notification, a permit, a message) wait for nobody in
    /// particular.
    pub(crate) fn waits_for(&self, thread: ThreadIndex) -> Vec<ThreadIndex> {
        let Some(op) = self.pending[thread] else { return Vec::new() };
        if op.kind == OpKind::Relock && !self.thread(thread).notified {
            return Vec::new();
        }
        if matches!(op.kind, OpKind::Relock | OpKind::RelockTimed) {
            return match self.object(op.object).state {
                State::Mutex { owner } => owner.into_iter().collect(),
                _ => Vec::new(),
            };
        }
        match (&self.objects_get(op.object), op.kind) {
            (Some(State::Mutex { owner }), OpKind::Lock) => owner.iter().copied().collect(),
            (Some(State::RwLock(lock)), kind) => lock.in_the_way_of(kind, op.arg).collect(),
            (Some(State::Thread { index }), OpKind::Join) if !self.thread(*index).finished => vec![*index],
            _ => Vec::new(),
        }
    }

    fn objects_get(&self, object: u32) -> Option<&State> {
        (object != super::op::NO_OBJECT).then(|| &self.object(object).state)
    }

    /// The circle that `thread`'s published operation closes, starting with `thread`.
    pub(crate) fn closes_cycle(&self, thread: ThreadIndex) -> Option<Vec<ThreadIndex>> {
        let op = self.pending[thread].as_ref()?;
        if self.may_close_cycle(op) { self.finds_cycle(thread) } else { None }
    }

    /// Whether the operation may wait for another thread now.
    #[inline]
    pub(super) fn may_close_cycle(&self, op: &Op) -> bool {
        match op.kind {
            OpKind::Lock => !self.is_free(op.object),
            OpKind::Join => !self.has_ended(op.object),
            kind => may_wait(kind),
        }
    }

    /// As [`closes_cycle`](Self::closes_cycle), of an operation that may wait.
    #[inline(never)]
    pub(super) fn finds_cycle(&self, thread: ThreadIndex) -> Option<Vec<ThreadIndex>> {
        if self.waits_in_line(thread) {
            return None;
        }
        let first = self.waits_for(thread);
        if first.is_empty() {
            return None;
        }
        crate::deadlock::wait_for::cycle_through(thread, |at| self.waits_for(at))
    }

    /// Whether it is plain that the thread is in no circle: it waits for nobody, or in a line of threads, each for the owner of a
    /// mutex or for the end of another thread, that ends at one which waits for nobody. This is what nearly always happens, and
    /// takes no memory.
    fn waits_in_line(&self, thread: ThreadIndex) -> bool {
        let mut at = thread;
        for _ in 0..self.thread_count {
            let Some(op) = &self.pending[at] else { return true };
            at = match op.kind {
                OpKind::Lock => match self.object(op.object).state {
                    State::Mutex { owner: Some(owner) } => owner,
                    _ => return true,
                },
                OpKind::Join => match self.object(op.object).state {
                    State::Thread { index } if !self.thread(index).finished => index,
                    _ => return true,
                },
                kind => return !may_wait(kind),
            };
            if at == thread {
                return false;
            }
        }
        false
    }

    /// A circle among threads of which none can go on; empty when they wait for something that no thread owns.
    pub(crate) fn cycle_among_stuck(&self) -> Vec<ThreadIndex> {
        (0..self.thread_count).find_map(|thread| self.closes_cycle(thread)).unwrap_or_default()
    }
}

/// Operations beside those on mutexes and ends of threads that may wait for certain threads.
fn may_wait(kind: OpKind) -> bool {
    use OpKind::{Read, Relock, RelockTimed, Upgradable, Upgrade, Write};
    matches!(kind, Relock | RelockTimed | Read | Write | Upgradable | Upgrade)
}
