//! What the facade has of the crates whose shape it takes: `docs/coverage.md`.
//!
//! rustdoc is asked for the items of each original and of the facade, as it would show them to a user of this toolchain: a
//! scratch crate re-exports them inline, and the pages that rustdoc writes are read. Stable items and their stable methods,
//! variants and trait implementations are compared by name. What is missing needs a reason in `reasons.toml`.

mod pages;
mod probe;
mod reasons;
mod table;

use std::{fs, path::PathBuf};

use anyhow::{Context, bail};
use clap::Parser;

/// Lists what of std, parking_lot and crossbeam-channel the facade has.
#[derive(Debug, Parser)]
struct Args {
    /// Compare with the table in the repository instead of writing it; fails if they differ.
    #[arg(long)]
    check: bool,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let docs = probe::document(&root)?;
    let pairs = probe::PAIRS
        .iter()
        .map(|pair| {
            let original = pages::read(&docs.join(pair.original()))?;
            let facade = pages::read(&docs.join(pair.facade()))?;
            Ok((pair, original, facade))
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let reasons = reasons::read()?;
    let report = table::compare(&pairs, &reasons)?;
    let path = root.join("docs/coverage.md");
    if args.check {
        let old = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        if old != report.markdown {
            bail!(
                "docs/coverage.md is not what `cargo run -p unsnarl-coverage` writes: run it and commit the change"
            );
        }
    } else {
        fs::write(&path, &report.markdown)?;
    }
    println!("{}", report.summary);
    if !report.without_reason.is_empty() {
        bail!(
            "missing without a reason in tools/coverage/reasons.toml:\n  {}",
            report.without_reason.join("\n  ")
        );
    }
    Ok(())
}
