//! What was chosen in an execution: whose each step was, and the numbers that steps chose.

use super::{
    execution::{Stop, World},
    trace::{Choice, Chosen},
};

/// A number that was chosen as part of the last of so many steps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number {
    steps: usize,
    value: usize,
    /// How many there were to choose from.
    count: usize,
}

impl World {
    /// Chooses one of the numbers in the set, to which 0 belongs, for the running thread, whose step this is.
    ///
    /// What is possible may depend on nothing but the thread's own past and the objects that it has: then the choice is
    /// independent of everything that others do.
    pub(crate) fn choose_among(&mut self, possible: u128, operation: &'static str) -> usize {
        debug_assert!(possible & 1 != 0, "there is always a first possibility");
        let count = (u128::BITS - possible.leading_zeros()) as usize;
        let chosen = match self.strategy.repeat_value() {
            Some(value) => Some(value),
            None => self.strategy.choose_among(possible),
        };
        let Some(value) = chosen else {
            self.stop_with(Stop::Redundant);
            return 0;
        };
        if count > 1 {
            self.note_number(value, count);
        }
        let step = self.steps.len() - 1;
        self.chosen.push(Chosen { step, operation, outcome: None });
        value
    }

    /// The last step chose this number, below `count`.
    pub(super) fn note_number(&mut self, value: usize, count: usize) {
        self.numbers.push(Number { steps: self.steps.len(), value, count });
    }

    /// All choices of the execution so far, in order.
    pub(crate) fn choices(&self) -> Vec<Choice> {
        let mut numbers = self.numbers.iter().peekable();
        let mut choices = Vec::with_capacity(self.steps.len() + self.numbers.len());
        for (at, step) in self.steps.iter().enumerate() {
            choices.push(Choice::Thread { thread: step.thread, kind: step.op.kind });
            while let Some(Number { value, count, .. }) = numbers.next_if(|number| number.steps == at + 1) {
                choices.push(Choice::Value { value: *value, count: *count });
            }
        }
        choices
    }

    /// Says what the last choice was, in words.
    pub(crate) fn tell_choice(&mut self, outcome: String) {
        if let Some(chosen) = self.chosen.last_mut() {
            chosen.outcome = Some(outcome);
        }
    }

    /// Chooses one of `count` possibilities.
    pub(crate) fn choose_value(&mut self, count: usize) -> usize {
        if count < 2 {
            return 0;
        }
        let value = self.strategy.choose_value(count);
        self.note_number(value, count);
        value
    }
}
