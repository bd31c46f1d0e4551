//! What too many threads do to a server, measured on this machine: how much it answers, how long that takes, what it needs.
//!
//! A *sweep* raises the number of connections and measures each of the three front ends: a thread for each connection, a
//! bounded pool, event loops. What a request costs is what the sweeps differ in ([`work`]). The *overload* asks a pool for
//! more than it can give, once with a queue that ends and once with one that does not. And *stuck* handlers, who wait for what
//! never comes, are set beside requests that are served. Everything is of one process and one machine, over the loopback: the
//! clients are one thread ([`load`]) and share the cores with the server.
//!
//! `cargo unsnarl bench meltdown` prints it, and a page of the lab shows it live.

mod chart;
mod figure;
mod law;
mod load;
mod process;
mod server;
mod work;

use serde::Serialize;

#[cfg(feature = "cli")]
pub(crate) use self::figure::sheet;
pub(crate) use self::{figure::figures, law::Law, process::raise_descriptors, work::Kind};
use self::{
    load::{Clients, Seen},
    process::{Before, Usage},
    server::Running,
};
use crate::{server::FrontEnd, time::Duration};

/// Requests that wait where the queue has an end; without one, as many as there may be connections.
const QUEUE_BOUNDED: usize = 64;
const QUEUE_UNBOUNDED: usize = 1_000_000;
/// Clients who find out what the pool can answer at most.
const CAPACITY_CLIENTS: usize = 32;
/// The parts into which the time of the worst overload is cut.
const SLICES: usize = 10;

/// Which of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Experiment {
    /// What it is called by a command.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// What to expect, and why.
    pub(crate) about: &'static str,
    pub(crate) kind: Kind,
}

/// All of them.
pub(crate) const EXPERIMENTS: [Experiment; 6] = [
    Experiment {
        name: "bare",
        title: "Nothing but the answer",
        about: "A thread that waits in its socket costs little. What is lost with many of them is switching between them and \
                what that throws out of the caches.",
        kind: Kind::Bare,
    },
    Experiment {
        name: "walk",
        title: "Each thread walks memory of its own",
        about: "Memory of a thread is fast while it is in the cache. With a thread for each connection all of it together \
                leaves the cache at some number of connections; the pool's and the loops' stays as small as their number.",
        kind: Kind::Walk,
    },
    Experiment {
        name: "lock",
        title: "A lock whose waiters sleep",
        about: "The lock lets one in at a time, so throughput ends where the lock is always taken. More threads than that only \
                wait, and the order in which they get it decides how long the last one does.",
        kind: Kind::Lock,
    },
    Experiment {
        name: "spin",
        title: "A lock whose waiters spin",
        about: "Who waits keeps a core busy, and so keeps the holder from running once there are more threads than cores. This is the \
                true meltdown: each further thread makes all the others slower.",
        kind: Kind::Spin,
    },
    Experiment {
        name: "overload",
        title: "More requests than can be answered",
        about: "Requests come whether or not earlier ones were answered. A queue without an end makes everybody wait for as long \
                as the overload has lasted; a queue with an end refuses some at once (503), and the others wait for its length at most.",
        kind: Kind::Disk,
    },
    Experiment {
        name: "stuck",
        title: "Handlers that wait for what never comes",
        about: "Each of them holds a worker, so the rest is served by what is left, and by nobody when as many are stuck as there are \
                workers, however many cores are idle. With a thread for each connection nobody notices, until there are no more threads.",
        kind: Kind::Stuck,
    },
];

/// How much is measured.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Connections of the sweeps.
    pub(crate) connections: Vec<usize>,
    /// Further ones for bare answers: parked threads are cheap.
    pub(crate) connections_bare: Vec<usize>,
    /// Load of the overload, as a share of what can be answered.
    pub(crate) offered: Vec<f64>,
    /// How long each point is measured; the overload, which has to last, for some times that.
    pub(crate) time: Duration,
    /// Of each point the median of so many is kept.
    pub(crate) turns: usize,
    /// Workers of the pool, and of the loops for what may block.
    pub(crate) workers: usize,
}

/// What a series was measured at.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Point {
    /// Connections, the share of what can be answered, or stuck handlers.
    pub(crate) load: f64,
    /// Requests answered with 200.
    pub(crate) req_per_s: f64,
    /// Requests answered with 503.
    pub(crate) refused_per_s: f64,
    /// Of the answers with 200.
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    /// Connections that broke, and requests that found none.
    pub(crate) errors: u64,
    /// Requests that had no answer: in a sweep those asked before the time began, in an overload all at its end.
    pub(crate) unanswered: u64,
    /// What the process has more than before the server was started, the clients included.
    pub(crate) rss_kib: u64,
    pub(crate) threads: usize,
    /// Context switches of the server's threads, by request answered.
    pub(crate) switches_per_req: f64,
    /// What the fitted law says instead of `req_per_s`; nothing where none is fitted.
    pub(crate) law_req_per_s: Option<f64>,
}

/// One front end, or one queue.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Series {
    pub(crate) name: &'static str,
    pub(crate) points: Vec<Point>,
    /// Of the throughput; nothing for the overload.
    pub(crate) law: Option<Law>,
    /// From where on the law falls.
    pub(crate) law_peak: Option<f64>,
    /// During the worst overload: the second, and the median time of the answers to what was asked around it.
    pub(crate) over_time: Vec<(f64, f64)>,
}

/// What an experiment came to.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Measured {
    #[serde(rename = "experiment")]
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) about: &'static str,
    /// What `load` counts: `connections`, `share of capacity`, or `stuck handlers`.
    pub(crate) load: &'static str,
    pub(crate) workers: usize,
    /// What a thread walks, where it does.
    pub(crate) walk_bytes: Option<usize>,
    /// What the pool can answer at most, where that is known first.
    pub(crate) capacity_per_s: Option<f64>,
    /// How many may wait in the queue that has an end.
    pub(crate) queue_len_max: Option<usize>,
    pub(crate) series: Vec<Series>,
}

impl Measured {
    /// Whether `load` counts these.
    pub(crate) fn is_about_stuck_handlers(&self) -> bool {
        self.load == Kind::Stuck.load()
    }
}

/// What is going on.
pub(crate) struct Step<'a> {
    pub(crate) doing: String,
    /// How much is done, of how much.
    pub(crate) done: usize,
    pub(crate) of: usize,
    /// All that is known so far.
    pub(crate) so_far: &'a Measured,
}

/// Why an experiment did not come to its end.
#[derive(Debug)]
pub(crate) enum Unmeasured {
    Stopped,
    /// A sentence.
    Failed(String),
}

/// Who is told of each step, and asked whether to stop.
pub(crate) struct Watcher<'a> {
    pub(crate) tell: &'a mut dyn FnMut(&Step<'_>),
    pub(crate) stops: &'a dyn Fn() -> bool,
}

impl Kind {
    /// What `load` counts.
    fn load(self) -> &'static str {
        match self {
            Kind::Disk => "share of capacity",
            Kind::Stuck => "stuck handlers",
            Kind::Bare | Kind::Walk | Kind::Lock | Kind::Spin => "connections",
        }
    }
}

impl Experiment {
    fn is_overload(&self) -> bool {
        self.kind == Kind::Disk
    }

    fn levels(&self, plan: &Plan) -> Vec<f64> {
        let counts = |counts: &mut dyn Iterator<Item = usize>| counts.map(|count| count as f64).collect();
        match self.kind {
            Kind::Disk => plan.offered.clone(),
            // Up to one more than there are workers.
            Kind::Stuck => counts(&mut (0..=plan.workers + 1)),
            Kind::Bare => counts(&mut plan.connections.iter().chain(&plan.connections_bare).copied()),
            Kind::Walk | Kind::Lock | Kind::Spin => counts(&mut plan.connections.iter().copied()),
        }
    }

    /// Measures all of it. Blocks for about as long as [`Plan::time`] times the points.
    pub(crate) fn run(&self, plan: &Plan, watcher: &mut Watcher<'_>) -> Result<Measured, Unmeasured> {
        let names: &[&'static str] = match self.is_overload() {
            true => &["bounded queue", "unbounded queue"],
            false => &FrontEnd::ALL.map(FrontEnd::as_str),
        };
        let series = |name: &&'static str| Series {
            name,
            points: Vec::new(),
            law: None,
            law_peak: None,
            over_time: Vec::new(),
        };
        let mut measured = Measured {
            name: self.name,
            title: self.title,
            about: self.about,
            load: self.kind.load(),
            workers: plan.workers,
            walk_bytes: (self.kind == Kind::Walk).then(work::walk_bytes),
            capacity_per_s: None,
            queue_len_max: self.is_overload().then_some(QUEUE_BOUNDED),
            series: names.iter().map(series).collect(),
        };
        let levels = self.levels(plan);
        let of = levels.len() * names.len() * plan.turns;
        let mut done = 0;
        if self.is_overload() {
            (watcher.tell)(&Step {
                doing: "what the pool can answer at most".to_owned(),
                done,
                of,
                so_far: &measured,
            });
            measured.capacity_per_s = Some(self.capacity(plan, watcher.stops)?);
        }
        for load in levels {
            let mut turns: Vec<Vec<(Point, Seen)>> = names.iter().map(|_| Vec::new()).collect();
            for turn in 0..plan.turns {
                for (index, name) in names.iter().enumerate() {
                    let what = match self.kind {
                        Kind::Disk => format!("{load} of the capacity, {name}"),
                        _ => format!("{load} {}, {name}", self.kind.load()),
                    };
                    let doing = match plan.turns {
                        1 => what,
                        of => format!("{what}, turn {} of {of}", turn + 1),
                    };
                    (watcher.tell)(&Step { doing, done, of, so_far: &measured });
                    let point = match measured.capacity_per_s {
                        None => {
                            let clients = match self.kind {
                                // As many as there are workers ask for what is answered.
                                Kind::Stuck => Asking { asking: plan.workers, stuck: load as usize },
                                _ => Asking { asking: load as usize, stuck: 0 },
                            };
                            let point = sweep(self.kind, FrontEnd::ALL[index], clients, plan, watcher.stops);
                            point.map(|(point, seen)| (Point { load, ..point }, seen))
                        }
                        Some(capacity) => {
                            overload(self.kind, index == 0, load, capacity, plan, watcher.stops)
                        }
                    };
                    turns[index].push(point.map_err(Unmeasured::Failed)?);
                    done += 1;
                    if (watcher.stops)() {
                        return Err(Unmeasured::Stopped);
                    }
                }
            }
            for (series, mut turns) in measured.series.iter_mut().zip(turns) {
                turns.sort_by(|(one, _), (other, _)| one.req_per_s.total_cmp(&other.req_per_s));
                let (point, seen) = turns.swap_remove(turns.len() / 2);
                series.points.push(point);
                match self.kind {
                    Kind::Disk => series.over_time = over_time(&seen),
                    Kind::Stuck => {}
                    Kind::Bare | Kind::Walk | Kind::Lock | Kind::Spin => series.fit(),
                }
            }
        }
        (watcher.tell)(&Step { doing: "done".to_owned(), done, of, so_far: &measured });
        Ok(measured)
    }

    /// What the pool answers when it always has something to do.
    fn capacity(&self, plan: &Plan, stops: &dyn Fn() -> bool) -> Result<f64, Unmeasured> {
        let (point, _) =
            sweep(self.kind, FrontEnd::Pool, Asking { asking: CAPACITY_CLIENTS, stuck: 0 }, plan, stops)
                .map_err(Unmeasured::Failed)?;
        match point.req_per_s > 0.0 {
            true => Ok(point.req_per_s),
            false if stops() => Err(Unmeasured::Stopped),
            false => Err(Unmeasured::Failed("the pool answers nothing".to_owned())),
        }
    }
}

impl Series {
    fn fit(&mut self) {
        let points: Vec<(f64, f64)> = self.points.iter().map(|point| (point.load, point.req_per_s)).collect();
        self.law = Law::fit(&points);
        self.law_peak = self.law.and_then(|law| law.peak());
        for point in &mut self.points {
            point.law_req_per_s = self.law.map(|law| law.throughput(point.load));
        }
    }
}

/// Clients of a sweep.
#[derive(Clone, Copy)]
struct Asking {
    /// Who ask again as soon as they are answered.
    asking: usize,
    /// Who have asked for what is never answered.
    stuck: usize,
}

/// One front end with so many connections.
fn sweep(
    kind: Kind,
    front_end: FrontEnd,
    Asking { asking, stuck }: Asking,
    plan: &Plan,
    stops: &dyn Fn() -> bool,
) -> Result<(Point, Seen), String> {
    let connections = asking + stuck;
    raise_descriptors(2 * connections)?;
    let before = Before::note();
    let running = Running::start(kind, front_end, plan.workers, QUEUE_UNBOUNDED)?;
    let failed = |error: std::io::Error| format!("{connections} clients cannot ask: {error}");
    let mut clients = Clients::connect(running.addr, connections).map_err(failed)?;
    clients.ask_in_vain(stuck);
    let can_be_stuck = if front_end == FrontEnd::ThreadPerConnection { stuck } else { plan.workers };
    running.wait_for_stuck(stuck.min(can_be_stuck), stops);
    let mut warm = Usage::default();
    let seen = clients.closed(plan.time / 2, plan.time, || warm = before.usage(), stops).map_err(failed)?;
    let point = point(asking as f64, &seen, warm, before.usage());
    drop(clients);
    Ok((point, seen))
}

/// The pool, asked for a share of what it can answer, with a queue that has an end or not.
fn overload(
    kind: Kind,
    is_bounded: bool,
    share: f64,
    capacity: f64,
    plan: &Plan,
    stops: &dyn Fn() -> bool,
) -> Result<(Point, Seen), String> {
    raise_descriptors(10_000)?;
    let before = Before::note();
    let queue = if is_bounded { QUEUE_BOUNDED } else { QUEUE_UNBOUNDED };
    let running = Running::start(kind, FrontEnd::Pool, plan.workers, queue)?;
    let failed = |error: std::io::Error| format!("the clients cannot ask: {error}");
    let mut clients = Clients::connect(running.addr, CAPACITY_CLIENTS).map_err(failed)?;
    let seen = clients.open_for(share * capacity, plan.time * 3, stops).map_err(failed)?;
    let point = point(share, &seen, Usage::default(), before.usage());
    drop(clients);
    Ok((point, seen))
}

fn point(load: f64, seen: &Seen, warm: Usage, usage: Usage) -> Point {
    let mut times: Vec<Duration> =
        seen.answers.iter().filter(|answer| answer.status == 200).map(|answer| answer.took).collect();
    times.sort_unstable();
    let seconds = seen.seconds.max(f64::MIN_POSITIVE);
    let switches = usage.switches.saturating_sub(warm.switches);
    Point {
        load,
        req_per_s: times.len() as f64 / seconds,
        refused_per_s: seen.answers.iter().filter(|answer| answer.status == 503).count() as f64 / seconds,
        p50_us: percentile_us(&times, 50),
        p99_us: percentile_us(&times, 99),
        errors: seen.errors,
        unanswered: seen.unanswered,
        rss_kib: usage.rss_kib,
        threads: usage.threads,
        switches_per_req: switches as f64 / seen.answers.len().max(1) as f64,
        law_req_per_s: None,
    }
}

/// The median of the answers by when they were asked for.
fn over_time(seen: &Seen) -> Vec<(f64, f64)> {
    let slice = seen.seconds / SLICES as f64;
    let of = |index: usize| {
        let (from, to) = (slice * index as f64, slice * (index + 1) as f64);
        let due =
            |answer: &&load::Answer| answer.status == 200 && (from..to).contains(&answer.due.as_secs_f64());
        let mut times: Vec<Duration> = seen.answers.iter().filter(due).map(|answer| answer.took).collect();
        times.sort_unstable();
        (!times.is_empty()).then(|| ((from + to) / 2.0, percentile_us(&times, 50)))
    };
    (0..SLICES).filter_map(of).collect()
}

/// Of sorted times, by the nearest rank; 0 of none.
fn percentile_us(times: &[Duration], percent: usize) -> f64 {
    let rank = (times.len() * percent).div_ceil(100).max(1) - 1;
    times.get(rank).map_or(0.0, |time| time.as_secs_f64() * 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(name: &str) -> (Measured, usize) {
        let plan = Plan {
            connections: vec![1, 2, 4],
            connections_bare: Vec::new(),
            offered: vec![0.5, 8.0],
            time: Duration::from_millis(100),
            turns: 1,
            workers: 2,
        };
        let mut told = 0;
        let experiment = EXPERIMENTS.into_iter().find(|one| one.name == name).unwrap();
        let mut watcher = Watcher { tell: &mut |_| told += 1, stops: &|| false };
        (experiment.run(&plan, &mut watcher).unwrap(), told)
    }

    #[test]
    fn a_sweep_measures_every_front_end_at_every_level() {
        for name in ["bare", "walk", "lock", "spin"] {
            let (measured, told) = run(name);
            assert_eq!(told, 3 * 3 + 1, "{name}");
            assert_eq!(
                measured.series.iter().map(|series| series.name).collect::<Vec<_>>(),
                ["threads", "pool", "events"]
            );
            for series in &measured.series {
                assert_eq!(series.points.iter().map(|point| point.load).collect::<Vec<_>>(), [1.0, 2.0, 4.0]);
                for point in &series.points {
                    assert!(
                        point.req_per_s > 0.0 && point.p99_us >= point.p50_us && point.p50_us > 0.0,
                        "{point:?}"
                    );
                    assert_eq!((point.errors, point.refused_per_s), (0, 0.0), "{point:?}");
                }
                assert!(series.law.is_some(), "{name}");
            }
            // A thread for each connection, the poller and the acceptor; those of other tests may be among them.
            if cfg!(target_os = "linux") {
                let threads = &measured.series[0].points;
                assert!(threads.iter().all(|point| point.threads >= point.load as usize + 2), "{threads:?}");
            }
            assert_eq!(figures(&measured).len(), 4);
        }
    }

    #[test]
    fn only_the_queue_with_an_end_refuses() {
        let (measured, _) = run("overload");
        let [bounded, unbounded] = &measured.series[..] else { panic!("two queues") };
        let worst = |series: &Series| series.points.last().unwrap().clone();
        assert!(worst(bounded).refused_per_s > 0.0, "{:?}", worst(bounded));
        assert_eq!(worst(unbounded).refused_per_s, 0.0);
        assert!(worst(unbounded).unanswered > worst(bounded).unanswered);
        assert!(!unbounded.over_time.is_empty());
        assert_eq!(figures(&measured).len(), 4);
    }

    #[test]
    fn handlers_that_are_stuck_hold_the_workers() {
        let (measured, _) = run("stuck");
        let [threads, pool, events] = &measured.series[..] else { panic!("three front ends") };
        let is_served = |series: &Series| series.points.iter().map(|point| point.req_per_s > 0.0).collect();
        let served: Vec<Vec<bool>> = [threads, pool, events].map(is_served).into();
        assert_eq!(
            served,
            [[true, true, true, true], [true, true, false, false], [true, true, false, false]]
        );
        // Those who are stuck, and those who wait for a worker.
        let unanswered =
            |series: &Series| series.points.iter().map(|point| point.unanswered).collect::<Vec<_>>();
        assert_eq!(unanswered(pool)[2..], [4, 5]);
        assert_eq!(unanswered(threads)[3], 3);
        assert_eq!(figures(&measured).len(), 3);
    }

    #[test]
    fn who_stops_it_is_heard_at_once() {
        let plan = Plan {
            connections: vec![1],
            connections_bare: Vec::new(),
            offered: vec![1.0],
            time: Duration::from_secs(60),
            turns: 1,
            workers: 1,
        };
        for experiment in EXPERIMENTS {
            let mut watcher = Watcher { tell: &mut |_| {}, stops: &|| true };
            assert!(matches!(experiment.run(&plan, &mut watcher), Err(Unmeasured::Stopped)));
        }
    }

    #[test]
    fn percentiles_are_by_the_nearest_rank() {
        let times: Vec<Duration> = (1..=100).map(Duration::from_micros).collect();
        assert_eq!((percentile_us(&times, 50).round(), percentile_us(&times, 99).round()), (50.0, 99.0));
        assert_eq!(percentile_us(&times[..1], 99).round(), 1.0);
        assert_eq!(percentile_us(&[], 50), 0.0);
    }
}
