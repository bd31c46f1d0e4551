//! From accept to response with the server's own parts (pool, table, cache, request parser) over simulated sockets and files.
//!
//! Against the server as a whole there is no parking and no poller: a worker blocks in its read. That leaves few enough threads
//! to go through all orders of their steps.

use std::io::{Read, Write};

use unsnarl::{
    Named,
    check::{Checker, FindingKind},
    fs::sim as disk,
    net::{Shutdown, TcpListener, TcpStream},
    parking_lot::Mutex,
    server::{
        Limits,
        cache::Cache,
        http::{Head, scan::HeadScanner},
        pool::{Pool, Worker},
        table::{BlockingStep, Row, Table},
    },
    sync::{Arc, Semaphore},
    thread,
};
use unsnarl_loom_tests::{broken, correct};

const ADDR: &str = "127.0.0.1:80";
const BODY: &[u8] = b"hello";
const REQUEST: &[u8] = b"GET /a.txt HTTP/1.1\r\nhost: a\r\n\r\n";
const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\n";

type Connection = Arc<Row<TcpStream>>;

/// What all threads share.
struct Core {
    table: Table<TcpStream>,
    cache: Cache<String, Vec<u8>>,
    limits: Limits,
}

impl Core {
    fn new() -> Arc<Self> {
        disk::put("/a.txt", BODY);
        let limits = Limits { queue_len_max: 2, ..Limits::small() };
        let table = Table::new(limits.connections_max);
        let cache =
            Cache::new(limits.cache_bytes_max, limits.cache_shards_count, |_, bytes: &Vec<u8>| bytes.len());
        Arc::new(Core { table, cache, limits })
    }

    fn pool(self: &Arc<Self>, workers: usize) -> Pool<Connection> {
        let core = Arc::clone(self);
        let serve = move |_: &Worker<'_, Connection>, row: Connection| core.serve(&row);
        Pool::new("worker", workers, self.limits.queue_len_max, serve).expect("threads can be started")
    }

    fn serve(&self, row: &Connection) {
        // An error is a client that has gone: there is nobody to be told.
        let _ = self.answer(row);
        self.table.remove(row.id());
    }

    fn answer(&self, row: &Connection) -> std::io::Result<()> {
        let mut stream = row.connection();
        let (mut bytes, mut scanner) = (Vec::new(), HeadScanner::default());
        let head = loop {
            let mut piece = [0; 64];
            let count = stream.read(&mut piece)?;
            if count == 0 {
                return Ok(());
            }
            bytes.extend_from_slice(&piece[..count]);
            let limits = &self.limits;
            let range =
                scanner.scan(&bytes, limits.header_bytes_max, limits.uri_bytes_max).expect("a valid head");
            if let Some(range) = range {
                break Head::parse(&bytes, range, limits.uri_bytes_max).expect("a valid head");
            }
        };
        let body = self.cache.get_or_load(head.path().to_owned(), || disk::read(head.path()))?;
        row.enter(BlockingStep::Write, None);
        stream.write_all(&[HEAD, &body].concat())
    }

    /// Takes one connection in and gives it to the pool.
    fn accept(&self, listener: &TcpListener, pool: &Pool<Connection>) {
        let (stream, peer) = listener.accept().expect("the listener lives");
        // Refused connections are dropped, which closes them.
        if let Ok(row) = self.table.insert(stream, Some(peer))
            && let Err(rejected) = pool.try_submit(row)
        {
            self.table.remove(rejected.job.id());
        }
    }
}

fn ask() -> TcpStream {
    let mut stream = TcpStream::connect(ADDR).expect("the server listens");
    stream.write_all(REQUEST).expect("the server is there");
    stream
}

fn answer_to(mut stream: TcpStream) -> Vec<u8> {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("the server closes in order");
    answer
}

fn start(name: &str, body: impl FnOnce() + Send + 'static) -> thread::JoinHandle<()> {
    thread::Builder::new().name(name.to_owned()).spawn(body).expect("a thread can be started")
}

/// Spurious wake-ups are in the models of the parts.
fn settings(checker: Checker) -> Checker {
    checker.spurious_wakeups(0)
}

#[test]
fn a_client_gets_the_bytes() {
    correct("accept::one_client").with(settings).check(|| {
        let core = Core::new();
        let listener = TcpListener::bind(ADDR).expect("nobody else listens");
        let client = start("client", || assert_eq!(answer_to(ask()), [HEAD, BODY].concat()));
        let pool = core.pool(2);
        core.accept(&listener, &pool);
        client.join().expect("the client is content");
        pool.shutdown();
        assert!(core.table.is_empty());
    });
}

#[test]
fn two_clients_get_the_bytes_of_one_load() {
    correct("accept::two_clients").with(settings).check(|| {
        let core = Core::new();
        let listener = TcpListener::bind(ADDR).expect("nobody else listens");
        // Asked before, read afterwards: what clients and server do at the same time is in the model of one client.
        let clients = [ask(), ask()];
        let pool = core.pool(2);
        core.accept(&listener, &pool);
        core.accept(&listener, &pool);
        pool.shutdown();
        let answers = clients.map(answer_to);
        assert_eq!(answers, [(); 2].map(|()| [HEAD, BODY].concat()));
        assert!(core.table.is_empty());
        assert_eq!(core.cache.stats().misses, 1, "one load for both");
        core.table.validate();
        core.cache.validate();
    });
}

/// The server ends while a request is on its way: the client gets the whole answer or none, and the table is empty.
#[test]
fn a_drain_answers_or_closes() {
    correct("accept::drain").with(settings).check(|| {
        let core = Core::new();
        let listener = TcpListener::bind(ADDR).expect("nobody else listens");
        let client = ask();
        let pool = Arc::new(core.pool(1));
        let acceptor = {
            let (core, pool) = (Arc::clone(&core), Arc::clone(&pool));
            start("acceptor", move || core.accept(&listener, &pool))
        };
        core.table.shut();
        pool.shutdown();
        acceptor.join().expect("the acceptor does not panic");
        let mut answer = Vec::new();
        let mut client = client;
        // Cut with the request unread the connection is reset; what had been sent before has arrived all the same.
        let ended = client.read_to_end(&mut answer);
        assert!(
            answer.is_empty() || (ended.is_ok() && answer == [HEAD, BODY].concat()),
            "{ended:?} {answer:?}"
        );
        assert!(core.table.is_empty());
        core.table.validate();
    });
}

/// A job that waits for another job of its own pool: one worker, so the other one never runs.
#[test]
fn a_worker_that_waits_for_its_own_pool() {
    broken("accept::waits_for_its_own_pool", FindingKind::Deadlock).check(|| {
        let loaded = Arc::new(Semaphore::new(0).named("loaded"));
        let handler = {
            let loaded = Arc::clone(&loaded);
            move |worker: &Worker<'_, &str>, job: &str| match job {
                "answer" => {
                    worker.try_submit("load").expect("the queue has room");
                    loaded.acquire().expect("not closed").forget();
                }
                _ => loaded.add_permits(1),
            }
        };
        let pool = Pool::new("worker", 1, 1, handler).expect("a thread can be started");
        pool.try_submit("answer").expect("the queue has room");
        pool.shutdown();
    });
}

/// What an operator knows of a connection when it decides to close it for being idle.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Idle {
    /// Looked at and acted upon under the lock by which the worker says that it has begun.
    Claimed,
    /// Looked at before.
    Seen,
}

/// A request arrives while its connection is being closed for being idle. Whoever claims the connection first owns it; a
/// worker that owns it answers.
fn closing_an_idle_connection(rule: Idle) {
    let listener = TcpListener::bind(ADDR).expect("nobody else listens");
    let client = TcpStream::connect(ADDR).expect("the server listens");
    let (stream, _) = listener.accept().expect("a client has come");
    let is_idle = Arc::new(Mutex::new(true).named("is_idle"));
    let stream = Arc::new(stream);
    let worker = {
        let (is_idle, stream) = (Arc::clone(&is_idle), Arc::clone(&stream));
        start("worker", move || {
            let claimed = std::mem::take(&mut *is_idle.lock());
            if claimed {
                (&*stream).write_all(BODY).expect("the connection is the worker's, so it is open");
            }
        })
    };
    let close = || stream.shutdown(Shutdown::Both).expect("a simulated socket can always be shut down");
    match rule {
        Idle::Claimed => {
            let claimed = std::mem::take(&mut *is_idle.lock());
            if claimed {
                close();
            }
        }
        Idle::Seen => {
            let seen = *is_idle.lock();
            if seen {
                close();
            }
        }
    }
    worker.join().expect("the worker does not panic");
    drop(client);
}

#[test]
fn an_idle_connection_has_one_owner() {
    correct("accept::one_owner").check(|| closing_an_idle_connection(Idle::Claimed));
}

#[test]
fn a_response_is_written_after_the_close() {
    broken("accept::written_after_close", FindingKind::Panic)
        .check(|| closing_an_idle_connection(Idle::Seen));
}
