//! The input is a schedule: whatever it is, the correct buffer passes. A finding is a fault of the checker.

#![no_main]

use libfuzzer_sys::fuzz_target;
use unsnarl_fuzz::{Correct, run};

fuzz_target!(|schedule: &[u8]| {
    let verdict = run::<Correct>(schedule);
    assert!(verdict.pass().is_some(), "{verdict:?}");
});
