//! Selects on a backend without an engine of ours: a thread that selects is known to all its channels while it waits.

use std::sync::Arc;

use super::{Chosen, Wait};
use crate::backend::channel::{self, Selectable, Selecting};

/// One end of a channel; none if nothing ever happens on it.
#[doc(hidden)]
pub struct Side<'a>(Option<(&'a dyn Selectable, bool)>);

impl std::fmt::Debug for Side<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad("Side { .. }")
    }
}

impl<'a> Side<'a> {
    pub(in crate::channel) fn modelled(channel: &'a dyn Selectable, sends: bool) -> Self {
        Side(Some((channel, sends)))
    }

    pub(in crate::channel) fn never() -> Self {
        Side(None)
    }
}

/// An operation that was chosen.
pub(in crate::channel) enum Chose {
    Modelled(Chosen),
}

/// The same by the name, and with the lifetime, that it has where channels can be crossbeam's.
pub(in crate::channel) type Selected<'a> = Chose;

/// Chooses one of the operations that are possible, the first one: its place in the list.
#[track_caller]
pub(super) fn select<'a>(sides: &[Side<'a>], _biased: bool, wait: Wait) -> Option<(usize, Selected<'a>)> {
    let (place, chosen) = choose(sides, wait, false)?;
    Some((place, Selected::Modelled(chosen)))
}

/// As [`select`], but the operation is not done.
#[track_caller]
pub(super) fn ready(sides: &[Side<'_>], _biased: bool, wait: Wait) -> Option<usize> {
    choose(sides, wait, true).map(|(place, _)| place)
}

#[track_caller]
fn choose(sides: &[Side<'_>], wait: Wait, only_looks: bool) -> Option<(usize, Chosen)> {
    let cases = || {
        let cases = sides.iter().enumerate();
        cases.filter_map(|(place, side)| side.0.map(|(channel, sends)| (place, channel, sends)))
    };
    if matches!(wait, Wait::Until(_)) {
        channel::refuse_timeout();
    }
    loop {
        let possible = cases().find_map(|(place, channel, sends)| {
            let chosen = if only_looks {
                channel.is_possible(sends).then(Chosen::default)
            } else {
                channel.start(sends)
            };
            chosen.map(|chosen| (place, chosen))
        });
        if possible.is_some() || matches!(wait, Wait::No) {
            return possible;
        }
        let selecting = Arc::new(Selecting::new(!only_looks));
        for (place, channel, sends) in cases() {
            channel.enter(&selecting, place, sends);
        }
        let claimed = selecting.wait();
        for (_, channel, _) in cases() {
            channel.leave(&selecting);
        }
        if let Some((place, channel, sends)) = cases().find(|(place, ..)| Some(*place) == claimed)
            && let Some(chosen) = channel.finish(sends)
        {
            return Some((place, chosen));
        }
    }
}
