//! The scratch crate that rustdoc documents.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, bail};

/// A module of another crate, and the module of the facade that takes its shape.
pub(crate) struct Pair {
    /// As a user writes it.
    pub(crate) original_path: &'static str,
    pub(crate) facade_path: &'static str,
}

pub(crate) const PAIRS: &[Pair] = &[
    pair("std::sync", "unsnarl::sync"),
    pair("std::thread", "unsnarl::thread"),
    pair("std::time", "unsnarl::time"),
    pair("std::hint", "unsnarl::hint"),
    pair("parking_lot", "unsnarl::parking_lot"),
    pair("crossbeam_channel", "unsnarl::channel"),
    pair("crossbeam_queue", "unsnarl::queue"),
    pair("crossbeam_deque", "unsnarl::deque"),
];

/// Where the methods of parking_lot's types are written: they are aliases of these.
const EXTRA: &str = "parking_lot::lock_api";

const fn pair(original_path: &'static str, facade_path: &'static str) -> Pair {
    Pair { original_path, facade_path }
}

impl Pair {
    pub(crate) fn original(&self) -> String {
        module(self.original_path)
    }

    pub(crate) fn facade(&self) -> String {
        module(self.facade_path)
    }
}

/// The scratch crate's name for a module.
fn module(path: &str) -> String {
    path.replace("::", "_")
}

/// Writes the scratch crate, has it documented, and says where the pages are.
pub(crate) fn document(root: &Path) -> anyhow::Result<PathBuf> {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let scratch = target.join("coverage");
    fs::create_dir_all(scratch.join("src"))?;
    fs::write(
        scratch.join("Cargo.toml"),
        format!(
            "[package]\nname = \"probe\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
             unsnarl = {{ path = {root:?}, features = [\"model\", \"queue\", \"deque\"] }}\n\
             parking_lot = {{ version = \"0.12.5\", features = [\"arc_lock\"] }}\ncrossbeam-channel = \"0.5.17\"\n\
             crossbeam-queue = \"0.3.14\"\ncrossbeam-deque = \"0.8.8\"\n"
        ),
    )?;
    fs::copy(root.join("Cargo.lock"), scratch.join("Cargo.lock"))?;
    let modules = PAIRS.iter().flat_map(|pair| [pair.original_path, pair.facade_path]).chain([EXTRA]);
    let exports = modules.map(|path| format!("#[doc(inline)] pub use ::{path} as {};\n", module(path)));
    fs::write(scratch.join("src/lib.rs"), exports.collect::<String>())?;
    // Pages of items that are gone would be read, too.
    let pages = scratch.join("target/doc/probe");
    if pages.exists() {
        fs::remove_dir_all(&pages)?;
    }
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["doc", "--no-deps", "--quiet"])
        .current_dir(&scratch)
        .env("CARGO_TARGET_DIR", scratch.join("target"))
        .env_remove("RUSTFLAGS")
        .status()
        .context("cargo doc")?;
    if !status.success() {
        bail!("cargo doc failed on {}", scratch.display());
    }
    Ok(pages)
}
