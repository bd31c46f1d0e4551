//! Cells that are written once.
//!
//! In a model a cell in a static starts afresh in each execution. Its value is made anew then, and the old one stays for ever
//! where it is, in a box, since references to it may have got out.

use std::{
    cell::UnsafeCell,
    fmt,
    ops::{Deref, DerefMut},
    panic::{RefUnwindSafe, UnwindSafe},
};

use super::once::Once;
use crate::{Named, backend::cells_start_afresh};

/// A cell that is written at most once, in the shape of [`std::sync::OnceLock`].
pub struct OnceLock<T> {
    once: Once,
    /// Written only by the one initialiser that `once` lets in; read only after `once` is done.
    value: UnsafeCell<Option<Box<T>>>,
}

// SAFETY: shared references give `&T` (`Sync`), and the value may be dropped by a thread other than its maker (`Send`).
unsafe impl<T: Send + Sync> Sync for OnceLock<T> {}
// SAFETY: the value moves with the cell.
unsafe impl<T: Send> Send for OnceLock<T> {}
impl<T: UnwindSafe> UnwindSafe for OnceLock<T> {}
impl<T: RefUnwindSafe + UnwindSafe> RefUnwindSafe for OnceLock<T> {}

impl<T> OnceLock<T> {
    /// Creates an empty cell.
    #[must_use]
    #[track_caller]
    pub const fn new() -> Self {
        OnceLock { once: Once::new(), value: UnsafeCell::new(None) }
    }

    /// The value, if there is one; never blocks.
    #[track_caller]
    pub fn get(&self) -> Option<&T> {
        // SAFETY: after completion nobody writes while the cell is shared.
        if self.once.is_completed() { unsafe { (*self.value.get()).as_deref() } } else { None }
    }

    /// The value, by exclusive borrow.
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.value.get_mut().as_deref_mut()
    }

    /// Sets the value; blocks while another thread sets it.
    ///
    /// # Errors
    ///
    /// `value` itself when there was a value.
    #[track_caller]
    pub fn set(&self, value: T) -> Result<(), T> {
        let mut value = Some(value);
        self.get_or_init(|| value.take().expect("an initialiser runs once"));
        match value {
            None => Ok(()),
            Some(value) => Err(value),
        }
    }

    /// The value, made by `init` if there is none; blocks while another thread makes it. If `init` panics the cell stays
    /// empty. A call from within `init` deadlocks.
    #[track_caller]
    pub fn get_or_init(&self, init: impl FnOnce() -> T) -> &T {
        self.once.run(true, |_| {
            let value = Box::new(init());
            // SAFETY: `once` lets one initialiser in, and readers only after it.
            let slot = unsafe { &mut *self.value.get() };
            let old = slot.replace(value);
            debug_assert!(old.is_none() || cells_start_afresh(), "a one-time cell is written once");
            std::mem::forget(old);
        });
        // SAFETY: after completion nobody writes while the cell is shared.
        unsafe { (*self.value.get()).as_deref() }.expect("the cell is done")
    }

    /// The value; waits until another thread has made it, giving the processor up again and again.
    #[track_caller]
    pub fn wait(&self) -> &T {
        self.once.wait_force();
        // SAFETY: after completion nobody writes while the cell is shared.
        unsafe { (*self.value.get()).as_deref() }.expect("the cell is done")
    }

    /// Unwraps the value.
    pub fn into_inner(self) -> Option<T> {
        self.value.into_inner().map(|value| *value)
    }

    /// Takes the value out and leaves an empty cell.
    #[track_caller]
    pub fn take(&mut self) -> Option<T> {
        std::mem::take(self).into_inner()
    }
}

impl<T> Default for OnceLock<T> {
    #[track_caller]
    fn default() -> Self {
        OnceLock::new()
    }
}

impl<T> From<T> for OnceLock<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        let cell = OnceLock::new();
        let _ = cell.set(value);
        cell
    }
}

impl<T: Clone> Clone for OnceLock<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        self.get().map_or_else(OnceLock::new, |value| OnceLock::from(value.clone()))
    }
}

impl<T: PartialEq> PartialEq for OnceLock<T> {
    #[track_caller]
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl<T: Eq> Eq for OnceLock<T> {}

impl<T> Named for OnceLock<T> {
    fn named(mut self, name: &'static str) -> Self {
        self.once = self.once.named(name);
        self
    }
}

impl<T: fmt::Debug> fmt::Debug for OnceLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_tuple("OnceLock");
        match self.get() {
            Some(value) => out.field(value),
            None => out.field(&format_args!("<uninit>")),
        };
        out.finish()
    }
}

/// A value that is made at first use, in the shape of [`std::sync::LazyLock`].
pub struct LazyLock<T, F = fn() -> T> {
    once: Once,
    value: UnsafeCell<Option<Box<T>>>,
    /// Taken by the one initialiser that `once` lets in.
    init: UnsafeCell<Option<F>>,
}

// SAFETY: as for `OnceLock`; the initialiser is only ever moved out, which needs `Send`.
unsafe impl<T: Send + Sync, F: Send> Sync for LazyLock<T, F> {}
impl<T: UnwindSafe, F: UnwindSafe> UnwindSafe for LazyLock<T, F> {}
impl<T: RefUnwindSafe + UnwindSafe, F: UnwindSafe> RefUnwindSafe for LazyLock<T, F> {}

impl<T, F: FnOnce() -> T> LazyLock<T, F> {
    /// Creates a value that `init` will make.
    #[must_use]
    #[track_caller]
    pub const fn new(init: F) -> Self {
        LazyLock { once: Once::new(), value: UnsafeCell::new(None), init: UnsafeCell::new(Some(init)) }
    }

    /// The value, made now if it was not; blocks while another thread makes it.
    ///
    /// # Panics
    ///
    /// When the initialiser panicked, now or earlier.
    #[track_caller]
    pub fn force(this: &Self) -> &T {
        this.once.run(false, |state| {
            assert!(!state.is_poisoned(), "LazyLock instance has previously been poisoned");
            this.make();
        });
        // SAFETY: after completion nobody writes while the value is shared.
        unsafe { (*this.value.get()).as_deref() }.expect("the value is made")
    }

    /// The value, made now if it was not, by exclusive borrow.
    ///
    /// # Panics
    ///
    /// When the initialiser panicked, now or earlier.
    #[track_caller]
    pub fn force_mut(this: &mut Self) -> &mut T {
        LazyLock::force(this);
        this.value.get_mut().as_deref_mut().expect("the value is made")
    }

    /// Makes the value. Called only by the one initialiser that `once` lets in.
    fn make(&self) {
        // SAFETY: as above: one initialiser, and no reader before it is done.
        let (slot, init) = unsafe { (&mut *self.value.get(), &mut *self.init.get()) };
        // In a static, a later execution comes here again. A function pointer can be called again; another closure is gone,
        // and the value that it made is the only one there will be.
        let value = match init.take() {
            Some(first) => {
                if let Some(again) = same_function(&first) {
                    *init = Some(again);
                }
                first()
            }
            None if slot.is_some() => return,
            None => unreachable!("an initialiser that panicked leaves the cell poisoned"),
        };
        std::mem::forget(slot.replace(Box::new(value)));
    }
}

impl<T, F> LazyLock<T, F> {
    /// The value, if it was made; never blocks.
    #[must_use]
    #[track_caller]
    pub fn get(this: &Self) -> Option<&T> {
        // SAFETY: after completion nobody writes while the value is shared.
        if this.once.is_completed() { unsafe { (*this.value.get()).as_deref() } } else { None }
    }

    /// The value, if it was made, by exclusive borrow.
    #[must_use]
    #[track_caller]
    pub fn get_mut(this: &mut Self) -> Option<&mut T> {
        if this.once.is_completed() { this.value.get_mut().as_deref_mut() } else { None }
    }
}

/// A second copy of `init` where it is a function pointer.
fn same_function<F>(init: &F) -> Option<F> {
    let is_function_pointer = std::any::type_name::<F>().starts_with("fn(");
    if is_function_pointer {
        // SAFETY: the type is a function pointer, as its name says, and function pointers are `Copy`.
        Some(unsafe { std::ptr::read(init) })
    } else {
        None
    }
}

impl<T, F: FnOnce() -> T> Deref for LazyLock<T, F> {
    type Target = T;

    #[track_caller]
    fn deref(&self) -> &T {
        LazyLock::force(self)
    }
}

impl<T, F: FnOnce() -> T> DerefMut for LazyLock<T, F> {
    #[track_caller]
    fn deref_mut(&mut self) -> &mut T {
        LazyLock::force_mut(self)
    }
}

impl<T: Default> Default for LazyLock<T> {
    #[track_caller]
    fn default() -> Self {
        LazyLock::new(T::default)
    }
}

impl<T, F> Named for LazyLock<T, F> {
    fn named(mut self, name: &'static str) -> Self {
        self.once = self.once.named(name);
        self
    }
}

impl<T: fmt::Debug, F> fmt::Debug for LazyLock<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_tuple("LazyLock");
        // SAFETY: after completion nobody writes while the value is shared.
        match self.once.is_completed().then(|| unsafe { &*self.value.get() }) {
            Some(Some(value)) => out.field(&**value),
            _ => out.field(&format_args!("<uninit>")),
        };
        out.finish()
    }
}
