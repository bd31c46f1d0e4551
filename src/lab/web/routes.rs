//! What is answered: pages, and the requests of their script.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    Course,
    guard::Guard,
    meltdown::{Live, Refused},
    page::{self, Site},
    runs::{Full, Runs},
    traffic::Traffic,
};
use crate::{
    check::{Move, Position, Session},
    lab::Lesson,
    server::{
        Request,
        http::{Body, Method, Response},
    },
};

/// More moves than this nobody makes by hand.
const MOVES_MAX: usize = 5_000;

/// What answers the requests.
pub(super) struct Routes {
    pub(super) course: Course,
    pub(super) guard: Guard,
    pub(super) runs: Runs,
    meltdown: Live,
    traffic: Traffic,
    style: Vec<u8>,
    script: Vec<u8>,
}

/// Which program is meant.
#[derive(Deserialize)]
struct Wanted {
    lesson: String,
    program: String,
    #[serde(default)]
    moves: Vec<Move>,
}

#[derive(Serialize)]
struct Failed<'a> {
    error: &'a str,
}

#[derive(Serialize)]
struct Started {
    run: String,
}

#[derive(Serialize)]
struct Stepped<'a> {
    moves: &'a [Move],
    position: &'a Position,
}

impl Routes {
    pub(super) fn new(course: Course, guard: Guard, runs: Runs) -> Self {
        let bytes = |parts: &[&str]| parts.concat().into_bytes();
        Routes {
            course,
            guard,
            runs,
            meltdown: Live::new(),
            traffic: Traffic::new(),
            style: bytes(page::STYLE),
            script: bytes(page::SCRIPT),
        }
    }

    /// Answers a request.
    pub(super) fn answer(&self, request: &Request<'_>) -> Response {
        let head = request.head();
        if let Err((status, why)) = self.guard.check(head) {
            return secured(Response::text(status, format!("{status}: {why}")).with_close());
        }
        let path: Vec<&str> = head.path().trim_start_matches('/').split('/').collect();
        let is_read = head.method() != Method::Post;
        let response = match (is_read, &path[..]) {
            (true, [""]) => html(page::index(&self.course, Site::Server)),
            (true, ["style.css"]) => bytes("text/css; charset=utf-8", &self.style),
            (true, ["script.js"]) => bytes("text/javascript; charset=utf-8", &self.script),
            (true, ["lesson", name]) => match self.course.find(name) {
                Some(lesson) => html(page::lesson(&self.course, lesson, Site::Server, Vec::new())),
                None => not_found(),
            },
            (true, ["schedule", name, program]) => self.schedule(name, program),
            (true, ["traffic"]) => html(page::traffic()),
            (true, ["api", "traffic", id]) => match self.traffic.state(id) {
                Some(state) => json(200, &state),
                None => failed(404, "there is no such server any more"),
            },
            (false, ["api", "traffic"]) => self.start_traffic(request.body()),
            (false, ["api", "traffic", id, "cancel"]) => match self.traffic.cancel(id) {
                true => json(200, &serde_json::json!({})),
                false => failed(404, "there is no such server any more"),
            },
            (true, ["meltdown"]) => html(page::meltdown()),
            (true, ["api", "meltdown", id]) => match self.meltdown.state(id) {
                Some(state) => json(200, &state),
                None => failed(404, "there is no such experiment any more"),
            },
            (false, ["api", "meltdown"]) => self.start_meltdown(request.body()),
            (false, ["api", "meltdown", id, "cancel"]) => match self.meltdown.cancel(id) {
                true => json(200, &serde_json::json!({})),
                false => failed(404, "there is no such experiment any more"),
            },
            (true, ["api", "check", id]) => match self.runs.state(id) {
                Some(state) => json(200, &state),
                None => failed(404, "there is no such check: it was forgotten, or the lab was started anew"),
            },
            (false, ["api", "check"]) => self.check(request.body()),
            (false, ["api", "check", id, "cancel"]) => match self.runs.cancel(id) {
                true => json(200, &serde_json::json!({})),
                false => failed(404, "there is no such check"),
            },
            (false, ["api", "step"]) => self.step(request.body()),
            (false, ["api", "outlook"]) => self.outlook(request.body()),
            _ => not_found(),
        };
        secured(response)
    }

    fn start_meltdown(&self, body: &[u8]) -> Response {
        let wanted = match read(body) {
            Ok(wanted) => wanted,
            Err(response) => return response,
        };
        match self.meltdown.start(&wanted, self.runs.number()) {
            Ok(run) => json(202, &Started { run }),
            Err(Refused::Unknown) => failed(404, "there is no such experiment"),
            Err(Refused::NoThread) => failed(503, "the system starts no further thread"),
            Err(Refused::Busy(seconds)) => {
                let error = format!(
                    "Somebody else measures on this machine, and two at once would measure each other. Try again soon: it is over \
                     in {seconds} s at most."
                );
                failed(503, &error).with_field("retry-after", "5")
            }
        }
    }

    fn start_traffic(&self, body: &[u8]) -> Response {
        let wanted = match read(body) {
            Ok(wanted) => wanted,
            Err(response) => return response,
        };
        match self.traffic.start(&wanted, self.runs.number()) {
            Ok(run) => json(202, &Started { run }),
            Err(refused) => {
                let (status, error) = refused.said();
                failed(status, &error)
            }
        }
    }

    fn schedule(&self, name: &str, program: &str) -> Response {
        let Some(lesson) = self.course.find(name) else { return not_found() };
        if program == "fixed" {
            return html(page::schedule(lesson, "fixed", None));
        }
        match lesson.stages.iter().find(|stage| stage.name == program) {
            Some(stage) => html(page::schedule(lesson, stage.name, Some(stage.expected))),
            None => not_found(),
        }
    }

    /// The lesson and the program that a body names.
    fn wanted(&self, body: &[u8]) -> Result<(&'static Lesson, Wanted), Response> {
        let wanted: Wanted = read(body)?;
        let lesson = self.course.find(&wanted.lesson);
        let lesson = lesson.ok_or_else(|| failed(404, "there is no such lesson"))?;
        if wanted.moves.len() > MOVES_MAX {
            return Err(failed(413, &format!("at most {MOVES_MAX} moves can be made")));
        }
        Ok((lesson, wanted))
    }

    fn check(&self, body: &[u8]) -> Response {
        let (lesson, wanted) = match self.wanted(body) {
            Ok(wanted) => wanted,
            Err(response) => return response,
        };
        let Some((checker, program)) = lesson.checker(&wanted.program) else { return no_program() };
        match self.runs.start(&checker, program) {
            Ok(run) => json(202, &Started { run }),
            Err(full) => is_full(&full),
        }
    }

    /// The position after the moves.
    fn step(&self, body: &[u8]) -> Response {
        self.with_session(body, |session| match session {
            Ok(session) => json(200, &Stepped { moves: session.moves(), position: session.position() }),
            Err(error) => failed(409, &error),
        })
    }

    fn outlook(&self, body: &[u8]) -> Response {
        let executions = self.runs.limits.outlook_executions;
        self.with_session(body, move |session| match session {
            Ok(session) => json(200, &session.outlook(executions)),
            Err(error) => failed(409, &error),
        })
    }

    fn with_session(
        &self,
        body: &[u8],
        answer: impl FnOnce(Result<Session, String>) -> Response + Send + 'static,
    ) -> Response {
        let (lesson, wanted) = match self.wanted(body) {
            Ok(wanted) => wanted,
            Err(response) => return response,
        };
        let Some((checker, program)) = lesson.checker(&wanted.program) else { return no_program() };
        let work = move || {
            let session = checker.session(program).after(wanted.moves);
            answer(session.map_err(|error| error.to_string()))
        };
        match self.runs.shortly(work) {
            Ok(Ok(response)) => response,
            Ok(Err(given_up)) => failed(504, &given_up),
            Err(full) => is_full(&full),
        }
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Response> {
    serde_json::from_slice(body).map_err(|error| failed(400, &format!("not what is asked for here: {error}")))
}

fn html(page: String) -> Response {
    Response::new(200)
        .with_field("content-type", "text/html; charset=utf-8")
        .with_body(Body::Bytes(page.into_bytes()))
}

fn bytes(media_type: &'static str, bytes: &[u8]) -> Response {
    Response::new(200).with_field("content-type", media_type).with_body(Body::Bytes(bytes.to_vec()))
}

fn json(status: u16, value: &impl Serialize) -> Response {
    // What is written here can be written as JSON.
    let bytes = serde_json::to_vec(value).unwrap_or_default();
    Response::new(status).with_field("content-type", "application/json").with_body(Body::Bytes(bytes))
}

fn failed(status: u16, error: &str) -> Response {
    json(status, &Failed { error })
}

fn not_found() -> Response {
    let page = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Not found</title>\
                <link rel=\"stylesheet\" href=\"/style.css\"></head><body><main><h1>There is no such page</h1>\
                <p><a href=\"/\">To the course</a></p></main></body></html>\n";
    Response::new(404)
        .with_field("content-type", "text/html; charset=utf-8")
        .with_body(Body::Bytes(page.as_bytes().to_vec()))
}

fn no_program() -> Response {
    failed(404, "the lesson has no such program")
}

fn is_full(full: &Full) -> Response {
    let error = format!(
        "The lab is busy: it runs at most {} checks and steps at a time. Try again in a few seconds.",
        full.runs_max
    );
    failed(503, &error).with_field("retry-after", "2")
}

/// With the fields that keep other origins out.
fn secured(response: Response) -> Response {
    response
        .with_field("content-security-policy", page::POLICY)
        .with_field("cross-origin-resource-policy", "same-origin")
        .with_field("cross-origin-opener-policy", "same-origin")
        .with_field("x-content-type-options", "nosniff")
        .with_field("referrer-policy", "no-referrer")
        .with_field("cache-control", "no-store")
}
