//! The access log: a line for each response.
//!
//! # Protocol
//!
//! 1. *Logging never makes a request wait.* An entry goes into a bounded queue if there is room; otherwise it is dropped and
//!    counted. A disk that stands still costs lines, not service.
//! 2. *One thread writes.* Lines are whole, and those of one connection are in the order of its responses.
//! 3. *Reopening is a flag and a wake-up.* The flag is set before the wake-up is queued, and looked at after each entry that
//!    is taken: if the queue has no room for the wake-up, the entries in it do the same.
//! 4. *What was queued is written before the log ends*: the queue closes, the thread empties it and ends, and the owner joins it.
//! 5. *A full disk costs lines, not service, and tears none.* What cannot be written is lost and counted; of a line whose
//!    beginning was written the rest is kept, and comes first when there is room again.

use std::{
    fmt,
    io::{self, Write},
    path::PathBuf,
    str::FromStr,
};

use serde::{Deserialize, Serialize};

use crate::{
    channel::{self, Receiver, Sender},
    fs::{File, OpenOptions},
    net::IpAddr,
    parking_lot::Mutex,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, SystemTime},
};

/// Entries that wait to be written; more are dropped.
pub const ACCESS_LOG_QUEUE_LEN_MAX: usize = 8 * 1024;
/// Bytes that are written at once, at most about so many.
const BATCH_BYTES: usize = 64 * 1024;

/// How a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccessLogFormat {
    /// The Common Log Format of NCSA httpd: `host - - [date] "request" status bytes`.
    Common,
    /// The same with the fields `Referer` and `User-Agent`, as Apache and nginx write it.
    #[default]
    Combined,
    /// An object of JSON a line.
    Json,
}

impl FromStr for AccessLogFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "common" => Ok(AccessLogFormat::Common),
            "combined" => Ok(AccessLogFormat::Combined),
            "json" => Ok(AccessLogFormat::Json),
            _ => Err(format!("`{text}` is no format of an access log: common, combined or json")),
        }
    }
}

/// What is known of a request and its response.
#[derive(Debug, Clone)]
pub(crate) struct AccessEntry {
    pub(crate) peer: Option<IpAddr>,
    /// When the response was ready.
    pub(crate) at: SystemTime,
    pub(crate) method: String,
    pub(crate) target: Vec<u8>,
    pub(crate) version: &'static str,
    pub(crate) status: u16,
    /// Bytes of the response's content.
    /// Of the content; `None` if it is made while it is sent.
    pub(crate) bytes: Option<u64>,
    /// From the request to the response.
    pub(crate) took: Duration,
    pub(crate) referer: Option<Vec<u8>>,
    pub(crate) user_agent: Option<Vec<u8>>,
}

enum Message {
    Entry(Box<AccessEntry>),
    Wake,
    /// Says so when all that came before is written.
    Flush(Sender<()>),
}

/// Who is told that lines cannot be written, or can again.
type Tell = Box<dyn Fn(Option<&io::Error>) + Send>;

#[derive(Default)]
struct Shared {
    reopen: AtomicBool,
    written: AtomicU64,
    dropped: AtomicU64,
    failed: AtomicU64,
    tell: Mutex<Option<Tell>>,
}

/// What became of the entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct AccessLogCounts {
    /// Lines that were written.
    pub written: u64,
    /// Entries for which the queue had no room.
    pub dropped: u64,
    /// Lines that could not be written, or not whole.
    pub failed: u64,
}

/// A running log. Dropping it writes what is queued.
pub struct AccessLog {
    sender: Option<Sender<Message>>,
    shared: Arc<Shared>,
    thread: Option<thread::JoinHandle<()>>,
}

impl AccessLog {
    /// Appends to a file, which is made if it is not there.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened, or a thread cannot be started.
    pub fn open(path: impl Into<PathBuf>, format: AccessLogFormat) -> io::Result<AccessLog> {
        let path = path.into();
        let file = append_to(&path)?;
        AccessLog::start(format, ACCESS_LOG_QUEUE_LEN_MAX, Sink::new(Box::new(file), Some(path)))
    }

    /// Writes to standard output.
    ///
    /// # Errors
    ///
    /// If a thread cannot be started.
    pub fn stdout(format: AccessLogFormat) -> io::Result<AccessLog> {
        AccessLog::start(format, ACCESS_LOG_QUEUE_LEN_MAX, Sink::new(Box::new(io::stdout()), None))
    }

    fn start(format: AccessLogFormat, queue_len_max: usize, sink: Sink) -> io::Result<AccessLog> {
        let (sender, receiver) = channel::bounded(queue_len_max);
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("access-log".to_owned())
            .spawn(move || write_all(&receiver, format, &theirs, sink))?;
        Ok(AccessLog { sender: Some(sender), shared, thread: Some(thread) })
    }

    /// Closes the file and opens it anew, for a rotation of logs. Does not wait for it.
    pub fn reopen(&self) {
        // ORDERING: sequentially consistent, with the swap in `write_all`: see rule 3.
        self.shared.reopen.store(true, Ordering::SeqCst);
        if let Some(sender) = &self.sender {
            // A full queue has entries that do the same.
            let _ = sender.try_send(Message::Wake);
        }
    }

    /// Has `tell` called with the error when lines begin to be lost since they cannot be written, as on a full disk, and with
    /// `None` when one can be written again: once for each time, however long it lasts. The log's thread calls it, and writes
    /// nothing meanwhile.
    pub fn on_failure(&self, tell: impl Fn(Option<&io::Error>) + Send + 'static) {
        *self.shared.tell.lock() = Some(Box::new(tell));
    }

    /// Waits until all that was queued is written, or has failed to be.
    pub fn flush(&self) {
        let (done, written) = channel::bounded(1);
        let asked = self.sender.as_ref().is_some_and(|sender| sender.send(Message::Flush(done)).is_ok());
        if asked {
            // An error is the writer's end: there is nothing more to wait for.
            let _ = written.recv();
        }
    }

    /// What became of the entries so far.
    #[must_use]
    pub fn counts(&self) -> AccessLogCounts {
        // ORDERING: relaxed: counts for people.
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let Shared { written, dropped, failed, .. } = &*self.shared;
        AccessLogCounts { written: count(written), dropped: count(dropped), failed: count(failed) }
    }

    /// Queues an entry, or drops it. Does not block.
    pub(crate) fn log(&self, entry: AccessEntry) {
        let Some(sender) = &self.sender else { return };
        if sender.try_send(Message::Entry(Box::new(entry))).is_err() {
            // ORDERING: relaxed: a count for people.
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for AccessLog {
    fn drop(&mut self) {
        drop(self.sender.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the writer is counted nowhere else and must not hide what ends the server.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for AccessLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessLog").field("counts", &self.counts()).finish_non_exhaustive()
    }
}

/// Where lines go.
struct Sink {
    out: Box<dyn Write + Send>,
    /// Where it can be opened anew.
    path: Option<PathBuf>,
    /// The rest of a line whose beginning was written.
    torn: Vec<u8>,
    is_failing: bool,
}

impl Sink {
    fn new(out: Box<dyn Write + Send>, path: Option<PathBuf>) -> Self {
        Sink { out, path, torn: Vec::new(), is_failing: false }
    }

    /// Goes on in a new file; the old one stays if there is none. How many lines were lost by that: the torn one.
    fn reopen(&mut self) -> u64 {
        let Some(Ok(file)) = self.path.as_ref().map(append_to) else { return 0 };
        self.out = Box::new(file);
        let lost = u64::from(!self.torn.is_empty());
        self.torn.clear();
        lost
    }

    /// Writes the lines; how many have become whole, and the error that ended it, if one did. The rest of a torn one is kept, and
    /// the others are lost.
    fn write(&mut self, lines: &[u8]) -> (u64, io::Result<()>) {
        let torn = std::mem::take(&mut self.torn);
        let (count, result) = self.put(&torn);
        self.torn.extend_from_slice(&torn[count..]);
        if result.is_err() {
            return (0, result);
        }
        let (count, result) = self.put(lines);
        let (written, rest) = lines.split_at(count);
        if written.last().is_some_and(|byte| *byte != b'\n') {
            self.torn.extend(rest.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default());
        }
        let whole = memchr::memchr_iter(b'\n', written).count() + usize::from(!torn.is_empty());
        (whole as u64, result)
    }

    /// Writes as much as it can; how many bytes that were, and the error that ended it.
    fn put(&mut self, bytes: &[u8]) -> (usize, io::Result<()>) {
        let mut at = 0;
        while at < bytes.len() {
            match self.out.write(&bytes[at..]) {
                Ok(0) => return (at, Err(io::ErrorKind::WriteZero.into())),
                Ok(count) => at += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return (at, Err(error)),
            }
        }
        (at, self.out.flush())
    }
}

fn append_to(path: &PathBuf) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

/// The writer's thread.
fn write_all(receiver: &Receiver<Message>, format: AccessLogFormat, shared: &Shared, mut sink: Sink) {
    let mut batch = Vec::new();
    let mut lines = 0;
    while let Ok(first) = receiver.recv() {
        let mut next = Some(first);
        while let Some(message) = next {
            // ORDERING: sequentially consistent, with the store in `reopen`.
            if shared.reopen.swap(false, Ordering::SeqCst) {
                flush(&mut sink, &mut batch, &mut lines, shared);
                // ORDERING: relaxed: a count for people.
                shared.failed.fetch_add(sink.reopen(), Ordering::Relaxed);
            }
            match message {
                Message::Entry(entry) => {
                    write_line(&mut batch, &entry, format);
                    lines += 1;
                }
                Message::Flush(done) => {
                    flush(&mut sink, &mut batch, &mut lines, shared);
                    // Who asked may have gone.
                    let _ = done.try_send(());
                }
                Message::Wake => {}
            }
            next = if batch.len() < BATCH_BYTES { receiver.try_recv().ok() } else { None };
        }
        flush(&mut sink, &mut batch, &mut lines, shared);
    }
    // ORDERING: relaxed: a count for people.
    shared.failed.fetch_add(u64::from(!sink.torn.is_empty()), Ordering::Relaxed);
}

fn flush(sink: &mut Sink, batch: &mut Vec<u8>, lines: &mut u64, shared: &Shared) {
    if batch.is_empty() {
        return;
    }
    let torn = |sink: &Sink| u64::from(!sink.torn.is_empty());
    let waiting = torn(sink) + std::mem::take(lines);
    let (written, result) = sink.write(batch);
    batch.clear();
    // ORDERING: relaxed: counts for people.
    shared.written.fetch_add(written, Ordering::Relaxed);
    // ORDERING: relaxed, as above. What is torn is not lost yet.
    shared.failed.fetch_add(waiting - written - torn(sink), Ordering::Relaxed);
    if sink.is_failing != result.is_err() {
        sink.is_failing = result.is_err();
        if let Some(tell) = &*shared.tell.lock() {
            tell(result.as_ref().err());
        }
    }
}

/// A line with its end.
fn write_line(out: &mut Vec<u8>, entry: &AccessEntry, format: AccessLogFormat) {
    let peer = entry.peer.map_or_else(|| "-".to_owned(), |peer| peer.to_string());
    let date = Date::of(entry.at);
    if format == AccessLogFormat::Json {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let line = JsonLine {
            time: date.rfc3339(),
            peer,
            method: &entry.method,
            target: text(&entry.target),
            version: entry.version,
            status: entry.status,
            bytes: entry.bytes,
            took_us: u64::try_from(entry.took.as_micros()).unwrap_or(u64::MAX),
            referer: entry.referer.as_deref().map(text),
            user_agent: entry.user_agent.as_deref().map(text),
        };
        // Neither a map with odd keys nor an error of the writer is possible.
        let _ = serde_json::to_writer(&mut *out, &line);
        out.push(b'\n');
        return;
    }
    out.extend_from_slice(format!("{peer} - - [{}] \"{} ", date.common(), entry.method).as_bytes());
    escape(out, &entry.target);
    let bytes = entry.bytes.map_or_else(|| "-".to_owned(), |bytes| bytes.to_string());
    out.extend_from_slice(format!(" {}\" {} {bytes}", entry.version, entry.status).as_bytes());
    if format == AccessLogFormat::Combined {
        for field in [&entry.referer, &entry.user_agent] {
            out.extend_from_slice(b" \"");
            escape(out, field.as_deref().unwrap_or(b"-"));
            out.push(b'"');
        }
    }
    out.push(b'\n');
}

#[derive(Serialize)]
struct JsonLine<'a> {
    time: String,
    peer: String,
    method: &'a str,
    target: String,
    version: &'static str,
    status: u16,
    bytes: Option<u64>,
    took_us: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    referer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
}

/// What a client sends must not look like another line or field.
fn escape(out: &mut Vec<u8>, bytes: &[u8]) {
    for byte in bytes {
        match byte {
            b'"' | b'\\' | 0..=0x1f | 0x7f.. => out.extend_from_slice(format!("\\x{byte:02X}").as_bytes()),
            _ => out.push(*byte),
        }
    }
}

/// The parts of a date in UTC, out of the form that HTTP has: `Sun, 06 Nov 1994 08:49:37 GMT`.
struct Date(String);

impl Date {
    fn of(time: SystemTime) -> Self {
        Date(httpdate::fmt_http_date(time))
    }

    fn common(&self) -> String {
        let Date(text) = self;
        format!("{}/{}/{}:{} +0000", &text[5..7], &text[8..11], &text[12..16], &text[17..25])
    }

    fn rfc3339(&self) -> String {
        const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
        let Date(text) = self;
        let month = MONTHS.find(&text[8..11]).map_or(0, |at| at / 3 + 1);
        format!("{}-{month:02}-{}T{}Z", &text[12..16], &text[5..7], &text[17..25])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        parking_lot::{Condvar, Mutex},
        time::UNIX_EPOCH,
    };

    fn entry(target: &str) -> AccessEntry {
        AccessEntry {
            peer: Some([127, 0, 0, 1].into()),
            at: UNIX_EPOCH + Duration::from_secs(784_111_777),
            method: "GET".to_owned(),
            target: target.as_bytes().to_vec(),
            version: "HTTP/1.1",
            status: 200,
            bytes: Some(1024),
            took: Duration::from_micros(1_500),
            referer: None,
            user_agent: Some(b"curl/8.0 \"quoted\"\n".to_vec()),
        }
    }

    fn line(format: AccessLogFormat) -> String {
        let mut out = Vec::new();
        write_line(&mut out, &entry("/a?b=\"c\\\u{1b}[31m"), format);
        String::from_utf8(out).expect("ASCII")
    }

    #[test]
    fn lines_are_as_their_formats_say() {
        let common =
            "127.0.0.1 - - [06/Nov/1994:08:49:37 +0000] \"GET /a?b=\\x22c\\x5C\\x1B[31m HTTP/1.1\" 200 1024";
        assert_eq!(line(AccessLogFormat::Common), format!("{common}\n"));
        assert_eq!(
            line(AccessLogFormat::Combined),
            format!("{common} \"-\" \"curl/8.0 \\x22quoted\\x22\\x0A\"\n")
        );
        let json: serde_json::Value = serde_json::from_str(&line(AccessLogFormat::Json)).expect("a document");
        assert_eq!(json["time"], "1994-11-06T08:49:37Z");
        assert_eq!(json["took_us"], 1_500);
        assert_eq!(json["user_agent"], "curl/8.0 \"quoted\"\n");
        assert!("fancy".parse::<AccessLogFormat>().is_err());
    }

    /// A disk that stands still until it is let go.
    #[derive(Clone, Default)]
    struct Stuck(Arc<Disk>);

    #[derive(Default)]
    struct Disk {
        written: Mutex<Vec<u8>>,
        moves: Mutex<bool>,
        moved: Condvar,
    }

    impl Disk {
        fn let_go(&self) {
            *self.moves.lock() = true;
            self.moved.notify_all();
        }
    }

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut moves = self.0.moves.lock();
            while !*moves {
                self.0.moved.wait(&mut moves);
            }
            self.0.written.lock().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_disk_that_stands_still_costs_lines_and_not_time() {
        let disk = Stuck::default();
        let sink = Sink::new(Box::new(disk.clone()), None);
        let log = AccessLog::start(AccessLogFormat::Common, 4, sink).unwrap();
        for number in 0..100 {
            log.log(entry(&format!("/{number}")));
        }
        let dropped = log.counts().dropped;
        assert!(dropped >= 80, "the queue has room for four: {dropped}");
        let shared = Arc::clone(&log.shared);
        disk.0.let_go();
        drop(log);
        let text = String::from_utf8(disk.0.written.lock().clone()).unwrap();
        // ORDERING: relaxed: the thread has been joined.
        assert_eq!(shared.written.load(Ordering::Relaxed) + dropped, 100);
        assert_eq!(text.lines().count() as u64 + dropped, 100, "what was not dropped is written at the end");
    }

    /// A disk with so much room.
    #[derive(Clone)]
    struct Small(Arc<Mutex<(Vec<u8>, usize)>>);

    impl Write for Small {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let (written, room) = &mut *self.0.lock();
            let count = bytes.len().min(*room - written.len());
            written.extend_from_slice(&bytes[..count]);
            if count == 0 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(count) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_costs_lines_and_tears_none() {
        let whole = line(AccessLogFormat::Common);
        for room in 0..=3 * whole.len() {
            let disk = Small(Arc::new(Mutex::new((Vec::new(), room))));
            let sink = Sink::new(Box::new(disk.clone()), None);
            let log = AccessLog::start(AccessLogFormat::Common, 8, sink).unwrap();
            let told = Arc::new(Mutex::new(Vec::new()));
            let tells = Arc::clone(&told);
            log.on_failure(move |error| tells.lock().push(error.map(io::Error::kind)));
            // Three into what room there is; then there is room again.
            for turn in 0..4 {
                if turn == 3 {
                    disk.0.lock().1 = usize::MAX;
                }
                log.log(entry("/a?b=\"c\\\u{1b}[31m"));
                log.flush();
            }
            let shared = Arc::clone(&log.shared);
            drop(log);
            let text = String::from_utf8(disk.0.lock().0.clone()).unwrap();
            assert_eq!(text, whole.repeat(text.lines().count()), "{room}");
            // ORDERING: relaxed: the thread has been joined.
            let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
            let (written, failed) = (count(&shared.written), count(&shared.failed));
            assert_eq!((written, written + failed), (text.lines().count() as u64, 4), "{room}");
            let full = (room < 3 * whole.len()).then_some([Some(io::ErrorKind::StorageFull), None]);
            assert_eq!(*told.lock(), full.into_iter().flatten().collect::<Vec<_>>(), "{room}");
        }
    }

    #[test]
    fn a_file_that_was_moved_away_is_opened_anew() {
        let folder = std::env::temp_dir().join(format!("unsnarl-access-log-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (file, old) = (folder.join("access.log"), folder.join("access.log.1"));
        let log = AccessLog::open(&file, AccessLogFormat::Common).unwrap();
        log.log(entry("/before"));
        log.flush();
        assert_eq!(log.counts(), AccessLogCounts { written: 1, dropped: 0, failed: 0 });
        std::fs::rename(&file, &old).unwrap();
        log.reopen();
        log.log(entry("/after"));
        drop(log);
        let read = |path: &PathBuf| std::fs::read_to_string(path).unwrap();
        assert!(read(&old).contains("/before") && !read(&old).contains("/after"), "{}", read(&old));
        assert!(read(&file).contains("/after"), "{}", read(&file));
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_file_that_cannot_be_is_an_error_at_once() {
        let error =
            AccessLog::open("/no/such/folder/access.log", AccessLogFormat::Json).expect_err("no folder");
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
