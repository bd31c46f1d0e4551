//! A pusher and a popper on a stack under a mutex, ten rounds each.
//!
//! The popper looks at a flag that says that there is something; nobody ever takes the flag back. Two pops after one push
//! find nothing. Repaired, the popper asks the stack.

use unsnarl::parking_lot::Mutex;

use crate::{
    oracle::Oracle,
    threads::{Body, together},
};

const ROUNDS: usize = 10;

#[derive(Debug, Default)]
struct Stack {
    items: Vec<usize>,
    has_items: bool,
}

fn run(oracle: Oracle, may_pop: fn(&Stack) -> bool) {
    let push = |stack: &Mutex<Stack>| {
        for item in 0..ROUNDS {
            let mut stack = stack.lock();
            stack.items.push(item);
            stack.has_items = true;
        }
    };
    let pop = move |stack: &Mutex<Stack>| {
        for _ in 0..ROUNDS {
            let mut stack = stack.lock();
            if may_pop(&stack) {
                oracle.require(stack.items.pop().is_some(), "a pop from an empty stack");
            }
        }
    };
    together(Mutex::new(Stack::default()), [Box::new(push) as Body<_>, Box::new(pop)]);
}

pub(super) fn buggy(oracle: Oracle) {
    run(oracle, |stack| stack.has_items);
}

pub(super) fn fixed(oracle: Oracle) {
    run(oracle, |stack| !stack.items.is_empty());
}
