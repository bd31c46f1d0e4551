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
    /// Spawns a thread; a step of its own only where several threads spawn, since threads are numbered in that order.
    Spawn,
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
    /// Queues up to write-lock, or with argument 1 to upgrade; a step only where new readers wait behind queued writers.
    QueueWrite,
    /// Write-locks.
    Write,
    /// Write-locks, or gives up when time runs out.
    WriteTimed,
    /// Write-locks if possible now.
    TryWrite,
    /// Gives a write lock back.
    UnlockWrite,
    /// Turns a write lock, or an upgradable one, into a read lock.
    Downgrade,
    /// Locks upgradably: beside readers, but not beside a writer or another that can be upgraded.
    Upgradable,
    /// As `Upgradable`, or gives up when time runs out.
    UpgradableTimed,
    /// As `Upgradable`, if possible now.
    TryUpgradable,
    /// Gives an upgradable lock back.
    UnlockUpgradable,
    /// Turns an upgradable lock into a write lock, once the readers have left.
    Upgrade,
    /// As `Upgrade`, or gives up when time runs out.
    UpgradeTimed,
    /// As `Upgrade`, if there are no readers now.
    TryUpgrade,
    /// Turns a write lock into an upgradable one.
    DowngradeToUpgradable,
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
    /// Receives from a channel.
    Recv,
    /// Receives, or gives up when time runs out.
    RecvTimed,
    /// Receives if something is there.
    TryRecv,
    /// Comes to channels of which one has no room at all, to pair with somebody who waits there or else to wait there itself.
    Meet,
    /// Goes on after a meeting; who receives does so once the message is there.
    Met,
    /// Waits until one of several sends and receives is possible, and performs it.
    Select,
    /// As `Select`, or gives up when time runs out.
    SelectTimed,
    /// As `Select`, if one is possible now.
    TrySelect,
    /// Puts in a message for which a select has reserved the room; a step only where the thread took one between.
    Commit,
    /// Reads the length of a channel.
    Len,
    /// Puts something into a queue, if there is room, or with the argument [`FORCES`] in any case.
    Push,
    /// Takes something out of a queue, if there is something; with an argument, if nothing was taken since that many.
    Pop,
    /// Reads the length of a queue.
    Size,
    /// Drops a sender of a channel.
    CloseSenders,
    /// Drops a receiver of a channel.
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
    /// Chooses a number, for a model that asked for one or for a fault; touches nothing.
    Choose,
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
    /// The sends and receives that it may do, see [`cases`].
    pub(crate) cases: u64,
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
        Op { kind, object, arg, second: NO_OBJECT, cases: 0, place }
    }

    /// What the operation touches, if it does all that it may do.
    #[inline]
    pub(crate) fn footprint(&self) -> Footprint {
        let Op { kind, object, arg, second, cases, .. } = *self;
        Footprint { kind, reads: kind.only_reads(), object, second, arg, cases }
    }
}

/// What an operation touches, and how: all that decides which others it depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Footprint {
    pub(crate) kind: OpKind,
    /// It leaves its object as it is, like one that only reads or one that failed.
    pub(crate) reads: bool,
    pub(crate) object: ObjectIndex,
    pub(crate) second: ObjectIndex,
    pub(crate) arg: u32,
    pub(crate) cases: u64,
}

/// Sends and receives on channels as bits of one number, so that it is quick to see whether two operations share a channel.
///
/// Channels are numbered in the order in which they are made.
pub(crate) mod cases {
    /// How many channels of an execution can take part in selects.
    pub(crate) const CHANNELS_MAX: usize = 31;
    /// One of the cases is possible at any time.
    pub(crate) const ALWAYS: u64 = 1 << 63;
    /// The bit of the send of each channel.
    const SENDS: u64 = 0x1555_5555_5555_5555;

    pub(crate) fn send(channel: usize) -> u64 {
        1 << (2 * channel)
    }

    pub(crate) fn receive(channel: usize) -> u64 {
        2 << (2 * channel)
    }

    /// Both bits of each channel that the cases are on.
    pub(crate) fn channels(cases: u64) -> u64 {
        let any = (cases | cases >> 1) & SENDS;
        3 * any
    }
}

/// The argument of an operation on channels of which one has no room: a rendezvous.
pub(crate) const MEETS: u32 = 1;

/// The same, of an operation that only looks whether somebody waits there.
pub(crate) const LOOKS: u32 = 2;

/// The argument of a push into a queue that makes room for itself.
pub(crate) const FORCES: u32 = 1;

/// What an operation does to one of its objects, as far as others that touch it are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Depends on everything.
    Changes,
    /// Depends on what changes the object.
    Reads,
    /// Joins or leaves the waiters of a condition variable; who else waits does not matter to it.
    Waits,
    /// Takes a read lock.
    Shares,
    /// Gives a read lock back.
    SharesNoMore,
    /// Takes an upgradable lock or gives it back: nothing to those that read.
    SharesUpgradably,
    /// Asked for an upgradable lock in vain: readers were not in its way.
    AsksUpgradably,
    /// Hands a thread its park token, however often.
    HandsToken,
    TakesToken,
    /// The end of a thread, which has nothing to do with its token.
    Ends,
    AsksForEnd,
    /// Leaves a barrier, or goes on after a meeting, which depends on the last arrival only.
    Passes,
    /// May do its [`cases`] to channels, as seen by selects.
    OnChannels,
}

impl Role {
    #[inline]
    fn depends_on(self, other: Role) -> bool {
        use Role::{
            AsksForEnd, AsksUpgradably, Ends, HandsToken, Passes, Reads, Shares, SharesNoMore,
            SharesUpgradably, TakesToken, Waits,
        };
        match (self, other) {
            (Passes, _) | (_, Passes) => false,
            (Ends | AsksForEnd, other) => matches!((self, other), (Ends, AsksForEnd) | (AsksForEnd, Ends)),
            (_, Ends | AsksForEnd) => false,
            (Reads, Reads) | (Waits, Waits) | (HandsToken, HandsToken) | (TakesToken, TakesToken) => false,
            // What fails to take a lock may do so because others read.
            (Shares, Shares) => false,
            (SharesNoMore, Shares | SharesNoMore) | (Shares, SharesNoMore) => false,
            (SharesUpgradably | AsksUpgradably, Shares | SharesNoMore) => false,
            (Shares | SharesNoMore, SharesUpgradably | AsksUpgradably) => false,
            // But not with what failed since others read: in their absence it would have been in the way.
            (AsksUpgradably, AsksUpgradably) => false,
            _ => true,
        }
    }
}

impl Footprint {
    #[inline]
    fn role(&self, object: ObjectIndex) -> Role {
        use OpKind::{
            Finish, IsFinished, Join, Met, Park, ParkTimed, Pass, Read, ReadTimed, Relock, RelockTimed,
            TryRead, TryUpgradable, UnlockRead, UnlockUpgradable, Unpark, Upgradable, UpgradableTimed, Wait,
            WaitTimed,
        };
        match self.kind {
            Wait | WaitTimed if object == self.object => Role::Waits,
            Relock | RelockTimed if object == self.second => Role::Waits,
            Pass | Met => Role::Passes,
            kind if kind.is_on_channels() && object == self.second => Role::OnChannels,
            Finish => Role::Ends,
            Join | IsFinished => Role::AsksForEnd,
            Unpark => Role::HandsToken,
            Park | ParkTimed => Role::TakesToken,
            UnlockRead => Role::SharesNoMore,
            Read | ReadTimed | TryRead => Role::Shares,
            Upgradable | UpgradableTimed | TryUpgradable if self.reads => Role::AsksUpgradably,
            Upgradable | UpgradableTimed | TryUpgradable | UnlockUpgradable => Role::SharesUpgradably,
            _ if self.reads => Role::Reads,
            _ => Role::Changes,
        }
    }

    /// Whether it only reads the object: then it depends on nothing that only reads it, too.
    #[inline]
    pub(crate) fn only_reads(&self, object: ObjectIndex) -> bool {
        self.reads && self.role(object) == Role::Reads && !self.kind.is_end()
    }

    /// Whether the order of two operations on channels, of which one selects or meets, can matter.
    #[inline]
    fn shares_channel(&self, other: &Footprint) -> bool {
        if self.reads && other.reads {
            return false;
        }
        // Who meets somebody that selects takes it away from all its other channels.
        self.arg != 0 || other.arg != 0 || cases::channels(self.cases) & cases::channels(other.cases) != 0
    }

    /// Whether what else touches the object comes either before or after this.
    #[inline]
    pub(crate) fn orders_all(&self, object: ObjectIndex) -> bool {
        // The end of a sender comes neither before nor after what others send.
        self.role(object) == Role::Changes && !self.kind.is_on_channels()
    }

    /// Whether the other operation on the channel depends on the end of a sender or a receiver, which this is. The ends count
    /// together, in whatever order they come.
    fn end_matters_to(&self, other: &Footprint) -> bool {
        use OpKind::{
            CloseReceivers, CloseSenders, Commit, Len, Met, Recv, RecvTimed, Send, SendTimed, TryRecv,
            TrySend,
        };
        match (self.kind, other.kind) {
            (_, CloseSenders | CloseReceivers | Met) => false,
            // Who received something did not ask who is left.
            (CloseSenders, Recv | RecvTimed | TryRecv) => other.reads,
            (CloseSenders, Send | SendTimed | TrySend | Commit | Len) => false,
            (CloseReceivers, Recv | RecvTimed | TryRecv) => false,
            _ => true,
        }
    }

    /// Whether the two operations of different threads depend on each other: swapping them where they stand next to
    /// each other can change what either of them, or anything after them, does.
    #[inline]
    pub(crate) fn depends_on(&self, other: &Footprint) -> bool {
        let meet = |object: ObjectIndex| {
            object != NO_OBJECT
                && (object == other.object || object == other.second)
                && self.role(object).depends_on(other.role(object))
                && (self.role(object) != Role::OnChannels || self.shares_channel(other))
        };
        if self.object == other.object && self.object != NO_OBJECT {
            if self.kind.is_end() {
                return self.end_matters_to(other);
            }
            if other.kind.is_end() {
                return other.end_matters_to(self);
            }
        }
        meet(self.object) || meet(self.second)
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
                | OpKind::Size
                | OpKind::IsFinished
                | OpKind::Join
                | OpKind::Pass
        )
    }

    /// Operations that take a lock, if they succeed.
    #[inline]
    pub(crate) fn acquires(self) -> bool {
        use OpKind::{Lock, LockTimed, Relock, RelockTimed, TryLock, TryWrite, Write, WriteTimed};
        let takes_whole =
            matches!(self, Lock | LockTimed | TryLock | Relock | RelockTimed | Write | WriteTimed | TryWrite);
        takes_whole || self.lets_read() || self.upgrades()
    }

    /// Operations that give a lock back, at a place that is not the program's: where its guard is dropped.
    pub(crate) fn unlocks(self) -> bool {
        matches!(self, OpKind::Unlock | OpKind::UnlockRead | OpKind::UnlockWrite | OpKind::UnlockUpgradable)
    }

    /// Operations that take a lock in place of one of another kind that the thread has.
    #[inline]
    pub(crate) fn converts(self) -> bool {
        matches!(self, OpKind::Downgrade | OpKind::DowngradeToUpgradable) || self.upgrades()
    }

    /// Operations that turn an upgradable lock into a write lock.
    #[inline]
    pub(crate) fn upgrades(self) -> bool {
        matches!(self, OpKind::Upgrade | OpKind::UpgradeTimed | OpKind::TryUpgrade)
    }

    /// Operations after which others may hold the lock in the same way, too.
    #[inline]
    fn locks_shared(self) -> bool {
        matches!(self, OpKind::Read | OpKind::ReadTimed | OpKind::TryRead | OpKind::Downgrade)
    }

    /// Operations after which others may read beside the thread.
    #[inline]
    pub(crate) fn lets_read(self) -> bool {
        use OpKind::{DowngradeToUpgradable, TryUpgradable, Upgradable, UpgradableTimed};
        self.locks_shared()
            || matches!(self, Upgradable | UpgradableTimed | TryUpgradable | DowngradeToUpgradable)
    }

    /// Of operations that take a lock: whether two threads can hold it at once by them.
    #[inline]
    pub(crate) fn locks_beside(self, other: OpKind) -> bool {
        self.locks_shared() && other.lets_read() || self.lets_read() && other.locks_shared()
    }

    /// Operations that may have to wait for another thread, however long.
    #[inline]
    pub(crate) fn waits(self) -> bool {
        use OpKind::{
            Acquire, Arrive, Join, Lock, Park, Read, Recv, Select, Send, Upgradable, Upgrade, Wait, Write,
        };
        matches!(self, Lock | Read | Write | Upgradable | Upgrade)
            || matches!(self, Wait | Acquire | Arrive | Send | Recv | Select | Join | Park)
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
                | OpKind::TryUpgradable
                | OpKind::UpgradableTimed
                | OpKind::TryUpgrade
                | OpKind::UpgradeTimed
                | OpKind::IsFinished
        )
    }

    /// The end of a sender or a receiver of a channel.
    #[inline]
    pub(crate) fn is_end(self) -> bool {
        matches!(self, OpKind::CloseSenders | OpKind::CloseReceivers)
    }

    /// Operations on one or several channels.
    #[inline]
    pub(crate) fn is_on_channels(self) -> bool {
        use OpKind::{
            CloseReceivers, CloseSenders, Commit, Len, Meet, Recv, RecvTimed, Select, SelectTimed, Send,
            SendTimed, TryRecv, TrySelect, TrySend,
        };
        matches!(self, Send | SendTimed | TrySend | Recv | RecvTimed | TryRecv | Meet | Commit)
            || matches!(self, Select | SelectTimed | TrySelect | Len | CloseSenders | CloseReceivers)
    }

    /// Operations that are the same in every mode without weak memory, and that say nothing about which mode the program needs.
    #[inline]
    pub(crate) fn is_simple(self) -> bool {
        use OpKind::{
            Arrive, Fence, Finish, Join, Load, Lock, Push, Read, Rmw, Start, Store, Unlock, UnlockRead,
            UnlockWrite,
        };
        matches!(self, Lock | Unlock | Read | UnlockRead | UnlockWrite | Load | Store | Rmw | Fence)
            || matches!(self, Start | Finish | Join | Arrive | Push)
    }

    /// Operations that give up when time runs out.
    #[inline]
    pub(crate) fn is_timed(self) -> bool {
        matches!(
            self,
            OpKind::LockTimed
                | OpKind::ReadTimed
                | OpKind::WriteTimed
                | OpKind::UpgradableTimed
                | OpKind::UpgradeTimed
                | OpKind::RelockTimed
                | OpKind::AcquireTimed
                | OpKind::SendTimed
                | OpKind::RecvTimed
                | OpKind::SelectTimed
                | OpKind::ParkTimed
        )
    }

    /// The word for the operation in schedules and reports.
    pub(crate) fn word(self) -> &'static str {
        match self {
            OpKind::Start => "start",
            OpKind::Spawn => "spawn",
            OpKind::Lock => "lock",
            OpKind::LockTimed => "lock-timed",
            OpKind::TryLock => "try-lock",
            OpKind::Unlock => "unlock",
            OpKind::Read => "read-lock",
            OpKind::ReadTimed => "read-lock-timed",
            OpKind::TryRead => "try-read-lock",
            OpKind::UnlockRead => "read-unlock",
            OpKind::QueueWrite => "queue-write-lock",
            OpKind::Write => "write-lock",
            OpKind::WriteTimed => "write-lock-timed",
            OpKind::TryWrite => "try-write-lock",
            OpKind::UnlockWrite => "write-unlock",
            OpKind::Downgrade => "downgrade",
            OpKind::Upgradable => "upgradable-lock",
            OpKind::UpgradableTimed => "upgradable-lock-timed",
            OpKind::TryUpgradable => "try-upgradable-lock",
            OpKind::UnlockUpgradable => "upgradable-unlock",
            OpKind::Upgrade => "upgrade",
            OpKind::UpgradeTimed => "upgrade-timed",
            OpKind::TryUpgrade => "try-upgrade",
            OpKind::DowngradeToUpgradable => "downgrade-to-upgradable",
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
            OpKind::Recv => "recv",
            OpKind::RecvTimed => "recv-timed",
            OpKind::TryRecv => "try-recv",
            OpKind::Meet => "meet",
            OpKind::Met => "met",
            OpKind::Select => "select",
            OpKind::SelectTimed => "select-timed",
            OpKind::TrySelect => "try-select",
            OpKind::Commit => "commit",
            OpKind::Len => "len",
            OpKind::Push => "push",
            OpKind::Pop => "pop",
            OpKind::Size => "size",
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
            OpKind::Choose => "choose",
            OpKind::Finish => "finish",
        }
    }

    /// Every kind.
    const ALL: [OpKind; 69] = [
        OpKind::Start,
        OpKind::Spawn,
        OpKind::Lock,
        OpKind::LockTimed,
        OpKind::TryLock,
        OpKind::Unlock,
        OpKind::Read,
        OpKind::ReadTimed,
        OpKind::TryRead,
        OpKind::UnlockRead,
        OpKind::QueueWrite,
        OpKind::Write,
        OpKind::WriteTimed,
        OpKind::TryWrite,
        OpKind::UnlockWrite,
        OpKind::Downgrade,
        OpKind::Upgradable,
        OpKind::UpgradableTimed,
        OpKind::TryUpgradable,
        OpKind::UnlockUpgradable,
        OpKind::Upgrade,
        OpKind::UpgradeTimed,
        OpKind::TryUpgrade,
        OpKind::DowngradeToUpgradable,
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
        OpKind::Recv,
        OpKind::RecvTimed,
        OpKind::TryRecv,
        OpKind::Meet,
        OpKind::Met,
        OpKind::Select,
        OpKind::SelectTimed,
        OpKind::TrySelect,
        OpKind::Commit,
        OpKind::Len,
        OpKind::Push,
        OpKind::Pop,
        OpKind::Size,
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
        OpKind::Choose,
        OpKind::Finish,
    ];

    /// The kind that a word names.
    pub(crate) fn from_word(word: &str) -> Option<OpKind> {
        OpKind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

#[cfg(test)]
mod tests;
