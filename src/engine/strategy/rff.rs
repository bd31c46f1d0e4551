//! Grey-box fuzzing of schedules by reads-from pairs (Wolff, Shi, Duck, Mathur, Roychoudhury, "Greybox fuzzing for
//! concurrency testing", ASPLOS 2024).
//!
//! An *abstract schedule* is a set of constraints: this step takes its value from that one, or does not. An execution tries to
//! satisfy them on top of partial-order sampling. One that shows a pair, or a set of pairs, for the first time enters the
//! corpus, and later executions try variations of it; those whose set of pairs is rare are varied more often.
//!
//! Beside the paper's mutations there is one more: all pairs of an execution again, but one step takes its value from
//! elsewhere. It reaches what differs in one communication from what was seen.

use super::{
    ThreadSet, bit, members,
    pos::Priorities,
    profile::{Profile, StableObject},
    random::SplitMix64,
    reads_from::{INITIAL, NO_SITE, Novelty, Pair, ReadsFrom, SiteIndex},
    sampled::{Sampler, Scene},
};
use crate::engine::op::{Op, ThreadIndex};

/// The most constraints of an abstract schedule, and the most abstract schedules that are kept.
const CONSTRAINTS_MAX: usize = 16;
const CORPUS_MAX: usize = 256;

/// Among how many entries of the corpus the next one to vary is picked.
const DRAWN: usize = 4;

/// `reader` takes its value from `writer`, or, negated, does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Constraint {
    pair: Pair,
    object: StableObject,
    negated: bool,
    /// It was satisfied in this execution: it holds for one step of the site, not for all.
    satisfied: bool,
}

/// The constraint that the pair shall be.
fn constraint(reads_from: &ReadsFrom, pair: Pair) -> Constraint {
    let object = reads_from.sites[pair.reader as usize].object;
    Constraint { pair, object, negated: false, satisfied: false }
}

/// An abstract schedule that was worth keeping.
#[derive(Debug, Default)]
struct Entry {
    constraints: Vec<Constraint>,
    /// What the execution under it showed.
    pairs: Vec<Pair>,
    combination: u64,
    /// How often it was varied.
    tried: u32,
}

/// The fuzzer.
#[derive(Debug, Default)]
pub(crate) struct Rff {
    reads_from: ReadsFrom,
    priorities: Priorities,
    /// The site of each thread's next operation.
    sites: Vec<SiteIndex>,
    constraints: Vec<Constraint>,
    corpus: Vec<Entry>,
    /// The sites that take values and those that leave some, on objects that several threads touch.
    readers: Vec<SiteIndex>,
    writers: Vec<SiteIndex>,
    /// What the last execution brought to light.
    novelty: Novelty,
    is_directing: bool,
}

/// What the constraints say of a thread's next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wish {
    Later,
    Indifferent,
    Now,
}

impl Rff {
    /// What the last execution brought to light.
    pub(crate) fn novelty(&self) -> Novelty {
        self.novelty
    }

    /// A fuzzer that directs all executions.
    pub(crate) fn alone() -> Self {
        Rff { is_directing: true, ..Rff::default() }
    }

    /// Says whether the executions to come are this sampler's own; it learns from others' all the same.
    pub(crate) fn direct(&mut self, is_directing: bool) {
        self.is_directing = is_directing;
    }

    /// Draws the abstract schedule of an execution.
    fn plan(&mut self, generator: &mut SplitMix64) {
        self.constraints.clear();
        if self.corpus.is_empty() || self.readers.is_empty() || generator.below(8) == 0 {
            return;
        }
        let entry = self.pick_entry(generator);
        self.corpus[entry].tried += 1;
        if generator.below(2) == 0 {
            self.divert(entry, generator);
        } else {
            self.constraints.extend_from_slice(&self.corpus[entry].constraints);
            // A geometric number of mutations.
            loop {
                self.mutate(generator);
                if generator.below(2) == 0 {
                    break;
                }
            }
        }
        for constraint in &mut self.constraints {
            constraint.satisfied = false;
        }
    }

    /// An entry of the corpus: of some, the one whose set of pairs is the rarest and that was tried the least.
    fn pick_entry(&self, generator: &mut SplitMix64) -> usize {
        let some = (0..DRAWN).map(|_| generator.below(self.corpus.len()));
        let worn = |entry: &usize| {
            let entry = &self.corpus[*entry];
            u64::from(self.reads_from.times(entry.combination)) + u64::from(entry.tried)
        };
        some.min_by_key(worn).expect("some are drawn")
    }

    /// All pairs of the entry's execution again, but that one step takes its value from elsewhere.
    fn divert(&mut self, entry: usize, generator: &mut SplitMix64) {
        let pairs = &self.corpus[entry].pairs;
        if pairs.is_empty() {
            return;
        }
        let from = generator.below(pairs.len());
        for at in 0..pairs.len().min(CONSTRAINTS_MAX) {
            let pair = pairs[(from + at) % pairs.len()];
            self.constraints.push(constraint(&self.reads_from, pair));
        }
        let reader = self.constraints[0].pair.reader;
        let writer = self.any_writer(reader, generator);
        if writer == self.constraints[0].pair.writer {
            self.constraints[0].negated = true;
        } else {
            self.constraints[0].pair.writer = writer;
        }
    }

    /// Adds, negates, removes or changes a constraint.
    fn mutate(&mut self, generator: &mut SplitMix64) {
        let kinds = if self.constraints.is_empty() { 1 } else { 4 };
        match generator.below(kinds) {
            0 if self.constraints.len() < CONSTRAINTS_MAX => {
                let reader = self.readers[generator.below(self.readers.len())];
                let writer = self.any_writer(reader, generator);
                self.constraints.push(constraint(&self.reads_from, Pair { reader, writer }));
            }
            1 => {
                let at = generator.below(self.constraints.len());
                self.constraints[at].negated ^= true;
            }
            2 => {
                let at = generator.below(self.constraints.len());
                self.constraints.swap_remove(at);
            }
            _ => {
                let at = generator.below(self.constraints.len());
                let writer = self.any_writer(self.constraints[at].pair.reader, generator);
                self.constraints[at].pair.writer = writer;
            }
        }
    }

    /// A site that leaves values on the object that `reader` takes them from, or the object's first state.
    fn any_writer(&self, reader: SiteIndex, generator: &mut SplitMix64) -> SiteIndex {
        let object = self.reads_from.sites[reader as usize].object;
        let of_object = || {
            self.writers
                .iter()
                .copied()
                .filter(|writer| self.reads_from.sites[*writer as usize].object == object)
        };
        let nth = generator.below(of_object().count() + 1);
        of_object().nth(nth).unwrap_or(INITIAL)
    }

    /// What the constraints say of a candidate's next step.
    fn wish(&self, thread: ThreadIndex, op: &Op) -> Wish {
        let site = self.sites[thread];
        if site == NO_SITE {
            return Wish::Indifferent;
        }
        let object = self.reads_from.sites[site as usize].object;
        let last = self.reads_from.writer(op.object);
        let mut wish = Wish::Indifferent;
        for constraint in &self.constraints {
            let Constraint { pair, negated, satisfied, .. } = *constraint;
            if satisfied || constraint.object != object {
                continue;
            }
            let matches = last == pair.writer;
            if site == pair.reader {
                if negated == matches {
                    // The first state does not come back.
                    if negated || pair.writer != INITIAL {
                        return Wish::Later;
                    }
                } else if !negated {
                    wish = Wish::Now;
                }
            } else if !negated && matches && self.reads_from.sites[site as usize].writes {
                // The value is there, and the step that should take it has yet to come.
                return Wish::Later;
            }
        }
        wish
    }

    /// Brings the lists of sites up to date.
    fn list_sites(&mut self, profile: &Profile) {
        self.readers.clear();
        self.writers.clear();
        for (index, site) in (0..).zip(&self.reads_from.sites) {
            if profile.is_contended(site.object) {
                self.readers.extend(site.reads.then_some(index));
                self.writers.extend(site.writes.then_some(index));
            }
        }
    }

    /// Keeps the abstract schedule of an execution that showed something new, if need be in place of the one that was tried
    /// most among some.
    fn keep(&mut self, generator: &mut SplitMix64) {
        let at = if self.corpus.len() < CORPUS_MAX {
            self.corpus.push(Entry::default());
            self.corpus.len() - 1
        } else {
            let some = (0..DRAWN).map(|_| generator.below(CORPUS_MAX));
            some.max_by_key(|entry| self.corpus[*entry].tried).expect("some are drawn")
        };
        let entry = &mut self.corpus[at];
        entry.constraints.clone_from(&self.constraints);
        entry.pairs.clone_from(&self.reads_from.pairs);
        entry.combination = self.reads_from.combination();
        entry.tried = 0;
    }
}

impl Sampler for Rff {
    fn begin(&mut self, _profile: &Profile, generator: &mut SplitMix64) {
        self.reads_from.begin();
        if self.is_directing {
            self.plan(generator);
        } else {
            self.constraints.clear();
        }
    }

    fn look(&mut self, scene: &mut Scene<'_>) {
        self.priorities.look(scene);
        if self.sites.len() < scene.view.pending.len() {
            self.sites.resize(scene.view.pending.len(), NO_SITE);
        }
        for thread in members(scene.fresh) {
            self.sites[thread] = self.reads_from.site(scene.op(thread), scene.profile);
        }
    }

    fn choose(&mut self, scene: &mut Scene<'_>) -> ThreadIndex {
        let candidates = scene.view.candidates;
        if self.constraints.is_empty() {
            return self.priorities.highest(candidates);
        }
        let (mut best, mut highest): (ThreadSet, Wish) = (0, Wish::Later);
        for thread in members(candidates) {
            let wish = self.wish(thread, scene.op(thread));
            if wish > highest {
                (best, highest) = (0, wish);
            }
            if wish == highest {
                best |= bit(thread);
            }
        }
        self.priorities.highest(best)
    }

    fn step(&mut self, scene: &mut Scene<'_>, thread: ThreadIndex, op: &Op) {
        self.priorities.step(scene, thread, op);
        let site = self.sites[thread];
        if !self.constraints.is_empty() && site != NO_SITE {
            let taken = Pair { reader: site, writer: self.reads_from.writer(op.object) };
            for constraint in &mut self.constraints {
                constraint.satisfied |= !constraint.negated && constraint.pair == taken;
            }
        }
        self.reads_from.step(thread, op.object, site);
    }

    fn end(&mut self, profile: &Profile, generator: &mut SplitMix64) {
        self.novelty = self.reads_from.end();
        if self.novelty.pairs > 0 {
            self.list_sites(profile);
        }
        if self.novelty.combination || self.novelty.pairs > 0 {
            self.keep(generator);
        }
    }

    fn restart(&mut self) {
        *self = Rff { is_directing: self.is_directing, ..Rff::default() };
    }
}
