//! What reports call the objects of an execution, and how they stand.

use super::finding::ObjectReport;
use crate::{
    engine::{
        World,
        object::{Object, Place, State},
        op::ObjectIndex,
    },
    report::sources::Variables,
};

/// Labels of objects: the name; else the variable or field that it is made for or used by, where the source shows it; else
/// kind and place. Numbered where several would be called the same.
pub(super) struct Names {
    labels: Vec<String>,
}

impl Names {
    pub(super) fn new(world: &World, sources: &[(&'static str, &'static str)]) -> Self {
        let mut variables = Variables::new(sources.to_vec());
        // Sources are read for what is shown in the end only.
        let mut variable = |index: ObjectIndex, made: Place| {
            world.timeline.as_ref()?;
            label(&mut variables, None, made, used(world, index).unwrap_or(made))
        };
        let mut labels: Vec<String> = Vec::new();
        for index in 0..world.objects.len() {
            #[expect(clippy::cast_possible_truncation, reason = "the index of an object")]
            let index = index as ObjectIndex;
            let object = world.object(index);
            let plain = match (&object.state, object.name) {
                (State::Thread { index }, _) => world.thread_name(*index),
                (_, Some(name)) => name.to_owned(),
                (_, None) => variable(index, object.created).unwrap_or_else(|| {
                    format!(
                        "{}@{}:{}",
                        object.kind_word(),
                        short(object.created.file()),
                        object.created.line()
                    )
                }),
            };
            let same = labels.iter().filter(|label| {
                label
                    .strip_prefix(plain.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('#'))
            });
            let number = same.count();
            labels.push(if number == 0 { plain } else { format!("{plain}#{}", number + 1) });
        }
        Names { labels }
    }

    pub(super) fn label(&self, index: ObjectIndex) -> &str {
        &self.labels[index as usize]
    }

    pub(super) fn object(&self, world: &World, index: ObjectIndex) -> ObjectReport {
        let object = world.object(index);
        ObjectReport {
            label: self.label(index).to_owned(),
            kind: object.kind_word().to_owned(),
            created: object.created.to_string(),
            state: state_of(object),
        }
    }
}

/// What an object is called that has this name, if it has one, and is made and used at these places.
pub(super) fn label(
    variables: &mut Variables,
    name: Option<&'static str>,
    made: Place,
    used: Place,
) -> Option<String> {
    let at = |place: Place| (place.file(), place.line() as usize, place.column() as usize);
    let (made, used) = (at(made), at(used));
    name.map(str::to_owned)
        .or_else(|| variables.made_at(made.0, made.1, made.2))
        .or_else(|| variables.used_at(used.0, used.1, used.2))
}

/// Where the object is used.
fn used(world: &World, index: ObjectIndex) -> Option<Place> {
    if let State::Cell(history) = &world.object(index).state {
        // Accesses of memory are no steps.
        return history.write.iter().chain(&history.reads).next().map(|access| access.place);
    }
    let of_step = world.steps.iter().map(|step| &step.op);
    let next = world.pending.iter().flatten();
    of_step.chain(next).find(|op| op.object == index).map(|op| op.place)
}

/// How an object stands, where that is worth a word.
fn state_of(object: &Object) -> Option<String> {
    let count = |number: usize, what: &str| match number {
        0 => format!("no {what}"),
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    };
    match &object.state {
        State::Semaphore { closed: true, .. } => Some("closed".to_owned()),
        State::Semaphore { permits, .. } => Some(format!("{} left", count(*permits, "permit"))),
        State::Barrier { size, arrived, .. } => Some(format!("{} of {size} have come", arrived.len())),
        State::Queue(queue) if queue.len == 0 => Some("empty".to_owned()),
        State::Queue(queue) if !queue.has_room() => Some(format!("full with {}", queue.len)),
        State::Queue(queue) => Some(count(queue.len, "value")),
        State::Channel(channel) => {
            let filled = match channel.capacity {
                Some(0) => "without room".to_owned(),
                _ if channel.len == 0 => "empty".to_owned(),
                Some(capacity) if channel.len == capacity => format!("full with {capacity}"),
                _ => count(channel.len, "message"),
            };
            let (senders, receivers) =
                (count(channel.senders, "sender"), count(channel.receivers, "receiver"));
            Some(format!("{filled}, {senders}, {receivers}"))
        }
        _ => None,
    }
}

/// The last part of a path.
pub(super) fn short(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}
