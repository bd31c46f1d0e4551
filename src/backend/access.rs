//! The ways to hold a reader-writer lock.

/// How a reader-writer lock is taken, or was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    /// Never waits for a waiting writer.
    ReadRecursive,
    /// Beside readers; may become the writer without a moment at which another could.
    Upgradable,
    Write,
}
