//! The points at which something can fail.

use std::{collections::HashMap, time::Duration};

use super::{kind::Kind, settings::Faults};
use crate::backend::{self, plain::Plain, thread::ThreadId, world};

/// How much later something comes that comes late, where nobody limits the wait.
pub(crate) const LATE: Duration = Duration::from_secs(1);

/// What may still fail in this execution.
#[derive(Default)]
struct Allowed {
    /// In threads that have no entry yet.
    everywhere: Option<Faults>,
    /// What each thread may meet, and what of that is left.
    here: HashMap<ThreadId, (Faults, Faults)>,
}

struct Part(Plain<Allowed>);

pub(super) fn set(thread: Option<ThreadId>, faults: Faults) {
    let part = world::part(|| Part(Plain::new(Allowed::default())));
    part.0.with(|allowed| match thread {
        None => allowed.everywhere = Some(faults),
        Some(thread) => {
            allowed.here.insert(thread, (faults, faults));
        }
    });
}

impl Allowed {
    /// What the thread may meet, and what of that is left.
    fn of(&mut self, thread: ThreadId) -> Option<&mut (Faults, Faults)> {
        if let Some(faults) = self.everywhere {
            return Some(self.here.entry(thread).or_insert((faults, faults)));
        }
        self.here.get_mut(&thread)
    }
}

/// One of the faults on the menu, or none, as the checker chooses; only those that are allowed. `operation` is the word for
/// what the program does, `words` says what the fault is.
///
/// What is on the menu may depend on nothing but what the calling thread has under its locks. Without allowed faults this is
/// no step.
#[track_caller]
pub(crate) fn at<T: Copy>(
    operation: &'static str,
    menu: impl IntoIterator<Item = (Kind, T)>,
    words: impl FnOnce(T) -> String,
) -> Option<T> {
    let part = world::existing::<Part>()?;
    let thread = backend::thread::current().id();
    let (faults, left) = part.0.with(|allowed| allowed.of(thread).copied())?;
    if faults.budget == 0 {
        return None;
    }
    let menu: Vec<(Kind, T)> =
        menu.into_iter().filter(|(kind, _)| faults.times[*kind as usize] > 0).take(127).collect();
    let is_left = |kind: Kind| left.budget > 0 && left.times[kind as usize] > 0;
    if !menu.iter().any(|(kind, _)| is_left(*kind)) {
        return None;
    }
    let possible = (1..).zip(&menu).filter(|(_, (kind, _))| is_left(*kind));
    let possible = possible.fold(1_u128, |set, (number, _)| set | 1 << number);
    let chosen = backend::choose(operation, || possible);
    let (kind, fault) = menu.get(chosen.checked_sub(1)?).copied()?;
    part.0.with(|allowed| {
        if let Some((_, left)) = allowed.of(thread) {
            left.times[kind as usize] -= 1;
            left.budget -= u32::from(left.budget != u32::MAX);
        }
    });
    backend::tell_choice(|| words(fault));
    Some(fault)
}

/// The numbers of bytes, less than `count`, that a short read or write gets: one, half, all but one.
pub(crate) fn shorter(count: usize) -> impl Iterator<Item = usize> {
    let mut last = 0;
    [1, count / 2, count.saturating_sub(1)].into_iter().filter(move |short| {
        let is_new = *short > last && *short < count;
        last = last.max(*short);
        is_new
    })
}
