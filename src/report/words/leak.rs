//! Threads that were left behind.

use super::{Story, Words, names, starvation};

/// The main thread has ended, and others never will.
pub(crate) fn leak(story: Story<'_>) -> Words {
    let stuck: Vec<usize> =
        (0..story.threads.len()).filter(|thread| !story.threads[*thread].finished).collect();
    let are = if stuck.len() == 1 { "is" } else { "are" };
    let mut words =
        Words::new(format!("leak: {} {are} left behind, blocked for ever", names(story.threads, &stuck)));
    words.say("The main thread has ended.".to_owned());
    starvation::tell(&mut words, story, &stuck);
    words
}
