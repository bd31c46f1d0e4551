//! What an execution has one of: its network, its files.

use std::{
    any::{Any, TypeId},
    cell::RefCell,
    collections::HashMap,
    sync::Arc,
};

use crate::backend::execution_id;

#[derive(Default)]
struct World {
    execution: u64,
    parts: HashMap<TypeId, Arc<dyn Any + Send + Sync>>,
}

std::thread_local! {
    // All threads of an execution run on one thread of the operating system, in each of the checkers.
    static WORLD: RefCell<World> = RefCell::default();
}

/// The present execution's `T`, if there is one.
pub(crate) fn existing<T: Send + Sync + 'static>() -> Option<Arc<T>> {
    find()
}

/// The present execution's `T`, made by `make` if there is none.
pub(crate) fn part<T: Send + Sync + 'static>(make: impl FnOnce() -> T) -> Arc<T> {
    if let Some(part) = find::<T>() {
        return part;
    }
    // Outside of the borrow, since making facade objects may call the checker.
    let part = Arc::new(make());
    WORLD.with_borrow_mut(|world| world.parts.insert(TypeId::of::<T>(), Arc::<T>::clone(&part)));
    part
}

fn find<T: Send + Sync + 'static>() -> Option<Arc<T>> {
    let now = execution_id();
    let old = WORLD.with_borrow_mut(|world| {
        (world.execution != now).then(|| {
            world.execution = now;
            std::mem::take(&mut world.parts)
        })
    });
    drop(old);
    let part = WORLD.with_borrow(|world| world.parts.get(&TypeId::of::<T>()).cloned())?;
    Some(part.downcast().unwrap_or_else(|_| unreachable!("a part lies under its own type")))
}
