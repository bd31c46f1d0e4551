//! The language of the litmus programs: `W.rlx x 1; R.acq y | F.sc; A.ar y 1` is two threads of two operations each.
//!
//! | text | operation |
//! |---|---|
//! | `W.rel x 1` | store 1 into `x` with release ordering |
//! | `R.acq x` | load |
//! | `X.ar x 1` | swap |
//! | `A.rlx x 1` | `fetch_add` |
//! | `C.ar.rlx x 0 1` | compare-exchange of 0 by 1, with the orderings of success and of failure |
//! | `F.sc` | fence |

use std::{fmt, sync::atomic::Ordering};

/// One operation on one of the variables `x`, `y`, `z`, which all begin with 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Store(usize, u32, Ordering),
    Load(usize, Ordering),
    Swap(usize, u32, Ordering),
    Add(usize, u32, Ordering),
    CompareExchange { variable: usize, expected: u32, new: u32, success: Ordering, failure: Ordering },
    Fence(Ordering),
}

impl Action {
    pub(super) fn variable(self) -> Option<usize> {
        match self {
            Action::Store(variable, ..)
            | Action::Load(variable, _)
            | Action::Swap(variable, ..)
            | Action::Add(variable, ..)
            | Action::CompareExchange { variable, .. } => Some(variable),
            Action::Fence(_) => None,
        }
    }

    pub(super) fn reads(self) -> bool {
        !matches!(self, Action::Store(..) | Action::Fence(_))
    }

    /// What it writes if it reads this value (which is nothing to a store).
    pub(super) fn writes(self, read: u32) -> Option<u32> {
        match self {
            Action::Store(_, value, _) | Action::Swap(_, value, _) => Some(value),
            Action::Add(_, value, _) => Some(read + value),
            Action::CompareExchange { expected, new, .. } => (read == expected).then_some(new),
            Action::Load(..) | Action::Fence(_) => None,
        }
    }

    /// Its ordering if it writes or not: they differ for a compare-exchange only.
    pub(super) fn ordering(self, wrote: bool) -> Ordering {
        match self {
            Action::Store(.., ordering)
            | Action::Load(_, ordering)
            | Action::Swap(.., ordering)
            | Action::Add(.., ordering)
            | Action::Fence(ordering) => ordering,
            Action::CompareExchange { success, failure, .. } => {
                if wrote {
                    success
                } else {
                    failure
                }
            }
        }
    }
}

/// The threads of a litmus program.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Program(pub(super) Vec<Vec<Action>>);

impl Program {
    pub(super) fn parse(text: &str) -> Program {
        let threads = text.split('|').map(|thread| {
            thread
                .split(';')
                .map(|action| parse_action(action).unwrap_or_else(|| panic!("{action}")))
                .collect()
        });
        Program(threads.collect())
    }

    pub(super) fn variables(&self) -> usize {
        self.0.iter().flatten().filter_map(|action| action.variable()).max().map_or(0, |most| most + 1)
    }

    /// What an execution came to, as one digit for each operation that reads, and then for each variable that is stored to
    /// more than once its last value.
    pub(super) fn outcome(&self, registers: impl IntoIterator<Item = u32>, last: &[u32]) -> String {
        let stores = |variable: usize| {
            let writes =
                |action: &&Action| action.variable() == Some(variable) && !matches!(action, Action::Load(..));
            self.0.iter().flatten().filter(writes).count()
        };
        let last =
            last.iter().enumerate().filter(|(variable, _)| stores(*variable) > 1).map(|(_, value)| *value);
        registers.into_iter().chain(last).map(|value| value.to_string()).collect()
    }
}

fn parse_action(text: &str) -> Option<Action> {
    let mut words = text.split_whitespace();
    let mut head = words.next()?.split('.');
    let (kind, ordering) = (head.next()?, parse_ordering(head.next()?)?);
    let failure = head.next().and_then(parse_ordering);
    let variable = words.next().and_then(|name| "xyz".find(name));
    let numbers: Vec<u32> = words.map(|word| word.parse().ok()).collect::<Option<_>>()?;
    Some(match (kind, variable, numbers.as_slice()) {
        ("W", Some(variable), [value]) => Action::Store(variable, *value, ordering),
        ("R", Some(variable), []) => Action::Load(variable, ordering),
        ("X", Some(variable), [value]) => Action::Swap(variable, *value, ordering),
        ("A", Some(variable), [value]) => Action::Add(variable, *value, ordering),
        ("C", Some(variable), [expected, new]) => Action::CompareExchange {
            variable,
            expected: *expected,
            new: *new,
            success: ordering,
            failure: failure?,
        },
        ("F", None, []) => Action::Fence(ordering),
        _ => return None,
    })
}

const ORDERINGS: [(&str, Ordering); 5] = [
    ("rlx", Ordering::Relaxed),
    ("acq", Ordering::Acquire),
    ("rel", Ordering::Release),
    ("ar", Ordering::AcqRel),
    ("sc", Ordering::SeqCst),
];

fn parse_ordering(text: &str) -> Option<Ordering> {
    ORDERINGS.iter().find(|(name, _)| *name == text).map(|(_, ordering)| *ordering)
}

fn name(ordering: Ordering) -> &'static str {
    ORDERINGS.iter().find(|(_, listed)| *listed == ordering).expect("all orderings are listed").0
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let variable = |index: usize| char::from(b"xyz"[index]);
        match *self {
            Action::Store(at, value, ordering) => write!(f, "W.{} {} {value}", name(ordering), variable(at)),
            Action::Load(at, ordering) => write!(f, "R.{} {}", name(ordering), variable(at)),
            Action::Swap(at, value, ordering) => write!(f, "X.{} {} {value}", name(ordering), variable(at)),
            Action::Add(at, value, ordering) => write!(f, "A.{} {} {value}", name(ordering), variable(at)),
            Action::CompareExchange { variable: at, expected, new, success, failure } => {
                write!(f, "C.{}.{} {} {expected} {new}", name(success), name(failure), variable(at))
            }
            Action::Fence(ordering) => write!(f, "F.{}", name(ordering)),
        }
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let join =
            |thread: &Vec<Action>| thread.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        f.write_str(&self.0.iter().map(join).collect::<Vec<_>>().join(" | "))
    }
}
