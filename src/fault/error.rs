//! The errors of the operating system that have no kind of their own in `std`, by number.

use std::io;

#[cfg(not(windows))]
const TOO_MANY_FILES: i32 = 24;
#[cfg(windows)]
const TOO_MANY_FILES: i32 = 4;

#[cfg(not(windows))]
const DISK_ERROR: i32 = 5;
#[cfg(windows)]
const DISK_ERROR: i32 = 1117;

#[cfg(not(windows))]
const NO_SPACE: i32 = 28;
#[cfg(windows)]
const NO_SPACE: i32 = 112;

/// The process has as many descriptors as it may have (`EMFILE`).
pub(crate) fn too_many_files() -> io::Error {
    io::Error::from_raw_os_error(TOO_MANY_FILES)
}

/// The disk does not answer as it should (`EIO`).
pub(crate) fn disk_error() -> io::Error {
    io::Error::from_raw_os_error(DISK_ERROR)
}

/// The disk is full (`ENOSPC`).
pub(crate) fn no_space() -> io::Error {
    io::Error::from_raw_os_error(NO_SPACE)
}
