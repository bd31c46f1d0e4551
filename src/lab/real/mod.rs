//! Real bugs: faults of published crates, rebuilt small on the facade, each beside its repair.

mod async_channel_dead_upgrade;
mod async_lock_wrong_comparison;
mod crossbeam_channel_late_block;
mod crossbeam_channel_lost_mark;
mod crossbeam_channel_missing_head;
mod crossbeam_channel_two_destroyers;
mod crossbeam_deque_old_buffer;
mod crossbeam_list_unlinked_twice;
mod futures_message_behind;
mod internment_revived;
mod lock_api_count_after_unlock;
mod once_cell_early_unpark;
mod parity_two_methods;
mod parking_lot_cleared_bit;
mod parking_lot_upgradable_queue;
mod rayon_lock_latch;
mod rayon_pools_wait;
mod rayon_tickle_latch;
mod servo_lock_through_a_call;
mod thread_local_weak_flag;
mod threadpool_second_batch;
mod tikv_check_then_act;
mod tikv_guard_in_scrutinee;
mod tokio_cancelled_timer;
mod tokio_drop_under_lock;
mod tokio_lost_permit;
mod tokio_oneshot_both_take;
mod tokio_timer_not_seen;
mod tokio_two_closed_marks;
mod tokio_waker_under_lock;

use super::{Lesson, Stage, plain::Plain, spawn, text};

/// By crate.
pub(super) static REAL_BUGS: &[Lesson] = &[
    async_channel_dead_upgrade::LESSON,
    async_lock_wrong_comparison::LESSON,
    crossbeam_channel_late_block::LESSON,
    crossbeam_channel_lost_mark::LESSON,
    crossbeam_channel_missing_head::LESSON,
    crossbeam_channel_two_destroyers::LESSON,
    crossbeam_deque_old_buffer::LESSON,
    crossbeam_list_unlinked_twice::LESSON,
    futures_message_behind::LESSON,
    internment_revived::LESSON,
    lock_api_count_after_unlock::LESSON,
    once_cell_early_unpark::LESSON,
    parity_two_methods::LESSON,
    parking_lot_cleared_bit::LESSON,
    parking_lot_upgradable_queue::LESSON,
    rayon_lock_latch::LESSON,
    rayon_pools_wait::LESSON,
    rayon_tickle_latch::LESSON,
    servo_lock_through_a_call::LESSON,
    thread_local_weak_flag::LESSON,
    threadpool_second_batch::LESSON,
    tikv_check_then_act::LESSON,
    tikv_guard_in_scrutinee::LESSON,
    tokio_cancelled_timer::LESSON,
    tokio_drop_under_lock::LESSON,
    tokio_lost_permit::LESSON,
    tokio_oneshot_both_take::LESSON,
    tokio_timer_not_seen::LESSON,
    tokio_two_closed_marks::LESSON,
    tokio_waker_under_lock::LESSON,
];
