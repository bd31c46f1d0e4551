//! What is going on, on standard error: lines that change, if that is a terminal.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::console;

/// Lines that change; hardly anything where standard error is no terminal, and nothing where `quiet` was asked for.
#[derive(Debug)]
pub(super) struct Progress {
    all: MultiProgress,
    main: ProgressBar,
    quiet: bool,
}

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
        let all = MultiProgress::new();
        if quiet {
            all.set_draw_target(ProgressDrawTarget::hidden());
        }
        let main = all.add(bar);
        main.set_style(style(template));
        main.enable_steady_tick(Duration::from_millis(120));
        Progress { all, main, quiet }
    }

    /// A line below, for something that runs now. It goes when it is dropped.
    pub(super) fn line(&self) -> ProgressLine {
        let line = self.all.add(ProgressBar::new_spinner());
        line.set_style(style("    {wide_msg:.dim}"));
        ProgressLine(line)
    }

    /// What is done, in few words.
    pub(super) fn doing(&self, what: impl Into<String>) {
        self.main.set_prefix(what.into());
    }

    /// The same of what may take minutes: in a line of its own where there are none that change, unless `quiet` was asked for.
    pub(super) fn begins(&self, what: &str) {
        self.doing(what);
        if self.all.is_hidden() && !self.quiet {
            console::pass_on(&format!("{what}\n"));
        }
    }

    /// The detail of the moment.
    pub(super) fn detail(&self, detail: impl Into<String>) {
        self.main.set_message(detail.into());
    }

    /// One more is done.
    pub(super) fn advance(&self) {
        self.main.inc(1);
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates of this file are well-formed")
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.main.finish_and_clear();
    }
}

/// What one of several things is doing.
#[derive(Debug)]
pub(super) struct ProgressLine(ProgressBar);

impl ProgressLine {
    pub(super) fn say(&self, what: impl Into<String>) {
        self.0.set_message(what.into());
        self.0.tick();
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
