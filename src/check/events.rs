//! Records of checks for the program that started the test binary: one JSON line each.

use std::{env, fs::OpenOptions, io::Write};

use serde::{Deserialize, Serialize};

use super::{
    finding::FindingKind,
    verdict::{EngineName, Verdict},
};

/// Names a file to which each [`Checker::check`](super::Checker::check) appends a [`Record`] as one line of JSON.
pub const EVENTS_VARIABLE: &str = "UNSNARL_EVENTS";

/// The outcome of one check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Record {
    /// The model's name.
    pub model: String,
    /// The engine that ran it.
    pub engine: EngineName,
    /// The finding that was announced, if one was.
    pub expected: Option<FindingKind>,
    /// Whether the verdict is what was announced.
    pub as_expected: bool,
    /// The verdict.
    pub verdict: Verdict,
}

/// Appends the record, if somebody asked for it. A record that cannot be written is said on standard error: the check
/// itself is not affected.
pub(super) fn write(record: &Record) {
    let Some(path) = env::var_os(EVENTS_VARIABLE) else { return };
    let line = serde_json::to_string(record).map(|line| line + "\n");
    let written = line.map_err(std::io::Error::from).and_then(|line| {
        // One write, so that lines of tests that run at the same time do not mix.
        OpenOptions::new().create(true).append(true).open(&path)?.write_all(line.as_bytes())
    });
    if let Err(error) = written {
        eprintln!("unsnarl: cannot write the record of a check to {}: {error}", path.display());
    }
}

/// Says the verdict on standard error, unless a program that reads records says it.
pub(super) fn say(model: &str, verdict: &Verdict) {
    if env::var_os(EVENTS_VARIABLE).is_none() {
        eprintln!("unsnarl: model `{model}`: {verdict}");
    }
}
