//! The comparison for people.

use super::{
    super::super::{
        console,
        table::{self, Cell},
    },
    CaseDocument, Document, Row,
};

/// A table for each case, and one for the bursts.
pub(super) fn text(document: &Document) -> String {
    let mut text = String::new();
    for case in &document.cases {
        text += &format!("{}\n{}\n", case.case, of_case(case));
    }
    if !document.bursts.is_empty() {
        let rows: Vec<Vec<Cell>> = document
            .bursts
            .iter()
            .map(|burst| {
                let answered = format!("{} of {}", burst.answered, burst.connects);
                vec![Cell::new(burst.server), Cell::number(answered)]
            })
            .collect();
        text += &format!("connects at once\n{}\n", table::render(&["", "answered within 3 s"], &rows));
    }
    format!("{text}{}\n", console::wrapped(document.compared, ""))
}

fn of_case(case: &CaseDocument) -> String {
    let heads =
        ["", "requests/s", "per CPU-s", "× nginx", "p50 µs", "p99 µs", "p999 µs", "RSS KiB", "errors"];
    let number = |value: f64| Cell::number(format!("{value:.0}"));
    let row = |row: &Row| {
        let ratio = row.req_per_cpu_s_ratio_nginx.map_or_else(String::new, |ratio| format!("{ratio:.2}"));
        vec![
            Cell::new(row.server),
            number(row.req_per_s),
            number(row.req_per_cpu_s),
            Cell::number(ratio),
            number(row.p50_us),
            number(row.p99_us),
            number(row.p999_us),
            Cell::number(row.rss_kib.to_string()),
            Cell::number(row.errors.to_string()),
        ]
    };
    let rows: Vec<Vec<Cell>> = case.servers.iter().map(row).collect();
    table::render(&heads, &rows)
}
