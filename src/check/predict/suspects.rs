//! The order in which executions take their locks, and the circles in it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use super::{super::names, order::Order};
use crate::{
    deadlock::nesting::{Hold, Lock, Nesting, NestingIndex, Nestings},
    engine::{
        World,
        lock_log::{LockLog, Nested},
        object::{Place, State},
        op::{ObjectIndex, OpKind},
        strategy::{Chain, Link},
    },
    report::sources::Variables,
};

/// More nestings, or more circles, than this are not kept: there is enough to look at.
const NESTINGS_MAX: usize = 2_048;
const CIRCLES_MAX: usize = 64;
/// The same nesting with other numbers of objects counts again here.
const NESTINGS_KNOWN_MAX: usize = 1 << 16;

/// A lock through all executions: what it is called, where it is made, and how many before it in the execution are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Key {
    name: Option<&'static str>,
    created: Place,
    before: usize,
}

impl Key {
    fn of(world: &World, object: ObjectIndex) -> Key {
        let Key { name, created, .. } = Key::base(world, object);
        let before = (0..object).filter(|other| Key::base(world, *other).is_same(name, created)).count();
        Key { name, created, before }
    }

    fn base(world: &World, object: ObjectIndex) -> Key {
        let object = world.object(object);
        Key { name: object.name, created: object.created, before: 0 }
    }

    fn is_same(&self, name: Option<&str>, created: Place) -> bool {
        // Places are long to compare.
        (std::ptr::eq(self.created, created) || self.created == created) && self.name == name
    }
}

#[derive(Clone, Debug)]
struct LockInfo {
    key: Key,
    /// No other lock of any execution is the same but for its number: it can be told from all others.
    is_unique: bool,
    kind: &'static str,
}

/// Nestings that form a circle, and what is known of whether they can come together.
#[derive(Clone, Debug)]
pub(super) struct Circle {
    /// The smallest number comes first.
    nestings: Vec<NestingIndex>,
    /// All of them were in one execution.
    together: bool,
    /// In such an execution, one had to come before another.
    ordered: bool,
    /// In such an execution, none had to come before another.
    unordered: bool,
}

/// What executions showed of the order in which locks are taken.
#[derive(Clone, Debug, Default)]
pub(in crate::check) struct Suspects {
    locks: Vec<LockInfo>,
    numbers: BTreeMap<Key, Lock>,
    /// The mutexes that threads waited with on condition variables.
    monitors: BTreeSet<Key>,
    threads: Vec<String>,
    nestings: Nestings<Place>,
    /// The nestings of what was seen before, by a hash of it.
    seen: HashMap<u64, Vec<NestingIndex>>,
    /// The same by the numbers that objects have in an execution, which is quicker to find.
    known: HashSet<u64>,
    /// The last execution in which each nesting was.
    seen_in: Vec<u64>,
    execution: u64,
    circles: Vec<Circle>,
}

impl Suspects {
    /// Looks at an execution that has come to its end. It costs next to nothing if there is nothing new.
    pub(in crate::check) fn look_at(&mut self, world: &mut World) {
        let Some(log) = world.lock_log.take() else { return };
        if !log.nested().is_empty() && !self.knows(world, &log) {
            self.look(world, &log);
        }
        world.lock_log = Some(log);
    }

    /// Whether there is nothing new in the execution: all its nestings were seen, with the same numbers of objects, and of no
    /// circle is it still to be seen that its nestings come together.
    fn knows(&mut self, world: &World, log: &LockLog) -> bool {
        if log.follows || self.circles.iter().any(|circle| !circle.together) {
            return false;
        }
        let mut knows = true;
        for nested in log.nested() {
            let mut hash = nested.thread as u64;
            let mut mix = |number: usize| {
                // Fibonacci hashing, in which the order of the numbers matters.
                hash = (hash.rotate_left(23) ^ number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            };
            for (object, kind, at) in Self::met(log, nested) {
                mix(object as usize);
                mix(std::ptr::from_ref(world.object(object).created).addr());
                mix(std::ptr::from_ref(at).addr() << 8 ^ kind as usize);
            }
            knows &= !(self.known.len() < NESTINGS_KNOWN_MAX && self.known.insert(hash));
        }
        knows
    }

    fn look(&mut self, world: &World, log: &LockLog) {
        self.execution += 1;
        let mut waited_with: Vec<ObjectIndex> = log.monitors.clone();
        waited_with.sort_unstable();
        waited_with.dedup();
        self.monitors.extend(waited_with.iter().map(|object| Key::of(world, *object)));
        // The moments of the execution, by nesting.
        let mut moments: Vec<(NestingIndex, usize)> = Vec::new();
        for (moment, nested) in log.nested().iter().enumerate() {
            let mut hasher = DefaultHasher::new();
            let place = |place: Place| std::ptr::from_ref(place).addr();
            (nested.thread, nested.kind, place(nested.place)).hash(&mut hasher);
            for (object, kind, at) in Self::met(log, nested) {
                let Key { created, before, .. } = Key::of(world, object);
                (place(created), before, kind, place(at)).hash(&mut hasher);
            }
            let seen = hasher.finish();
            if !self.seen.contains_key(&seen) {
                let new = self.learn(world, log, nested);
                self.seen.insert(seen, new);
            }
            for nesting in &self.seen[&seen] {
                self.seen_in[*nesting] = self.execution;
                if log.follows {
                    moments.push((*nesting, moment));
                }
            }
        }
        for at in 0..self.circles.len() {
            let circle = &mut self.circles[at];
            if circle.nestings.iter().all(|nesting| self.seen_in[*nesting] == self.execution) {
                circle.together = true;
                if log.follows && !circle.unordered {
                    let is_ordered = self.is_ordered(at, world, log, &moments);
                    let circle = &mut self.circles[at];
                    circle.ordered |= is_ordered;
                    circle.unordered = !is_ordered;
                }
            }
        }
    }

    /// What was taken, and what was held.
    fn met<'a>(
        log: &'a LockLog,
        nested: &'a Nested,
    ) -> impl Iterator<Item = (ObjectIndex, OpKind, Place)> + 'a {
        let taken = (nested.object, nested.kind, nested.place);
        let held = log.held(nested).iter().map(|held| (held.object, held.kind, held.place));
        std::iter::once(taken).chain(held)
    }

    /// Keeps the nestings of a thread that took a lock while it held others.
    fn learn(&mut self, world: &World, log: &LockLog, nested: &Nested) -> Vec<NestingIndex> {
        while self.threads.len() < world.thread_count {
            self.threads.push(world.thread_name(self.threads.len()));
        }
        let all: Vec<(Lock, Hold, Place)> = Self::met(log, nested)
            .map(|(object, kind, place)| (self.lock(world, object), hold_of(kind), place))
            .collect();
        let ((taken, taken_as, taken_at), held) = (all[0], &all[1..]);
        let holds: BTreeSet<(Lock, Hold)> = held.iter().map(|(lock, hold, _)| (*lock, *hold)).collect();
        let others = held.iter().filter(|(lock, ..)| *lock != taken);
        let nestings = others.map(|(lock, hold, held_at)| Nesting {
            thread: nested.thread,
            held: (*lock, *hold),
            held_at: *held_at,
            taken: (taken, taken_as),
            taken_at,
            holds: holds.clone(),
        });
        nestings.filter_map(|nesting| self.add(nesting)).collect()
    }

    fn add(&mut self, nesting: Nesting<Place>) -> Option<NestingIndex> {
        if self.nestings.all().len() >= NESTINGS_MAX {
            return None;
        }
        let (number, circles) = self.nestings.add(nesting);
        if self.seen_in.len() <= number {
            self.seen_in.push(0);
        }
        for nestings in circles.into_iter().take(CIRCLES_MAX - self.circles.len()) {
            let nestings = begun_with_the_smallest(nestings);
            self.circles.push(Circle { nestings, together: false, ordered: false, unordered: false });
        }
        Some(number)
    }

    /// The number of an object that is a lock.
    fn lock(&mut self, world: &World, object: ObjectIndex) -> Lock {
        let key = Key::of(world, object);
        #[expect(clippy::cast_possible_truncation, reason = "the index of an object")]
        let mut others = (0..world.objects.len() as ObjectIndex).filter(|other| *other != object);
        let has_others = others.any(|other| Key::base(world, other).is_same(key.name, key.created));
        self.number(LockInfo { key, is_unique: !has_others, kind: world.object(object).kind_word() })
    }

    fn number(&mut self, info: LockInfo) -> Lock {
        let next = self.locks.len();
        let number = *self.numbers.entry(info.key).or_insert(next);
        if number == next {
            self.locks.push(info);
        } else {
            self.locks[number].is_unique &= info.is_unique;
        }
        number
    }

    /// Whether in this execution, to whose moments the circle's nestings belong, some of them had to come before others,
    /// whichever of their moments one takes.
    fn is_ordered(&self, at: usize, world: &World, log: &LockLog, moments: &[(NestingIndex, usize)]) -> bool {
        let circle = &self.circles[at].nestings;
        let own: Vec<Key> = circle.iter().map(|one| self.locks[self.nestings.get(*one).held.0].key).collect();
        // What is published under the mutex of a condition variable is waited for, so the order of such a mutex is meant;
        // unless it is one of those that are looked at.
        #[expect(clippy::cast_possible_truncation, reason = "the index of an object")]
        let counts = (0..world.objects.len() as ObjectIndex).map(|object| match world.object(object).state {
            State::Mutex { .. } => {
                let key = Key::of(world, object);
                self.monitors.contains(&key) && !own.contains(&key)
            }
            State::RwLock(_) => false,
            _ => true,
        });
        let order = Order::of(log, world.thread_count, &counts.collect::<Vec<_>>());
        let of = |nesting: NestingIndex| moments.iter().filter(move |one| one.0 == nesting).map(|one| one.1);
        let choices: Vec<Vec<usize>> =
            circle.iter().map(|one| of(*one).take(MOMENTS_MAX).collect()).collect();
        !has_unordered(&order, &choices, &mut Vec::new())
    }

    /// Whether there are circles of which it is not known that they can come together.
    pub(super) fn has_open(&self) -> bool {
        self.circles.iter().any(|circle| !circle.unordered)
    }

    /// The circles that nothing is known to rule out.
    pub(super) fn circles(&self) -> impl Iterator<Item = &Circle> {
        self.circles.iter().filter(|circle| {
            let is_told = |one: &NestingIndex| self.locks[self.nestings.get(*one).held.0].is_unique;
            // Which lock is which in another execution may not be known.
            circle.unordered || !circle.ordered && (circle.together || circle.nestings.iter().all(is_told))
        })
    }

    /// The locks of the circle, as a set.
    pub(super) fn locks_of(&self, circle: &Circle) -> BTreeSet<Lock> {
        circle.nestings.iter().map(|one| self.nestings.get(*one).held.0).collect()
    }

    /// What the circle's threads are to be steered to.
    pub(super) fn chains(&self, circle: &Circle) -> Vec<Chain> {
        let link = |lock: Lock, taken_at: Place| {
            let Key { name, created, .. } = self.locks[lock].key;
            Link { name, created, taken_at }
        };
        let chain = |one: &NestingIndex| {
            let Nesting { thread, held, held_at, taken, taken_at, .. } = self.nestings.get(*one);
            Chain { thread: *thread, holds: link(held.0, held_at), wants: link(taken.0, taken_at) }
        };
        circle.nestings.iter().map(chain).collect()
    }

    /// The circle in words: who takes what while holding what, and where.
    pub(super) fn words(&self, circle: &Circle, variables: &mut Variables) -> String {
        let labels = self.labels(circle, variables);
        let chain = |one: &NestingIndex| {
            let Nesting { thread, held, held_at, taken, taken_at, .. } = self.nestings.get(*one);
            let (thread, held, taken) = (&self.threads[*thread], &labels[&held.0], &labels[&taken.0]);
            format!("`{thread}` takes `{taken}` at {taken_at} while it holds `{held}` since {held_at}")
        };
        circle.nestings.iter().map(chain).collect::<Vec<_>>().join("; ")
    }

    /// What a note calls the locks of the circle.
    fn labels(&self, circle: &Circle, variables: &mut Variables) -> BTreeMap<Lock, String> {
        let mut labels: BTreeMap<Lock, String> = BTreeMap::new();
        for one in &circle.nestings {
            let (lock, _) = self.nestings.get(*one).held;
            let LockInfo { key: Key { name, created, before }, kind, .. } = self.locks[lock];
            // Where it is used it may be a parameter, which every lock is called by in its turn.
            let plain = names::label(variables, name, created, created)
                .unwrap_or_else(|| format!("{kind}@{}:{}", names::short(created.file()), created.line()));
            let numbered = if before == 0 { plain } else { format!("{plain}#{}", before + 1) };
            let is_taken = labels.values().any(|other| *other == numbered);
            labels.insert(lock, if is_taken { format!("{numbered} made at {created}") } else { numbered });
        }
        labels
    }

    /// Adds what others showed, of the same program.
    pub(in crate::check) fn add_all(&mut self, others: &Suspects) {
        self.monitors.extend(&others.monitors);
        for thread in others.threads.iter().skip(self.threads.len()) {
            self.threads.push(thread.clone());
        }
        let locks: Vec<Lock> = others.locks.iter().map(|info| self.number(info.clone())).collect();
        let numbers: Vec<Option<NestingIndex>> = others
            .nestings
            .all()
            .iter()
            .map(|one| {
                self.add(Nesting {
                    held: (locks[one.held.0], one.held.1),
                    taken: (locks[one.taken.0], one.taken.1),
                    holds: one.holds.iter().map(|(lock, hold)| (locks[*lock], *hold)).collect(),
                    ..one.clone()
                })
            })
            .collect();
        for other in others.circles.iter().filter(|circle| circle.together) {
            let nestings: Option<Vec<_>> = other.nestings.iter().map(|one| numbers[*one]).collect();
            let nestings = nestings.map(begun_with_the_smallest);
            let own = self.circles.iter_mut().find(|circle| Some(&circle.nestings) == nestings.as_ref());
            if let Some(own) = own {
                own.together = true;
            }
        }
    }
}

/// Of each nesting so many moments are looked at.
const MOMENTS_MAX: usize = 8;

/// Whether there is a moment of each, none of which had to come before another.
fn has_unordered(order: &Order, choices: &[Vec<usize>], chosen: &mut Vec<usize>) -> bool {
    let Some(moments) = choices.get(chosen.len()) else { return true };
    moments.iter().any(|moment| {
        if chosen.iter().any(|other| order.is_known(*other, *moment)) {
            return false;
        }
        chosen.push(*moment);
        let found = has_unordered(order, choices, chosen);
        chosen.pop();
        found
    })
}

fn begun_with_the_smallest(mut circle: Vec<NestingIndex>) -> Vec<NestingIndex> {
    let smallest = circle.iter().enumerate().min_by_key(|(_, nesting)| **nesting).map_or(0, |(at, _)| at);
    circle.rotate_left(smallest);
    circle
}

/// How a lock is held that was taken by this operation.
fn hold_of(kind: OpKind) -> Hold {
    if kind.locks_beside(OpKind::Upgradable) {
        Hold::Shared
    } else if kind.lets_read() {
        Hold::Upgradable
    } else {
        Hold::Whole
    }
}
