//! Findings in words, a file for each kind: a title of one line, an explanation in paragraphs, and the places to look at.

#![cfg_attr(
    not(backend = "instrumented"),
    allow(dead_code, unused_imports, reason = "loom and shuttle give no data to explain")
)]

mod cycle;
mod interrupted;
mod leak;
mod livelock;
mod nondeterminism;
mod panic;
mod race;
mod starvation;
mod stolen;

pub(crate) use leak::leak;
pub(crate) use livelock::{livelock, period};
pub(crate) use nondeterminism::nondeterminism;
pub(crate) use panic::panic;
pub(crate) use race::{Access, race};

use crate::check::{Mark, StepReport, ThreadReport, WaitReport};

/// What is said of a finding.
#[derive(Debug, Default)]
pub(crate) struct Words {
    pub(crate) title: String,
    pub(crate) explanation: Vec<String>,
    pub(crate) marks: Vec<Mark>,
}

impl Words {
    fn new(title: impl Into<String>) -> Words {
        Words { title: title.into(), ..Words::default() }
    }

    /// A paragraph, unless it was said already.
    fn say(&mut self, paragraph: String) {
        if !self.explanation.contains(&paragraph) {
            self.explanation.push(paragraph);
        }
    }

    /// A place that the finding is about.
    fn look(&mut self, place: &str, label: String) {
        self.mark(place, label, true);
    }

    /// A place that explains it.
    fn see(&mut self, place: &str, label: String) {
        self.mark(place, label, false);
    }

    fn mark(&mut self, place: &str, label: String, primary: bool) {
        if !self.marks.iter().any(|known| known.place == place && known.label == label) {
            self.marks.push(Mark { place: place.to_owned(), label, primary });
        }
    }

    /// What a thread holds, and where it is stuck.
    fn look_at_wait(&mut self, thread: &ThreadReport) {
        for held in &thread.holds {
            self.see(&held.place, format!("`{}` has held `{}` since here", thread.name, held.object.label));
        }
        if let Some(waits) = &thread.waits {
            self.look(&waits.place, format!("`{}` {}", thread.name, waits_phrase(waits)));
        }
    }
}

/// What an explanation is made from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Story<'a> {
    pub(crate) threads: &'a [ThreadReport],
    pub(crate) steps: &'a [StepReport],
}

impl<'a> Story<'a> {
    fn name(&self, thread: usize) -> &'a str {
        &self.threads[thread].name
    }

    /// The steps of a thread, or of all others, on an object.
    fn steps_on<'s>(&self, object: &'s str) -> impl DoubleEndedIterator<Item = &'a StepReport> + use<'s, 'a> {
        self.steps.iter().filter(move |step| step.object.as_deref() == Some(object))
    }

    /// What became of a thread, as half a sentence.
    fn fate(&self, thread: usize) -> String {
        let thread = &self.threads[thread];
        match (&thread.waits, &thread.panic) {
            (_, Some(_)) => "has panicked".to_owned(),
            _ if thread.finished => "has ended".to_owned(),
            (Some(waits), _) => waits_phrase(waits),
            (None, _) => "could go on".to_owned(),
        }
    }
}

/// Threads that can never go on.
pub(crate) fn deadlock(story: Story<'_>, cycle: &[usize]) -> Words {
    match cycle {
        [] => starvation::explain(story),
        [alone] => cycle::of_one(&story.threads[*alone]),
        _ => cycle::of_many(story.threads, cycle),
    }
}

/// "a", "a and b", "a, b and c".
fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// The names of threads, as a list.
fn names(threads: &[ThreadReport], which: &[usize]) -> String {
    list(&which.iter().map(|thread| format!("`{}`", threads[*thread].name)).collect::<Vec<_>>())
}

pub(super) fn waits_phrase(waits: &WaitReport) -> String {
    let object = waits.object.as_ref();
    let name = object.map_or("?", |object| object.label.as_str());
    waits_phrase_for(waits, name)
}

/// As [`waits_phrase`], with the object's name as it should be shown.
pub(super) fn waits_phrase_for(waits: &WaitReport, name: &str) -> String {
    match waits.operation.as_str() {
        "join" => format!("waits for the end of thread `{name}`"),
        "wait" => format!("waits on condvar `{name}` for a notification"),
        "acquire" => format!("waits for a permit of semaphore `{name}`"),
        "send" => format!("waits for room in channel `{name}`"),
        "recv" => format!("waits for a message on channel `{name}`"),
        "select" => format!("waits for one of the channels `{name}`"),
        "met" => format!("waits for the message that another thread selected to send on channel `{name}`"),
        "pass" => format!("waits for the others at barrier `{name}`"),
        "park" => "is parked and waits to be unparked".to_owned(),
        "read-lock" => format!("waits to read rwlock `{name}`"),
        "write-lock" => format!("waits to write rwlock `{name}`"),
        "upgrade" => format!("waits for the other readers of rwlock `{name}` to leave"),
        _ => match &waits.object {
            Some(object) => format!("waits for {} `{name}`", object.kind),
            None => "waits".to_owned(),
        },
    }
}

/// Whether the step takes a lock, or takes it again after a wait.
pub(super) fn takes_a_lock(step: &StepReport) -> bool {
    let operation = step.operation.as_str();
    let locks =
        operation.ends_with("lock") && !operation.ends_with("unlock") || operation.ends_with("lock-timed");
    (locks && !operation.starts_with("queue") || operation.starts_with("wake"))
        && !matches!(step.outcome.as_deref(), Some("failed" | "timed out"))
}
