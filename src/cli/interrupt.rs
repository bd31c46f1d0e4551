//! Ctrl-C: the first lets the command print what it has, the second ends it at once.

use super::{Result, stop};
use crate::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Whether somebody pressed Ctrl-C.
#[derive(Clone, Debug)]
pub(super) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Takes over the signal, for the rest of the process.
    pub(super) fn listen() -> Result<Self> {
        let flag = Arc::new(AtomicBool::new(false));
        let ours = Arc::clone(&flag);
        ctrlc::set_handler(move || {
            // ORDERING: relaxed: the flag publishes nothing else.
            if ours.swap(true, Ordering::Relaxed) {
                std::process::exit(130);
            }
        })
        .map_err(|error| stop::fault(format!("cannot listen for Ctrl-C: {error}")))?;
        Ok(Interrupt(flag))
    }

    pub(super) fn happened(&self) -> bool {
        // ORDERING: relaxed: see `listen`.
        self.0.load(Ordering::Relaxed)
    }
}
