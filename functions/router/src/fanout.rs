//! What one invocation does of a fan-out: page after page of each segment, several segments side by side, until all is
//! done or the invocation's bounds are reached. Progress is stored after the deliveries that it counts were queued.
use std::time::Instant;

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use store::FanoutProgress;

use crate::{
    deliveries::queue_page,
    progress::{Progress, Reached},
    reads::Reads,
    router::Router,
    segment::SegmentReader,
    stages::Segment,
};

const CONCURRENT_SEGMENTS: usize = 8;

pub(crate) struct Fanout<'a> {
    router: &'a Router,
    reads: &'a Reads<'a>,
    stages: &'a [Vec<Segment>],
    progress: Progress,
    /// Who wrote the progress that is stored, and who writes it in this invocation.
    stored_by: Option<String>,
    writer: String,
    /// No page is begun after this.
    until: Instant,
    queued: usize,
    pages: usize,
    /// Rows read and deliveries queued since progress was stored.
    unsaved: usize,
}

/// What was done of a segment.
struct Step {
    number: usize,
    reader: SegmentReader,
    /// `None` at the end of the segment.
    page: anyhow::Result<Option<PageDone>>,
}

struct PageDone {
    reached: Reached,
    rows: usize,
    queued: usize,
}

/// Where an invocation begins, and who it is.
pub(crate) struct Start {
    pub(crate) progress: Progress,
    pub(crate) stored_by: Option<String>,
    pub(crate) writer: String,
    pub(crate) until: Instant,
}

impl<'a> Fanout<'a> {
    pub(crate) fn new(router: &'a Router, reads: &'a Reads<'a>, stages: &'a [Vec<Segment>], start: Start) -> Self {
        let Start { progress, stored_by, writer, until } = start;
        Self { router, reads, stages, progress, stored_by, writer, until, queued: 0, pages: 0, unsaved: 0 }
    }

    /// Returns whether all is done. If not, what is done is stored, also after an error.
    pub(crate) async fn run(mut self) -> anyhow::Result<bool> {
        let done = self.run_stages().await;
        if !matches!(done, Ok(true)) && self.unsaved > 0 {
            let saved = self.save().await;
            return done.and_then(|is_done| saved.map(|()| is_done));
        }
        tracing::debug!(alert.id = %self.reads.alert.id, destinations = self.queued, "routed");
        done
    }

    async fn run_stages(&mut self) -> anyhow::Result<bool> {
        let stages = self.stages;
        while let Some(segments) = stages.get(self.progress.stage) {
            if self.is_over() {
                return Ok(false);
            }
            self.run_stage(segments).await?;
            if self.progress.left(segments.len()).next().is_some() {
                return Ok(false);
            }
            self.progress.end_stage();
        }
        Ok(true)
    }

    /// After an error no page is begun, and those that have begun are finished and count.
    async fn run_stage(&mut self, segments: &[Segment]) -> anyhow::Result<()> {
        let (router, reads) = (self.router, self.reads);
        let mut left = self.progress.left(segments.len());
        let mut running = FuturesUnordered::new();
        let mut result = Ok(());
        loop {
            while running.len() < CONCURRENT_SEGMENTS
                && result.is_ok()
                && !self.is_over()
                && let Some(number) = left.next()
            {
                let reader = SegmentReader::new(&segments[number], self.progress.reached(number));
                running.push(step(router, reads, number, reader));
            }
            let Some(Step { number, reader, page }) = running.next().await else {
                return result;
            };
            let counted = match page {
                Ok(Some(page)) => self.count(number, page).await.map(|()| true),
                Ok(None) => {
                    self.progress.reach(number, Reached::End);
                    Ok(false)
                }
                Err(error) => Err(error),
            };
            match counted {
                Ok(true) if result.is_ok() && !self.is_over() => running.push(step(router, reads, number, reader)),
                Ok(_) => {}
                Err(error) => result = result.and(Err(error)),
            }
        }
    }

    async fn count(&mut self, number: usize, page: PageDone) -> anyhow::Result<()> {
        self.progress.reach(number, page.reached);
        self.pages += 1;
        self.queued += page.queued;
        self.unsaved += page.rows + page.queued;
        if self.unsaved >= self.reads.bounds.save_every {
            self.save().await?;
        }
        Ok(())
    }

    async fn save(&mut self) -> anyhow::Result<()> {
        let now = FanoutProgress { writer: self.writer.clone(), progress: self.progress.to_text() };
        let alert = self.reads.alert;
        let is_saved = self.reads.store.save_progress(alert, self.stored_by.as_deref(), &now).await?;
        anyhow::ensure!(is_saved, "another router has taken over the fan-out of {}", alert.id);
        self.unsaved = 0;
        Ok(())
    }

    /// At least one page is done, so that every invocation makes progress.
    fn is_over(&self) -> bool {
        self.pages > 0 && (Instant::now() >= self.until || self.queued >= self.reads.bounds.invocation)
    }
}

async fn step(router: &Router, reads: &Reads<'_>, number: usize, mut reader: SegmentReader) -> Step {
    let page = next_page(router, reads, &mut reader).await;
    Step { number, reader, page }
}

async fn next_page(router: &Router, reads: &Reads<'_>, reader: &mut SegmentReader) -> anyhow::Result<Option<PageDone>> {
    let Some(page) = reader.next(reads).await? else {
        return Ok(None);
    };
    let queued = queue_page(router, reads, page.recipients).await?;
    Ok(Some(PageDone { reached: page.reached, rows: page.rows, queued }))
}
