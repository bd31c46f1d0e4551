//! Which threads have a next operation, by what is known of whether it can proceed.
//!
//! Who locks a mutex or joins a thread is told when that becomes possible, and when it is not possible any more: these are
//! the most frequent ones, and need not be asked before each choice. So they are among the *free*, or nowhere.

use super::{
    execution::World,
    object::State,
    op::{ObjectIndex, OpKind, ThreadIndex},
    strategy::ThreadSet,
};

/// A set of threads, in words, since most models have no more than fit into the first.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Threads([u64; 2]);

/// How many threads the first word has.
pub(super) const WORD_BITS: usize = u64::BITS as usize;

impl Threads {
    /// More than [`THREADS_MAX`](super::strategy::THREADS_MAX) are refused at the next choice, and in no set until then.
    #[inline]
    pub(super) fn insert(&mut self, thread: ThreadIndex) {
        if let Some(word) = self.0.get_mut(thread / WORD_BITS) {
            *word |= 1 << (thread % WORD_BITS);
        }
    }

    #[inline]
    pub(super) fn remove(&mut self, thread: ThreadIndex) {
        if let Some(word) = self.0.get_mut(thread / WORD_BITS) {
            *word &= !(1 << (thread % WORD_BITS));
        }
    }

    #[inline]
    fn insert_all(&mut self, others: &Threads) {
        self.0[0] |= others.0[0];
        self.0[1] |= others.0[1];
    }

    #[inline]
    fn remove_all(&mut self, others: &Threads) {
        self.0[0] &= !others.0[0];
        self.0[1] &= !others.0[1];
    }

    /// Those of the first word.
    #[inline]
    pub(super) fn few(self) -> u64 {
        self.0[0]
    }

    pub(super) fn all(self) -> ThreadSet {
        ThreadSet::from(self.0[0]) | ThreadSet::from(self.0[1]) << WORD_BITS
    }
}

/// The threads that have a next operation. Who is in neither set has none, or waits for a mutex or the end of a thread.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Published {
    /// Nothing is in the way of these.
    pub(super) free: Threads,
    /// The state of the object decides, see [`World::readiness`].
    pub(super) asking: Threads,
}

impl Published {
    /// A mutex was taken by the thread; the others are those that are about to lock it.
    #[inline]
    pub(super) fn taken(&mut self, thread: ThreadIndex, asked_by: &mut Threads) {
        asked_by.remove(thread);
        self.free.remove_all(asked_by);
    }

    /// A mutex was given back that these are about to lock, or a thread has ended that they join.
    #[inline]
    pub(super) fn opened(&mut self, asked_by: &Threads) {
        self.free.insert_all(asked_by);
    }

    /// The thread has no next operation any more.
    #[inline]
    pub(super) fn delist(&mut self, thread: ThreadIndex) {
        self.free.remove(thread);
        self.asking.remove(thread);
    }
}

impl World {
    /// The thread, which is in no set, is about to perform this operation. `waits`: it is a lock of a mutex that somebody has,
    /// or a join of a thread that has not ended.
    #[inline(always)]
    pub(super) fn enlist(&mut self, thread: ThreadIndex, kind: OpKind, object: ObjectIndex, waits: bool) {
        if matches!(kind, OpKind::Lock | OpKind::Join) {
            self.objects.get_mut(object).asked_by.insert(thread);
            if !waits {
                self.published.free.insert(thread);
            }
        } else if is_free(kind) {
            self.published.free.insert(thread);
        } else {
            self.published.asking.insert(thread);
        }
    }

    /// Whether nobody has the mutex.
    #[inline]
    pub(super) fn is_free(&self, mutex: ObjectIndex) -> bool {
        !matches!(self.object(mutex).state, State::Mutex { owner: Some(_) })
    }

    /// Whether the thread, of which this is the object, has come to its end.
    #[inline]
    pub(super) fn has_ended(&self, thread: ObjectIndex) -> bool {
        match self.object(thread).state {
            State::Thread { index } => self.thread(index).finished,
            _ => true,
        }
    }
}

/// Whether an operation of this kind can always proceed.
#[inline]
fn is_free(kind: OpKind) -> bool {
    use OpKind::{
        Choose, Fence, Load, NotifyAll, NotifyOne, Release, Rmw, Start, Store, TryLock, Unlock, Wait,
    };
    matches!(
        kind,
        Start
            | Load
            | Store
            | Rmw
            | Fence
            | TryLock
            | Unlock
            | NotifyOne
            | NotifyAll
            | Wait
            | Release
            | Choose
    )
}
