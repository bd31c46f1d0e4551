//! The comparison, and the page that shows it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use anyhow::bail;

use crate::{
    pages::{Item, Items},
    probe::Pair,
    reasons::Reasons,
};

pub(crate) struct Report {
    pub(crate) markdown: String,
    pub(crate) summary: String,
    pub(crate) without_reason: Vec<String>,
}

/// What one module of the facade lacks.
#[derive(Default)]
struct Compared {
    items: usize,
    items_present: usize,
    members: usize,
    members_present: usize,
    traits: usize,
    traits_present: usize,
    /// By pattern: the reason, and how much is missing because of it.
    missing: BTreeMap<String, (String, usize)>,
}

pub(crate) fn compare(pairs: &[(&Pair, Items, Items)], reasons: &Reasons) -> anyhow::Result<Report> {
    let mut without_reason = Vec::new();
    let mut used = BTreeSet::new();
    let mut rows = String::new();
    let mut details = String::new();
    let mut summary = String::new();
    for (pair, original, facade) in pairs {
        let module = pair.original_path;
        let mut compared = Compared::default();
        let mut lacks = |what: String, missing: &mut BTreeMap<String, (String, usize)>| {
            if let Some((pattern, reason)) = reasons.find(module, &what) {
                used.insert((module.to_owned(), pattern.to_owned()));
                missing.entry(pattern.to_owned()).or_insert_with(|| (reason.to_owned(), 0)).1 += 1;
            } else {
                without_reason.push(format!("{module}::{what}"));
            }
        };
        for (name, item) in original {
            let found = facade.get(name);
            compared.items += 1;
            compared.items_present += usize::from(found.is_some());
            if found.is_none() {
                lacks(name.clone(), &mut compared.missing);
            }
            let nothing = Item::default();
            let has = found.unwrap_or(&nothing);
            for member in &item.members {
                compared.members += 1;
                compared.members_present += usize::from(has.members.contains(member));
                if found.is_some() && !has.members.contains(member) {
                    lacks(format!("{name}::{member}"), &mut compared.missing);
                }
            }
            for implemented in &item.traits {
                compared.traits += 1;
                let present = has.traits.contains(implemented);
                compared.traits_present += usize::from(present);
                if found.is_some() && !present {
                    lacks(format!("{name}: {implemented}"), &mut compared.missing);
                }
            }
        }
        let Compared { items, items_present, members, members_present, traits, traits_present, missing } =
            compared;
        let line = format!(
            "{items_present} of {items} items, {members_present} of {members} members, {traits_present} of {traits} \
             trait implementations"
        );
        writeln!(summary, "{module}: {line}")?;
        writeln!(
            rows,
            "| `{module}` | `{}` | {items_present} / {items} | {members_present} / {members} | \
             {traits_present} / {traits} |",
            pair.facade_path
        )?;
        if !missing.is_empty() {
            writeln!(details, "\n### `{module}`\n")?;
        }
        for (pattern, (reason, count)) in missing {
            writeln!(details, "- `{pattern}` ({count}): {reason}")?;
        }
    }
    let stale: Vec<String> = reasons
        .all()
        .filter(|(module, pattern)| !used.contains(&((*module).to_owned(), (*pattern).to_owned())))
        .map(|(module, pattern)| format!("{module}: {pattern}"))
        .collect();
    if !stale.is_empty() {
        bail!(
            "nothing is missing for these reasons of tools/coverage/reasons.toml any more:\n  {}",
            stale.join("\n  ")
        );
    }
    let head = include_str!("head.md");
    let table = format!(
        "| original | facade | items | methods and variants | trait implementations |\n|---|---|---|---|---|\n{rows}"
    );
    let missing = if details.is_empty() { "\nNothing.\n".to_owned() } else { details };
    let markdown = format!("{head}\n{table}\n## What is missing, and why\n{missing}");
    Ok(Report { markdown, summary: summary.trim_end().to_owned(), without_reason })
}
