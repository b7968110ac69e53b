//! What follows from a full read: nothing, or a commit. Pure. Wanted properties:
//! - a read that means the same as the last one needs neither the stored state nor a commit;
//! - the first read of a page is its baseline: it causes no alert (truth rule 2);
//! - a commit builds on the stored version, never on the cached one, which may be older;
//! - after a change of format or source, absence from the new source proves nothing (truth rule 3).
use formats::ParsedPage;
use jiff::Timestamp;
use status::{
    alert::{Alert, alerts},
    diff::diff,
    identity::PageIdentity,
    ids::IncidentId,
    page_state::PageState,
    page_summary::PageSummary,
    provider::Provider,
    snapshot::{Listing, Snapshot},
};
use store::{Commit, PageHead, PageRecord, ResolvedUrl};

use crate::{
    changes::changed_incidents,
    identity::Accepted,
    read::{FirstResponses, FullRead},
};

/// A full read, compared with the head of the page as it was cached.
pub(crate) struct PageRead {
    format: &'static str,
    source: String,
    snapshot: Snapshot,
    snapshot_digest: String,
    /// Open incidents that are not on the page itself any more.
    unlisted: Vec<IncidentId>,
    resolved: Option<ResolvedUrl>,
    identity: PageIdentity,
    /// Another format, source or page than the cached head has.
    is_migration: bool,
    /// The next planned start or end on the page.
    pub(crate) read_again_at: Option<Timestamp>,
    /// What the next read compares with; `None`: not comparable.
    pub(crate) first: Option<FirstResponses>,
}

impl PageRead {
    pub(crate) fn new(
        page: &Provider,
        cached: Option<&PageHead>,
        full: FullRead,
        accepted: Accepted,
        now: Timestamp,
    ) -> Self {
        let FullRead { format, parsed, first, resolved, .. } = full;
        let ParsedPage { mut snapshot, source, unlisted, .. } = parsed;
        let Accepted { identity, is_other } = accepted;
        // One that a read omits is no change of the page.
        snapshot.page.id.clone_from(&identity.id);
        let is_migration = is_other || cached.is_some_and(|head| head.format != format || head.source != source);
        if is_migration {
            // The new source was not asked about what the old one had open.
            snapshot.coverage.incidents = Listing::Partial;
        }
        Self {
            format,
            source: source.into_owned(),
            snapshot_digest: snapshot.digest(),
            unlisted,
            resolved: resolved.map(|(to, _)| ResolvedUrl { from: page.page_url.clone(), to: to.to_string() }),
            identity,
            is_migration,
            read_again_at: next_turn(&snapshot, now),
            snapshot,
            first,
        }
    }

    /// The read means the same as the one the cached head was made of, and nothing waits for a second read.
    pub(crate) fn means_the_same(&self, cached: Option<&PageHead>) -> bool {
        cached.is_some_and(|head| {
            head.snapshot_digest == self.snapshot_digest
                && head.source == self.source
                && head.identity.as_ref() == Some(&self.identity)
                && !head.unsettled
        })
    }

    /// Some open incidents are no longer listed and were found elsewhere. That answer may be older than the page.
    pub(crate) fn has_unlisted(&self) -> bool {
        !self.unlisted.is_empty()
    }

    /// Absent from the page, however unchanged it is, so it must be looked up again: the last look-up may have failed.
    fn must_look_up(&self, id: &IncidentId) -> bool {
        self.unlisted.contains(id) || self.snapshot.incidents.iter().all(|incident| incident.id != *id)
    }

    fn head(&self, page: &Provider, version: u64, state: &PageState, now: Timestamp) -> PageHead {
        let open = state.open();
        let first = self.first.as_ref();
        PageHead {
            provider: page.id.clone(),
            version,
            format: self.format.to_owned(),
            source: self.source.clone(),
            resolved: self.resolved.clone(),
            etag: first.and_then(|first| first.validators.etag.clone()),
            last_modified: first.and_then(|first| first.validators.last_modified.clone()),
            body_digest: first.map(|first| first.raw_digest.clone()),
            snapshot_digest: self.snapshot_digest.clone(),
            unsettled: !state.is_settled() || open.iter().any(|(_, id)| self.must_look_up(id)),
            due_at: state.due_at(now),
            read_again_at: self.read_again_at,
            identity: Some(self.identity.clone()),
            open,
        }
    }
}

/// What to do with a read.
#[derive(Debug)]
pub(crate) enum Decision {
    /// The state is the stored one: only this head is cached, with the version that is stored.
    Unchanged(PageHead),
    Commit(Box<Commit>),
}

/// `stored`: the page as it is stored; `None` if it was never read successfully, as far as this process knows.
pub(crate) fn plan(page: &Provider, stored: Option<&PageRecord>, read: &PageRead, now: Timestamp) -> Decision {
    let Some(stored) = stored else {
        let state = PageState::baseline(&read.snapshot, now);
        return Decision::Commit(Box::new(Commit {
            incidents: state.incidents.clone(),
            page_summary: Some(PageSummary::of(&page.id, &state)),
            alerts: Vec::new(),
            read_version: None,
            page: PageRecord { head: read.head(page, 1, &state, now), page_state: state },
            now,
        }));
    };
    let before = &stored.page_state;
    let state = if read.is_migration { before.migrate(&read.snapshot, now) } else { before.apply(&read.snapshot, now) };
    let version = stored.head.version;
    let is_same_page = stored.head.source == read.source && stored.head.identity.as_ref() == Some(&read.identity);
    if *before == state && is_same_page {
        return Decision::Unchanged(read.head(page, version, &state, now));
    }
    let head = read.head(page, version + 1, &state, now);
    Decision::Commit(Box::new(commit(page, stored, head, state, now)))
}

/// The commit that moves a stored page to `state`, with the alerts of the difference.
pub(crate) fn commit(page: &Provider, stored: &PageRecord, head: PageHead, state: PageState, now: Timestamp) -> Commit {
    let before = &stored.page_state;
    let alerts: Vec<Alert> = alerts(page, before, &state, &diff(before, &state), now);
    let summary = PageSummary::of(&page.id, &state);
    let is_new_summary = summary != PageSummary::of(&page.id, before);
    Commit {
        incidents: changed_incidents(before, &state),
        page_summary: is_new_summary.then_some(summary),
        alerts,
        read_version: Some(stored.head.version),
        page: PageRecord { head, page_state: state },
        now,
    }
}

/// When a maintenance on the page is to start or end next.
fn next_turn(snapshot: &Snapshot, now: Timestamp) -> Option<Timestamp> {
    let windows = snapshot.incidents.iter().filter(|it| !it.is_over()).filter_map(|incident| incident.window);
    windows.flat_map(|window| [window.starts_at, window.ends_at]).flatten().filter(|at| *at > now).min()
}

#[cfg(test)]
mod tests;
