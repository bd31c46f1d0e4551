//! How a search works on a tree together with others: what it gives away, and what it takes.

use std::sync::Arc;

use super::{
    Exhaustive,
    shared::{Errand, Task, Tree},
    wakeup::NO_BRANCH,
};

impl Exhaustive {
    /// From now on so many searches work on the tree: this one, and those made by [`joining`](Self::joining). Comes between
    /// two executions.
    pub(crate) fn share(&mut self, searches: usize) -> Arc<Tree> {
        self.has_root = true;
        Arc::clone(self.tree.insert(Arc::new(Tree::new(searches))))
    }

    /// Another search that works on the tree.
    pub(crate) fn joining(&self) -> Exhaustive {
        Exhaustive { tree: self.tree.clone(), ..Exhaustive::new(self.reduction, self.bound) }
    }

    /// Gives away the first state on the path that has something left to do, if others could do with it.
    pub(super) fn share_work(&mut self) {
        let Some(tree) = self.tree.as_ref().filter(|tree| tree.lacks_work()) else { return };
        let mut own = self.shared.len()..self.len;
        if let Some(depth) = own.find(|depth| self.nodes[*depth].branches != NO_BRANCH) {
            tree.share(&mut self.shared, &mut self.nodes[..=depth], &mut self.forest, false);
            self.has_root = false;
        }
    }

    /// Takes a branch of a state that is shared: if possible of one that we come from.
    pub(super) fn next_task(&mut self) -> bool {
        let Some(tree) = self.tree.clone() else { return false };
        if std::mem::take(&mut self.has_root) {
            tree.finish();
        }
        let left = self.shared.last().copied();
        self.shared.clear();
        let next = left.and_then(|place| tree.leave(place, &mut self.forest));
        let Some(errand) = next.or_else(|| tree.wait(&mut self.forest)) else { return false };
        let Errand { nodes, places, task: Task { step, guide, is_visited, sleep } } = errand;
        self.len = places.len();
        (self.nodes, self.shared) = (nodes, places);
        self.nodes[self.len - 1].sleep = sleep;
        self.unsettled = Some(if is_visited { self.forest.depth(guide) } else { 0 });
        // Our history may be of another path.
        self.history.truncate(0);
        self.begin_at(self.len - 1, step, guide);
        true
    }

    /// The first execution of a task has ended: others may know what its steps do.
    pub(super) fn settle(&mut self) {
        if let (Some(guided), Some(tree)) = (self.unsettled.take(), &self.tree) {
            let end = self.len.min(self.shared.len() + guided);
            tree.share(&mut self.shared, &mut self.nodes[..end], &mut self.forest, true);
        }
    }
}
