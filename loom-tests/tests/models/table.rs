//! The connection table as it ships. The numbers are those of its protocol.

use unsnarl::{
    Named,
    check::Capability,
    net::SocketAddr,
    parking_lot::{Condvar, Mutex},
    server::table::{BlockingStep, Closable, RefuseReason, Row, Table},
    sync::{Arc, Semaphore},
    thread,
    time::{Duration, Instant},
};
use unsnarl_loom_tests::{correct, correct_but_for_early_timeouts};

/// A connection whose owner waits for its end, as a worker does that is blocked in a read.
#[derive(Clone)]
struct Line(Arc<(Mutex<bool>, Condvar)>);

impl Line {
    fn new() -> Self {
        Line(Arc::new((Mutex::new(false).named("line"), Condvar::new().named("line.cut"))))
    }

    fn is_cut(&self) -> bool {
        *self.0.0.lock()
    }

    fn wait_until_cut(&self) {
        let mut cut = self.0.0.lock();
        while !*cut {
            self.0.1.wait(&mut cut);
        }
    }
}

impl Closable for Line {
    fn close(&self) {
        *self.0.0.lock() = true;
        self.0.1.notify_all();
    }
}

/// A connection that need not be cut.
struct Plain;

impl Closable for Plain {
    fn close(&self) {}
}

fn reason<C>(outcome: Result<Arc<Row<C>>, unsnarl::server::table::Refused<C>>) -> Option<RefuseReason> {
    outcome.err().map(|refused| refused.reason)
}

#[test]
fn connections_come_and_go_beside_each_other() {
    correct("table::insert_remove").check(|| {
        let table = Arc::new(Table::new(2));
        let other = {
            let table = Arc::clone(&table);
            thread::spawn(move || come_and_go(&table))
        };
        come_and_go(&table);
        other.join().expect("the table does not panic");
        table.validate();
        let status = table.status();
        assert_eq!((status.live, status.admitted, status.refused), (0, 2, 0));
        assert_eq!(status.tally.requests, 2, "what those did who have left is not forgotten");
    });
}

fn come_and_go(table: &Table<Plain>) {
    let row = table.insert(Plain, None).expect("the table has room for both");
    row.update(|facts| facts.tally.requests += 1);
    assert!(table.remove(row.id()), "it was in");
    assert!(!table.remove(row.id()), "it leaves once");
}

/// Two peers whose connections are in different shards of a table of two.
fn peers_of_two_shards() -> [Option<SocketAddr>; 2] {
    let peer = |port| Some(SocketAddr::from(([127, 0, 0, 1], port)));
    let shard = |peer| Table::new(1).shards(2).insert(Plain, peer).expect("the table is empty").id().index();
    let first = peer(1);
    let other = (2..).map(peer).find(|other| shard(*other) != shard(first));
    [first, other.expect("not all ports are in one shard")]
}

/// Rule 1, in one shard and in two.
#[test]
fn the_limit_holds() {
    correct("table::limit").check(|| two_want_the_last_place(Table::new(1), [None; 2]));
    correct("table::limit_of_shards")
        .check(|| two_want_the_last_place(Table::new(1).shards(2), peers_of_two_shards()));
}

fn two_want_the_last_place(table: Table<Plain>, peers: [Option<SocketAddr>; 2]) {
    let table = Arc::new(table);
    let threads = peers.map(|peer| {
        let table = Arc::clone(&table);
        thread::spawn(move || {
            let row = table.insert(Plain, peer).ok()?;
            assert!(table.len() <= 1, "no more than fit");
            Some(row.id())
        })
    });
    let ids = threads.map(|thread| thread.join().expect("the table does not panic"));
    assert_eq!(ids.iter().flatten().count(), 1, "one has the place, the other was refused");
    table.validate();
    assert_eq!(table.status().refused, 1);
}

/// Rule 2.
#[test]
fn an_old_name_does_not_reach_who_came_after() {
    correct("table::generations").check(|| {
        let table = Arc::new(Table::new(1));
        let first = table.insert(Line::new(), None).expect("the table is empty").id();
        let operator = {
            let table = Arc::clone(&table);
            thread::spawn(move || table.close(first))
        };
        assert!(table.remove(first));
        let next = table.insert(Line::new(), None).expect("the place is free");
        operator.join().expect("the table does not panic");
        assert_eq!(next.id().index(), first.index(), "the place is used again");
        assert!(next.id() != first && !next.connection().is_cut(), "the operator meant another");
        assert!(!table.remove(first), "the old name is dead");
        table.validate();
    });
}

/// Rules 3 and 4, in one shard and in two: whoever gets in is cut, so that its owner ends; whoever comes later does not get in.
#[test]
fn nobody_is_left_after_the_table_was_shut() {
    correct("table::shut").check(|| two_come_while_it_is_shut(Table::new(2), [None; 2]));
    correct("table::shut_shards")
        .check(|| two_come_while_it_is_shut(Table::new(2).shards(2), peers_of_two_shards()));
}

fn two_come_while_it_is_shut(table: Table<Line>, peers: [Option<SocketAddr>; 2]) {
    let table = Arc::new(table);
    let threads = peers.map(|peer| {
        let table = Arc::clone(&table);
        thread::spawn(move || match table.insert(Line::new(), peer) {
            Ok(row) => {
                row.connection().wait_until_cut();
                assert!(table.remove(row.id()));
            }
            Err(refused) => assert_eq!(refused.reason, RefuseReason::Closed),
        })
    });
    let cut = table.shut();
    for peer in peers {
        assert_eq!(reason(table.insert(Line::new(), peer)), Some(RefuseReason::Closed), "the door is shut");
    }
    for thread in threads {
        thread.join().expect("the table does not panic");
    }
    let status = table.status();
    assert_eq!((status.live, status.admitted), (0, cut as u64), "cut were those who had got in");
    table.validate();
}

/// One is cut while it leaves: it leaves once, and who comes afterwards is served.
#[test]
fn cutting_all_keeps_the_door_open() {
    correct("table::close_all").check(|| {
        let table = Arc::new(Table::new(1));
        let row = table.insert(Line::new(), None).expect("the table is empty");
        let owner = {
            let table = Arc::clone(&table);
            thread::spawn(move || {
                let left = table.remove(row.id());
                (left, row.connection().is_cut())
            })
        };
        let cut = table.close_all();
        let (left, was_cut) = owner.join().expect("the table does not panic");
        assert!(left, "cutting removes nobody");
        assert!(cut == 1 || !was_cut, "who was cut was counted");
        let next = table.insert(Line::new(), None).expect("the door is open");
        assert!(!next.connection().is_cut());
        table.validate();
    });
}

/// Rule 7: while one leaves and another comes, a page shows at most as many as may be, and as many rows as it counts.
#[test]
fn a_snapshot_is_of_one_moment() {
    correct("table::snapshot").check(|| {
        let [first, second] = peers_of_two_shards();
        let table = Arc::new(Table::new(1).shards(2));
        let row = table.insert(Plain, first).expect("the table is empty");
        let acceptor = {
            let table = Arc::clone(&table);
            thread::spawn(move || {
                row.update(|facts| facts.tally.requests += 1);
                assert!(table.remove(row.id()));
                table.insert(Plain, second).expect("there is room again");
            })
        };
        let snapshot = table.snapshot();
        let status = snapshot.status;
        assert_eq!(snapshot.rows.len(), status.live, "{snapshot:?}");
        assert!(status.live <= 1 && status.live as u64 <= status.admitted, "{snapshot:?}");
        assert!(status.admitted < 2 || status.tally.requests == 1, "who has left is counted: {snapshot:?}");
        acceptor.join().expect("the table does not panic");
        table.validate();
    });
}

/// Rule 4: a worker that holds its row's lock beside an operator that cuts idle connections.
#[test]
fn idle_connections_are_cut_without_a_lock() {
    correct("table::close_idle").check(|| {
        let table = Arc::new(Table::new(1));
        let row = table.insert(Line::new(), None).expect("the table is empty");
        let worker = {
            let table = Arc::clone(&table);
            thread::spawn(move || {
                row.enter(BlockingStep::Idle, None);
                row.enter(BlockingStep::Read, Some(0));
                let cut = row.connection().is_cut();
                table.remove(row.id());
                cut
            })
        };
        let count = table.close_idle();
        let was_cut = worker.join().expect("the table does not panic");
        assert!(count == 1 || !was_cut, "only an idle connection is cut");
        assert_eq!(table.len(), 0);
    });
}

/// Rule 5.
#[test]
fn whoever_waits_for_an_empty_table_is_woken() {
    let model = correct_but_for_early_timeouts("table::wait_empty");
    model.with(|checker| checker.needs(Capability::Timeouts)).check(|| {
        let peers = peers_of_two_shards();
        let table = Arc::new(Table::new(2).shards(2));
        let leaving = peers.map(|peer| {
            let row = table.insert(Plain, peer).expect("the table has room");
            let table = Arc::clone(&table);
            thread::spawn(move || assert!(table.remove(row.id())))
        });
        let start = Instant::now();
        assert!(table.wait_empty(start + Duration::from_secs(60)), "both leave");
        // Virtual time passes only when nobody can go on: so nobody has waited for the deadline.
        assert_eq!(start.elapsed(), Duration::ZERO, "the last one to leave said so");
        for thread in leaving {
            thread.join().expect("the table does not panic");
        }
    });
}

/// Rule 6: no request is counted twice or not at all, even while its connection leaves.
#[test]
fn a_leaving_connection_is_counted_once() {
    correct("table::totals").check(|| {
        let table = Arc::new(Table::new(1));
        let row = table.insert(Plain, None).expect("the table is empty");
        row.update(|facts| facts.tally.requests = 3);
        let leaving = {
            let table = Arc::clone(&table);
            thread::spawn(move || assert!(table.remove(row.id())))
        };
        let status = table.status();
        assert_eq!((status.tally.requests, status.admitted), (3, 1));
        assert!(table.snapshot().rows.len() <= status.live, "nobody comes");
        leaving.join().expect("the table does not panic");
        assert_eq!(table.status().tally.requests, 3);
    });
}

/// The semaphore in front of a table: as many are in as have a permit.
#[test]
fn admission_keeps_to_its_permits() {
    correct("admission::permits").check(|| {
        let (permits, table) = (Arc::new(Semaphore::new(1).named("admission")), Arc::new(Table::new(1)));
        let serve = |fails: bool| {
            let (permits, table) = (Arc::clone(&permits), Arc::clone(&table));
            thread::spawn(move || {
                let _permit = permits.acquire().expect("not closed");
                if fails {
                    return;
                }
                let row = table.insert(Plain, None).expect("who has a permit has a place");
                assert!(table.remove(row.id()));
            })
        };
        let threads = [serve(true), serve(false), serve(false)];
        for thread in threads {
            thread.join().expect("nobody panics");
        }
        assert_eq!(permits.available_permits(), 1);
    });
}
