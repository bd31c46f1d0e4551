//! What can fail.

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    ShortRead,
    ShortWrite,
    Reset,
    Aborted,
    Refused,
    FullBuffer,
    Slow,
    Descriptors,
    DiskError,
    NoSpace,
    Interrupted,
    Readiness,
    Lost,
}

impl Kind {
    /// How many there are.
    pub(super) const COUNT: usize = Kind::Lost as usize + 1;
}
