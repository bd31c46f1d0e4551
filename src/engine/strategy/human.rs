//! Follows the moves that somebody has made so far, and stops where the next one is to be made.

use super::{Decision, Strategy, ThreadSet, View, bit};
use crate::engine::op::ThreadIndex;

/// What somebody decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Move {
    /// This thread takes its next step.
    Thread(ThreadIndex),
    /// The step chooses this number.
    Value(usize),
}

/// What there is to decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Open {
    /// Which of these threads takes the next step, and which of them can go on by themselves.
    Thread { candidates: ThreadSet, ready: ThreadSet },
    /// Which of these numbers the last step chooses.
    Value { possible: u128 },
}

/// One execution by hand.
#[derive(Debug)]
pub(crate) struct Human {
    moves: Vec<Move>,
    at: usize,
    started: bool,
    /// Numbers may be recorded where only one is possible, as schedules have them.
    recorded: bool,
    /// The moves that were decisions, in order.
    pub(crate) made: Vec<Move>,
    /// What is to be decided now, if the moves did not come to the end of the program.
    pub(crate) open: Option<Open>,
    /// Which move is not possible, counted from 0.
    pub(crate) refused: Option<usize>,
}

impl Human {
    /// Makes these moves. `recorded`: they are the choices of a schedule.
    pub(crate) fn new(moves: Vec<Move>, recorded: bool) -> Self {
        Human { moves, at: 0, started: false, recorded, made: Vec::new(), open: None, refused: None }
    }

    /// The first move that was not made although the execution has ended.
    pub(crate) fn left_over(&self) -> Option<usize> {
        (self.open.is_none() && self.at < self.moves.len()).then_some(self.at)
    }

    fn next_value(&mut self) -> Option<usize> {
        let Some(Move::Value(value)) = self.moves.get(self.at).copied() else { return None };
        self.at += 1;
        Some(value)
    }

    /// Decides among numbers of which there are at least two, or asks.
    fn decide(&mut self, possible: u128) -> usize {
        if self.open.is_some() {
            // The answer to an earlier question is not there: nothing after it counts.
            return 0;
        }
        match self.next_value() {
            Some(value) if value < 128 && possible & 1 << value != 0 => {
                self.made.push(Move::Value(value));
                return value;
            }
            None if self.at >= self.moves.len() => self.open = Some(Open::Value { possible }),
            None if self.recorded => self.made.push(Move::Value(0)),
            Some(_) => self.refused = self.refused.or(Some(self.at - 1)),
            None => self.refused = self.refused.or(Some(self.at)),
        }
        0
    }
}

impl Strategy for Human {
    fn new_execution(&mut self) -> bool {
        !std::mem::replace(&mut self.started, true)
    }

    fn choose(&mut self, view: &View<'_>) -> Decision {
        if self.open.is_some() || self.refused.is_some() {
            return Decision::Redundant;
        }
        match self.moves.get(self.at).copied() {
            None => {
                self.open = Some(Open::Thread { candidates: view.candidates, ready: view.ready });
                Decision::Redundant
            }
            Some(Move::Thread(thread)) if thread < 128 && view.candidates & bit(thread) != 0 => {
                self.at += 1;
                self.made.push(Move::Thread(thread));
                Decision::Run(thread)
            }
            Some(_) => {
                self.refused = Some(self.at);
                Decision::Redundant
            }
        }
    }

    fn choose_value(&mut self, count: usize) -> usize {
        self.decide(u128::MAX >> (128 - count.min(128)))
    }

    fn choose_among(&mut self, possible: u128) -> Option<usize> {
        if possible.count_ones() > 1 {
            return Some(self.decide(possible));
        }
        if self.recorded {
            self.next_value();
        }
        Some(0)
    }

    fn restart(&mut self) {
        *self = Human::new(std::mem::take(&mut self.moves), self.recorded);
    }
}
