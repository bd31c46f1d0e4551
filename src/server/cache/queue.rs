//! Entries in numbered places, linked into first-in-first-out queues: everything but the search for a key takes one step.

/// No place.
const NONE: u32 = u32::MAX;

/// The places. One that is free is used again.
#[derive(Debug)]
pub(super) struct Nodes<T> {
    nodes: Vec<Option<Node<T>>>,
    free: Vec<u32>,
}

/// In a line of the processor's cache of its own, if it is not larger: a hit fetches one.
#[derive(Debug)]
#[repr(align(64))]
struct Node<T> {
    item: T,
    newer: u32,
    older: u32,
}

/// A queue through some of the places: a ring, so that the newest comes before the oldest, and nothing is written for the oldest
/// to become the newest.
#[derive(Debug)]
pub(super) struct Queue {
    oldest: u32,
    pub(super) len: usize,
    /// The sum that the owner keeps.
    pub(super) weight: usize,
}

impl Queue {
    pub(super) fn new() -> Self {
        Queue { oldest: NONE, len: 0, weight: 0 }
    }

    pub(super) fn oldest(&self) -> Option<u32> {
        (self.oldest != NONE).then_some(self.oldest)
    }
}

impl<T> Nodes<T> {
    pub(super) fn new() -> Self {
        Nodes { nodes: Vec::new(), free: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len() - self.free.len()
    }

    #[inline]
    pub(super) fn get(&self, at: u32) -> &T {
        &self.node(at).item
    }

    #[inline]
    pub(super) fn get_mut(&mut self, at: u32) -> &mut T {
        &mut self.node_mut(at).item
    }

    #[inline]
    fn node(&self, at: u32) -> &Node<T> {
        self.nodes[at as usize].as_ref().expect("the place is taken")
    }

    #[inline]
    fn node_mut(&mut self, at: u32) -> &mut Node<T> {
        self.nodes[at as usize].as_mut().expect("the place is taken")
    }

    /// Puts an item into a place, in no queue yet.
    pub(super) fn add(&mut self, item: T) -> u32 {
        let node = Some(Node { item, newer: NONE, older: NONE });
        if let Some(at) = self.free.pop() {
            self.nodes[at as usize] = node;
            return at;
        }
        self.nodes.push(node);
        u32::try_from(self.nodes.len() - 1).expect("fewer entries than 2^32")
    }

    /// Takes an item that is in no queue any more.
    pub(super) fn take(&mut self, at: u32) -> T {
        self.free.push(at);
        self.nodes[at as usize].take().expect("the place is taken").item
    }

    /// Makes the place the queue's newest.
    pub(super) fn push(&mut self, queue: &mut Queue, at: u32) {
        queue.len += 1;
        if queue.oldest == NONE {
            queue.oldest = at;
            let node = self.node_mut(at);
            (node.newer, node.older) = (at, at);
            return;
        }
        let newest = std::mem::replace(&mut self.node_mut(queue.oldest).older, at);
        self.node_mut(newest).newer = at;
        let node = self.node_mut(at);
        (node.newer, node.older) = (queue.oldest, newest);
    }

    /// Makes the oldest the newest.
    pub(super) fn go_round(&self, queue: &mut Queue) {
        if let Some(oldest) = queue.oldest() {
            queue.oldest = self.node(oldest).newer;
        }
    }

    /// Takes the place out of the queue that it is in.
    pub(super) fn unlink(&mut self, queue: &mut Queue, at: u32) {
        queue.len -= 1;
        let (newer, older) = (self.node(at).newer, self.node(at).older);
        self.node_mut(newer).older = older;
        self.node_mut(older).newer = newer;
        if queue.oldest == at {
            queue.oldest = if queue.len == 0 { NONE } else { newer };
        }
    }

    /// The items of a queue, the oldest first.
    pub(super) fn iter<'a>(&'a self, queue: &Queue) -> impl Iterator<Item = &'a T> {
        let (mut at, end) = (queue.oldest, queue.oldest);
        let mut is_over = at == NONE;
        std::iter::from_fn(move || {
            (!is_over).then(|| {
                let node = self.node(at);
                at = node.newer;
                is_over = at == end;
                &node.item
            })
        })
    }
}
