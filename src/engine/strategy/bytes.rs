//! The schedule as a sequence of bytes: a fuzzer's input decides who runs.

use super::{Decision, Strategy, View, members};

/// Takes one byte for each choice among several threads or values, and goes on fairly when the bytes are used up. Every
/// input is a valid schedule, and a small change of the input is a small change of the schedule.
#[derive(Debug)]
pub(crate) struct Bytes {
    input: Vec<u8>,
    at: usize,
    started: bool,
}

impl Bytes {
    pub(crate) fn new(input: Vec<u8>) -> Self {
        Bytes { input, at: 0, started: false }
    }

    fn next(&mut self) -> Option<usize> {
        let byte = self.input.get(self.at).copied();
        self.at += 1;
        byte.map(usize::from)
    }
}

impl Strategy for Bytes {
    fn new_execution(&mut self) -> bool {
        !std::mem::replace(&mut self.started, true)
    }

    fn choose(&mut self, view: &View<'_>) -> Decision {
        let count = view.candidates.count_ones() as usize;
        // No byte is spent where there is no choice, so that the input is as long as the schedule is interesting.
        if count == 1 {
            return Decision::Run(view.candidates.trailing_zeros() as usize);
        }
        Decision::Run(match self.next() {
            Some(byte) => members(view.candidates).nth(byte % count).expect("below the count"),
            None => view.fair_choice(),
        })
    }

    fn choose_value(&mut self, count: usize) -> usize {
        self.next().map_or(0, |byte| byte % count)
    }

    fn restart(&mut self) {
        self.at = 0;
        self.started = false;
    }
}
