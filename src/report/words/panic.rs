//! A panic that nobody took notice of.

use super::{Story, Words, interrupted, stolen};
use crate::check::{NOT_LINEARIZABLE, ThreadReport};

/// The panic of `thread`, and the others.
pub(crate) fn panic(story: Story<'_>, thread: usize) -> Words {
    let first = culprit(thread, story.threads);
    let report = &story.threads[first];
    let (message, place) = message_of(report);
    let line = message.lines().next().unwrap_or_default();
    let mut words = Words::new(match line.strip_prefix(NOT_LINEARIZABLE) {
        Some(history) => format!("no sequential order explains this history: {history}"),
        None => format!("`{}` panicked: {line}", report.name),
    });
    words.say(format!("`{}` panicked at {place}: {message}", report.name));
    words.look(place, format!("`{}` panicked here", report.name));
    for other in story.threads.iter().filter(|other| other.panic.is_some() && other.name != report.name) {
        let (message, place) = message_of(other);
        if !passes_on(message) {
            words.say(format!("`{}` panicked, too, at {place}: {message}", other.name));
        }
    }
    stolen::explain(&mut words, story, first);
    interrupted::explain(&mut words, story);
    words
}

/// The panic to begin with.
fn culprit(thread: usize, threads: &[ThreadReport]) -> usize {
    let (message, _) = message_of(&threads[thread]);
    let other = (0..threads.len()).find(|other| *other != thread && threads[*other].panic.is_some());
    other.filter(|_| passes_on(message)).unwrap_or(thread)
}

/// Whether a thread only passes on that another one has panicked, by a join or the end of a scope. That is not where the
/// reader should look.
fn passes_on(message: &str) -> bool {
    // What `unwrap` and `expect` say of a thread's result.
    message == "a scoped thread panicked" || message.ends_with(": Any { .. }")
}

/// What the thread panicked with, and where.
fn message_of(thread: &ThreadReport) -> (&str, &str) {
    let panic = thread.panic.as_deref().unwrap_or("for an unknown reason");
    panic.rsplit_once(" at ").unwrap_or((panic, "an unknown place"))
}
