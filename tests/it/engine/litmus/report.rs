//! How a finding shows values that were overwritten.

use unsnarl::{
    check::Checker,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    thread,
};

#[test]
fn a_stale_read_says_whose_value_it_is() {
    let verdict = Checker::new("message").regressions(false).run(|| {
        let data = Arc::new(AtomicU32::new(0));
        let flag = Arc::new(AtomicU32::new(0));
        let (data2, flag2) = (Arc::clone(&data), Arc::clone(&flag));
        let writer = thread::spawn(move || {
            data2.store(1, Relaxed);
            data2.store(2, Relaxed);
            flag2.store(1, Relaxed);
        });
        let ready = flag.load(Relaxed) == 1;
        assert!(!ready || data.load(Relaxed) != 1, "half of the message");
        writer.join().unwrap();
    });
    let finding = verdict.finding().unwrap_or_else(|| panic!("{verdict:?}"));
    let text = finding.to_string();
    let steps = text
        .lines()
        .skip_while(|line| !line.starts_with("Schedule"))
        .skip(2)
        .take_while(|line| !line.is_empty());
    let steps: Vec<String> =
        steps.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    insta::assert_snapshot!(steps.join("\n"), @"
    1 start tests/it/engine/litmus/report.rs:18:22
    2 store data tests/it/engine/litmus/report.rs:19:19 relaxed
    3 store data tests/it/engine/litmus/report.rs:20:19 relaxed
    4 store flag tests/it/engine/litmus/report.rs:21:19 relaxed
    5 load flag tests/it/engine/litmus/report.rs:23:26 relaxed
    6 load data tests/it/engine/litmus/report.rs:24:32 relaxed, read an overwritten value, that of step 2
    ✗ panic tests/it/engine/litmus/report.rs:24:9
    ");
}
