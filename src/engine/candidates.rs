//! Which threads can take the next step.
//!
//! Most operations are *ready* or *blocked* by the state of their object alone. Three kinds are not:
//!
//! 1. A thread that *yields* (or sleeps) for the second time at one place, without having yielded elsewhere, is spinning. It
//!    has no reason to go on before another thread has changed something of what it looked at since, and is left out until
//!    then: a spin loop ends, and its turns are not counted (Jonsson, Lang, Sagonas, "Awaiting for Godot", FMCAD 2022).
//! 2. A *timed* operation that cannot proceed may time out: as a choice of the strategy with a budget per thread, and, once
//!    the budgets are used up, when nothing else can run, the earliest deadline first.
//! 3. A waiter on a condition variable may wake *spuriously*, with a budget per thread. This never saves a program from a
//!    deadlock: nobody may rely on it.
//!
//! Whether a thread can run thus depends only on its own past and on the objects that it touches, so that the order of
//! independent steps never matters. What happens when nobody can run by themselves is the exception, and comes after
//! everything else.

use super::{
    execution::{Stop, World},
    object::{Objects, State, facts, proceeds},
    op::{ObjectIndex, Op, OpKind, ThreadIndex},
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
    /// Spins, and nothing that it looks at has changed.
    Spinning,
}

/// The outcome of asking every thread.
#[derive(Debug)]
pub(crate) struct Candidates {
    all: ThreadSet,
    ready: ThreadSet,
    fair_choice: ThreadIndex,
    pub(crate) current: Option<ThreadIndex>,
}

/// A thread that took this many steps in a row while others could have run is no longer preferred.
const TURN_STEPS: usize = 64;

impl Candidates {
    pub(crate) fn view<'a>(&self, pending: &'a [Option<Op>], objects: &'a Objects) -> View<'a> {
        View {
            current: self.current,
            candidates: self.all,
            ready: self.ready,
            pending,
            objects,
            fair_choice: self.fair_choice,
        }
    }
}

impl World {
    /// Whether the thread's published operation can proceed.
    pub(crate) fn readiness(&self, thread: ThreadIndex, op: &Op) -> Readiness {
        let state = self.thread(thread);
        if matches!(op.kind, OpKind::Yield | OpKind::Sleep) {
            let waits = state.sees_change.is_none() && self.is_spinning(thread, op);
            return if waits { Readiness::Spinning } else { Readiness::Ready };
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
        let ready = if op.kind.is_on_channels() || op.kind == OpKind::Met {
            self.channels_ready(thread, op)
        } else {
            self.can_proceed(op)
        };
        if ready {
            Readiness::Ready
        } else if op.kind.is_timed() && !waits {
            Readiness::TimesOut
        } else {
            Readiness::Blocked
        }
    }

    /// Whether the operation cannot proceed by itself: a report counts it as waiting.
    pub(crate) fn is_blocked(&self, thread: ThreadIndex, op: &Op) -> bool {
        !matches!(self.readiness(thread, op), Readiness::Ready | Readiness::Spinning)
    }

    /// What decides whether an operation on the object can proceed.
    pub(crate) fn facts(&self, object: ObjectIndex) -> u64 {
        match &self.object(object).state {
            State::Thread { index } => u64::from(self.thread(*index).park_token) * facts::TOKEN,
            State::Channel(channel) if channel.is_rendezvous() => {
                self.object(object).state.facts() | self.waiting_at(object)
            }
            state => state.facts(),
        }
    }

    fn can_proceed(&self, op: &Op) -> bool {
        use OpKind::{
            Acquire, AcquireTimed, Join, Lock, LockTimed, Park, ParkTimed, Pass, Read, ReadTimed, Relock,
            RelockTimed, Upgradable, UpgradableTimed, Upgrade, UpgradeTimed, Write, WriteTimed,
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
                | Upgradable
                | UpgradableTimed
                | Upgrade
                | UpgradeTimed
                | Acquire
                | AcquireTimed
                | Pass
                | Join
                | Park
                | ParkTimed
        ) {
            return true;
        }
        match (&self.object(op.object).state, op.kind) {
            (State::Mutex { owner }, _) => owner.is_none(),
            (State::RwLock(lock), kind) => lock.is_free_for(kind, op.arg),
            (State::Barrier { generation, .. }, _) => *generation != op.arg,
            (State::Thread { index }, Join) => self.thread(*index).finished,
            (State::Semaphore { .. } | State::Thread { .. }, _) => {
                proceeds(op.kind, op.arg, self.facts(op.object))
            }
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
        let (mut ready, mut timed, mut spurious, mut spinning) = (0, 0, 0, 0);
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
                Readiness::Spinning => spinning |= bit(thread),
                Readiness::Blocked => {}
            }
        }
        let early = members(timed)
            .filter(|thread| self.pending[*thread].is_some_and(|op| self.may_time_out(*thread, &op)))
            .fold(0, |set, thread| set | bit(thread));
        self.forced = if ready | early == 0 { self.first_to_give_way(timed, spinning) } else { None };
        let all = match self.forced {
            None if ready | early == 0 => return None,
            None => ready | early | spurious,
            Some(thread) => bit(thread) | spurious,
        };
        self.timeouts_bounded |= timed & !all != 0;
        let current = self.last_stepped;
        Some(Candidates {
            all,
            ready,
            fair_choice: self.fair_choice(ready, all),
            current: (ready & bit(current) != 0).then_some(current),
        })
    }

    /// Where nobody can go on: the timer with the earliest deadline, or a thread that spins without one if it had fewer turns
    /// of this kind.
    fn first_to_give_way(&self, timed: ThreadSet, spinning: ThreadSet) -> Option<ThreadIndex> {
        let sleeps = |thread: &ThreadIndex| self.pending[*thread].is_some_and(|op| op.kind == OpKind::Sleep);
        let forced = |thread: &ThreadIndex| self.thread(*thread).times_forced;
        let timers = members(timed).chain(members(spinning).filter(sleeps));
        let timer = timers.min_by_key(|thread| (self.thread(*thread).deadline, *thread));
        let spinner = members(spinning).filter(|thread| !sleeps(thread)).min_by_key(forced);
        [timer, spinner].into_iter().flatten().min_by_key(forced)
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
