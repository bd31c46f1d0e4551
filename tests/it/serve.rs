//! `cargo unsnarl serve` as an operator runs it: settings, signals, the access log, metrics.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const PATIENCE: Duration = Duration::from_secs(30);

/// A folder with a page, for one test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("serve").join(name);
    fs::create_dir_all(folder.join("public")).expect("a folder for scratch");
    fs::write(folder.join("public/page.txt"), "hello").expect("it is writable");
    folder
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-unsnarl"));
    command.arg("serve").args(arguments).current_dir(folder).env("NO_COLOR", "1");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A server that runs until it is dropped.
struct Running {
    child: Child,
    addr: SocketAddr,
}

impl Running {
    fn start(folder: &Path, arguments: &[&str]) -> Running {
        Running::of(&mut command(folder, arguments))
    }

    fn of(command: &mut Command) -> Running {
        let mut child = command.spawn().expect("the command starts");
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().expect("it is piped"));
        out.read_line(&mut line).expect("it says where it serves");
        let addr = line.strip_prefix("serving http://").and_then(|rest| rest.split('/').next());
        let addr = addr.and_then(|addr| addr.parse().ok()).unwrap_or_else(|| panic!("{line}"));
        Running { child, addr }
    }

    /// The answer to a request on a connection of its own.
    fn get(&self, target: &str) -> String {
        let mut stream = TcpStream::connect(self.addr).expect("it listens");
        let request = format!(
            "GET {target} HTTP/1.1\r\nhost: a\r\nuser-agent: a \"test\"\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.child.id().to_string()]).status();
        assert!(sent.expect("there is a kill").success());
    }

    /// How it ended, and what it said on standard error.
    fn end(mut self) -> (Option<i32>, String) {
        let began = Instant::now();
        while self.child.try_wait().expect("it can be waited for").is_none() {
            assert!(began.elapsed() < PATIENCE, "it does not end");
            thread::sleep(Duration::from_millis(10));
        }
        let mut said = String::new();
        let mut stderr = self.child.stderr.take().expect("it is piped");
        stderr.read_to_string(&mut said).expect("text");
        (self.child.wait().expect("it has ended").code(), said)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[track_caller]
fn eventually(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}

fn wrong(folder: &Path, arguments: &[&str]) -> String {
    let output = command(folder, arguments).output().expect("the command starts");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    String::from_utf8(output.stderr).expect("text").trim_end().to_owned()
}

#[test]
fn settings_come_from_the_file_and_flags_come_first() {
    let folder = folder("settings");
    let settings = "[profile.default]\nbudget = 1\n[serve]\nroot = \"public\"\naddr = \"127.0.0.1:0\"\nworkers = 3\nconnections = 7\n";
    fs::write(folder.join("unsnarl.toml"), settings).unwrap();
    let server = Running::start(&folder, &["--workers", "2"]);
    assert!(server.get("/page.txt").ends_with("hello"), "the file names the root");
    let metrics = server.get("/-/metrics");
    assert!(metrics.contains("\nunsnarl_workers 2\n"), "{metrics}");
    assert!(metrics.contains("\nunsnarl_connections_max 7\n"), "{metrics}");
}

#[test]
fn mistakes_at_the_start_are_named() {
    let folder = folder("mistakes");
    let file = folder.join("mistakes.toml");
    let with = |text: &str| {
        fs::write(&file, text).unwrap();
        wrong(&folder, &["--config", "mistakes.toml"])
    };
    assert_eq!(
        with("[serve]\nworkers = 0\n"),
        "error: mistakes.toml: [serve]: workers = 0, but at least 1 is needed"
    );
    let said = with("[serve]\nworkrs = 1\n");
    assert!(said.starts_with("error: mistakes.toml: [serve]: unknown field `workrs`"), "{said}");
    assert!(with("serve = 1").contains("`serve` is not a table"));
    let said = with("[serve]\naccess-log-format = \"fancy\"\n");
    assert!(said.contains("`fancy`") || said.contains("unknown variant"), "{said}");
    assert_eq!(
        with("[serve]\nheader-count = 257\n"),
        "error: mistakes.toml: [serve]: header-count = 257, but at most 256 is possible"
    );
    let said = wrong(&folder, &["--tls-cert", "no.pem", "--tls-key", "no.key"]);
    assert_eq!(said, "error: cannot use no.pem for TLS: it does not exist");
    assert!(wrong(&folder, &["--tls-cert", "no.pem"]).contains("--tls-key <FILE>"));
    assert_eq!(
        with("[serve]\ntls-key = \"no.pem\"\n"),
        "error: mistakes.toml: [serve]: tls-key needs tls-cert, the file with the certificate"
    );
    assert!(wrong(&folder, &["--workers", "5000"]).contains("5000 is not in 1..=4096"));
    assert!(wrong(&folder, &["--config", "no.toml"]).starts_with("error: cannot read no.toml: "));
    let said = wrong(&folder, &["--access-log", "no/such/folder/log"]);
    assert!(said.starts_with("error: cannot open the access log no/such/folder/log: "), "{said}");
    let said = wrong(&folder, &["no-such-folder"]);
    assert!(said.contains("no-such-folder") && said.contains("does not exist"), "{said}");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let said = wrong(&folder, &["--addr", &addr]);
    assert!(said.contains(&addr) && said.contains("is in use; try"), "{said}");
}

#[test]
fn each_response_is_a_line_of_the_log_also_after_a_rotation() {
    let folder = folder("log");
    let (log, old) = (folder.join("access.log"), folder.join("access.log.1"));
    let _ = (fs::remove_file(&log), fs::remove_file(&old));
    let server = Running::start(&folder, &["public", "--addr", "127.0.0.1:0", "--access-log", "access.log"]);
    let read = |path: &Path| fs::read_to_string(path).unwrap_or_default();
    server.get("/page.txt?a=b");
    server.get("/missing");
    eventually("two lines", || read(&log).lines().count() == 2);
    let lines = read(&log);
    let line = lines.lines().next().unwrap();
    assert!(line.starts_with("127.0.0.1 - - ["), "{line}");
    assert!(
        line.ends_with(" +0000] \"GET /page.txt?a=b HTTP/1.1\" 200 5 \"-\" \"a \\x22test\\x22\""),
        "{line}"
    );
    assert!(lines.lines().nth(1).unwrap().contains("\"GET /missing HTTP/1.1\" 404 "), "{lines}");
    fs::rename(&log, &old).unwrap();
    server.signal("-HUP");
    eventually("a new file", || log.exists());
    server.get("/page.txt");
    eventually("a line in the new file", || read(&log).lines().count() == 1);
    assert_eq!(read(&old), lines);
    let metrics = server.get("/-/metrics");
    assert!(metrics.contains("unsnarl_access_log_lines_total{result=\"written\"} 3"), "{metrics}");
    server.signal("-TERM");
    let (code, said) = server.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("the access log was opened anew; the settings are as they were"), "{said}");
    assert_eq!(read(&log).lines().count(), 2, "what was queued is written at the end");
}

#[test]
fn a_reload_says_what_waits_for_the_next_start_and_survives_a_mistake() {
    let folder = folder("reload");
    let file = folder.join("unsnarl.toml");
    fs::write(&file, "[serve]\naddr = \"127.0.0.1:0\"\n").unwrap();
    let server = Running::start(&folder, &[]);
    fs::write(&file, "[serve]\naddr = \"127.0.0.1:0\"\nworkers = 5\n").unwrap();
    server.signal("-HUP");
    thread::sleep(Duration::from_millis(300));
    fs::write(&file, "[serve]\nworkers = \"many\"\n").unwrap();
    server.signal("-HUP");
    thread::sleep(Duration::from_millis(300));
    assert!(server.get("/-/health").ends_with("ok\n"));
    server.signal("-INT");
    let (code, said) = server.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("from the next start on other settings hold: workers"), "{said}");
    assert!(said.contains("error: unsnarl.toml: [serve]: invalid type: string \"many\""), "{said}");
}

#[test]
fn a_reload_takes_on_what_can_change() {
    let folder = folder("take-on");
    let file = folder.join("unsnarl.toml");
    fs::create_dir_all(folder.join("other")).unwrap();
    fs::write(folder.join("other/page.txt"), "others").unwrap();
    fs::write(&file, "[serve]\naddr = \"127.0.0.1:0\"\nroot = \"public\"\n").unwrap();
    for front_end in ["pool", "events", "threads"] {
        fs::write(&file, "[serve]\naddr = \"127.0.0.1:0\"\nroot = \"public\"\n").unwrap();
        let server = Running::start(&folder, &["--front-end", front_end]);
        assert!(server.get("/page.txt").ends_with("hello"));
        // One that was there before, too.
        let mut kept = TcpStream::connect(server.addr).unwrap();
        let changed = "root = \"other\"\nuri-bytes = 20\nworkers = 5\n";
        fs::write(&file, format!("[serve]\naddr = \"127.0.0.1:0\"\n{changed}")).unwrap();
        server.signal("-HUP");
        eventually("another root", || server.get("/page.txt").ends_with("others"));
        eventually("another limit", || server.get("/a/longer/path/than/that").starts_with("HTTP/1.1 414 "));
        kept.write_all(b"GET /page.txt HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        kept.read_to_string(&mut answer).unwrap();
        assert!(answer.ends_with("others"), "{answer}");
        // A root that is not there changes nothing.
        fs::write(&file, "[serve]\naddr = \"127.0.0.1:0\"\nroot = \"nowhere\"\n").unwrap();
        server.signal("-HUP");
        thread::sleep(Duration::from_millis(300));
        assert!(server.get("/page.txt").ends_with("others"));
        server.signal("-TERM");
        let (code, said) = server.end();
        assert_eq!(code, Some(0), "{said}");
        let note = "these settings hold from now on: root, uri-bytes; from the next start on other settings hold: workers";
        assert!(said.contains(note), "{said}");
        assert!(said.contains("nowhere does not exist"), "{said}");
    }
}

#[test]
fn it_is_not_ready_while_it_drains() {
    let folder = folder("drain");
    let server = Running::start(&folder, &["--addr", "127.0.0.1:0", "--drain-delay", "2"]);
    assert!(server.get("/-/ready").starts_with("HTTP/1.1 200 "));
    server.signal("-TERM");
    eventually("not ready", || server.get("/-/ready").starts_with("HTTP/1.1 503 "));
    assert!(server.get("/-/health").starts_with("HTTP/1.1 200 "), "it lives, and still serves");
    let (code, said) = server.end();
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let folder = folder("twice");
    let server = Running::start(&folder, &["--addr", "127.0.0.1:0", "--drain-delay", "600"]);
    server.signal("-INT");
    eventually("not ready", || server.get("/-/ready").starts_with("HTTP/1.1 503 "));
    server.signal("-INT");
    assert_eq!(server.end().0, Some(130));
}

/// As systemd does it: the socket is descriptor 3, and somebody waits for "ready".
#[cfg(target_os = "linux")]
#[test]
fn systemd_passes_the_socket_and_is_told() {
    use std::os::unix::net::UnixDatagram;
    let folder = folder("systemd");
    let path = folder.join("notify");
    let _ = fs::remove_file(&path);
    let told = UnixDatagram::bind(&path).unwrap();
    told.set_read_timeout(Some(PATIENCE)).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    // The shell puts the socket where systemd would, and is replaced by the server, which keeps its process number.
    let script = "exec 3<&0 </dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec \"$SERVER\" serve public";
    let mut child = Command::new("sh")
        .args(["-c", script])
        .current_dir(&folder)
        .env("SERVER", env!("CARGO_BIN_EXE_cargo-unsnarl"))
        .env("NOTIFY_SOCKET", &path)
        .stdin(std::os::fd::OwnedFd::from(listener))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let hear = || {
        let mut buffer = [0; 256];
        let count = told.recv(&mut buffer).expect("a message");
        String::from_utf8_lossy(&buffer[..count]).into_owned()
    };
    assert!(hear().contains("READY=1"));
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains(&addr.to_string()), "{line}");
    let server = Running { child, addr };
    assert!(server.get("/page.txt").ends_with("hello"));
    server.signal("-TERM");
    assert!(hear().contains("STOPPING=1"));
    assert_eq!(server.end().0, Some(0));
}

/// Clients above the number of descriptors wait in the backlog; the acceptor looks for a free descriptor now and then, which
/// is counted, and admits them when there is one. It never spins.
#[cfg(target_os = "linux")]
/// The system lets no file of the server grow beyond 4 KiB, which to it is as a disk that is full; then it does again.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_costs_lines_of_the_log_and_no_answer() {
    let folder = folder("full-disk");
    let log = folder.join("access.log");
    let _ = fs::remove_file(&log);
    let serve = command(&folder, &["public", "--addr", "127.0.0.1:0", "--access-log", "access.log"]);
    let mut limited = Command::new("sh");
    // Without the signal, which would end it, the write fails.
    limited.args(["-c", "trap '' XFSZ; ulimit -S -f 8; exec \"$@\"", "sh"]);
    limited.arg(serve.get_program()).args(serve.get_args()).current_dir(&folder).env("NO_COLOR", "1");
    let server = Running::of(limited.stdout(Stdio::piped()).stderr(Stdio::piped()));
    let size = || fs::metadata(&log).expect("the log is there").len();
    let ask = |count| (0..count).for_each(|_| assert!(server.get("/page.txt").ends_with("hello")));
    ask(100);
    let lines = |result: &str| {
        let metrics = server.get("/-/metrics");
        let name = format!("unsnarl_access_log_lines_total{{result=\"{result}\"}} ");
        let value = metrics.lines().find_map(|line| line.strip_prefix(&name)).expect("the counter is there");
        value.parse::<u64>().expect("a number")
    };
    eventually("lines are lost", || lines("failed") > 0);
    assert_eq!(size(), 4096, "the disk is full to the last byte");
    // There is room again.
    let process = rustix::process::Pid::from_child(&server.child);
    let limits = rustix::process::Rlimit { current: None, maximum: None };
    rustix::process::prlimit(Some(process), rustix::process::Resource::Fsize, limits)
        .expect("it may be raised");
    ask(3);
    eventually("lines are written again", || {
        let text = fs::read_to_string(&log).expect("the log is there");
        text.len() > 4096 + 100 && text.ends_with('\n')
    });
    let text = fs::read_to_string(&log).expect("the log is there");
    let is_whole = |line: &str| line.starts_with("127.0.0.1 - - [") && line.ends_with("\"a \\x22test\\x22\"");
    assert_eq!(text.lines().find(|line| !is_whole(line)), None, "{text}");
    server.signal("-TERM");
    let (code, said) = server.end();
    assert_eq!(code, Some(0), "{said}");
    let count = |what: &str| said.matches(what).count();
    assert_eq!(
        count("the access log cannot be written: File too large (os error 27); lines are lost"),
        1,
        "{said}"
    );
    assert_eq!(count("the access log is written again"), 1, "{said}");
}

#[test]
fn it_pauses_when_descriptors_run_out() {
    let folder = folder("descriptors");
    for front_end in ["pool", "events", "threads"] {
        let script = "ulimit -n 48; exec \"$SERVER\" serve public --addr 127.0.0.1:0 --front-end \"$0\"";
        let mut child = Command::new("sh")
            .args(["-c", script, front_end])
            .current_dir(&folder)
            .env("SERVER", env!("CARGO_BIN_EXE_cargo-unsnarl"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let addr = line.strip_prefix("serving http://").and_then(|rest| rest.split('/').next());
        let server = Running { child, addr: addr.unwrap().parse().unwrap() };
        // One that has its descriptor before they run out, to ask how it goes.
        let kept = TcpStream::connect(server.addr).unwrap();
        kept.set_read_timeout(Some(PATIENCE)).unwrap();
        let errors = || {
            (&kept).write_all(b"GET /-/metrics HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
            let mut reader = BufReader::new(&kept);
            let (mut line, mut len) = (String::new(), 0);
            while reader.read_line(&mut line).unwrap() > 2 {
                let lower = line.to_ascii_lowercase();
                len = lower.strip_prefix("content-length: ").map_or(len, |len| len.trim().parse().unwrap());
                line.clear();
            }
            let mut metrics = vec![0; len];
            reader.read_exact(&mut metrics).unwrap();
            let metrics = String::from_utf8(metrics).unwrap();
            let name = "\nunsnarl_incidents_total{kind=\"accept_error\"} ";
            let (_, rest) = metrics.split_once(name).unwrap_or_else(|| panic!("{metrics}"));
            rest.lines().next().unwrap().parse::<u64>().unwrap()
        };
        assert_eq!(errors(), 0);
        let mut waiting: Vec<_> = (0..60).map(|_| TcpStream::connect(server.addr).unwrap()).collect();
        eventually("descriptors run out", || errors() > 0);
        let (before, used, began) = (errors(), processor_time(server.child.id()), Instant::now());
        thread::sleep(Duration::from_millis(500));
        let (tries, took) = (errors() - before, began.elapsed());
        assert!(tries > 0, "{front_end}: it goes on trying");
        // An upper bound of what pauses of 50 ms can give; nothing makes it tighter on a busy machine.
        assert!(u128::from(tries) <= took.as_millis() / 50 + 2, "{front_end}: {tries} tries in {took:?}");
        let used = processor_time(server.child.id()) - used;
        assert!(used <= took / 2, "{front_end}: {used:?} of processor time in {took:?}");
        // The last of them is admitted when the others have gone, and is answered.
        let mut last = waiting.pop().unwrap();
        last.set_read_timeout(Some(PATIENCE)).unwrap();
        last.write_all(b"GET /page.txt HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").unwrap();
        drop(waiting);
        let mut answer = String::new();
        last.read_to_string(&mut answer).unwrap();
        assert!(answer.ends_with("hello"), "{front_end}: {answer}");
        assert!(server.get("/page.txt").ends_with("hello"));
    }
}

/// What a process has used so far.
#[cfg(target_os = "linux")]
fn processor_time(process: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let ticks: u64 = fields.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum();
    // The kernel's unit for this file is a hundredth of a second.
    Duration::from_millis(10 * ticks)
}
