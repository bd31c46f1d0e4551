//! Why something is missing: `reasons.toml`.

use std::collections::BTreeMap;

use anyhow::Context;
use serde::Deserialize;

/// Reasons by module of the original, then by item or `Item::member`. One `*` stands for anything.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Reasons(BTreeMap<String, BTreeMap<String, String>>);

pub(crate) fn read() -> anyhow::Result<Reasons> {
    toml::from_str(include_str!("../reasons.toml")).context("tools/coverage/reasons.toml")
}

impl Reasons {
    /// The pattern and the reason that fit best: the longest pattern.
    pub(crate) fn find(&self, module: &str, item: &str) -> Option<(&str, &str)> {
        let fits = |pattern: &str| match pattern.split_once('*') {
            Some((start, end)) => {
                item.len() >= start.len() + end.len() && item.starts_with(start) && item.ends_with(end)
            }
            None => item == pattern,
        };
        let reasons = self.0.get(module)?.iter().filter(|(pattern, _)| fits(pattern));
        reasons.max_by_key(|(pattern, _)| pattern.len()).map(|(pattern, reason)| (&**pattern, &**reason))
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|(module, reasons)| reasons.keys().map(move |pattern| (&**module, &**pattern)))
    }
}
