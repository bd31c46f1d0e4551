//! Faults of simulated sockets and files, as choices of the checker.
//!
//! By default nothing fails in a model but what the program brings about. [`allow`] says what may fail: then at each operation
//! that can, the checker chooses whether it does, and looks at both. The step shows in reports with what came of it:
//! `read: short, 1 of 10 bytes`.
//!
//! How often is counted for each thread, so that what fails in one does not depend on what failed in others (the choices add
//! no orders to be looked at): at most as often as said for the kind, and at most [`Faults::budget`] faults in all.
//! [`allow_here`] is for a model in which only some of the threads are under test.
//!
//! ```
//! use std::io::{Read, Write};
//! use unsnarl::{check::{Checker, FindingKind}, fault::{self, Faults}, net::{TcpListener, TcpStream}};
//!
//! let verdict = Checker::new("trusting").regressions(false).run(|| {
//!     fault::allow(Faults::new().short_reads(1));
//!     let listener = TcpListener::bind("127.0.0.1:80").unwrap();
//!     let mut client = TcpStream::connect("127.0.0.1:80").unwrap();
//!     client.write_all(b"four").unwrap();
//!     let (mut server, _) = listener.accept().unwrap();
//!     // Wrong: a read may give less than was written at once. Right: `read_exact`.
//!     let mut word = [0; 4];
//!     server.read(&mut word).unwrap();
//!     assert_eq!(&word, b"four");
//! });
//! assert_eq!(verdict.finding().unwrap().kind, FindingKind::Panic);
//! ```
//!
//! shuttle chooses faults at random; on the loom backend allowing one is refused at the first operation that could fail.
//!
//! # What is not there
//!
//! Bytes of a connection are not lost, swapped or changed: TCP sees to that. Datagrams are lost, but never doubled or changed.
//! A machine that stops is not simulated.

mod error;
mod kind;
mod point;
mod settings;

pub(crate) use error::{disk_error, no_space, too_many_files};
pub(crate) use kind::Kind;
pub(crate) use point::{LATE, at, shorter};
pub use settings::{Faults, allow, allow_here};
