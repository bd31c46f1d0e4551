//! Error pages of one's own.

use std::{collections::BTreeMap, path::Path};

use crate::{
    fs,
    server::{
        ServerError,
        http::{Body, Response},
    },
    sync::Arc,
};

/// Pages by status, or by class: 400 and 500 stand for `4xx.html` and `5xx.html`.
#[derive(Debug, Default)]
pub(super) struct ErrorPages {
    by_status: BTreeMap<u16, Arc<[u8]>>,
    by_class: BTreeMap<u16, Arc<[u8]>>,
}

impl ErrorPages {
    /// Reads all pages of a folder; other files in it do not matter.
    pub(super) fn read(folder: &Path) -> Result<Self, ServerError> {
        let failed = |error| ServerError::error_pages(folder.to_owned(), error);
        let mut pages = ErrorPages::default();
        for entry in fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            let Some(status) = name.strip_suffix(".html") else { continue };
            let (pages, status) = match (status, status.parse::<u16>()) {
                ("4xx", _) => (&mut pages.by_class, 400),
                ("5xx", _) => (&mut pages.by_class, 500),
                (_, Ok(status @ 400..=599)) => (&mut pages.by_status, status),
                _ => continue,
            };
            pages.insert(status, fs::read(&path).map_err(failed)?.into());
        }
        if pages.by_status.is_empty() && pages.by_class.is_empty() {
            return Err(ServerError::no_error_pages(folder.to_owned()));
        }
        Ok(pages)
    }

    /// Puts the page for an error in the place of its text.
    pub(super) fn apply(&self, response: Response) -> Response {
        let status = response.status();
        if status < 400 {
            return response;
        }
        let page = self.by_status.get(&status).or_else(|| self.by_class.get(&(status / 100 * 100)));
        match page {
            Some(page) => response.with_content("text/html; charset=utf-8", Body::Shared(Arc::clone(page))),
            None => response,
        }
    }
}
