//! What can go wrong before or while a server runs.

use std::{error::Error, fmt, io, path::PathBuf};

use super::limits::WORKERS_COUNT_MAX;

/// Why a server could not be built or run.
///
/// The text names what the program asked for and, where there is one, what to try instead.
#[derive(Debug)]
pub struct ServerError {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Bind {
        addr: String,
        source: io::Error,
    },
    RootMissing {
        path: PathBuf,
        source: io::Error,
    },
    RootNotADirectory {
        path: PathBuf,
    },
    ErrorPages {
        path: PathBuf,
        source: io::Error,
    },
    NoErrorPages {
        path: PathBuf,
    },
    Poller {
        source: io::Error,
    },
    Thread {
        source: io::Error,
    },
    #[cfg(feature = "tls")]
    Tls {
        path: PathBuf,
        what: String,
    },
    NoHandler,
    NoWorkers,
    TooManyWorkers {
        workers: usize,
    },
}

impl ServerError {
    pub(crate) fn bind(addr: &str, source: io::Error) -> Self {
        Kind::Bind { addr: addr.to_owned(), source }.into()
    }

    pub(crate) fn root_missing(path: PathBuf, source: io::Error) -> Self {
        Kind::RootMissing { path, source }.into()
    }

    pub(crate) fn root_not_a_directory(path: PathBuf) -> Self {
        Kind::RootNotADirectory { path }.into()
    }

    pub(crate) fn error_pages(path: PathBuf, source: io::Error) -> Self {
        Kind::ErrorPages { path, source }.into()
    }

    pub(crate) fn no_error_pages(path: PathBuf) -> Self {
        Kind::NoErrorPages { path }.into()
    }

    #[cfg(feature = "tls")]
    pub(crate) fn tls(path: PathBuf, what: String) -> Self {
        Kind::Tls { path, what }.into()
    }

    pub(crate) fn poller(source: io::Error) -> Self {
        Kind::Poller { source }.into()
    }

    pub(crate) fn thread(source: io::Error) -> Self {
        Kind::Thread { source }.into()
    }

    pub(crate) fn no_handler() -> Self {
        Kind::NoHandler.into()
    }

    pub(crate) fn no_workers() -> Self {
        Kind::NoWorkers.into()
    }

    pub(crate) fn too_many_workers(workers: usize) -> Self {
        Kind::TooManyWorkers { workers }.into()
    }
}

impl From<Kind> for ServerError {
    fn from(kind: Kind) -> Self {
        ServerError { kind }
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Bind { addr, source } if source.kind() == io::ErrorKind::AddrInUse => {
                write!(f, "address {addr} is in use; try {}", other_port(addr))
            }
            Kind::Bind { addr, source } if source.kind() == io::ErrorKind::PermissionDenied => {
                write!(f, "address {addr} is not open to this user; try a port from 1024 up")
            }
            Kind::Bind { addr, source } => write!(f, "cannot listen on {addr}: {source}"),
            Kind::RootMissing { path, source } if source.kind() == io::ErrorKind::NotFound => {
                write!(f, "folder {} does not exist", path.display())
            }
            Kind::RootMissing { path, source } => {
                write!(f, "cannot open folder {}: {source}", path.display())
            }
            Kind::RootNotADirectory { path } => {
                write!(f, "{} is not a folder; name the folder that contains it", path.display())
            }
            Kind::ErrorPages { path, source } => {
                write!(f, "cannot read the error pages in {}: {source}", path.display())
            }
            Kind::NoErrorPages { path } => {
                write!(f, "there is no error page in {}; name one 404.html or 5xx.html", path.display())
            }
            #[cfg(feature = "tls")]
            Kind::Tls { path, what } => write!(f, "cannot use {} for TLS: {what}", path.display()),
            Kind::Poller { source } => write!(f, "cannot create a readiness poller: {source}"),
            Kind::Thread { source } => write!(f, "cannot start a thread: {source}"),
            Kind::NoHandler => f.write_str("the server has neither a root folder nor a handler"),
            Kind::NoWorkers => {
                f.write_str("the server needs at least one worker and room for one queued connection")
            }
            Kind::TooManyWorkers { workers } => {
                write!(f, "{workers} workers are too many; {WORKERS_COUNT_MAX} are the most")
            }
        }
    }
}

/// The same host with the next port, or with any free one.
fn other_port(addr: &str) -> String {
    let next = addr.rsplit_once(':').and_then(|(host, port)| {
        let port = port.parse::<u16>().ok()?.checked_add(1)?;
        Some(format!("{host}:{port}"))
    });
    next.unwrap_or_else(|| "port 0 for any free one".to_owned())
}

impl Error for ServerError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.kind {
            Kind::Bind { source, .. }
            | Kind::RootMissing { source, .. }
            | Kind::ErrorPages { source, .. }
            | Kind::Poller { source }
            | Kind::Thread { source } => Some(source),
            #[cfg(feature = "tls")]
            Kind::Tls { .. } => None,
            Kind::RootNotADirectory { .. }
            | Kind::NoErrorPages { .. }
            | Kind::NoHandler
            | Kind::NoWorkers
            | Kind::TooManyWorkers { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_say_what_to_do() {
        let bind = |kind: io::ErrorKind| ServerError::bind("127.0.0.1:80", kind.into()).to_string();
        assert_eq!(bind(io::ErrorKind::AddrInUse), "address 127.0.0.1:80 is in use; try 127.0.0.1:81");
        assert_eq!(
            bind(io::ErrorKind::PermissionDenied),
            "address 127.0.0.1:80 is not open to this user; try a port from 1024 up"
        );
        let missing = ServerError::root_missing("a/b".into(), io::ErrorKind::NotFound.into());
        assert_eq!(missing.to_string(), "folder a/b does not exist");
        let file = ServerError::root_not_a_directory("a/b".into());
        assert_eq!(file.to_string(), "a/b is not a folder; name the folder that contains it");
    }
}
