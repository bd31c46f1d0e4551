//! `unsnarl.toml`: settings of `cargo unsnarl check` by profile, so that nobody repeats flags.
//!
//! ```toml
//! [profile.default]
//! budget = 10
//!
//! [profile.ci]
//! fail-fast = true
//! junit = "target/unsnarl/junit.xml"
//! ```
//!
//! A profile takes from `default` what it does not say itself; a flag on the command line comes before both.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::{Result, engines::EngineChoice, stop};

/// The file's name.
pub(super) const FILE: &str = "unsnarl.toml";
/// Names a profile where no flag does.
const PROFILE_VARIABLE: &str = "UNSNARL_PROFILE";
/// The profile that all others take from.
const DEFAULT: &str = "default";
/// Profiles that exist without being written down.
const BUILT_IN: [&str; 3] = [DEFAULT, "ci", "nightly"];

/// The file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    profile: BTreeMap<String, toml::Table>,
    /// What [`serve`](super::serve) reads.
    #[serde(default, rename = "serve")]
    _serve: toml::Table,
}

/// The settings of a profile: those of the flags of the same names.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Profile {
    pub(super) engine: Option<Vec<EngineChoice>>,
    pub(super) budget: Option<u64>,
    pub(super) preemptions: Option<usize>,
    pub(super) strategy: Option<String>,
    pub(super) seed: Option<u64>,
    pub(super) jobs: Option<u16>,
    pub(super) cores: Option<u16>,
    pub(super) timeout: Option<u64>,
    pub(super) fail_fast: Option<bool>,
    pub(super) cargo_profile: Option<String>,
    pub(super) features: Option<Vec<String>>,
    pub(super) save: Option<PathBuf>,
    pub(super) junit: Option<PathBuf>,
    pub(super) sarif: Option<PathBuf>,
    pub(super) html: Option<PathBuf>,
    pub(super) findings: Option<PathBuf>,
}

impl Profile {
    /// Files are meant relative to the folder of `unsnarl.toml`, wherever the command runs.
    fn relative_to(mut self, folder: &Path) -> Profile {
        let paths = [&mut self.save, &mut self.junit, &mut self.sarif, &mut self.html, &mut self.findings];
        for path in paths.into_iter().flatten() {
            *path = folder.join(&*path);
        }
        self
    }

    fn checked(self, file: &Path) -> Result<Profile> {
        let wrong = |what: String| stop::usage(format!("{}: {what}", file.display()));
        if let Some(strategy) = &self.strategy {
            strategy.parse::<crate::check::Strategy>().map_err(|error| wrong(error.to_string()))?;
        }
        for (name, number) in [("jobs", self.jobs), ("cores", self.cores)] {
            if number == Some(0) {
                return Err(wrong(format!("{name} = 0, but at least 1 is needed")));
            }
        }
        Ok(self)
    }
}

/// The settings of the profile that is asked for: by a flag, else by the environment, else `default`.
pub(super) fn profile(name: Option<&str>, config: Option<&Path>, workspace: &Path) -> Result<Profile> {
    let from_environment = env::var(PROFILE_VARIABLE).ok();
    let name = name.or(from_environment.as_deref()).unwrap_or(DEFAULT);
    let path = config.map_or_else(|| workspace.join(FILE), Path::to_path_buf);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if config.is_none() && error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(stop::usage(format!("cannot read {}: {error}", path.display()))),
    };
    let file: File = toml::from_str(&text)
        .map_err(|error| stop::usage(format!("{}: {}", path.display(), error.to_string().trim_end())))?;
    let known = || {
        let known: BTreeSet<&str> = file.profile.keys().map(String::as_str).chain(BUILT_IN).collect();
        known.into_iter().collect::<Vec<_>>().join(", ")
    };
    if !file.profile.contains_key(name) && !BUILT_IN.contains(&name) {
        let (path, known) = (path.display(), known());
        return Err(stop::usage(format!("{path} has no profile `{name}`; there are: {known}")));
    }
    // What comes later says more.
    let mut settings = toml::Table::new();
    settings.extend(file.profile.get(DEFAULT).cloned().unwrap_or_default());
    if name != DEFAULT {
        settings.extend(built_in(name));
        settings.extend(file.profile.get(name).cloned().unwrap_or_default());
    }
    let profile: Profile = settings.try_into().map_err(|error: toml::de::Error| {
        stop::usage(format!("{}: profile `{name}`: {}", path.display(), error.message()))
    })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    profile.relative_to(folder).checked(&path)
}

/// What the profiles mean that exist without being written down.
fn built_in(name: &str) -> toml::Table {
    match name {
        "nightly" => toml::toml! {
            budget = 120
            timeout = 3600
        },
        _ => toml::Table::new(),
    }
}
