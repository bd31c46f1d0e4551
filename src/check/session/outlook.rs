//! Whether a bug can still be reached.

use serde::Serialize;

use super::{Looks, Move, Session, run, strategy_of};
use crate::{
    check::{
        FindingKind,
        explore::{After, End, after},
    },
    engine::{
        Stop, World,
        strategy::{self, Below, Decision, Random, Strategy, View},
    },
};

/// Of how many executions one is drawn at random.
const SAMPLED_OF: u64 = 8;

/// What can follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outlook", rename_all = "lowercase")]
pub enum Outlook {
    /// A bug can be reached.
    Reachable {
        /// What kind it is.
        kind: FindingKind,
        /// The bug in one line.
        title: String,
        /// The moves that lead to it; none if it is here already.
        way: Vec<Move>,
        /// Whether no way has fewer steps. Else it is the shortest of those that were seen.
        is_shortest: bool,
    },
    /// Nothing that can follow is a bug: everything was looked at.
    Unreachable {
        /// In so many executions.
        executions: u64,
    },
    /// No bug was seen, but not everything was looked at.
    Unknown {
        /// In so many executions.
        executions: u64,
    },
}

/// A way to a bug.
struct Found {
    kind: FindingKind,
    title: String,
    way: Vec<Move>,
}

fn steps(way: &[Move]) -> usize {
    way.iter().filter(|next| matches!(next, Move::Thread(_))).count()
}

pub(super) fn outlook(session: &Session, executions: u64) -> Outlook {
    if let Some(finding) = &session.position.finding {
        let (kind, title) = (finding.kind, finding.title.clone());
        return Outlook::Reachable { kind, title, way: Vec::new(), is_shortest: true };
    }
    let mut left = executions;
    let sampled = sample(session, (executions / SAMPLED_OF).max(1), &mut left);
    let mut depth = 1;
    // Deeper than the way that is known nothing is of interest.
    let deepest = sampled.as_ref().map_or(usize::MAX, |found| steps(&found.way).saturating_sub(1));
    let mut exhausted = false;
    if sampled.is_none() {
        // Most likely there is none: what is not cut by a depth need be looked at only once.
        match search(session, usize::MAX, left / 2, &mut left) {
            Searched::All => return Outlook::Unreachable { executions: executions - left },
            Searched::Found(found) => return shortest(session, found, left),
            Searched::Cut | Searched::Budget => {}
        }
    }
    while depth <= deepest && !exhausted {
        match search(session, depth, left, &mut left) {
            Searched::Found(Found { kind, title, way }) => {
                return Outlook::Reachable { kind, title, way, is_shortest: true };
            }
            Searched::All => exhausted = true,
            Searched::Cut => depth += 1,
            Searched::Budget => break,
        }
    }
    match sampled {
        Some(Found { kind, title, way }) => {
            Outlook::Reachable { kind, title, way, is_shortest: depth > deepest || exhausted }
        }
        None if exhausted => Outlook::Unreachable { executions: executions - left },
        None => Outlook::Unknown { executions: executions - left },
    }
}

/// A way is known; looks for a shorter one.
fn shortest(session: &Session, found: Found, mut left: u64) -> Outlook {
    let Found { kind, title, way } = found;
    for depth in 1..steps(&way) {
        match search(session, depth, left, &mut left) {
            Searched::Found(Found { kind, title, way }) => {
                return Outlook::Reachable { kind, title, way, is_shortest: true };
            }
            Searched::Cut | Searched::All => {}
            Searched::Budget => return Outlook::Reachable { kind, title, way, is_shortest: false },
        }
    }
    Outlook::Reachable { kind, title, way, is_shortest: true }
}

enum Searched {
    Found(Found),
    /// There is nothing else.
    All,
    /// There is more, deeper.
    Cut,
    Budget,
}

/// The bug that the execution ended with.
fn bug(session: &Session, world: &mut World, stop: Stop) -> Option<(FindingKind, String)> {
    match after(&session.checker, world, stop, true) {
        After::End(End::Found(observed)) => Some((observed.kind, observed.title)),
        _ => None,
    }
}

/// Looks at what can follow in so many steps.
fn search(session: &Session, depth: usize, most: u64, left: &mut u64) -> Searched {
    let prefix: Vec<strategy::Move> = session.moves.iter().map(|next| (*next).into()).collect();
    let most = most.min(*left);
    let mut executions = 0;
    let mut was_cut = false;
    let result = run(
        &session.checker,
        &*session.model,
        session.mode,
        Looks::AtEnds,
        Box::new(Below::new(prefix, depth)),
        |world, stop| {
            executions += 1;
            if world.wants != world.mode {
                // Not all kinds of steps were known: what was seen proves nothing.
                return Some(Searched::Budget);
            }
            let below = strategy_of::<Below>(world);
            was_cut |= below.was_cut;
            let way: Vec<Move> = below.way().into_iter().map(Move::from).collect();
            if let Some((kind, title)) = bug(session, world, stop) {
                return Some(Searched::Found(Found { kind, title, way }));
            }
            (executions >= most || session.checker.is_cancelled()).then_some(Searched::Budget)
        },
    );
    *left = left.saturating_sub(executions);
    result.unwrap_or(if was_cut { Searched::Cut } else { Searched::All })
}

/// Random executions after the moves so far: the shortest way to a bug among them.
fn sample(session: &Session, most: u64, left: &mut u64) -> Option<Found> {
    let prefix: Vec<strategy::Move> = session.moves.iter().map(|next| (*next).into()).collect();
    let mut best: Option<Found> = None;
    let mut executions = 0;
    run(
        &session.checker,
        &*session.model,
        session.mode,
        Looks::AtEnds,
        Box::new(Drawn { prefix, at: 0, random: Random::new(1), way: Vec::new() }),
        |world, stop| {
            executions += 1;
            let way = strategy_of::<Drawn>(world).way.clone();
            if best.as_ref().is_none_or(|best| steps(&way) < steps(&best.way))
                && let Some((kind, title)) = bug(session, world, stop)
            {
                best = Some(Found { kind, title, way });
            }
            (executions >= most || session.checker.is_cancelled() || world.wants != world.mode).then_some(())
        },
    );
    *left = left.saturating_sub(executions);
    best
}

/// A random walk after a beginning.
#[derive(Debug)]
struct Drawn {
    prefix: Vec<strategy::Move>,
    at: usize,
    random: Random,
    /// What it decided after the beginning.
    way: Vec<Move>,
}

impl Strategy for Drawn {
    fn new_execution(&mut self) -> bool {
        self.at = 0;
        self.way.clear();
        self.random.new_execution()
    }

    fn choose(&mut self, view: &View<'_>) -> Decision {
        let known = self.prefix.get(self.at).copied();
        self.at += 1;
        match known {
            Some(strategy::Move::Thread(thread)) if view.candidates & 1 << thread != 0 => {
                Decision::Run(thread)
            }
            Some(_) => Decision::Diverged,
            None => {
                let decision = self.random.choose(view);
                if let Decision::Run(thread) = decision {
                    self.way.push(Move::Thread(thread));
                }
                decision
            }
        }
    }

    fn choose_value(&mut self, count: usize) -> usize {
        self.choose_among(u128::MAX >> (128 - count.min(128))).unwrap_or(0)
    }

    fn choose_among(&mut self, possible: u128) -> Option<usize> {
        if possible.count_ones() < 2 {
            return Some(0);
        }
        if let Some(strategy::Move::Value(value)) = self.prefix.get(self.at).copied() {
            self.at += 1;
            return Some(value);
        }
        let value = self.random.choose_among(possible)?;
        self.way.push(Move::Value(value));
        Some(value)
    }

    fn restart(&mut self) {
        self.random.restart();
    }
}
