//! What every instrumented object carries: a name, its place of construction, and its number inside a model.

use std::panic::Location;

#[cfg(feature = "model")]
use crate::engine::{
    Handle, ObjectId,
    object::State,
    op::{ObjectIndex, Op, OpKind},
    trace::Outcome,
};

pub(super) struct Identity {
    #[cfg(feature = "model")]
    id: ObjectId,
    pub(super) name: Option<&'static str>,
    /// `None` for objects that come from a constant.
    created: Option<&'static Location<'static>>,
}

impl Identity {
    #[track_caller]
    pub(super) const fn new() -> Self {
        Identity {
            #[cfg(feature = "model")]
            id: ObjectId::new(),
            name: None,
            created: Some(Location::caller()),
        }
    }

    /// As [`new`](Self::new), where the place of construction is not known.
    pub(super) const fn somewhere() -> Self {
        Identity {
            #[cfg(feature = "model")]
            id: ObjectId::new(),
            name: None,
            created: None,
        }
    }

    /// Another object that was made at the same place, with a name.
    pub(super) fn renamed(&self, name: &'static str) -> Self {
        let mut identity = Self::somewhere();
        (identity.name, identity.created) = (Some(name), self.created);
        identity
    }
}

/// Lock-order prediction outside of models; nothing without the feature `watch`.
impl Identity {
    /// The lock is about to be taken by a caller that waits for it.
    #[inline]
    #[track_caller]
    pub(super) fn watch_taking(&self) {
        #[cfg(feature = "watch")]
        crate::watch::taking(
            std::ptr::from_ref(self).addr(),
            self.name,
            self.created,
            Location::caller(),
            true,
        );
    }

    /// The lock was taken by a caller that would not have waited for ever.
    #[inline]
    #[track_caller]
    pub(super) fn watch_took(&self, took: bool) -> bool {
        #[cfg(feature = "watch")]
        if took {
            crate::watch::taking(
                std::ptr::from_ref(self).addr(),
                self.name,
                self.created,
                Location::caller(),
                false,
            );
        }
        took
    }

    /// The lock was given back.
    #[inline]
    pub(super) fn watch_released(&self) {
        #[cfg(feature = "watch")]
        crate::watch::released(std::ptr::from_ref(self).addr());
    }
}

#[cfg(feature = "model")]
impl Identity {
    /// The place of construction; where that is not known, the place where an execution first meets the object.
    #[track_caller]
    fn created(&self) -> &'static Location<'static> {
        self.created.unwrap_or_else(|| Location::caller())
    }

    /// The object's number in the running execution. An object with data that outlives executions is noted: its data
    /// does not start afresh.
    #[inline]
    #[track_caller]
    pub(super) fn index(
        &self,
        handle: &Handle,
        kind: &'static str,
        state: impl FnOnce() -> State,
    ) -> ObjectIndex {
        match handle.known_object(&self.id) {
            Some(index) => index,
            None => self.new_index(handle, kind, state),
        }
    }

    #[track_caller]
    fn new_index(&self, handle: &Handle, kind: &'static str, state: impl FnOnce() -> State) -> ObjectIndex {
        let created = self.created();
        let (index, survived) = handle.object(&self.id, self.name, created, state);
        if survived {
            handle.note_survivor(kind, created);
        }
        index
    }

    /// As [`index`](Self::index) for an object whose value can be set back: the flag says when to.
    #[inline]
    #[track_caller]
    pub(super) fn index_of_value(
        &self,
        handle: &Handle,
        state: impl FnOnce() -> State,
    ) -> (ObjectIndex, bool) {
        handle.object(&self.id, self.name, self.created(), state)
    }
}

/// Performs an operation without an argument at the caller's place.
///
/// Inlined, as what calls it, see [`Handle::step`].
#[cfg(feature = "model")]
#[inline(always)]
#[track_caller]
pub(super) fn step(
    handle: &Handle,
    kind: OpKind,
    object: ObjectIndex,
    timeout: Option<std::time::Duration>,
) -> Outcome {
    handle.step(Op::new(kind, object, 0, Location::caller()), timeout)
}
