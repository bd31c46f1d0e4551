//! Operations on lock-free queues, for generated programs.

use proptest::prelude::*;
use unsnarl::{
    deque::{Injector, Steal, Worker},
    queue::ArrayQueue,
};

/// One operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum QueueAction {
    Push,
    ForcePush,
    Pop,
    Len,
    Inject,
    Steal,
    /// Steals again as long as another thread comes between.
    StealForSure,
    StealBatch,
}

/// What they are done to.
pub(super) struct Queues {
    bounded: ArrayQueue<u32>,
    injector: Injector<u32>,
}

fn said(stolen: Steal<u32>) -> u32 {
    match stolen {
        Steal::Success(task) => task,
        Steal::Empty => 1_000,
        Steal::Retry => 2_000,
    }
}

impl Queues {
    pub(super) fn new() -> Self {
        Queues { bounded: ArrayQueue::new(2), injector: Injector::new() }
    }

    pub(super) fn perform(&self, action: QueueAction, log: &mut Vec<u32>) {
        let value = 10 + log.len() as u32;
        match action {
            QueueAction::Push => log.push(u32::from(self.bounded.push(value).is_ok())),
            QueueAction::ForcePush => log.push(self.bounded.force_push(value).unwrap_or(1_000)),
            QueueAction::Pop => log.push(self.bounded.pop().unwrap_or(1_000)),
            QueueAction::Len => log.push(self.bounded.len() as u32),
            QueueAction::Inject => self.injector.push(value),
            QueueAction::Steal => log.push(said(self.injector.steal())),
            QueueAction::StealForSure => loop {
                let stolen = self.injector.steal();
                if !stolen.is_retry() {
                    log.push(said(stolen));
                    break;
                }
            },
            QueueAction::StealBatch => {
                let own = Worker::new_lifo();
                log.push(said(self.injector.steal_batch_and_pop(&own)));
                while let Some(task) = own.pop() {
                    log.push(task);
                }
            }
        }
    }

    /// What is left in the end.
    pub(super) fn rest(&self) -> Vec<u32> {
        let stolen = std::iter::from_fn(|| self.injector.steal().success());
        std::iter::from_fn(|| self.bounded.pop()).chain(stolen).collect()
    }
}

pub(super) fn queue_actions() -> BoxedStrategy<QueueAction> {
    prop_oneof![
        2 => Just(QueueAction::Push),
        1 => Just(QueueAction::ForcePush),
        3 => Just(QueueAction::Pop),
        1 => Just(QueueAction::Len),
        3 => Just(QueueAction::Inject),
        2 => Just(QueueAction::Steal),
        1 => Just(QueueAction::StealForSure),
        1 => Just(QueueAction::StealBatch),
    ]
    .boxed()
}
