//! stub
use super::Result;
#[derive(Debug, clap::Args)]
pub(super) struct ReplayArgs {}
pub(super) fn run(_: &ReplayArgs) -> Result {
    Ok(())
}
