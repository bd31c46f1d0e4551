//! Thread-local values of model threads.
//!
//! All threads of an execution run on one thread of the operating system, so their values sit in one map in *its*
//! thread-local storage, under the execution, the model thread and the key.

use std::{any::Any, cell::RefCell, collections::HashMap};

use crate::backend::{execution_id, thread};

type Owner = (u64, thread::ThreadId);

#[derive(Default)]
struct Locals {
    values: HashMap<Owner, Values>,
}

#[derive(Default)]
struct Values {
    by_key: HashMap<usize, Box<dyn Any>>,
    /// Keys in the order of their first use: values are dropped in this order.
    order: Vec<usize>,
    /// Set while the thread's values are being dropped: from then on there is no access.
    ending: bool,
}

std::thread_local! {
    static LOCALS: RefCell<Locals> = RefCell::default();
}

/// The values of the calling model thread are being dropped or have been dropped.
pub(crate) struct Ended;

fn owner() -> Owner {
    (execution_id(), thread::current().id())
}

/// The calling model thread's value under `key`, made by `init` at first use.
pub(crate) fn get<T: 'static>(key: usize, init: fn() -> T) -> Result<*const T, Ended> {
    let owner = owner();
    if let Some(value) = find::<T>(owner, key)? {
        return Ok(value);
    }
    // Outside of the borrow, since it may use other keys, and this one: the last value that was made wins, as in `std`.
    let value = Box::new(init());
    let pointer: *const T = &raw const *value;
    let old = LOCALS.with_borrow_mut(|locals| {
        let values = locals.values.entry(owner).or_default();
        values.order.push(key);
        values.by_key.insert(key, value)
    });
    drop(old);
    Ok(pointer)
}

fn find<T: 'static>(owner: Owner, key: usize) -> Result<Option<*const T>, Ended> {
    LOCALS.with_borrow(|locals| match locals.values.get(&owner) {
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
    let owner = owner();
    loop {
        let next = LOCALS.with_borrow_mut(|locals| {
            let values = locals.values.get_mut(&owner)?;
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

/// Forgets all model threads of this thread of the operating system, at the start or the end of an execution.
pub(crate) fn end_execution() {
    // Values of threads that never ended (a deadlock) may borrow from stacks that are gone: leaked, not dropped.
    LOCALS.with_borrow_mut(|locals| {
        for values in locals.values.drain().map(|(_, values)| values) {
            std::mem::forget(values.by_key);
        }
    });
}
