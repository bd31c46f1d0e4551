//! Why a command does not end well: findings, errors in the use, faults of our own, and the person who pressed Ctrl-C.
//!
//! The four are types of their own, so that none can be taken for another, and each has its exit code.

use std::{fmt, process::ExitCode};

use super::console;

/// The program under test has a bug, or an announced one did not show. The command has printed it already.
#[derive(Debug)]
pub(super) struct Findings;

/// The command was not used as it can be: a bad path, a filter that matches nothing, a package that does not build.
#[derive(Debug)]
pub(super) struct UsageError(String);

/// unsnarl itself failed.
#[derive(Debug)]
pub(super) struct Fault(String);

/// Somebody pressed Ctrl-C. What was there has been printed.
#[derive(Debug)]
pub(super) struct Interrupted;

/// The exit code after Ctrl-C: 128 and the number of SIGINT, as shells have it.
pub(super) const INTERRUPTED: u8 = 130;

/// Why a command does not end well.
#[derive(Debug)]
pub(super) enum Stop {
    Findings(Findings),
    Usage(UsageError),
    Fault(Fault),
    Interrupted(Interrupted),
}

/// An error in the use; one sentence that names the input and the fix.
pub(super) fn usage(message: impl fmt::Display) -> Stop {
    Stop::Usage(UsageError(message.to_string()))
}

/// A fault of our own.
pub(super) fn fault(message: impl fmt::Display) -> Stop {
    Stop::Fault(Fault(message.to_string()))
}

impl Stop {
    /// Says it on standard error, unless the command has.
    pub(super) fn print(&self) {
        match self {
            Stop::Findings(Findings) => {}
            Stop::Usage(UsageError(message)) => console::complain("error", message),
            Stop::Fault(Fault(message)) => console::complain("fault of unsnarl", message),
            Stop::Interrupted(Interrupted) => console::complain("interrupted", "the results are incomplete"),
        }
    }

    pub(super) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Stop::Findings(_) => 1,
            Stop::Usage(_) => 2,
            Stop::Fault(_) => 3,
            Stop::Interrupted(_) => INTERRUPTED,
        })
    }
}
