//! From the path of a request to a file under the root.

use std::{
    io::{self, ErrorKind},
    path::{Component, Path, PathBuf},
};

use super::{Files, Miss, entry::Slot};
use crate::{
    fs::{self, Metadata},
    server::ServerError,
};

const INDEX: &str = "index.html";

/// The folder that is served, resolved.
#[derive(Debug)]
pub(super) struct Root(PathBuf);

/// A file under the root.
pub(super) struct Place {
    /// As the path names it: where one looks whether it is still the same.
    pub(super) named: PathBuf,
    /// Through all symbolic links.
    pub(super) file: PathBuf,
    pub(super) metadata: Metadata,
}

impl Root {
    pub(super) fn open(path: &Path) -> Result<Self, ServerError> {
        let missing = |error| ServerError::root_missing(path.to_owned(), error);
        let root = fs::canonicalize(path).map_err(missing)?;
        if !fs::metadata(&root).map_err(missing)?.is_dir() {
            return Err(ServerError::root_not_a_directory(path.to_owned()));
        }
        Ok(Root(root))
    }

    /// The name on the disk of what `path` names, not resolved.
    pub(super) fn named(&self, path: &str) -> Result<PathBuf, Miss> {
        let relative = Path::new(path.trim_start_matches('/'));
        // What is an ordinary name in a URL need not be one on every system: `C:` on Windows.
        if !relative.components().all(|component| matches!(component, Component::Normal(_))) {
            return Err(Miss::NotFound);
        }
        Ok(self.0.join(relative))
    }

    /// Resolves a name under the root.
    pub(super) fn resolve(&self, named: PathBuf) -> Result<Place, Miss> {
        let file = fs::canonicalize(&named)?;
        if !file.starts_with(&self.0) {
            return Err(Miss::Forbidden);
        }
        let metadata = fs::metadata(&file)?;
        Ok(Place { named, file, metadata })
    }
}

impl Files {
    /// Loads what `path` names; that there is nothing, too.
    pub(super) fn load(&self, path: &str) -> Result<Slot, Miss> {
        let named = self.root.named(path)?;
        let place = match self.root.resolve(named.clone()) {
            Err(Miss::NotFound) => return Ok(Slot::missing(named)),
            place => place?,
        };
        match (place.metadata.is_dir(), path.ends_with('/')) {
            (true, true) => {
                let index = place.named.join(INDEX);
                match self.root.resolve(index.clone()) {
                    Ok(place) if place.metadata.is_file() => self.read(place),
                    // A list is made anew each time: its folder's time says nothing of the files in it.
                    Ok(_) | Err(Miss::NotFound) if self.lists => Err(Miss::NoIndex),
                    Ok(_) => Err(Miss::NotFound),
                    Err(Miss::NotFound) => Ok(Slot::missing(index)),
                    Err(miss) => Err(miss),
                }
            }
            (true, false) => Err(Miss::Folder),
            (false, true) => Err(Miss::NotFound),
            (false, false) if place.metadata.is_file() => self.read(place),
            // A device or a pipe, which might block for ever.
            (false, false) => Err(Miss::Forbidden),
        }
    }
}

/// Whether the error says that there is nothing of this name. A name that is too long names nothing.
pub(super) fn is_nothing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidFilename)
}

impl From<io::Error> for Miss {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            _ if is_nothing(&error) => Miss::NotFound,
            ErrorKind::PermissionDenied => Miss::Forbidden,
            _ => Miss::Failed(error.to_string()),
        }
    }
}
