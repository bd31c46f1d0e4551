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
    /// All hits when this period began.
    hits_before: u64,
    misses: u64,
    ratio: Option<f64>,
    step: f64,
    share: f64,
}

impl Climber {
    pub(super) fn new() -> Self {
        Climber { hits_before: 0, misses: 0, ratio: None, step: STEP_START, share: SHARE_START }
    }

    /// Counts a miss, after `hits` in all; ends a period when it is over, and says whether it was.
    #[inline]
    pub(super) fn miss(&mut self, hits: u64, len: usize) -> bool {
        self.misses += 1;
        let period = hits - self.hits_before;
        let requests = period + self.misses;
        let is_over = requests >= PERIOD_MIN.max(PERIOD_SHARE * len as u64);
        if is_over {
            (self.hits_before, self.misses) = (hits, 0);
            self.climb(period as f64 / requests as f64);
        }
        is_over
    }

    #[cold]
    fn climb(&mut self, ratio: f64) {
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
        let (mut climber, mut all) = (Climber::new(), 0);
        for _ in 0..400 {
            let share = climber.window(1000) as f64 / 1000.0;
            let hits = (1000.0 * (0.6 - 0.5 * (share - best).abs())) as u64;
            all += hits;
            (0..1000 - hits).for_each(|_| _ = climber.miss(all, 100));
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
