//! Looks for a schedule of the same finding with fewer preemptions, then fewer steps: it is easier to read.

use std::time::Duration;

use super::{
    Checker,
    explore::{Budget, End, Model, explore},
    observe::Observed,
    plan::Plan,
};
use crate::engine::{
    Mode,
    strategy::{Bound, Reduction},
};

/// What the search for a shorter schedule may cost, for each number of preemptions.
const BUDGET: Budget = Budget { executions: Some(20_000), steps: None, time: Duration::from_millis(150) };

pub(super) fn shrink(checker: &Checker, found: Observed, mode: Mode, model: &Model) -> Observed {
    for bound in 0..found.preemptions {
        let exploration = explore(
            checker,
            Plan::Exhaustive(Reduction::None, Some(Bound::Preemptions(bound))),
            BUDGET,
            mode,
            model,
        );
        if let End::Found(shorter) = exploration.end
            && shorter.kind == found.kind
            && shorter.preemptions <= found.preemptions
        {
            return *shorter;
        }
    }
    found
}
