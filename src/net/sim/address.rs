//! What TCP and Unix sockets do not have in common.

use std::fmt;

/// The addresses of a family of sockets.
pub trait Address: Clone + fmt::Debug + Send + Sync + 'static {
    /// As debug output calls the types.
    const STREAM: &'static str;
    /// As debug output calls the types.
    const LISTENER: &'static str;
    /// By which the network knows a listener.
    type Key: Copy + Ord + Send + Sync + 'static;

    /// Whether a connection to `sought` comes to `listener`.
    fn reaches(sought: Self::Key, listener: Self::Key) -> bool;

    /// The address of the next client, of which there were so many.
    fn of_client(number: u16) -> Self;
}
