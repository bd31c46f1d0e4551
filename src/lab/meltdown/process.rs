//! What the system says of this process: memory, context switches, descriptors. Linux only; elsewhere all is nothing.

use std::{collections::HashSet, fs};

/// How the threads that serve are called: those of a server's front ends, and its acceptor.
const SERVING: [&str; 5] = [super::server::ACCEPTOR, "poller", "loop-", "worker-", "connection-"];

/// The threads and the memory of now, to be compared with those of later.
pub(super) struct Before {
    threads: HashSet<u64>,
    rss_kib: u64,
}

/// What a server takes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Usage {
    pub(super) threads: usize,
    /// Voluntary and not, of the threads that are there now.
    pub(super) switches: u64,
    /// More than before.
    pub(super) rss_kib: u64,
}

impl Before {
    /// To be called before the server is started.
    pub(super) fn note() -> Self {
        give_back();
        Before { threads: threads().collect(), rss_kib: rss_kib() }
    }

    /// What has come since. Takes a while with many threads.
    pub(super) fn usage(&self) -> Usage {
        let mut usage = Usage { rss_kib: rss_kib().saturating_sub(self.rss_kib), ..Usage::default() };
        for id in threads().filter(|id| !self.threads.contains(id)) {
            let status = fs::read_to_string(format!("/proc/self/task/{id}/status")).unwrap_or_default();
            let name = field(&status, "Name:").unwrap_or_default();
            if SERVING.iter().any(|serving| name.starts_with(serving)) {
                usage.threads += 1;
                usage.switches += number(&status, "voluntary_ctxt_switches:");
                usage.switches += number(&status, "nonvoluntary_ctxt_switches:");
            }
        }
        usage
    }
}

fn threads() -> impl Iterator<Item = u64> {
    let entries = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn rss_kib() -> u64 {
    number(&fs::read_to_string("/proc/self/status").unwrap_or_default(), "VmRSS:")
}

fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim)
}

fn number(status: &str, name: &str) -> u64 {
    let text = field(status, name).and_then(|text| text.split_whitespace().next());
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// Has the allocator give freed memory back, so that it is not counted as what the next server does not take.
fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: the function is glibc's, with this signature; it takes the allocator's own locks and may be called at any
        // time.
        unsafe extern "C" {
            safe fn malloc_trim(pad: usize) -> std::ffi::c_int;
        }
        malloc_trim(0);
    }
}

/// Lets this process have `count` descriptors, if the system does.
///
/// # Errors
///
/// A sentence, if it may not have so many.
#[cfg(target_os = "linux")]
pub(crate) fn raise_descriptors(count: usize) -> Result<(), String> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let wanted = count as u64 + 256;
    if limit.current.is_some_and(|current| current < wanted) {
        if let Some(maximum) = limit.maximum.filter(|maximum| *maximum < wanted) {
            return Err(format!(
                "{wanted} descriptors are needed, and this process may have {maximum}; raise the limit (ulimit -Hn)"
            ));
        }
        let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
        setrlimit(Resource::Nofile, raised)
            .map_err(|error| format!("the limit of descriptors cannot be raised: {error}"))?;
    }
    Ok(())
}

/// Lets this process have `count` descriptors, if the system does.
///
/// # Errors
///
/// Never: nothing is known of the limit here.
#[cfg(not(target_os = "linux"))]
pub(crate) fn raise_descriptors(_count: usize) -> Result<(), String> {
    Ok(())
}
