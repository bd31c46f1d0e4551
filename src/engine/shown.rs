//! Values that somebody who steps through an execution by hand sees beside the state of the objects.

use super::{execution::World, op::ObjectIndex};

/// The newest values. Nothing is recorded while a search runs.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    /// What the program shows of its data, by name, in the order of first showing.
    pub(crate) values: Vec<(String, String)>,
    /// The newest value of each atomic object, as bits.
    atomics: Vec<(ObjectIndex, u64)>,
}

impl Shown {
    pub(super) fn clear(&mut self) {
        self.values.clear();
        self.atomics.clear();
    }

    pub(crate) fn atomic(&self, object: ObjectIndex) -> Option<u64> {
        self.atomics.iter().find(|(known, _)| *known == object).map(|(_, value)| *value)
    }
}

/// Sets what belongs to the key.
fn set<K: PartialEq, V>(all: &mut Vec<(K, V)>, key: K, value: V) {
    match all.iter_mut().find(|(known, _)| *known == key) {
        Some((_, old)) => *old = value,
        None => all.push((key, value)),
    }
}

impl World {
    /// The program shows a value under a name, where somebody looks.
    pub(crate) fn show(&mut self, name: &str, value: String) {
        if let Some(shown) = &mut self.shown_values {
            set(&mut shown.values, name.to_owned(), value);
        }
    }

    /// An atomic object has this value, where somebody looks.
    #[inline]
    pub(super) fn show_atomic(&mut self, object: ObjectIndex, value: u64) {
        if let Some(shown) = &mut self.shown_values {
            set(&mut shown.atomics, object, value);
        }
    }
}
