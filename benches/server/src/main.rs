//! `servers NAME ADDR DIR`: serves `DIR/1k`, `DIR/64k` and `DIR/10m`. unsnarl serves the files, the others what they read of
//! them at the start: from memory nothing can be faster. Prints `ready` when clients can connect.

mod actix;
mod hyper;
mod may;
mod ours;
mod tiny;

use std::{path::Path, process::exit};

/// The names of the answers, which are those of the files.
pub(crate) const NAMES: [&str; 3] = ["1k", "64k", "10m"];

/// What is answered, by [`NAMES`].
pub(crate) type Bodies = [Vec<u8>; 3];

/// How many threads serve, where one has to say so.
pub(crate) const THREADS: usize = 2;

/// The body for a request's path.
pub(crate) fn find(path: &str) -> Option<usize> {
    NAMES.iter().position(|name| path.strip_prefix('/') == Some(name))
}

fn bodies(dir: &Path) -> Bodies {
    NAMES.map(|name| std::fs::read(dir.join(name)).unwrap_or_else(|error| fail(&format!("{name}: {error}"))))
}

pub(crate) fn ready() {
    println!("ready");
}

pub(crate) fn fail(why: &str) -> ! {
    eprintln!("servers: {why}");
    exit(1)
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, addr, dir] = &arguments[..] else { fail("needs NAME ADDR DIR") };
    let dir = Path::new(dir);
    match name.as_str() {
        "unsnarl-pool" => ours::serve(unsnarl::server::FrontEnd::Pool, addr, dir),
        "unsnarl-events" => ours::serve(unsnarl::server::FrontEnd::Events, addr, dir),
        "unsnarl-threads" => ours::serve(unsnarl::server::FrontEnd::ThreadPerConnection, addr, dir),
        "hyper" => hyper::serve(addr, bodies(dir)),
        "actix-web" => actix::serve(addr, bodies(dir)),
        "may_minihttp" => may::serve(addr, bodies(dir)),
        "tiny_http" => tiny::serve(addr, bodies(dir)),
        other => fail(&format!("no server is called {other}")),
    }
}
