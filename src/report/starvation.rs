//! Threads that wait for something that nobody is left to give: a notification, a permit, a message.

use super::words::{list, waits_phrase};
use crate::check::{ObjectReport, StepReport, ThreadReport};

/// Title and explanation.
pub(super) fn explain(threads: &[ThreadReport], steps: &[StepReport]) -> (String, Vec<String>) {
    // Who waits for the end of such a thread is stuck too, but is not where the reader should look.
    let (joiners, mut stuck): (Vec<usize>, Vec<usize>) = (0..threads.len())
        .filter(|thread| !threads[*thread].finished)
        .partition(|thread| threads[*thread].waits.as_ref().is_some_and(|waits| waits.operation == "join"));
    let names: Vec<String> = match stuck.is_empty() {
        true => &joiners,
        false => &stuck,
    }
    .iter()
    .map(|thread| format!("`{}`", threads[*thread].name))
    .collect();
    let what = kind_of(threads, &stuck);
    let plural = if names.len() == 1 { "waits" } else { "wait" };
    let title = format!("deadlock ({what}): {} {plural} for ever", list(&names));
    let causes: Vec<String> = stuck.iter().filter_map(|thread| cause(threads, steps, *thread)).collect();
    stuck.extend(joiners);
    let mut explanation: Vec<String> = stuck.iter().filter_map(|thread| waiting(&threads[*thread])).collect();
    for cause in causes {
        if !explanation.contains(&cause) {
            explanation.push(cause);
        }
    }
    (title, explanation)
}

fn kind_of(threads: &[ThreadReport], stuck: &[usize]) -> &'static str {
    let waits_on = |operations: &[&str]| {
        stuck.iter().any(|thread| {
            let waits = threads[*thread].waits.as_ref();
            waits.is_some_and(|waits| operations.contains(&waits.operation.as_str()))
        })
    };
    if waits_on(&["wait"]) {
        "lost wake-up"
    } else if waits_on(&["send", "recv", "select", "met"]) {
        "channel starvation"
    } else if waits_on(&["acquire"]) {
        "semaphore starvation"
    } else if waits_on(&["pass"]) {
        "barrier starvation"
    } else if waits_on(&["park"]) {
        "missing unpark"
    } else {
        "nobody can go on"
    }
}

/// What a thread waits for, and what it holds meanwhile.
fn waiting(thread: &ThreadReport) -> Option<String> {
    let waits = thread.waits.as_ref()?;
    let holds: Vec<String> =
        thread.holds.iter().map(|held| format!("`{}` (since {})", held.object.label, held.place)).collect();
    let holding = if holds.is_empty() { String::new() } else { format!(", holding {}", list(&holds)) };
    Some(format!("`{}` {} at {}{holding}.", thread.name, waits_phrase(waits), waits.place))
}

/// Why what the thread waits for does not come, where the steps tell.
fn cause(threads: &[ThreadReport], steps: &[StepReport], thread: usize) -> Option<String> {
    let waits = threads[thread].waits.as_ref()?;
    let object = waits.object.as_ref()?;
    match waits.operation.as_str() {
        "wait" => Some(notifications(threads, steps, object, thread)),
        "acquire" => Some(permits(threads, steps, object)),
        _ => None,
    }
}

/// What became of the notifications of a condition variable.
fn notifications(
    threads: &[ThreadReport],
    steps: &[StepReport],
    condvar: &ObjectReport,
    waiter: usize,
) -> String {
    let label = condvar.label.as_str();
    let (name, on_condvar) =
        (&threads[waiter].name, |step: &StepReport| step.object.as_deref() == Some(label));
    let notifies = |step: &StepReport| on_condvar(step) && step.operation.starts_with("notify");
    let wakes = |step: &StepReport| on_condvar(step) && step.operation == "wake" && step.outcome.is_none();
    let began = steps
        .iter()
        .rposition(|step| step.thread == waiter && on_condvar(step) && step.operation.starts_with("wait"))
        .unwrap_or(0);
    let (before, after) = steps.split_at(began);

    if let Some(at) = after.iter().position(|step| notifies(step) && step.outcome.is_none()) {
        let step = &after[at];
        let mut woken: Vec<usize> =
            after[at..].iter().filter(|step| wakes(step)).map(|step| step.thread).collect();
        woken.dedup();
        let whom = match woken[..] {
            [one] => format!("`{}`", threads[one].name),
            _ => "another waiter".to_owned(),
        };
        return format!(
            "`{}` notified `{label}` at {} while `{name}` waited, and woke {whom} instead: a notification goes to any one of the waiters. If they wait for different things, use `notify_all`, or a condvar for each thing.",
            threads[step.thread].name, step.place
        );
    }
    let Some(last) = before.iter().rposition(notifies) else {
        return format!("Nobody has notified `{label}`, and nobody is left who could.");
    };
    let step = &before[last];
    let by = format!("`{}` notified `{label}` at {}", threads[step.thread].name, step.place);
    if step.outcome.is_some() {
        return format!(
            "{by} before `{name}` began to wait: nobody was waiting, and a notification is not kept. Change the state that the waiter tests while holding the mutex, and test it again before waiting."
        );
    }
    if before[last..].iter().any(|step| step.thread == waiter && wakes(step)) {
        return format!(
            "{by} and woke `{name}`, which did not find what it waits for and waits again. Nobody has notified since. Either that notification was meant for another waiter, or what it announced was over before `{name}` could look."
        );
    }
    format!("{by}, the last time, before `{name}` began to wait; a notification is not kept.")
}

/// Who has the permits of a semaphore.
fn permits(threads: &[ThreadReport], steps: &[StepReport], semaphore: &ObjectReport) -> String {
    let label = semaphore.label.as_str();
    let on_semaphore = |step: &&StepReport| step.object.as_deref() == Some(label);
    let takes = |step: &&StepReport| {
        matches!(step.operation.as_str(), "acquire" | "acquire-timed" | "try-acquire")
            && step.outcome.is_none()
    };
    let mut kept = Vec::new();
    for (index, thread) in threads.iter().enumerate() {
        let own = || steps.iter().filter(on_semaphore).filter(|step| step.thread == index);
        let given_back = own().filter(|step| step.operation == "release").count();
        if let Some(step) = own().filter(takes).nth(given_back) {
            let ended = if thread.finished { " and has ended" } else { "" };
            kept.push(format!(
                "`{}` took a permit at {}{ended} without giving one back",
                thread.name, step.place
            ));
        }
    }
    if kept.is_empty() {
        return format!("No permit of `{label}` is left, and nobody is left who could add one.");
    }
    format!("{}. Nobody is left who could add one.", list(&kept))
}
