//! Opens unsnarl's pages in headless Chromium, does what a reader does, and leaves screenshots in `target/browser`.
//!
//! Chromium is looked for in the path; `CHROME` names another one.
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "tests stand outside the facade")]

mod browser;
mod lab;
mod report;
