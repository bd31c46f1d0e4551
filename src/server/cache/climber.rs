//! How large the window is: where the hit ratio rises, by small steps (Einziger, Eytan, Friedman, Manes, "Adaptive software
//! cache management", 2018).
//!
//! A small window suits what is asked for evenly over time, a large one what comes in bursts. Which of them it is changes.

/// Requests of a period, as a multiple of the entries kept.
const PERIOD_SHARE: u64 = 10;
/// A period has at least so many.
const PERIOD_MIN: u64 = 256;
/// The window's share of the weight, in thousandths: at first, at least, at most.
const SHARE_START: f64 = 10.0;
const SHARE_MIN: f64 = 1.0;
const SHARE_MAX: f64 = 800.0;
/// The first step, and a step after the ratio has changed by much. Larger ones find the window of bursts sooner, and cost hits
/// where any small window does: there the ratio changes by chance alone, and the window wanders.
const STEP_START: f64 = 10.0;
/// What a step shrinks to, so that it settles.
const STEP_DECAY: f64 = 0.99;
/// A change of the hit ratio by which the load is taken for another.
const RESTART: f64 = 0.05;

/// The climber's place.
#[derive(Debug)]
pub(super) struct Climber {
    hits: u64,
    misses: u64,
    ratio: Option<f64>,
    step: f64,
    share: f64,
}

impl Climber {
    pub(super) fn new() -> Self {
        Climber { hits: 0, misses: 0, ratio: None, step: STEP_START, share: SHARE_START }
    }

    pub(super) fn hit(&mut self) {
        self.hits += 1;
    }

    /// Counts a miss; ends a period when it is over.
    pub(super) fn miss(&mut self, len: usize) {
        self.misses += 1;
        let requests = self.hits + self.misses;
        if requests < PERIOD_MIN.max(PERIOD_SHARE * len as u64) {
            return;
        }
        let ratio = self.hits as f64 / requests as f64;
        (self.hits, self.misses) = (0, 0);
        let Some(before) = self.ratio.replace(ratio) else { return };
        let change = ratio - before;
        let direction = if change >= 0.0 { self.step } else { -self.step };
        self.step =
            if change.abs() >= RESTART { STEP_START.copysign(direction) } else { direction * STEP_DECAY };
        self.share = (self.share + direction).clamp(SHARE_MIN, SHARE_MAX);
    }

    /// What the window may weigh of `weight_max`.
    pub(super) fn window(&self, weight_max: usize) -> usize {
        (weight_max as f64 * self.share / 1000.0) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With a load whose hit ratio depends on the window, it ends near the best one.
    fn climbed(best: f64) -> f64 {
        let mut climber = Climber::new();
        for _ in 0..400 {
            let share = climber.window(1000) as f64 / 1000.0;
            let hits = (1000.0 * (0.6 - 0.5 * (share - best).abs())) as u64;
            (0..hits).for_each(|_| climber.hit());
            (0..1000 - hits).for_each(|_| climber.miss(100));
        }
        climber.window(1000) as f64 / 1000.0
    }

    #[test]
    fn finds_the_best_window() {
        for best in [0.05, 0.3, 0.7] {
            let found = climbed(best);
            assert!((found - best).abs() < 0.15, "{found} for {best}");
        }
    }
}
