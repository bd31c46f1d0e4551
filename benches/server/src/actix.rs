//! actix-web 4.

use actix_web::{App, HttpResponse, HttpServer, web};
use bytes::Bytes;

async fn answer(name: web::Path<String>, bodies: web::Data<[Bytes; 3]>) -> HttpResponse {
    match crate::find(&format!("/{name}")) {
        Some(at) => HttpResponse::Ok().content_type("application/octet-stream").body(bodies[at].clone()),
        None => HttpResponse::NotFound().finish(),
    }
}

pub(crate) fn serve(addr: &str, bodies: crate::Bodies) {
    let bodies = web::Data::new(bodies.map(Bytes::from));
    let server = HttpServer::new(move || App::new().app_data(bodies.clone()).route("/{name}", web::get().to(answer)));
    let server = server.workers(crate::THREADS).bind(addr).unwrap_or_else(|error| crate::fail(&error.to_string()));
    crate::ready();
    let _ = actix_web::rt::System::new().block_on(server.run());
}
