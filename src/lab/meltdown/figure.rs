//! The charts of an experiment: what was measured, and beside it what the laws say.

use super::{
    Measured, Point, Series,
    chart::{Axis, Chart, Line, Stroke, Unit},
    law,
};

/// Places at which a law is drawn.
const LAW_POINTS: usize = 60;

/// The charts of what was measured so far, each an `svg` element.
pub(crate) fn figures(measured: &Measured) -> Vec<String> {
    charts(measured).iter().map(|chart| chart.svg("")).collect()
}

/// All charts as one file.
#[cfg(feature = "cli")]
pub(crate) fn sheet(measured: &Measured) -> String {
    super::chart::sheet(measured.title, &charts(measured))
}

fn charts(measured: &Measured) -> Vec<Chart> {
    match measured.capacity_per_s {
        None if measured.is_about_stuck_handlers() => stuck(measured),
        None => sweep(measured),
        Some(capacity) => overload(measured, capacity),
    }
}

fn axis(label: &'static str, unit: Unit, is_log: bool) -> Axis {
    Axis { label, unit, is_log }
}

fn lines(
    measured: &Measured,
    what: &str,
    stroke: Stroke,
    value: impl Fn(&Point) -> f64,
) -> impl Iterator<Item = Line> {
    let line = move |(colour, series): (usize, &Series)| Line {
        name: if what.is_empty() { series.name.to_owned() } else { format!("{}, {what}", series.name) },
        colour,
        stroke,
        points: series.points.iter().map(|point| (point.load, value(point))).collect(),
    };
    measured.series.iter().enumerate().map(line).collect::<Vec<_>>().into_iter()
}

/// Numbers from the first load to the last, each some times the one before.
fn between(series: &Series) -> Vec<f64> {
    let (Some(first), Some(last)) = (series.points.first(), series.points.last()) else { return Vec::new() };
    let ratio = last.load / first.load;
    (0..=LAW_POINTS).map(|step| first.load * ratio.powf(step as f64 / LAW_POINTS as f64)).collect()
}

fn sweep(measured: &Measured) -> Vec<Chart> {
    let x = axis("connections", Unit::Number, true);
    let mut throughput: Vec<Line> = lines(measured, "", Stroke::Measured, |point| point.req_per_s).collect();
    for (colour, series) in measured.series.iter().enumerate() {
        if let Some(law) = series.law {
            let points = between(series).into_iter().map(|n| (n, law.throughput(n))).collect();
            throughput.push(Line {
                name: format!("{}, law fitted", series.name),
                colour,
                stroke: Stroke::Expected,
                points,
            });
        }
    }
    let mut response: Vec<Line> = lines(measured, "p99", Stroke::Measured, |point| point.p99_us)
        .chain(lines(measured, "p50", Stroke::Fainter, |point| point.p50_us))
        .collect();
    let most = |series: &Series| series.points.iter().map(|point| point.req_per_s).fold(0.0, f64::max);
    let best =
        measured.series.iter().enumerate().max_by(|(_, one), (_, other)| most(one).total_cmp(&most(other)));
    if let Some((colour, series)) = best.filter(|(_, series)| most(series) > 0.0) {
        let points =
            between(series).into_iter().map(|n| (n, law::response_us_min(n, most(series)))).collect();
        response.push(Line { name: "N / most ever".to_owned(), colour, stroke: Stroke::Expected, points });
    }
    vec![
        Chart {
            title: "Throughput, requests per second",
            x,
            y: axis("", Unit::Number, false),
            lines: throughput,
        },
        Chart { title: "Response time", x, y: axis("", Unit::Micros, true), lines: response },
        Chart {
            title: "Memory of the server",
            x,
            y: axis("", Unit::Mebibytes, false),
            lines: lines(measured, "", Stroke::Measured, |point| point.rss_kib as f64 / 1024.0).collect(),
        },
        Chart {
            title: "Context switches per request",
            x,
            y: axis("", Unit::Number, false),
            lines: lines(measured, "", Stroke::Measured, |point| point.switches_per_req).collect(),
        },
    ]
}

fn overload(measured: &Measured, capacity: f64) -> Vec<Chart> {
    let x = axis("offered load, as a share of the capacity", Unit::Number, false);
    let loads: Vec<f64> = measured
        .series
        .first()
        .into_iter()
        .flat_map(|series| &series.points)
        .map(|point| point.load)
        .collect();
    let expected = |name: &str, colour, value: &dyn Fn(f64) -> f64| Line {
        name: name.to_owned(),
        colour,
        stroke: Stroke::Expected,
        points: loads.iter().map(|load| (*load, value(*load))).collect(),
    };
    let mut answered: Vec<Line> = lines(measured, "", Stroke::Measured, |point| point.req_per_s).collect();
    answered.push(expected("offered, up to capacity", 1, &|load| load.min(1.0) * capacity));
    let mut response: Vec<Line> = lines(measured, "p99", Stroke::Measured, |point| point.p99_us).collect();
    if let Some(queue) = measured.queue_len_max {
        // Little's law for the queue: the last in it waits until all before him and those at work are done.
        let waits = law::response_us_min((queue + measured.workers) as f64, capacity);
        response.push(expected("full queue / capacity", 0, &|_| waits));
    }
    let over_time = |(colour, series): (usize, &Series)| Line {
        name: series.name.to_owned(),
        colour,
        stroke: Stroke::Measured,
        points: series.over_time.clone(),
    };
    vec![
        Chart { title: "Requests answered per second", x, y: axis("", Unit::Number, false), lines: answered },
        Chart { title: "Response time", x, y: axis("", Unit::Micros, true), lines: response },
        Chart {
            title: "Requests refused per second (503)",
            x,
            y: axis("", Unit::Number, false),
            lines: lines(measured, "", Stroke::Measured, |point| point.refused_per_s).collect(),
        },
        Chart {
            title: "Median response time during the last of them",
            x: axis("seconds since the overload began", Unit::Seconds, false),
            y: axis("", Unit::Micros, false),
            lines: measured.series.iter().enumerate().map(over_time).collect(),
        },
    ]
}

fn stuck(measured: &Measured) -> Vec<Chart> {
    let x = axis("handlers that wait for what never comes", Unit::Number, false);
    let mut answered: Vec<Line> = lines(measured, "", Stroke::Measured, |point| point.req_per_s).collect();
    // What the pool answers by the workers that are left.
    let pool = measured.series.iter().enumerate().find(|(_, series)| series.name == "pool");
    if let Some((colour, points)) = pool.map(|(colour, series)| (colour, &series.points))
        && let Some(first) = points.first()
    {
        let left = |load: f64| (1.0 - load / measured.workers as f64).max(0.0);
        answered.push(Line {
            name: "pool, by the workers left".to_owned(),
            colour,
            stroke: Stroke::Expected,
            points: points.iter().map(|point| (point.load, first.req_per_s * left(point.load))).collect(),
        });
    }
    vec![
        Chart { title: "Requests answered per second", x, y: axis("", Unit::Number, false), lines: answered },
        Chart {
            title: "Response time, p99, of what was answered",
            x,
            y: axis("", Unit::Micros, false),
            lines: lines(measured, "", Stroke::Measured, |point| point.p99_us).collect(),
        },
        Chart {
            title: "Requests without an answer, those of the stuck handlers included",
            x,
            y: axis("", Unit::Number, false),
            lines: lines(measured, "", Stroke::Measured, |point| point.unanswered as f64).collect(),
        },
    ]
}
