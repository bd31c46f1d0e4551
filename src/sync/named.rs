//! Names for synchronisation objects, so that a report can say `table` and not a source place.

/// Gives a synchronisation object a name that reports and predictions use instead of its place of construction.
///
/// On the native backend this does nothing and costs nothing.
///
/// # Examples
///
/// ```
/// use unsnarl::{Named, sync::Mutex};
/// let table = Mutex::new(0).named("table");
/// # drop(table);
/// ```
pub trait Named: Sized {
    /// Returns the object, now called `name` in reports.
    #[must_use]
    fn named(self, name: &'static str) -> Self;
}

#[cfg(backend = "native")]
macro_rules! unnamed {
    ($($(#[$attr:meta])* [$($generics:tt)*] $ty:ty),* $(,)?) => {$(
        $(#[$attr])*
        impl<$($generics)*> Named for $ty {
            #[inline]
            fn named(self, _name: &'static str) -> Self {
                self
            }
        }
    )*};
}

#[cfg(backend = "native")]
unnamed! {
    [T] std::sync::Mutex<T>, [T] std::sync::RwLock<T>, [] std::sync::Condvar, [] std::sync::Barrier,
    [] std::sync::Once, [T] std::sync::OnceLock<T>, [T, F] std::sync::LazyLock<T, F>,
    [T] parking_lot::Mutex<T>, [T] parking_lot::RwLock<T>, [] parking_lot::Condvar,
    [] std::sync::atomic::AtomicBool, [T] std::sync::atomic::AtomicPtr<T>,
    [] std::sync::atomic::AtomicI8, [] std::sync::atomic::AtomicI16, [] std::sync::atomic::AtomicI32,
    [] std::sync::atomic::AtomicI64, [] std::sync::atomic::AtomicIsize,
    [] std::sync::atomic::AtomicU8, [] std::sync::atomic::AtomicU16, [] std::sync::atomic::AtomicU32,
    [] std::sync::atomic::AtomicU64, [] std::sync::atomic::AtomicUsize,
    #[cfg(feature = "queue")] [T] crossbeam_queue::ArrayQueue<T>,
    #[cfg(feature = "queue")] [T] crossbeam_queue::SegQueue<T>,
    #[cfg(feature = "deque")] [T] crossbeam_deque::Injector<T>,
    [T] parking_lot::FairMutex<T>, [T] parking_lot::ReentrantMutex<T>, [] parking_lot::Once,
}
