//! A readers-writer lock made of a mutex and a condition variable.

use unsnarl::{
    parking_lot::{Condvar, Mutex},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use super::{Program, SHUTTLE};
use crate::threads::{Body, threads};

pub(super) const PROGRAMS: &[Program] =
    &[Program::correct("readers-writer, 2+1", readers_writer).hopeless_for(SHUTTLE)];

/// Two readers and a writer on a lock made of a mutex and a condition variable.
fn readers_writer() {
    /// How many read; `usize::MAX` while somebody writes.
    type State = (Mutex<usize>, Condvar, AtomicUsize);
    let state: Arc<State> = Arc::new((Mutex::new(0), Condvar::new(), AtomicUsize::new(0)));
    let reader = |state: Arc<State>| {
        Box::new(move || {
            let (readers, changed, value) = &*state;
            {
                let mut readers = readers.lock();
                while *readers == usize::MAX {
                    changed.wait(&mut readers);
                }
                *readers += 1;
            }
            assert!(value.load(SeqCst) < 2);
            let mut readers = readers.lock();
            *readers -= 1;
            if *readers == 0 {
                changed.notify_all();
            }
        }) as Body
    };
    let (first, second) = (reader(Arc::clone(&state)), reader(Arc::clone(&state)));
    let writer = Box::new(move || {
        let (readers, changed, value) = &*state;
        {
            let mut readers = readers.lock();
            while *readers != 0 {
                changed.wait(&mut readers);
            }
            *readers = usize::MAX;
        }
        value.store(1, SeqCst);
        *readers.lock() = 0;
        changed.notify_all();
    }) as Body;
    threads([first, second, writer]);
}
