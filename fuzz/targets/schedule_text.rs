//! Schedule files are edited by people: any text is read without panic, and what is read prints and reads back the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use unsnarl::check::Schedule;

fuzz_target!(|text: &str| {
    match Schedule::parse_all(text) {
        Ok(schedules) => {
            let printed: String = schedules.iter().map(Schedule::to_string).collect();
            assert_eq!(Schedule::parse_all(&printed).as_ref(), Ok(&schedules), "{printed}");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
