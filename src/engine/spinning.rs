//! What threads that yield look at, so that one that spins goes on when something of it has changed.

use super::{
    execution::World,
    op::{NO_OBJECT, Op, OpKind, ThreadIndex},
    strategy::{bit, members},
    trace::Outcome,
};

impl World {
    /// Follows what yielding threads look at, and what is changed.
    #[inline(never)]
    pub(super) fn look(&mut self, thread: ThreadIndex, op: &Op, outcome: Outcome) {
        self.shown.clear();
        if matches!(op.kind, OpKind::Yield | OpKind::Sleep) {
            let is_idle = self.is_idle(thread, op);
            let state = self.thread_mut(thread);
            state.idle_turns_left -= u32::from(is_idle && state.idle_turns_left > 0);
            state.looked_at.clear();
            state.sees_change = None;
            state.yielded_at = Some(op.place);
            self.yielded |= bit(thread);
            return;
        }
        // What a thread looks at before it yields for the first time decides nothing.
        let others = self.yielded & !bit(thread);
        if self.yielded == 0 {
            return;
        }
        let changes = outcome == Outcome::Done || outcome == Outcome::Spurious;
        let step = self.steps.len() - 1;
        for object in [op.object, op.second].into_iter().filter(|object| *object != NO_OBJECT) {
            if others != self.yielded {
                let state = self.thread_mut(thread);
                if !state.looked_at.contains(&object) {
                    state.looked_at.push(object);
                }
            }
            if !changes || op.kind.only_reads() {
                continue;
            }
            for other in members(others) {
                let other_thread = &mut self.threads[other];
                if other_thread.sees_change.is_none() && other_thread.looked_at.contains(&object) {
                    other_thread.sees_change = Some(step);
                    self.shown.push(other);
                }
            }
        }
    }

    /// Whether the thread, which is about to yield, did so at the same place the last time: it then has no reason to look
    /// again before something of what it looked at has changed.
    pub(crate) fn is_spinning(&self, thread: ThreadIndex, op: &Op) -> bool {
        let state = self.thread(thread);
        state.yielded_at == Some(op.place) && !state.looked_at.is_empty()
    }

    /// Whether the thread, which is about to yield, spins and nothing of what it looked at has changed.
    pub(super) fn is_idle(&self, thread: ThreadIndex, op: &Op) -> bool {
        self.thread(thread).sees_change.is_none() && self.is_spinning(thread, op)
    }

    /// The running thread's step left the value as it was: no reason for others to look again.
    pub(crate) fn nothing_to_see(&mut self) {
        while let Some(thread) = self.shown.pop() {
            self.threads[thread].sees_change = None;
        }
    }
}
