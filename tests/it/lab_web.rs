//! The lab as its visitors and others see it: over sockets.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use unsnarl::{
    check::{FindingKind, Move, Outlook},
    lab::{
        self, Chapter, Lesson, Stage,
        web::{Lab, LabError, RunLimits, export},
    },
    server::ServerHandle,
    thread,
};

struct Open {
    handle: ServerHandle,
    running: Option<thread::JoinHandle<()>>,
}

impl Open {
    fn new(lab: Lab) -> Open {
        let lab = lab.addr("127.0.0.1:0").build().unwrap();
        let handle = lab.handle();
        let running = thread::spawn(move || _ = lab.run().unwrap());
        Open { handle, running: Some(running) }
    }

    fn host(&self) -> String {
        self.handle.local_addr().to_string()
    }

    /// Sends a request with these fields; the answer's status, head and content.
    fn send(
        &self,
        method: &str,
        path: &str,
        fields: &[(&str, &str)],
        content: &str,
    ) -> (u16, String, String) {
        let mut stream = TcpStream::connect(self.handle.local_addr()).unwrap();
        let mut request =
            format!("{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n", content.len());
        for (name, value) in fields {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        request.push_str(content);
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, content) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.to_ascii_lowercase(), content.to_owned())
    }

    fn get(&self, path: &str) -> (u16, String) {
        let (status, _, content) = self.send("GET", path, &[("host", &self.host())], "");
        (status, content)
    }

    fn ask(&self, path: &str, question: &Value) -> (u16, Value) {
        let fields = [("host", self.host()), ("content-type", "application/json".to_owned())];
        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
        let (status, _, content) = self.send("POST", path, &fields, &question.to_string());
        (status, serde_json::from_str(&content).unwrap_or_else(|error| panic!("{content}: {error}")))
    }

    fn start(&self, lesson: &str, program: &str) -> String {
        let (status, answer) = self.ask("/api/check", &json!({ "lesson": lesson, "program": program }));
        assert_eq!(status, 202, "{answer}");
        answer["run"].as_str().unwrap().to_owned()
    }

    fn state(&self, run: &str) -> Value {
        let (status, content) = self.get(&format!("/api/check/{run}"));
        assert_eq!(status, 200, "{content}");
        serde_json::from_str(&content).unwrap()
    }

    /// The state once it is no longer `running`.
    fn end(&self, run: &str) -> Value {
        let started = Instant::now();
        loop {
            let state = self.state(run);
            if state["state"] != "running" {
                return state;
            }
            assert!(started.elapsed() < Duration::from_secs(60), "{state}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.handle.shutdown();
        let _ = self.running.take().unwrap().join();
    }
}

#[test]
fn every_page_is_there_and_what_it_links_to() {
    let open = Open::new(Lab::new());
    let (status, index) = open.get("/");
    assert_eq!(status, 200);
    let mut seen = 0;
    for link in index.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        let (status, page) = open.get(link);
        assert_eq!(status, 200, "{link}");
        if !link.starts_with("/lesson/") {
            continue;
        }
        seen += 1;
        for next in page.split("href=\"/schedule/").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert_eq!(open.get(&format!("/schedule/{next}")).0, 200, "{next}");
        }
    }
    assert_eq!(seen, lab::lessons().len() + lab::real_bugs().len());
    for missing in [
        "/lesson/nope",
        "/schedule/transfer/nope",
        "/api/check/0",
        "/Cargo.toml",
        "/lesson/%2e%2e/Cargo.toml",
    ] {
        assert_eq!(open.get(missing).0, 404, "{missing}");
    }
    // The server itself refuses these.
    for path in ["/../Cargo.toml", "/lesson/../../Cargo.toml"] {
        assert_eq!(open.get(path).0, 400, "{path}");
    }
}

#[test]
fn a_check_comes_to_the_verdict_that_the_library_gives() {
    let open = Open::new(Lab::new());
    let found = open.end(&open.start("transfer", "buggy"));
    assert_eq!(
        (found["state"].as_str(), found["verdict"]["kind"].as_str()),
        (Some("done"), Some("deadlock"))
    );
    assert!(found["verdict"]["sources"][0]["lines"].is_array(), "the source is shown beside the steps");
    let passed = open.end(&open.start("transfer", "fixed"));
    assert_eq!(passed["verdict"]["outcome"], "pass");
    assert_eq!(passed["verdict"]["bounds"], json!([]));
}

#[test]
fn a_program_is_stepped_through_to_its_bug() {
    let open = Open::new(Lab::new());
    let wanted = |moves: Value| json!({ "lesson": "transfer", "program": "buggy", "moves": moves });
    let (_, outlook) = open.ask("/api/outlook", &wanted(json!([])));
    assert_eq!(
        (outlook["outlook"].as_str(), outlook["kind"].as_str()),
        (Some("reachable"), Some("deadlock"))
    );
    let (status, end) = open.ask("/api/step", &wanted(outlook["way"].clone()));
    assert_eq!(status, 200);
    assert_eq!(end["position"]["finding"]["kind"], "deadlock");
    let (status, refused) = open.ask("/api/step", &wanted(json!([{ "thread": 0 }])));
    assert_eq!(status, 409);
    assert!(refused["error"].as_str().unwrap().contains("`main` waits to join"), "{refused}");
}

#[test]
fn nonsense_gets_a_sentence() {
    let open = Open::new(Lab::new());
    for (path, question, status) in [
        ("/api/check", json!({}), 400),
        ("/api/check", json!({ "lesson": "nope", "program": "buggy" }), 404),
        ("/api/check", json!({ "lesson": "transfer", "program": "nope" }), 404),
        ("/api/step", json!({ "lesson": "transfer", "program": "buggy", "moves": [{ "thread": -1 }] }), 400),
        ("/api/step", json!({ "lesson": "transfer", "program": "buggy", "moves": [{ "thread": 999 }] }), 409),
        (
            "/api/step",
            json!({ "lesson": "transfer", "program": "buggy", "moves": vec![json!({ "thread": 1 }); 5_001] }),
            413,
        ),
        ("/api/check/0/cancel", json!({}), 404),
    ] {
        let (got, answer) = open.ask(path, &question);
        assert_eq!(got, status, "{path}: {answer}");
        assert!(answer["error"].as_str().is_some_and(|error| error.len() > 10), "{answer}");
    }
}

#[test]
fn other_origins_are_kept_out() {
    let open = Open::new(Lab::new().name("lab.example"));
    let host = open.host();
    let own = format!("http://{host}");
    let step = json!({ "lesson": "transfer", "program": "buggy" }).to_string();
    let json_type = ("content-type", "application/json");
    let send = |method: &str, path: &str, fields: &[(&str, &str)], content: &str| {
        open.send(method, path, fields, content).0
    };

    // By the name that was given, by another name of this machine, and by the page itself.
    assert_eq!(send("GET", "/", &[("host", "lab.example")], ""), 200);
    assert_eq!(send("GET", "/", &[("host", "localhost:1")], ""), 200);
    assert_eq!(
        send(
            "POST",
            "/api/step",
            &[("host", &host), ("origin", &own), json_type, ("sec-fetch-site", "same-origin")],
            &step
        ),
        200
    );
    // A link from elsewhere opens a page.
    let link =
        [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
    assert_eq!(send("GET", "/lesson/transfer", &[&[("host", host.as_str())], &link[..]].concat(), ""), 200);

    // DNS rebinding: another name that points here.
    assert_eq!(send("GET", "/", &[("host", "evil.example")], ""), 421);
    assert_eq!(send("GET", "/", &[("host", "192.168.0.1")], ""), 421);
    // No host, and two.
    assert_eq!(send("GET", "/", &[], ""), 400);
    assert_ne!(send("GET", "/", &[("host", &host), ("host", "evil.example")], ""), 200);
    // A page of another origin sends, with or without what browsers add.
    for origin in [
        "http://evil.example",
        "null",
        "https://127.0.0.1",
        &format!("{own}.evil.example"),
        &format!("{own}0"),
    ] {
        assert_eq!(
            send("POST", "/api/step", &[("host", &host), ("origin", origin), json_type], &step),
            403,
            "{origin}"
        );
    }
    for site in ["cross-site", "same-site"] {
        assert_eq!(
            send("POST", "/api/step", &[("host", &host), json_type, ("sec-fetch-site", site)], &step),
            403
        );
        // A script or a picture of a page elsewhere.
        assert_eq!(
            send(
                "GET",
                "/script.js",
                &[
                    ("host", &host),
                    ("sec-fetch-site", site),
                    ("sec-fetch-mode", "no-cors"),
                    ("sec-fetch-dest", "script")
                ],
                ""
            ),
            403
        );
        let api = [&[("host", host.as_str())], &link[..]].concat();
        assert_eq!(send("GET", "/api/check/0", &api, ""), 403);
    }
    // What a form can send.
    for media_type in
        ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", ""]
    {
        assert_eq!(
            send("POST", "/api/check", &[("host", &host), ("content-type", media_type)], &step),
            415,
            "{media_type}"
        );
    }
    // Nobody may ask whether they may, and nothing else is answered.
    for method in ["OPTIONS", "PUT", "DELETE", "TRACE"] {
        let (_, head, _) =
            open.send(method, "/api/step", &[("host", &host), ("origin", "http://evil.example")], "");
        assert!(!head.contains("access-control-allow"), "{head}");
    }
    let (_, head, _) = open.send("GET", "/", &[("host", &host)], "");
    for field in [
        "content-security-policy: default-src 'none'",
        "frame-ancestors 'none'",
        "cross-origin-resource-policy: same-origin",
        "x-content-type-options: nosniff",
    ] {
        assert!(head.contains(field), "{head}");
    }
}

#[test]
fn only_the_loopback_is_listened_on_unless_said_otherwise() {
    for addr in ["0.0.0.0:0", "[::]:0"] {
        let error = Lab::new().addr(addr).build().unwrap_err();
        assert!(matches!(error, LabError::NotLoopback { .. }), "{error}");
    }
    assert!(Lab::new().addr("0.0.0.0:0").allow_remote(true).build().is_ok());
    assert!(matches!(Lab::new().addr("nonsense").build().unwrap_err(), LabError::Server(_)));
}

/// What the endless program waits for, behind the checker's back.
static ENDS: AtomicBool = AtomicBool::new(false);

fn endless() {
    while !ENDS.load(Ordering::SeqCst) {
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn large() {
    let count = unsnarl::sync::atomic::AtomicU32::new(0);
    thread::scope(|scope| {
        for _ in 0..5 {
            scope.spawn(|| {
                for _ in 0..6 {
                    count.fetch_add(1, unsnarl::sync::atomic::Ordering::SeqCst);
                }
            });
        }
    });
}

const OWN: Lesson = Lesson {
    name: "own",
    title: "A lesson of one's own",
    concept: "programs that take long",
    summary: "One never comes to an operation, the other one has many",
    story: "None.",
    questions: &[],
    reading: &[],
    stages: &[
        Stage::new("endless", "It never comes back.", FindingKind::Deadlock, endless),
        Stage::new("large", "", FindingKind::Deadlock, large),
    ],
    fixed: endless,
    file: file!(),
    source: "//! One's own.\n",
    bound: None,
};

fn own(limits: RunLimits) -> Lab {
    let chapter = Chapter { title: "Our own", about: "Lessons of another crate.", lessons: &[OWN] };
    Lab::new().chapter(chapter).without_course().limits(limits)
}

#[test]
fn what_would_run_for_ever_is_cut_and_keeps_its_place() {
    let budget = Duration::from_millis(50);
    let open = Open::new(own(RunLimits { runs_max: 2, budget, grace: budget, ..RunLimits::default() }));
    let endless = open.start("own", "endless");
    let cut = open.end(&endless);
    assert_eq!(cut["state"], "cut", "{cut}");
    assert!(cut["message"].as_str().unwrap().contains("did not come to its next operation"), "{cut}");
    // A step by hand is given up, too.
    let wanted = json!({ "lesson": "own", "program": "endless" });
    let (status, answer) = open.ask("/api/step", &wanted);
    assert_eq!(status, 504, "{answer}");
    // Now both places are taken by what cannot be stopped, and that is said.
    let (status, answer) = open.ask("/api/check", &wanted);
    assert_eq!(status, 503, "{answer}");
    assert!(answer["error"].as_str().unwrap().contains("at most 2"), "{answer}");
    // The pages are there all the same.
    assert_eq!(open.get("/lesson/own").0, 200);
    ENDS.store(true, Ordering::SeqCst);
    let started = Instant::now();
    while open.state(&endless)["state"] != "done" {
        assert!(started.elapsed() < Duration::from_secs(30), "it has come back");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn visitors_do_not_disturb_each_other() {
    let budget = Duration::from_secs(30);
    let open = Open::new(own(RunLimits { runs_max: 2, budget, ..RunLimits::default() }));
    let (ada, ben) = (open.start("own", "large"), open.start("own", "large"));
    assert_ne!(ada, ben);
    assert!(ada.len() == 32 && ada.chars().all(|c| c.is_ascii_hexdigit()));
    let (status, answer) = open.ask("/api/check", &json!({ "lesson": "own", "program": "large" }));
    assert_eq!(status, 503, "{answer}");
    // Ada's is cancelled, Ben's goes on.
    while open.state(&ada)["executions"].as_u64().unwrap() == 0 {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(open.ask(&format!("/api/check/{ada}/cancel"), &json!({})).0, 200);
    let ended = open.end(&ada);
    assert!(
        ended["verdict"]["bounds"][0].as_str().unwrap().starts_with("the check was cancelled after"),
        "{ended}"
    );
    assert_eq!(open.state(&ben)["state"], "running");
    // The place is free again.
    let carl = open.start("own", "large");
    for run in [ben, carl] {
        assert_eq!(open.ask(&format!("/api/check/{run}/cancel"), &json!({})).0, 200);
        open.end(&run);
    }
}

#[test]
fn who_has_gone_makes_room() {
    let limits = RunLimits {
        runs_max: 1,
        budget: Duration::from_secs(60),
        idle: Duration::from_millis(50),
        ..RunLimits::default()
    };
    let open = Open::new(own(limits));
    let gone = open.start("own", "large");
    std::thread::sleep(Duration::from_millis(100));
    let started = Instant::now();
    let wanted = json!({ "lesson": "own", "program": "large" });
    // The first who asks has the other one's cancelled; soon there is room.
    let next = loop {
        let (status, answer) = open.ask("/api/check", &wanted);
        if status == 202 {
            break answer["run"].as_str().unwrap().to_owned();
        }
        assert!(started.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(open.state(&gone)["state"], "done");
    open.ask(&format!("/api/check/{next}/cancel"), &json!({}));
}

#[test]
fn a_course_of_files_needs_nothing_beside_itself() {
    let folder = std::env::temp_dir().join(format!("unsnarl-lab-{}", std::process::id()));
    let mut told = Vec::new();
    assert_eq!(export(&Lab::new(), &folder, Some("transfer"), |lesson| told.push(lesson.name)).unwrap(), 1);
    assert_eq!(told, ["transfer"]);
    let page = std::fs::read_to_string(folder.join("transfer.html")).unwrap();
    for (part, count) in [
        ("src=\"", 0),
        ("<link", 0),
        ("http://", 0),
        ("\"outcome\":\"finding\"", 1),
        ("\"outcome\":\"pass\"", 1),
    ] {
        assert_eq!(
            page.matches(part).count()
                - if part == "http://" { page.matches("http://www.w3.org").count() } else { 0 },
            count,
            "{part}"
        );
    }
    assert!(!folder.join("index.html").exists());
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::write(&folder, "a file").unwrap();
    let error = export(&Lab::new(), &folder, Some("transfer"), |_| {}).unwrap_err();
    assert!(error.to_string().starts_with("cannot write "), "{error}");
    std::fs::remove_file(&folder).unwrap();
}

/// For each lesson: from the beginning the bug is reachable, and the way that is shown leads to the announced kind.
#[test]
fn the_bug_of_every_lesson_can_be_reached_by_hand_within_the_labs_budget() {
    let executions = RunLimits::default().outlook_executions;
    let mut others = Vec::new();
    for lesson in lab::lessons() {
        for stage in lesson.stages {
            let (checker, program) = lesson.checker(stage.name).unwrap();
            let session = checker.session(program);
            let Outlook::Reachable { way, kind, is_shortest, .. } = session.outlook(executions) else {
                panic!("{} {}: {:?}", lesson.name, stage.name, session.outlook(executions));
            };
            let steps = way.iter().filter(|next| matches!(next, Move::Thread(_))).count();
            println!(
                "{:<24}{:<8}{steps:>3} steps{}",
                lesson.name,
                stage.name,
                if is_shortest { "" } else { ", or fewer" }
            );
            if kind != stage.expected {
                others.push((lesson.name, stage.name, kind));
            }
            let end = session.after(way).unwrap();
            assert_eq!(end.position().finding.as_ref().map(|finding| finding.kind), Some(kind));
        }
    }
    assert!(others.is_empty(), "not of the announced kind: {others:?}");
}

#[test]
fn an_experiment_is_one_visitors_and_is_cancelled_by_nobody_else() {
    let open = Open::new(Lab::new());
    let (status, started) = open.ask("/api/meltdown", &json!({ "experiment": "bare" }));
    assert_eq!(status, 202, "{started}");
    let path = format!("/api/meltdown/{}", started["run"].as_str().unwrap());
    let (status, busy) = open.ask("/api/meltdown", &json!({ "experiment": "lock" }));
    assert_eq!(status, 503);
    assert!(busy["error"].as_str().unwrap().contains("two at once would measure each other"), "{busy}");
    assert_eq!(open.ask("/api/meltdown/0123/cancel", &json!({})).0, 404);
    assert_eq!(open.ask(&format!("{path}/cancel"), &json!({})).0, 200);
    let since = Instant::now();
    loop {
        let (status, content) = open.get(&path);
        assert_eq!(status, 200);
        let state: Value = serde_json::from_str(&content).unwrap();
        if state["state"] == "cancelled" {
            break;
        }
        assert_eq!(state["state"], "running");
        assert!(since.elapsed() < Duration::from_secs(30), "it does not end: {state}");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(open.ask("/api/meltdown", &json!({ "experiment": "none" })).0, 404);
    assert_eq!(open.get("/api/meltdown/0123").0, 404);
}

#[test]
fn servers_at_work_are_bounded_and_end_when_told() {
    let open = Open::new(Lab::new());
    let start = || open.ask("/api/traffic", &json!({ "clients": 2 }));
    let runs: Vec<String> = (0..3).map(|_| start().1["run"].as_str().unwrap().to_owned()).collect();
    let (status, busy) = start();
    assert_eq!(status, 503);
    assert!(busy["error"].as_str().unwrap().contains("3 visitors have a server already"), "{busy}");
    let state =
        |run: &str| -> Value { serde_json::from_str(&open.get(&format!("/api/traffic/{run}")).1).unwrap() };
    let first = state(&runs[0]);
    assert_eq!((&first["running"], &first["clients"]), (&json!(true), &json!(2)), "{first}");
    assert!(first["server"]["acceptor"]["step"].is_string() && first["cache"]["room"].is_u64(), "{first}");
    assert_eq!(open.ask(&format!("/api/traffic/{}/cancel", runs[0]), &json!({})).0, 200);
    let since = Instant::now();
    while state(&runs[0])["running"] == true {
        assert!(since.elapsed() < Duration::from_secs(30), "it does not end");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(state(&runs[1])["running"], true, "the others go on");
    assert_eq!(start().0, 202, "its place is free");
    assert_eq!(open.ask("/api/traffic", &json!({ "clients": 25 })).0, 400);
    assert_eq!(open.get("/api/traffic/0123").0, 404);
}
