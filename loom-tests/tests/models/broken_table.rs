//! The connection table's protocol in a few lines, with one mistake at a time.

use unsnarl::{
    Named,
    check::{EngineName, FindingKind},
    parking_lot::{Condvar, Mutex},
    sync::{Arc, Semaphore},
    thread,
};
use unsnarl_loom_tests::{broken, correct};

/// What is wrong with a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mistake {
    Nothing,
    /// Against rule 1.
    ChecksThenInserts,
    /// Against rule 2: a slot is all that names a connection.
    NoGenerations,
    /// Against rule 3: the door is shut after the connections were listed.
    ListsThenCloses,
    /// Against rule 4: connections are cut under the table's lock.
    CutsUnderTheLock,
    /// Against rule 5.
    LooksThenSleeps,
}

struct Table {
    mistake: Mistake,
    slots: Mutex<Slots>,
    emptied: Condvar,
    limit: usize,
}

#[derive(Default)]
struct Slots {
    rows: Vec<Option<Arc<Row>>>,
    generation: u32,
    closed: bool,
}

struct Row {
    generation: u32,
    /// Whether it was cut. Its owner holds this lock while it works.
    cut: Mutex<bool>,
    was_cut: Condvar,
}

impl Row {
    fn cut(&self) {
        *self.cut.lock() = true;
        self.was_cut.notify_all();
    }

    fn wait_until_cut(&self) {
        let mut cut = self.cut.lock();
        while !*cut {
            self.was_cut.wait(&mut cut);
        }
    }
}

impl Slots {
    fn live(&self) -> usize {
        self.rows.iter().flatten().count()
    }

    fn put(&mut self) -> (usize, Arc<Row>) {
        let row = Arc::new(Row {
            generation: self.generation,
            cut: Mutex::new(false).named("row"),
            was_cut: Condvar::new().named("row.cut"),
        });
        self.generation += 1;
        let index = self.rows.iter().position(Option::is_none).unwrap_or(self.rows.len());
        if index == self.rows.len() {
            self.rows.push(None);
        }
        self.rows[index] = Some(Arc::clone(&row));
        (index, row)
    }
}

impl Table {
    fn new(mistake: Mistake, limit: usize) -> Arc<Self> {
        Arc::new(Table {
            mistake,
            slots: Mutex::new(Slots::default()).named("table"),
            emptied: Condvar::new().named("table.emptied"),
            limit,
        })
    }

    fn insert(&self) -> Option<(usize, Arc<Row>)> {
        let mut slots = self.slots.lock();
        if slots.closed || slots.live() >= self.limit {
            return None;
        }
        if self.mistake == Mistake::ChecksThenInserts {
            drop(slots);
            slots = self.slots.lock();
        }
        let inserted = slots.put();
        assert!(slots.live() <= self.limit, "no more than fit");
        Some(inserted)
    }

    fn remove(&self, index: usize) {
        let mut slots = self.slots.lock();
        slots.rows[index] = None;
        let empty = slots.live() == 0;
        drop(slots);
        if empty {
            self.emptied.notify_all();
        }
    }

    /// Cuts the connection that is called so.
    fn cut(&self, index: usize, generation: u32) {
        let row = self.slots.lock().rows[index].clone();
        let is_meant =
            |row: &Arc<Row>| self.mistake == Mistake::NoGenerations || row.generation == generation;
        if let Some(row) = row.filter(is_meant) {
            row.cut();
        }
    }

    fn close_all(&self) {
        let mut slots = self.slots.lock();
        let rows: Vec<_> = slots.rows.iter().flatten().cloned().collect();
        if self.mistake == Mistake::ListsThenCloses {
            drop(slots);
            slots = self.slots.lock();
        }
        slots.closed = true;
        if self.mistake != Mistake::CutsUnderTheLock {
            drop(slots);
        }
        for row in rows {
            row.cut();
        }
    }

    fn wait_empty(&self) {
        if self.mistake == Mistake::LooksThenSleeps {
            while self.slots.lock().live() > 0 {
                self.emptied.wait(&mut self.slots.lock());
            }
            return;
        }
        let mut slots = self.slots.lock();
        while slots.live() > 0 {
            self.emptied.wait(&mut slots);
        }
    }
}

fn start(name: &str, body: impl FnOnce() + Send + 'static) -> thread::JoinHandle<()> {
    thread::Builder::new().name(name.to_owned()).spawn(body).expect("a thread can be started")
}

/// Two who want the last place.
fn two_inserts(mistake: Mistake) {
    let table = Table::new(mistake, 1);
    let insert = |name| {
        let table = Arc::clone(&table);
        start(name, move || drop(table.insert()))
    };
    let threads = [insert("acceptor-0"), insert("acceptor-1")];
    for thread in threads {
        thread.join().expect("no acceptor panics");
    }
}

/// An operator who wants to cut a connection that leaves just then.
fn an_operator(mistake: Mistake) {
    let table = Table::new(mistake, 1);
    let (index, first) = table.insert().expect("the table is empty");
    let operator = {
        let (table, generation) = (Arc::clone(&table), first.generation);
        start("operator", move || table.cut(index, generation))
    };
    table.remove(index);
    let (_, next) = table.insert().expect("the place is free");
    operator.join().expect("the operator does not panic");
    assert!(!*next.cut.lock(), "the operator meant another");
}

/// Everyone is cut while somebody comes.
fn a_shutdown(mistake: Mistake) {
    let table = Table::new(mistake, 1);
    let worker = {
        let table = Arc::clone(&table);
        start("worker", move || {
            if let Some((index, row)) = table.insert() {
                row.wait_until_cut();
                table.remove(index);
            }
        })
    };
    table.close_all();
    worker.join().expect("the worker does not panic");
}

/// Everyone is cut while somebody holds its row and looks at the table, as for a status page.
fn a_shutdown_beside_a_status_page(mistake: Mistake) {
    let table = Table::new(mistake, 1);
    let (_, row) = table.insert().expect("the table is empty");
    let worker = {
        let table = Arc::clone(&table);
        start("worker", move || {
            let _working = row.cut.lock();
            let _live = table.slots.lock().live();
        })
    };
    table.close_all();
    worker.join().expect("the worker does not panic");
}

/// The last one leaves while somebody waits for that.
fn the_last_one_leaves(mistake: Mistake) {
    let table = Table::new(mistake, 1);
    let (index, _) = table.insert().expect("the table is empty");
    let worker = {
        let table = Arc::clone(&table);
        start("worker", move || table.remove(index))
    };
    table.wait_empty();
    worker.join().expect("the worker does not panic");
}

#[test]
fn without_a_mistake_all_of_them_pass() {
    let model = || correct("table::small");
    model().check(|| two_inserts(Mistake::Nothing));
    model().check(|| an_operator(Mistake::Nothing));
    model().check(|| a_shutdown(Mistake::Nothing));
    model().check(|| the_last_one_leaves(Mistake::Nothing));
    // The worker of `a_shutdown_beside_a_status_page` is in order only as long as nobody does it the other way round.
    model().check(|| a_shutdown_beside_a_status_page(Mistake::Nothing));
}

#[test]
fn two_acceptors_take_the_last_place() {
    broken("table::checks_then_inserts", FindingKind::Panic)
        .check(|| two_inserts(Mistake::ChecksThenInserts));
}

#[test]
fn the_wrong_connection_is_cut() {
    broken("table::no_generations", FindingKind::Panic).check(|| an_operator(Mistake::NoGenerations));
}

#[test]
fn who_comes_between_is_never_cut() {
    broken("table::lists_then_closes", FindingKind::Deadlock).check(|| a_shutdown(Mistake::ListsThenCloses));
}

#[test]
fn cutting_under_the_lock_inverts_the_order() {
    let verdict = broken("table::cuts_under_the_lock", FindingKind::Deadlock)
        .check(|| a_shutdown_beside_a_status_page(Mistake::CutsUnderTheLock));
    if EngineName::of_this_build() == EngineName::Unsnarl {
        let finding = verdict.finding().expect("announced");
        assert_eq!(finding.cycle.len(), 2, "{finding}");
        // Both locks, both holders, and where each took the one and wants the other.
        let mut held_and_wanted = Vec::new();
        let mut places = std::collections::BTreeSet::new();
        for thread in finding.cycle.iter().map(|index| &finding.threads[*index]) {
            let held = thread.holds.last().expect("each holds a lock");
            let wanted = thread.waits.as_ref().expect("each waits");
            let object = wanted.object.as_ref().expect("each waits for a lock");
            held_and_wanted.push((thread.name.as_str(), held.object.label.as_str(), object.label.as_str()));
            places.extend([held.place.clone(), wanted.place.clone()]);
        }
        held_and_wanted.sort_unstable();
        assert_eq!(held_and_wanted, [("main", "table", "row"), ("worker", "row", "table")]);
        assert_eq!(places.len(), 4, "{places:?}");
        let report = finding.to_string();
        for place in places {
            assert!(place.contains("broken_table.rs:"), "{place}");
            assert!(report.contains(&place), "{place} is not in the report:\n{report}");
        }
    }
}

#[test]
fn the_last_one_leaves_between_look_and_sleep() {
    broken("table::looks_then_sleeps", FindingKind::Deadlock)
        .check(|| the_last_one_leaves(Mistake::LooksThenSleeps));
}

/// An error path that forgets its permit: one client less for each error, until nobody is let in.
#[test]
fn a_permit_that_an_error_keeps_starves_the_others() {
    broken("admission::leaked_permit", FindingKind::Deadlock).check(|| {
        let permits = Arc::new(Semaphore::new(1).named("admission"));
        let serve = |name, fails: bool| {
            let permits = Arc::clone(&permits);
            start(name, move || {
                permits.acquire().expect("not closed").forget();
                if fails {
                    // An early return that should have been a guard's drop.
                    return;
                }
                permits.add_permits(1);
            })
        };
        let threads = [serve("fails", true), serve("waits", false)];
        for thread in threads {
            thread.join().expect("nobody panics");
        }
    });
}
