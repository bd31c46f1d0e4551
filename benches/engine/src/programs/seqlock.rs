//! A lock whose readers write nothing.

use unsnarl::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

use super::Program;
use crate::threads::{Body, threads};

pub(super) const PROGRAMS: &[Program] = &[Program::correct("seqlock", seqlock)];

/// One writer and one reader that tries again when it saw a write in progress.
fn seqlock() {
    let lock: Arc<(AtomicUsize, [AtomicUsize; 2])> = Arc::default();
    let writer = Arc::clone(&lock);
    threads([
        Box::new(move || {
            let (version, data) = &*writer;
            version.fetch_add(1, SeqCst);
            data[0].store(1, SeqCst);
            data[1].store(1, SeqCst);
            version.fetch_add(1, SeqCst);
        }) as Body,
        Box::new(move || {
            let (version, data) = &*lock;
            loop {
                let before = version.load(SeqCst);
                if before % 2 == 0 {
                    let seen = (data[0].load(SeqCst), data[1].load(SeqCst));
                    if version.load(SeqCst) == before {
                        assert_eq!(seen.0, seen.1);
                        break;
                    }
                }
                thread::yield_now();
            }
        }) as Body,
    ]);
}
