//! Entries in numbered places, linked into first-in-first-out queues: everything but the search for a key takes one step.

/// No place.
const NONE: u32 = u32::MAX;

/// The places. One that is free is used again.
#[derive(Debug)]
pub(super) struct Nodes<T> {
    nodes: Vec<Option<Node<T>>>,
    free: Vec<u32>,
}

#[derive(Debug)]
struct Node<T> {
    item: T,
    newer: u32,
    older: u32,
}

/// A queue through some of the places.
#[derive(Debug)]
pub(super) struct Queue {
    newest: u32,
    oldest: u32,
    pub(super) len: usize,
    /// The sum that the owner keeps.
    pub(super) weight: usize,
}

impl Queue {
    pub(super) fn new() -> Self {
        Queue { newest: NONE, oldest: NONE, len: 0, weight: 0 }
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

    pub(super) fn get(&self, at: u32) -> &T {
        &self.node(at).item
    }

    pub(super) fn get_mut(&mut self, at: u32) -> &mut T {
        &mut self.node_mut(at).item
    }

    fn node(&self, at: u32) -> &Node<T> {
        self.nodes[at as usize].as_ref().expect("the place is taken")
    }

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
        let older = queue.newest;
        let node = self.node_mut(at);
        (node.newer, node.older) = (NONE, older);
        match older {
            NONE => queue.oldest = at,
            older => self.node_mut(older).newer = at,
        }
        queue.newest = at;
        queue.len += 1;
    }

    /// Takes the place out of the queue that it is in.
    pub(super) fn unlink(&mut self, queue: &mut Queue, at: u32) {
        let (newer, older) = (self.node(at).newer, self.node(at).older);
        match newer {
            NONE => queue.newest = older,
            newer => self.node_mut(newer).older = older,
        }
        match older {
            NONE => queue.oldest = newer,
            older => self.node_mut(older).newer = newer,
        }
        queue.len -= 1;
    }

    /// The items of a queue, the oldest first.
    pub(super) fn iter<'a>(&'a self, queue: &Queue) -> impl Iterator<Item = &'a T> {
        let mut at = queue.oldest;
        std::iter::from_fn(move || {
            (at != NONE).then(|| {
                let node = self.node(at);
                at = node.newer;
                &node.item
            })
        })
    }
}
