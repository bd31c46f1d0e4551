//! Leaders and followers who come in pairs, and get mixed up on the floor.
//!
//! # The symptom
//!
//! Two leaders stand on the dance floor. As many followers as leaders were let in, so the numbers are right.
//!
//! # The story
//!
//! A semaphore that starts at zero is a queue: threads wait in it until somebody signals. Leaders and followers queue up
//! before a ballroom. Each leader waits for a follower, each follower for a leader, and then the two dance. Only one pair
//! has room on the floor.
//!
//! With one queue for each kind, a leader signals the followers' queue and waits in its own, and a follower does the
//! opposite. Nobody goes in without a partner. But nothing keeps the next leader out until the last follower is on the
//! floor: the queues count partners, and pairs are something else.
//!
//! To let in one pair after the other, who finds somebody waiting keeps the mutex, signals, and dances; the one who was
//! waiting never takes it. The mutex belongs to the pair. Then it matters who gives it back, and when: exactly one of the
//! two, and only after both have danced.
//!
//! # The bad interleaving
//!
//! ```text
//! leader 1          follower 1        leader 2          follower 2
//! signal followers
//!                   signal leaders
//! wait: goes on
//! on the floor
//!                                     signal followers
//!                                                       signal leaders
//!                                     wait: goes on
//!                                     on the floor
//!                                       panic: two leaders
//! ```
//!
//! # The fix
//!
//! A mutex that a pair holds, from the moment when it is found until both have danced. The follower says that it is done,
//! the leader waits for that and gives the mutex back, no matter which of them took it. A lock that one thread takes and
//! another gives back is a semaphore with one permit; a `Mutex` with a guard is not for that.
//!
//! # Questions
//!
//! - Why is it always the leader who gives the mutex back, also if the follower took it? Any rule does, if exactly one of
//!   the two does it. Both at once give a permit too many, and two pairs get in from then on.
//! - What do the counters say that the semaphores do not? How many wait. A semaphore's permits count signals that nobody
//!   has used; those who wait cannot be counted by them.
//!
//! # Reading
//!
//! - Allen Downey, "The Little Book of Semaphores", section 3.8: queue, and exclusive queue.
//! - Gregory Andrews, "Concurrent Programming: Principles and Practice", 1991, chapter 4: passing the baton.
//! - Tony Hoare, "Monitors: an operating system structuring concept", Communications of the ACM 17(10), 1974: a lock that is
//!   handed to the one who was signalled.

use super::{Lesson, Stage, signals, spawn, text};
use crate::{
    Named,
    check::{FindingKind, show},
    sync::{
        Semaphore,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

const SOURCE: &str = include_str!("dance_pairs.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "dance-pairs",
    title: "Leaders and followers",
    concept: "a lock that a pair holds",
    summary: "Queues count partners, and two pairs are on the floor at once",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[
        Stage::buggy(FindingKind::Panic, buggy),
        Stage::new(
            "leader_does_not_wait",
            "One pair at a time; the leader gives the mutex back when it has danced itself.",
            FindingKind::Panic,
            leader_does_not_wait,
        ),
    ],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: Some("Two leaders and two followers were checked, who dance once."),
};

/// What the two kinds have each.
struct Kind {
    name: &'static str,
    queue: Semaphore,
    /// How many wait in the queue; belongs to who has the mutex.
    waiting: AtomicUsize,
    floor: AtomicUsize,
}

struct Ballroom {
    mutex: Semaphore,
    leaders: Kind,
    followers: Kind,
    follower_is_done: Semaphore,
}

impl Kind {
    fn dance(&self) {
        let dancing = self.floor.fetch_add(1, SeqCst) + 1;
        assert!(dancing == 1, "{dancing} {} on the floor", self.name);
        self.floor.fetch_sub(1, SeqCst);
    }

    /// Finds a partner of the other kind, and returns with the mutex as the pair's.
    #[track_caller]
    fn find_partner(&self, other: &Kind, mutex: &Semaphore) {
        signals::wait(mutex);
        let waiting = other.waiting.load(SeqCst);
        if waiting > 0 {
            other.waiting.store(waiting - 1, SeqCst);
            show(other.name, waiting - 1);
            signals::signal(&other.queue);
            return;
        }
        let mine = self.waiting.load(SeqCst) + 1;
        self.waiting.store(mine, SeqCst);
        show(self.name, mine);
        signals::signal(mutex);
        signals::wait(&self.queue);
    }
}

fn buggy() {
    evening(
        |room| {
            signals::signal(&room.followers.queue);
            signals::wait(&room.leaders.queue);
            room.leaders.dance();
        },
        |room| {
            signals::signal(&room.leaders.queue);
            signals::wait(&room.followers.queue);
            room.followers.dance();
        },
    );
}

fn leader_does_not_wait() {
    evening(
        |room| {
            room.leaders.find_partner(&room.followers, &room.mutex);
            room.leaders.dance();
            signals::signal(&room.mutex);
        },
        |room| {
            room.followers.find_partner(&room.leaders, &room.mutex);
            room.followers.dance();
        },
    );
}

fn fixed() {
    evening(lead, |room| {
        room.followers.find_partner(&room.leaders, &room.mutex);
        room.followers.dance();
        signals::signal(&room.follower_is_done);
    });
}

fn lead(room: &Ballroom) {
    room.leaders.find_partner(&room.followers, &room.mutex);
    room.leaders.dance();
    signals::wait(&room.follower_is_done);
    signals::signal(&room.mutex);
}

fn evening(leader: fn(&Ballroom), follower: fn(&Ballroom)) {
    let kind = |name: &'static str, waiting: &'static str, floor: &'static str| Kind {
        name,
        queue: Semaphore::new(0).named(name),
        waiting: AtomicUsize::new(0).named(waiting),
        floor: AtomicUsize::new(0).named(floor),
    };
    let room = Ballroom {
        mutex: Semaphore::new(1).named("mutex"),
        leaders: kind("leaders", "leaders wait", "leading"),
        followers: kind("followers", "followers wait", "following"),
        follower_is_done: Semaphore::new(0).named("done"),
    };
    thread::scope(|scope| {
        for name in ["leader 1", "leader 2"] {
            let room = &room;
            spawn(scope, name, move || leader(room));
        }
        for name in ["follower 1", "follower 2"] {
            let room = &room;
            spawn(scope, name, move || follower(room));
        }
    });
}
