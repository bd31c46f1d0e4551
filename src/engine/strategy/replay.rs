//! Replays a recorded sequence of choices.

use super::{Decision, Strategy, View, bit};
use crate::engine::{
    op::{OpKind, ThreadIndex},
    trace::Choice,
};

/// Follows a schedule step by step, once; ends as diverged when the program does something else than was recorded.
#[derive(Debug)]
pub(crate) struct Replay {
    choices: Vec<Choice>,
    at: usize,
    started: bool,
    /// Why the schedule did not apply, in words.
    pub(crate) mismatch: Option<String>,
}

impl Replay {
    pub(crate) fn new(choices: Vec<Choice>) -> Self {
        Replay { choices, at: 0, started: false, mismatch: None }
    }

    fn describe(view: &View<'_>) -> String {
        let at = view.pending.iter().enumerate().filter_map(|(thread, op)| {
            let op = op.as_ref()?;
            let able = if view.candidates & bit(thread) != 0 { "" } else { " (blocked)" };
            Some(format!("thread {thread} is at `{}` at {}{able}", op.kind.word(), op.place))
        });
        let at: Vec<String> = at.collect();
        if at.is_empty() { "every thread has ended".to_owned() } else { at.join(", ") }
    }
}

impl Strategy for Replay {
    fn new_execution(&mut self) -> bool {
        !std::mem::replace(&mut self.started, true)
    }

    fn recorded(&self) -> Option<(ThreadIndex, OpKind)> {
        match self.choices.get(self.at.checked_sub(1)?)? {
            Choice::Thread { thread, kind } => Some((*thread, *kind)),
            Choice::Value { .. } => None,
        }
    }

    fn choose(&mut self, view: &View<'_>) -> Decision {
        let step = self.at + 1;
        let Some(Choice::Thread { thread, kind }) = self.choices.get(self.at).copied() else {
            // The recorded schedule ended; go on fairly, so that the rest of the program shows what follows.
            if self.at >= self.choices.len() {
                return Decision::Run(view.fair_choice());
            }
            self.mismatch =
                Some(format!("step {step} records a value, but the program is choosing a thread"));
            return Decision::Diverged;
        };
        self.at += 1;
        let actual: Option<OpKind> = view.pending.get(thread).copied().flatten().map(|op| op.kind);
        if actual == Some(kind) && view.candidates & bit(thread) != 0 {
            return Decision::Run(thread);
        }
        self.mismatch = Some(format!(
            "step {step} records that thread {thread} does `{}`, but now {}",
            kind.word(),
            Self::describe(view)
        ));
        Decision::Diverged
    }

    fn choose_value(&mut self, count: usize) -> usize {
        let recorded = self.choices.get(self.at).copied();
        self.at += 1;
        match recorded {
            Some(Choice::Value { value, .. }) if value < count => value,
            None => 0,
            _ => {
                self.mismatch = Some(format!(
                    "step {} does not record a value below {count}, which is asked for",
                    self.at
                ));
                0
            }
        }
    }

    fn choose_among(&mut self, possible: u128) -> Option<usize> {
        // A schedule that was recorded without histories says nothing here: the newest store was read.
        let Some(Choice::Value { value, .. }) = self.choices.get(self.at).copied() else { return Some(0) };
        self.at += 1;
        if value < 128 && possible & 1 << value != 0 {
            return Some(value);
        }
        self.mismatch = Some(format!("step {} picks {value}, which is not possible now", self.at));
        Some(0)
    }

    fn restart(&mut self) {
        self.at = 0;
        self.started = false;
    }
}
