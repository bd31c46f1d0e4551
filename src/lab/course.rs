//! The course: the lessons in teaching order, by chapter.

use super::{
    Lesson, after_you, baboon_crossing, barbershop, barrier, blocked_event_loop, both_write_first,
    bounded_buffer, building_h2o, callback_under_lock, check_then_act, child_care, cigarette_smokers,
    dance_pairs, dining_hall, dining_philosophers, dining_savages, faneuil_hall, fifo_barbershop, fifo_queue,
    file_half_written, footman, half_a_change, hilzers_barbershop, last_sender, lightswitch, lock_twice,
    lost_update, lost_wakeup, missed_event, modus_hall, mutex_before_semaphore, no_starve_mutex,
    no_starve_readers_writers, one_thread_for_all, pool_shutdown, pool_waits_for_itself, publication,
    readers_writers, rendezvous, reusable_barrier, river_crossing, roller_coaster, room_party, santa_claus,
    search_insert_delete, semaphore_as_counter, semaphore_as_lock, senate_bus, short_read, silent_client,
    stranded_connection, sushi_bar, test_that_sleeps, transfer, two_full_queues, unisex_bathroom,
    writer_priority, wrong_waiter,
};

/// A part of a course.
#[derive(Clone, Copy, Debug)]
pub struct Chapter {
    /// What it is called.
    pub title: &'static str,
    /// What it is about, in a few sentences.
    pub about: &'static str,
    /// Its lessons, in teaching order.
    pub lessons: &'static [Lesson],
}

/// From what a server waits for, to what its threads share, to what they wait for of each other.
pub(super) const CHAPTERS: &[Chapter] = &[
    Chapter {
        title: "Where a server blocks",
        about: "A server waits in four places: for a connection (`accept`), for a request (`read`), for room to put the \
                answer (`write`), and for the disk. Whatever else it does is quick. These lessons run on a simulated \
                network and a simulated disk.",
        lessons: &[
            one_thread_for_all::LESSON,
            both_write_first::LESSON,
            short_read::LESSON,
            file_half_written::LESSON,
        ],
    },
    Chapter {
        title: "A thread for each connection",
        about: "A thread for each connection makes waiting cheap to write: each one may block. It costs a stack, \
                switches, and somebody who ends it.",
        lessons: &[silent_client::LESSON],
    },
    Chapter {
        title: "A bounded pool",
        about: "Too many threads melt a machine down, so their number is bounded and what finds no worker waits in a \
                queue. The workers are then what everybody needs.",
        lessons: &[pool_waits_for_itself::LESSON, stranded_connection::LESSON],
    },
    Chapter {
        title: "Shared state and races",
        about: "Threads of one process share its memory. What several of them change, or one changes while others look, \
                needs a rule of who may when.",
        lessons: &[lost_update::LESSON, check_then_act::LESSON, publication::LESSON, after_you::LESSON],
    },
    Chapter {
        title: "Mutexes",
        about: "A mutex lets one thread at a time into the code between `lock` and the end of its guard. It protects a \
                rule about the data, and only from those who take it.",
        lessons: &[lock_twice::LESSON, half_a_change::LESSON],
    },
    Chapter {
        title: "Deadlock and its four conditions",
        about: "Threads deadlock when four things come together: what they use cannot be shared, they hold it while they \
                wait for more, nobody can take it from them, and they wait in a circle (Coffman, Elphick, Shoshani, \
                1971). Each cure takes one of the four away.",
        lessons: &[dining_philosophers::LESSON, footman::LESSON],
    },
    Chapter {
        title: "Lock ordering",
        about: "One order in which everybody takes what can be held and waited for: then no circle can close. The order \
                must be known, also to code that does not know that it takes a lock.",
        lessons: &[transfer::LESSON, callback_under_lock::LESSON, baboon_crossing::LESSON],
    },
    Chapter {
        title: "Semaphores",
        about: "A semaphore counts permits. It can keep others out, as a lock, or tell them something, as a signal, and \
                it remembers signals that come early. It has no owner: nothing but the program's logic says who gives \
                back what.",
        lessons: &[
            rendezvous::LESSON,
            semaphore_as_lock::LESSON,
            semaphore_as_counter::LESSON,
            mutex_before_semaphore::LESSON,
            reusable_barrier::LESSON,
            dance_pairs::LESSON,
            fifo_queue::LESSON,
            no_starve_mutex::LESSON,
        ],
    },
    Chapter {
        title: "Puzzles with semaphores",
        about: "The less classical problems of \"The Little Book of Semaphores\": who waits for whom, who counts it, and who \
                holds the lock meanwhile. Each has one mistake that nearly everybody makes.",
        lessons: &[
            child_care::LESSON,
            dining_savages::LESSON,
            barbershop::LESSON,
            fifo_barbershop::LESSON,
            hilzers_barbershop::LESSON,
            santa_claus::LESSON,
            building_h2o::LESSON,
            river_crossing::LESSON,
            roller_coaster::LESSON,
            senate_bus::LESSON,
            sushi_bar::LESSON,
            dining_hall::LESSON,
            room_party::LESSON,
            faneuil_hall::LESSON,
        ],
    },
    Chapter {
        title: "Condition variables",
        about: "A condition variable lets a thread sleep until something that a mutex protects has changed. It remembers \
                nothing, so the condition itself must be in memory, be looked at under the mutex, and be looked at again \
                after waking.",
        lessons: &[
            lost_wakeup::LESSON,
            bounded_buffer::LESSON,
            wrong_waiter::LESSON,
            barrier::LESSON,
            cigarette_smokers::LESSON,
        ],
    },
    Chapter {
        title: "Readers and writers",
        about: "Those who only look need not exclude each other. Who waits behind whom decides who starves, and who \
                deadlocks.",
        lessons: &[
            lightswitch::LESSON,
            no_starve_readers_writers::LESSON,
            writer_priority::LESSON,
            search_insert_delete::LESSON,
            unisex_bathroom::LESSON,
            modus_hall::LESSON,
            readers_writers::LESSON,
        ],
    },
    Chapter {
        title: "Pools, queues and shutdown",
        about: "A bounded pool has a queue, and a queue has an end: workers sleep when it is empty, and must be told \
                when there will be no more.",
        lessons: &[pool_shutdown::LESSON, last_sender::LESSON, two_full_queues::LESSON],
    },
    Chapter {
        title: "Events instead of threads",
        about: "One thread that takes events from a queue and never waits for anything else. No locks between handlers, \
                and the same two mistakes in another dress: waiting while holding the only thread, and a wake-up that is \
                lost.",
        lessons: &[blocked_event_loop::LESSON, missed_event::LESSON],
    },
    Chapter {
        title: "Testing with model checking",
        about: "A test that passes has seen one order. A model checker looks at all of them, or says which it has left \
                out.",
        lessons: &[test_that_sleeps::LESSON],
    },
];

/// How many lessons there are.
const COUNT: usize = {
    let mut count = 0;
    let mut chapter = 0;
    while chapter < CHAPTERS.len() {
        count += CHAPTERS[chapter].lessons.len();
        chapter += 1;
    }
    count
};

/// The lessons of all chapters.
pub(super) static LESSONS: [Lesson; COUNT] = {
    let mut all = [CHAPTERS[0].lessons[0]; COUNT];
    let (mut chapter, mut nth, mut count) = (0, 0, 0);
    while count < COUNT {
        if nth == CHAPTERS[chapter].lessons.len() {
            chapter += 1;
            nth = 0;
            continue;
        }
        all[count] = CHAPTERS[chapter].lessons[nth];
        count += 1;
        nth += 1;
    }
    all
};
