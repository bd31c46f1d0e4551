//! A thread that went on after a wait although what it had waited for did not hold: `if` where `while` is needed.

use super::{Story, Words, takes_a_lock};

/// Says so where the last wake-up of `thread` is such a one.
pub(super) fn explain(words: &mut Words, story: Story<'_>, thread: usize) {
    let is_wake = |operation: &str| operation == "wake" || operation == "wake-timed";
    let Some(woke) = story.steps.iter().rposition(|step| step.thread == thread && is_wake(&step.operation))
    else {
        return;
    };
    let (step, name) = (&story.steps[woke], story.name(thread));
    let condvar = step.object.as_deref().unwrap_or("?");
    // It waits again, or does something else first: then it has looked again.
    if story.steps[woke + 1..].iter().any(|later| later.thread == thread && takes_a_lock(later)) {
        return;
    }
    let advice = "Test the condition again after every wait: `while`, not `if` (or `wait_while`).";
    match step.outcome.as_deref() {
        Some("spurious") => {
            words.say(format!(
                "`{name}` woke from condvar `{condvar}` at {} although nobody had notified it: a condition variable may do that. {advice}",
                step.place
            ));
            words.see(&step.place, format!("`{name}` wakes here without a notification"));
            return;
        }
        Some(_) => return,
        None => {}
    }
    // From the notification on another thread may have had the mutex.
    let notifies = |step: &&crate::check::StepReport| {
        step.object.as_deref() == Some(condvar)
            && step.operation.starts_with("notify")
            && step.outcome.is_none()
    };
    let Some(notified) = story.steps[..woke].iter().rposition(|step| notifies(&step)) else { return };
    let Some(mutex) = retaken(story, woke, thread) else { return };
    let notifier = &story.steps[notified];
    let between = || {
        story.steps[notified + 1..woke].iter().filter(|other| {
            let is_it = other.object.as_deref() == Some(mutex.as_str());
            other.thread != thread && takes_a_lock(other) && is_it
        })
    };
    // Who notified has mostly made the condition true, and is then not the one who made it false.
    let thief = between().rfind(|other| other.thread != notifier.thread).or_else(|| between().next_back());
    let Some(thief) = thief else { return };
    let other = story.name(thief.thread);
    words.say(format!(
        "`{name}` was notified at {} by `{}`, but before it had `{mutex}` again, `{other}` took it at {} and may have changed what `{name}` had waited for. {advice}",
        notifier.place,
        story.name(notifier.thread),
        thief.place
    ));
    words.see(&step.place, format!("`{name}` goes on from this wait"));
    words.see(&thief.place, format!("`{other}` takes `{mutex}` in between"));
}

/// The mutex that the thread has again after its wake-up.
fn retaken(story: Story<'_>, woke: usize, thread: usize) -> Option<String> {
    let wait = story.steps[..woke]
        .iter()
        .rposition(|step| step.thread == thread && step.operation.starts_with("wait"))?;
    let locked = story.steps[..wait]
        .iter()
        .rfind(|step| step.thread == thread && takes_a_lock(step) && !step.operation.starts_with("wake"))?;
    locked.object.clone()
}
