//! Threads that run for ever.

use super::{Story, Words, names};
use crate::check::StepReport;

/// Of how many steps at the end the repeating part is looked for.
const TAIL: usize = 256;

/// Threads that go on without getting anywhere, after `limit` steps.
pub(crate) fn livelock(story: Story<'_>, limit: usize) -> Words {
    let tail = &story.steps[story.steps.len().saturating_sub(TAIL)..];
    let period = period(story.steps);
    let repeated = &tail[tail.len() - period.unwrap_or(tail.len().min(64))..];
    let mut busy: Vec<usize> = repeated.iter().map(|step| step.thread).collect();
    busy.sort_unstable();
    busy.dedup();
    let verb = if busy.len() == 1 { "goes" } else { "go" };
    let mut words = Words::new(format!("livelock: {} {verb} on for ever", names(story.threads, &busy)));
    words.say(format!(
        "After {limit} steps the program has not ended, although every thread that could run had its turn."
    ));
    let mut said: Vec<String> = Vec::new();
    for step in repeated {
        let phrase = phrase(story, step);
        if !said.contains(&phrase) && said.len() < 12 {
            said.push(phrase);
            words.look(&step.place, format!("`{}` comes by here again and again", story.name(step.thread)));
        }
    }
    let what = match period {
        Some(1) => "The same step repeats".to_owned(),
        Some(period) => format!("The same {period} steps repeat"),
        None => "What repeats".to_owned(),
    };
    words.say(format!("{what}: {}.", said.join("; ")));
    words
}

fn phrase(story: Story<'_>, step: &StepReport) -> String {
    let object = step.object.as_deref().map(|object| format!(" `{object}`")).unwrap_or_default();
    let outcome = step.outcome.as_deref().map(|outcome| format!(" ({outcome})")).unwrap_or_default();
    format!("`{}` does {}{object}{outcome} at {}", story.name(step.thread), step.operation, step.place)
}

/// The length of the shortest sequence of steps of which the end consists, at least three times over.
pub(crate) fn period(steps: &[StepReport]) -> Option<usize> {
    let tail = &steps[steps.len().saturating_sub(TAIL)..];
    let key =
        |step: &StepReport| (step.thread, step.operation.clone(), step.object.clone(), step.place.clone());
    let keys: Vec<_> = tail.iter().map(key).collect();
    (1..=keys.len() / 3).find(|period| {
        let end = &keys[keys.len() - 3 * period..];
        (0..2 * period).all(|at| end[at] == end[at + period])
    })
}
