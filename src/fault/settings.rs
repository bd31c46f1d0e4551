//! What may fail, and how often.

use super::{kind::Kind, point};
use crate::backend::in_model;

/// What may fail in a thread, and how often; nothing at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Faults {
    pub(super) times: [u32; Kind::COUNT],
    pub(super) budget: u32,
}

impl Default for Faults {
    fn default() -> Self {
        Faults::new()
    }
}

/// Makes the methods that set how often a kind may come.
macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $name:ident => $kind:ident;)*) => {$(
        $(#[doc = $doc])*
        pub const fn $name(mut self, times: u32) -> Self {
            self.times[Kind::$kind as usize] = times;
            self
        }
    )*};
}

impl Faults {
    /// Nothing fails.
    pub const fn new() -> Self {
        Faults { times: [0; Kind::COUNT], budget: u32::MAX }
    }

    kinds! {
        /// A read gives less than is there: one byte, half of them, or all but one.
        short_reads => ShortRead;
        /// A write takes less than there is room for: one byte, half of them, or all but one.
        short_writes => ShortWrite;
        /// A read or write fails with `ConnectionReset`; the peer sees the same once it has read what came before.
        resets => Reset;
        /// An accept fails with `ConnectionAborted`: the client has gone again. The client sees a reset.
        aborts => Aborted;
        /// A connect fails with `ConnectionRefused`.
        refusals => Refused;
        /// A write that is non-blocking, or has a time limit, fails with `WouldBlock` although the peer reads. One that
        /// waits without limit only takes longer, which is no fault.
        full_buffers => FullBuffer;
        /// What a read waits for comes late: a non-blocking one fails with `WouldBlock`, one with a time limit when that has
        /// passed, and others take a second of virtual time.
        slow_peers => Slow;
        /// An accept, a connect or an open of a file fails: the process has too many open files (`EMFILE`). The connection
        /// that would have been accepted stays where it is.
        out_of_descriptors => Descriptors;
        /// An open, a read or a write of a file fails with an error of the disk (`EIO`).
        disk_errors => DiskError;
        /// A write of a file fails since the disk is full (`StorageFull`, `ENOSPC`).
        full_disks => NoSpace;
        /// A read, write or accept that may wait fails with `Interrupted`, and has done nothing.
        interruptions => Interrupted;
        /// Of several streams that are ready, a poller reports one alone, whichever, and the others the next time: so in
        /// any order.
        single_readiness => Readiness;
        /// A datagram is sent and does not arrive.
        lost_datagrams => Lost;
    }

    /// The most faults of all kinds together, in each thread; without it each kind has its own limit only.
    pub const fn budget(mut self, faults: u32) -> Self {
        self.budget = faults;
        self
    }
}

/// Says what may fail in all threads of this execution, but for those that said so for themselves ([`allow_here`]).
///
/// To be called before threads are spawned: it is no step of the checker.
///
/// # Panics
///
/// Outside of a model.
#[track_caller]
pub fn allow(faults: Faults) {
    require_model("allow");
    point::set(None, faults);
}

/// Says what may fail in the calling thread of this execution, from now on.
///
/// # Panics
///
/// Outside of a model.
#[track_caller]
pub fn allow_here(faults: Faults) {
    require_model("allow_here");
    point::set(Some(crate::backend::thread::current().id()), faults);
}

#[track_caller]
fn require_model(name: &str) {
    assert!(
        in_model(),
        "unsnarl::fault::{name} is called outside of a model, where sockets and files are the system's and fail as it \
         pleases; call it in the closure that a Checker runs"
    );
}
