//! Which threads can take the next step.
//!
//! Most operations are *ready* or *blocked* by the state of their object alone. Three kinds are not:
//!
//! 1. A thread that *yields* (or sleeps) for the second time at one place, without having yielded elsewhere, is spinning. It
//!    has no reason to go on before another thread has changed something of what it looked at since, and is left out until
//!    then: a spin loop ends, and its turns are not counted (Jonsson, Lang, Sagonas, "Awaiting for Godot", FMCAD 2022).
//!    Samplers may have a budget for turns of a thread that goes on nevertheless: it may give up after some.
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
    published::WORD_BITS,
    strategy::{THREADS_MAX, ThreadSet, View, any_of, bit, members},
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

/// Of operations that wait for nothing but their object.
impl From<bool> for Readiness {
    #[inline]
    fn from(can_proceed: bool) -> Self {
        if can_proceed { Readiness::Ready } else { Readiness::Blocked }
    }
}

/// The outcome of asking every thread.
#[derive(Debug)]
pub(crate) struct Candidates {
    all: ThreadSet,
    ready: ThreadSet,
    pub(crate) current: Option<ThreadIndex>,
}

/// Knows which thread to prefer where nothing else speaks, so that the schedule is fair.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fairness<'a> {
    starving: &'a Starving,
    last_stepped: ThreadIndex,
    steps: usize,
}

/// The threads that can run by themselves and do not.
#[derive(Debug, Default)]
pub(crate) struct Starving {
    pub(super) threads: ThreadSet,
    /// Since which step each of them does.
    since: Vec<usize>,
}

impl Starving {
    /// Before the step numbered `now` these are ready, and the thread that is `last` took the last step.
    #[inline]
    fn are_ready(&mut self, ready: ThreadSet, last: ThreadIndex, now: usize) {
        let new = ready & !(self.threads & !bit(last));
        self.threads = ready;
        if new != 0 {
            let last = (ThreadSet::BITS - new.leading_zeros()) as usize;
            if self.since.len() < last {
                self.since.resize(last, 0);
            }
            members(new).for_each(|thread| self.since[thread] = now);
        }
    }

    /// Since when this thread is among them.
    #[inline]
    fn since(&self, thread: ThreadIndex) -> Option<usize> {
        (self.threads & bit(thread) != 0).then(|| self.since[thread])
    }
}

/// A thread that took this many steps in a row while others could have run is no longer preferred.
const TURN_STEPS: usize = 64;

impl Candidates {
    pub(crate) fn view<'a>(
        &self,
        pending: &'a [Option<Op>],
        objects: &'a Objects,
        starving: &'a Starving,
        steps: usize,
        last_stepped: ThreadIndex,
    ) -> View<'a> {
        View {
            current: self.current,
            candidates: self.all,
            ready: self.ready,
            pending,
            objects,
            fairness: Fairness { starving, last_stepped, steps },
        }
    }
}

impl Fairness<'_> {
    /// The running thread while it is among them and has not had a long turn; else the one of them that waited longest.
    pub(crate) fn choice(self, among: ThreadSet) -> ThreadIndex {
        let Fairness { starving, last_stepped: current, steps } = self;
        if among & bit(current) != 0 && steps < TURN_STEPS {
            return current;
        }
        let waited = |thread: ThreadIndex| starving.since(thread).map_or(0, |since| steps - since);
        let longest = members(among).map(waited).max().unwrap_or(0);
        if among & bit(current) != 0 && longest < TURN_STEPS {
            return current;
        }
        // The smallest index wins a tie.
        members(among).first_max_by(waited)
    }
}

impl World {
    /// Whether the thread's published operation can proceed.
    pub(crate) fn readiness(&self, thread: ThreadIndex, op: &Op) -> Readiness {
        let state = self.thread(thread);
        if matches!(op.kind, OpKind::Yield | OpKind::Sleep) {
            return if self.is_idle(thread, op) { Readiness::Spinning } else { Readiness::Ready };
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
        match op.kind {
            Lock | LockTimed | Relock | RelockTimed => self.is_free(op.object),
            Read | ReadTimed | Write | WriteTimed | Upgradable | UpgradableTimed | Upgrade | UpgradeTimed => {
                match &self.object(op.object).state {
                    State::RwLock(lock) => lock.is_free_for(op.kind, op.arg),
                    _ => true,
                }
            }
            Pass => match self.object(op.object).state {
                State::Barrier { generation, .. } => generation != op.arg,
                _ => true,
            },
            Join => self.has_ended(op.object),
            Acquire | AcquireTimed | Park | ParkTimed => proceeds(op.kind, op.arg, self.facts(op.object)),
            _ => true,
        }
    }

    /// What [`readiness`](Self::readiness) says of a thread that is asked.
    #[inline]
    fn answer_of(&self, thread: ThreadIndex) -> Readiness {
        let op = self.pending[thread].as_ref().expect("who is asked has an operation");
        self.readiness(thread, op)
    }

    /// The next step, where the strategy leaves it to the engine to draw among all that can go on, and these are plain: none
    /// could go on only by running out of time, or without reason. Whose step it is, and whether it preempts another thread.
    #[inline(always)]
    pub(super) fn draw(&mut self) -> Option<(ThreadIndex, bool)> {
        if self.steps.len() >= self.drawn_steps || self.thread_count > WORD_BITS {
            return None;
        }
        let mut ready = self.published.free.few();
        let mut asking = self.published.asking.few();
        while asking != 0 {
            let thread = asking.trailing_zeros() as ThreadIndex;
            asking &= asking - 1;
            match self.answer_of(thread) {
                Readiness::Ready => ready |= 1 << thread,
                Readiness::Blocked => {}
                _ => return None,
            }
        }
        if ready == 0 {
            return None;
        }
        debug_assert_eq!(self.candidates().map(|found| found.all), Some(ready.into()), "these can go on");
        self.starving.threads = 0;
        self.forced = None;
        let chosen = any_of(ready, self.strategy.uniform()?);
        let last = self.last_stepped;
        Some((chosen, last != chosen && ready & 1 << last != 0))
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
        let (mut timed, mut spurious, mut spinning) = (0, 0, 0);
        let mut ready = self.published.free.all();
        for thread in members(self.published.asking.all()) {
            match self.answer_of(thread) {
                Readiness::Ready => ready |= bit(thread),
                Readiness::TimesOut => timed |= bit(thread),
                Readiness::WakesSpuriously => spurious |= bit(thread),
                Readiness::Spinning => spinning |= bit(thread),
                Readiness::Blocked => {}
            }
        }
        debug_assert!(
            self.pending.iter().enumerate().all(|(thread, op)| {
                let is_ready = op.is_some_and(|op| self.readiness(thread, &op) == Readiness::Ready);
                is_ready == (ready & bit(thread) != 0)
            }),
            "who need not be asked is ready"
        );
        self.starving.are_ready(ready, self.last_stepped, self.steps.len());
        let last = self.last_stepped;
        let current = (ready & bit(last) != 0).then_some(last);
        if timed | spurious | spinning == 0 {
            self.forced = None;
            return (ready != 0).then_some(Candidates { all: ready, ready, current });
        }
        let early = members(timed)
            .filter(|thread| self.pending[*thread].is_some_and(|op| self.may_time_out(*thread, &op)))
            .chain(members(spinning).filter(|thread| self.thread(*thread).idle_turns_left > 0))
            .fold(0, |set, thread| set | bit(thread));
        self.forced = if ready | early == 0 { self.first_to_give_way(timed, spinning) } else { None };
        let all = match self.forced {
            None if ready | early == 0 => return None,
            None => ready | early | spurious,
            Some(thread) => bit(thread) | spurious,
        };
        self.timeouts_bounded |= timed & !all != 0;
        self.idle_turns_bounded |= spinning & !all != 0;
        Some(Candidates { all, ready, current })
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

    /// Whether some thread that could run all the time was left out for most of the execution.
    pub(crate) fn was_unfair(&self) -> bool {
        let steps = self.steps.len();
        members(self.starving.threads)
            .filter_map(|thread| self.starving.since(thread))
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
