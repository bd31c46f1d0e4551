//! What each operation does to the state of the execution.

use std::time::Duration;

use super::{
    execution::World,
    lock_log::Flow,
    object::{Place, State, proceeds},
    op::{ObjectIndex, Op, OpKind, ThreadIndex},
    thread::Held,
    trace::Outcome,
};

impl World {
    /// Performs `op`, which can proceed (or is timed, or wakes spuriously), for `thread`.
    #[inline]
    pub(crate) fn apply(&mut self, thread: ThreadIndex, op: &Op) -> Outcome {
        // The most frequent ones first, without the rest around them.
        match op.kind {
            OpKind::Lock => self.lock_mutex(thread, op),
            OpKind::Join => self.join(thread, op),
            OpKind::Start | OpKind::Load | OpKind::Store | OpKind::Rmw => Outcome::Done,
            _ => self.apply_other(thread, op),
        }
    }

    #[inline(never)]
    fn apply_other(&mut self, thread: ThreadIndex, op: &Op) -> Outcome {
        use OpKind::{
            Acquire, AcquireTimed, Arrive, Choose, CloseReceivers, CloseSemaphore, CloseSenders, Commit,
            Downgrade, DowngradeToUpgradable, Fence, Finish, IsFinished, Join, Len, Load, Lock, LockTimed,
            Meet, Met, NotifyAll, NotifyOne, Park, ParkTimed, Pass, Permits, Pop, Push, QueueWrite, Read,
            ReadTimed, Recv, RecvTimed, Release, Relock, RelockTimed, Rmw, Select, SelectTimed, Send,
            SendTimed, Size, Sleep, Spawn, Start, Store, TryAcquire, TryLock, TryRead, TryRecv, TrySelect,
            TrySend, TryUpgradable, TryUpgrade, TryWrite, Unlock, UnlockRead, UnlockUpgradable, UnlockWrite,
            Unpark, Upgradable, UpgradableTimed, Upgrade, UpgradeTimed, Wait, WaitTimed, Write, WriteTimed,
            Yield,
        };
        match op.kind {
            Lock | LockTimed | TryLock | Read | ReadTimed | TryRead | Write | WriteTimed | TryWrite
            | Upgradable | UpgradableTimed | TryUpgradable | Upgrade | UpgradeTimed | TryUpgrade => {
                self.take_lock(thread, op)
            }
            Relock | RelockTimed => self.wake(thread, op),
            Unlock | UnlockRead | UnlockWrite | UnlockUpgradable => {
                self.release_lock(thread, op.kind, op.object);
                Outcome::Done
            }
            QueueWrite => {
                if let State::RwLock(lock) = &mut self.objects.get_mut(op.object).state {
                    lock.queued.push(thread);
                }
                let kind = if op.arg == 0 { Write } else { Upgrade };
                self.becomes(thread, Op { kind, arg: 0, ..*op });
                Outcome::Done
            }
            Downgrade | DowngradeToUpgradable => self.downgrade(thread, op),
            Wait | WaitTimed => self.begin_wait(thread, op),
            NotifyOne | NotifyAll => self.notify(op),
            Acquire | AcquireTimed | TryAcquire => self.take_permits(thread, op),
            Release => self.give_permits(thread, op),
            CloseSemaphore => {
                if let State::Semaphore { closed, .. } = &mut self.objects.get_mut(op.object).state {
                    *closed = true;
                }
                self.release_into(thread, op.object);
                Outcome::Done
            }
            Arrive => self.arrive(thread, op),
            Pass => {
                self.acquire_from(thread, op.object);
                Outcome::Done
            }
            Send | SendTimed | TrySend | Recv | RecvTimed | TryRecv => self.select(thread, op),
            Meet => self.meet(thread, op),
            Met => self.met(thread),
            Select | SelectTimed | TrySelect => self.select(thread, op),
            Commit => self.commit(thread, op.object),
            CloseSenders | CloseReceivers => {
                self.close(thread, op);
                Outcome::Done
            }
            Join => self.join(thread, op),
            Park | ParkTimed => self.park(thread, op),
            Unpark => self.unpark(thread, op),
            Sleep => {
                self.let_time_pass(thread);
                Outcome::Done
            }
            Permits => {
                self.acquire_from(thread, op.object);
                Outcome::Done
            }
            Push | Pop => self.use_queue(thread, op),
            Size => {
                self.acquire_from(thread, op.object);
                Outcome::Done
            }
            Start | Spawn | Yield | Choose | Finish | IsFinished | Len | Load | Store | Rmw | Fence => {
                Outcome::Done
            }
        }
    }

    /// The thread now knows what happened before the object's last release.
    #[inline]
    pub(crate) fn acquire_from(&mut self, thread: ThreadIndex, object: ObjectIndex) {
        let World { threads, objects, .. } = self;
        threads[thread].clock.join(&objects.get(object).released);
        self.log_flow(object, Flow::Learns { thread, object });
    }

    /// The object's next acquirer will know what the thread knows.
    #[inline]
    pub(crate) fn release_into(&mut self, thread: ThreadIndex, object: ObjectIndex) {
        let World { threads, objects, .. } = self;
        objects.get_mut(object).released.join(&threads[thread].clock);
        self.tick(thread);
        self.log_flow(object, Flow::Leaves { thread, object });
    }

    fn join(&mut self, thread: ThreadIndex, op: &Op) -> Outcome {
        if let State::Thread { index } = self.objects.get(op.object).state {
            self.thread_mut(index).joined = true;
        }
        self.acquire_from(thread, op.object);
        Outcome::Done
    }

    fn hold(&mut self, thread: ThreadIndex, object: ObjectIndex, kind: OpKind, place: Place) {
        self.thread_mut(thread).held.push(Held { object, kind, place });
    }

    /// Takes the object off the list of what the thread holds, or of another one that took it: a guard can be sent.
    #[inline(never)]
    fn give_back(&mut self, thread: ThreadIndex, object: ObjectIndex) {
        if !self.let_go(thread, object) {
            for other in 0..self.thread_count {
                if self.let_go(other, object) {
                    break;
                }
            }
        }
    }

    /// Takes the newest entry for the object off the list of what the thread holds.
    fn let_go(&mut self, thread: ThreadIndex, object: ObjectIndex) -> bool {
        let held = &mut self.thread_mut(thread).held;
        match held.iter().rposition(|held| held.object == object) {
            Some(position) => {
                held.remove(position);
                true
            }
            None => false,
        }
    }

    /// Uses up the time of a timed operation.
    pub(super) fn time_out(&mut self, thread: ThreadIndex) -> Outcome {
        if self.forced != Some(thread) {
            let place = self.steps.last().expect("a step is being taken").op.place;
            let early = &mut self.thread_mut(thread).early_timeouts;
            match early.iter_mut().find(|(at, _)| *at == place) {
                Some((_, times)) => *times += 1,
                None => early.push((place, 1)),
            }
        }
        self.let_time_pass(thread);
        Outcome::TimedOut
    }

    /// Whether the thread's timed operation may run out of time although others can still run.
    pub(crate) fn may_time_out(&self, thread: ThreadIndex, op: &Op) -> bool {
        let early = &self.thread(thread).early_timeouts;
        let times = early.iter().find(|(at, _)| *at == op.place).map_or(0, |(_, times)| *times);
        times < self.limits.early_timeouts
    }

    /// The thread's deadline is over. As where time is real, it goes on after the deadline and not at it: code that asks the
    /// clock how much time is left finds none.
    fn let_time_pass(&mut self, thread: ThreadIndex) {
        let thread = self.thread_mut(thread);
        thread.clock.time = thread.clock.time.max(thread.deadline.after(Duration::from_nanos(1)));
    }

    /// Whether something is put into the queue, or taken out. Each operation happens after those before it: the real ones
    /// are sequentially consistent read-modify-writes of the queue's ends.
    fn use_queue(&mut self, thread: ThreadIndex, op: &Op) -> Outcome {
        self.acquire_from(thread, op.object);
        let State::Queue(queue) = &mut self.objects.get_mut(op.object).state else {
            unreachable!("{:?} on something else than a queue", op.kind)
        };
        if !proceeds(op.kind, op.arg, State::Queue(*queue).facts()) {
            return Outcome::Failed;
        }
        // The facade counts what is there; see `World::queue_has`.
        if op.kind == OpKind::Pop || !queue.has_room() {
            queue.removals = queue.removals.wrapping_add(1);
        }
        self.release_into(thread, op.object);
        Outcome::Done
    }

    #[cfg(any(feature = "queue", feature = "deque"))]
    /// What a thread expects that looks at the queue now; nothing if it is empty.
    pub(crate) fn queue_expectation(&self, object: ObjectIndex) -> Option<u32> {
        match &self.objects.get(object).state {
            State::Queue(queue) if queue.len > 0 => Some(queue.expectation()),
            _ => None,
        }
    }

    #[cfg(any(feature = "queue", feature = "deque"))]
    /// So many values are in the queue after the operation.
    pub(crate) fn queue_has(&mut self, object: ObjectIndex, len: usize) {
        if let State::Queue(queue) = &mut self.objects.get_mut(object).state {
            queue.len = len;
        }
    }

    /// Takes a mutex that nobody has.
    #[inline]
    fn lock_mutex(&mut self, thread: ThreadIndex, op: &Op) -> Outcome {
        self.log_nesting(thread, op.object, op.kind, op.place);
        let World { threads, objects, published, .. } = self;
        let object = objects.get_mut(op.object);
        let State::Mutex { owner } = &mut object.state else { unreachable!("lock of {:?}", object.state) };
        *owner = Some(thread);
        published.taken(thread, &mut object.asked_by);
        let state = &mut threads[thread];
        state.clock.join(&object.released);
        state.held.push(Held { object: op.object, kind: op.kind, place: op.place });
        self.log_flow(op.object, Flow::Learns { thread, object: op.object });
        Outcome::Done
    }

    /// Gives back a mutex, which the thread took last: else it is not for here.
    #[inline(always)]
    fn unlock_mutex(&mut self, thread: ThreadIndex, mutex: ObjectIndex) -> bool {
        let World { threads, objects, published, .. } = self;
        let object = objects.get_mut(mutex);
        let state = &mut threads[thread];
        let (State::Mutex { owner }, Some(last)) = (&mut object.state, state.held.last()) else {
            return false;
        };
        if last.object != mutex {
            return false;
        }
        state.held.pop();
        *owner = None;
        published.opened(&object.asked_by);
        // It knows what was released before, since it took the mutex after that.
        object.released.copy_from(&state.clock);
        state.clock.tick(thread);
        self.log_flow(mutex, Flow::Leaves { thread, object: mutex });
        true
    }

    fn take_lock(&mut self, thread: ThreadIndex, op: &Op) -> Outcome {
        let object = self.objects.get_mut(op.object);
        let free = match (&mut object.state, op.kind) {
            (State::Mutex { owner }, _) => {
                let free = owner.is_none();
                if free {
                    *owner = Some(thread);
                    self.published.taken(thread, &mut object.asked_by);
                }
                free
            }
            (State::RwLock(lock), kind) => {
                let free = lock.is_free_for(kind, op.arg);
                if free {
                    lock.take(thread, kind);
                }
                free
            }
            (other, kind) => unreachable!("{kind:?} on {other:?}"),
        };
        if free {
            if op.kind.waits() {
                self.log_nesting(thread, op.object, op.kind, op.place);
            }
            self.acquire_from(thread, op.object);
            let World { threads, objects, .. } = self;
            let object = objects.get(op.object);
            if !op.kind.lets_read() && matches!(object.state, State::RwLock(_)) {
                // A writer comes after the readers, too.
                threads[thread].clock.join(&object.read_released);
            }
            if op.kind.upgrades() {
                self.let_go(thread, op.object);
                self.strategy.released(thread, op.object);
            }
            self.hold(thread, op.object, op.kind, op.place);
            Outcome::Done
        } else if op.kind.is_timed() {
            self.time_out(thread)
        } else {
            Outcome::Failed
        }
    }

    /// Gives back the lock that `thread` holds, by a release of this kind.
    #[inline(always)]
    pub(crate) fn release_lock(&mut self, thread: ThreadIndex, release: OpKind, object: ObjectIndex) {
        if !(release == OpKind::Unlock && self.unlock_mutex(thread, object)) {
            self.release_any_lock(thread, release, object);
        }
        if self.follows_steps {
            self.strategy.released(thread, object);
        }
    }

    #[inline(never)]
    fn release_any_lock(&mut self, thread: ThreadIndex, release: OpKind, object: ObjectIndex) {
        match &mut self.objects.get_mut(object).state {
            State::Mutex { owner } => {
                *owner = None;
                self.published.opened(&self.objects.get(object).asked_by);
            }
            State::RwLock(lock) => lock.release(thread, release),
            other => unreachable!("release of {other:?}"),
        }
        let held = &mut self.threads[thread].held;
        if held.last().is_some_and(|held| held.object == object) {
            held.pop();
        } else {
            self.give_back(thread, object);
        }
        if release == OpKind::UnlockRead {
            let World { threads, objects, .. } = self;
            objects.get_mut(object).read_released.join(&threads[thread].clock);
            self.tick(thread);
        } else {
            self.release_into(thread, object);
        }
    }

    fn downgrade(&mut self, thread: ThreadIndex, op: &Op) -> Outcome {
        if let State::RwLock(lock) = &mut self.objects.get_mut(op.object).state {
            lock.downgrade(thread, op.kind);
        }
        if let Some(held) =
            self.thread_mut(thread).held.iter_mut().rev().find(|held| held.object == op.object)
        {
            held.kind = if op.kind == OpKind::Downgrade { OpKind::Read } else { OpKind::Upgradable };
        }
        self.release_into(thread, op.object);
        self.strategy.released(thread, op.object);
        Outcome::Done
    }

    fn begin_wait(&mut self, thread: ThreadIndex, op: &Op) -> Outcome {
        if let State::Condvar { waiters } = &mut self.objects.get_mut(op.object).state {
            // In the order of threads, so that it does not matter in which order they began to wait: any may be woken.
            let position = waiters.partition_point(|waiter| *waiter < thread);
            waiters.insert(position, thread);
        }
        self.release_lock(thread, OpKind::Unlock, op.arg);
        if let Some(log) = &mut self.lock_log {
            log.monitors.push(op.arg);
        }
        self.thread_mut(thread).notified = false;
        let kind = if op.kind == OpKind::WaitTimed { OpKind::RelockTimed } else { OpKind::Relock };
        // Until it is notified, its waking by itself changes who a notification finds waiting.
        self.becomes(thread, Op { second: op.object, ..Op::new(kind, op.arg, op.object, op.place) });
        Outcome::Done
    }

    fn wake(&mut self, thread: ThreadIndex, op: &Op) -> Outcome {
        let outcome = if self.thread(thread).notified {
            Outcome::Done
        } else {
            if let State::Condvar { waiters } = &mut self.objects.get_mut(op.arg).state {
                waiters.retain(|waiter| *waiter != thread);
            }
            if op.kind == OpKind::RelockTimed {
                self.time_out(thread)
            } else {
                self.thread_mut(thread).spurious_left -= 1;
                Outcome::Spurious
            }
        };
        let object = self.objects.get_mut(op.object);
        if let State::Mutex { owner } = &mut object.state {
            debug_assert!(owner.is_none(), "a waiter wakes only when it can lock the mutex");
            *owner = Some(thread);
            self.published.taken(thread, &mut object.asked_by);
        }
        self.log_nesting(thread, op.object, OpKind::Relock, op.place);
        self.acquire_from(thread, op.object);
        self.hold(thread, op.object, OpKind::Lock, op.place);
        outcome
    }

    fn notify(&mut self, op: &Op) -> Outcome {
        let State::Condvar { waiters } = &mut self.objects.get_mut(op.object).state else {
            unreachable!("notification of something that is no condition variable")
        };
        self.woken = 0;
        if waiters.is_empty() {
            return Outcome::Failed;
        }
        let mut woken = std::mem::take(waiters);
        if op.kind == OpKind::NotifyOne {
            let chosen = self.choose_value(woken.len());
            let thread = woken.remove(chosen);
            if let State::Condvar { waiters } = &mut self.objects.get_mut(op.object).state {
                *waiters = woken;
            }
            woken = vec![thread];
        }
        self.woken = woken.len();
        for thread in &woken {
            self.notified(*thread);
        }
        Outcome::Done
    }

    fn take_permits(&mut self, thread: ThreadIndex, op: &Op) -> Outcome {
        let State::Semaphore { permits, closed } = &mut self.objects.get_mut(op.object).state else {
            unreachable!("permits of something that is no semaphore")
        };
        if *closed {
            return Outcome::Closed;
        }
        match permits.checked_sub(op.arg as usize) {
            Some(left) => {
                *permits = left;
                self.acquire_from(thread, op.object);
                self.release_into(thread, op.object);
                self.hold(thread, op.object, OpKind::Acquire, op.place);
                Outcome::Done
            }
            None if op.kind == OpKind::AcquireTimed => self.time_out(thread),
            None => Outcome::Failed,
        }
    }

    fn give_permits(&mut self, thread: ThreadIndex, op: &Op) -> Outcome {
        if let State::Semaphore { permits, .. } = &mut self.objects.get_mut(op.object).state {
            *permits += op.arg as usize;
        }
        self.give_back(thread, op.object);
        self.acquire_from(thread, op.object);
        self.release_into(thread, op.object);
        Outcome::Done
    }

    fn arrive(&mut self, thread: ThreadIndex, op: &Op) -> Outcome {
        self.release_into(thread, op.object);
        let State::Barrier { size, arrived, generation } = &mut self.objects.get_mut(op.object).state else {
            unreachable!("arrival at something that is no barrier")
        };
        arrived.push(thread);
        if arrived.len() >= *size {
            *generation += 1;
            let others = std::mem::take(arrived);
            self.acquire_from(thread, op.object);
            for other in others {
                if other != thread {
                    self.mark_enabled(other);
                }
            }
        } else {
            let generation = *generation;
            self.becomes(thread, Op::new(OpKind::Pass, op.object, generation, op.place));
        }
        Outcome::Done
    }

    fn park(&mut self, thread: ThreadIndex, op: &Op) -> Outcome {
        if std::mem::replace(&mut self.thread_mut(thread).park_token, false) {
            self.acquire_from(thread, op.object);
            Outcome::Done
        } else {
            self.time_out(thread)
        }
    }

    fn unpark(&mut self, thread: ThreadIndex, op: &Op) -> Outcome {
        let State::Thread { index } = self.objects.get(op.object).state else {
            unreachable!("unpark of something that is no thread")
        };
        self.thread_mut(index).park_token = true;
        self.release_into(thread, op.object);
        Outcome::Done
    }
}
