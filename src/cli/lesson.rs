//! stub
use super::Result;
#[derive(Debug, clap::Args)]
pub(super) struct LessonArgs {}
pub(super) fn run(_: &LessonArgs) -> Result {
    Ok(())
}
