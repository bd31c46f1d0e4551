//! may_minihttp: a stackful coroutine for each connection.

use std::{io, sync::Arc};

use may_minihttp::{HttpServer, HttpService, Request, Response};

#[derive(Clone)]
struct Answers(Arc<crate::Bodies>);

impl HttpService for Answers {
    fn call(&mut self, request: Request<'_, '_, '_>, response: &mut Response<'_>) -> io::Result<()> {
        match crate::find(request.path()) {
            Some(at) => {
                response.header("Content-Type: application/octet-stream");
                response.body_mut().extend_from_slice(&self.0[at]);
            }
            None => {
                response.status_code(404, "Not Found");
            }
        }
        Ok(())
    }
}

pub(crate) fn serve(addr: &str, bodies: crate::Bodies) {
    may_minihttp_threads();
    let server = HttpServer(Answers(Arc::new(bodies))).start(addr);
    let server = server.unwrap_or_else(|error| crate::fail(&error.to_string()));
    crate::ready();
    let _ = server.join();
}

fn may_minihttp_threads() {
    may::config().set_workers(crate::THREADS);
}
