//! Which implementation stands behind the facade: the only folder, with the facade's own files, that reads the backend cfg.

mod portable;

#[cfg(not(backend = "instrumented"))]
pub(crate) use portable::semaphore::PortableSemaphore as RawSemaphore;
