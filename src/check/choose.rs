//! Numbers that a model leaves open, and values that it shows.

use std::fmt::Display;

use crate::backend;

/// How many numbers [`choose`] can choose from.
pub const CHOICES_MAX: usize = 128;

/// A number below `count` that the checker chooses: a complete pass has seen every one, in every order of everything else.
///
/// For what a model leaves open and no thread decides: which request comes, how long a message is, whether a device fails
/// (for sockets and files see [`fault`](crate::fault)). It is a step of the calling thread that touches nothing, so it adds as
/// many executions as there are numbers and no orders. Reports show which number it was, and the smallest comes first.
///
/// Under shuttle the number is random, and a pass is never complete; loom has no such choices
/// ([`Capability::Choices`](super::Capability::Choices)).
///
/// # Panics
///
/// Outside of a model; if `count` is 0 or more than [`CHOICES_MAX`]; on the loom backend.
///
/// # Examples
///
/// ```
/// use unsnarl::check::{Checker, Verdict, choose};
///
/// let verdict = Checker::new("halves").regressions(false).run(|| {
///     let number = choose(10);
///     assert!(number / 2 <= 4);
/// });
/// let Verdict::Pass(pass) = verdict else { panic!("{verdict:?}") };
/// assert_eq!(pass.explored.executions, 10);
/// ```
#[track_caller]
#[must_use]
pub fn choose(count: usize) -> usize {
    assert!(
        backend::in_model(),
        "unsnarl::check::choose is called outside of a model: nobody is there to choose; call it in the closure that a \
         Checker runs"
    );
    assert!(count > 0, "unsnarl::check::choose(0): there is no number below 0");
    assert!(
        count <= CHOICES_MAX,
        "unsnarl::check::choose({count}): at most {CHOICES_MAX} numbers can be chosen from"
    );
    if count == 1 {
        return 0;
    }
    let value = backend::choose("choose", || u128::MAX >> (CHOICES_MAX - count));
    backend::tell_choice(|| format!("{value} of {count}"));
    value
}

/// Shows a value of the model under a name to somebody who steps through it by hand, in a [`Session`](super::Session) or in the
/// lab. The newest value of a name counts. Everywhere else it does nothing, outside of models too.
///
/// It is no step and no access: show what the calling thread may read.
///
/// ```
/// use unsnarl::{check::{Checker, show}, parking_lot::Mutex};
///
/// let session = Checker::new("shown").session(|| {
///     let seats = Mutex::new(2);
///     let mut seats = seats.lock();
///     *seats -= 1;
///     show("free seats", *seats);
/// });
/// let session = session.after([unsnarl::check::Move::Thread(0)])?;
/// assert_eq!(session.position().values[0].value, "1");
/// # Ok::<(), unsnarl::check::MoveError>(())
/// ```
pub fn show(name: &str, value: impl Display) {
    backend::show(name, || value.to_string());
}
