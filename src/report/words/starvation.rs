//! Threads that wait for something that nobody is left to give: a notification, a permit, a message.

use super::{Story, Words, interrupted, list, names, waits_phrase};
use crate::check::{ObjectReport, StepReport, ThreadReport};

/// Threads that wait, but for nobody in particular.
pub(super) fn explain(story: Story<'_>) -> Words {
    // Who waits for the end of such a thread is stuck too, but is not where the reader should look.
    let (joiners, mut stuck): (Vec<usize>, Vec<usize>) =
        (0..story.threads.len()).filter(|thread| !story.threads[*thread].finished).partition(|thread| {
            let waits = story.threads[*thread].waits.as_ref();
            waits.is_some_and(|waits| waits.operation == "join")
        });
    let named = if stuck.is_empty() { &joiners } else { &stuck };
    let plural = if named.len() == 1 { "waits" } else { "wait" };
    let what = kind_of(story, &stuck);
    let mut words =
        Words::new(format!("deadlock ({what}): {} {plural} for ever", names(story.threads, named)));
    stuck.extend(joiners);
    tell(&mut words, story, &stuck);
    words
}

/// What each of the threads waits for, and then why it does not come.
pub(super) fn tell(words: &mut Words, story: Story<'_>, stuck: &[usize]) {
    let joins = |thread: &ThreadReport| thread.waits.as_ref().is_some_and(|waits| waits.operation == "join");
    let all_join = stuck.iter().all(|thread| joins(&story.threads[*thread]));
    for thread in stuck {
        let thread = &story.threads[*thread];
        words.explanation.extend(waiting(thread));
        // Who waits for the end of a stuck thread is not where the reader should look.
        if all_join || !joins(thread) {
            words.look_at_wait(thread);
        }
    }
    let condvar = |thread: usize| {
        let waits = story.threads[thread].waits.as_ref()?;
        waits.object.as_ref().filter(|_| waits.operation == "wait")
    };
    for (nth, thread) in stuck.iter().enumerate() {
        match condvar(*thread) {
            // All who wait there are told of together.
            Some(object) if stuck[..nth].iter().all(|before| condvar(*before) != Some(object)) => {
                let waiters: Vec<usize> =
                    stuck[nth..].iter().copied().filter(|thread| condvar(*thread) == Some(object)).collect();
                notifications(words, story, object, &waiters);
            }
            Some(_) => {}
            None => cause(words, story, *thread),
        }
    }
    interrupted::explain(words, story);
}

fn kind_of(story: Story<'_>, stuck: &[usize]) -> &'static str {
    let waits = |thread: usize| story.threads[thread].waits.as_ref();
    let waits_on = |operations: &[&str]| {
        stuck
            .iter()
            .any(|thread| waits(*thread).is_some_and(|waits| operations.contains(&waits.operation.as_str())))
    };
    if waits_on(&["wait"]) {
        let notifies = |label: &str| story.steps_on(label).any(|step| step.operation.starts_with("notify"));
        let condvars = stuck.iter().filter_map(|thread| {
            let waits = waits(*thread).filter(|waits| waits.operation == "wait")?;
            waits.object.as_ref()
        });
        match condvars.into_iter().any(|condvar| notifies(&condvar.label)) {
            true => "lost wake-up",
            false => "missing notification",
        }
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
fn cause(words: &mut Words, story: Story<'_>, thread: usize) {
    let Some(waits) = &story.threads[thread].waits else { return };
    match (waits.operation.as_str(), &waits.object) {
        ("acquire", Some(semaphore)) => permits(words, story, semaphore, thread),
        ("recv" | "select", Some(channel)) => messages(words, story, channel, thread),
        ("send", Some(channel)) => room(words, story, channel, thread),
        ("pass", Some(barrier)) => arrivals(words, story, barrier),
        ("park", _) => tokens(words, story, thread),
        _ => {}
    }
}

/// Why no notification comes to a waiter; steps by their index.
#[derive(PartialEq, Eq)]
enum Missed {
    Never,
    /// It went to another waiter.
    Elsewhere(usize),
    /// Nobody waited yet.
    TooEarly(usize),
    /// It woke this waiter, which waits again.
    InVain(usize),
    /// It was there before this waiter came, for others.
    Before(usize),
}

fn missed(story: Story<'_>, label: &str, waiter: usize) -> Missed {
    let on_condvar = |step: &StepReport| step.object.as_deref() == Some(label);
    let notifies = |step: &StepReport| on_condvar(step) && step.operation.starts_with("notify");
    let began = story
        .steps
        .iter()
        .rposition(|step| step.thread == waiter && on_condvar(step) && step.operation.starts_with("wait"))
        .unwrap_or(0);
    let (before, after) = story.steps.split_at(began);
    if let Some(at) = after.iter().position(|step| notifies(step) && step.outcome.is_none()) {
        return Missed::Elsewhere(began + at);
    }
    let Some(last) = before.iter().rposition(notifies) else { return Missed::Never };
    if before[last].outcome.is_some() {
        Missed::TooEarly(last)
    } else if before[last..].iter().any(|step| step.thread == waiter && wakes(step, label)) {
        Missed::InVain(last)
    } else {
        Missed::Before(last)
    }
}

fn wakes(step: &StepReport, label: &str) -> bool {
    step.object.as_deref() == Some(label) && step.operation == "wake" && step.outcome.is_none()
}

/// What became of the notifications of a condition variable, for those who wait on it.
fn notifications(words: &mut Words, story: Story<'_>, condvar: &ObjectReport, waiters: &[usize]) {
    let label = condvar.label.as_str();
    let mut groups: Vec<(Missed, Vec<usize>)> = Vec::new();
    for waiter in waiters {
        let missed = missed(story, label, *waiter);
        match groups.iter_mut().find(|(known, _)| *known == missed) {
            Some((_, group)) => group.push(*waiter),
            None => groups.push((missed, vec![*waiter])),
        }
    }
    for (missed, group) in groups {
        let who = names(story.threads, &group);
        let (wait, seek) = match group.len() {
            1 => ("waits", "it waits for and waits"),
            _ => ("wait", "they wait for and wait"),
        };
        let step = |at: usize| {
            let step = &story.steps[at];
            (
                step,
                story.name(step.thread),
                format!("`{}` notified `{label}` at {}", story.name(step.thread), step.place),
            )
        };
        match missed {
            Missed::Never => {
                words.say(format!("Nobody has notified `{label}`, {}.", nobody_left(story, &group)))
            }
            Missed::Elsewhere(at) => {
                let (step, notifier, by) = step(at);
                let mut woken: Vec<usize> = story.steps[at..]
                    .iter()
                    .filter(|step| wakes(step, label))
                    .map(|step| step.thread)
                    .collect();
                woken.dedup();
                let whom = match woken[..] {
                    [one] => format!("`{}`", story.name(one)),
                    _ => "another waiter".to_owned(),
                };
                words.say(format!(
                    "{by} while {who} waited, and woke {whom} instead: a notification goes to any one of the waiters. If they wait for different things, use `notify_all`, or a condvar for each thing."
                ));
                words.see(&step.place, format!("`{notifier}` wakes {whom} here, not {who}"));
            }
            Missed::TooEarly(at) => {
                let (step, notifier, by) = step(at);
                words.see(&step.place, format!("`{notifier}` notifies here, too early: nobody waits yet"));
                words.say(format!(
                    "{by} before {who} began to wait: nobody was waiting, and a notification is not kept. Change the state that the waiter tests while holding the mutex, and test it again before waiting."
                ));
            }
            Missed::InVain(at) => {
                let (step, notifier, by) = step(at);
                words.see(&step.place, format!("`{notifier}` wakes {who} here, for the last time"));
                words.say(format!(
                    "{by} and woke {who}, which did not find what {seek} again. Nobody has notified since. Either that notification was meant for another waiter, or what it announced was over before {who} could look."
                ));
            }
            Missed::Before(at) => {
                let (step, notifier, by) = step(at);
                words.see(&step.place, format!("`{notifier}` notifies here, before {who} {wait}"));
                words.say(format!(
                    "{by}, the last time, before {who} began to wait; a notification is not kept."
                ));
            }
        }
    }
}

/// How many other threads are named.
const OTHERS_NAMED_MAX: usize = 4;

/// Why nobody does what these threads wait for: what became of the others.
fn nobody_left(story: Story<'_>, waiters: &[usize]) -> String {
    let others: Vec<usize> = (0..story.threads.len()).filter(|thread| !waiters.contains(thread)).collect();
    let joins = |thread: &usize| {
        let waits = story.threads[*thread].waits.as_ref();
        waits.is_some_and(|waits| waits.operation == "join")
    };
    // Who waits for a thread to end is named only where nobody else is.
    let mut telling: Vec<usize> = others.iter().copied().filter(|thread| !joins(thread)).collect();
    if telling.is_empty() {
        telling = others;
    }
    telling.sort_by_key(|thread| !story.threads[*thread].finished);
    if telling.is_empty() {
        return "and there is no other thread that could".to_owned();
    }
    let fate = |thread: &usize| format!("`{}` {}", story.name(*thread), story.fate(*thread));
    let mut told: Vec<String> = telling.iter().take(OTHERS_NAMED_MAX).map(fate).collect();
    match telling.len().saturating_sub(OTHERS_NAMED_MAX) {
        0 => {}
        1 => told.push("another one is no better off".to_owned()),
        more => told.push(format!("{more} others are no better off")),
    }
    format!("and nobody is left who could: {}", told.join(", "))
}

/// Who has the permits of a semaphore.
fn permits(words: &mut Words, story: Story<'_>, semaphore: &ObjectReport, waiter: usize) {
    let label = semaphore.label.as_str();
    let takes = |step: &&StepReport| {
        matches!(step.operation.as_str(), "acquire" | "acquire-timed" | "try-acquire")
            && step.outcome.is_none()
    };
    let mut kept = Vec::new();
    for (index, thread) in story.threads.iter().enumerate() {
        let own = || story.steps_on(label).filter(move |step| step.thread == index);
        let given_back = own().filter(|step| step.operation == "release").count();
        let Some(step) = own().filter(takes).nth(given_back) else { continue };
        let ended = if thread.finished { " and has ended" } else { "" };
        kept.push(format!(
            "`{}` took a permit at {}{ended} without giving one back",
            thread.name, step.place
        ));
        words.see(&step.place, format!("`{}` takes a permit here that does not come back", thread.name));
    }
    words.say(match kept.is_empty() {
        true if !story.steps_on(label).any(|step| step.operation == "release") => {
            format!("Nobody has added a permit to `{label}`, {}.", nobody_left(story, &[waiter]))
        }
        true => format!(
            "No permit of `{label}` is left, {}.",
            nobody_left(story, &[waiter]).replacen(" could", " could add one", 1)
        ),
        false => format!("{}. Nobody is left who could add one.", list(&kept)),
    });
}

/// The state of an object in brackets.
fn state(object: &ObjectReport) -> String {
    object.state.as_ref().map_or_else(String::new, |state| format!(" ({state})"))
}

/// Who could have sent to a channel, and why it does not.
fn messages(words: &mut Words, story: Story<'_>, channel: &ObjectReport, receiver: usize) {
    let label = channel.label.as_str();
    let sends = |step: &&StepReport| {
        matches!(step.operation.as_str(), "send" | "send-timed" | "try-send") && step.outcome.is_none()
    };
    let told = tell_uses(words, story, label, receiver, sends, "sent to");
    let mut text = match told.is_empty() {
        true => {
            format!("Nobody has sent to `{label}`{}, {}.", state(channel), nobody_left(story, &[receiver]))
        }
        false => format!("{} Nobody is left who could send to `{label}`{}.", told.join(" "), state(channel)),
    };
    let is_open = |state: &String| !state.contains("no sender");
    if channel.kind == "channel" && channel.state.as_ref().is_some_and(is_open) {
        text.push_str(
            " It is not closed either, since a sender is still alive: the receiver ends when the last sender is dropped.",
        );
    }
    words.say(text);
}

/// Who could have received from a channel, and why it does not.
fn room(words: &mut Words, story: Story<'_>, channel: &ObjectReport, sender: usize) {
    let label = channel.label.as_str();
    let receives = |step: &&StepReport| {
        matches!(step.operation.as_str(), "recv" | "recv-timed" | "try-recv") && step.outcome.is_none()
    };
    let told = tell_uses(words, story, label, sender, receives, "received from");
    words.say(match told.is_empty() {
        true => {
            format!(
                "Nobody has received from `{label}`{}, {}.",
                state(channel),
                nobody_left(story, &[sender])
            )
        }
        false => {
            format!("{} Nobody is left who could receive from `{label}`{}.", told.join(" "), state(channel))
        }
    });
}

/// A sentence for each other thread that has done such a thing, on its last time.
fn tell_uses(
    words: &mut Words,
    story: Story<'_>,
    label: &str,
    waiter: usize,
    is_use: impl Fn(&&StepReport) -> bool,
    verb: &str,
) -> Vec<String> {
    let mut told = Vec::new();
    for thread in (0..story.threads.len()).filter(|thread| *thread != waiter) {
        let Some(last) = story.steps_on(label).rfind(|step| step.thread == thread && is_use(step)) else {
            continue;
        };
        let (name, fate) = (story.name(thread), story.fate(thread));
        told.push(format!("`{name}` {verb} it last at {} and {fate}.", last.place));
        words.see(&last.place, format!("`{name}` {verb} `{label}` here for the last time"));
    }
    told
}

/// Who has come to a barrier, and who has not.
fn arrivals(words: &mut Words, story: Story<'_>, barrier: &ObjectReport) {
    let label = barrier.label.as_str();
    let waits_there = |thread: &ThreadReport| {
        let object = thread.waits.as_ref().and_then(|waits| waits.object.as_ref());
        object.is_some_and(|object| object.label == label)
    };
    let others: Vec<String> = (0..story.threads.len())
        .filter(|thread| !waits_there(&story.threads[*thread]))
        .map(|thread| format!("`{}` {}", story.name(thread), story.fate(thread)))
        .collect();
    let who = match others.is_empty() {
        true => "there is nobody else who could come".to_owned(),
        false => format!("of the others, {}", list(&others)),
    };
    words.say(format!("Barrier `{label}` waits for more threads{}: {who}.", state(barrier)));
}

/// What became of the park tokens of a thread.
fn tokens(words: &mut Words, story: Story<'_>, thread: usize) {
    let name = story.name(thread);
    let unparks = |step: &&StepReport| step.operation == "unpark";
    let Some(last) = story.steps_on(name).rfind(unparks) else {
        words.say(format!("Nobody has unparked `{name}`, {}.", nobody_left(story, &[thread])));
        return;
    };
    let by = story.name(last.thread);
    words.say(format!(
        "`{by}` unparked `{name}` for the last time at {}; that token was used up by an earlier `park`. A thread has at most one token: two unparks before a park count as one.",
        last.place
    ));
    words.see(&last.place, format!("`{by}` unparks `{name}` here, for the last time"));
}
