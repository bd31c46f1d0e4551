//! Small blocks of memory that an OS thread keeps and uses again.
//!
//! Each thread of each execution of a model needs one for what comes of it, many thousands in a second.

use std::{
    alloc::{Layout, alloc, dealloc, handle_alloc_error},
    cell::RefCell,
    ptr::NonNull,
};

/// What fits into a block is kept.
const BLOCK: Layout = Layout::new::<[u128; 4]>();

/// How many of them an OS thread keeps: more than the threads of a model, in little memory.
const KEPT_MAX: usize = 256;

/// Blocks that nobody uses.
struct Kept(RefCell<Vec<NonNull<u8>>>);

impl Drop for Kept {
    fn drop(&mut self) {
        for block in self.0.get_mut().drain(..) {
            // SAFETY: it was allocated with this layout, and nobody uses it.
            unsafe { dealloc(block.as_ptr(), BLOCK) };
        }
    }
}

thread_local! {
    static KEPT: Kept = const { Kept(RefCell::new(Vec::new())) };
}

const fn fits(layout: Layout) -> bool {
    layout.size() <= BLOCK.size() && layout.align() <= BLOCK.align()
}

/// What is allocated for something of this layout.
const fn allocated(layout: Layout) -> Layout {
    if fits(layout) { BLOCK } else { layout }
}

/// Memory for one `T`, not initialised. To be given back by [`give_back`].
#[inline]
pub(super) fn take<T>() -> NonNull<T> {
    const { assert!(size_of::<T>() > 0, "there is something to be kept") };
    let layout = Layout::new::<T>();
    // While the OS thread ends there are none.
    if fits(layout)
        && let Ok(Some(block)) = KEPT.try_with(|kept| kept.0.borrow_mut().pop())
    {
        return block.cast();
    }
    let layout = allocated(layout);
    // SAFETY: the layout's size is not zero.
    let memory = unsafe { alloc(layout) };
    NonNull::new(memory).unwrap_or_else(|| handle_alloc_error(layout)).cast()
}

/// Gives the memory of a `T` back, which is not dropped.
///
/// # Safety
///
/// It was given by [`take`], for a `T`, and nobody uses it any more.
#[inline]
pub(super) unsafe fn give_back<T>(memory: NonNull<T>) {
    let (layout, memory) = (Layout::new::<T>(), memory.cast());
    let keep = |kept: &Kept| {
        let mut kept = kept.0.borrow_mut();
        let has_room = kept.len() < KEPT_MAX;
        if has_room {
            kept.push(memory);
        }
        has_room
    };
    if fits(layout) && KEPT.try_with(keep).unwrap_or(false) {
        return;
    }
    // SAFETY: `take` allocated it with this layout.
    unsafe { dealloc(memory.as_ptr(), allocated(layout)) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_block_is_used_again_and_a_large_one_is_not_kept() {
        let kept = || KEPT.with(|kept| kept.0.borrow().len());
        let small = take::<[u64; 8]>();
        // SAFETY: just taken.
        unsafe { give_back(small) };
        assert_eq!(kept(), 1);
        assert_eq!(take::<u8>().cast(), small);
        assert_eq!(kept(), 0);
        // SAFETY: just taken.
        unsafe { give_back(small) };
        let large = take::<[u64; 9]>();
        // SAFETY: just taken.
        unsafe { give_back(large) };
        assert_eq!(kept(), 1);
    }

    #[test]
    fn no_more_are_kept_than_may_be() {
        let all: Vec<_> = (0..KEPT_MAX + 3).map(|_| take::<u64>()).collect();
        for block in all {
            // SAFETY: just taken.
            unsafe { give_back(block) };
        }
        assert_eq!(KEPT.with(|kept| kept.0.borrow().len()), KEPT_MAX);
    }
}
