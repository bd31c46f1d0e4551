//! A choice among sends and receives on several channels.

use std::{fmt, marker::PhantomData, ptr};

use super::{
    ReadyTimeoutError, Receiver, RecvError, SelectTimeoutError, SendError, Sender, TryReadyError,
    TrySelectError,
};
use crate::time::{Duration, Instant};

#[cfg(backend = "instrumented")]
mod instrumented;
#[cfg(not(backend = "instrumented"))]
mod portable;

#[cfg(backend = "instrumented")]
use instrumented as driver;
#[cfg(not(backend = "instrumented"))]
use portable as driver;

pub(super) use driver::Selected;
pub use driver::Side;
#[cfg(backend = "instrumented")]
pub(super) use instrumented::in_model;

/// How long a selection waits.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wait {
    No,
    Forever,
    Until(
        #[cfg_attr(not(backend = "instrumented"), expect(dead_code, reason = "time limits are refused"))]
        Instant,
    ),
}

impl Wait {
    /// Waits for that long, if the clock can tell when that is.
    pub(super) fn at_most(timeout: Duration) -> Wait {
        Instant::now().checked_add(timeout).map_or(Wait::Forever, Wait::Until)
    }
}

/// What is known of an operation that was chosen in a model and has not been completed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Chosen {
    /// There is nobody at the other end.
    pub(crate) closed: bool,
    /// The number of its message.
    pub(crate) message: u64,
    /// The step that chose it.
    #[cfg(backend = "instrumented")]
    pub(super) step: usize,
    /// The message of a timer.
    #[cfg(backend = "instrumented")]
    pub(super) fired: Option<Instant>,
}

/// One end of a channel, as something to select. For the macros.
#[doc(hidden)]
pub trait SelectHandle {
    fn side(&self) -> Side<'_>;
}

impl<T> SelectHandle for Sender<T> {
    fn side(&self) -> Side<'_> {
        self.as_side()
    }
}

impl<T> SelectHandle for Receiver<T> {
    fn side(&self) -> Side<'_> {
        self.as_side()
    }
}

/// A handle, the index of the operation and the address of the end.
type Handle<'a> = (&'a dyn SelectHandle, usize, *const u8);

/// Waits for one of several sends and receives, of which the list is made while the program runs.
///
/// [`select!`](super::select) does the same for lists that are known in advance.
///
/// Where several operations are possible, any of them is chosen, and in a model each in turn; by a select that is
/// [biased](Self::new_biased) the first one.
///
/// # Examples
///
/// ```
/// use unsnarl::channel::{self, Select};
///
/// let (sender, receiver) = channel::bounded(1);
/// let (_kept, other) = channel::unbounded::<u32>();
/// sender.send(3).unwrap();
///
/// let mut select = Select::new();
/// let first = select.recv(&receiver);
/// let _second = select.recv(&other);
/// let operation = select.select();
/// assert_eq!(operation.index(), first);
/// assert_eq!(operation.recv(&receiver), Ok(3));
/// ```
pub struct Select<'a> {
    handles: Vec<Handle<'a>>,
    next_index: usize,
    biased: bool,
}

// SAFETY: a select reaches the channels only through shared references to their ends, and moves messages from one place of a
// channel to another at most; it never drops one and never hands one out. The pointers are only compared.
unsafe impl Send for Select<'_> {}
// SAFETY: as above.
unsafe impl Sync for Select<'_> {}

impl<'a> Select<'a> {
    /// Creates a list without operations, any of which may be chosen.
    #[must_use]
    pub fn new() -> Select<'a> {
        Select { handles: Vec::with_capacity(4), next_index: 0, biased: false }
    }

    /// Creates a list without operations, of which the first that is possible is chosen.
    #[must_use]
    pub fn new_biased() -> Self {
        Self { biased: true, ..Self::new() }
    }

    /// Adds a send, and returns its index.
    pub fn send<T>(&mut self, s: &'a Sender<T>) -> usize {
        self.add(s, ptr::from_ref(s).cast())
    }

    /// Adds a receive, and returns its index.
    pub fn recv<T>(&mut self, r: &'a Receiver<T>) -> usize {
        self.add(r, ptr::from_ref(r).cast())
    }

    fn add(&mut self, handle: &'a dyn SelectHandle, address: *const u8) -> usize {
        let index = self.next_index;
        self.handles.push((handle, index, address));
        self.next_index += 1;
        index
    }

    /// Removes an operation; the others keep their indices.
    ///
    /// # Panics
    ///
    /// If there is no operation with this index.
    pub fn remove(&mut self, index: usize) {
        assert!(index < self.next_index, "index out of bounds; {index} >= {}", self.next_index);
        let place = self.handles.iter().position(|(_, other, _)| *other == index);
        self.handles.remove(place.expect("no operation with this index"));
    }

    /// Chooses an operation that is possible now; never blocks. It must then be completed.
    ///
    /// # Errors
    ///
    /// When none is possible.
    #[track_caller]
    pub fn try_select(&mut self) -> Result<SelectedOperation<'a>, TrySelectError> {
        run(&self.handles, self.biased, Wait::No).ok_or(TrySelectError)
    }

    /// Chooses an operation; blocks until one is possible. It must then be completed.
    ///
    /// # Panics
    ///
    /// If there are no operations.
    #[track_caller]
    pub fn select(&mut self) -> SelectedOperation<'a> {
        self.assert_has_operations();
        run(&self.handles, self.biased, Wait::Forever)
            .expect("a selection without a time limit ends with a choice")
    }

    /// Chooses an operation; blocks until one is possible, for at most `timeout`. It must then be completed.
    ///
    /// # Errors
    ///
    /// When none was possible in time.
    #[track_caller]
    pub fn select_timeout(&mut self, timeout: Duration) -> Result<SelectedOperation<'a>, SelectTimeoutError> {
        run(&self.handles, self.biased, Wait::at_most(timeout)).ok_or(SelectTimeoutError)
    }

    /// Chooses an operation; blocks until one is possible, until `deadline` at the latest. It must then be completed.
    ///
    /// # Errors
    ///
    /// When none was possible in time.
    #[track_caller]
    pub fn select_deadline(
        &mut self,
        deadline: Instant,
    ) -> Result<SelectedOperation<'a>, SelectTimeoutError> {
        run(&self.handles, self.biased, Wait::Until(deadline)).ok_or(SelectTimeoutError)
    }

    /// The index of an operation that would not block now; never blocks.
    ///
    /// # Errors
    ///
    /// When all would block.
    #[track_caller]
    pub fn try_ready(&mut self) -> Result<usize, TryReadyError> {
        self.wait_ready(Wait::No).ok_or(TryReadyError)
    }

    /// The index of an operation that would not block; blocks until there is one.
    ///
    /// Another thread may come first, so that the operation blocks after all.
    ///
    /// # Panics
    ///
    /// If there are no operations.
    #[track_caller]
    pub fn ready(&mut self) -> usize {
        self.assert_has_operations();
        self.wait_ready(Wait::Forever).expect("a selection without a time limit ends with a choice")
    }

    /// The index of an operation that would not block; blocks until there is one, for at most `timeout`.
    ///
    /// # Errors
    ///
    /// When there was none in time.
    #[track_caller]
    pub fn ready_timeout(&mut self, timeout: Duration) -> Result<usize, ReadyTimeoutError> {
        self.wait_ready(Wait::at_most(timeout)).ok_or(ReadyTimeoutError)
    }

    /// The index of an operation that would not block; blocks until there is one, until `deadline` at the latest.
    ///
    /// # Errors
    ///
    /// When there was none in time.
    #[track_caller]
    pub fn ready_deadline(&mut self, deadline: Instant) -> Result<usize, ReadyTimeoutError> {
        self.wait_ready(Wait::Until(deadline)).ok_or(ReadyTimeoutError)
    }

    #[track_caller]
    fn wait_ready(&self, wait: Wait) -> Option<usize> {
        let place = driver::ready(&sides(&self.handles), self.biased, wait)?;
        Some(self.handles[place].1)
    }

    #[track_caller]
    fn assert_has_operations(&self) {
        assert!(!self.handles.is_empty(), "no operations have been added to `Select`");
    }
}

/// Waits for something that never happens.
#[track_caller]
pub(super) fn wait_for_nothing(wait: Wait) {
    let ended = driver::select(&[Side::never()], false, wait);
    debug_assert!(ended.is_none(), "there is nothing to choose");
}

fn sides<'a>(handles: &[Handle<'a>]) -> Vec<Side<'a>> {
    handles.iter().map(|(handle, ..)| handle.side()).collect()
}

#[track_caller]
fn run<'a>(handles: &[Handle<'a>], biased: bool, wait: Wait) -> Option<SelectedOperation<'a>> {
    let (place, selected) = driver::select(&sides(handles), biased, wait)?;
    let (_, index, address) = handles[place];
    Some(SelectedOperation { selected: Some(selected), index, address, lifetime: PhantomData })
}

impl Clone for Select<'_> {
    fn clone(&self) -> Self {
        Select { handles: self.handles.clone(), next_index: self.next_index, biased: self.biased }
    }
}

impl Default for Select<'_> {
    fn default() -> Self {
        Select::new()
    }
}

impl fmt::Debug for Select<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("Select { .. }")
    }
}

/// An operation that was chosen and must be completed, by [`send`](Self::send) or [`recv`](Self::recv) on the end that was
/// added to the [`Select`]. Neither blocks.
///
/// # Panics
///
/// When it is dropped without being completed.
#[must_use]
pub struct SelectedOperation<'a> {
    selected: Option<driver::Selected<'a>>,
    index: usize,
    address: *const u8,
    lifetime: PhantomData<&'a ()>,
}

impl SelectedOperation<'_> {
    /// Which operation it is.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// Completes a send.
    ///
    /// # Errors
    ///
    /// The message when no receiver is left.
    ///
    /// # Panics
    ///
    /// If it is not this sender that was chosen.
    #[track_caller]
    pub fn send<T>(mut self, s: &Sender<T>, msg: T) -> Result<(), SendError<T>> {
        assert!(ptr::eq(ptr::from_ref(s).cast(), self.address), "passed a sender that wasn't selected");
        s.complete(self.selected.take().expect("an operation is completed once"), msg)
    }

    /// Completes a receive.
    ///
    /// # Errors
    ///
    /// When there is no message and no sender is left.
    ///
    /// # Panics
    ///
    /// If it is not this receiver that was chosen.
    #[track_caller]
    pub fn recv<T>(mut self, r: &Receiver<T>) -> Result<T, RecvError> {
        assert!(ptr::eq(ptr::from_ref(r).cast(), self.address), "passed a receiver that wasn't selected");
        r.complete(self.selected.take().expect("an operation is completed once"))
    }
}

impl fmt::Debug for SelectedOperation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("SelectedOperation { .. }")
    }
}

impl Drop for SelectedOperation<'_> {
    fn drop(&mut self) {
        let Some(selected) = self.selected.take() else { return };
        // It would panic itself, and two panics at once end the process.
        std::mem::forget(selected);
        assert!(std::thread::panicking(), "dropped `SelectedOperation` without completing the operation");
    }
}

/// What the macros call.
#[doc(hidden)]
pub mod internal {
    use super::{Handle, SelectTimeoutError, SelectedOperation, TrySelectError, Wait};
    pub use super::{SelectHandle, Side};
    use crate::time::Duration;

    #[track_caller]
    pub fn select<'a>(handles: &mut [Handle<'a>], biased: bool) -> SelectedOperation<'a> {
        super::run(handles, biased, Wait::Forever)
            .expect("a selection without a time limit ends with a choice")
    }

    /// # Errors
    ///
    /// When none is possible now.
    #[track_caller]
    pub fn try_select<'a>(
        handles: &mut [Handle<'a>],
        biased: bool,
    ) -> Result<SelectedOperation<'a>, TrySelectError> {
        super::run(handles, biased, Wait::No).ok_or(TrySelectError)
    }

    /// # Errors
    ///
    /// When none was possible in time.
    #[track_caller]
    pub fn select_timeout<'a>(
        handles: &mut [Handle<'a>],
        timeout: Duration,
        biased: bool,
    ) -> Result<SelectedOperation<'a>, SelectTimeoutError> {
        super::run(handles, biased, Wait::at_most(timeout)).ok_or(SelectTimeoutError)
    }
}
