//! The raw semaphore.

use std::time::Duration;

use super::identity::Identity;
#[cfg(feature = "model")]
use crate::engine::{
    Handle,
    object::State,
    op::{Op, OpKind},
    trace::Outcome,
};
use crate::{backend::portable::semaphore::PortableSemaphore, sync::TryAcquireError};

pub(crate) struct RawSemaphore {
    identity: Identity,
    #[cfg(feature = "model")]
    permits: usize,
    native: PortableSemaphore,
}

impl RawSemaphore {
    #[track_caller]
    pub(crate) const fn new(permits: usize) -> Self {
        RawSemaphore {
            identity: Identity::new(),
            #[cfg(feature = "model")]
            permits,
            native: PortableSemaphore::new(permits),
        }
    }

    pub(crate) fn set_name(&mut self, name: &'static str) {
        self.identity.name = Some(name);
    }

    #[cfg(feature = "model")]
    #[track_caller]
    fn step(&self, handle: &Handle, kind: OpKind, count: usize, timeout: Option<Duration>) -> Outcome {
        let object = self
            .identity
            .index(handle, "semaphore", || State::Semaphore { permits: self.permits, closed: false });
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        handle.step(Op::new(kind, object, count, std::panic::Location::caller()), timeout)
    }

    #[track_caller]
    pub(crate) fn acquire(&self, count: usize, timeout: Option<Duration>) -> Result<(), TryAcquireError> {
        in_model!(handle => {
            let kind = if timeout.is_some() { OpKind::AcquireTimed } else { OpKind::Acquire };
            result(self.step(&handle, kind, count, timeout))
        });
        self.native.acquire(count, timeout)
    }

    #[track_caller]
    pub(crate) fn try_acquire(&self, count: usize) -> Result<(), TryAcquireError> {
        in_model!(handle => result(self.step(&handle, OpKind::TryAcquire, count, None)));
        self.native.try_acquire(count)
    }

    #[track_caller]
    pub(crate) fn release(&self, count: usize) {
        in_model!(handle => {
            self.step(&handle, OpKind::Release, count, None);
        });
        self.native.release(count);
    }

    #[track_caller]
    pub(crate) fn available(&self) -> usize {
        in_model!(handle => self.looked_at(&handle).0);
        self.native.available()
    }

    #[track_caller]
    pub(crate) fn is_closed(&self) -> bool {
        in_model!(handle => self.looked_at(&handle).1);
        self.native.is_closed()
    }

    /// The number of permits, and whether it is closed.
    #[cfg(feature = "model")]
    #[track_caller]
    fn looked_at(&self, handle: &Handle) -> (usize, bool) {
        self.step(handle, OpKind::Permits, 0, None);
        let object = self.identity.index(handle, "semaphore", || unreachable!("registered by the step"));
        handle.with(|world| match world.object(object).state {
            State::Semaphore { permits, closed } => (permits, closed),
            _ => (0, false),
        })
    }

    #[track_caller]
    pub(crate) fn close(&self) {
        in_model!(handle => {
            self.step(&handle, OpKind::CloseSemaphore, 0, None);
        });
        self.native.close();
    }
}

#[cfg(feature = "model")]
fn result(outcome: Outcome) -> Result<(), TryAcquireError> {
    match outcome {
        Outcome::Done => Ok(()),
        Outcome::Closed => Err(TryAcquireError::Closed),
        _ => Err(TryAcquireError::NoPermits),
    }
}
