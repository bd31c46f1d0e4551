//! What is going on, on standard error and only if that is a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A line that changes; nothing at all where standard error is no terminal or `quiet` was asked for.
#[derive(Debug)]
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Something whose end is not known.
    pub(super) fn spinner(quiet: bool) -> Self {
        Self::with(quiet, ProgressBar::new_spinner(), "{spinner} {prefix} {wide_msg:.dim}")
    }

    /// `count` things to do.
    pub(super) fn bar(quiet: bool, count: usize) -> Self {
        Self::with(
            quiet,
            ProgressBar::new(count as u64),
            "{spinner} {prefix} {pos}/{len} {bar:20} {wide_msg:.dim}",
        )
    }

    fn with(quiet: bool, bar: ProgressBar, template: &str) -> Self {
        if quiet {
            return Progress(ProgressBar::hidden());
        }
        let style = ProgressStyle::with_template(template).expect("the templates above are well-formed");
        bar.set_style(style);
        bar.enable_steady_tick(Duration::from_millis(120));
        Progress(bar)
    }

    /// What is done, in few words.
    pub(super) fn doing(&self, what: impl Into<String>) {
        self.0.set_prefix(what.into());
    }

    /// The detail of the moment.
    pub(super) fn detail(&self, detail: impl Into<String>) {
        self.0.set_message(detail.into());
    }

    /// One more is done.
    pub(super) fn advance(&self) {
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
