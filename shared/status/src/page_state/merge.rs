//! Merges one more read of an incident: what the provider said before is kept, what it says now is added or marked as
//! edited.
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;

use super::{
    Ended, HowEnded, IncidentState, MAX_RESCHEDULES, MAX_TITLE_ALERTS, Origin, Rescheduled, is_older,
    known_updates::KnownUpdates,
};
use crate::{
    bounds::MAX_AFFECTED,
    by_id::positions_by,
    snapshot::{Affected, Incident, Kind, Listing, Update},
    title::{begins_any, is_rewritten},
    words::{ComponentStatus, Impact, Phase, Severity},
};

/// An incident that opened and ended between two reads still causes alerts if it ended this recently. What is older is
/// history that became visible late (a page lists more than before, or we paused for long).
const ALERT_ENDED_WITHIN: Duration = Duration::from_secs(24 * 3600);

/// An update with known content and a new time is news only once that time is this old: some feeds date an open
/// incident by the time of the response, which is never older than a cache keeps it.
const SUSPECT_REDATE_FOR: Duration = Duration::from_secs(5 * 60);

impl IncidentState {
    pub(super) fn new(seen: &Incident, listing: Listing, baseline_at: Timestamp, now: Timestamp) -> Self {
        let said_at = seen.resolved_at.or(seen.newest_update_at());
        let ended = seen.is_over().then(|| Ended { at: said_at.unwrap_or(now), how: HowEnded::ByProvider });
        // An ended incident, or a post of a feed that states no phase, is news only if its own times say so.
        let is_news = if ended.is_some() || (seen.phase.is_none() && listing == Listing::Window) {
            said_at.is_some_and(|at| at > baseline_at && !is_older(at, now, ALERT_ENDED_WITHIN))
        } else {
            // A page that states no phase lists it as open. Only its own times can say that it was there before.
            seen.phase.is_some() || newest_time(seen).is_none_or(|at| at > baseline_at)
        };
        let mut new = Self {
            incident: seen.clone(),
            page_id: None,
            origin: Origin::Provider,
            severity: severity(seen, None),
            first_seen_at: now,
            backfilled: !is_news,
            episode: 1,
            revision: 0,
            missing_reads: 0,
            ended,
            newest: seen.updates.iter().max_by_key(|update| update.posted_at).map(|update| update.id.clone()),
            attributed: BTreeSet::new(),
            edited: BTreeMap::new(),
            reminded: None,
            overran: None,
            suspected_redate: false,
            retitled: 0,
            rescheduled: Vec::new(),
            news_at: Some(now),
            no_news_since: None,
            opened_in: None,
            left_out_through: None,
        };
        new.reminded = new.starts_soon(now);
        new
    }

    /// What was there before we could know of it.
    pub(super) fn of_history(seen: &Incident, now: Timestamp) -> Self {
        let mut known = Self::new(seen, Listing::Partial, now, now);
        known.backfill();
        known
    }

    pub(super) fn backfill(&mut self) {
        self.backfilled = true;
        // No alert announced it, so a reminder of a start within the hour is news.
        self.reminded = None;
        self.news_at = None;
    }

    /// Merges one more read of this incident. `listing`: of the incidents of that read.
    pub(super) fn merge(&mut self, seen: &Incident, listing: Listing, now: Timestamp) {
        self.missing_reads = 0;
        let seen = &*as_kind(self.incident.kind, seen);
        let before = self.incident.clone();
        let mut known = KnownUpdates::of(&before.updates);
        if self.is_outdated(&known, seen) {
            return;
        }
        let seen = &*self.without_left_out(&known, seen);
        let (severity_before, was_over) = (self.severity, !self.is_open());
        let reopens = self.reopens(seen, listing);
        self.suspected_redate = self.is_redated(&known, seen, now);
        let news = !self.suspected_redate && self.merge_updates(&mut known, &seen.updates, now);

        self.incident.title = seen.title.clone();
        self.incident.phase = seen.phase.or(before.phase);
        self.incident.impact = seen.impact.or(before.impact);
        self.incident.url = seen.url.clone().or(before.url);
        self.incident.window = seen.window.or(before.window);
        if !self.suspected_redate {
            self.incident.started_at = seen.started_at.or(before.started_at);
            self.incident.resolved_at = seen.resolved_at;
        }
        if seen.is_over() {
            let at = seen.resolved_at.or(seen.newest_update_at()).unwrap_or(now);
            self.ended.get_or_insert(Ended { at, how: HowEnded::ByProvider });
        } else if reopens {
            self.ended = None;
            (self.incident.phase, self.incident.resolved_at) = (seen.phase, None);
            self.episode += 1;
            self.opened_in = None;
            self.revision = 0;
            self.retitled = 0;
            self.severity = severity(seen, None);
        }
        if self.is_open() || self.incident.components.is_empty() {
            merge_affected(&mut self.incident.components, &seen.components);
        }
        self.severity = self.severity_now(was_over);

        if self.incident.window != before.window {
            // The alert of the reschedule says that the start is soon.
            self.reminded = self.starts_soon(now).or(self.reminded);
            self.rescheduled.extend(before.window.map(|from| Rescheduled { from, noticed_at: now }));
            self.rescheduled.drain(..self.rescheduled.len().saturating_sub(MAX_RESCHEDULES));
        }

        let joined = self.incident.components.len() > before.components.len();
        let retitled = self.is_open() && self.is_retitled(&before.title, seen);
        self.retitled += u32::from(retitled && !news);
        let is_alertable = joined
            || retitled
            || self.incident.phase != before.phase
            || self.severity != severity_before
            || self.incident.window != before.window;
        if is_alertable && !news {
            self.revision += 1;
        }
        if is_alertable || news {
            self.news_at = Some(now);
        }
    }

    /// It was over, and the page has it as open again: it states a phase, or it lists what it never states a phase of.
    /// Where it had phases, an unknown word says nothing. Nor does a post that stays in a feed, or a list of which a
    /// part could not be read: that part may be where the end stands.
    fn reopens(&self, seen: &Incident, listing: Listing) -> bool {
        let Some(ended) = self.ended.filter(|_| !seen.is_over()) else { return false };
        let mut phases = self.incident.updates.iter().filter_map(|update| update.phase);
        let is_listed_as_open = match listing {
            Listing::Complete => phases.all(Phase::is_over) || self.incident.phase.is_none(),
            Listing::Partial | Listing::Window => false,
        };
        let is_listed_again = ended.how == HowEnded::NoLongerListed && listing != Listing::Window;
        seen.phase.is_some() || is_listed_as_open || is_listed_again
    }

    /// The provider rewrote the title, and not because it quotes a text: an edited text alone is no news (truth rule
    /// 7).
    fn is_retitled(&self, before: &str, seen: &Incident) -> bool {
        let texts = seen.updates.iter().filter_map(|update| update.body.as_deref());
        self.retitled < MAX_TITLE_ALERTS && is_rewritten(before, &seen.title) && !begins_any(&seen.title, texts)
    }

    /// Without updates that are left out for want of room.
    fn without_left_out<'a>(&self, known: &KnownUpdates<'_>, seen: &'a Incident) -> Cow<'a, Incident> {
        let is_left_out = |update: &Update| self.is_left_out(update) && known.find(update).is_none();
        if self.left_out_through.is_none() || !seen.updates.iter().any(is_left_out) {
            return Cow::Borrowed(seen);
        }
        let mut seen = seen.clone();
        seen.updates.retain(|update| !is_left_out(update));
        Cow::Owned(seen)
    }

    /// From a stale cache: it has nothing new and lacks our newest update. Times cannot show that, since providers move
    /// them back and forth.
    fn is_outdated(&self, known: &KnownUpdates<'_>, seen: &Incident) -> bool {
        let Some(newest) = self.newest.as_ref() else { return false };
        let is_end = self.is_open() && seen.is_over();
        let is_old = |update| match known.find(update) {
            Some(at) => self.incident.updates[at].id != *newest,
            None => self.is_left_out(update),
        };
        !is_end && !seen.updates.is_empty() && seen.updates.iter().all(is_old)
    }

    /// It has known content only, including our newest update, with new times of about now: either the page dates it by
    /// the time of the response, or the provider has just repeated it. A later read shows which, by whether the time
    /// stayed. A page that lists every update shows a repeated one beside the first, so nothing is suspected there.
    fn is_redated(&self, known: &KnownUpdates<'_>, seen: &Incident, now: Timestamp) -> bool {
        let is_recent = |update: &Update| update.posted_at.is_some_and(|at| !is_older(at, now, SUSPECT_REDATE_FOR));
        let is_new = |update: &Update| is_recent(update) && known.find(update).is_none();
        if self.newest.is_none() || seen.title != self.incident.title || !seen.updates.iter().all(is_new) {
            return false;
        }
        // The last of each content.
        let ids: BTreeMap<_, _> = self.incident.updates.iter().map(|known| (content(known), &known.id)).collect();
        let alike: Option<Vec<_>> = seen.updates.iter().map(|update| ids.get(&content(update)).copied()).collect();
        alike.is_some_and(|alike| alike.into_iter().any(|id| Some(id) == self.newest.as_ref()))
    }

    /// Adds new updates and marks edited ones. Returns whether there was a new one.
    fn merge_updates<'a>(&mut self, index: &mut KnownUpdates<'a>, seen: &'a [Update], now: Timestamp) -> bool {
        let mut news = false;
        for update in seen {
            let Some(at) = index.find(update) else {
                index.push(update);
                self.incident.updates.push(update.clone());
                self.newest = Some(update.id.clone());
                news = true;
                continue;
            };
            let known = &mut self.incident.updates[at];
            let merged = Update {
                id: known.id.clone(),
                phase: update.phase.or(known.phase),
                posted_at: update.posted_at.or(known.posted_at),
                body: update.body.clone().or_else(|| known.body.clone()),
                components: if update.components.is_empty() {
                    known.components.clone()
                } else {
                    update.components.clone()
                },
            };
            // Fractions of seconds differ between sources of one page; that is no edit.
            let same_second = second(merged.posted_at) == second(known.posted_at);
            let edited =
                merged.phase != known.phase || !same_second || (known.body.is_some() && merged.body != known.body);
            if edited {
                self.edited.insert(known.id.clone(), now);
            }
            index.change(at, &merged, update);
            *known = merged;
        }
        self.incident.updates.sort_by(|a, b| (a.posted_at, &a.id).cmp(&(b.posted_at, &b.id)));
        news
    }
}

/// Sets the status of those given with one, adds new ones as long as there is room, keeps the rest (truth rule 5).
pub(super) fn merge_affected(known: &mut Vec<Affected>, seen: &[Affected]) {
    let mut positions = positions_by(known, |component| component.id.clone());
    for affected in seen {
        match positions.get(&affected.id) {
            Some(at) => known[*at].status = affected.status.or(known[*at].status),
            None if known.len() >= MAX_AFFECTED => {}
            None => {
                positions.insert(affected.id.clone(), known.len());
                known.push(affected.clone());
            }
        }
    }
    known.sort();
}

/// The newest time that an incident has, the planned end of a maintenance included.
fn newest_time(incident: &Incident) -> Option<Timestamp> {
    let planned = incident.window.and_then(|window| window.ends_at.or(window.starts_at));
    [incident.resolved_at, incident.newest_update_at(), incident.started_at, planned].into_iter().flatten().max()
}

fn second(at: Option<Timestamp>) -> Option<i64> {
    at.map(Timestamp::as_second)
}

fn content(update: &Update) -> (Option<Phase>, Option<&str>) {
    (update.phase, update.body.as_deref())
}

/// The same incident as one of this kind. What was announced as maintenance stays maintenance, and an incident stays an
/// incident, although some pages call it the other as soon as it begins: the id alone says that it is the same.
fn as_kind(kind: Kind, seen: &Incident) -> Cow<'_, Incident> {
    if seen.kind == kind {
        return Cow::Borrowed(seen);
    }
    let translate = |phase: Phase| match (kind, phase) {
        (Kind::Maintenance, Phase::Investigating | Phase::Identified | Phase::Monitoring) => Phase::InProgress,
        (Kind::Maintenance, Phase::Resolved | Phase::Postmortem) => Phase::Completed,
        (Kind::Incident, Phase::Scheduled | Phase::InProgress) => Phase::Identified,
        (Kind::Incident, Phase::Verifying) => Phase::Monitoring,
        (Kind::Incident, Phase::Completed) => Phase::Resolved,
        (_, phase) => phase,
    };
    let mut seen = seen.clone();
    seen.kind = kind;
    seen.phase = seen.phase.map(translate);
    for update in &mut seen.updates {
        update.phase = update.phase.map(translate);
    }
    Cow::Owned(seen)
}

impl IncidentState {
    /// Once it was over, its components are released: how they are says nothing of it any more (truth rule 5).
    fn severity_now(&self, was_over: bool) -> Severity {
        let is_released = was_over && !self.is_open();
        match self.incident.impact {
            None if is_released => self.severity,
            _ => severity(&self.incident, Some(self.severity)),
        }
    }
}

/// `before`: the severity so far in this episode. Without an impact it never falls below that.
fn severity(incident: &Incident, before: Option<Severity>) -> Severity {
    if incident.kind == Kind::Maintenance {
        return Severity::Maintenance;
    }
    match incident.impact {
        Some(Impact::Major | Impact::Critical) => Severity::Major,
        Some(Impact::None | Impact::Minor) => Severity::Minor,
        None => {
            let worst = incident.components.iter().filter_map(|affected| affected.status).max();
            let by_components = match worst {
                Some(ComponentStatus::PartialOutage | ComponentStatus::MajorOutage) => Severity::Major,
                _ => Severity::Minor,
            };
            before.unwrap_or(by_components).max(by_components)
        }
    }
}

#[cfg(test)]
mod tests;
