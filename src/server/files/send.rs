//! From an entry to a response: conditions, ranges, content.

use std::ops::Range;

use super::{
    Files,
    coded::Choice,
    entry::{Content, Entry, Slot, Version},
    not_found,
    resolve::Place,
};
use crate::{
    fs::File,
    server::{
        handler::Request,
        http::{
            Body, Method, Response,
            conditional::{self, Verdict},
            multipart::{Multipart, content_range},
            range::{self, Selection},
        },
        table::BlockingStep,
    },
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

/// An entry and, if its bytes are not cached, the file that was opened.
struct Source<'a> {
    entry: &'a Entry,
    file: Option<Arc<File>>,
}

impl Files {
    /// Answers with the file, in the best coding.
    pub(super) fn send(&self, request: &Request<'_>, path: &str, plain: &Entry) -> Response {
        match self.choose(request, path, plain, true) {
            Some(choice) => self.send_choice(request, plain, choice),
            // Not without a coding that is loaded.
            None => self.send_entry(request, plain),
        }
    }

    /// The same if all of it is in memory.
    pub(super) fn send_now(&self, request: &Request<'_>, path: &str, plain: &Entry) -> Option<Response> {
        let choice = self.choose(request, path, plain, false)?;
        let is_in_memory = |entry: &Entry| matches!(entry.content, Content::Cached(_));
        let is_now = match &choice {
            Choice::Plain => is_in_memory(plain),
            Choice::Coded(slot) => matches!(&**slot, Slot::File(entry) if is_in_memory(entry)),
            Choice::NotAcceptable => true,
        };
        is_now.then(|| self.send_choice(request, plain, choice))
    }

    fn send_choice(&self, request: &Request<'_>, plain: &Entry, choice: Choice) -> Response {
        let coded = match choice {
            Choice::Plain => return self.send_entry(request, plain),
            Choice::Coded(slot) => slot,
            Choice::NotAcceptable => {
                return Response::text(
                    406,
                    "406 Not Acceptable: the file is not there in an accepted coding",
                )
                .with_field("vary", "accept-encoding");
            }
        };
        match &*coded {
            Slot::File(entry) => self.send_entry(request, entry),
            Slot::Missing { .. } | Slot::NotSmaller { .. } => self.send_entry(request, plain),
        }
    }

    fn send_entry(&self, request: &Request<'_>, entry: &Entry) -> Response {
        if let Content::Cached(_) = entry.content {
            return Source { entry, file: None }.respond(request);
        }
        request.enter(BlockingStep::Disk);
        let opened = File::open(&entry.file).and_then(|file| Ok((file.metadata()?, file)));
        let Ok((metadata, file)) = opened else { return not_found() };
        let (version, file) = (Version::of(&metadata), Some(Arc::new(file)));
        if version == entry.version {
            return Source { entry, file }.respond(request);
        }
        // It was replaced since it was looked at: what was opened is what is described.
        let place = Place { named: entry.named.clone(), file: entry.file.clone(), metadata };
        let coding = entry.coding.as_ref().map(|coded| super::entry::Coded { ..*coded });
        let entry = &Entry::new(place, version, Content::OnDisk, coding);
        Source { entry, file }.respond(request)
    }
}

impl Source<'_> {
    fn respond(&self, request: &Request<'_>) -> Response {
        let (head, entry) = (request.head(), self.entry);
        let validators = entry.validators();
        match conditional::evaluate(head, validators) {
            Verdict::Proceed => {}
            Verdict::NotModified => {
                return Response::new(304).with_shared_fields(Arc::clone(&entry.validator_lines));
            }
            Verdict::Failed => {
                return Response::text(412, "412 Precondition Failed: there is another version of the file")
                    .with_shared_fields(Arc::clone(&entry.validator_lines));
            }
        }
        // RFC 9110 section 14.2: ranges are defined for GET alone.
        let asked = head.field("range").filter(|_| head.method() == Method::Get);
        let selection = match asked {
            Some(value) if conditional::range_applies(head, validators) => range::select(value, entry.len()),
            _ => Selection::Whole,
        };
        match selection {
            Selection::Whole => self.with_lines(200, self.whole()),
            Selection::Unsatisfiable => Response::text(416, "416 Range Not Satisfiable: the file is shorter")
                .with_field("content-range", format!("bytes */{}", entry.len()))
                .with_shared_fields(Arc::clone(&entry.validator_lines)),
            Selection::Parts(parts) => self.parts(&parts),
        }
    }

    fn parts(&self, parts: &[Range<u64>]) -> Response {
        let entry = self.entry;
        if let [part] = parts {
            return self
                .with_lines(206, self.part(part.clone()))
                .with_field("content-range", content_range(part, entry.len()));
        }
        // The file's content is older than this moment, so it cannot have the boundary in it but by chance.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let unlikely = (now.as_nanos() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let multipart = Multipart::new(&entry.content_type, entry.len(), unlikely);
        let mut response = Response::new(206)
            .with_field("content-type", multipart.content_type())
            .with_field("x-content-type-options", "nosniff")
            .with_shared_fields(Arc::clone(&entry.validator_lines));
        if let Some(coded) = &entry.coding {
            response = response.with_field("content-encoding", coded.coding.name());
        }
        response.with_body(multipart.body(parts, |part| self.part(part)))
    }

    fn with_lines(&self, status: u16, body: Body) -> Response {
        Response::prepared(status, Arc::clone(&self.entry.lines), body)
    }

    fn whole(&self) -> Body {
        match &self.entry.content {
            Content::Cached(bytes) => Body::Shared(Arc::clone(bytes)),
            Content::OnDisk => self.part(0..self.entry.len()),
        }
    }

    fn part(&self, part: Range<u64>) -> Body {
        match (&self.entry.content, &self.file) {
            // Within the bytes' length, so within `usize`.
            (Content::Cached(bytes), _) => {
                Body::Slice(Arc::clone(bytes), part.start as usize..part.end as usize)
            }
            (Content::OnDisk, Some(file)) => Body::File(Arc::clone(file), part),
            (Content::OnDisk, None) => Body::Empty,
        }
    }
}
