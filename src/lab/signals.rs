//! Semaphores as signals, as "The Little Book of Semaphores" uses them: a permit is used up and never given back.

use crate::sync::Semaphore;

/// Dijkstra's V: one more permit.
#[track_caller]
pub(super) fn signal(semaphore: &Semaphore) {
    semaphore.add_permits(1);
}

/// Dijkstra's P: waits for a permit, and uses it up.
#[track_caller]
pub(super) fn wait(semaphore: &Semaphore) {
    semaphore.acquire().expect("nobody closes it").forget();
}
