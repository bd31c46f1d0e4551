//! Entries in numbered places, and first-in-first-out queues of places: everything but the search for a key takes one step,
//! on the average.
//!
//! A queue is a plain ring of numbers. Entries that are linked to each other would have to be fetched to go on or off a queue,
//! three at a time, and those are seldom in the processor's cache.

use std::collections::VecDeque;

/// The places, each for an item and what is noted beside it. One that is free is used again.
///
/// Notes are elsewhere, so that more of the items are in the processor's cache.
#[derive(Debug)]
pub(super) struct Places<T, N> {
    items: Vec<Option<T>>,
    notes: Vec<N>,
    free: Vec<u32>,
}

/// A queue of some of the places.
///
/// Who is taken out of the middle leaves its place there, empty; until that comes to the front, or there are more of them than
/// others, it is not free.
#[derive(Debug)]
pub(super) struct Queue {
    places: VecDeque<u32>,
    /// How many are not empty.
    pub(super) len: usize,
    /// The sum that the owner keeps.
    pub(super) weight: usize,
}

impl Queue {
    pub(super) fn new() -> Self {
        Queue { places: VecDeque::new(), len: 0, weight: 0 }
    }

    /// Makes the place the newest.
    #[inline]
    pub(super) fn push(&mut self, at: u32) {
        self.places.push_back(at);
        self.len += 1;
    }

    /// The oldest, which is never an empty place.
    #[inline]
    pub(super) fn oldest(&self) -> Option<u32> {
        self.places.front().copied()
    }
}

impl<T, N> Places<T, N> {
    #[inline]
    pub(super) fn new() -> Self {
        Places { items: Vec::new(), notes: Vec::new(), free: Vec::new() }
    }

    #[inline]
    pub(super) fn get(&self, at: u32) -> &T {
        self.items[at as usize].as_ref().expect("the place is taken")
    }

    #[inline]
    pub(super) fn get_mut(&mut self, at: u32) -> &mut T {
        self.items[at as usize].as_mut().expect("the place is taken")
    }

    /// What is noted beside the item.
    #[inline]
    pub(super) fn note(&self, at: u32) -> &N {
        &self.notes[at as usize]
    }

    #[inline]
    pub(super) fn note_mut(&mut self, at: u32) -> &mut N {
        &mut self.notes[at as usize]
    }

    /// Both.
    #[inline]
    pub(super) fn both_mut(&mut self, at: u32) -> (&mut T, &mut N) {
        let item = self.items[at as usize].as_mut().expect("the place is taken");
        (item, &mut self.notes[at as usize])
    }

    /// Puts an item into a place, in no queue yet.
    #[inline]
    pub(super) fn add(&mut self, item: T, note: N) -> u32 {
        if let Some(at) = self.free.pop() {
            let before = self.items[at as usize].replace(item);
            debug_assert!(before.is_none(), "the place is free");
            self.notes[at as usize] = note;
            return at;
        }
        self.items.push(Some(item));
        self.notes.push(note);
        u32::try_from(self.items.len() - 1).expect("fewer entries than 2^32")
    }

    /// Takes an item off the queue that it is in, and out of its place.
    #[inline]
    pub(super) fn take(&mut self, queue: &mut Queue, at: u32) -> T {
        let item = self.items[at as usize].take().expect("the place is taken");
        queue.len -= 1;
        if queue.oldest() == Some(at) {
            queue.places.pop_front();
            self.free.push(at);
        }
        self.tidy_up(queue);
        item
    }

    /// Takes the oldest off the queue.
    #[inline]
    pub(super) fn pop(&mut self, queue: &mut Queue) -> Option<u32> {
        let at = queue.places.pop_front()?;
        queue.len -= 1;
        self.tidy_up(queue);
        Some(at)
    }

    /// Makes the oldest the newest.
    #[inline]
    pub(super) fn go_round(&mut self, queue: &mut Queue) {
        if let Some(at) = queue.places.pop_front() {
            queue.places.push_back(at);
            self.tidy_up(queue);
        }
    }

    #[inline]
    fn tidy_up(&mut self, queue: &mut Queue) {
        if queue.places.len() > queue.len {
            self.free_empty(queue);
        }
    }

    /// Frees the empty places at the front, and all if they are many.
    #[cold]
    fn free_empty(&mut self, queue: &mut Queue) {
        let is_empty = |at: u32| self.items[at as usize].is_none();
        while let Some(at) = queue.oldest().filter(|at| is_empty(*at)) {
            queue.places.pop_front();
            self.free.push(at);
        }
        if queue.places.len() > 2 * queue.len {
            self.free.extend(queue.places.iter().filter(|at| is_empty(**at)));
            queue.places.retain(|at| !is_empty(*at));
        }
    }

    /// How many items there are; for tests.
    pub(super) fn count(&self) -> usize {
        self.items.iter().flatten().count()
    }

    /// The items of a queue, the oldest first.
    pub(super) fn iter<'a>(&'a self, queue: &'a Queue) -> impl Iterator<Item = (&'a T, &'a N)> {
        queue.places.iter().filter_map(|at| Some((self.items[*at as usize].as_ref()?, self.note(*at))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(places: &mut Places<u32, ()>, queue: &mut Queue, item: u32) -> u32 {
        let at = places.add(item, ());
        queue.push(at);
        at
    }

    #[test]
    fn goes_in_order_and_round() {
        let (mut places, mut queue) = (Places::new(), Queue::new());
        let first = add(&mut places, &mut queue, 1);
        let second = add(&mut places, &mut queue, 2);
        places.go_round(&mut queue);
        let items: Vec<_> = places.iter(&queue).map(|(item, ())| *item).collect();
        assert_eq!(items, [2, 1]);
        assert_eq!(places.pop(&mut queue), Some(second));
        assert_eq!(places.pop(&mut queue), Some(first));
        assert_eq!((queue.oldest(), queue.len), (None, 0));
    }

    #[test]
    fn who_leaves_from_the_middle_is_never_the_oldest() {
        let (mut places, mut queue) = (Places::new(), Queue::new());
        let places_of: Vec<u32> = (0..9).map(|item| add(&mut places, &mut queue, item)).collect();
        for at in [1, 2, 3] {
            places.take(&mut queue, places_of[at]);
        }
        places.go_round(&mut queue);
        assert_eq!(queue.oldest(), Some(places_of[4]));
        assert_eq!((queue.len, places.count()), (6, 6));
    }

    /// Also behind one that stays.
    #[test]
    fn places_are_used_again() {
        let (mut places, mut queue) = (Places::new(), Queue::new());
        add(&mut places, &mut queue, 0);
        for item in 1..1000 {
            let at = add(&mut places, &mut queue, item);
            assert_eq!(places.take(&mut queue, at), item);
        }
        assert!(places.items.len() < 10, "{}", places.items.len());
        assert!(queue.places.len() < 10, "{}", queue.places.len());
    }
}
