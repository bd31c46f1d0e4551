use bugs::*;
use unsnarl::check::*;
#[test]
fn twins() {
    for p in programs() {
        let body = p.fixed.unwrap_or(p.buggy);
        let v = Checker::new(p.name)
            .max_time(std::time::Duration::from_secs(4))
            .regressions(false)
            .run(move || body(Oracle::Panic));
        println!(
            "{} {} {:?} {}",
            p.name,
            v.summary(),
            v.explored(),
            v.finding().map(|f| f.to_string()).unwrap_or_default()
        );
    }
}
