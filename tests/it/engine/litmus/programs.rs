//! The classic litmus programs: the outcome that each is known for, and the whole set.

use unsnarl::{
    check::Strategy,
    sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst},
};

use super::{
    axioms,
    language::{self, Op, Program},
};

const X: usize = 0;
const Y: usize = 1;
const Z: usize = 2;

/// A program, the values that its loads (and other reads) return in the outcome that it is known for, what the variables
/// have at the end if that matters, and whether C++20 allows it.
struct Litmus {
    name: &'static str,
    program: Program,
    reads: &'static [u32],
    ends: Option<[u32; 3]>,
    is_allowed: bool,
}

fn load(variable: usize, ordering: Ordering) -> Op {
    Op::Load(variable, ordering)
}

fn store(variable: usize, value: u32, ordering: Ordering) -> Op {
    Op::Store(variable, value, ordering)
}

fn litmus(name: &'static str, program: Program, reads: &'static [u32], is_allowed: bool) -> Litmus {
    Litmus { name, program, reads, ends: None, is_allowed }
}

fn ends(
    name: &'static str,
    program: Program,
    reads: &'static [u32],
    ends: [u32; 3],
    is_allowed: bool,
) -> Litmus {
    Litmus { name, program, reads, ends: Some(ends), is_allowed }
}

/// Store buffering: both stores are still on their way when the loads are performed.
fn store_buffering(stores: Ordering, loads: Ordering) -> Program {
    vec![vec![store(X, 1, stores), load(Y, loads)], vec![store(Y, 1, stores), load(X, loads)]]
}

fn store_buffering_with_fences(ordering: Ordering) -> Program {
    let thread = |own, other| vec![store(own, 1, Relaxed), Op::Fence(ordering), load(other, Relaxed)];
    vec![thread(X, Y), thread(Y, X)]
}

/// Message passing: the flag Y says that the data X is there.
fn message_passing(stores: Ordering, loads: Ordering) -> Program {
    vec![vec![store(X, 1, Relaxed), store(Y, 1, stores)], vec![load(Y, loads), load(X, Relaxed)]]
}

/// Independent reads of independent writes: two readers disagree about the order.
fn independent_reads(stores: Ordering, loads: Ordering) -> Program {
    let reader = |first, second| vec![load(first, loads), load(second, loads)];
    vec![vec![store(X, 1, stores)], vec![store(Y, 1, stores)], reader(X, Y), reader(Y, X)]
}

fn two_and_two_writes(ordering: Ordering) -> Program {
    let thread = |first, second| vec![store(first, 1, ordering), store(second, 2, ordering)];
    vec![thread(X, Y), thread(Y, X)]
}

fn all() -> Vec<Litmus> {
    let rlx = |variable| load(variable, Relaxed);
    vec![
        litmus("SB, relaxed", store_buffering(Relaxed, Relaxed), &[0, 0], true),
        litmus("SB, release and acquire", store_buffering(Release, Acquire), &[0, 0], true),
        litmus("SB, SeqCst", store_buffering(SeqCst, SeqCst), &[0, 0], false),
        litmus("SB, SeqCst fences", store_buffering_with_fences(SeqCst), &[0, 0], false),
        litmus("SB, AcqRel fences", store_buffering_with_fences(AcqRel), &[0, 0], true),
        litmus("SB, SeqCst stores, acquire loads", store_buffering(SeqCst, Acquire), &[0, 0], true),
        litmus("MP, relaxed", message_passing(Relaxed, Relaxed), &[1, 0], true),
        litmus("MP, release and acquire", message_passing(Release, Acquire), &[1, 0], false),
        litmus("MP, relaxed store, acquire load", message_passing(Relaxed, Acquire), &[1, 0], true),
        litmus("MP, release store, relaxed load", message_passing(Release, Relaxed), &[1, 0], true),
        litmus(
            "MP, fences",
            vec![
                vec![store(X, 1, Relaxed), Op::Fence(Release), store(Y, 1, Relaxed)],
                vec![rlx(Y), Op::Fence(Acquire), rlx(X)],
            ],
            &[1, 0],
            false,
        ),
        litmus(
            "LB, relaxed: allowed by the standard, never shown",
            vec![vec![rlx(X), store(Y, 1, Relaxed)], vec![rlx(Y), store(X, 1, Relaxed)]],
            &[1, 1],
            false,
        ),
        litmus("IRIW, release and acquire", independent_reads(Release, Acquire), &[1, 0, 1, 0], true),
        litmus("IRIW, SeqCst", independent_reads(SeqCst, SeqCst), &[1, 0, 1, 0], false),
        litmus("IRIW, SeqCst stores, acquire loads", independent_reads(SeqCst, Acquire), &[1, 0, 1, 0], true),
        ends("2+2W, relaxed", two_and_two_writes(Relaxed), &[], [1, 1, 0], true),
        ends("2+2W, release", two_and_two_writes(Release), &[], [1, 1, 0], true),
        ends("2+2W, SeqCst", two_and_two_writes(SeqCst), &[], [1, 1, 0], false),
        litmus("CoRR", vec![vec![store(X, 1, Relaxed)], vec![rlx(X), rlx(X)]], &[1, 0], false),
        ends("CoWW", vec![vec![store(X, 1, Relaxed), store(X, 2, Relaxed)]], &[], [1, 0, 0], false),
        ends(
            "CoRW",
            vec![vec![rlx(X), store(X, 1, Relaxed)], vec![store(X, 2, Relaxed)]],
            &[2],
            [2, 0, 0],
            false,
        ),
        ends(
            "CoWR",
            vec![vec![store(X, 1, Relaxed), rlx(X)], vec![store(X, 2, Relaxed)]],
            &[2],
            [1, 0, 0],
            false,
        ),
        litmus(
            "WRC, release and acquire",
            vec![
                vec![store(X, 1, Relaxed)],
                vec![load(X, Relaxed), store(Y, 1, Release)],
                vec![load(Y, Acquire), rlx(X)],
            ],
            &[1, 1, 0],
            false,
        ),
        litmus(
            "WRC, relaxed",
            vec![vec![store(X, 1, Relaxed)], vec![rlx(X), store(Y, 1, Relaxed)], vec![rlx(Y), rlx(X)]],
            &[1, 1, 0],
            true,
        ),
        litmus(
            "ISA2, release and acquire",
            vec![
                vec![store(X, 1, Relaxed), store(Y, 1, Release)],
                vec![load(Y, Acquire), store(Z, 1, Release)],
                vec![load(Z, Acquire), rlx(X)],
            ],
            &[1, 1, 0],
            false,
        ),
        litmus(
            "release sequence through a relaxed swap",
            vec![
                vec![store(X, 1, Relaxed), store(Y, 1, Release)],
                vec![Op::CompareExchange(Y, 1, 2, Relaxed, Relaxed)],
                vec![load(Y, Acquire), rlx(X)],
            ],
            &[1, 2, 0],
            false,
        ),
        litmus(
            "release sequence broken by a relaxed store",
            vec![
                vec![store(X, 1, Relaxed), store(Y, 1, Release)],
                vec![load(Y, Relaxed), store(Y, 2, Relaxed)],
                vec![load(Y, Acquire), rlx(X)],
            ],
            &[1, 2, 0],
            true,
        ),
        litmus(
            "release sequence broken by a relaxed store of the same thread (C++20)",
            vec![
                vec![store(X, 1, Relaxed), store(Y, 1, Release), store(Y, 2, Relaxed)],
                vec![load(Y, Acquire), rlx(X)],
            ],
            &[2, 0],
            true,
        ),
        litmus(
            "two swaps never read the same",
            vec![vec![Op::Swap(X, 1, Relaxed)], vec![Op::Swap(X, 2, Relaxed)]],
            &[0, 0],
            false,
        ),
        // Lahav and others, PLDI 2017, section 1: what mapping SeqCst to POWER needs.
        ends(
            "Z6, SeqCst with release and acquire",
            vec![
                vec![store(X, 1, SeqCst), store(Y, 1, Release)],
                vec![Op::Swap(Y, 2, SeqCst), load(Y, Relaxed)],
                vec![store(Y, 3, SeqCst), load(X, SeqCst)],
            ],
            &[1, 3, 0],
            [1, 3, 0],
            true,
        ),
        ends(
            "R, SeqCst",
            vec![vec![store(X, 1, SeqCst), store(Y, 1, SeqCst)], vec![store(Y, 2, SeqCst), load(X, SeqCst)]],
            &[0],
            [1, 2, 0],
            false,
        ),
        ends(
            "R, the first stores relaxed",
            vec![
                vec![store(X, 1, Relaxed), store(Y, 1, Relaxed)],
                vec![store(Y, 2, SeqCst), load(X, SeqCst)],
            ],
            &[0],
            [1, 2, 0],
            true,
        ),
        ends(
            "S, release and acquire",
            vec![
                vec![store(X, 2, Relaxed), store(Y, 1, Release)],
                vec![load(Y, Acquire), store(X, 1, Relaxed)],
            ],
            &[1],
            [2, 1, 0],
            false,
        ),
        ends(
            "S, relaxed",
            vec![vec![store(X, 2, Relaxed), store(Y, 1, Relaxed)], vec![rlx(Y), store(X, 1, Relaxed)]],
            &[1],
            [2, 1, 0],
            true,
        ),
    ]
}

#[test]
fn the_outcomes_are_those_of_the_standard() {
    for Litmus { name, program, reads, ends, is_allowed } in all() {
        let (shown, explored) = language::outcomes(&program, Strategy::Exhaustive);
        let (allowed, graphs) = axioms::outcomes(&program);
        assert_eq!(shown, allowed, "{name}");
        let is_meant = |outcome: &&Vec<u32>| {
            let (read, end) = outcome.split_at(outcome.len() - 3);
            read == reads && ends.is_none_or(|ends| end == ends)
        };
        assert_eq!(shown.iter().any(|outcome| is_meant(&outcome)), is_allowed, "{name}: {shown:?}");
        let verdict = if is_allowed { "shown" } else { "never" };
        println!("| {name} | {verdict} | {} | {graphs} | {} |", shown.len(), explored.executions);
    }
}

/// Programs that the samplers go through see stale values, too.
#[test]
fn random_schedules_show_the_same() {
    for litmus in all().iter().filter(|litmus| litmus.program.len() == 2) {
        let shown = language::sampled(&litmus.program, 3_000);
        assert_eq!(shown, axioms::outcomes(&litmus.program).0, "{}", litmus.name);
    }
}

#[test]
fn sequentially_consistent_programs_take_no_more_executions() {
    for litmus in all().iter().filter(|litmus| litmus.name.ends_with("SeqCst")) {
        let (_, explored) = language::outcomes(&litmus.program, Strategy::Exhaustive);
        let (_, without) = language::outcomes_without(&litmus.program);
        assert_eq!(explored.executions, without.executions, "{}", litmus.name);
    }
}
