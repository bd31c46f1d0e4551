//! The connection table beside a plain map.

use std::{cell::Cell, collections::BTreeMap, net::SocketAddr, rc::Rc, time::Duration};

use proptest::prelude::*;
use unsnarl::{
    server::table::{BlockingStep, Closable, RefuseReason, Table},
    time::Instant,
};

#[derive(Clone, Default)]
struct Dummy(Rc<Cell<u32>>);

impl Closable for Dummy {
    fn close(&self) {
        self.0.set(self.0.get() + 1);
    }
}

#[derive(Debug, Clone)]
enum Op {
    Insert,
    /// Of the n-th connection ever inserted, gone or not.
    Remove(usize),
    Step(usize, bool),
    Close(usize),
    CloseIdle,
    CloseAll,
    Shut,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        8 => Just(Op::Insert),
        4 => (0..40_usize).prop_map(Op::Remove),
        4 => (0..40_usize, any::<bool>()).prop_map(|(which, idle)| Op::Step(which, idle)),
        2 => (0..40_usize).prop_map(Op::Close),
        1 => Just(Op::CloseIdle),
        1 => Just(Op::CloseAll),
        1 => Just(Op::Shut),
    ];
    proptest::collection::vec(op, 0..80)
}

proptest! {
    #[test]
    fn agrees_with_a_plain_map(ops in ops(), connections_max in 1..6_usize, shards in 1..4_usize) {
        let table = Table::new(connections_max).shards(shards);
        let mut ever = Vec::new();
        let mut naive = BTreeMap::new();
        let mut closed = false;
        for op in ops {
            match op {
                Op::Insert => {
                    let dummy = Dummy::default();
                    let peer = SocketAddr::from(([127, 0, 0, 1], ever.len() as u16));
                    match table.insert(dummy.clone(), Some(peer)) {
                        Ok(row) => {
                            prop_assert!(!closed && naive.len() < connections_max);
                            prop_assert!(!ever.contains(&row.id()), "names are never used again");
                            ever.push(row.id());
                            naive.insert(row.id(), (dummy, BlockingStep::Queued));
                        }
                        Err(refused) => {
                            let reason = if closed { RefuseReason::Closed } else { RefuseReason::Full };
                            prop_assert_eq!(refused.reason, reason);
                            prop_assert!(closed || naive.len() == connections_max);
                        }
                    }
                }
                Op::Remove(which) => if let Some(id) = ever.get(which) {
                    prop_assert_eq!(table.remove(*id), naive.remove(id).is_some());
                },
                Op::Step(which, idle) => if let Some(id) = ever.get(which) {
                    let step = if idle { BlockingStep::Idle } else { BlockingStep::Write };
                    let known = naive.get_mut(id).map(|(_, kept)| *kept = step).is_some();
                    prop_assert_eq!(table.set_step(*id, step), known);
                },
                Op::CloseIdle => {
                    let idle: Vec<_> = naive.values().filter(|(_, step)| *step == BlockingStep::Idle).collect();
                    let before: Vec<u32> = idle.iter().map(|(dummy, _)| dummy.0.get()).collect();
                    prop_assert_eq!(table.close_idle(), idle.len());
                    for ((dummy, _), before) in idle.iter().zip(before) {
                        prop_assert_eq!(dummy.0.get(), before + 1);
                    }
                }
                Op::Close(which) => if let Some(id) = ever.get(which) {
                    let cut = |naive: &BTreeMap<_, (Dummy, _)>| naive.get(id).map(|(dummy, _)| dummy.0.get());
                    let before = cut(&naive);
                    prop_assert_eq!(table.close(*id), before.is_some());
                    prop_assert_eq!(cut(&naive), before.map(|times| times + 1));
                },
                Op::CloseAll => prop_assert_eq!(table.close_all(), naive.len()),
                Op::Shut => {
                    closed = true;
                    prop_assert_eq!(table.shut(), naive.len());
                }
            }
            table.validate();
            prop_assert_eq!(table.len(), naive.len());
            let snapshot = table.snapshot();
            prop_assert_eq!(snapshot.status, table.status());
            let listed: BTreeMap<_, _> = snapshot.rows.iter().map(|row| (row.id, row.facts.step)).collect();
            let expected: BTreeMap<_, _> = naive.iter().map(|(id, (_, step))| (*id, *step)).collect();
            prop_assert_eq!(listed, expected);
        }
    }
}

#[test]
fn counts_outlive_their_connection() {
    let table = Table::new(2);
    let row = table.insert(Dummy::default(), None).unwrap();
    row.update(|facts| facts.tally.requests += 3);
    assert_eq!(table.status().tally.requests, 3);
    assert!(!table.wait_empty(Instant::now() + Duration::from_millis(1)));
    table.remove(row.id());
    assert_eq!(table.status().tally.requests, 3);
    assert!(table.wait_empty(Instant::now()));
}

#[test]
fn an_address_has_a_limit_of_its_own() {
    let table = Table::new(4).per_address(1).shards(4);
    let peer = |port| Some(SocketAddr::from(([127, 0, 0, 1], port)));
    let other = Some(SocketAddr::from(([127, 0, 0, 2], 1)));
    let first = table.insert(Dummy::default(), peer(1)).unwrap();
    assert_eq!(table.insert(Dummy::default(), peer(2)).unwrap_err().reason, RefuseReason::Address);
    table.insert(Dummy::default(), other).unwrap();
    table.insert(Dummy::default(), None).unwrap();
    table.validate();
    assert!(table.remove(first.id()));
    table.validate();
    table.insert(Dummy::default(), peer(2)).unwrap();
    table.validate();
}
