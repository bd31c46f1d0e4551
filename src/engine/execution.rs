//! The state of one execution of a model.

use std::{borrow::Cow, time::Duration};

use super::{
    candidates::{Readiness, Starving},
    choices::Number,
    clock::VectorClock,
    lock_log::{Flow, LockLog},
    memory::Memory,
    object::{Access, Object, Objects, Place, State, mark_of},
    op::{MEETS, NO_OBJECT, ObjectIndex, Op, OpKind, ThreadIndex},
    published::Published,
    shown::Shown,
    strategy::{Decision, Event, Strategy, ThreadSet},
    thread::Thread,
    timeline::Timeline,
    trace::{Chosen, Outcome, Step},
};

/// Bounds on one execution.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Steps after which an execution is given up as livelock, or as unfair.
    pub(crate) steps: usize,
    /// How often each thread may time out at one place although other threads could still run.
    pub(crate) early_timeouts: u32,
    /// How often each thread may wake from a condition variable without a notification.
    pub(crate) spurious_wakeups: u32,
    /// Atomic operations weaker than sequentially consistent may show stale values.
    pub(crate) weak_memory: bool,
    /// How often each thread may read the same overwritten value at one place.
    pub(crate) stale_reads: u32,
    /// How many turns each thread may spin although nothing that it looks at has changed and others could run. For samplers
    /// only: to a search such turns are no choices.
    pub(crate) idle_turns: u32,
}

/// What kind of steps there are: the same through all executions of an exploration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mode {
    /// Unlocks and thread ends are steps, since the program has operations that can see them.
    pub(crate) visible_releases: bool,
    /// Spawns are steps, since more than the main thread spawn.
    pub(crate) visible_spawns: bool,
    /// New readers wait behind writers that wait.
    pub(crate) writers_first: bool,
    /// The program has threads that yield: it is followed what they look at.
    pub(crate) yields: bool,
    /// Threads select among channels: channel operations name an object that stands for all of them.
    pub(crate) selects: bool,
    /// The program has atomic operations weaker than sequentially consistent: atomic objects have histories.
    pub(crate) weak_memory: bool,
}

/// Why an execution ended.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Every thread came to its end.
    Completed,
    /// The strategy explores what could follow elsewhere.
    Redundant,
    /// The program behaved differently from before under the same schedule.
    Diverged,
    /// No thread can go on, or those in `cycle` never can.
    Stuck { cycle: Vec<ThreadIndex> },
    /// Two accesses to plain memory that nothing orders.
    Race(Race),
    /// A thread panicked and nobody took its result.
    Panicked { thread: ThreadIndex },
    /// Threads go on for ever without getting anywhere.
    Livelock,
    /// The limit of steps was reached under a schedule that starved a thread: it proves nothing.
    Unfair,
    /// The program uses an object that outlives executions, while others run at the same time.
    Shared,
    /// The program asked for something that the engine cannot do.
    Unsupported(String),
}

/// A data race.
#[derive(Clone, Debug)]
pub(crate) struct Race {
    pub(crate) cell: ObjectIndex,
    pub(crate) earlier: Access,
    pub(crate) earlier_writes: bool,
    pub(crate) later: Access,
    pub(crate) later_writes: bool,
}

/// Everything the engine knows of the execution that runs now.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) strategy: Box<dyn StrategyDebug>,
    pub(crate) limits: Limits,
    pub(crate) mode: Mode,
    pub(crate) objects: Objects,
    /// Slots are kept from one execution to the next; the first `thread_count` are in use.
    pub(super) threads: Vec<Thread>,
    pub(crate) thread_count: usize,
    /// How many of them have not come to their end.
    unended: usize,
    /// Each thread's next operation, as strategies see it.
    pub(crate) pending: Vec<Option<Op>>,
    /// Whose they are.
    pub(super) published: Published,
    pub(crate) current: ThreadIndex,
    /// So many first steps of the execution the strategy leaves it to the engine to draw who takes them: in a long one it is
    /// followed who starves.
    pub(super) drawn_steps: usize,
    /// The strategy wants to know of each step.
    pub(super) follows_steps: bool,
    /// Which threads could run but did not.
    pub(super) starving: Starving,
    /// The thread that took the last step; it need not be the one that runs, since a step can begin a wait.
    pub(crate) last_stepped: ThreadIndex,
    /// At the present choice no thread was ready, so this one may go on for free: time moves.
    pub(crate) forced: Option<ThreadIndex>,
    pub(crate) steps: Vec<Step>,
    /// What the steps were that chose a number, in order.
    pub(crate) chosen: Vec<Chosen>,
    /// The numbers that steps chose, in order; with the steps these are all [choices](World::choices).
    pub(super) numbers: Vec<Number>,
    /// The threads that have yielded, see [`look`](World::look).
    pub(super) yielded: ThreadSet,
    /// The threads to which the last step was the first change of what they look at.
    pub(super) shown: Vec<ThreadIndex>,
    pub(crate) stop: Option<Stop>,
    /// The threads are being unwound.
    pub(crate) teardown: bool,
    /// What the program turned out to need of the mode, and this execution's mode did not have.
    pub(crate) wants: Mode,
    /// Threads took write locks, and threads that held a read lock came to where they may have to wait: it can then matter
    /// whether waiting writers come before new readers.
    pub(crate) writes: bool,
    pub(crate) waits_while_reading: bool,
    /// A timeout that could have fired early did not, for lack of budget.
    pub(crate) timeouts_bounded: bool,
    /// A thread that spins did not go round once more, for lack of budget.
    pub(crate) idle_turns_bounded: bool,
    /// How many waiters the last notification woke.
    pub(crate) woken: usize,
    /// An atomic operation weaker than sequentially consistent was seen.
    pub(crate) weak_atomics: bool,
    /// The histories of atomic objects, in programs that need them.
    pub(crate) memory: Memory,
    /// A value was not read once more, for lack of budget.
    pub(crate) stale_reads_bounded: bool,
    /// A history was longer than what is looked at.
    pub(crate) histories_cut: bool,
    /// Memory that is used again.
    pub(super) clock_before: VectorClock,
    pub(super) clock_after: VectorClock,
    /// An object whose state comes from an earlier execution, by place of construction.
    pub(crate) survivor: Option<(&'static str, Place)>,
    /// An object was made outside of the executions: where.
    pub(crate) outlives: Option<Place>,
    /// A thread that nobody had waited for was still to run when the main thread ended: its name, and where it was spawned.
    pub(crate) forgotten: Option<(String, Place)>,
    spawns: Option<ObjectIndex>,
    /// The channels of this execution, in the order in which they were made.
    pub(super) channels: Vec<ObjectIndex>,
    /// The object that stands for all of them, where threads select.
    pub(super) selects: Option<ObjectIndex>,
    /// How the threads stood before each step, where that is recorded.
    pub(crate) timeline: Option<Box<Timeline>>,
    /// Values for somebody who looks, where there is somebody.
    pub(crate) shown_values: Option<Box<Shown>>,
    /// The order in which locks are taken, where that is recorded.
    pub(crate) lock_log: Option<Box<LockLog>>,
}

/// A strategy that can also be printed and asked for its own type again.
pub(crate) trait StrategyDebug: Strategy + std::fmt::Debug + std::any::Any + Send {}
impl<S: Strategy + std::fmt::Debug + std::any::Any + Send> StrategyDebug for S {}

/// What the calling thread is to do after it published an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Go on: it was chosen again.
    Continue,
    /// Let the host run this thread.
    Switch(ThreadIndex),
    /// Let the host end the execution.
    Stop,
}

impl World {
    pub(crate) fn new(strategy: Box<dyn StrategyDebug>, limits: Limits, mode: Mode) -> Self {
        World {
            strategy,
            limits,
            mode,
            objects: Objects::default(),
            threads: Vec::new(),
            thread_count: 0,
            unended: 0,
            pending: Vec::new(),
            published: Published::default(),
            current: 0,
            starving: Starving::default(),
            drawn_steps: 0,
            follows_steps: true,
            last_stepped: 0,
            forced: None,
            steps: Vec::new(),
            chosen: Vec::new(),
            numbers: Vec::new(),
            yielded: 0,
            shown: Vec::new(),
            stop: None,
            teardown: false,
            wants: mode,
            writes: false,
            waits_while_reading: false,
            timeouts_bounded: false,
            idle_turns_bounded: false,
            woken: 0,
            weak_atomics: false,
            memory: Memory::default(),
            stale_reads_bounded: false,
            histories_cut: false,
            clock_before: VectorClock::new(),
            clock_after: VectorClock::new(),
            survivor: None,
            outlives: None,
            forgotten: None,
            spawns: None,
            channels: Vec::new(),
            selects: None,
            timeline: None,
            shown_values: None,
            lock_log: None,
        }
    }

    /// Makes ready for the next execution, whose main thread is about to start.
    pub(crate) fn begin(&mut self) {
        self.objects.clear();
        self.memory.clear();
        self.thread_count = 0;
        self.unended = 0;
        self.pending.clear();
        self.published = Published::default();
        self.current = 0;
        self.starving.threads = 0;
        self.drawn_steps = if self.strategy.uniform().is_some() { self.limits.steps / 16 + 1 } else { 0 };
        self.follows_steps = self.strategy.follows_steps();
        self.last_stepped = 0;
        self.steps.clear();
        self.chosen.clear();
        self.numbers.clear();
        self.yielded = 0;
        self.shown.clear();
        self.stop = None;
        self.teardown = false;
        self.spawns = None;
        if let Some(timeline) = &mut self.timeline {
            timeline.clear();
        }
        if let Some(log) = &mut self.lock_log {
            log.clear();
        }
        if let Some(shown) = &mut self.shown_values {
            shown.clear();
        }
        let main = self.add_thread(Some(Cow::Borrowed("main")), std::panic::Location::caller());
        debug_assert_eq!(main, 0, "the main thread comes first");
        self.channels.clear();
        let place = std::panic::Location::caller();
        self.selects = self.mode.selects.then(|| self.objects.register(State::Selects, None, place));
    }

    pub(crate) fn thread(&self, index: ThreadIndex) -> &Thread {
        debug_assert!(index < self.thread_count, "thread of another execution");
        &self.threads[index]
    }

    pub(crate) fn thread_mut(&mut self, index: ThreadIndex) -> &mut Thread {
        debug_assert!(index < self.thread_count, "thread of another execution");
        &mut self.threads[index]
    }

    pub(crate) fn threads(&self) -> &[Thread] {
        &self.threads[..self.thread_count]
    }

    pub(crate) fn object(&self, index: ObjectIndex) -> &Object {
        self.objects.get(index)
    }

    /// The name by which reports call a thread.
    pub(crate) fn thread_name(&self, index: ThreadIndex) -> String {
        match &self.thread(index).name {
            Some(name) => name.clone().into_owned(),
            None => format!("thread-{index}"),
        }
    }

    /// Adds a thread; the caller gives it its first operation.
    pub(crate) fn add_thread(&mut self, name: Option<Cow<'static, str>>, place: Place) -> ThreadIndex {
        let index = self.thread_count;
        if self.threads.len() == index {
            self.threads.push(Thread::new());
        }
        self.thread_count += 1;
        self.unended += 1;
        self.pending.push(None);
        let limits = self.limits;
        let object = self.objects.register(State::Thread { index }, None, place);
        let thread = &mut self.threads[index];
        thread.reset(&limits);
        thread.name = name;
        thread.object = object;
        thread.clock.set(index, 1);
        index
    }

    /// The running thread spawns another one, which first runs when it is chosen.
    pub(crate) fn spawn(&mut self, name: Option<String>, place: Place) -> ThreadIndex {
        let parent = self.current;
        let child = self.add_thread(name.map(Cow::Owned), place);
        let (earlier, later) = self.threads.split_at_mut(child);
        later[0].clock.copy_from(&earlier[parent].clock);
        later[0].clock.set(child, 1);
        self.tick(parent);
        self.log_tells(parent, child);
        self.mark_enabled(child);
        self.published.free.insert(child);
        self.pending[child] = Some(Op::new(OpKind::Start, NO_OBJECT, 0, place));
        child
    }

    /// The object that stands for the order of spawning, where the running thread's spawn is a step.
    pub(crate) fn spawns_object(&mut self, place: Place) -> Option<ObjectIndex> {
        self.wants.visible_spawns |= self.current != 0;
        if !self.mode.visible_spawns || self.teardown {
            return None;
        }
        let objects = &mut self.objects;
        Some(*self.spawns.get_or_insert_with(|| objects.register(State::Fence, None, place)))
    }

    /// Notes that `thread`'s next step would not be possible without the present thread's last one.
    pub(crate) fn mark_enabled(&mut self, thread: ThreadIndex) {
        // Before its first operation the main thread has taken no step.
        let last = (!self.steps.is_empty()).then(|| self.thread(self.current).last_step);
        self.thread_mut(thread).enabled_by = last;
    }

    /// Starts a new epoch of the thread's clock: what it did so far was released.
    pub(crate) fn tick(&mut self, thread: ThreadIndex) {
        self.threads[thread].clock.tick(thread);
    }

    pub(super) fn set_pending(&mut self, thread: ThreadIndex, op: Option<Op>) {
        self.published.delist(thread);
        if let Some(op) = &op {
            self.enlist(thread, op.kind, op.object, self.may_close_cycle(op));
        }
        self.pending[thread] = op;
    }

    /// The running thread is about to perform `op`; decides who takes the next step.
    #[inline(always)]
    pub(crate) fn publish(&mut self, op: &Op, timeout: Option<Duration>) -> Next {
        let thread = self.current;
        if op.kind.waits() && !self.waits_while_reading {
            self.waits_while_reading = self.thread(thread).held.iter().any(|held| held.kind.lets_read());
        }
        let mut prepared;
        let op = if self.mode.weak_memory || !op.kind.is_simple() {
            prepared = *op;
            if let Err(stop) = self.prepare(thread, &mut prepared) {
                return self.stop_with(stop);
            }
            &prepared
        } else {
            op
        };
        let step = self.steps.len();
        let state = &mut self.threads[thread];
        state.published_at = step;
        if let Some(timeout) = timeout {
            state.deadline = state.clock.time.after(timeout);
        }
        let may_wait = self.may_close_cycle(op);
        self.enlist(thread, op.kind, op.object, may_wait);
        self.pending[thread] = Some(*op);
        if may_wait && let Some(cycle) = self.finds_cycle(thread) {
            return self.stop_with(Stop::Stuck { cycle });
        }
        self.pick(false)
    }

    /// Makes of the operation what it is in this mode, and notes what the program turns out to need of the mode. Nothing is to
    /// be done about [simple](OpKind::is_simple) ones.
    #[inline(never)]
    fn prepare(&mut self, thread: ThreadIndex, op: &mut Op) -> Result<(), Stop> {
        self.writes |= matches!(op.kind, OpKind::Write | OpKind::Upgrade);
        if matches!(op.kind, OpKind::Write | OpKind::Upgrade) && self.mode.writers_first {
            op.arg = u32::from(op.kind == OpKind::Upgrade);
            op.kind = OpKind::QueueWrite;
        }
        if op.kind == OpKind::Rmw && self.mode.weak_memory {
            // What it finds is not decided by the newest value alone.
            op.arg = 0;
        }
        if op.kind.observes_release() && !self.mode.visible_releases {
            self.wants.visible_releases = true;
        }
        if matches!(op.kind, OpKind::Yield | OpKind::Sleep) && !self.mode.yields {
            // Nobody knows what it has looked at.
            self.wants.yields = true;
            return Err(Stop::Redundant);
        }
        if op.kind.is_on_channels() { self.name_cases(thread, op) } else { Ok(()) }
    }

    /// Replaces the running thread's operation by the one that it goes on to, in the same step: a wait that begins.
    pub(crate) fn becomes(&mut self, thread: ThreadIndex, op: Op) {
        self.set_pending(thread, Some(op));
        self.thread_mut(thread).published_at = self.steps.len();
    }

    /// A waiter was notified: from now on its wake-up is an ordinary acquisition of the mutex.
    pub(crate) fn notified(&mut self, thread: ThreadIndex) {
        let state = self.thread_mut(thread);
        state.notified = true;
        let could_wake = match self.pending[thread] {
            Some(op) if op.kind == OpKind::RelockTimed => self.may_time_out(thread, &op),
            _ => self.thread(thread).spurious_left > 0,
        };
        if let Some(op) = self.pending[thread].filter(|_| could_wake) {
            self.strategy.withdrawn(thread, &op, true);
        }
        let op = self.pending[thread].map(|op| Op { second: NO_OBJECT, ..op });
        self.set_pending(thread, op);
        self.mark_enabled(thread);
        self.log_tells(self.current, thread);
    }

    pub(crate) fn stop_with(&mut self, stop: Stop) -> Next {
        if self.stop.is_none() {
            self.stop = Some(stop);
        }
        Next::Stop
    }

    /// Chooses the next thread and takes its step. A step may turn into a wait; then another one is chosen.
    ///
    /// `has_ended`: the running thread has.
    #[inline(always)]
    fn pick(&mut self, has_ended: bool) -> Next {
        loop {
            if self.stop.is_some() {
                return Next::Stop;
            }
            let (chosen, preempts) = match self.draw() {
                Some(drawn) => drawn,
                None => match self.repeat_or_choose() {
                    Some(chosen) => chosen,
                    None => return Next::Stop,
                },
            };
            self.take_step(chosen, preempts);
            if self.stop.is_some() {
                return Next::Stop;
            }
            if self.pending[chosen].is_some() {
                // The step began a wait: the thread has another operation before it can run on.
                if let Some(cycle) = self.closes_cycle(chosen) {
                    return self.stop_with(Stop::Stuck { cycle });
                }
                continue;
            }
            let caller = self.current;
            self.current = chosen;
            return if chosen == caller && !has_ended { Next::Continue } else { Next::Switch(chosen) };
        }
    }

    /// Whose step is next and whether it preempts another thread, as the strategy says; nothing when the execution ends here.
    #[inline(never)]
    fn repeat_or_choose(&mut self) -> Option<(ThreadIndex, bool)> {
        match self.repeat().unwrap_or_else(|| self.choose()) {
            Ok(chosen) => Some(chosen),
            Err(stop) => {
                self.stop_with(stop);
                None
            }
        }
    }

    /// The next step, if the strategy repeats an earlier execution: whose it is and whether it preempts another thread.
    fn repeat(&mut self) -> Option<Result<(ThreadIndex, bool), Stop>> {
        // In a long execution it is followed who starves.
        if self.steps.len() > self.limits.steps / 16 {
            return None;
        }
        let (thread, kind) = self.strategy.repeat()?;
        let able = |world: &World, thread: ThreadIndex, ways: &[Readiness]| {
            let op = world.pending.get(thread).copied().flatten();
            op.filter(|op| ways.contains(&world.readiness(thread, op)))
        };
        self.forced = None;
        let ways = [Readiness::Ready, Readiness::TimesOut, Readiness::WakesSpuriously];
        if able(self, thread, &ways).is_none_or(|op| op.kind != kind) {
            return Some(Err(Stop::Diverged));
        }
        let last = self.last_stepped;
        Some(Ok((thread, last != thread && able(self, last, &[Readiness::Ready]).is_some())))
    }

    /// Asks the strategy for the next step.
    fn choose(&mut self) -> Result<(ThreadIndex, bool), Stop> {
        let Some(candidates) = self.candidates() else { return Err(self.nobody_can_run()) };
        if self.steps.len() >= self.limits.steps {
            return Err(if self.was_unfair() { Stop::Unfair } else { Stop::Livelock });
        }
        let decision = {
            let World { pending, objects, starving, .. } = self;
            let view = candidates.view(pending, objects, starving, self.steps.len(), self.last_stepped);
            self.strategy.choose(&view)
        };
        match decision {
            Decision::Run(thread) => {
                Ok((thread, candidates.current.is_some_and(|current| current != thread)))
            }
            Decision::Redundant => Err(Stop::Redundant),
            Decision::Diverged => Err(Stop::Diverged),
        }
    }

    /// Performs the published operation of `thread` on the state.
    #[inline(always)]
    fn take_step(&mut self, thread: ThreadIndex, preempts: bool) {
        if self.timeline.is_some() {
            self.take_down();
        }
        // Copied whole: taking the operation out of its option would copy it in pieces.
        let pending = &mut self.pending[thread];
        let op = *pending.as_ref().expect("a candidate has a next operation");
        *pending = None;
        self.published.delist(thread);
        let at = self.steps.len();
        self.threads[thread].last_step = at;
        let forced = self.forced == Some(thread);
        if forced {
            self.note_forced(thread, &op);
        }
        if self.follows_steps {
            self.tell(thread, op, forced);
        }

        self.steps.push(Step { thread, op, outcome: Outcome::Done, preempts });
        let caller = std::mem::replace(&mut self.current, thread);
        self.last_stepped = thread;
        let outcome = self.apply(thread, &op);
        self.threads[thread].outcome = outcome;
        if outcome != Outcome::Done {
            self.note_outcome(at, &op, outcome);
        }
        if self.mode.yields {
            self.look(thread, &op, outcome);
        }
        self.current = caller;
    }

    /// The step did not simply do what it is for.
    #[inline(never)]
    fn note_outcome(&mut self, step: usize, op: &Op, outcome: Outcome) {
        self.steps[step].outcome = outcome;
        // Who leaves those that wait changes something, however it ends.
        let leaves = matches!(op.kind, OpKind::Relock | OpKind::RelockTimed)
            || op.arg == MEETS
                && matches!(op.kind, OpKind::SendTimed | OpKind::RecvTimed | OpKind::SelectTimed);
        if !leaves && matches!(outcome, Outcome::Failed | Outcome::TimedOut | Outcome::Closed) {
            self.strategy.failed();
        }
    }

    /// The thread goes on only because nobody else could.
    #[cold]
    fn note_forced(&mut self, thread: ThreadIndex, op: &Op) {
        self.threads[thread].times_forced += 1;
        if op.kind.is_timed() && op.kind != OpKind::RelockTimed {
            // It did not give up because of what it waited for, which others may have had in its place.
            self.strategy.withdrawn(thread, op, false);
        }
    }

    /// Tells the strategy of the step that is about to be taken.
    #[inline(never)]
    fn tell(&mut self, thread: ThreadIndex, op: Op, forced: bool) {
        let mut enabled_by = self.threads[thread].enabled_by.take();
        let facts = if op.object == NO_OBJECT { 0 } else { self.facts(op.object) };
        if op.kind == OpKind::Join
            && let State::Thread { index } = self.object(op.object).state
        {
            enabled_by = Some(self.thread(index).last_step);
        }
        let gives_up = op.kind.is_timed() && self.may_time_out(thread, &op);
        let mut awaits: &[ObjectIndex] = &[];
        if matches!(op.kind, OpKind::Yield | OpKind::Sleep) && self.is_spinning(thread, &op) {
            let state = &self.threads[thread];
            enabled_by = state.sees_change;
            awaits = if enabled_by.is_some() { &state.looked_at } else { &[] };
        }
        let channels = self.channel_facts();
        self.strategy.stepped(&Event { thread, op, enabled_by, forced, gives_up, facts, channels, awaits });
    }

    /// The value that an atomic object has from now on.
    #[inline]
    pub(crate) fn set_value(&mut self, object: ObjectIndex, value: u64) {
        if let State::Atomic { value: mark } = &mut self.objects.get_mut(object).state {
            *mark = mark_of(value);
        }
        self.show_atomic(object, value);
    }

    /// The time that the running thread reads from its clock.
    pub(crate) fn virtual_time(&self) -> Duration {
        self.thread(self.current).clock.time.since_beginning()
    }

    /// A compare-exchange failed, so the running thread's step changed nothing. It is like a load, unless it could have
    /// written had it read another store: whether it can depends on what others have read.
    pub(crate) fn nothing_changed(&mut self, only_read: bool) {
        self.nothing_to_see();
        if only_read {
            self.strategy.failed();
        }
        if let Some(step) = self.steps.last_mut() {
            step.outcome = Outcome::Failed;
        }
    }

    /// The running thread has come to its end.
    pub(crate) fn finish(&mut self, panicked: bool) -> Next {
        let thread = self.current;
        let object = self.thread(thread).object;
        let state = self.thread_mut(thread);
        state.finished = true;
        state.ended_by_panic = panicked;
        let ended = self.objects.get_mut(object);
        ended.released.copy_from(&self.threads[thread].clock);
        self.published.opened(&ended.asked_by);
        self.log_flow(object, Flow::Leaves { thread, object });
        if panicked && thread == 0 {
            return self.stop_with(Stop::Panicked { thread });
        }
        if thread == 0 && self.forgotten.is_none() {
            self.forgotten = self.unfinished();
        }
        self.unended -= 1;
        if self.unended == 0 && self.drawn_steps > 0 {
            // As the next choice would find out.
            let stop = self.nobody_can_run();
            return self.stop_with(stop);
        }
        self.pick(true)
    }

    /// Whether every thread came to its end.
    pub(super) fn have_all_ended(&self) -> bool {
        self.unended == 0
    }

    /// A thread that has not ended, and where it was spawned.
    fn unfinished(&self) -> Option<(String, Place)> {
        let thread = self.threads().iter().position(|thread| !thread.finished)?;
        Some((self.thread_name(thread), self.object(self.thread(thread).object).created))
    }

    /// Nobody can run: all have ended, or what is left waits for ever.
    fn nobody_can_run(&mut self) -> Stop {
        let unheeded = self.threads().iter().position(|thread| thread.ended_by_panic && !thread.joined);
        if let Some(thread) = unheeded {
            return Stop::Panicked { thread };
        }
        if self.threads().iter().all(|thread| thread.finished) {
            Stop::Completed
        } else {
            Stop::Stuck { cycle: self.cycle_among_stuck() }
        }
    }

    /// Time goes by for the running thread alone.
    pub(crate) fn pass_time(&mut self, duration: Duration) {
        let clock = &mut self.threads[self.current].clock;
        clock.time = clock.time.after(duration);
    }
}
