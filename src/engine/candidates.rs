//! Which threads can take the next step.
//!
//! Most operations are *ready* or *blocked* by the state of their object alone. Three kinds are not, and states where they
//! occur are called irregular:
//!
//! 1. A thread that *yielded* (or sleeps) has no reason to look again before another thread has changed something. It is
//!    left out until then, so that a spin loop with a yield ends.
//! 2. A *timed* operation that cannot proceed may time out. It does so when nothing else can run, the earliest deadline
//!    first (this is when virtual time moves), or earlier, as a choice of the strategy with a budget per thread.
//! 3. A waiter on a condition variable may wake *spuriously*, with a budget per thread. This never saves a program from a
//!    deadlock: nobody may rely on it.

use super::{
    execution::{Stop, World},
    object::State,
    op::{Op, OpKind, ThreadIndex},
    strategy::{THREADS_MAX, ThreadSet, View, bit, members},
};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Readiness {
    Ready,
    Blocked,
    /// Could proceed only by running out of time.
    TimesOut,
    /// Could proceed only by a wake-up without notification.
    WakesSpuriously,
    /// Yielded, and nothing has changed since.
    Yielding,
}

/// The outcome of asking every thread.
#[derive(Debug)]
pub(crate) struct Candidates {
    all: ThreadSet,
    irregular: bool,
    timed: bool,
    irregular_candidates: ThreadSet,
    fair_choice: ThreadIndex,
    pub(crate) current: Option<ThreadIndex>,
}

/// A thread that took this many steps in a row while others could have run is no longer preferred.
const TURN_STEPS: usize = 64;

impl Candidates {
    pub(crate) fn view<'a>(&self, pending: &'a [Option<Op>]) -> View<'a> {
        View {
            current: self.current,
            candidates: self.all,
            irregular: self.irregular,
            timed: self.timed,
            irregular_candidates: self.irregular_candidates,
            pending,
            fair_choice: self.fair_choice,
        }
    }
}

impl World {
    /// Whether the thread's published operation can proceed.
    pub(crate) fn readiness(&self, thread: ThreadIndex, op: &Op) -> Readiness {
        let state = self.thread(thread);
        if matches!(op.kind, OpKind::Yield | OpKind::Sleep) {
            return if self.changes > state.changes_seen { Readiness::Ready } else { Readiness::Yielding };
        }
        let waits = matches!(op.kind, OpKind::Relock | OpKind::RelockTimed);
        if waits && !state.notified {
            let State::Mutex { owner: None } = self.object(op.object).state else {
                return Readiness::Blocked;
            };
            return match op.kind {
                OpKind::RelockTimed => Readiness::TimesOut,
                _ if state.spurious_left > 0 => Readiness::WakesSpuriously,
                _ => Readiness::Blocked,
            };
        }
        if self.can_proceed(thread, op) {
            Readiness::Ready
        } else if op.kind.is_timed() && !waits {
            Readiness::TimesOut
        } else {
            Readiness::Blocked
        }
    }

    /// Whether the operation cannot proceed by itself: a report counts it as waiting.
    pub(crate) fn is_blocked(&self, thread: ThreadIndex, op: &Op) -> bool {
        !matches!(self.readiness(thread, op), Readiness::Ready | Readiness::Yielding)
    }

    fn can_proceed(&self, thread: ThreadIndex, op: &Op) -> bool {
        use OpKind::{
            Acquire, AcquireTimed, Join, Lock, LockTimed, Park, ParkTimed, Pass, Read, ReadTimed, Recv,
            RecvTimed, Relock, RelockTimed, Send, SendTimed, Taken, Write, WriteTimed,
        };
        if !matches!(
            op.kind,
            Lock | LockTimed
                | Relock
                | RelockTimed
                | Read
                | ReadTimed
                | Write
                | WriteTimed
                | Acquire
                | AcquireTimed
                | Pass
                | Send
                | SendTimed
                | Taken
                | Recv
                | RecvTimed
                | Join
                | Park
                | ParkTimed
        ) {
            return true;
        }
        match (&self.object(op.object).state, op.kind) {
            (State::Mutex { owner }, _) => owner.is_none(),
            (State::RwLock { writer, .. }, Read | ReadTimed) => writer.is_none(),
            (State::RwLock { writer, readers }, _) => writer.is_none() && readers.is_empty(),
            (State::Semaphore { permits, closed }, _) => *closed || *permits >= op.arg as usize,
            (State::Barrier { generation, .. }, _) => *generation != op.arg,
            (State::Channel(channel), Send | SendTimed) => channel.has_room() || channel.receivers == 0,
            (State::Channel(channel), Taken) => channel.received > op.arg || channel.receivers == 0,
            (State::Channel(channel), _) => channel.len > 0 || channel.senders == 0,
            (State::Thread { index }, Join) => self.thread(*index).finished,
            (State::Thread { .. }, _) => self.thread(thread).park_token,
            _ => true,
        }
    }

    /// Asks every thread; `None` when nobody can go on.
    pub(crate) fn candidates(&mut self) -> Option<Candidates> {
        if self.thread_count > THREADS_MAX {
            let message = format!(
                "the model has {} threads at once; the engine holds {THREADS_MAX}: use fewer threads",
                self.thread_count
            );
            self.stop_with(Stop::Unsupported(message));
            return None;
        }
        let now = self.steps.len();
        let (mut ready, mut timed, mut spurious, mut yielding) = (0, 0, 0, 0);
        for thread in 0..self.thread_count {
            let Some(op) = self.pending[thread] else { continue };
            let readiness = self.readiness(thread, &op);
            if readiness == Readiness::Ready {
                self.thread_mut(thread).starving_since.get_or_insert(now);
            } else {
                self.thread_mut(thread).starving_since = None;
            }
            match readiness {
                Readiness::Ready => ready |= bit(thread),
                Readiness::TimesOut => timed |= bit(thread),
                Readiness::WakesSpuriously => spurious |= bit(thread),
                Readiness::Yielding => yielding |= bit(thread),
                Readiness::Blocked => {}
            }
        }
        let early = members(timed)
            .filter(|thread| self.thread(*thread).early_timeouts_left > 0)
            .fold(0, |set, thread| set | bit(thread));
        // Timeouts that may come early may do so whether or not others can run: else a step that leaves nobody able to run
        // would take the choice away, and the order of independent steps would matter.
        self.forced = if ready == 0 { self.first_to_give_way(timed, yielding) } else { None };
        let (all, irregular_candidates) = match self.forced {
            _ if ready != 0 => (ready | early | spurious, early | spurious),
            Some(thread) => (bit(thread) | early, bit(thread) | early),
            None => return None,
        };
        self.timeouts_bounded |= timed & !all != 0;
        let current = self.last_stepped;
        let current_is_candidate = all & bit(current) != 0 && irregular_candidates & bit(current) == 0;
        Some(Candidates {
            all,
            irregular: timed | spurious | yielding != 0,
            timed: timed | yielding != 0,
            irregular_candidates,
            fair_choice: self.fair_choice(all & !irregular_candidates, all),
            current: current_is_candidate.then_some(current),
        })
    }

    /// Where nobody is ready: the thread that yielded longest ago, or the timed one with the earliest deadline, whichever
    /// has waited longer.
    fn first_to_give_way(&self, timed: ThreadSet, yielding: ThreadSet) -> Option<ThreadIndex> {
        let timer = members(timed).min_by_key(|thread| self.thread(*thread).deadline);
        let sleeps = |thread: &ThreadIndex| self.pending[*thread].is_some_and(|op| op.kind == OpKind::Sleep);
        let sleeper = members(yielding).filter(sleeps).min_by_key(|thread| self.thread(*thread).deadline);
        let timer = [timer, sleeper].into_iter().flatten().min_by_key(|thread| self.thread(*thread).deadline);
        let yielder = members(yielding)
            .filter(|thread| !sleeps(thread))
            .min_by_key(|thread| self.thread(*thread).published_at);
        [timer, yielder].into_iter().flatten().min_by_key(|thread| self.thread(*thread).published_at)
    }

    /// The running thread while it can go on and has not had a long turn; else the one that waited longest.
    fn fair_choice(&self, regular: ThreadSet, all: ThreadSet) -> ThreadIndex {
        let among = if regular != 0 { regular } else { all };
        let current = self.last_stepped;
        let waited = |thread: ThreadIndex| {
            self.thread(thread).starving_since.map_or(0, |since| self.steps.len() - since)
        };
        let longest = members(among).map(waited).max().unwrap_or(0);
        if among & bit(current) != 0 && longest < TURN_STEPS {
            return current;
        }
        // The smallest index wins a tie.
        members(among).first_max_by(waited)
    }

    /// Whether some thread that could run all the time was left out for most of the execution.
    pub(crate) fn was_unfair(&self) -> bool {
        let steps = self.steps.len();
        self.threads()
            .iter()
            .filter(|thread| !thread.finished)
            .filter_map(|thread| thread.starving_since)
            .any(|since| steps - since > steps / 2)
    }
}

trait FirstMax: Iterator<Item = ThreadIndex> + Sized {
    /// The first thread with the largest key. There is at least one.
    fn first_max_by(self, key: impl Fn(ThreadIndex) -> usize) -> ThreadIndex {
        self.fold(None::<(ThreadIndex, usize)>, |best, thread| match best {
            Some((_, most)) if key(thread) <= most => best,
            _ => Some((thread, key(thread))),
        })
        .expect("there is a candidate")
        .0
    }
}

impl<I: Iterator<Item = ThreadIndex>> FirstMax for I {}
