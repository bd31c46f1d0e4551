//! Every bound of the server in one place, the unit last in the name.
//!
//! Nothing a peer sends and nothing the server keeps is unbounded: each queue, table, input and wait below has a limit,
//! and what happens at the limit is part of its description. [`Limits::default`] holds the values for real traffic,
//! [`Limits::small`] the ones a model checker can exhaust.

use crate::time::Duration;

/// Bytes of a request head (request line and fields); more is answered with 431.
pub const HEADER_BYTES_MAX: usize = 16 * 1024;
/// Bytes of a request target; more is answered with 414.
pub const URI_BYTES_MAX: usize = 8 * 1024;
/// Fields of a request head; more is answered with 431.
pub const HEADERS_COUNT_MAX: usize = 64;
/// The most that [`Limits::headers_count_max`] can be, since the parser's table lives on the stack.
pub const HEADERS_COUNT_LIMIT: usize = 256;
/// Bytes of a request body after decoding; more is answered with 413.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of a body that its handler has left unread and that are read and dropped, so that the connection can go on; with
/// more it is closed.
pub const UNREAD_BYTES_MAX: usize = 256 * 1024;
/// Bytes of one chunk-size line, extensions included; more is answered with 400.
pub const CHUNK_LINE_BYTES_MAX: usize = 256;
/// Bytes of all trailer fields of a chunked body; more is answered with 431.
pub const TRAILER_BYTES_MAX: usize = 4 * 1024;
/// Ranges of one request (RFC 9110 section 14.2); more are not heeded, and the whole is sent.
pub const RANGES_COUNT_MAX: usize = 16;
/// Bytes that one read asks the socket for.
pub const READ_BYTES: usize = 4 * 1024;
/// Bytes of a response's content that are copied behind its head, so that both go out as one piece.
pub const COPY_BYTES_MAX: usize = 4 * 1024;
/// Bytes of content that are in memory at once when it is made, or read from a file, while it is sent.
pub const STREAM_BYTES: usize = 64 * 1024;
/// Bytes of such content that a worker sends to one client before it lets the others in the queue go first.
pub const BYTES_PER_TURN_MAX: usize = 2 * 1024 * 1024;

/// Threads that answer requests which may block.
pub const WORKERS_COUNT: usize = 4;
/// The most workers a server can have.
pub const WORKERS_COUNT_MAX: usize = 4096;
/// Connections that wait for a worker; a further one is answered with 503.
pub const QUEUE_LEN_MAX: usize = 1024;
/// Open connections; a further one is answered with 503.
pub const CONNECTIONS_MAX: usize = 16 * 1024;
/// Open connections of one address; a further one is answered with 503. As many as in all by default, since behind a proxy all
/// have one address.
pub const CONNECTIONS_PER_ADDRESS_MAX: usize = CONNECTIONS_MAX;
/// Requests answered on one connection; the last answer says `Connection: close`.
pub const REQUESTS_PER_CONNECTION_MAX: u64 = 1_000_000;
/// Refused connections that are still being closed gently; a further one is closed hard.
pub const LINGERING_COUNT_MAX: usize = 256;
/// Requests answered on one connection before its worker lets the others in the queue go first.
pub const REQUESTS_PER_TURN_MAX: usize = 64;

/// Connections that became ready together, for each thread that serves a part of them: for fewer the pool's loop wakes no worker.
pub const SHARE_COUNT_MIN: usize = 4;

/// Milliseconds from the first byte of a request (or from accept) to the end of its head; then 408.
pub const HEADER_TIMEOUT_MS: u64 = 10_000;
/// Milliseconds a request body may take beside the time its bytes need at [`BODY_BYTES_PER_SECOND_MIN`], at any moment; then 408.
pub const BODY_TIMEOUT_MS: u64 = 30_000;
/// The slowest sender of a request body that is heard to the end.
pub const BODY_BYTES_PER_SECOND_MIN: u64 = 1024;
/// Milliseconds a connection may wait for its next request; then it is closed.
pub const IDLE_TIMEOUT_MS: u64 = 60_000;
/// Milliseconds a response may take beside the time its bytes need at [`WRITE_BYTES_PER_SECOND_MIN`], at any moment; then
/// the connection is closed.
pub const WRITE_TIMEOUT_MS: u64 = 10_000;
/// The slowest reader that is served to the end.
pub const WRITE_BYTES_PER_SECOND_MIN: u64 = 16 * 1024;
/// Milliseconds for which bytes of a refused client are read and dropped, so that it can read its answer.
pub const LINGER_TIMEOUT_MS: u64 = 2_000;
/// Milliseconds that requests which have begun get to finish after a shutdown was asked for.
pub const DRAIN_TIMEOUT_MS: u64 = 10_000;
/// Milliseconds the acceptor waits after an error such as running out of descriptors.
pub const ACCEPT_PAUSE_MS: u64 = 50;
/// Seconds after which an overloaded server suggests to try again (`Retry-After`).
pub const RETRY_AFTER_S: u64 = 1;

/// Bytes of all cached files together.
pub const CACHE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Bytes of one file that may be cached; a larger one is streamed from disk.
pub const CACHE_ENTRY_BYTES_MAX: usize = 1024 * 1024;
/// Milliseconds for which a cached file is not compared with the disk again; 0 compares on each request.
pub const CACHE_REVALIDATE_AFTER_MS: u64 = 0;
/// Files and folders that the list of a folder shows.
pub const LISTING_ENTRIES_MAX: usize = 10_000;
/// Independent parts of the cache, each with its own lock.
pub const CACHE_SHARDS_COUNT: usize = 8;
/// Independent parts of the connection table, each with its own lock.
pub const TABLE_SHARDS_COUNT: usize = 8;

/// The bounds of one server. Build it from a default: `Limits { queue_len_max: 16, ..Limits::default() }`.
///
/// # Examples
///
/// ```
/// use unsnarl::server::Limits;
/// let limits = Limits { connections_max: 100, ..Limits::default() };
/// assert!(limits.queue_len_max > 0);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// See [`HEADER_BYTES_MAX`].
    pub header_bytes_max: usize,
    /// See [`URI_BYTES_MAX`].
    pub uri_bytes_max: usize,
    /// See [`HEADERS_COUNT_MAX`] and [`HEADERS_COUNT_LIMIT`].
    pub headers_count_max: usize,
    /// See [`BODY_BYTES_MAX`].
    pub body_bytes_max: usize,
    /// See [`UNREAD_BYTES_MAX`].
    pub unread_bytes_max: usize,
    /// See [`QUEUE_LEN_MAX`].
    pub queue_len_max: usize,
    /// See [`CONNECTIONS_MAX`].
    pub connections_max: usize,
    /// See [`CONNECTIONS_PER_ADDRESS_MAX`].
    pub connections_per_address_max: usize,
    /// See [`REQUESTS_PER_CONNECTION_MAX`].
    pub requests_per_connection_max: u64,
    /// See [`BYTES_PER_TURN_MAX`]; 0 is as 1.
    pub bytes_per_turn_max: usize,
    /// See [`LINGERING_COUNT_MAX`].
    pub lingering_count_max: usize,
    /// See [`SHARE_COUNT_MIN`]; 0 is as 1.
    pub share_count_min: usize,
    /// See [`HEADER_TIMEOUT_MS`].
    pub header_timeout: Duration,
    /// See [`BODY_TIMEOUT_MS`].
    pub body_timeout: Duration,
    /// See [`BODY_BYTES_PER_SECOND_MIN`].
    pub body_bytes_per_second_min: u64,
    /// See [`IDLE_TIMEOUT_MS`].
    pub idle_timeout: Duration,
    /// See [`WRITE_TIMEOUT_MS`].
    pub write_timeout: Duration,
    /// See [`WRITE_BYTES_PER_SECOND_MIN`].
    pub write_bytes_per_second_min: u64,
    /// See [`LINGER_TIMEOUT_MS`].
    pub linger_timeout: Duration,
    /// See [`DRAIN_TIMEOUT_MS`].
    pub drain_timeout: Duration,
    /// See [`CACHE_BYTES_MAX`].
    pub cache_bytes_max: usize,
    /// See [`CACHE_ENTRY_BYTES_MAX`].
    pub cache_entry_bytes_max: usize,
    /// See [`CACHE_REVALIDATE_AFTER_MS`].
    pub cache_revalidate_after: Duration,
    /// See [`CACHE_SHARDS_COUNT`].
    pub cache_shards_count: usize,
    /// See [`TABLE_SHARDS_COUNT`].
    pub table_shards_count: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            header_bytes_max: HEADER_BYTES_MAX,
            uri_bytes_max: URI_BYTES_MAX,
            headers_count_max: HEADERS_COUNT_MAX,
            body_bytes_max: BODY_BYTES_MAX,
            unread_bytes_max: UNREAD_BYTES_MAX,
            queue_len_max: QUEUE_LEN_MAX,
            connections_max: CONNECTIONS_MAX,
            connections_per_address_max: CONNECTIONS_PER_ADDRESS_MAX,
            requests_per_connection_max: REQUESTS_PER_CONNECTION_MAX,
            bytes_per_turn_max: BYTES_PER_TURN_MAX,
            lingering_count_max: LINGERING_COUNT_MAX,
            share_count_min: SHARE_COUNT_MIN,
            header_timeout: Duration::from_millis(HEADER_TIMEOUT_MS),
            body_timeout: Duration::from_millis(BODY_TIMEOUT_MS),
            body_bytes_per_second_min: BODY_BYTES_PER_SECOND_MIN,
            idle_timeout: Duration::from_millis(IDLE_TIMEOUT_MS),
            write_timeout: Duration::from_millis(WRITE_TIMEOUT_MS),
            write_bytes_per_second_min: WRITE_BYTES_PER_SECOND_MIN,
            linger_timeout: Duration::from_millis(LINGER_TIMEOUT_MS),
            drain_timeout: Duration::from_millis(DRAIN_TIMEOUT_MS),
            cache_bytes_max: CACHE_BYTES_MAX,
            cache_entry_bytes_max: CACHE_ENTRY_BYTES_MAX,
            cache_revalidate_after: Duration::from_millis(CACHE_REVALIDATE_AFTER_MS),
            cache_shards_count: CACHE_SHARDS_COUNT,
            table_shards_count: TABLE_SHARDS_COUNT,
        }
    }
}

impl Limits {
    /// Bounds that a model checker reaches in a few steps: every "full" branch is a few operations away.
    #[must_use]
    pub fn small() -> Self {
        Limits {
            header_bytes_max: 256,
            uri_bytes_max: 64,
            body_bytes_max: 16,
            unread_bytes_max: 16,
            queue_len_max: 1,
            connections_max: 2,
            bytes_per_turn_max: 32,
            lingering_count_max: 1,
            cache_bytes_max: 64,
            cache_entry_bytes_max: 32,
            cache_shards_count: 1,
            table_shards_count: 1,
            ..Limits::default()
        }
    }
}
