//! What a table in several shards has to keep to (rules 5 to 7 of the table), in a few lines and with one mistake at a time.

use unsnarl::{
    Named,
    check::FindingKind,
    parking_lot::{Condvar, Mutex},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};
use unsnarl_loom_tests::{broken, correct};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mistake {
    Nothing,
    /// Against rule 5: the last one to leave says so without the lock.
    SaysSoWithoutTheLock,
    /// Against rule 6: leaving and being counted are two steps.
    LeavesThenCounts,
    /// Against rule 7: the page looks at one shard after the other.
    LooksShardByShard,
}

struct Table {
    mistake: Mistake,
    shards: [Mutex<Shard>; 2],
    live: AtomicUsize,
    empty: Mutex<()>,
    emptied: Condvar,
}

#[derive(Clone, Copy, Default)]
struct Shard {
    /// Connections with a request each.
    live: usize,
    /// Requests of those who have left.
    gone: usize,
}

impl Table {
    /// With a connection in the first shard.
    fn new(mistake: Mistake) -> Arc<Self> {
        let shard = |live| Mutex::new(Shard { live, gone: 0 }).named("table");
        Arc::new(Table {
            mistake,
            shards: [shard(1), shard(0)],
            live: AtomicUsize::new(1),
            empty: Mutex::new(()).named("table.empty"),
            emptied: Condvar::new().named("table.emptied"),
        })
    }

    /// Comes into the shard, for which there is room.
    fn insert(&self, shard: usize) {
        let mut shard = self.shards[shard].lock();
        self.live.fetch_add(1, Ordering::SeqCst);
        shard.live += 1;
    }

    fn remove(&self, index: usize) {
        let mut shard = self.shards[index].lock();
        shard.live -= 1;
        if self.mistake == Mistake::LeavesThenCounts {
            drop(shard);
            shard = self.shards[index].lock();
        }
        shard.gone += 1;
        let is_last = self.live.fetch_sub(1, Ordering::SeqCst) == 1;
        drop(shard);
        if is_last {
            if self.mistake != Mistake::SaysSoWithoutTheLock {
                drop(self.empty.lock());
            }
            self.emptied.notify_all();
        }
    }

    fn wait_empty(&self) {
        let mut empty = self.empty.lock();
        while self.live.load(Ordering::SeqCst) > 0 {
            self.emptied.wait(&mut empty);
        }
    }

    /// How many are there, and what all have asked.
    fn look(&self) -> (usize, usize) {
        let sum = |shards: [Shard; 2]| {
            let live = shards[0].live + shards[1].live;
            (live, live + shards[0].gone + shards[1].gone)
        };
        if self.mistake == Mistake::LooksShardByShard {
            return sum(self.shards.each_ref().map(|shard| *shard.lock()));
        }
        let shards = self.shards.each_ref().map(|shard| shard.lock());
        sum(shards.each_ref().map(|shard| **shard))
    }
}

fn start(body: impl FnOnce() + Send + 'static) -> thread::JoinHandle<()> {
    thread::Builder::new().name("worker".to_owned()).spawn(body).expect("a thread can be started")
}

/// The last one leaves while somebody waits for that.
fn the_last_one_leaves(mistake: Mistake) {
    let table = Table::new(mistake);
    let worker = {
        let table = Arc::clone(&table);
        start(move || table.remove(0))
    };
    table.wait_empty();
    worker.join().expect("the worker does not panic");
}

/// A page is shown while one leaves.
fn a_page_while_one_leaves(mistake: Mistake) {
    let table = Table::new(mistake);
    let worker = {
        let table = Arc::clone(&table);
        start(move || table.remove(0))
    };
    assert_eq!(table.look().1, 1, "each request is counted once");
    worker.join().expect("the worker does not panic");
}

/// A page is shown while one leaves and another comes, for whom there was no room before.
fn a_page_while_one_takes_the_place(mistake: Mistake) {
    let table = Table::new(mistake);
    let worker = {
        let table = Arc::clone(&table);
        start(move || {
            table.remove(0);
            table.insert(1);
        })
    };
    assert!(table.look().0 <= 1, "no more than may be");
    worker.join().expect("the worker does not panic");
}

#[test]
fn without_a_mistake_all_of_them_pass() {
    let model = || correct("table::small_shards");
    model().check(|| the_last_one_leaves(Mistake::Nothing));
    model().check(|| a_page_while_one_leaves(Mistake::Nothing));
    model().check(|| a_page_while_one_takes_the_place(Mistake::Nothing));
}

#[test]
fn the_last_one_says_so_before_anybody_sleeps() {
    broken("table::says_so_without_the_lock", FindingKind::Deadlock)
        .check(|| the_last_one_leaves(Mistake::SaysSoWithoutTheLock));
}

#[test]
fn a_request_is_missing_for_a_moment() {
    broken("table::leaves_then_counts", FindingKind::Panic)
        .check(|| a_page_while_one_leaves(Mistake::LeavesThenCounts));
}

#[test]
fn a_page_shows_more_than_may_be() {
    broken("table::looks_shard_by_shard", FindingKind::Panic)
        .check(|| a_page_while_one_takes_the_place(Mistake::LooksShardByShard));
}
