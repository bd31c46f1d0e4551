//! The light switch of "The Little Book of Semaphores", for lessons that are about something else. The lesson `lightswitch` is
//! about it.

use super::signals;
use crate::{Named, check::show, parking_lot::Mutex, sync::Semaphore};

/// A group that has a room together: the first one in takes the room, the last one out gives it back.
pub(super) struct Lightswitch {
    name: &'static str,
    inside: Mutex<usize>,
}

impl Lightswitch {
    pub(super) fn new(name: &'static str) -> Self {
        Lightswitch { name, inside: Mutex::new(0).named(name) }
    }

    /// Counts the caller in. The first one waits for the room, and holds the count's lock meanwhile.
    #[track_caller]
    pub(super) fn enter(&self, room: &Semaphore) {
        let mut inside = self.inside.lock();
        *inside += 1;
        show(self.name, *inside);
        if *inside == 1 {
            signals::wait(room);
        }
    }

    /// Counts the caller out.
    #[track_caller]
    pub(super) fn leave(&self, room: &Semaphore) {
        let mut inside = self.inside.lock();
        *inside -= 1;
        show(self.name, *inside);
        if *inside == 0 {
            signals::signal(room);
        }
    }
}
