//! Visible operations: what a thread is about to do, and which pairs of operations depend on each other.

use std::panic::Location;

/// A thread of a model, numbered in the order of spawning; the main thread is 0.
pub(crate) type ThreadIndex = usize;

/// An object of a model, numbered in the order of first use.
pub(crate) type ObjectIndex = u32;

/// Stands for "no object" in an [`Op`].
pub(crate) const NO_OBJECT: ObjectIndex = u32::MAX;

/// What a visible operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum OpKind {
    /// The first step of a spawned thread.
    Start,
    /// Locks a mutex.
    Lock,
    /// Locks a mutex, or gives up when time runs out.
    LockTimed,
    /// Locks a mutex if it is free.
    TryLock,
    /// Unlocks a mutex; a step of its own only in programs that can observe it, see [`OpKind::observes_release`].
    Unlock,
    /// Read-locks.
    Read,
    /// Read-locks, or gives up when time runs out.
    ReadTimed,
    /// Read-locks if possible now.
    TryRead,
    /// Gives a read lock back.
    UnlockRead,
    /// Write-locks.
    Write,
    /// Write-locks, or gives up when time runs out.
    WriteTimed,
    /// Write-locks if possible now.
    TryWrite,
    /// Gives a write lock back.
    UnlockWrite,
    /// Turns a write lock into a read lock.
    Downgrade,
    /// Releases the mutex and begins to wait on a condition variable.
    Wait,
    /// As `Wait`, with a time limit.
    WaitTimed,
    /// Woken from a condition variable: locks the mutex again.
    Relock,
    /// Still waiting on a condition variable with a time limit: wakes by notification or by time.
    RelockTimed,
    /// Wakes one waiter.
    NotifyOne,
    /// Wakes all waiters.
    NotifyAll,
    /// Takes permits.
    Acquire,
    /// Takes permits, or gives up when time runs out.
    AcquireTimed,
    /// Takes permits if they are there.
    TryAcquire,
    /// Gives permits back.
    Release,
    /// Reads the number of permits.
    Permits,
    /// Closes a semaphore.
    CloseSemaphore,
    /// Arrives at a barrier.
    Arrive,
    /// Leaves a barrier.
    Pass,
    /// Sends into a channel.
    Send,
    /// Sends, or gives up when time runs out.
    SendTimed,
    /// Sends if there is room.
    TrySend,
    /// Waits until the value that was offered on a rendezvous channel is taken.
    Taken,
    /// Receives from a channel.
    Recv,
    /// Receives, or gives up when time runs out.
    RecvTimed,
    /// Receives if something is there.
    TryRecv,
    /// Reads the length of a channel.
    Len,
    /// Drops the last sender of a channel.
    CloseSenders,
    /// Drops the last receiver of a channel.
    CloseReceivers,
    /// Atomic load.
    Load,
    /// Atomic store.
    Store,
    /// Atomic read-modify-write, a compare-exchange that may fail included.
    Rmw,
    /// Memory fence.
    Fence,
    /// Waits for a thread to end.
    Join,
    /// Asks whether a thread has ended.
    IsFinished,
    /// Waits for a thread's park token.
    Park,
    /// As `Park`, with a time limit.
    ParkTimed,
    /// Hands a thread its park token.
    Unpark,
    /// Lets others run.
    Yield,
    /// Sleeps in virtual time.
    Sleep,
    /// The end of a thread; a step only in programs that can observe it.
    Finish,
}

/// A visible operation that a thread has published and is about to perform.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Op {
    /// What it does.
    pub(crate) kind: OpKind,
    /// The object that it does it to, or [`NO_OBJECT`].
    pub(crate) object: ObjectIndex,
    /// An argument whose meaning depends on the kind: a number of permits, the mutex of a wait, a thread.
    pub(crate) arg: u32,
    /// A second object that the operation changes: the mutex that a wait releases, in programs that can observe it.
    pub(crate) second: ObjectIndex,
    /// The place in the program.
    pub(crate) place: &'static Location<'static>,
}

impl Op {
    pub(crate) fn new(
        kind: OpKind,
        object: ObjectIndex,
        arg: u32,
        place: &'static Location<'static>,
    ) -> Self {
        Op { kind, object, arg, second: NO_OBJECT, place }
    }

    /// Whether the two operations of different threads depend on each other: swapping them where they stand next to
    /// each other can change what either of them, or anything after them, does.
    #[inline]
    pub(crate) fn depends_on(&self, other: &Op) -> bool {
        let meet =
            |object: ObjectIndex| object != NO_OBJECT && (object == other.object || object == other.second);
        if self.kind == OpKind::Pass || other.kind == OpKind::Pass {
            // Leaving a barrier depends on the arrivals, but no later arrival depends on it.
            return false;
        }
        let asks_for_end = |kind| matches!(kind, OpKind::Join | OpKind::IsFinished);
        if asks_for_end(self.kind) || asks_for_end(other.kind) {
            // A thread's end and its park token are kept under one object, but have nothing to do with each other.
            return self.object == other.object
                && (self.kind == OpKind::Finish || other.kind == OpKind::Finish);
        }
        (meet(self.object) && !(self.kind.only_reads() && other.kind.only_reads())) || meet(self.second)
    }

    /// Whether a state can exist in which both operations, of different threads and dependent, can be performed. If not,
    /// they can never swap places. `self` is the earlier one.
    #[inline]
    pub(crate) fn may_be_enabled_with(&self, later: &Op) -> bool {
        use OpKind::{
            Finish, Join, Lock, Read, Relock, Unlock, UnlockRead, UnlockWrite, Wait, WaitTimed, Write,
        };
        !matches!(
            (self.kind, later.kind),
            (Unlock | Wait | WaitTimed, Lock | Relock)
                | (UnlockRead, Write)
                | (UnlockWrite, Read | Write)
                | (Finish, Join)
        )
    }
}

impl OpKind {
    /// Operations that leave the object as it is; two of them on one object are independent.
    #[inline]
    pub(crate) fn only_reads(self) -> bool {
        matches!(
            self,
            OpKind::Load
                | OpKind::Read
                | OpKind::ReadTimed
                | OpKind::TryRead
                | OpKind::Permits
                | OpKind::Len
                | OpKind::IsFinished
                | OpKind::Join
                | OpKind::Pass
        )
    }

    /// Operations by which a program can see that another thread is *inside* a critical section or has not ended yet.
    ///
    /// Without them the moment of an unlock cannot be observed: only the order of acquisitions counts, and an unlock is
    /// no step of its own. As soon as one of these is seen, the exploration starts again with visible unlocks.
    #[inline]
    pub(crate) fn observes_release(self) -> bool {
        matches!(
            self,
            OpKind::TryLock
                | OpKind::LockTimed
                | OpKind::TryRead
                | OpKind::ReadTimed
                | OpKind::TryWrite
                | OpKind::WriteTimed
                | OpKind::IsFinished
        )
    }

    /// Operations that give up when time runs out.
    #[inline]
    pub(crate) fn is_timed(self) -> bool {
        matches!(
            self,
            OpKind::LockTimed
                | OpKind::ReadTimed
                | OpKind::WriteTimed
                | OpKind::RelockTimed
                | OpKind::AcquireTimed
                | OpKind::SendTimed
                | OpKind::RecvTimed
                | OpKind::ParkTimed
        )
    }

    /// Operations after which a thread that yielded has reason to look again.
    #[inline]
    pub(crate) fn may_change_state(self) -> bool {
        !matches!(self, OpKind::Yield | OpKind::Load | OpKind::Permits | OpKind::Len | OpKind::IsFinished)
    }

    /// The word for the operation in schedules and reports.
    pub(crate) fn word(self) -> &'static str {
        match self {
            OpKind::Start => "start",
            OpKind::Lock => "lock",
            OpKind::LockTimed => "lock-timed",
            OpKind::TryLock => "try-lock",
            OpKind::Unlock => "unlock",
            OpKind::Read => "read-lock",
            OpKind::ReadTimed => "read-lock-timed",
            OpKind::TryRead => "try-read-lock",
            OpKind::UnlockRead => "read-unlock",
            OpKind::Write => "write-lock",
            OpKind::WriteTimed => "write-lock-timed",
            OpKind::TryWrite => "try-write-lock",
            OpKind::UnlockWrite => "write-unlock",
            OpKind::Downgrade => "downgrade",
            OpKind::Wait => "wait",
            OpKind::WaitTimed => "wait-timed",
            OpKind::Relock => "wake",
            OpKind::RelockTimed => "wake-timed",
            OpKind::NotifyOne => "notify-one",
            OpKind::NotifyAll => "notify-all",
            OpKind::Acquire => "acquire",
            OpKind::AcquireTimed => "acquire-timed",
            OpKind::TryAcquire => "try-acquire",
            OpKind::Release => "release",
            OpKind::Permits => "permits",
            OpKind::CloseSemaphore => "close",
            OpKind::Arrive => "arrive",
            OpKind::Pass => "pass",
            OpKind::Send => "send",
            OpKind::SendTimed => "send-timed",
            OpKind::TrySend => "try-send",
            OpKind::Taken => "taken",
            OpKind::Recv => "recv",
            OpKind::RecvTimed => "recv-timed",
            OpKind::TryRecv => "try-recv",
            OpKind::Len => "len",
            OpKind::CloseSenders => "drop-senders",
            OpKind::CloseReceivers => "drop-receivers",
            OpKind::Load => "load",
            OpKind::Store => "store",
            OpKind::Rmw => "rmw",
            OpKind::Fence => "fence",
            OpKind::Join => "join",
            OpKind::IsFinished => "is-finished",
            OpKind::Park => "park",
            OpKind::ParkTimed => "park-timed",
            OpKind::Unpark => "unpark",
            OpKind::Yield => "yield",
            OpKind::Sleep => "sleep",
            OpKind::Finish => "finish",
        }
    }

    /// Every kind.
    const ALL: [OpKind; 50] = [
        OpKind::Start,
        OpKind::Lock,
        OpKind::LockTimed,
        OpKind::TryLock,
        OpKind::Unlock,
        OpKind::Read,
        OpKind::ReadTimed,
        OpKind::TryRead,
        OpKind::UnlockRead,
        OpKind::Write,
        OpKind::WriteTimed,
        OpKind::TryWrite,
        OpKind::UnlockWrite,
        OpKind::Downgrade,
        OpKind::Wait,
        OpKind::WaitTimed,
        OpKind::Relock,
        OpKind::RelockTimed,
        OpKind::NotifyOne,
        OpKind::NotifyAll,
        OpKind::Acquire,
        OpKind::AcquireTimed,
        OpKind::TryAcquire,
        OpKind::Release,
        OpKind::Permits,
        OpKind::CloseSemaphore,
        OpKind::Arrive,
        OpKind::Pass,
        OpKind::Send,
        OpKind::SendTimed,
        OpKind::TrySend,
        OpKind::Taken,
        OpKind::Recv,
        OpKind::RecvTimed,
        OpKind::TryRecv,
        OpKind::Len,
        OpKind::CloseSenders,
        OpKind::CloseReceivers,
        OpKind::Load,
        OpKind::Store,
        OpKind::Rmw,
        OpKind::Fence,
        OpKind::Join,
        OpKind::IsFinished,
        OpKind::Park,
        OpKind::ParkTimed,
        OpKind::Unpark,
        OpKind::Yield,
        OpKind::Sleep,
        OpKind::Finish,
    ];

    /// The kind that a word names.
    pub(crate) fn from_word(word: &str) -> Option<OpKind> {
        OpKind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::OpKind;

    #[test]
    fn words_are_distinct() {
        for kind in OpKind::ALL {
            assert_eq!(OpKind::from_word(kind.word()), Some(kind));
        }
    }
}
