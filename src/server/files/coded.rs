//! Files in a content coding: from a file that lies beside, or made here, once for each version.

use super::{
    Files, Miss,
    entry::{Checked, Coded, Content, Entry, Slot, Version},
    resolve::Place,
};
use crate::{
    fs::{self, File},
    server::{
        handler::Request,
        http::{
            coding::{Accepted, Coding},
            media::is_compressible,
        },
        table::BlockingStep,
    },
    sync::Arc,
};

/// Bytes from which on compression is tried: less fits into one packet with the head as it is.
const COMPRESS_BYTES_MIN: u64 = 256;

/// What a request is answered with.
pub(super) enum Choice {
    /// The file as it is.
    Plain,
    /// A slot that is a file in a coding.
    Coded(Arc<Slot>),
    /// The client accepts nothing that there is.
    NotAcceptable,
}

/// What there is of a file in one coding.
enum InCoding {
    Is(Arc<Slot>),
    /// Nothing, or nothing smaller.
    None,
    /// It would have to be loaded to know.
    Unknown,
}

impl Files {
    /// The best that the client accepts of the file `plain`; `None` if that is not known without loading, and `may_load` is
    /// false.
    pub(super) fn choose(
        &self,
        request: &Request<'_>,
        path: &str,
        plain: &Entry,
        may_load: bool,
    ) -> Option<Choice> {
        let accepted = Accepted::of(request.head());
        if accepted.is_plain() {
            return Some(Choice::Plain);
        }
        for choice in accepted.iter() {
            let Some(coding) = choice else { return Some(Choice::Plain) };
            match self.coded(request, path, plain, coding, may_load) {
                InCoding::Is(slot) => return Some(Choice::Coded(slot)),
                InCoding::None => {}
                InCoding::Unknown => return None,
            }
        }
        Some(Choice::NotAcceptable)
    }

    /// The file in this coding, if that is there or can be made, and pays.
    fn coded(
        &self,
        request: &Request<'_>,
        path: &str,
        plain: &Entry,
        coding: Coding,
        may_load: bool,
    ) -> InCoding {
        if !is_compressible(&plain.content_type) {
            return InCoding::None;
        }
        let key = format!("{path}\0{}", coding.name());
        let cached = self.cache.get(key.as_str());
        let is_of_this = |slot: &Slot| match slot {
            Slot::File(Entry { coding: Some(coded), .. }) => coded.of == plain.version,
            Slot::NotSmaller { of, .. } => *of == plain.version,
            Slot::File(_) | Slot::Missing { .. } => false,
        };
        let slot = match cached {
            // The plain file is compared each time: it has just been looked at.
            Some(slot)
                if is_of_this(&slot)
                    && self.is_fresh(request, &slot, |slot| self.is_current(slot, plain, coding)) =>
            {
                slot
            }
            _ if !may_load => return InCoding::Unknown,
            cached => {
                request.enter(BlockingStep::Disk);
                let load = || self.load_coded(plain, coding);
                // Old bytes would go with a new plain file's name: not stale while loading, as the plain ones are.
                if let Some(stale) = cached {
                    self.cache.remove_if_same(key.as_str(), &stale);
                }
                match self.cache.get_or_load(key, load) {
                    Ok(slot) => slot,
                    Err(_) => return InCoding::None,
                }
            }
        };
        let is_it = matches!(&*slot, Slot::File(_)) && is_of_this(&slot);
        if is_it { InCoding::Is(slot) } else { InCoding::None }
    }

    /// Whether the slot is what would be loaded now.
    fn is_current(&self, slot: &Slot, plain: &Entry, coding: Coding) -> bool {
        match slot {
            Slot::File(Entry { coding: Some(Coded { lies_beside: true, .. }), version, named, .. }) => {
                version.is_at(named)
            }
            _ => beside(plain, coding).is_none(),
        }
    }

    fn load_coded(&self, plain: &Entry, coding: Coding) -> Result<Slot, Miss> {
        let coded = |lies_beside| Some(Coded { coding, of: plain.version, lies_beside });
        if let Some(named) = beside(plain, coding) {
            // It may be a link that leaves the root.
            let place = self.root.resolve(named)?;
            let file = File::open(&place.file)?;
            let version = Version::of(&file.metadata()?);
            let content = self.content(file, version)?;
            return Ok(Slot::File(Entry::new(place, version, content, coded(true))));
        }
        let not_smaller = Slot::NotSmaller { of: plain.version, checked: Checked::default() };
        let Content::Cached(bytes) = &plain.content else { return Ok(not_smaller) };
        if !self.compresses || plain.len() < COMPRESS_BYTES_MIN {
            return Ok(not_smaller);
        }
        match coding.encode(bytes) {
            Some(encoded) if encoded.len() < bytes.len() => {
                let metadata = fs::metadata(&plain.named)?;
                let place = Place { named: plain.named.clone(), file: plain.file.clone(), metadata };
                let content = Content::Cached(encoded.into());
                Ok(Slot::File(Entry::new(place, plain.version, content, coded(false))))
            }
            _ => Ok(not_smaller),
        }
    }
}

/// The name of the file that lies beside `plain` in this coding, if there is one that is not older.
fn beside(plain: &Entry, coding: Coding) -> Option<std::path::PathBuf> {
    let mut named = plain.named.clone().into_os_string();
    named.push(coding.suffix());
    let metadata = fs::metadata(&named).ok()?;
    let is_older = metadata.modified().ok() < plain.version.modified;
    (metadata.is_file() && !is_older).then(|| named.into())
}
