//! hyper 1 on tokio, a task for each connection.

use std::{convert::Infallible, sync::Arc};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

pub(crate) fn serve(addr: &str, bodies: crate::Bodies) {
    let bodies = Arc::new(bodies.map(Bytes::from));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(crate::THREADS).enable_io().build();
    let runtime = runtime.unwrap_or_else(|error| crate::fail(&error.to_string()));
    runtime.block_on(async {
        let listener = TcpListener::bind(addr).await.unwrap_or_else(|error| crate::fail(&error.to_string()));
        crate::ready();
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            let _ = stream.set_nodelay(true);
            let bodies = Arc::clone(&bodies);
            tokio::spawn(async move {
                let answer = service_fn(|request: Request<Incoming>| {
                    let found = crate::find(request.uri().path()).map(|at| bodies[at].clone());
                    async move {
                        let response = match found {
                            Some(body) => Response::builder().header("content-type", "application/octet-stream").body(Full::new(body)),
                            None => Response::builder().status(404).body(Full::new(Bytes::new())),
                        };
                        Ok::<_, Infallible>(response.expect("the fields are valid"))
                    }
                });
                let _ = http1::Builder::new().pipeline_flush(true).serve_connection(TokioIo::new(stream), answer).await;
            });
        }
    });
}
