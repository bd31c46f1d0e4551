//! Looks for a schedule of the same finding that is easier to read: with fewer preemptions, then fewer threads, then fewer
//! steps.
//!
//! Two ways together. From above: parts of the schedule are brought to others of the same thread, or left out, and what
//! is left is followed as far as it goes (delta debugging: Zeller and Hildebrandt, "Simplifying and isolating
//! failure-inducing input", 2002; on schedules Choi and Zeller, "Isolating failure-inducing thread schedules", 2002). From
//! below: all schedules without a preemption are tried, then those with one, and so on (Musuvathi and Qadeer, "Iterative
//! context bounding", 2007). What is counted are executions and steps, not time, so that it comes to the same everywhere.

use std::{collections::BTreeSet, ops::Range, time::Duration};

use super::{
    Checker,
    explore::{Budget, End, Model, explore},
    finding::{FindingKind, Shrunk},
    observe::Observed,
    plan::Plan,
    rerun::{self, choices_of},
};
use crate::engine::{
    Mode,
    strategy::{Bound, Reduction},
    trace::Choice,
};

/// What the way from above may cost, in executions and steps.
const FROM_ABOVE: (u64, u64) = (4_000, 1_500_000);
/// What the way from below may cost, for each number of preemptions.
const FROM_BELOW: Budget =
    Budget { executions: Some(20_000), steps: Some(200_000), time: Duration::from_secs(5) };
/// Steps are taken out of schedules no longer than this, so many at once.
const STEPS_CUT_MAX: usize = 100;
const CUTS: [usize; 5] = [8, 4, 3, 2, 1];
/// More schedules than this many preemptions are too many to try them all.
const PREEMPTIONS_FROM_BELOW_MAX: usize = 4;

/// A schedule of the same finding, no harder to read, and what that saved.
pub(super) fn shrink(
    checker: &Checker,
    found: Observed,
    mode: Mode,
    model: &Model,
) -> (Observed, Option<Shrunk>) {
    if found.kind == FindingKind::Nondeterminism {
        // The same schedule does not give the same.
        return (found, None);
    }
    let (from_steps, from_preemptions) = (found.steps.len(), found.preemptions);
    let original = found.schedule.clone();
    let mut shrinker = Shrinker { checker, mode, model, bug: Bug::of(&found), executions: 0, steps: 0 };
    let mut best = shrinker.simplified(found);
    if let Some(simpler) = shrinker.bounded_from_below(&best) {
        best = shrinker.simplified(simpler);
    }
    if !rerun::repeats(checker, &best, model)
        && let End::Found(found) = rerun::replay(checker, &original, model).end
    {
        // The program remembers earlier executions: what was found last happened only once.
        return (*found, None);
    }
    let is_smaller = (best.preemptions, best.steps.len()) != (from_preemptions, from_steps);
    let shrunk = Shrunk { from_steps, from_preemptions, executions: shrinker.executions };
    (best, is_smaller.then_some(shrunk))
}

/// What makes two findings one bug.
struct Bug {
    kind: FindingKind,
    is_circle: bool,
    /// Where threads are stuck, where they panicked, where they race.
    places: BTreeSet<String>,
}

impl Bug {
    fn of(observed: &Observed) -> Bug {
        let primary = observed.marks.iter().filter(|mark| mark.primary);
        Bug {
            kind: observed.kind,
            is_circle: !observed.cycle.is_empty(),
            places: match observed.kind {
                // Where a thread was when it had had too many steps is chance.
                FindingKind::Livelock => BTreeSet::new(),
                _ => primary.map(|mark| mark.place.clone()).collect(),
            },
        }
    }

    /// Whether the other one is this bug, perhaps with fewer threads in it.
    fn includes(&self, other: &Bug) -> bool {
        (self.kind, self.is_circle) == (other.kind, other.is_circle) && other.places.is_subset(&self.places)
    }
}

/// How hard a schedule is to read.
fn size(observed: &Observed) -> (usize, usize, usize) {
    let threads: BTreeSet<usize> = observed.steps.iter().map(|step| step.thread).collect();
    (observed.preemptions, threads.len(), observed.steps.len())
}

/// What a thread does in a row.
#[derive(Clone)]
struct Segment {
    thread: usize,
    choices: Vec<Choice>,
}

fn segments(observed: &Observed) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    for choice in choices_of(&observed.schedule) {
        match (choice, segments.last_mut()) {
            (Choice::Thread { thread, .. }, Some(last)) if last.thread == thread => last.choices.push(choice),
            (Choice::Thread { thread, .. }, _) => segments.push(Segment { thread, choices: vec![choice] }),
            (Choice::Value { .. }, Some(last)) => last.choices.push(choice),
            (Choice::Value { .. }, None) => {}
        }
    }
    segments
}

/// To which segment of the same thread one is brought.
#[derive(Clone, Copy)]
enum Direction {
    Later,
    Earlier,
}

/// The segments, with what is in the chunk brought to the next segment of the same thread after it, or to the last one
/// before it. Where there is none it is left out: it may not be needed.
fn without(all: &[Segment], chunk: Range<usize>, direction: Direction) -> Vec<Segment> {
    let mut before = all[..chunk.start].to_vec();
    let mut after = all[chunk.end..].to_vec();
    match direction {
        Direction::Later => {
            for segment in all[chunk].iter().rev() {
                if let Some(next) = after.iter_mut().find(|next| next.thread == segment.thread) {
                    next.choices.splice(0..0, segment.choices.iter().copied());
                }
            }
        }
        Direction::Earlier => {
            for segment in &all[chunk] {
                if let Some(last) = before.iter_mut().rfind(|last| last.thread == segment.thread) {
                    last.choices.extend(&segment.choices);
                }
            }
        }
    }
    before.append(&mut after);
    before
}

struct Shrinker<'a> {
    checker: &'a Checker,
    mode: Mode,
    model: &'a Model,
    bug: Bug,
    executions: u64,
    steps: u64,
}

impl Shrinker<'_> {
    /// Brings segments together, as long as that helps.
    fn simplified(&mut self, mut best: Observed) -> Observed {
        loop {
            let before = size(&best);
            for direction in [Direction::Later, Direction::Earlier] {
                best = self.brought_together(best, direction);
            }
            best = self.cut_out(best);
            if size(&best) == before {
                return best;
            }
        }
    }

    /// Brings segments to others of the same thread: many at once first.
    fn brought_together(&mut self, mut best: Observed, direction: Direction) -> Observed {
        let mut all = segments(&best);
        let mut length = all.len() / 2;
        while length > 0 {
            let mut from = 0;
            while from < all.len() {
                let chunk = from..(from + length).min(all.len());
                match self.tried(&best, &without(&all, chunk, direction)) {
                    Some(smaller) => {
                        best = smaller;
                        all = segments(&best);
                    }
                    None => from += length,
                }
            }
            length /= 2;
        }
        best
    }

    /// Takes a few steps in a row out of a segment, as a wake-up for no reason with what led to it.
    fn cut_out(&mut self, mut best: Observed) -> Observed {
        if best.steps.len() > STEPS_CUT_MAX {
            return best;
        }
        for length in CUTS {
            let mut all = segments(&best);
            let mut at = (0, 0);
            while let Some(segment) = all.get(at.0) {
                if at.1 + length > segment.choices.len() {
                    at = (at.0 + 1, 0);
                    continue;
                }
                let mut rest = all.clone();
                rest[at.0].choices.drain(at.1..at.1 + length);
                match self.tried(&best, &rest) {
                    Some(smaller) => {
                        best = smaller;
                        all = segments(&best);
                    }
                    None => at.1 += 1,
                }
            }
        }
        best
    }

    /// Follows these segments; gives what is found if it is the same bug by a smaller schedule.
    fn tried(&mut self, best: &Observed, segments: &[Segment]) -> Option<Observed> {
        let (executions_max, steps_max) = FROM_ABOVE;
        if self.executions >= executions_max || self.steps >= steps_max {
            return None;
        }
        let choices = segments.iter().flat_map(|segment| segment.choices.iter().copied()).collect();
        let once = Budget { executions: Some(1), steps: None, time: Duration::MAX };
        let found = self.explored(Plan::Guided(choices), once)?;
        (size(&found) < size(best)).then_some(found)
    }

    /// The first schedule with the fewest preemptions, if those with fewer than now can be looked through.
    fn bounded_from_below(&mut self, best: &Observed) -> Option<Observed> {
        let most = best.preemptions.min(PREEMPTIONS_FROM_BELOW_MAX);
        (0..most).find_map(|preemptions| {
            let bound = Some(Bound::Preemptions(preemptions));
            let found = self.explored(Plan::Exhaustive(Reduction::None, bound), FROM_BELOW)?;
            (size(&found) < size(best)).then_some(found)
        })
    }

    /// What the plan finds, if it is the same bug.
    fn explored(&mut self, plan: Plan, budget: Budget) -> Option<Observed> {
        let exploration = explore(self.checker, plan, budget, self.mode, self.model);
        self.executions += exploration.explored.executions;
        self.steps += exploration.explored.steps;
        match exploration.end {
            End::Found(found) if self.bug.includes(&Bug::of(&found)) => Some(*found),
            _ => None,
        }
    }
}
