//! Clients that wait, or let wait, where no thread waits with them.

use std::time::Duration;

use unsnarl::server::{Limits, Request, Server, http::Response};

use super::client::{Client, Running, get, limits};

fn hello(limits: Limits) -> Running {
    let handler = |_: &Request<'_>| Response::text(200, "hello");
    Running::start(Server::builder().handler(handler).workers(2).limits(limits))
}

/// Clients that do not read hold no worker: with two workers and ten answers that nobody takes, others are served.
#[test]
fn slow_readers_do_not_stop_the_others() {
    let big = |request: &Request<'_>| {
        let len = if request.head().path() == "/big" { 64 * 1024 * 1024 } else { 1 };
        Response::text(200, "x".repeat(len))
    };
    // They are read one after the other, which takes as long as the machine needs.
    let patient = Limits { write_timeout: Duration::from_secs(120), ..limits() };
    let server = Running::start(Server::builder().handler(big).workers(2).limits(patient));
    let mut slow: Vec<Client> = (0..10).map(|_| server.connect()).collect();
    for client in &mut slow {
        client.send(get("/big"));
        let mut first = [0];
        assert_eq!(client.stream.peek(&mut first).unwrap(), 1);
    }
    for _ in 0..20 {
        assert_eq!(server.get("/").status, 200);
    }
    for mut client in slow {
        assert_eq!(client.answer().body.len(), 64 * 1024 * 1024 + 1);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_thousand_idle_connections_cost_no_thread() {
    // Other tests' threads come and go, so this one counts in a process of its own.
    if std::env::var_os("UNSNARL_TEST_HELD").is_none() {
        let itself = std::env::current_exe().unwrap();
        // Without the crate's name.
        let module = module_path!().split_once("::").unwrap().1;
        let name = format!("{module}::a_thousand_idle_connections_cost_no_thread");
        let status = std::process::Command::new(itself)
            .args([
                "--exact",
                &name,
                "--test-threads=1",
            ])
            .env("UNSNARL_TEST_HELD", "1")
            .status()
            .unwrap();
        assert!(status.success());
        return;
    }
    let count = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("Threads:")).unwrap();
        line.trim().parse::<usize>().unwrap()
    };
    let server = hello(limits());
    assert_eq!(server.get("/").status, 200);
    let before = count();
    // Both ends are in this process, and 1,024 descriptors is a common limit.
    let mut held = Vec::new();
    for _ in 0..1000 {
        match Client::connect(server.addr()) {
            Ok(client) => held.push(client),
            Err(_) => break,
        }
        if held.len() == 480 && soft_limit() < 4096 {
            break;
        }
    }
    for client in &mut held {
        client.send(get("/"));
        assert_eq!(client.answer().status, 200);
    }
    assert_eq!(count(), before);
    assert_eq!(server.get("/").status, 200);
    for client in held.iter_mut().rev() {
        client.send(get("/"));
        assert_eq!(client.answer().status, 200);
    }
    assert_eq!(count(), before);
}

#[cfg(target_os = "linux")]
fn soft_limit() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    line.split_whitespace().nth(3).unwrap().parse().unwrap_or(usize::MAX)
}
