//! The signals that commands obey, one after the other, for a thread that waits for them: no code runs in a signal handler.

use std::io;

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// SIGTERM, and SIGINT, which Ctrl-C sends.
    End,
    /// SIGHUP.
    #[cfg_attr(not(unix), allow(dead_code, reason = "there is no such signal"))]
    Reload,
}

/// The signals that came since it was made.
#[derive(Debug)]
pub(super) struct Signals(imp::Signals);

impl Signals {
    /// Takes the signals over, for the rest of the process.
    pub(super) fn listen() -> io::Result<Signals> {
        imp::Signals::listen().map(Signals)
    }

    /// Waits for the next one.
    pub(super) fn next(&mut self) -> Option<Signal> {
        self.0.next()
    }
}

#[cfg(unix)]
mod imp {
    use std::io;

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

    use super::Signal;

    #[derive(Debug)]
    pub(super) struct Signals(signal_hook::iterator::Signals);

    impl Signals {
        pub(super) fn listen() -> io::Result<Self> {
            signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP]).map(Signals)
        }

        pub(super) fn next(&mut self) -> Option<Signal> {
            let signal = self.0.forever().next()?;
            Some(if signal == SIGHUP { Signal::Reload } else { Signal::End })
        }
    }
}

#[cfg(not(unix))]
mod imp {
    use std::io;

    use super::Signal;
    use crate::channel::{self, Receiver};

    #[derive(Debug)]
    pub(super) struct Signals(Receiver<()>);

    impl Signals {
        pub(super) fn listen() -> io::Result<Self> {
            let (sender, receiver) = channel::unbounded();
            ctrlc::set_handler(move || drop(sender.send(()))).map_err(io::Error::other)?;
            Ok(Signals(receiver))
        }

        pub(super) fn next(&mut self) -> Option<Signal> {
            self.0.recv().ok().map(|()| Signal::End)
        }
    }
}
