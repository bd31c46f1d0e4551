//! Files inside the model.
//!
//! Each execution has its own disk, with nothing on it but the root, which is also the working directory; [`put()`] fills it.
//! Each operation is one step of the checker, and can fail where [`fault`](crate::fault) allows it. Differences from a real
//! one:
//!
//! - there are no links, no permissions and no owners;
//! - a file that is open for reading only keeps the bytes that it was opened with, as one does that is replaced by a rename;
//! - what was written is there: nothing is lost, however late it is synchronised;
//! - an open of a folder fails at once (a real system may say so only at the first read).

mod calls;
mod disk;
mod file;
mod metadata;
#[cfg(unix)]
pub(crate) mod sockets;

pub use calls::{
    canonicalize, copy, create_dir, create_dir_all, exists, metadata, put, read, read_dir, read_to_string,
    remove_dir, remove_dir_all, remove_file, rename, write,
};
pub use file::{File, OpenOptions};
pub use metadata::{DirEntry, FileType, Metadata, ReadDir};
