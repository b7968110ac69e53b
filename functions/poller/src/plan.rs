//! What follows from a full read: nothing, or a commit. Pure. Wanted properties:
//! - a read that means the same as the last one needs neither the stored state nor a commit;
//! - the first read of a page is its baseline: it causes no alert (truth rule 2);
//! - a commit builds on the stored version, never on the cached one, which may be older;
//! - after a change of format or source, absence from the new source proves nothing (truth rule 3).
use std::{collections::BTreeSet, time::Duration};

use formats::ParsedPage;
use jiff::Timestamp;
use outbound::Initiator;
use status::{
    alert::{Alert, alerts, summarised},
    bounds::{Cut, bound},
    component_match::PageNames,
    diff::diff,
    identity::PageIdentity,
    ids::IncidentId,
    page_state::{IncidentState, PageState, room::LeftOut},
    page_summary::PageSummary,
    provider::Provider,
    snapshot::{Kind, Listing, Snapshot},
};
use store::{Commit, PageHead, PageRecord, ResolvedUrl, has_room};

use crate::{
    identity::Accepted,
    read::{FirstResponses, FullRead},
};

/// A full read, compared with the head of the page as it was cached.
pub(crate) struct PageRead {
    format: &'static str,
    source: String,
    snapshot: Snapshot,
    /// What of the page is not in the snapshot.
    cut: Cut,
    snapshot_digest: String,
    /// Open incidents that are not on the page itself any more.
    unlisted: Vec<IncidentId>,
    /// Since when that is so, or since when others could not be found.
    unlisted_since: Option<Timestamp>,
    resolved: Option<ResolvedUrl>,
    identity: PageIdentity,
    /// Another format, source or page than the cached head has.
    is_migration: bool,
    /// Another page: what it lists is no news (truth rule 2).
    is_other: bool,
    /// Nobody has checked the filters of the page's monitors since its names changed.
    filters_unchecked: bool,
    /// The next planned start or end on the page.
    next_turn: Option<Timestamp>,
    /// Of the page's history.
    import_pending_since: Option<Timestamp>,
    imported_at: Option<Timestamp>,
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
        let FullRead { format, parsed, first, resolved, resolved_for, .. } = full;
        let ParsedPage { mut snapshot, source, unlisted, .. } = parsed;
        let Accepted { identity, is_other } = accepted;
        // One that a read omits is no change of the page.
        snapshot.page.id.clone_from(&identity.id);
        let open = cached.into_iter().flat_map(|head| &head.open).map(|(_, id)| id);
        let (mut snapshot, cut) = bound(snapshot, open);
        let is_migration = is_other || cached.is_some_and(|head| head.format != format || head.source != source);
        let known = cached.and_then(|head| head.identity.as_ref());
        let is_elsewhere = known.is_some_and(|known| known.configured != identity.configured);
        if (is_migration || is_elsewhere) && snapshot.coverage.incidents == Listing::Complete {
            // The new source was not asked about what the old one had open.
            snapshot.coverage.incidents = Listing::Partial;
        }
        Self {
            format,
            source: source.into_owned(),
            snapshot_digest: snapshot.digest(),
            unlisted,
            unlisted_since: cached.and_then(|head| head.unlisted_since),
            resolved: resolved.map(|(to, _)| ResolvedUrl {
                from: page.page_url.clone(),
                to: to.to_string(),
                private: Some(resolved_for == Initiator::Us),
            }),
            identity,
            is_migration,
            is_other,
            filters_unchecked: cached.is_none_or(|head| head.filters_unchecked),
            next_turn: next_turn(&snapshot, now),
            import_pending_since: match cached {
                Some(head) => head.import_pending_since,
                None => formats::history(format).map(|_| now),
            },
            imported_at: cached.and_then(|head| head.imported_at),
            snapshot,
            cut,
            first,
        }
    }

    /// The read means the same as the one the cached head was made of, and nothing waits for a second read.
    pub(crate) fn means_the_same(&self, cached: Option<&PageHead>) -> bool {
        cached.is_some_and(|head| {
            head.snapshot_digest == self.snapshot_digest
                && head.source == self.source
                && head.resolved == self.resolved
                && head.identity.as_ref() == Some(&self.identity)
                && !head.unsettled
        })
    }

    /// What has to be read in full again, and when.
    pub(crate) fn again(&self, open: &[(Kind, IncidentId)], now: Timestamp) -> ReadAgain {
        // Absent from the page, however unchanged it is, so it must be looked up again: the last time may have failed.
        let unlisted: BTreeSet<&IncidentId> = self.unlisted.iter().collect();
        let is_unlisted = open.iter().any(|(_, id)| unlisted.contains(id) || !self.cut.lists(id));
        let unlisted_since = is_unlisted.then(|| self.unlisted_since.unwrap_or(now));
        let pause = unlisted_since.map(|since| look_up_pause(since, now));
        ReadAgain {
            unlisted_since,
            is_at_once: pause.is_some_and(|pause| pause.is_zero()),
            at: self.next_turn.into_iter().chain(pause.map(|pause| now + pause)).min(),
        }
    }

    fn head(&self, page: &Provider, version: u64, state: &PageState, now: Timestamp) -> PageHead {
        let open = bounded(state.open());
        let again = self.again(&open, now);
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
            unsettled: !state.is_settled() || again.is_at_once,
            due_at: state.due_at(now),
            read_again_at: again.at,
            filters_unchecked: self.filters_unchecked,
            identity: Some(self.identity.clone()),
            left_out: None,
            unlisted_since: again.unlisted_since,
            import_pending_since: self.import_pending_since,
            imported_at: self.imported_at,
            open,
        }
    }
}

/// Incidents whose history one read changes without news of them, the newest.
const MAX_EDITED: usize = 200;

/// When a page is read in full again, however unchanged it is.
pub(crate) struct ReadAgain {
    pub(crate) unlisted_since: Option<Timestamp>,
    pub(crate) is_at_once: bool,
    pub(crate) at: Option<Timestamp>,
}

/// An incident that left the page is looked up at every read for a while, then at pauses that grow with its age: its
/// history may never answer.
fn look_up_pause(since: Timestamp, now: Timestamp) -> Duration {
    const AT_ONCE_FOR: Duration = Duration::from_secs(10 * 60);
    const MAX_PAUSE: Duration = Duration::from_secs(60 * 60);
    let age = now.duration_since(since).unsigned_abs();
    if age < AT_ONCE_FOR { Duration::ZERO } else { (age / 8).min(MAX_PAUSE) }
}

/// The newest of the open incidents, as far as the head of a page has room for them. Only look-ups need them.
fn bounded(open: Vec<(Kind, IncidentId)>) -> Vec<(Kind, IncidentId)> {
    const MAX_BYTES: usize = 48 * 1024;
    let mut room = MAX_BYTES;
    let has_room = |(_, id): &(Kind, IncidentId)| {
        let takes = id.as_str().len() + 24;
        let fits = takes <= room;
        room = room.saturating_sub(takes);
        fits
    };
    let mut kept: Vec<_> = open.into_iter().rev().take_while(has_room).collect();
    kept.reverse();
    kept
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
        let mut state = PageState::baseline(&read.snapshot, now);
        state.bound(None, &read.snapshot, &read.cut, now);
        let incidents = state.incidents.clone();
        let left_out = left_out(&mut state, &read.cut);
        return Decision::Commit(Box::new(Commit {
            incidents,
            page_summary: Some(PageSummary::of(&page.id, &state)),
            alerts: Vec::new(),
            read_version: None,
            page: PageRecord { head: PageHead { left_out, ..read.head(page, 1, &state, now) }, page_state: state },
            now,
        }));
    };
    let before = &stored.page_state;
    let mut state = match (read.is_migration, read.is_other) {
        (_, true) => before.follow(&read.snapshot, now),
        (true, false) => before.migrate(&read.snapshot, now),
        (false, false) => before.apply(&read.snapshot, now),
    };
    state.bound(Some(before).filter(|_| !read.is_other), &read.snapshot, &read.cut, now);
    let mut kept = state.clone();
    let left_out = left_out(&mut kept, &read.cut);
    let version = stored.head.version;
    let head = |version, kept: &PageState| PageHead {
        left_out: left_out.clone(),
        import_pending_since: stored.head.import_pending_since,
        imported_at: stored.head.imported_at,
        ..read.head(page, version, kept, now)
    };
    let is_same_page = stored.head.source == read.source
        && stored.head.resolved == read.resolved
        && stored.head.identity.as_ref() == Some(&read.identity)
        && stored.head.left_out == left_out;
    if *before == kept && is_same_page {
        return Decision::Unchanged(head(version, &kept));
    }
    let (alerts, incidents) = news(page, before, &mut state, &kept, now);
    let whole = state.incidents_by_id();
    for known in &mut kept.incidents {
        known.opened_in = whole.get(&known.incident.id).and_then(|known| known.opened_in.clone());
    }
    let names_changed = PageNames::of(before, true) != PageNames::of(&kept, true);
    let head = PageHead {
        filters_unchecked: read.filters_unchecked || names_changed,
        import_pending_since: import_pending_since(&stored.head, read.format, now),
        ..head(version + 1, &kept)
    };
    Decision::Commit(Box::new(self::commit(page, stored, head, kept, (alerts, incidents), now)))
}

/// Since when the history of a page waits that was read before. It may have been read before that of its platform could
/// be: then it waits from its next change on.
fn import_pending_since(head: &PageHead, format: &str, now: Timestamp) -> Option<Timestamp> {
    let is_marked = head.import_pending_since.is_some() || head.imported_at.is_some();
    let from_now = || formats::history(format).filter(|_| !is_marked).map(|_| now);
    head.import_pending_since.or_else(from_now)
}

/// Cuts a state to what there is room for, and names what is left out. `cut`: what was left out of the read.
fn left_out(state: &mut PageState, cut: &Cut) -> Option<String> {
    let left_out = state.fit(cut.listed(), has_room);
    LeftOut::of(cut, left_out).problem()
}

/// The alerts of a change to `state`, and the incidents whose history it changes. Those that differ from `before` only
/// by what there is no room for in `kept` do not.
fn news(
    page: &Provider,
    before: &PageState,
    state: &mut PageState,
    kept: &PageState,
    now: Timestamp,
) -> (Vec<Alert>, Vec<IncidentState>) {
    let changes = diff(before, state);
    let alerts = summarised(page, alerts(page, before, state, &changes, now), &changes, state, now);
    let (before, kept) = (before.incidents_by_id(), kept.incidents_by_id());
    let is_as_before = |known: &IncidentState| {
        let (id, before) = (&known.incident.id, before.get(&known.incident.id).copied());
        before.is_some() && (before == Some(known) || before == kept.get(id).copied())
    };
    let told: BTreeSet<&IncidentId> =
        changes.iter().filter(|change| change.kind.is_alertable()).map(|change| &change.incident).collect();
    let changed = state.incidents.iter().filter(|known| !is_as_before(known));
    let (mut incidents, mut edited): (Vec<_>, Vec<_>) =
        changed.partition(|known: &&IncidentState| told.contains(&known.incident.id));
    // A page may edit all it has at every read, which is no news to anybody.
    edited.sort_by_key(|known| std::cmp::Reverse(known.incident.newest_update_at()));
    edited.truncate(MAX_EDITED);
    incidents.append(&mut edited);
    (alerts, incidents.into_iter().cloned().collect())
}

/// The commit of what time alone changed on a stored page.
pub(crate) fn commit_due(
    page: &Provider,
    stored: &PageRecord,
    head: PageHead,
    mut state: PageState,
    now: Timestamp,
) -> Commit {
    let before = &stored.page_state;
    let kept = state.clone();
    let news = news(page, before, &mut state, &kept, now);
    commit(page, stored, head, state, news, now)
}

/// The commit that moves a stored page to `state`.
fn commit(
    page: &Provider,
    stored: &PageRecord,
    head: PageHead,
    state: PageState,
    (alerts, incidents): (Vec<Alert>, Vec<IncidentState>),
    now: Timestamp,
) -> Commit {
    let summary = PageSummary::of(&page.id, &state);
    let is_new_summary = summary != PageSummary::of(&page.id, &stored.page_state);
    Commit {
        incidents,
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
