//! What holds where there is a queue.

use std::sync::{Mutex, mpsc};

use unsnarl::server::{Limits, Request, Server, http::Response};

use super::client::{Running, get, limits};

#[test]
fn a_full_queue_sheds_and_the_queued_are_served() {
    let (open, gate) = mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let (entered, has_entered) = mpsc::channel();
    let handler = move |_: &Request<'_>| {
        entered.send(()).unwrap();
        let _ = gate.lock().unwrap().recv();
        Response::text(200, "hello")
    };
    let limits = Limits { queue_len_max: 2, ..limits() };
    let server =
        Running::start(Server::builder().handler(handler).workers(1).limits(limits).status_page(false));
    let mut running = server.connect();
    running.send(get("/"));
    has_entered.recv().unwrap();
    // The worker is busy, so two wait in the queue and a third finds it full. Which of the three that is nobody knows.
    let mut clients = [(); 3].map(|()| server.connect());
    clients.iter_mut().for_each(|client| client.send(get("/")));
    let (answered, answers) = mpsc::channel();
    let clients = clients.map(|mut client| {
        let answered = answered.clone();
        std::thread::spawn(move || answered.send(client.answer()).unwrap())
    });
    let shed = answers.recv().unwrap();
    assert_eq!((shed.status, shed.field("retry-after")), (503, Some("1")));
    drop(open);
    assert_eq!(running.answer().status, 200);
    for client in clients {
        client.join().unwrap();
    }
    drop(answered);
    assert!(answers.iter().all(|answer| answer.status == 200));
}
