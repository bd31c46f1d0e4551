//! Two kinds of users of one resource: the first user of a kind takes it, the last one gives it back.
//!
//! A kind's count is guarded by the same mutex as the other kind's, and the first user waits for the resource while it holds
//! that mutex. The users of the other kind hold the resource and need the mutex to give it back: deadlock. Repaired, the
//! resource is taken before the mutex.

use unsnarl::parking_lot::Mutex;

use crate::{oracle::Oracle, threads::together};

#[derive(Debug)]
struct Users {
    counts: Mutex<[usize; 2]>,
    resource: Mutex<()>,
}

/// The only user of its kind, and so always the first and the last.
fn resource_inside(users: &Users, kind: usize) {
    let held = {
        let mut counts = users.counts.lock();
        counts[kind] += 1;
        users.resource.lock()
    };
    let mut counts = users.counts.lock();
    counts[kind] -= 1;
    drop(held);
}

fn resource_first(users: &Users, kind: usize) {
    let held = users.resource.lock();
    users.counts.lock()[kind] += 1;
    users.counts.lock()[kind] -= 1;
    drop(held);
}

fn run(user: fn(&Users, usize)) {
    let users = Users { counts: Mutex::new([0; 2]), resource: Mutex::new(()) };
    // Two more threads of the original do nothing that matters.
    together(
        users,
        (0..4).map(|number| {
            move |users: &Users| {
                if number < 2 {
                    user(users, number)
                }
            }
        }),
    );
}

pub(super) fn buggy(_: Oracle) {
    run(resource_inside);
}

pub(super) fn fixed(_: Oracle) {
    run(resource_first);
}
