//! The progress of a check: a bar on a terminal, else a line every ten seconds.
use std::{
    io::{self, IsTerminal as _, Write as _},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::Instant;

use super::page_check::PageResult;

const LINE_EVERY: Duration = Duration::from_secs(10);

pub(super) struct Progress {
    bar: Option<ProgressBar>,
    total: usize,
    done: usize,
    unreachable: usize,
    not_a_status_page: usize,
    last_line: Instant,
}

impl Progress {
    /// `before`: pages that an earlier run has read.
    pub(super) fn new(total: usize, before: usize) -> Self {
        let mut stderr = io::stderr();
        if before > 0 {
            let _ = writeln!(stderr, "{before} pages were read in an earlier run; --again starts over");
        }
        let bar = stderr.is_terminal().then(|| {
            let bar = ProgressBar::new(total as u64);
            let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {msg} {eta}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Self { bar, total, done: 0, unreachable: 0, not_a_status_page: 0, last_line: Instant::now() }
    }

    pub(super) fn add(&mut self, result: &PageResult) {
        self.done += 1;
        match result {
            PageResult::Page { .. } => {}
            PageResult::NoStatusPage { .. } => self.not_a_status_page += 1,
            PageResult::Unreachable { .. } => self.unreachable += 1,
        }
        if let Some(bar) = &self.bar {
            bar.inc(1);
            bar.set_message(self.counts());
        }
    }

    pub(super) fn tick(&mut self) {
        match &self.bar {
            Some(bar) => bar.tick(),
            None if self.last_line.elapsed() >= LINE_EVERY => {
                self.last_line = Instant::now();
                let _ = writeln!(io::stderr(), "{} of {}: {}", self.done, self.total, self.counts());
            }
            None => {}
        }
    }

    fn counts(&self) -> String {
        format!("{} unreachable, {} not a status page", self.unreachable, self.not_a_status_page)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
