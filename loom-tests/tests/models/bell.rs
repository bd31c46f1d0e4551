//! How the loop learns of a guest that is due before it would wake (rules 4 and 5 of the parking), in a few lines and with one
//! mistake at a time.

use unsnarl::{Named, check::FindingKind, parking_lot::Mutex, poll::Poller, sync::Arc, thread};
use unsnarl_loom_tests::{broken, correct};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mistake {
    Nothing,
    /// Against rule 4: the loop says until when it sleeps after it has let the lock go.
    SaysSoLater,
    /// Against rule 4: a guest with an earlier deadline rings nobody.
    NobodyRings,
}

struct Parking {
    mistake: Mistake,
    state: Mutex<State>,
    poller: Poller,
}

#[derive(Default)]
struct State {
    /// Somebody waits there whose time is up at once: for a deadline, or since the server drains.
    guests: usize,
    sleeps: bool,
}

impl Parking {
    /// The loop: takes out `guests` and ends.
    fn watch(&self, mut guests: usize) {
        let mut state = self.state.lock();
        loop {
            guests -= std::mem::take(&mut state.guests);
            if guests == 0 {
                return;
            }
            if self.mistake == Mistake::SaysSoLater {
                drop(state);
                state = self.state.lock();
            }
            state.sleeps = true;
            drop(state);
            self.poller.wait(&mut Vec::new(), None).expect("simulated pollers do not fail");
            state = self.state.lock();
            state.sleeps = false;
        }
    }

    fn park(&self) {
        let mut state = self.state.lock();
        state.guests += 1;
        let rings = std::mem::take(&mut state.sleeps) && self.mistake != Mistake::NobodyRings;
        drop(state);
        if rings {
            self.poller.notify().expect("simulated pollers do not fail");
        }
    }
}

/// Two workers park a connection each.
fn two_park(mistake: Mistake) {
    let poller = Poller::new().expect("there is room");
    let state = Mutex::new(State::default()).named("parking");
    let parking = Arc::new(Parking { mistake, state, poller });
    let start = |name: &str, body: fn(&Parking)| {
        let parking = Arc::clone(&parking);
        let body = move || body(&parking);
        thread::Builder::new().name(name.to_owned()).spawn(body).expect("a thread can be started")
    };
    let threads = [start("worker-0", Parking::park), start("worker-1", Parking::park)];
    parking.watch(threads.len());
    for thread in threads {
        thread.join().expect("nobody panics");
    }
}

#[test]
fn the_loop_looks_before_it_sleeps_and_is_woken_afterwards() {
    correct("parking::bell").check(|| two_park(Mistake::Nothing));
}

#[test]
fn the_loop_sleeps_beside_a_guest_that_saw_it_awake() {
    broken("parking::says_so_later", FindingKind::Deadlock).check(|| two_park(Mistake::SaysSoLater));
}

#[test]
fn the_loop_sleeps_until_it_thought_it_would() {
    broken("parking::nobody_rings", FindingKind::Deadlock).check(|| two_park(Mistake::NobodyRings));
}
