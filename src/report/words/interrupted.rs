//! What happened while a thread was held up: the bad moment of a check-then-act.

use super::{Story, Words};
use crate::check::StepReport;

/// With more preemptions than this nobody follows them one by one.
const PREEMPTIONS_MAX: usize = 3;
/// How many steps of the others are named.
const STEPS_NAMED_MAX: usize = 6;

/// Tells each preemption after which the thread went on later.
pub(super) fn explain(words: &mut Words, story: Story<'_>) {
    let preemptions: Vec<usize> = (1..story.steps.len()).filter(|at| story.steps[*at].preempts).collect();
    if preemptions.len() > PREEMPTIONS_MAX {
        return;
    }
    for at in preemptions {
        let before = &story.steps[at - 1];
        let Some(resumed) = story.steps[at..].iter().position(|step| step.thread == before.thread) else {
            continue;
        };
        let after = &story.steps[at + resumed];
        let between = &story.steps[at..at + resumed];
        let name = story.name(before.thread);
        words.say(format!(
            "`{name}` was interrupted between {} (step {at}) and {} (step {}). Meanwhile {}.",
            phrase(before),
            phrase(after),
            at + resumed + 1,
            meanwhile(story, between)
        ));
        words.see(&before.place, format!("`{name}` is interrupted after this"));
        // Where it is stuck there stands enough.
        let is_stuck_there = words.marks.iter().any(|mark| mark.primary && mark.place == after.place);
        if after.place != before.place && !is_stuck_there {
            words.see(&after.place, format!("`{name}` goes on here"));
        }
    }
}

fn phrase(step: &StepReport) -> String {
    match &step.object {
        Some(object) => format!("{} `{object}`", step.operation),
        None => step.operation.clone(),
    }
}

/// What the others did, thread by thread in order; starts and joins say nothing.
fn meanwhile(story: Story<'_>, between: &[StepReport]) -> String {
    let telling =
        between.iter().filter(|step| !matches!(step.operation.as_str(), "start" | "join" | "yield"));
    let mut told: Vec<(usize, Vec<String>)> = Vec::new();
    let mut left = 0;
    for (nth, step) in telling.enumerate() {
        if nth >= STEPS_NAMED_MAX {
            left += 1;
            continue;
        }
        match told.last_mut() {
            Some((thread, phrases)) if *thread == step.thread => phrases.push(phrase(step)),
            _ => told.push((step.thread, vec![phrase(step)])),
        }
    }
    let mut parts: Vec<String> = told
        .into_iter()
        .map(|(thread, phrases)| format!("`{}` did {}", story.name(thread), phrases.join(", ")))
        .collect();
    if parts.is_empty() {
        parts.push("others ran".to_owned());
    }
    let more = match left {
        0 => String::new(),
        1 => " and 1 step more".to_owned(),
        _ => format!(" and {left} steps more"),
    };
    parts.join("; then ") + &more
}
