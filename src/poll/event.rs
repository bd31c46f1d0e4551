//! What a poller reports.

/// Something happened to a watched stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// The key that the stream was added under.
    pub key: usize,
    /// Whether the peer has ended its side, or the connection has broken off: then reading until the end is due, since
    /// nothing more will be reported. Where the operating system does not say so, this is always true.
    pub closed: bool,
}

/// What a stream is watched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interest {
    /// Each time that bytes come, and the end.
    Read,
    /// That there is room to write, or that the connection has broken off.
    Write,
}
