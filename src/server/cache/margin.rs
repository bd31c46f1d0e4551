//! By how much a candidate's count has to exceed the victim's: learnt by watching some pairs of them.
//!
//! Counts are not exact, and how much they say about what comes next depends on the load: in a loop all are equal but for one;
//! where popularity moves, the lower count is the one that rises. So of pairs whose counts differ by about the margin, where
//! either could have been kept, some are watched until one of the two is asked for. If that is the candidate, the margin
//! falls; if it is the victim, it rises. It comes to rest where both are asked for first equally often (Robbins, Monro, "A
//! stochastic approximation method", 1951).

/// Two for each pair that is watched.
const SLOTS: usize = 64;
/// At first.
const START: f64 = 1.0;
/// At most, since after a long loop it has to come down again. It is at least 0: what was asked for less often never gets in.
const MAX: f64 = 3.0;
/// What an outcome changes, when both weigh the same.
const STEP: f64 = 0.1;
/// Pairs whose counts differ by less than this from the margin are watched.
const NEAR: f64 = 1.0;
/// Another pair takes the place of one that was not asked for in so many requests, as a multiple of the entries kept.
const PATIENCE_SHARE: u32 = 10;

/// The margin, and the pairs.
#[derive(Debug)]
pub(super) struct Margin {
    value: f64,
    /// At the place that is its own: who is watched, by the lower half of the hash. A free place has one that belongs elsewhere.
    hashes: [u32; SLOTS],
    sides: [Side; SLOTS],
}

/// One of a pair.
#[derive(Debug, Clone, Copy, Default)]
struct Side {
    /// Where the other is.
    rival: u8,
    /// When it began, in requests.
    since: u32,
    /// What the margin changes by if this one is asked for first.
    step: f64,
}

impl Margin {
    pub(super) fn new() -> Self {
        Margin { value: START, hashes: std::array::from_fn(free), sides: [Side::default(); SLOTS] }
    }

    pub(super) fn get(&self) -> f64 {
        self.value
    }

    /// This one is asked for.
    #[inline]
    pub(super) fn asked(&mut self, hash: u64) {
        let at = slot(hash);
        if self.hashes[at] == hash as u32 {
            self.learn(at);
        }
    }

    #[cold]
    fn learn(&mut self, at: usize) {
        self.value = (self.value + self.sides[at].step).clamp(0.0, MAX);
        self.end(at);
    }

    /// Watches a candidate and a victim, by their hashes, whose counts differ by `lead`, if that is near the margin and there
    /// is a place. Says whether it does.
    ///
    /// Worth is what they are asked for divided by the root of the weight; `root` is that of the victim's weight as a multiple
    /// of the candidate's. Two of the same worth leave the margin where it is on the average: the lighter one is to be asked
    /// for first less often, and its step is larger.
    #[inline]
    pub(super) fn watch(
        &mut self,
        candidate: u64,
        victim: u64,
        lead: f64,
        root: f64,
        now: u32,
        len: usize,
    ) -> bool {
        let is_near = (lead - self.value).abs() < NEAR;
        is_near && slot(candidate) != slot(victim) && self.begin(candidate, victim, root, now, len)
    }

    fn begin(&mut self, candidate: u64, victim: u64, root: f64, now: u32, len: usize) -> bool {
        let patience = PATIENCE_SHARE.saturating_mul(len.try_into().unwrap_or(u32::MAX));
        let places = [slot(candidate), slot(victim)];
        if places.iter().any(|at| self.taken(*at) && now.wrapping_sub(self.sides[*at].since) < patience) {
            return false;
        }
        for at in places {
            if self.taken(at) {
                self.end(at);
            }
        }
        let step = STEP * 2.0 / (1.0 + root);
        for (hash, rival, step) in [(candidate, victim, -step * root), (victim, candidate, step)] {
            self.hashes[slot(hash)] = hash as u32;
            self.sides[slot(hash)] = Side { rival: slot(rival) as u8, since: now, step };
        }
        true
    }

    fn taken(&self, at: usize) -> bool {
        self.hashes[at] != free(at)
    }

    /// Both places are free again.
    fn end(&mut self, at: usize) {
        for at in [at, self.sides[at].rival.into()] {
            self.hashes[at] = free(at);
        }
    }

    /// Panics when the bookkeeping contradicts itself; for tests.
    pub(super) fn validate(&self) {
        assert!((0.0..=MAX).contains(&self.value), "the margin is within its bounds");
        for at in (0..SLOTS).filter(|at| self.taken(*at)) {
            let rival = usize::from(self.sides[at].rival);
            assert_eq!(slot(self.hashes[at].into()), at, "each is at its place");
            assert!(
                self.taken(rival) && usize::from(self.sides[rival].rival) == at,
                "each has the other as its rival"
            );
        }
    }
}

fn slot(hash: u64) -> usize {
    (hash % SLOTS as u64) as usize
}

/// A hash that does not belong at this place.
fn free(at: usize) -> u32 {
    !(at as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Watches pairs of equal counts but for the margin, of which the one that `first` says is asked for.
    fn watched(rounds: u64, root: f64, first: impl Fn(u64, f64) -> bool) -> f64 {
        let mut margin = Margin::new();
        for round in 0..rounds {
            let (candidate, victim) = (1000 + 2 * round, 1001 + 2 * round);
            let lead = margin.get();
            margin.watch(candidate, victim, lead, root, round as u32, 100);
            margin.validate();
            margin.asked(if first(round, lead) { candidate } else { victim });
            // The pair is over.
            let over = margin.get();
            margin.asked(candidate);
            margin.asked(victim);
            assert_eq!(margin.get(), over);
        }
        margin.get()
    }

    #[test]
    fn follows_who_is_asked_for_first() {
        assert_eq!(watched(100, 1.0, |_, _| true), 0.0);
        assert_eq!(watched(100, 1.0, |_, _| false), MAX);
    }

    #[test]
    fn comes_to_rest_where_both_are_asked_for_first() {
        let found = watched(100, 1.0, |_, margin| margin > 1.7);
        assert!((found - 1.7).abs() <= STEP, "{found}");
    }

    /// A victim of four times the weight is worth the same when it is asked for first twice as often.
    #[test]
    fn weighs_by_the_root_of_the_weight() {
        let found = watched(99, 2.0, |round, _| round % 3 == 0);
        assert!((found - START).abs() <= STEP, "{found}");
    }

    #[test]
    fn who_is_never_asked_for_makes_room() {
        let mut margin = Margin::new();
        margin.watch(1, 2, START, 1.0, 0, 10);
        margin.watch(1 + SLOTS as u64, 3, START, 1.0, 99, 10);
        margin.asked(3);
        assert_eq!(margin.get(), START);
        margin.watch(1 + SLOTS as u64, 3, START, 1.0, 100, 10);
        margin.asked(2);
        assert_eq!(margin.get(), START);
        margin.asked(3);
        assert_eq!(margin.get(), START + STEP);
        margin.validate();
    }

    #[test]
    fn only_what_the_margin_decides_is_watched() {
        let mut margin = Margin::new();
        margin.watch(1, 2, START + NEAR, 1.0, 0, 10);
        margin.watch(3, 4, START - NEAR, 1.0, 0, 10);
        margin.watch(5, 5 + SLOTS as u64, START, 1.0, 0, 10);
        (1..6).for_each(|hash| margin.asked(hash));
        assert_eq!(margin.get(), START);
    }
}
