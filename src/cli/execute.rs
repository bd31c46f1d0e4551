//! Running tests, each in a process of its own, so that one that aborts takes no other with it.

use std::{
    fs::{self, File},
    io,
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    time::Duration,
};

use super::{
    Result, build,
    cargo::Package,
    interrupt::Interrupt,
    progress::{Progress, ProgressLine},
    stop, table,
};
use crate::{
    channel,
    check::{self, EVENTS_VARIABLE, EngineName, PROGRESS_VARIABLE, Record},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::Instant,
};

/// How often a running test is looked at.
const POLL_INTERVAL: Duration = Duration::from_millis(2);
/// How often it is looked at how far a test is; tests that take no longer say nothing.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(300);
/// What of a dead test's output is shown, in lines.
const TAIL_LINES_MAX: usize = 12;

/// A test to run.
#[derive(Clone, Debug)]
pub(super) struct Job<'a> {
    pub(super) package: &'a Package,
    pub(super) engine: EngineName,
    pub(super) executable: &'a Path,
    pub(super) test: &'a str,
}

/// How the process of a test ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    Passed,
    Failed,
    /// Not by itself; in words.
    Killed(String),
    /// It took longer than this.
    TimedOut(Duration),
    /// We ended it, since nobody wants the result any more, or the Ctrl-C that ends us did.
    Stopped,
}

/// What a test did.
#[derive(Debug)]
pub(super) struct TestRun {
    pub(super) records: Vec<Record>,
    pub(super) end: End,
    /// How far its last check was; nothing if it took no time or the test is no model.
    pub(super) so_far: Option<check::Progress>,
    /// The last lines of its output.
    pub(super) tail: String,
}

/// What holds for all tests.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// Variables that the checker reads.
    pub(super) variables: Vec<(&'static str, String)>,
    /// How many run at once.
    pub(super) jobs: usize,
    /// How long one may take.
    pub(super) timeout: Duration,
    /// Where the tests' output and records are kept while they run.
    pub(super) scratch: PathBuf,
}

/// Runs all jobs. `done` gets each result as it comes, with the job's index, and may break off the rest.
pub(super) fn all(
    jobs: &[Job<'_>],
    settings: &Settings,
    interrupt: &Interrupt,
    progress: &Progress,
    mut done: impl FnMut(usize, TestRun) -> ControlFlow<()>,
) -> Result {
    let scratch = settings.scratch.join(format!("run-{}", std::process::id()));
    fs::create_dir_all(&scratch)
        .map_err(|error| stop::fault(format!("cannot make the folder {}: {error}", scratch.display())))?;
    let next = AtomicUsize::new(0);
    let enough = AtomicBool::new(false);
    // ORDERING: relaxed for both: the channel carries the results.
    let is_enough = || enough.load(Ordering::Relaxed) || interrupt.happened();
    let (sender, receiver) = channel::unbounded();
    let result = thread::scope(|scope| {
        for _ in 0..settings.jobs.clamp(1, jobs.len().max(1)) {
            let sender = sender.clone();
            let (next, is_enough, scratch) = (&next, &is_enough, &scratch);
            scope.spawn(move || {
                while !is_enough() {
                    // ORDERING: relaxed: only the numbers must differ.
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = jobs.get(index) else { break };
                    let run = one(job, settings, &scratch.join(index.to_string()), progress, is_enough);
                    if sender.send((index, run)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut result = Ok(());
        for (index, run) in receiver {
            let flow = match run {
                Ok(run) => done(index, run),
                Err(error) => {
                    let job = &jobs[index];
                    result = Err(stop::fault(format!("cannot run the test `{}`: {error}", job.test)));
                    ControlFlow::Break(())
                }
            };
            if flow.is_break() {
                // ORDERING: relaxed: a thread that sees it late runs one job more.
                enough.store(true, Ordering::Relaxed);
            }
        }
        result
    });
    // It is only scratch: if it cannot be removed now, `cargo clean` will.
    let _ = fs::remove_dir_all(&scratch);
    result
}

/// Runs one test; its files begin with `prefix`.
fn one(
    job: &Job<'_>,
    settings: &Settings,
    prefix: &Path,
    progress: &Progress,
    is_enough: &dyn Fn() -> bool,
) -> io::Result<TestRun> {
    let file_of = |extension: &str| prefix.with_extension(extension);
    let (events, output, live) = (file_of("events"), file_of("output"), file_of("progress"));
    let file = File::create(&output)?;
    let mut command = Command::new(job.executable);
    build::as_cargo_does(&mut command, job.package);
    command
        .args(["--exact", job.test, "--nocapture", "--test-threads=1"])
        .env(EVENTS_VARIABLE, &events)
        .env(PROGRESS_VARIABLE, &live)
        .envs(settings.variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file);
    let mut child = command.spawn()?;
    let started = Instant::now();
    let mut looked = started;
    let mut line: Option<ProgressLine> = None;
    let end = loop {
        if let Some(status) = child.try_wait()? {
            break end_of(status);
        }
        let late = started.elapsed() > settings.timeout;
        if late || is_enough() {
            child.kill()?;
            child.wait()?;
            break if late { End::TimedOut(settings.timeout) } else { End::Stopped };
        }
        if looked.elapsed() >= PROGRESS_INTERVAL {
            looked = Instant::now();
            let words = match so_far(&live) {
                Some(so_far) => how_far(&so_far) + &what_is_left(&so_far),
                None => table::time(started.elapsed()),
            };
            let line = line.get_or_insert_with(|| progress.line());
            line.say(format!("{} under {}: {words}", job.test, job.engine));
        }
        thread::sleep(POLL_INTERVAL);
    };
    drop(line);
    let text = fs::read_to_string(&events).unwrap_or_default();
    let records = text.lines().map(|line| serde_json::from_str::<Record>(line).map_err(io::Error::from));
    // A process that was killed while it wrote may leave half a line.
    let records = if end == End::Passed || end == End::Failed {
        records.collect::<io::Result<_>>()?
    } else {
        records.filter_map(io::Result::ok).collect()
    };
    let said = fs::read(&output).unwrap_or_default();
    let so_far = so_far(&live);
    Ok(TestRun { records, end, so_far, tail: tail(&String::from_utf8_lossy(&said)) })
}

/// How far a test is. A file that is being written is read the next time.
fn so_far(live: &Path) -> Option<check::Progress> {
    serde_json::from_str(&fs::read_to_string(live).ok()?).ok()
}

/// The same in words.
pub(super) fn how_far(progress: &check::Progress) -> String {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "for people"
    )]
    let rate = (progress.executions as f64 / progress.elapsed.as_secs_f64().max(0.001)) as u64;
    let share = match progress.share {
        Some(share) if share >= 0.0001 => format!(", about {:.1} % of the search", 100.0 * share.min(1.0)),
        Some(_) => ", less than 0.01 % of the search".to_owned(),
        None => String::new(),
    };
    format!(
        "{}, {} executions, {}/s{share}",
        table::time(progress.elapsed),
        table::count(progress.executions),
        table::count(rate)
    )
}

/// How much longer it will take: by estimate, or at most.
pub(super) fn what_is_left(progress: &check::Progress) -> String {
    let limit = progress.limit.saturating_sub(progress.elapsed);
    // Of a smaller share nothing is to be told.
    let expected = progress.share.filter(|share| (0.005..=1.0).contains(share));
    let expected = expected.map(|share| progress.elapsed.mul_f64((1.0 - share) / share));
    match expected.filter(|left| *left < limit) {
        Some(left) => format!(", about {} left", table::time(left)),
        None => format!(", at most {} left", table::time(limit)),
    }
}

fn end_of(status: ExitStatus) -> End {
    match status.code() {
        Some(0) => End::Passed,
        // What the test harness exits with when a test failed.
        Some(101) => End::Failed,
        Some(code) => End::Killed(format!("ended with exit status {code}")),
        None => by_signal(status),
    }
}

#[cfg(unix)]
fn by_signal(status: ExitStatus) -> End {
    use std::os::unix::process::ExitStatusExt;
    End::Killed(match status.signal() {
        // A terminal sends it to the whole group of processes.
        Some(2) => return End::Stopped,
        Some(6) => "aborted (SIGABRT)".to_owned(),
        Some(11) => "crashed (SIGSEGV)".to_owned(),
        Some(9) => "was killed (SIGKILL)".to_owned(),
        Some(signal) => format!("was ended by signal {signal}"),
        None => "ended for an unknown reason".to_owned(),
    })
}

#[cfg(not(unix))]
fn by_signal(_status: ExitStatus) -> End {
    End::Killed("ended for an unknown reason".to_owned())
}

/// What a test said last: from its panic on if there was one, without the backtrace and what the test harness frames it with.
fn tail(text: &str) -> String {
    let frame = ["running ", "test ", "failures:", "successes:", "note: ", "stack backtrace:", "FAILED"];
    let lines: Vec<&str> = text.lines().collect();
    let panic = lines.iter().position(|line| line.contains(" panicked at "));
    let end =
        lines.iter().position(|line| line.starts_with("stack backtrace:")).filter(|end| panic < Some(*end));
    let shown: Vec<&str> = lines[panic.unwrap_or(0)..end.unwrap_or(lines.len())]
        .iter()
        .copied()
        .filter(|line| !line.trim().is_empty() && !frame.iter().any(|start| line.starts_with(start)))
        .collect();
    let cut = match panic {
        Some(_) => &shown[..shown.len().min(TAIL_LINES_MAX)],
        None => &shown[shown.len().saturating_sub(TAIL_LINES_MAX)..],
    };
    cut.join("\n")
}

#[cfg(test)]
mod tests {
    use super::tail;

    #[test]
    fn the_tail_is_the_panic() {
        let text = "\nrunning 1 test\n\nthread 'a' (7) panicked at src/lib.rs:1:2:\nleft: 1\nstack backtrace:\n  0: main\n\
            note: run with more\nFAILED\n\nfailures:\n    a\n\ntest result: FAILED. 0 passed\n";
        assert_eq!(tail(text), "thread 'a' (7) panicked at src/lib.rs:1:2:\nleft: 1");
        assert_eq!(tail("running 1 test\ntest a ... \nlast words\n"), "last words");
        assert_eq!(tail(""), "");
    }
}
