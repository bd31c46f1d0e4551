//! Two accesses to the same memory that nothing orders.

use super::{Story, Words, list};
use crate::check::{ObjectReport, StepReport};

/// One side of a race.
#[derive(Debug)]
pub(crate) struct Access {
    pub(crate) thread: usize,
    pub(crate) writes: bool,
    pub(crate) place: String,
    /// The locks that the thread held, where that is known.
    pub(crate) holds: Option<Vec<String>>,
}

impl Access {
    fn verb(&self) -> &'static str {
        if self.writes { "writes" } else { "reads" }
    }

    fn holding(&self) -> String {
        match self.holds.as_deref() {
            None => String::new(),
            Some([]) => ", holding no lock".to_owned(),
            Some(holds) => {
                let holds: Vec<String> = holds.iter().map(|held| format!("`{held}`")).collect();
                format!(", holding {}", list(&holds))
            }
        }
    }
}

/// The two accesses, and the edge that is missing between them.
pub(crate) fn race(story: Story<'_>, cell: &ObjectReport, earlier: &Access, later: &Access) -> Words {
    let mut words = Words::new(format!("data race on `{}`", cell.label));
    for access in [earlier, later] {
        let name = story.name(access.thread);
        words.say(format!("`{name}` {} it at {}{}.", access.verb(), access.place, access.holding()));
        words.look(&access.place, format!("`{name}` {} it here", access.verb()));
    }
    words.say(
        "Nothing orders the two: no lock that both hold, no release that the other acquires, no join between them."
            .to_owned(),
    );
    unordered_message(&mut words, story, earlier, later);
    words.see(&cell.created, format!("`{}` is made here", cell.label));
    words
}

/// An atomic by which the one tells the other, but too weakly: where the edge is that is missing.
fn unordered_message(words: &mut Words, story: Story<'_>, earlier: &Access, later: &Access) {
    let writes = |step: &StepReport| {
        matches!(step.operation.as_str(), "store" | "rmw") && step.outcome.as_deref() != Some("failed")
    };
    let reads = |step: &StepReport| matches!(step.operation.as_str(), "load" | "rmw");
    let is_weak = |step: &StepReport, weak: [&str; 2]| {
        step.ordering.as_deref().filter(|ordering| weak.contains(ordering)).map(ToOwned::to_owned)
    };
    for (at, load) in story.steps.iter().enumerate().rev() {
        // An overwritten value says nothing of who wrote the newest one.
        let sees = load.thread == later.thread && reads(load) && load.outcome.is_none();
        let store = story.steps[..at].iter().rfind(|step| step.object == load.object && writes(step));
        let Some(store) = store.filter(|store| sees && store.thread == earlier.thread) else { continue };
        let sides = [
            is_weak(store, ["relaxed", "acquire"])
                .map(|ordering| format!("the {} is {ordering}", store.operation)),
            is_weak(load, ["relaxed", "release"])
                .map(|ordering| format!("the {} is {ordering}", load.operation)),
        ];
        let why: Vec<String> = sides.into_iter().flatten().collect();
        if why.is_empty() {
            continue;
        }
        let (object, by) = (load.object.as_deref().unwrap_or("?"), story.name(store.thread));
        let name = story.name(load.thread);
        words.say(format!(
            "`{name}` sees at {} what `{by}` stored in `{object}` at {}, but {}, which orders nothing else. What is written before a `Release` store is seen after the `Acquire` load that sees it.",
            load.place,
            store.place,
            list(&why)
        ));
        words.see(&store.place, format!("`{by}` stores `{object}` here, for `{name}` to see"));
        words.see(&load.place, format!("`{name}` sees that here"));
        return;
    }
}
