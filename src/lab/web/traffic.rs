//! The server at work: a small server of the lab's own on the loopback, clients of several kinds, and what its status page
//! says.
//!
//! What takes long is a pause, so that it can be seen; all else is as in any server of the package: sockets, threads, the
//! queue, the table and the cache. Each visitor has a server of their own, for a minute at most, a bounded number at a time;
//! see `meltdown` for how it is followed and ended.

use std::{
    collections::HashMap,
    io::{Read, Write},
    net::SocketAddr,
};

use serde::{Deserialize, Serialize};

use crate::{
    Named,
    net::TcpStream,
    parking_lot::Mutex,
    server::{
        Limits, Request, Server, ServerHandle,
        cache::Cache,
        http::{Body, Response},
        table::BlockingStep,
    },
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// Servers at a time.
const SERVERS_MAX: usize = 3;
const TIME_MAX: Duration = Duration::from_secs(60);
/// Who has not asked for so long is gone.
const GONE: Duration = Duration::from_secs(10);
const WORKERS: usize = 3;
const QUEUE_LEN_MAX: usize = 4;
const CLIENTS_MAX: usize = 24;
/// Files, and how many of them the cache has room for.
const FILES: u64 = 12;
const FILES_CACHED: usize = 6;
const FILE_BYTES: usize = 16 * 1024;
/// More than the sockets' buffers hold, so that who reads slowly is waited for.
const LARGE_BYTES: usize = 16 * 1024 * 1024;
const DISK: Duration = Duration::from_millis(500);
const COMPUTE: Duration = Duration::from_millis(200);
/// Between two looks at whether it is over.
const LOOK: Duration = Duration::from_millis(100);

/// What a visitor asks for.
#[derive(Deserialize)]
pub(super) struct Wanted {
    clients: usize,
}

/// How it stands: what the server says of itself, and its cache.
#[derive(Serialize)]
pub(super) struct State {
    running: bool,
    left_ms: u64,
    clients: usize,
    server: serde_json::Value,
    cache: CacheState,
}

#[derive(Serialize)]
struct CacheState {
    entries: usize,
    room: usize,
    hits: u64,
    misses: u64,
    joined: u64,
    evicted: u64,
}

type Files = Cache<u64, Vec<u8>>;

/// One visitor's server.
struct Demo {
    started: Instant,
    clients: usize,
    handle: ServerHandle,
    files: Arc<Files>,
    cancelled: AtomicBool,
    ended: AtomicBool,
    asked: Mutex<Instant>,
}

/// Why none is started.
pub(super) enum Refused {
    Clients,
    Busy,
    Failed(String),
}

impl Refused {
    /// The status and a sentence.
    pub(super) fn said(&self) -> (u16, String) {
        match self {
            Refused::Clients => (400, format!("from 1 to {CLIENTS_MAX} clients can be had")),
            Refused::Busy => {
                let seconds = TIME_MAX.as_secs();
                (
                    503,
                    format!(
                        "{SERVERS_MAX} visitors have a server already; each is over in {seconds} s at most. Try again soon."
                    ),
                )
            }
            Refused::Failed(why) => (503, why.clone()),
        }
    }
}

/// The visitors' servers.
pub(super) struct Traffic(Mutex<HashMap<String, Arc<Demo>>>);

impl Traffic {
    pub(super) fn new() -> Self {
        Traffic(Mutex::new(HashMap::new()).named("traffic"))
    }

    /// Starts a server and its clients under the number `id`.
    pub(super) fn start(&self, wanted: &Wanted, id: String) -> Result<String, Refused> {
        if !(1..=CLIENTS_MAX).contains(&wanted.clients) {
            return Err(Refused::Clients);
        }
        let mut demos = self.0.lock();
        demos.retain(|_, demo| !demo.has_ended());
        if demos.len() >= SERVERS_MAX {
            return Err(Refused::Busy);
        }
        let files: Arc<Files> =
            Arc::new(Cache::new(FILES_CACHED * FILE_BYTES, 1, |_: &u64, bytes: &Vec<u8>| bytes.len()));
        let own = Arc::clone(&files);
        let limits = Limits {
            queue_len_max: QUEUE_LEN_MAX,
            drain_timeout: Duration::from_millis(500),
            ..Limits::default()
        };
        let server = Server::builder()
            .addr("127.0.0.1:0")
            .workers(WORKERS)
            .limits(limits)
            .status_page(false)
            .handler(move |request: &Request<'_>| answer(request, &own))
            .build()
            .map_err(|error| Refused::Failed(error.to_string()))?;
        let now = Instant::now();
        let demo = Arc::new(Demo {
            started: now,
            clients: wanted.clients,
            handle: server.handle(),
            files,
            cancelled: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            asked: Mutex::new(now).named("traffic visitor"),
        });
        let own = Arc::clone(&demo);
        let started = thread::Builder::new().name("lab traffic".to_owned()).spawn(move || own.run(server));
        started.map_err(|error| Refused::Failed(format!("the system starts no further thread: {error}")))?;
        demos.insert(id.clone(), demo);
        Ok(id)
    }

    /// How it stands; none if it is not known.
    pub(super) fn state(&self, id: &str) -> Option<State> {
        let demo = self.0.lock().get(id).cloned()?;
        *demo.asked.lock() = Instant::now();
        let stats = demo.files.stats();
        Some(State {
            running: !demo.has_ended(),
            left_ms: u64::try_from(TIME_MAX.saturating_sub(demo.started.elapsed()).as_millis())
                .unwrap_or(u64::MAX),
            clients: demo.clients,
            server: serde_json::from_slice(&demo.handle.status_json()).unwrap_or_default(),
            cache: CacheState {
                entries: stats.entries,
                room: FILES_CACHED,
                hits: stats.hits,
                misses: stats.misses,
                joined: stats.joined,
                evicted: stats.evicted,
            },
        })
    }

    /// Ends it; whether it is known.
    pub(super) fn cancel(&self, id: &str) -> bool {
        self.0.lock().get(id).inspect(|demo| demo.cancel()).is_some()
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        self.0.lock().values().for_each(|demo| demo.cancel());
    }
}

impl Demo {
    fn cancel(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
    }

    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }

    fn is_over(&self) -> bool {
        self.cancelled.load(Ordering::SeqCst)
            || self.started.elapsed() > TIME_MAX
            || self.asked.lock().elapsed() > GONE
    }

    fn run(&self, server: Server) {
        let addr = server.local_addr();
        thread::scope(|scope| {
            let serving = thread::Builder::new().name("acceptor".to_owned());
            // Without it nobody is answered, which is seen.
            let _ = serving.spawn_scoped(scope, || server.run().map(drop));
            for number in 0..self.clients {
                let client = thread::Builder::new().name(format!("client-{number}"));
                let _ = client.spawn_scoped(scope, move || self.client(addr, number));
            }
            while !self.is_over() {
                thread::sleep(LOOK);
            }
            self.cancel();
            self.handle.shutdown();
        });
        self.ended.store(true, Ordering::SeqCst);
    }

    /// Somebody who asks again and again: each fifth sends slowly, each seventh reads slowly.
    fn client(&self, addr: SocketAddr, number: usize) {
        let mut random = number as u64 + 1;
        while !self.is_over() {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // A client that was refused, or whose connection broke, comes again.
            let _ = match number {
                number if number % 5 == 2 => self.slow_sender(addr),
                number if number % 7 == 3 => self.slow_reader(addr),
                _ => self.asks(addr, random),
            };
            thread::sleep(Duration::from_millis(100 + (random >> 33) % 300));
        }
    }

    /// A few requests on one connection, then it goes: low numbers of files more often than high ones.
    fn asks(&self, addr: SocketAddr, mut random: u64) -> std::io::Result<()> {
        let mut stream = connect(addr)?;
        for _ in 0..4 {
            random ^= random >> 29;
            let path = match random % 4 {
                0 => "/compute".to_owned(),
                _ => format!("/file/{}", ((random >> 8) % FILES).min((random >> 24) % FILES)),
            };
            stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: lab\r\n\r\n").as_bytes())?;
            let mut bytes = vec![0; 2 * FILE_BYTES];
            if stream.read(&mut bytes)? == 0 || self.is_over() {
                break;
            }
            // The rest of the answer is with it or right behind it.
            thread::sleep(Duration::from_millis(200));
            stream.set_nonblocking(true)?;
            while stream.read(&mut bytes).is_ok_and(|count| count > 0) {}
            stream.set_nonblocking(false)?;
            random = random.wrapping_mul(2_862_933_555_777_941_757).wrapping_add(3_037_000_493);
        }
        Ok(())
    }

    fn slow_sender(&self, addr: SocketAddr) -> std::io::Result<()> {
        let mut stream = connect(addr)?;
        for part in ["GET /compute", " HTTP/1.1\r\n", "host: ", "lab\r\n", "accept: */*\r\n", "\r\n"] {
            stream.write_all(part.as_bytes())?;
            if self.is_over() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(400));
        }
        stream.read(&mut [0; 1024]).map(drop)
    }

    fn slow_reader(&self, addr: SocketAddr) -> std::io::Result<()> {
        let mut stream = connect(addr)?;
        stream.write_all(b"GET /large HTTP/1.1\r\nhost: lab\r\nconnection: close\r\n\r\n")?;
        let mut bytes = vec![0; LARGE_BYTES / 32];
        while stream.read(&mut bytes)? > 0 && !self.is_over() {
            thread::sleep(Duration::from_millis(120));
        }
        Ok(())
    }
}

fn connect(addr: SocketAddr) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(addr)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    Ok(stream)
}

fn answer(request: &Request<'_>, files: &Files) -> Response {
    let path = request.head().path();
    if path == "/large" {
        return Response::new(200).with_body(Body::Bytes(vec![b'x'; LARGE_BYTES]));
    }
    let Some(number) = path.strip_prefix("/file/").and_then(|number| number.parse().ok()) else {
        thread::sleep(COMPUTE);
        return Response::text(200, "computed");
    };
    let load = || {
        request.enter(BlockingStep::Disk);
        thread::sleep(DISK);
        request.enter(BlockingStep::Handle);
        Ok::<_, std::convert::Infallible>(vec![b'x'; FILE_BYTES])
    };
    match files.get_or_load(number, load) {
        Ok(bytes) => Response::new(200).with_body(Body::Bytes(bytes.to_vec())),
        Err(never) => match never {},
    }
}
