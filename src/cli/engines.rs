//! The choice of engines on the command line.

use clap::ValueEnum;
use serde::Deserialize;

use crate::check::EngineName;

/// An engine, or all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(super) enum EngineChoice {
    Unsnarl,
    Loom,
    Shuttle,
    All,
}

/// The engines that were chosen, each once and ours first.
pub(super) fn chosen(choices: &[EngineChoice]) -> Vec<EngineName> {
    let is_chosen = |choice| choices.contains(&EngineChoice::All) || choices.contains(&choice);
    [
        (EngineChoice::Unsnarl, EngineName::Unsnarl),
        (EngineChoice::Loom, EngineName::Loom),
        (EngineChoice::Shuttle, EngineName::Shuttle),
    ]
    .into_iter()
    .filter_map(|(choice, engine)| is_chosen(choice).then_some(engine))
    .collect()
}
