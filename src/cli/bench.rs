//! stub
use super::Result;
#[derive(Debug, clap::Subcommand)]
pub(super) enum BenchCommand {
    /// engine
    Engine,
}
pub(super) fn run(_: &BenchCommand) -> Result {
    Ok(())
}
