//! Files in the shape of [`std::fs`].
//!
//! On the native backend every item here *is* the `std` item. In a model files live in memory, see [`sim`]; outside of one
//! they are the system's. Links, permissions and locks on files are not here, since they are not simulated.
//!
//! ```
//! # #[cfg(feature = "model")] {
//! use unsnarl::{check::Checker, fs, thread};
//!
//! Checker::new("replace").regressions(false).check(|| {
//!     fs::write("/state", "old").unwrap();
//!     let writer = thread::spawn(|| {
//!         fs::write("/state.new", "new").unwrap();
//!         fs::rename("/state.new", "/state").unwrap();
//!     });
//!     // Whoever reads meets the old state or the new one, and nothing between.
//!     let text = fs::read_to_string("/state").unwrap();
//!     assert!(text == "old" || text == "new");
//!     writer.join().unwrap();
//! });
//! # }
//! ```

#[cfg(backend = "native")]
pub use std::fs::{
    DirEntry, File, FileType, Metadata, OpenOptions, ReadDir, canonicalize, copy, create_dir, create_dir_all,
    exists, metadata, read, read_dir, read_to_string, remove_dir, remove_dir_all, remove_file, rename, write,
};

#[cfg(backend = "instrumented")]
mod dual;
#[cfg(not(backend = "native"))]
pub mod sim;

#[cfg(backend = "instrumented")]
pub use dual::{
    DirEntry, File, FileType, Metadata, OpenOptions, ReadDir, canonicalize, copy, create_dir, create_dir_all,
    exists, metadata, read, read_dir, read_to_string, remove_dir, remove_dir_all, remove_file, rename, write,
};
#[cfg(any(backend = "loom", backend = "shuttle"))]
pub use sim::{
    DirEntry, File, FileType, Metadata, OpenOptions, ReadDir, canonicalize, copy, create_dir, create_dir_all,
    exists, metadata, read, read_dir, read_to_string, remove_dir, remove_dir_all, remove_file, rename, write,
};

/// Reads from `offset` of `file` on, wherever the file stands, in one call where the system has one.
#[cfg(feature = "send-file")]
#[track_caller]
pub(crate) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> std::io::Result<usize> {
    #[cfg(backend = "native")]
    return positioned::read_at(file, buffer, offset);
    #[cfg(backend = "instrumented")]
    return file.read_from(buffer, offset);
    #[cfg(any(backend = "loom", backend = "shuttle"))]
    file.read_at(buffer, offset)
}

#[cfg(all(feature = "send-file", any(backend = "native", backend = "instrumented")))]
mod positioned;
