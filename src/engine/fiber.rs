//! Threads of a model as coroutines, and the host that resumes them.
//!
//! All coroutines of an execution run on the OS thread that called [`Engine::run`]. A coroutine suspends itself in
//! [`Handle::step`] when another one was chosen; the host resumes that one. If the same one was chosen it just goes on,
//! which makes a step without a switch.

use std::{
    any::Any,
    cell::{Cell, RefCell, UnsafeCell},
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    rc::Rc,
    sync::{
        Once,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use corosensei::{Coroutine, CoroutineResult, Yielder, stack::DefaultStack};

use super::{
    execution::{Next, Stop, World},
    object::{Place, State},
    op::{NO_OBJECT, ObjectIndex, Op, OpKind, ThreadIndex},
    thread::PanicRecord,
    trace::Outcome,
};

/// The payload by which threads of a stopped execution are unwound. It never reaches the panic hook.
struct Teardown;

/// Operations that a thread may still perform while it is unwound, before it is taken for one that spins for ever.
const TEARDOWN_OPERATIONS_MAX: u32 = 100_000;

/// How many bits of an object's identity number the objects of one execution.
const OBJECT_BITS: u32 = 24;

/// How many numbers of executions an engine takes at a time, so that engines on several cores seldom meet.
const EXECUTIONS_TAKEN: u64 = 1_024;

static NEXT_EXECUTION: AtomicU64 = AtomicU64::new(1);

thread_local! {
    static CURRENT: Cell<*const Shared> = const { Cell::new(std::ptr::null()) };
}

/// The identity of a facade object inside models: which execution last used it, and its number there.
#[derive(Debug)]
pub(crate) struct ObjectId(AtomicU64);

impl ObjectId {
    pub(crate) const fn new() -> Self {
        ObjectId(AtomicU64::new(0))
    }
}

/// The coroutine of a thread. It stays in its place while it runs.
struct Fiber {
    /// Nothing once the thread has come to its end, or is being unwound.
    coroutine: UnsafeCell<Option<Coroutine<(), (), (), DefaultStack>>>,
    yielder: Cell<*const Yielder<(), ()>>,
    /// It is suspended in a destructor that runs because of a panic: another panic there would abort the process.
    unwinding: Cell<bool>,
}

impl Fiber {
    fn new() -> Fiber {
        Fiber {
            coroutine: UnsafeCell::new(None),
            yielder: Cell::new(std::ptr::null()),
            unwinding: Cell::new(false),
        }
    }

    /// Lets the coroutine run until it suspends itself or ends; true when it ended.
    ///
    /// Inlined, as what calls it: each return after a switch goes to where the processor does not expect it.
    #[inline(always)]
    fn resume(&self) -> bool {
        // SAFETY: all fibers are used by one OS thread, and while a coroutine runs from here nobody else looks at its cell. It is
        // the host's loop that calls this, for one thread at a time, and `take` and `begin` are called when that loop is not in
        // here, or for another fiber: a thread begins once, and coroutines are taken out when they, or the loop, have ended.
        let coroutine = unsafe { &mut *self.coroutine.get() };
        let coroutine = coroutine.as_mut().expect("the chosen thread is suspended");
        matches!(coroutine.resume(()), CoroutineResult::Return(()))
    }

    /// Takes the coroutine out, if it is there.
    fn take(&self) -> Option<Coroutine<(), (), (), DefaultStack>> {
        // SAFETY: as in `resume`.
        unsafe { (*self.coroutine.get()).take() }
    }

    /// Begins with a new coroutine.
    fn begin(&self, coroutine: Coroutine<(), (), (), DefaultStack>) {
        self.unwinding.set(false);
        // SAFETY: as in `resume`; the fiber is not in use yet.
        unsafe { *self.coroutine.get() = Some(coroutine) };
    }
}

/// What the host and the coroutines share. Both run on one OS thread, so cells suffice.
struct Shared {
    id: u64,
    /// Other engines run executions of the same exploration at the same time.
    has_siblings: bool,
    world: RefCell<World>,
    /// One for each thread; the first `fibers_used` are in use.
    fibers: RefCell<Vec<Rc<Fiber>>>,
    fibers_used: Cell<usize>,
    stacks: RefCell<Vec<DefaultStack>>,
    stack_size: usize,
    next: Cell<Next>,
    teardown_operations: Cell<u32>,
    /// A thread was left in the middle of a panic, which the standard library goes on to count for this OS thread.
    panics_miscounted: Cell<bool>,
}

/// Runs executions of a model, one after the other.
pub(crate) struct Engine {
    shared: Box<Shared>,
    /// Numbers of executions that no other engine has.
    numbers: Range<u64>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("execution", &self.shared.id).finish_non_exhaustive()
    }
}

/// What an engine begins with that runs beside another one. It moves to the thread that is to run it.
#[derive(Debug)]
pub(crate) struct EngineSeed {
    stack_size: usize,
}

impl EngineSeed {
    pub(crate) fn engine(self, world: World) -> Engine {
        let mut engine = Engine::new(world, self.stack_size);
        engine.shared.has_siblings = true;
        engine
    }
}

/// The execution that the calling code is a part of.
#[derive(Clone, Copy)]
pub(crate) struct Handle(*const Shared);

/// The execution that the calling code is a part of, if it runs in a model.
#[inline]
pub(crate) fn current() -> Option<Handle> {
    let shared = CURRENT.get();
    (!shared.is_null()).then_some(Handle(shared))
}

impl Engine {
    pub(crate) fn new(world: World, stack_size: usize) -> Self {
        install_panic_hook();
        Engine {
            numbers: 0..0,
            shared: Box::new(Shared {
                id: 0,
                has_siblings: false,
                world: RefCell::new(world),
                fibers: RefCell::new(Vec::new()),
                fibers_used: Cell::new(0),
                stacks: RefCell::new(Vec::new()),
                stack_size,
                next: Cell::new(Next::Stop),
                teardown_operations: Cell::new(0),
                panics_miscounted: Cell::new(false),
            }),
        }
    }

    /// What another engine for the same exploration begins with. It runs beside this one, so neither can run a program with
    /// objects that outlive its executions any more (see [`Stop::Shared`]).
    pub(crate) fn sibling(&mut self) -> EngineSeed {
        self.shared.has_siblings = true;
        EngineSeed { stack_size: self.shared.stack_size }
    }

    pub(crate) fn world(&mut self) -> &mut World {
        self.shared.world.get_mut()
    }

    /// A number for the next execution.
    fn next_number(&mut self) -> u64 {
        self.numbers.next().unwrap_or_else(|| {
            // ORDERING: relaxed: only the numbers must differ.
            let first = NEXT_EXECUTION.fetch_add(EXECUTIONS_TAKEN, Ordering::Relaxed);
            self.numbers = first + 1..first + EXECUTIONS_TAKEN;
            first
        })
    }

    /// Runs one execution of `model`. `inspect` sees its end before the threads are unwound.
    pub(crate) fn run<R>(&mut self, model: &dyn Fn(), inspect: impl FnOnce(&mut World, Stop) -> R) -> R {
        assert!(CURRENT.get().is_null(), "unsnarl: a check inside a model is not possible");
        self.shared.id = self.next_number();
        self.shared.world.get_mut().begin();
        let shared: &Shared = &self.shared;
        let session = Session::begin(shared);
        let body = || {
            model();
            false
        };
        // SAFETY: the model is there until this function returns, and `unwind_all` ends all coroutines before, also when
        // something in between panics (see `Session`).
        unsafe { shared.add_fiber(body) };
        let mut next = 0;
        loop {
            shared.resume(next);
            match shared.next.get() {
                Next::Switch(thread) => next = thread,
                Next::Stop => break,
                Next::Continue => unreachable!("a thread that goes on does not suspend"),
            }
        }
        let result = {
            let mut world = shared.world.borrow_mut();
            let stop = world.stop.take().expect("an execution stops for a reason");
            let pending = std::mem::take(&mut world.pending);
            world.strategy.end_execution(&pending);
            world.pending = pending;
            inspect(&mut world, stop)
        };
        drop(session);
        result
    }
}

/// Makes the execution the current one of this OS thread, and ends its coroutines when dropped.
struct Session<'a>(&'a Shared);

impl<'a> Session<'a> {
    fn begin(shared: &'a Shared) -> Self {
        CURRENT.set(shared);
        Session(shared)
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        self.0.unwind_all();
        CURRENT.set(std::ptr::null());
    }
}

impl Shared {
    /// A coroutine for the thread that was added last. The body says whether the user's code ended by a panic.
    ///
    /// # Safety
    ///
    /// What the body borrows is there until the thread has ended, or was left for good.
    unsafe fn add_fiber(&self, body: impl FnOnce() -> bool) {
        let stack = self.stacks.borrow_mut().pop().unwrap_or_else(|| {
            DefaultStack::new(self.stack_size).expect("unsnarl: no memory for the stack of a model thread")
        });
        let index = self.fibers_used.get();
        let fiber = self.next_fiber();
        let run = move |yielder: &Yielder<(), ()>, ()| {
            let handle = current().expect("a coroutine runs inside an execution");
            handle.shared().fiber(index).yielder.set(yielder);
            let result = catch_unwind(AssertUnwindSafe(|| {
                if handle.in_teardown() {
                    // It never ran. What it owns is dropped here and not by the host, since destructors may wait.
                    drop(body);
                    return false;
                }
                let panicked = body();
                if handle.visible_releases() {
                    handle.step_on_thread(index, OpKind::Finish, std::panic::Location::caller());
                }
                panicked
            }));
            let panicked = result.unwrap_or_else(|payload| !payload.is::<Teardown>());
            handle.shared().finish(panicked);
        };
        // SAFETY: the caller keeps alive what the body borrows; nothing else is borrowed.
        fiber.begin(unsafe { Coroutine::with_stack_unchecked(stack, run) });
    }

    /// A fiber for one more thread.
    fn next_fiber(&self) -> &Fiber {
        let index = self.fibers_used.replace(self.fibers_used.get() + 1);
        if self.fibers.borrow().len() == index {
            self.fibers.borrow_mut().push(Rc::new(Fiber::new()));
        }
        self.fiber(index)
    }

    /// The fiber of a thread of this execution.
    #[inline]
    fn fiber(&self, thread: ThreadIndex) -> &Fiber {
        debug_assert!(thread < self.fibers_used.get(), "thread of another execution");
        let fiber = Rc::as_ptr(&self.fibers.borrow()[thread]);
        // SAFETY: fibers are only ever added to the list, which thus keeps each in its place as long as `self` is there.
        unsafe { &*fiber }
    }

    /// Lets a coroutine run until it suspends itself or ends.
    #[inline(always)]
    fn resume(&self, thread: ThreadIndex) {
        let fiber = self.fiber(thread);
        if fiber.resume()
            && let Some(coroutine) = fiber.take()
        {
            self.stacks.borrow_mut().push(coroutine.into_stack());
        }
    }

    /// Whether the running thread is unwinding.
    ///
    /// The standard library counts panics for each OS thread, so those of all coroutines together. As long as no other one
    /// is suspended in the middle of a panic that tells; otherwise it is a guess, which errs on the side of "yes".
    #[inline]
    fn is_unwinding(&self, thread: ThreadIndex) -> bool {
        std::thread::panicking() && self.is_it_unwinding(thread)
    }

    /// Whether it is this thread that is unwinding, where some thread is.
    #[cold]
    fn is_it_unwinding(&self, thread: ThreadIndex) -> bool {
        let fibers = self.fibers.borrow();
        let used = fibers[..self.fibers_used.get()].iter().enumerate();
        let mut others = used.filter(|(index, _)| *index != thread);
        let is_alone = !self.panics_miscounted.get() && !others.any(|(_, fiber)| fiber.unwinding.get());
        is_alone || fibers[thread].unwinding.get() || self.world.borrow().thread(thread).panic.is_some()
    }

    /// Gives control to the host, from the coroutine of `thread`.
    #[inline(always)]
    fn suspend(&self, thread: ThreadIndex) {
        let unwinding = self.is_unwinding(thread);
        let fiber = self.fiber(thread);
        fiber.unwinding.set(unwinding);
        let yielder = fiber.yielder.get();
        // SAFETY: the pointer was stored by this very coroutine when it started, and its yielder lives as long as the
        // coroutine runs. No borrow of `fibers` or `world` is held across the switch.
        unsafe { (*yielder).suspend(()) };
    }

    /// Publishes an operation of the running thread. Whether it goes on at once; if not, it is to suspend itself.
    #[inline(never)]
    fn goes_on(&self, op: &Op, timeout: Option<Duration>) -> bool {
        let mut world = self.world.borrow_mut();
        if world.teardown {
            return true;
        }
        let next = world.publish(op, timeout);
        self.next.set(next);
        next == Next::Continue
    }

    /// Gives a lock back, unless that is a step of its own.
    #[inline(never)]
    fn has_released(&self, kind: OpKind, object: ObjectIndex) -> bool {
        let mut world = self.world.borrow_mut();
        let is_step = world.mode.visible_releases && !world.teardown;
        if !is_step {
            let thread = world.current;
            world.release_lock(thread, kind, object);
        }
        !is_step
    }

    fn finish(&self, panicked: bool) {
        let mut world = self.world.borrow_mut();
        if !world.teardown {
            let next = world.finish(panicked);
            self.next.set(next);
        }
    }

    /// Ends all coroutines that are left, and readies the list for the next execution.
    fn unwind_all(&self) {
        let mut world = self.world.borrow_mut();
        world.teardown = true;
        if world.have_all_ended() {
            self.fibers_used.set(0);
            return;
        }
        drop(world);
        self.teardown_operations.set(0);
        // The youngest first: what a thread lends to those that it spawned goes last. A destructor may spawn more.
        let mut ended = 0;
        while ended < self.fibers_used.get() {
            let count = self.fibers_used.get();
            for thread in (0..count).rev() {
                self.unwind(thread);
            }
            ended = count;
        }
        self.fibers_used.set(0);
    }

    /// Ends one coroutine: its destructors run, as far as they do not wait for something that cannot come any more.
    fn unwind(&self, thread: ThreadIndex) {
        let fiber = self.fiber(thread);
        let Some(mut coroutine) = fiber.take().filter(|coroutine| !coroutine.done()) else { return };
        let caller = std::mem::replace(&mut self.world.borrow_mut().current, thread);
        if let CoroutineResult::Yield(()) = coroutine.resume(()) {
            // A destructor waits for ever. What is left on the stack is leaked, which is safe: nothing borrows from it but
            // the coroutine's own frames, which never run again.
            // SAFETY: as said; the stack's memory itself stays valid and is used again.
            unsafe { coroutine.force_reset() };
            self.panics_miscounted.set(self.panics_miscounted.get() || fiber.unwinding.get());
        }
        self.world.borrow_mut().current = caller;
        self.stacks.borrow_mut().push(coroutine.into_stack());
    }
}

impl Handle {
    fn shared(&self) -> &Shared {
        // SAFETY: a handle is made by `current` from the pointer that `Session` keeps valid while coroutines run, and is
        // used at once by code of such a coroutine (it is neither `Send` nor stored).
        unsafe { &*self.0 }
    }

    /// Looks at or changes the state. The closure must not run user code or operations.
    #[inline]
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut World) -> R) -> R {
        f(&mut self.shared().world.borrow_mut())
    }

    /// A number that no other execution of this process has.
    pub(crate) fn execution_id(&self) -> u64 {
        self.shared().id
    }

    pub(crate) fn visible_releases(&self) -> bool {
        self.with(|world| world.mode.visible_releases && !world.teardown)
    }

    pub(crate) fn in_teardown(&self) -> bool {
        self.shared().world.borrow().teardown
    }

    /// The number of an object in this execution; registers it when it is used for the first time, as `state` says.
    ///
    /// The flag says that it was used by an earlier execution.
    #[inline]
    pub(crate) fn object(
        &self,
        id: &ObjectId,
        name: Option<&'static str>,
        created: Place,
        state: impl FnOnce() -> State,
    ) -> (ObjectIndex, bool) {
        match self.known_object(id) {
            Some(index) => (index, false),
            None => self.new_object(id, name, created, state()),
        }
    }

    /// The number of an object that was used in this execution before.
    #[inline]
    pub(crate) fn known_object(&self, id: &ObjectId) -> Option<ObjectIndex> {
        // ORDERING: relaxed, since inside a model one OS thread uses the object. One that other executions of the same
        // exploration use at the same time is left alone, see `new_object`; a model of its own that shares it would be outside
        // what can be checked anyway.
        let known = id.0.load(Ordering::Relaxed);
        let index = (known & ((1 << OBJECT_BITS) - 1)) as ObjectIndex;
        (known >> OBJECT_BITS == self.shared().id).then_some(index)
    }

    fn new_object(
        &self,
        id: &ObjectId,
        name: Option<&'static str>,
        created: Place,
        state: State,
    ) -> (ObjectIndex, bool) {
        let shared = self.shared();
        // ORDERING: relaxed, see `known_object`.
        let known = id.0.load(Ordering::Relaxed);
        let mut outlives = known >> OBJECT_BITS != 0;
        let index = {
            let mut world = shared.world.borrow_mut();
            if outlives {
                world.outlives.get_or_insert(created);
            }
            let index = world.objects.register(state, name, created);
            world.number_channel(index);
            index
        };
        assert!(u64::from(index) < 1 << OBJECT_BITS, "unsnarl: more than 2^24 objects in one execution");
        let own = shared.id << OBJECT_BITS | u64::from(index);
        // ORDERING: relaxed: whoever comes second may only know that there was somebody, and touches nothing.
        let won = id.0.compare_exchange(known, own, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        outlives |= !won;
        if outlives && shared.has_siblings {
            self.leave_to_others(created);
        }
        (index, outlives)
    }

    /// Ends the execution here, since the object may be in use in another one.
    fn leave_to_others(&self, created: Place) {
        let shared = self.shared();
        let thread = {
            let mut world = shared.world.borrow_mut();
            if world.teardown {
                return;
            }
            world.outlives = Some(created);
            world.stop_with(Stop::Shared);
            world.current
        };
        shared.next.set(Next::Stop);
        shared.suspend(thread);
        if !shared.fiber(thread).unwinding.get() {
            resume_unwind(Box::new(Teardown));
        }
    }

    /// Notes that an object brings its state from an earlier execution.
    pub(crate) fn note_survivor(&self, kind: &'static str, created: Place) {
        self.with(|world| {
            world.survivor.get_or_insert((kind, created));
        });
    }

    /// Publishes an operation of the running thread and returns when it was performed.
    ///
    /// Inlined, up to where the program calls the facade: the processor then foresees where switches between coroutines go,
    /// since each is a call and its return, with no other call between them that has not returned.
    #[inline(always)]
    pub(crate) fn step(&self, op: Op, timeout: Option<Duration>) -> Outcome {
        let shared = self.shared();
        let thread = shared.world.borrow().current;
        let goes_on = shared.goes_on(&op, timeout);
        if !goes_on {
            shared.suspend(thread);
        }
        let world = shared.world.borrow();
        if world.teardown {
            drop(world);
            return self.taken_down(thread, op, goes_on);
        }
        world.thread(thread).outcome
    }

    /// The execution is taken down: before the operation, or while its thread was suspended in it.
    #[cold]
    fn taken_down(&self, thread: ThreadIndex, op: Op, before: bool) -> Outcome {
        if !before && !self.shared().fiber(thread).unwinding.get() {
            resume_unwind(Box::new(Teardown));
        }
        self.step_in_teardown(thread, op)
    }

    /// An operation on the object that stands for a thread.
    #[inline]
    pub(crate) fn step_on_thread(&self, target: ThreadIndex, kind: OpKind, place: Place) -> Outcome {
        let object = self.with(|world| world.thread(target).object);
        self.step(Op::new(kind, object, 0, place), None)
    }

    /// An operation on no object.
    pub(crate) fn step_alone(&self, kind: OpKind, place: Place, time: Option<Duration>) -> Outcome {
        self.step(Op::new(kind, NO_OBJECT, 0, place), time)
    }

    /// Chooses one of the numbers in the set, to which 0 belongs, in a step of its own. The set is looked at when the step is
    /// taken.
    pub(crate) fn choose(
        &self,
        operation: &'static str,
        place: Place,
        possible: impl FnOnce() -> u128,
    ) -> usize {
        self.step_alone(OpKind::Choose, place, None);
        if self.in_teardown() {
            return 0;
        }
        let possible = possible();
        self.with(|world| world.choose_among(possible, operation))
    }

    /// Gives a lock back; a step of its own only where that can be observed.
    #[inline]
    pub(crate) fn release(&self, kind: OpKind, object: ObjectIndex, place: Place) {
        if !self.shared().has_released(kind, object) {
            self.step(Op::new(kind, object, 0, place), None);
        }
    }

    /// Adds a thread that runs `body` once it is chosen. The body says whether the user's code ended by a panic.
    ///
    /// # Safety
    ///
    /// What the body borrows is there until the thread has ended, or was left for good.
    pub(crate) unsafe fn spawn(
        &self,
        name: Option<String>,
        place: Place,
        body: impl FnOnce() -> bool,
    ) -> ThreadIndex {
        if self.in_teardown() && !std::thread::panicking() {
            resume_unwind(Box::new(Teardown));
        }
        if let Some(object) = self.with(|world| world.spawns_object(place)) {
            self.step(Op::new(OpKind::Spawn, object, 0, place), None);
        }
        let index = self.with(|world| world.spawn(name, place));
        // SAFETY: as the caller says.
        unsafe { self.shared().add_fiber(body) };
        index
    }

    /// Whether the running thread is unwinding from a panic of its own.
    pub(crate) fn panicking(&self) -> bool {
        let (thread, has_said_so, teardown) = self.with(|world| {
            let thread = world.current;
            (thread, world.thread(thread).panic.is_some(), world.teardown)
        });
        // While threads are taken down most of them unwind without a panic of their own.
        std::thread::panicking() && (has_said_so || !teardown && self.shared().is_unwinding(thread))
    }

    /// What an operation does while the execution is taken down: it never waits for another thread's good will.
    fn step_in_teardown(&self, thread: ThreadIndex, op: Op) -> Outcome {
        if !std::thread::panicking() {
            resume_unwind(Box::new(Teardown));
        }
        let shared = self.shared();
        let operations = shared.teardown_operations.get() + 1;
        shared.teardown_operations.set(operations);
        if operations > TEARDOWN_OPERATIONS_MAX {
            self.abandon(thread);
        }
        match op.kind {
            OpKind::Lock
            | OpKind::Read
            | OpKind::Write
            | OpKind::Upgradable
            | OpKind::Upgrade
            | OpKind::Join => {
                let first = self.with(|world| {
                    world.set_pending(thread, Some(op));
                    let waits_for = world.waits_for(thread);
                    world.set_pending(thread, None);
                    waits_for
                });
                for other in first {
                    shared.unwind(other);
                }
                Outcome::Done
            }
            OpKind::TryLock
            | OpKind::TryRead
            | OpKind::TryWrite
            | OpKind::TryUpgradable
            | OpKind::TryUpgrade
            | OpKind::TryAcquire => Outcome::Failed,
            OpKind::LockTimed
            | OpKind::ReadTimed
            | OpKind::WriteTimed
            | OpKind::UpgradableTimed
            | OpKind::UpgradeTimed
            | OpKind::ParkTimed => Outcome::TimedOut,
            OpKind::Send
            | OpKind::SendTimed
            | OpKind::TrySend
            | OpKind::Recv
            | OpKind::RecvTimed
            | OpKind::TryRecv
            | OpKind::Met
            | OpKind::Select
            | OpKind::SelectTimed
            | OpKind::TrySelect
            | OpKind::Acquire
            | OpKind::AcquireTimed => Outcome::Closed,
            OpKind::Wait | OpKind::WaitTimed | OpKind::Park | OpKind::Arrive => self.abandon(thread),
            OpKind::Unlock | OpKind::UnlockRead | OpKind::UnlockWrite | OpKind::UnlockUpgradable => {
                self.with(|world| world.release_lock(thread, op.kind, op.object));
                Outcome::Done
            }
            _ => Outcome::Done,
        }
    }

    /// Leaves the running thread for good: `Shared::unwind` resets a coroutine that suspends itself.
    fn abandon(&self, thread: ThreadIndex) -> ! {
        loop {
            self.shared().suspend(thread);
        }
    }
}

/// Makes panics in models silent: they are recorded with the thread, and the report shows those that matter.
fn install_panic_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let Some(handle) = current() else {
                previous(info);
                return;
            };
            let Ok(mut world) = handle.shared().world.try_borrow_mut() else {
                // The engine itself panicked: that is our fault and must be seen.
                previous(info);
                return;
            };
            let place = info.location().map(ToString::to_string).unwrap_or_default();
            let message = message_of(info.payload());
            let record = PanicRecord { message, place, steps_before: world.steps.len() };
            let thread = world.current;
            world.thread_mut(thread).panic = Some(record);
        }));
    });
}

fn message_of(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "a panic whose payload is no text".to_owned()
    }
}
