//! Ctrl-C: the first lets the command print what it has, the second ends it at once.

use super::{Result, signals::Signals, stop};
use crate::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

/// Whether somebody pressed Ctrl-C.
#[derive(Clone, Debug)]
pub(super) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Takes over the signals, for the rest of the process.
    pub(super) fn listen() -> Result<Self> {
        let wrong = |error| stop::fault(format!("cannot listen for Ctrl-C: {error}"));
        let mut signals = Signals::listen().map_err(wrong)?;
        let flag = Arc::new(AtomicBool::new(false));
        let ours = Arc::clone(&flag);
        let waits = thread::Builder::new().name("signals".to_owned()).spawn(move || {
            while signals.next().is_some() {
                // ORDERING: relaxed: the flag publishes nothing else.
                if ours.swap(true, Ordering::Relaxed) {
                    std::process::exit(stop::INTERRUPTED.into());
                }
            }
        });
        waits.map_err(wrong)?;
        Ok(Interrupt(flag))
    }

    pub(super) fn happened(&self) -> bool {
        // ORDERING: relaxed: see `listen`.
        self.0.load(Ordering::Relaxed)
    }
}
