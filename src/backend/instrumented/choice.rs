//! Numbers that the engine chooses, and time that goes by for one thread.

use std::time::Duration;

#[cfg(feature = "model")]
use std::panic::Location;

/// A number of the set, to which 0 belongs; each is explored. `operation` is the word for it in reports. Outside of a model
/// it is 0.
#[track_caller]
pub(crate) fn choose(operation: &'static str, possible: impl FnOnce() -> u128) -> usize {
    in_model!(handle => handle.choose(operation, Location::caller(), possible));
    let _ = (operation, possible);
    0
}

/// What the last choice was, in words.
pub(crate) fn tell_choice(outcome: impl FnOnce() -> String) {
    in_model!(handle => handle.with(|world| if !world.teardown { world.tell_choice(outcome()) }));
    let _ = outcome;
}

#[cfg(feature = "model")]
/// Shows a value to somebody who steps through the execution by hand.
pub(crate) fn show(name: &str, value: impl FnOnce() -> String) {
    in_model!(handle => if handle.with(|world| world.shown_values.is_some() && !world.teardown) {
        // The value's own code must not run while the engine's state is in use.
        let value = value();
        handle.with(|world| world.show(name, value));
    });
    let _ = (name, value);
}

/// Time goes by for the calling thread; others learn of it when they synchronise with it.
pub(crate) fn pass_time(duration: Duration) {
    in_model!(handle => handle.with(|world| world.pass_time(duration)));
    let _ = duration;
}
