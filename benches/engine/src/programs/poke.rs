//! `poke` of Nguyen, Rodríguez, Sousa, Coti, Petrucci, "Quasi-Optimal Partial Order Reduction", CAV 2018: while workers say that
//! they are done, the main thread asks three times whether one of them is. Which one it asks depends on how far a counting
//! thread has come. A search that is not optimal drowns in executions that it gives up.

use unsnarl::{parking_lot::Mutex, sync::Arc, thread};

use super::{Program, SHUTTLE};

const ROUNDS: usize = 3;

/// For each worker that is asked c times c + 1 orders: 8 N^3 - 6 N^2 - 2 N + 4 together.
pub(super) const PROGRAMS: &[Program] = &[Program::exact("poke(7)", 2_440, || poke(7)).hopeless_for(SHUTTLE)];

struct Pool {
    is_done: Vec<Mutex<bool>>,
    /// Which worker is asked next.
    next: Mutex<usize>,
}

fn poke(workers: usize) {
    let is_done = (0..workers).map(|_| Mutex::new(false)).collect();
    let pool = Arc::new(Pool { is_done, next: Mutex::new(0) });
    let spawn = |body: fn(&Pool, usize), index| {
        let pool = Arc::clone(&pool);
        thread::spawn(move || body(&pool, index))
    };
    let working: Vec<_> = (0..workers).map(|index| spawn(work, index)).collect();
    for _ in 0..ROUNDS {
        let asking = [spawn(count, workers), spawn(ask, 0)];
        asking.into_iter().for_each(|thread| thread.join().expect("a thread's panic is a finding"));
    }
    working.into_iter().for_each(|thread| thread.join().expect("a thread's panic is a finding"));
}

fn work(pool: &Pool, index: usize) {
    *pool.is_done[index].lock() = true;
}

/// Sets the next worker to each but the first, one after the other.
fn count(pool: &Pool, workers: usize) {
    for index in 1..workers {
        *pool.next.lock() = index;
    }
}

/// Asks the next worker, and takes what it has done.
fn ask(pool: &Pool, _: usize) {
    let next = *pool.next.lock();
    *pool.is_done[next].lock() = false;
}
