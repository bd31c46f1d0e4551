//! Thread-local values of model threads.
//!
//! All threads of an execution run on one thread of the operating system, so their values sit in one map in *its*
//! thread-local storage, under the model thread and the key. A new execution begins with an empty map.

use std::{any::Any, cell::RefCell, collections::HashMap};

use crate::backend::{execution_id, thread};

#[derive(Default)]
struct Locals {
    execution: u64,
    by_thread: HashMap<thread::ThreadId, Values>,
}

#[derive(Default)]
struct Values {
    by_key: HashMap<usize, Box<dyn Any>>,
    /// Keys in the order of their first use: values are dropped in this order.
    order: Vec<usize>,
    /// Set while the thread's values are being dropped: from then on there is no access.
    ending: bool,
}

impl Locals {
    /// Forgets what an earlier execution left.
    fn begin(&mut self, execution: u64) {
        if self.execution != execution {
            self.execution = execution;
            // Values of threads that never ended (a deadlock) may borrow from stacks that are gone: leaked, not dropped.
            for values in self.by_thread.drain().map(|(_, values)| values) {
                std::mem::forget(values.by_key);
            }
        }
    }
}

std::thread_local! {
    static LOCALS: RefCell<Locals> = RefCell::default();
}

/// Runs `access` on the present execution's values. It must not run user code.
fn with<R>(access: impl FnOnce(&mut Locals) -> R) -> R {
    let execution = execution_id();
    LOCALS.with_borrow_mut(|locals| {
        locals.begin(execution);
        access(locals)
    })
}

/// The values of the calling model thread are being dropped or have been dropped.
pub(crate) struct Ended;

/// The calling model thread's value under `key`, made by `init` at first use.
pub(crate) fn get<T: 'static>(key: usize, init: fn() -> T) -> Result<*const T, Ended> {
    let owner = thread::current().id();
    if let Some(value) = find::<T>(owner, key)? {
        return Ok(value);
    }
    // Outside of the borrow, since it may use other keys, and this one: the last value that was made wins, as in `std`.
    let value = Box::new(init());
    let pointer: *const T = &raw const *value;
    let old = with(|locals| {
        let values = locals.by_thread.entry(owner).or_default();
        values.order.push(key);
        values.by_key.insert(key, value)
    });
    drop(old);
    Ok(pointer)
}

fn find<T: 'static>(owner: thread::ThreadId, key: usize) -> Result<Option<*const T>, Ended> {
    with(|locals| match locals.by_thread.get(&owner) {
        Some(values) if values.ending => Err(Ended),
        Some(values) => Ok(values.by_key.get(&key).map(|value| {
            let value: &T = value.downcast_ref().expect("a thread-local key has one type");
            &raw const *value
        })),
        None => Ok(None),
    })
}

/// Drops the values of the calling model thread, whose body has ended.
pub(crate) fn end_thread() {
    if execution_id() == 0 {
        return;
    }
    if LOCALS.with_borrow(|locals| locals.by_thread.is_empty()) {
        return;
    }
    let owner = thread::current().id();
    loop {
        let next = with(|locals| {
            let values = locals.by_thread.get_mut(&owner)?;
            values.ending = true;
            if values.order.is_empty() {
                return None;
            }
            let key = values.order.remove(0);
            Some(values.by_key.remove(&key))
        });
        // Outside of the borrow: destructors may look at other keys.
        match next {
            Some(value) => drop(value),
            None => break,
        }
    }
}
