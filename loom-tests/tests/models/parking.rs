//! What happens to a connection while it is served (rule 1 of the parking), in a few lines and with the mistake beside it.

use std::io::{ErrorKind, Read, Write};

use unsnarl::{
    Named,
    check::FindingKind,
    net::{TcpListener, TcpStream},
    parking_lot::Mutex,
    poll::{Event, Interest, Poller},
    sync::{Arc, Semaphore},
    thread,
};
use unsnarl_loom_tests::{broken, correct};

/// What becomes of an event about a connection that somebody serves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    Noted,
    Dropped,
}

enum Seat {
    Away { noted: bool },
    Taken,
}

struct Parking {
    rule: Rule,
    seat: Mutex<Seat>,
    poller: Poller,
    queued: Semaphore,
}

const BYTES: usize = 2;

impl Parking {
    /// The thread of the loop: hands the connection to the worker when something has come, until all has.
    fn watch(&self, served: &Semaphore) {
        let mut events: Vec<Event> = Vec::new();
        while served.available_permits() < BYTES {
            events.clear();
            self.poller.wait(&mut events, None).expect("simulated pollers do not fail");
            for _ in &events {
                let mut seat = self.seat.lock();
                match &mut *seat {
                    Seat::Taken => {
                        *seat = Seat::Away { noted: false };
                        self.queued.add_permits(1);
                    }
                    Seat::Away { noted } => *noted = self.rule == Rule::Noted,
                }
            }
        }
    }

    /// The worker: reads what is there, once, and parks.
    fn serve(&self, mut stream: &TcpStream, served: &Semaphore) {
        let mut count = 0;
        while count < BYTES {
            self.queued.acquire().expect("not closed").forget();
            loop {
                match stream.read(&mut [0; 8]) {
                    Ok(read) => {
                        count += read;
                        served.add_permits(read);
                    }
                    Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
                }
                let mut seat = self.seat.lock();
                match &mut *seat {
                    Seat::Away { noted: noted @ true } => *noted = false,
                    _ => {
                        *seat = Seat::Taken;
                        break;
                    }
                }
            }
        }
        self.poller.notify().expect("simulated pollers do not fail");
    }
}

fn bytes_come_while_others_are_read(rule: Rule) {
    let listener = TcpListener::bind("127.0.0.1:80").expect("nobody else listens");
    let mut client = TcpStream::connect("127.0.0.1:80").expect("the listener is there");
    let (stream, _) = listener.accept().expect("a client has come");
    stream.set_nonblocking(true).expect("simulated sockets can be switched");
    let parking = Arc::new(Parking {
        rule,
        seat: Mutex::new(Seat::Taken).named("seat"),
        poller: Poller::new().expect("there is room"),
        queued: Semaphore::new(0).named("queued"),
    });
    let served = Arc::new(Semaphore::new(0).named("served"));
    let stream = Arc::new(stream);
    parking.poller.watch(&stream, 0, Interest::Read).expect("simulated pollers do not fail");
    let start = |name: &str, body: Box<dyn FnOnce() + Send>| {
        thread::Builder::new().name(name.to_owned()).spawn(body).expect("a thread can be started")
    };
    let worker = {
        let (parking, served) = (Arc::clone(&parking), Arc::clone(&served));
        start("worker", Box::new(move || parking.serve(&stream, &served)))
    };
    let poller = {
        let (parking, served) = (Arc::clone(&parking), Arc::clone(&served));
        start("poller", Box::new(move || parking.watch(&served)))
    };
    for _ in 0..BYTES {
        client.write_all(b"x").expect("the server is there");
    }
    worker.join().expect("the worker does not panic");
    poller.join().expect("the poller does not panic");
}

#[test]
fn what_happens_to_one_who_is_away_is_noted() {
    correct("parking::noted").check(|| bytes_come_while_others_are_read(Rule::Noted));
}

#[test]
fn an_event_about_one_who_is_away_is_dropped() {
    broken("parking::dropped", FindingKind::Deadlock)
        .check(|| bytes_come_while_others_are_read(Rule::Dropped));
}
