//! Selects in a model, which the engine counts, and outside of one, where they are crossbeam's.

#![allow(clippy::disallowed_methods, reason = "outside of a model the channels are crossbeam's")]

use super::{Chosen, Wait};
use crate::{
    backend::{self, Patience, RawCase},
    channel::{counted::Selectable, timer::Timer},
    time::Instant,
};

/// One end of a channel.
#[doc(hidden)]
pub struct Side<'a>(Kind<'a>);

enum Kind<'a> {
    Native(&'a dyn Native),
    Modelled(&'a dyn Selectable, bool),
    Timer(&'a Timer),
    Never,
}

/// One end of a channel of crossbeam's.
pub(in crate::channel) trait Native {
    fn add<'a>(&'a self, select: &mut crossbeam_channel::Select<'a>);
}

impl<T> Native for crossbeam_channel::Sender<T> {
    fn add<'a>(&'a self, select: &mut crossbeam_channel::Select<'a>) {
        select.send(self);
    }
}

impl<T> Native for crossbeam_channel::Receiver<T> {
    fn add<'a>(&'a self, select: &mut crossbeam_channel::Select<'a>) {
        select.recv(self);
    }
}

impl std::fmt::Debug for Side<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad("Side { .. }")
    }
}

impl<'a> Side<'a> {
    pub(in crate::channel) fn native(end: &'a dyn Native) -> Self {
        Side(Kind::Native(end))
    }

    pub(in crate::channel) fn modelled(channel: &'a dyn Selectable, sends: bool) -> Self {
        Side(Kind::Modelled(channel, sends))
    }

    pub(in crate::channel) fn timer(timer: &'a Timer) -> Self {
        Side(Kind::Timer(timer))
    }

    pub(in crate::channel) fn never() -> Self {
        Side(Kind::Never)
    }
}

/// An operation that was chosen.
pub(in crate::channel) enum Selected<'a> {
    Native(crossbeam_channel::SelectedOperation<'a>),
    Modelled(Chosen),
}

/// Chooses one of the operations that are possible: its place in the list.
#[track_caller]
pub(super) fn select<'a>(sides: &[Side<'a>], biased: bool, wait: Wait) -> Option<(usize, Selected<'a>)> {
    if backend::in_model() {
        let (place, chosen) = in_model(sides, biased, false, wait)?;
        return Some((place, Selected::Modelled(chosen)));
    }
    let (mut select, places) = native(sides, biased);
    let selected = match wait {
        Wait::No => select.try_select().ok()?,
        Wait::Forever => select.select(),
        Wait::Until(deadline) => {
            select.select_timeout(deadline.saturating_duration_since(Instant::now())).ok()?
        }
    };
    Some((places[selected.index()], Selected::Native(selected)))
}

/// As [`select`], but the operation is not done.
#[track_caller]
pub(super) fn ready(sides: &[Side<'_>], biased: bool, wait: Wait) -> Option<usize> {
    if backend::in_model() {
        return in_model(sides, biased, true, wait).map(|(place, _)| place);
    }
    let (mut select, places) = native(sides, biased);
    let index = match wait {
        Wait::No => select.try_ready().ok()?,
        Wait::Forever => select.ready(),
        Wait::Until(deadline) => {
            select.ready_timeout(deadline.saturating_duration_since(Instant::now())).ok()?
        }
    };
    Some(places[index])
}

/// The list as crossbeam's, and the place in ours of each operation in it.
fn native<'a>(sides: &[Side<'a>], biased: bool) -> (crossbeam_channel::Select<'a>, Vec<usize>) {
    let mut select =
        if biased { crossbeam_channel::Select::new_biased() } else { crossbeam_channel::Select::new() };
    let mut places = Vec::new();
    for (place, side) in sides.iter().enumerate() {
        match side.0 {
            Kind::Native(end) => {
                end.add(&mut select);
                places.push(place);
            }
            Kind::Never => {}
            Kind::Modelled(..) | Kind::Timer(_) => {
                panic!(
                    "unsnarl: a channel of a model is selected outside of it: make the channel where it is used"
                )
            }
        }
    }
    (select, places)
}

/// Chooses in a model; with `only_looks` the operation is not done.
#[track_caller]
pub(in crate::channel) fn in_model(
    sides: &[Side<'_>],
    biased: bool,
    only_looks: bool,
    wait: Wait,
) -> Option<(usize, Chosen)> {
    loop {
        let now = Instant::now();
        let (mut cases, mut places) = (Vec::new(), Vec::new());
        let mut alarm: Option<(Instant, usize)> = None;
        for (place, side) in sides.iter().enumerate() {
            match side.0 {
                Kind::Modelled(channel, sends) => {
                    cases.push(RawCase { channel: channel.raw(), sends, elapsed: false });
                }
                Kind::Timer(timer) => {
                    let next = timer.next();
                    let elapsed = next.is_some_and(|next| next <= now);
                    cases.push(RawCase { channel: &timer.raw, sends: false, elapsed });
                    if let Some(next) = next.filter(|next| alarm.is_none_or(|(other, _)| *next < other)) {
                        alarm = Some((next, place));
                    }
                }
                Kind::Never => continue,
                Kind::Native(_) => {
                    panic!(
                        "unsnarl: a channel from outside of the model is selected in it: make the channel in the model"
                    )
                }
            }
            places.push(place);
        }
        let patience = match (wait, alarm) {
            (Wait::No, _) => Patience::None,
            (Wait::Forever, None) => Patience::Forever,
            (Wait::Forever, Some((alarm, _))) => Patience::For(alarm.saturating_duration_since(now)),
            (Wait::Until(deadline), alarm) => {
                let first = alarm.map_or(deadline, |(alarm, _)| alarm.min(deadline));
                Patience::For(first.saturating_duration_since(now))
            }
        };
        if let Some(selected) = backend::select(&cases, biased, only_looks, patience) {
            let place = places[selected.case];
            let mut chosen = Chosen { closed: selected.closed, message: 0, step: selected.step, fired: None };
            match side_at(sides, place) {
                _ if only_looks => {}
                Kind::Modelled(channel, false) => chosen.message = channel.accept(&selected),
                Kind::Modelled(_, true) => chosen.message = u64::from(selected.message),
                Kind::Timer(timer) => {
                    let Some(fired) = timer.take() else { continue };
                    chosen.fired = Some(fired);
                }
                Kind::Native(_) | Kind::Never => unreachable!("no case was made of it"),
            }
            return Some((place, chosen));
        }
        if matches!(wait, Wait::No) {
            return None;
        }
        if let Some((at, place)) =
            alarm.filter(|(at, _)| !matches!(wait, Wait::Until(deadline) if deadline < *at))
            && let Kind::Timer(timer) = side_at(sides, place)
        {
            // The first timer; unless another thread has had its message.
            let fired = if only_looks { timer.has_message().then_some(at) } else { timer.take() };
            if fired.is_some() {
                return Some((place, Chosen { fired, ..Chosen::default() }));
            }
            continue;
        }
        return None;
    }
}

fn side_at<'s, 'a>(sides: &'s [Side<'a>], place: usize) -> &'s Kind<'a> {
    &sides[place].0
}
