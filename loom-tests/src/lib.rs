//! Models.

#[cfg(test)]
mod tests {
    use unsnarl::{
        Named,
        check::{Capability, Checker, FindingKind},
        parking_lot::Mutex,
        sync::Arc,
        thread,
    };

    #[test]
    fn counter() {
        unsnarl::check(|| {
            let total = Arc::new(Mutex::new(0));
            let mine = Arc::clone(&total);
            let other = thread::spawn(move || *mine.lock() += 1);
            *total.lock() += 1;
            other.join().unwrap();
            assert_eq!(*total.lock(), 2);
        });
    }

    fn ab_ba() {
        let a = Arc::new(Mutex::new(()).named("a"));
        let b = Arc::new(Mutex::new(()).named("b"));
        let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
        let other = thread::spawn(move || {
            let _b = b2.lock();
            let _a = a2.lock();
        });
        {
            let _a = a.lock();
            let _b = b.lock();
        }
        other.join().unwrap();
    }

    #[test]
    fn crosswise() {
        Checker::new("crosswise").expect(FindingKind::Deadlock).check(ab_ba);
    }

    #[test]
    fn needs_timeouts() {
        Checker::new("needs_timeouts").needs(Capability::Timeouts).check(|| {});
    }
}
