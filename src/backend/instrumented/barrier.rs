//! The raw barrier.

use super::identity::Identity;
use crate::backend::portable::barrier::PortableBarrier;
#[cfg(feature = "model")]
use crate::engine::{object::State, op::OpKind};

pub(crate) struct RawBarrier {
    identity: Identity,
    #[cfg(feature = "model")]
    size: usize,
    native: PortableBarrier,
}

impl RawBarrier {
    #[track_caller]
    pub(crate) const fn new(size: usize) -> Self {
        RawBarrier {
            identity: Identity::new(),
            #[cfg(feature = "model")]
            size,
            native: PortableBarrier::new(size),
        }
    }

    pub(crate) fn set_name(&mut self, name: &'static str) {
        self.identity.name = Some(name);
    }

    /// Waits for the others; true for the one that came last.
    #[track_caller]
    pub(crate) fn wait(&self) -> bool {
        in_model!(handle => {
            let size = self.size;
            let object = self.identity.index(&handle, "barrier", || State::Barrier {
                size,
                arrived: Vec::new(),
                generation: 0,
            });
            super::identity::step(&handle, OpKind::Arrive, object, None);
            // The one that came last went on in the step of its arrival.
            handle.with(|world| world.steps.last().is_some_and(|step| step.op.kind == OpKind::Arrive))
        });
        self.native.wait()
    }
}
