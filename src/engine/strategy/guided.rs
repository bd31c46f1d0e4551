//! Follows a recorded sequence of choices as far as it goes, where the program or the sequence has changed.

use std::fmt;

use super::{Decision, Strategy, View, bit};
use crate::engine::{
    object::Place,
    op::{NO_OBJECT, Op, OpKind, ThreadIndex},
    trace::Choice,
};

/// What reports call an object, from its name, where it was made, and where it is used.
pub(crate) type Labeller = Box<dyn FnMut(Option<&'static str>, Place, Place) -> Option<String> + Send>;

/// How many of a thread's recorded steps are passed over at most to find the one that it is about to take.
const STEPS_PASSED_MAX: usize = 16;

/// A recorded step with the numbers that it chose.
#[derive(Clone, Debug)]
struct Recorded {
    thread: ThreadIndex,
    kind: OpKind,
    /// The label of its object, where that is known.
    object: Option<String>,
    values: Vec<usize>,
}

/// Follows a schedule by operation and not by number: where a thread is at another operation than was recorded, it first
/// takes the steps that are new, or what was recorded and is gone is passed over; a thread that cannot go on loses its turn.
/// When the schedule has ended it goes on fairly, without preemption.
pub(crate) struct Guided {
    script: Vec<Recorded>,
    labeller: Labeller,
    at: usize,
    /// The step that was taken last, whose numbers are asked for next.
    step: Option<usize>,
    values_taken: usize,
    started: bool,
}

impl fmt::Debug for Guided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guided").field("script", &self.script).field("at", &self.at).finish_non_exhaustive()
    }
}

impl Guided {
    /// Follows the choices. Where labels are given, one for each choice, an operation is taken for the recorded one only if
    /// its object is called the same.
    pub(crate) fn new(choices: &[Choice], labels: Option<(Vec<Option<String>>, Labeller)>) -> Self {
        let (labels, labeller) = match labels {
            Some((labels, labeller)) => (labels, labeller),
            None => (Vec::new(), Box::new(|_, _, _| None) as Labeller),
        };
        let mut script: Vec<Recorded> = Vec::new();
        for (at, choice) in choices.iter().enumerate() {
            match choice {
                Choice::Thread { thread, kind } => {
                    let object = labels.get(at).cloned().flatten();
                    script.push(Recorded { thread: *thread, kind: *kind, object, values: Vec::new() });
                }
                Choice::Value { value, .. } => {
                    if let Some(step) = script.last_mut() {
                        step.values.push(*value);
                    }
                }
            }
        }
        Guided { script, labeller, at: 0, step: None, values_taken: 0, started: false }
    }

    /// What the object of an operation is called, if labels matter.
    fn label(&mut self, op: &Op, view: &View<'_>) -> Option<String> {
        if op.object == NO_OBJECT {
            return None;
        }
        let object = view.objects.get(op.object);
        (self.labeller)(object.name, object.created, op.place)
    }

    /// Whether the recorded step is this operation. What has no label could be anything.
    fn is(step: &Recorded, op: &Op, label: Option<&str>) -> bool {
        let same = step.object.as_deref().zip(label).is_none_or(|(recorded, now)| recorded == now);
        step.kind == op.kind && same
    }

    /// The next recorded step of a thread, at or after the present one, that is this operation.
    fn later(&self, thread: ThreadIndex, op: &Op, label: Option<&str>) -> Option<usize> {
        let own = self.script.iter().enumerate().skip(self.at).filter(|(_, step)| step.thread == thread);
        own.take(STEPS_PASSED_MAX).find(|(_, step)| Self::is(step, op, label)).map(|(at, _)| at)
    }

    /// Takes what was recorded out of the script, so that it is not followed again.
    fn pass(&mut self, thread: ThreadIndex, from: usize, to: usize) {
        let mut at = 0;
        self.script.retain(|step| {
            let is_passed = (from..to).contains(&at) && step.thread == thread;
            at += 1;
            !is_passed
        });
    }

    fn next_value(&mut self) -> Option<usize> {
        let value = self.script.get(self.step?)?.values.get(self.values_taken).copied();
        self.values_taken += 1;
        value
    }
}

impl Strategy for Guided {
    fn new_execution(&mut self) -> bool {
        !std::mem::replace(&mut self.started, true)
    }

    fn choose(&mut self, view: &View<'_>) -> Decision {
        self.step = None;
        self.values_taken = 0;
        while let Some(step) = self.script.get(self.at) {
            let thread = step.thread;
            let pending = view.pending.get(thread).copied().flatten();
            let Some(op) = pending.filter(|_| view.candidates & bit(thread) != 0) else {
                // It has ended, or waits: others first.
                self.at += 1;
                continue;
            };
            let label = self.label(&op, view);
            if !Self::is(&self.script[self.at], &op, label.as_deref()) {
                if view.ready & bit(thread) == 0 {
                    // It would run out of time or wake for no reason, which nobody has recorded.
                    self.at += 1;
                    continue;
                }
                match self.later(thread, &op, label.as_deref()) {
                    Some(later) => self.pass(thread, self.at, later),
                    // Something new: the recorded step comes after it.
                    None => return Decision::Run(thread),
                }
                continue;
            }
            self.step = Some(self.at);
            self.at += 1;
            return Decision::Run(thread);
        }
        Decision::Run(view.fair_choice())
    }

    fn choose_value(&mut self, count: usize) -> usize {
        self.next_value().filter(|value| *value < count).unwrap_or(0)
    }

    fn choose_among(&mut self, possible: u128) -> Option<usize> {
        let value = self.next_value().filter(|value| *value < 128 && possible & 1 << value != 0);
        Some(value.unwrap_or(0))
    }

    fn restart(&mut self) {
        self.at = 0;
        self.started = false;
    }
}
