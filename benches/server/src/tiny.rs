//! tiny_http, with as many receivers as it needs to be quick.

use std::sync::Arc;

use tiny_http::{Header, Response, Server};

const RECEIVERS: usize = 4;

pub(crate) fn serve(addr: &str, bodies: crate::Bodies) {
    let bodies = Arc::new(bodies);
    let server = Server::http(addr).unwrap_or_else(|error| crate::fail(&error.to_string()));
    let server = Arc::new(server);
    crate::ready();
    let receivers: Vec<_> = (0..RECEIVERS)
        .map(|_| {
            let (server, bodies) = (Arc::clone(&server), Arc::clone(&bodies));
            std::thread::spawn(move || {
                for request in server.incoming_requests() {
                    let _ = match crate::find(request.url()) {
                        Some(at) => {
                            let kind = "Content-Type: application/octet-stream".parse::<Header>();
                            let kind = kind.expect("the field is valid");
                            request.respond(Response::from_data(bodies[at].as_slice()).with_header(kind))
                        }
                        None => request.respond(Response::empty(404)),
                    };
                }
            })
        })
        .collect();
    for receiver in receivers {
        let _ = receiver.join();
    }
}
