//! Files that are the operating system's outside of a model and simulated inside.

mod calls;
mod file;
mod metadata;

pub use calls::{
    canonicalize, copy, create_dir, create_dir_all, exists, metadata, read, read_dir, read_to_string,
    remove_dir, remove_dir_all, remove_file, rename, write,
};
pub use file::{File, OpenOptions};
pub use metadata::{DirEntry, FileType, Metadata, ReadDir};
