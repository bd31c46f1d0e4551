//! The canary: the input is a schedule, and the buffer has a bug. If the fuzzer does *not* crash here within its time, then
//! either the checker does not find bugs along schedules that it is given, or the job that runs the fuzzers runs nothing.

#![no_main]

use libfuzzer_sys::fuzz_target;
use unsnarl_fuzz::{Broken, run};

fuzz_target!(|schedule: &[u8]| {
    let verdict = run::<Broken>(schedule);
    if let Some(finding) = verdict.finding() {
        panic!("the canary's bug was found:\n{finding}");
    }
    assert!(verdict.pass().is_some(), "{verdict:?}");
});
