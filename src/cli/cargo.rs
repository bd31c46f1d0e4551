//! What cargo knows about the package that is checked.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;

use super::{Result, stop};
use crate::check::EngineName;

/// Where the package is.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct Place {
    /// The folder of the package, instead of the one that the command runs in.
    #[arg(long, value_name = "DIR", conflicts_with = "manifest_path")]
    package_dir: Option<PathBuf>,
    /// The `Cargo.toml` of the package.
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<PathBuf>,
    /// The member of the workspace with this name; may be given several times.
    #[arg(short, long = "package", value_name = "NAME", conflicts_with = "workspace")]
    packages: Vec<String>,
    /// Every member of the workspace that depends on unsnarl.
    #[arg(long)]
    workspace: bool,
}

/// A package, as far as it matters here.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
    metadata: Option<PackageMetadata>,
    id: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Dependency {
    name: String,
    rename: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct PackageMetadata {
    unsnarl: Option<Settings>,
}

/// `[package.metadata.unsnarl]`.
#[derive(Clone, Debug, Deserialize)]
struct Settings {
    /// Folders of the packages that have the models, relative to this package.
    models: Option<Vec<PathBuf>>,
}

/// The answer of `cargo metadata`.
#[derive(Clone, Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_default_members: Option<Vec<String>>,
    workspace_root: PathBuf,
    target_directory: PathBuf,
}

/// The packages with models, and where their builds go.
#[derive(Clone, Debug)]
pub(super) struct Project {
    pub(super) packages: Vec<Package>,
    pub(super) target: PathBuf,
    /// The folder of the workspace.
    pub(super) root: PathBuf,
    /// Whether the workspace says itself what the profile `checking` is.
    pub(super) has_checking_profile: bool,
}

/// Cargo itself; the one that runs us, if one does.
pub(super) fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")))
}

impl Project {
    /// The package of this manifest, whatever it names as its models.
    pub(super) fn only(manifest: &Path) -> Result<Self> {
        let all = metadata(manifest)?;
        let manifest = manifest.canonicalize().unwrap_or_else(|_| manifest.to_owned());
        let package = all.packages.iter().find(|package| package.is_at(&manifest)).cloned();
        let package = package.ok_or_else(|| stop::usage(format!("{} is no package", manifest.display())))?;
        Ok(all.project(vec![package]))
    }
}

impl Metadata {
    fn project(&self, packages: Vec<Package>) -> Project {
        Project {
            packages,
            target: self.target_directory.clone(),
            root: self.workspace_root.clone(),
            has_checking_profile: has_checking_profile(&self.workspace_root),
        }
    }
}

impl Place {
    /// Whether a place was named.
    pub(super) fn is_given(&self) -> bool {
        self.package_dir.is_some()
            || self.manifest_path.is_some()
            || self.workspace
            || !self.packages.is_empty()
    }

    /// The manifest, which exists.
    pub(super) fn manifest(&self) -> Result<PathBuf> {
        if let Some(path) = &self.manifest_path {
            return match path.is_file() {
                true => Ok(path.clone()),
                false => Err(stop::usage(format!(
                    "--manifest-path: {} is not a file: give the path of a Cargo.toml",
                    path.display()
                ))),
            };
        }
        if let Some(folder) = &self.package_dir {
            if !folder.is_dir() {
                return Err(stop::usage(format!(
                    "--package-dir: there is no folder {}: give the folder of a package",
                    folder.display()
                )));
            }
            let manifest = folder.join("Cargo.toml");
            return match manifest.is_file() {
                true => Ok(manifest),
                false => Err(stop::usage(format!(
                    "--package-dir: there is no Cargo.toml in {}: give the folder of a package",
                    folder.display()
                ))),
            };
        }
        let here =
            env::current_dir().map_err(|error| stop::usage(format!("no working directory: {error}")))?;
        let manifest =
            here.ancestors().map(|folder| folder.join("Cargo.toml")).find(|manifest| manifest.is_file());
        manifest.ok_or_else(|| {
            stop::usage(format!(
                "there is no Cargo.toml in {} or a folder above it: go to a package, or name one by --manifest-path",
                here.display()
            ))
        })
    }

    /// The packages that were asked for by name, or as a workspace.
    fn named(&self, all: &Metadata) -> Result<Vec<Package>> {
        let has_unsnarl = |package: &&Package| package.name == "unsnarl" || package.unsnarl().is_some();
        if self.workspace {
            let members: Vec<Package> = all.packages.iter().filter(has_unsnarl).cloned().collect();
            return match members.is_empty() {
                true => Err(stop::usage(
                    "--workspace: no member depends on unsnarl: add it to the [dev-dependencies] of the package with the models",
                )),
                false => Ok(members),
            };
        }
        let find = |name: &String| {
            let found = all.packages.iter().find(|package| package.name == *name).cloned();
            found.ok_or_else(|| {
                let names: Vec<&str> =
                    all.packages.iter().filter(has_unsnarl).map(|package| package.name.as_str()).collect();
                let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
                stop::usage(format!(
                    "--package: the workspace has no package `{name}`; those that depend on unsnarl: {names}"
                ))
            })
        };
        self.packages.iter().map(find).collect()
    }

    /// The packages that have the models: those that the package names in `[package.metadata.unsnarl]`, else the package
    /// itself, else (in a workspace without a package at its root) the members that depend on unsnarl.
    pub(super) fn project(&self) -> Result<Project> {
        let manifest = self.manifest()?;
        let all = metadata(&manifest)?;
        if self.workspace || !self.packages.is_empty() {
            return Ok(all.project(self.named(&all)?));
        }
        let manifest = manifest.canonicalize().unwrap_or(manifest);
        let Some(package) = all.packages.iter().find(|package| package.is_at(&manifest)) else {
            let defaults = all.workspace_default_members.as_ref();
            let members = all.packages.iter().filter(|package| {
                package.unsnarl().is_some() && defaults.is_none_or(|ids| ids.contains(&package.id))
            });
            let members: Vec<Package> = members.cloned().collect();
            if members.is_empty() {
                return Err(stop::usage(format!(
                    "no package of the workspace {} depends on unsnarl: add it to the [dev-dependencies] of the package with the models",
                    manifest.display()
                )));
            }
            return Ok(all.project(members));
        };
        let Some(folders) = package.metadata.as_ref().and_then(|all| all.unsnarl.as_ref()?.models.as_ref())
        else {
            return Ok(all.project(vec![package.clone()]));
        };
        let mut packages = Vec::new();
        for folder in folders {
            let manifest = package.folder().join(folder).join("Cargo.toml");
            let wanted = manifest.canonicalize().map_err(|_| {
                stop::usage(format!(
                    "[package.metadata.unsnarl] of {} names the folder `{}`, which has no Cargo.toml",
                    package.manifest_path.display(),
                    folder.display()
                ))
            })?;
            let known = all.packages.iter().find(|package| package.is_at(&wanted)).cloned();
            // A package that is not of this workspace has its own metadata.
            let found = match known {
                Some(package) => Some(package),
                None => metadata(&manifest)?.packages.into_iter().find(|package| package.is_at(&wanted)),
            };
            packages.extend(found);
        }
        Ok(all.project(packages))
    }
}

fn metadata(manifest: &Path) -> Result<Metadata> {
    let output = cargo()
        .args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path"])
        .arg(manifest)
        .output()
        .map_err(|error| stop::usage(format!("cannot run cargo: {error}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.trim().trim_start_matches("error: ");
        return Err(stop::usage(format!("cargo cannot read {}: {said}", manifest.display())));
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|error| stop::fault(format!("cannot understand the answer of `cargo metadata`: {error}")))
}

/// Whether the workspace's manifest has the table.
fn has_checking_profile(workspace_root: &Path) -> bool {
    let text = std::fs::read_to_string(workspace_root.join("Cargo.toml")).unwrap_or_default();
    let manifest = text.parse::<toml::Table>().unwrap_or_default();
    manifest.get("profile").and_then(|profiles| profiles.get("checking")).is_some()
}

impl Package {
    pub(super) fn folder(&self) -> &Path {
        self.manifest_path.parent().expect("a manifest is in a folder")
    }

    fn is_at(&self, manifest: &Path) -> bool {
        self.manifest_path == manifest || self.manifest_path.canonicalize().is_ok_and(|path| path == manifest)
    }

    /// What the package calls its dependency on unsnarl.
    fn unsnarl(&self) -> Option<&str> {
        let dependency = self.dependencies.iter().find(|dependency| dependency.name == "unsnarl")?;
        Some(dependency.rename.as_deref().unwrap_or("unsnarl"))
    }

    /// The feature that compiles an engine into the package's tests, whether or not its manifest asks for it.
    pub(super) fn feature_for(&self, engine: EngineName) -> Option<String> {
        match engine {
            EngineName::Unsnarl => None,
            _ if self.name == "unsnarl" => Some(engine.to_string()),
            _ => self.unsnarl().map(|unsnarl| format!("{unsnarl}/{engine}")),
        }
    }
}
