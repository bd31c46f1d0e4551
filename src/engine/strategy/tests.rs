//! Statistical oracles for the samplers, with fixed seeds: what they find is as often as theory says.
//!
//! The programs are written on the engine itself, and never panic: they say whether they failed, so that one search can go
//! through any number of executions.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    collections::BTreeMap,
    panic::Location,
    rc::Rc,
    sync::{Arc, Mutex},
};

use super::{
    Bound, Decision, Event, Exhaustive, Pct, Portfolio, Pos, Random, Reduction, Rff, Sampled, StateCoverage,
    Strategy, Surw, Urw, View,
};
use crate::engine::{
    Engine, Limits, Mode, ObjectId, Stop, StrategyDebug, World, current,
    object::State,
    op::{ObjectIndex, Op, OpKind, ThreadIndex},
    trace::Choice,
};

/// A number that threads share; each access is a step.
struct Number {
    id: ObjectId,
    value: Cell<i32>,
}

impl Number {
    fn new(value: i32) -> Self {
        Number { id: ObjectId::new(), value: Cell::new(value) }
    }

    fn step(&self, kind: OpKind, place: &'static Location<'static>) {
        let handle = current().expect("inside a model");
        let (object, _) = handle.object(&self.id, None, place, || State::Atomic { value: 0 });
        handle.step(Op::new(kind, object, 0, place), None);
    }

    #[track_caller]
    fn load(&self) -> i32 {
        self.step(OpKind::Load, Location::caller());
        self.value.get()
    }

    #[track_caller]
    fn store(&self, value: i32) {
        self.step(OpKind::Store, Location::caller());
        self.value.set(value);
    }

    /// Adds, and gives the sum.
    #[track_caller]
    fn add(&self, value: i32) -> i32 {
        self.step(OpKind::Rmw, Location::caller());
        self.value.set(self.value.get() + value);
        self.value.get()
    }
}

/// A mutex without data; unlocks are no steps.
struct Lock(ObjectId);

impl Lock {
    fn new() -> Self {
        Lock(ObjectId::new())
    }

    fn object(&self) -> ObjectIndex {
        let state = || State::Mutex { owner: None };
        current().expect("inside a model").object(&self.0, None, Location::caller(), state).0
    }

    #[track_caller]
    fn lock(&self) {
        let op = Op::new(OpKind::Lock, self.object(), 0, Location::caller());
        current().expect("inside a model").step(op, None);
    }

    #[track_caller]
    fn unlock(&self) {
        current().expect("inside a model").release(OpKind::Unlock, self.object(), Location::caller());
    }
}

fn spawn(body: impl FnOnce() + 'static) {
    let body = move || {
        body();
        false
    };
    // SAFETY: the body borrows nothing.
    unsafe { current().expect("inside a model").spawn(None, Location::caller(), body) };
}

/// A program that tells its failures by setting the flag, or by a deadlock.
type Program = fn(&Rc<Cell<bool>>);

/// Three threads on one account; the one that looks must not be the last.
fn account(failed: &Rc<Cell<bool>>) {
    let state = Rc::new((Lock::new(), Cell::new(0)));
    for _ in 0..2 {
        let state = Rc::clone(&state);
        spawn(move || {
            state.0.lock();
            state.1.set(state.1.get() + 1);
            state.0.unlock();
        });
    }
    let failed = Rc::clone(failed);
    spawn(move || {
        state.0.lock();
        failed.set(state.1.get() == 2);
        state.0.unlock();
    });
}

fn bluetooth_driver(failed: &Rc<Cell<bool>>) {
    let state = Rc::new([Number::new(1), Number::new(0), Number::new(0), Number::new(0)]);
    let stopper = Rc::clone(&state);
    spawn(move || {
        let [pending, stopping, event, stopped] = &*stopper;
        stopping.store(1);
        if pending.add(-1) == 0 {
            event.store(1);
        }
        if event.load() == 1 {
            stopped.store(1);
        }
    });
    let failed = Rc::clone(failed);
    spawn(move || {
        let [pending, stopping, event, stopped] = &*state;
        if stopping.load() == 0 {
            pending.add(1);
            failed.set(stopped.load() == 1);
            if pending.add(-1) == 0 {
                event.store(1);
            }
        }
    });
}

fn reorder(failed: &Rc<Cell<bool>>, setters: usize) {
    let state = Rc::new((Number::new(0), Number::new(0)));
    for _ in 0..setters {
        let state = Rc::clone(&state);
        spawn(move || {
            state.0.store(1);
            state.1.store(-1);
        });
    }
    let failed = Rc::clone(failed);
    spawn(move || {
        let seen = (state.0.load(), state.1.load());
        failed.set(seen != (0, 0) && seen != (1, -1));
    });
}

fn reorder_3(failed: &Rc<Cell<bool>>) {
    reorder(failed, 2);
}

fn deadlock01(_failed: &Rc<Cell<bool>>) {
    let locks = Rc::new((Lock::new(), Lock::new()));
    let other = Rc::clone(&locks);
    spawn(move || {
        locks.0.lock();
        locks.1.lock();
        locks.1.unlock();
        locks.0.unlock();
    });
    spawn(move || {
        other.1.lock();
        other.0.lock();
        other.0.unlock();
        other.1.unlock();
    });
}

/// The thread that comes first of its kind takes a second lock, and the one that goes last gives it back.
fn carter01(_failed: &Rc<Cell<bool>>) {
    let locks = Rc::new((Lock::new(), Lock::new()));
    for _ in 0..2 {
        let locks = Rc::clone(&locks);
        spawn(move || {
            let (outer, inner) = &*locks;
            outer.lock();
            inner.lock();
            outer.unlock();
            outer.lock();
            inner.unlock();
            outer.unlock();
        });
    }
}

fn lazy01(failed: &Rc<Cell<bool>>) {
    let state = Rc::new((Lock::new(), Cell::new(0)));
    for amount in [1, 2] {
        let state = Rc::clone(&state);
        spawn(move || {
            state.0.lock();
            state.1.set(state.1.get() + amount);
            state.0.unlock();
        });
    }
    let failed = Rc::clone(failed);
    spawn(move || {
        state.0.lock();
        failed.set(state.1.get() >= 3);
        state.0.unlock();
    });
}

/// An object is freed between its being put into a list and its maker's last look at it.
fn cve_2017_15265(failed: &Rc<Cell<bool>>) {
    let state = Rc::new((Lock::new(), Lock::new(), Cell::new(false), Number::new(0)));
    let deleter = Rc::clone(&state);
    let failed = Rc::clone(failed);
    spawn(move || {
        let (outer, inner, is_listed, freed) = &*state;
        outer.lock();
        inner.lock();
        is_listed.set(true);
        inner.unlock();
        outer.unlock();
        failed.set(freed.load() == 1);
    });
    spawn(move || {
        let (outer, inner, is_listed, freed) = &*deleter;
        outer.lock();
        inner.lock();
        let removed = is_listed.replace(false);
        inner.unlock();
        outer.unlock();
        if removed {
            freed.store(1);
        }
    });
}

const LIMITS: Limits = Limits {
    steps: 20_000,
    early_timeouts: 1,
    spurious_wakeups: 1,
    weak_memory: true,
    stale_reads: 2,
    idle_turns: 0,
};

/// Runs executions until the strategy has no more, or `most`; `see` learns of each whether it failed.
fn executions(
    strategy: impl StrategyDebug,
    most: usize,
    program: impl Fn(&Rc<Cell<bool>>),
    mut see: impl FnMut(bool, &World),
) {
    let mode = Mode::default();
    let mut engine = Engine::new(World::new(Box::new(strategy), LIMITS, mode), 256 << 10);
    let failed = Rc::new(Cell::new(false));
    for _ in 0..most {
        if !engine.world().strategy.new_execution() {
            return;
        }
        failed.set(false);
        engine.run(&|| program(&failed), |world, stop| {
            assert!(matches!(stop, Stop::Completed | Stop::Stuck { .. }), "{stop:?}");
            see(failed.get() || matches!(stop, Stop::Stuck { .. }), world);
        });
        assert_eq!(engine.world().mode, mode, "the programs need no other steps");
    }
}

fn failures(strategy: impl StrategyDebug, most: usize, program: impl Fn(&Rc<Cell<bool>>)) -> usize {
    let mut failures = 0;
    executions(strategy, most, program, |failed, _| failures += usize::from(failed));
    failures
}

/// Every interleaving, with the probability that a random walk takes it.
#[derive(Debug)]
struct Weighted {
    every: Exhaustive,
    probability: Arc<Mutex<f64>>,
}

impl Strategy for Weighted {
    fn new_execution(&mut self) -> bool {
        *self.probability.lock().unwrap() = 1.0;
        self.every.new_execution()
    }

    fn choose(&mut self, view: &View<'_>) -> Decision {
        *self.probability.lock().unwrap() /= f64::from(view.candidates.count_ones());
        self.every.choose(view)
    }

    fn choose_value(&mut self, count: usize) -> usize {
        self.every.choose_value(count)
    }

    fn follows_steps(&self) -> bool {
        true
    }

    fn stepped(&mut self, event: &Event<'_>) {
        self.every.stepped(event);
    }

    fn released(&mut self, thread: ThreadIndex, object: ObjectIndex) {
        self.every.released(thread, object);
    }

    fn failed(&mut self) {
        self.every.failed();
    }

    fn end_execution(&mut self, pending: &[Option<Op>]) {
        self.every.end_execution(pending);
    }

    fn restart(&mut self) {
        self.every.restart();
    }
}

/// The exact probability that a random walk fails.
fn exact_probability(program: Program) -> f64 {
    let probability = Arc::new(Mutex::new(1.0));
    let no_bound: Option<Bound> = None;
    let every = Exhaustive::new(Reduction::None, no_bound);
    let strategy = Weighted { every, probability: Arc::clone(&probability) };
    let (mut all, mut failing) = (0.0, 0.0);
    executions(strategy, usize::MAX, program, |failed, _| {
        let probability = *probability.lock().unwrap();
        all += probability;
        failing += if failed { probability } else { 0.0 };
    });
    assert!((all - 1.0_f64).abs() < 1e-9, "the interleavings have the probability {all} in all");
    failing
}

#[test]
fn the_random_walk_fails_as_often_as_it_must() {
    const EXECUTIONS: usize = 20_000;
    let programs: [(&str, Program); 7] = [
        ("account", account),
        ("bluetooth_driver", bluetooth_driver),
        ("reorder_3", reorder_3),
        ("deadlock01", deadlock01),
        ("carter01", carter01),
        ("lazy01", lazy01),
        ("CVE-2017-15265", cve_2017_15265),
    ];
    for (name, program) in programs {
        let exact = exact_probability(program);
        assert!(exact > 0.0 && exact < 1.0, "{name}: {exact}");
        let observed = failures(Random::new(7), EXECUTIONS, program) as f64 / EXECUTIONS as f64;
        let deviation = (exact * (1.0 - exact) / EXECUTIONS as f64).sqrt();
        assert!((observed - exact).abs() < 4.0 * deviation, "{name}: {observed}, but exactly {exact}");
    }
}

/// How far the numbers of times are from equal: Pearson's statistic.
fn chi_square(times: &BTreeMap<Vec<usize>, usize>, kinds: usize) -> f64 {
    let expected = times.values().sum::<usize>() as f64 / kinds as f64;
    let missing = (kinds - times.len()) as f64 * expected;
    missing + times.values().map(|times| (*times as f64 - expected).powi(2) / expected).sum::<f64>()
}

/// Beyond this, 90 kinds are not equally likely: it comes by chance once in 10,000 times.
const CHI_SQUARE_OF_90: f64 = 144.0;

/// In which orders three threads made two accesses each to one number, over many executions of which `counts` decides.
fn orders(
    strategy: impl StrategyDebug,
    most: usize,
    noise: usize,
    counts: impl Fn(&World) -> bool,
) -> BTreeMap<Vec<usize>, usize> {
    let order = Rc::new(RefCell::new(Vec::new()));
    let mut times = BTreeMap::new();
    let program = {
        let order = Rc::clone(&order);
        move |_: &Rc<Cell<bool>>| {
            let state = Rc::new((Number::new(0), Number::new(0)));
            for thread in 0..3 {
                let (state, order) = (Rc::clone(&state), Rc::clone(&order));
                spawn(move || {
                    // Some threads come later to what is counted than others do.
                    for _ in 0..noise * thread {
                        state.1.store(1);
                    }
                    for _ in 0..2 {
                        state.0.add(1);
                        order.borrow_mut().push(thread);
                    }
                });
            }
        }
    };
    executions(strategy, most, program, |_, world| {
        let order = order.take();
        if counts(world) {
            *times.entry(order).or_insert(0) += 1;
        }
    });
    times
}

#[test]
fn the_uniform_walk_takes_each_interleaving_as_often() {
    let times = orders(Sampled::new(3, Urw::default()), 18_000, 0, |_| true);
    assert!(chi_square(&times, 90) < CHI_SQUARE_OF_90, "{}", chi_square(&times, 90));
    // The statistic tells: a walk that chooses among threads instead of interleavings is far from it.
    let times = orders(Random::new(3), 18_000, 0, |_| true);
    assert!(chi_square(&times, 90) > CHI_SQUARE_OF_90);
}

#[test]
fn the_selective_walk_takes_each_order_on_its_object_as_often() {
    // The engine's numbers are stable here: no two executions register the objects in another way that matters.
    let picked_the_counted_one = |world: &World| {
        let strategy: &dyn Any = world.strategy.as_ref();
        let sampled = strategy.downcast_ref::<Sampled<Surw>>().expect("that strategy");
        let accesses = sampled
            .profile()
            .all_accesses()
            .filter(|(_, object, _)| Some(*object) == sampled.sampler().object());
        accesses.map(|(_, _, times)| times).sum::<u32>() == 6
    };
    let times = orders(Sampled::new(5, Surw::default()), 40_000, 3, picked_the_counted_one);
    let all: usize = times.values().sum();
    // Six accesses of fifteen are those that are counted, so this is how often the object is picked.
    assert!((15_000..17_000).contains(&all), "{all}");
    assert!(chi_square(&times, 90) < CHI_SQUARE_OF_90, "{}", chi_square(&times, 90));
    let times = orders(Sampled::new(5, Urw::default()), 18_000, 3, |_| true);
    assert!(
        chi_square(&times, 90) > CHI_SQUARE_OF_90,
        "the other accesses do not disturb a walk that counts them"
    );
}

#[test]
fn priorities_find_a_deadlock_as_often_as_is_proven() {
    const EXECUTIONS: usize = 20_000;
    // Three threads with the main one, four accesses, a bug of depth 2.
    let proven: f64 = 1.0 / (3.0 * 4.0);
    let observed = failures(Sampled::new(1, Pct::new(2)), EXECUTIONS, deadlock01) as f64 / EXECUTIONS as f64;
    assert!(observed > proven, "{observed}, but at least {proven} is proven");
    // Without a change of priorities one thread runs before the other.
    assert_eq!(failures(Sampled::new(1, Pct::new(1)), EXECUTIONS, deadlock01), 0);
}

/// The choices of the first executions.
fn schedules(strategy: impl StrategyDebug) -> Vec<Vec<Choice>> {
    let mut all = Vec::new();
    executions(strategy, 60, |failed| reorder(failed, 4), |_, world| all.push(world.choices()));
    all
}

#[test]
fn a_seed_decides_everything() {
    fn check<S: StrategyDebug>(strategy: impl Fn(u64) -> S) {
        let first = schedules(strategy(1));
        assert_eq!(first, schedules(strategy(1)), "{:?}", strategy(1));
        assert_ne!(first, schedules(strategy(2)), "{:?}", strategy(2));
    }
    check(Random::new);
    check(|seed| Sampled::new(seed, Pct::new(3)));
    check(|seed| Sampled::new(seed, Pos::default()));
    check(|seed| Sampled::new(seed, Urw::default()));
    check(|seed| Sampled::new(seed, Surw::default()));
    check(|seed| Sampled::new(seed, Rff::alone()));
    check(|seed| Sampled::new(seed, StateCoverage::default()));
    check(|seed| Sampled::new(seed, Portfolio::default()));
}

#[test]
fn a_restart_forgets_everything() {
    fn check<S: StrategyDebug>(strategy: impl Fn() -> S) {
        let mut used = strategy();
        let fresh = schedules(strategy());
        let recorded = Rc::new(RefCell::new(Vec::new()));
        // The same search, run, restarted and run again.
        used.restart();
        let mut engine = Engine::new(World::new(Box::new(used), LIMITS, Mode::default()), 256 << 10);
        let failed = Rc::new(Cell::new(false));
        for round in 0..2 {
            for _ in 0..60 {
                assert!(engine.world().strategy.new_execution());
                engine.run(&|| reorder(&failed, 4), |world, _| {
                    if round == 1 {
                        recorded.borrow_mut().push(world.choices());
                    }
                });
            }
            engine.world().strategy.restart();
        }
        assert_eq!(*recorded.borrow(), fresh);
    }
    check(|| Random::new(4));
    check(|| Sampled::new(4, Pct::new(3)));
    check(|| Sampled::new(4, Pos::default()));
    check(|| Sampled::new(4, Urw::default()));
    check(|| Sampled::new(4, Surw::default()));
    check(|| Sampled::new(4, Rff::alone()));
    check(|| Sampled::new(4, StateCoverage::default()));
    check(|| Sampled::new(4, Portfolio::default()));
}
