//! A chart as SVG: two axes with units, measured points, expected lines, a legend. It has no style of its own but colours that
//! can be read on a light and on a dark ground, so that it fits a page as well as a file.

use std::fmt::Write;

const WIDTH: f64 = 540.0;
const LEFT: f64 = 66.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 34.0;
const PLOT_HEIGHT: f64 = 220.0;
/// From the plot to the end of the horizontal axis' label.
const AXIS_HEIGHT: f64 = 46.0;
const LEGEND_ROW: f64 = 18.0;
/// Characters of a legend's text that leave room for three in a row.
const LEGEND_TEXT_SHORT: usize = 19;
/// Of the lines, in order; each can be told from its neighbours by the colour-blind.
const COLOURS: [&str; 3] = ["#d1495b", "#2f78d4", "#1f9d66"];
/// Intervals of an axis that is not logarithmic.
const INTERVALS: f64 = 5.0;

/// What the numbers of an axis are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Number,
    /// Microseconds, written in what fits.
    Micros,
    Seconds,
    Mebibytes,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    pub(super) label: &'static str,
    pub(super) unit: Unit,
    pub(super) is_log: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stroke {
    /// Points that were measured, joined.
    Measured,
    /// Further points of the same series.
    Fainter,
    /// What a law says.
    Expected,
}

#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) name: String,
    pub(super) colour: usize,
    pub(super) stroke: Stroke,
    pub(super) points: Vec<(f64, f64)>,
}

#[derive(Clone, Debug)]
pub(super) struct Chart {
    pub(super) title: &'static str,
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) lines: Vec<Line>,
}

/// From values to places.
struct Scale {
    from: f64,
    to: f64,
    is_log: bool,
    ticks: Vec<f64>,
}

impl Scale {
    fn new(axis: Axis, values: impl Iterator<Item = f64>) -> Self {
        let values: Vec<f64> =
            values.filter(|value| value.is_finite() && (!axis.is_log || *value > 0.0)).collect();
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if values.is_empty() {
            return Scale {
                from: if axis.is_log { 1.0 } else { 0.0 },
                to: 10.0,
                is_log: axis.is_log,
                ticks: Vec::new(),
            };
        }
        if axis.is_log {
            let (from, to) = (least.log10().floor(), most.log10().ceil().max(least.log10().floor() + 1.0));
            let ticks = (from as i32..=to as i32).map(|power| 10_f64.powi(power)).collect();
            return Scale { from: 10_f64.powf(from), to: 10_f64.powf(to), is_log: true, ticks };
        }
        let rough = (most / INTERVALS).max(f64::MIN_POSITIVE);
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 2.5, 5.0, 10.0]
            .iter()
            .map(|factor| factor * power)
            .find(|step| *step >= rough * 0.999);
        let step = step.unwrap_or(rough);
        let count = (most / step).ceil().max(1.0);
        let ticks = (0..=count as usize).map(|number| number as f64 * step).collect();
        Scale { from: 0.0, to: count * step, is_log: false, ticks }
    }

    /// The horizontal axis ends where the points do, and is marked where they are.
    fn of_points(axis: Axis, values: impl Iterator<Item = f64>) -> Self {
        let mut ticks: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        ticks.sort_by(f64::total_cmp);
        ticks.dedup();
        match ticks[..] {
            [first, .., last] if axis.unit == Unit::Number => {
                Scale { from: first, to: last, is_log: axis.is_log, ticks }
            }
            _ => Scale::new(axis, ticks.into_iter()),
        }
    }

    /// From 0 to 1.
    fn place(&self, value: f64) -> f64 {
        let place = |value: f64| if self.is_log { value.log10() } else { value };
        (place(value) - place(self.from)) / (place(self.to) - place(self.from))
    }

    fn can_show(&self, value: f64) -> bool {
        value.is_finite() && (!self.is_log || value > 0.0)
    }
}

impl Chart {
    fn legend_columns(&self) -> usize {
        if self.lines.iter().all(|line| line.name.chars().count() <= LEGEND_TEXT_SHORT) { 3 } else { 2 }
    }

    /// How high it is; its width is [`WIDTH`].
    pub(super) fn height(&self) -> f64 {
        let rows = self.lines.len().div_ceil(self.legend_columns());
        TOP + PLOT_HEIGHT + AXIS_HEIGHT + rows as f64 * LEGEND_ROW + 8.0
    }

    /// The `svg` element; `attributes` are further ones.
    pub(super) fn svg(&self, attributes: &str) -> String {
        let points = || self.lines.iter().flat_map(|line| line.points.iter());
        let measured = self.lines.iter().filter(|line| line.stroke != Stroke::Expected);
        let x = Scale::of_points(self.x, measured.flat_map(|line| line.points.iter().map(|point| point.0)));
        let y = Scale::new(self.y, points().map(|point| point.1));
        let plot_width = WIDTH - LEFT - RIGHT;
        let bottom = TOP + PLOT_HEIGHT;
        let place =
            |(px, py): (f64, f64)| (LEFT + x.place(px) * plot_width, bottom - y.place(py) * PLOT_HEIGHT);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" viewBox=\"0 0 {WIDTH} {height}\" {attributes} role=\"img\" \
             aria-label=\"{title} by {x}\" font-family=\"system-ui, sans-serif\" font-size=\"12\" fill=\"currentColor\">\n\
             <text x=\"{LEFT}\" y=\"18\" font-size=\"14\" font-weight=\"600\">{title}</text>\n",
            height = self.height(),
            title = self.title,
            x = self.x.label,
        );
        for tick in &y.ticks {
            let at = bottom - y.place(*tick) * PLOT_HEIGHT;
            let _ = writeln!(
                svg,
                "<line x1=\"{LEFT}\" x2=\"{}\" y1=\"{at:.1}\" y2=\"{at:.1}\" stroke=\"currentColor\" stroke-opacity=\"0.15\"/>\
                 <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                WIDTH - RIGHT,
                LEFT - 6.0,
                at + 4.0,
                written(*tick, self.y.unit)
            );
        }
        let mut last_label = f64::NEG_INFINITY;
        for tick in &x.ticks {
            let at = LEFT + x.place(*tick) * plot_width;
            let _ = write!(
                svg,
                "<line x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{bottom}\" y2=\"{}\" stroke=\"currentColor\" stroke-opacity=\"0.5\"/>",
                bottom + 5.0
            );
            // Labels that would lie on each other are left out.
            if at - last_label > 34.0 {
                last_label = at;
                let _ = write!(
                    svg,
                    "<text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                    bottom + 18.0,
                    written(*tick, self.x.unit)
                );
            }
        }
        let _ = writeln!(
            svg,
            "\n<path d=\"M{LEFT} {TOP}V{bottom}H{}\" fill=\"none\" stroke=\"currentColor\" stroke-opacity=\"0.5\"/>\n\
             <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            WIDTH - RIGHT,
            LEFT + plot_width / 2.0,
            bottom + 38.0,
            self.x.label
        );
        let columns = self.legend_columns();
        for (index, line) in self.lines.iter().enumerate() {
            let colour = COLOURS[line.colour % COLOURS.len()];
            let shown: Vec<(f64, f64)> = line
                .points
                .iter()
                .filter(|(px, py)| x.can_show(*px) && y.can_show(*py))
                .map(|point| place(*point))
                .collect();
            let path: Vec<String> = shown.iter().map(|(px, py)| format!("{px:.1},{py:.1}")).collect();
            let _ = writeln!(
                svg,
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" {}/>",
                path.join(" "),
                stroke(line.stroke)
            );
            if line.stroke != Stroke::Expected {
                for ((px, py), value) in
                    shown.iter().zip(line.points.iter().filter(|(px, py)| x.can_show(*px) && y.can_show(*py)))
                {
                    let _ = writeln!(
                        svg,
                        "<circle class=\"point\" cx=\"{px:.1}\" cy=\"{py:.1}\" r=\"3.5\" stroke=\"{colour}\" {}><title>{}, {} {}: {}</title></circle>",
                        dot(line.stroke, colour),
                        line.name,
                        written(value.0, self.x.unit),
                        self.x.label,
                        written(value.1, self.y.unit)
                    );
                }
            }
            let left = LEFT + (index % columns) as f64 * (plot_width / columns as f64);
            let at = bottom + AXIS_HEIGHT + (index / columns) as f64 * LEGEND_ROW + 8.0;
            let _ = write!(
                svg,
                "<line x1=\"{left:.1}\" x2=\"{:.1}\" y1=\"{at}\" y2=\"{at}\" stroke=\"{colour}\" {}/>",
                left + 24.0,
                stroke(line.stroke)
            );
            if line.stroke != Stroke::Expected {
                let _ = write!(
                    svg,
                    "<circle cx=\"{:.1}\" cy=\"{at}\" r=\"3.5\" stroke=\"{colour}\" {}/>",
                    left + 12.0,
                    dot(line.stroke, colour)
                );
            }
            let _ = writeln!(svg, "<text x=\"{:.1}\" y=\"{}\">{}</text>", left + 30.0, at + 4.0, line.name);
        }
        svg.push_str("</svg>\n");
        svg
    }
}

/// Charts in two columns, as a file.
#[cfg(feature = "cli")]
pub(super) fn sheet(title: &str, charts: &[Chart]) -> String {
    let row_height = charts.iter().map(Chart::height).fold(0.0, f64::max);
    let (width, height) = (2.0 * WIDTH + 20.0, 44.0 + charts.len().div_ceil(2) as f64 * row_height + 10.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         color=\"#1b2230\" font-family=\"system-ui, sans-serif\" fill=\"currentColor\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <text x=\"14\" y=\"30\" font-size=\"20\" font-weight=\"600\">{title}</text>\n"
    );
    for (index, chart) in charts.iter().enumerate() {
        let (x, y) = ((index % 2) as f64 * (WIDTH + 10.0), 44.0 + (index / 2) as f64 * row_height);
        let place = format!("x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{}\"", chart.height());
        svg.push_str(&chart.svg(&place));
    }
    svg.push_str("</svg>\n");
    svg
}

fn stroke(stroke: Stroke) -> &'static str {
    match stroke {
        Stroke::Measured => "stroke-width=\"2\"",
        Stroke::Fainter => "stroke-width=\"1.2\" stroke-opacity=\"0.6\"",
        Stroke::Expected => "stroke-width=\"1.5\" stroke-dasharray=\"5 4\" stroke-opacity=\"0.9\"",
    }
}

/// The inside of a point: the fainter ones are hollow.
fn dot(stroke: Stroke, colour: &str) -> String {
    match stroke {
        Stroke::Fainter => "fill=\"none\"".to_owned(),
        _ => format!("fill=\"{colour}\""),
    }
}

fn written(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Number => number(value),
        Unit::Seconds => format!("{} s", number(value)),
        Unit::Mebibytes => format!("{} MiB", number(value)),
        Unit::Micros if value >= 1e6 => format!("{} s", number(value / 1e6)),
        Unit::Micros if value >= 1e3 => format!("{} ms", number(value / 1e3)),
        Unit::Micros => format!("{} µs", number(value)),
    }
}

/// In at most three digits.
fn number(value: f64) -> String {
    let (value, suffix) = match value {
        value if value >= 1e6 => (value / 1e6, "M"),
        value if value >= 1e4 => (value / 1e3, "k"),
        value => (value, ""),
    };
    let digits = if value >= 100.0 || (value >= 10.0 && suffix.is_empty()) { 0 } else { 2 };
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        for (value, text) in [
            (0.0, "0"),
            (0.25, "0.25"),
            (1.0, "1"),
            (99.6, "100"),
            (1024.0, "1024"),
            (12_500.0, "12.5k"),
            (2e6, "2M"),
        ] {
            assert_eq!(number(value), text);
        }
        assert_eq!(written(1500.0, Unit::Micros), "1.5 ms");
    }

    #[test]
    fn what_cannot_be_shown_is_left_out() {
        let axis = |is_log| Axis { label: "clients", unit: Unit::Number, is_log };
        let points = vec![(1.0, 0.0), (4.0, f64::NAN), (16.0, 100.0), (64.0, 1000.0)];
        let line = Line { name: "pool".to_owned(), colour: 0, stroke: Stroke::Measured, points };
        let chart = Chart { title: "t", x: axis(true), y: axis(true), lines: vec![line] };
        let svg = chart.svg("");
        assert_eq!(svg.matches("class=\"point\"").count(), 2);
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        let empty = Chart { lines: Vec::new(), ..chart }.svg("");
        assert!(!empty.contains("NaN") && !empty.contains("inf"), "{empty}");
    }
}
