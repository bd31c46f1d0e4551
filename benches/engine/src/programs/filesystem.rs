//! `filesystem` of Flanagan and Godefroid, POPL 2005: threads give blocks to inodes, under a lock for each.

use unsnarl::parking_lot::Mutex;

use super::{Program, SHUTTLE};
use crate::threads::together;

const INODES: usize = 32;
const BLOCKS: usize = 26;

/// 2^(N-13): each thread from the fourteenth on begins at a block at which an earlier one begins, too.
pub(super) const PROGRAMS: &[Program] = &[
    Program::exact("filesystem(14)", 2, || filesystem(14)).hopeless_for(SHUTTLE),
    Program::exact("filesystem(16)", 8, || filesystem(16)).hopeless_for(SHUTTLE),
    Program::exact("filesystem(18)", 32, || filesystem(18)).hopeless_for(SHUTTLE),
    Program::exact("filesystem(19)", 64, || filesystem(19)).hopeless_for(SHUTTLE),
];

struct Disk {
    /// For each inode its block.
    inodes: Vec<Mutex<Option<usize>>>,
    /// For each block whether it is taken.
    blocks: Vec<Mutex<bool>>,
}

fn filesystem(count: usize) {
    let disk = Disk {
        inodes: (0..INODES).map(|_| Mutex::new(None)).collect(),
        blocks: (0..BLOCKS).map(|_| Mutex::new(false)).collect(),
    };
    together(disk, count, |disk, index| {
        let inode = index % INODES;
        let mut given = disk.inodes[inode].lock();
        if given.is_some() {
            return;
        }
        let mut block = inode * 2 % BLOCKS;
        // The lock of a block that is taken is given back before the next one is tried.
        while std::mem::replace(&mut *disk.blocks[block].lock(), true) {
            block = (block + 1) % BLOCKS;
        }
        *given = Some(block);
    });
}
