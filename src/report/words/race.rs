//! Two accesses to the same memory that nothing orders.

use super::{Story, Words, list};
use crate::check::ObjectReport;

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
    words.see(&cell.created, format!("`{}` is made here", cell.label));
    words
}
