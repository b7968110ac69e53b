//! One more sight of one incident: what the vendor said before is kept, what it says now is added or marked as edited.
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;

use super::{Ended, HowEnded, IncidentState, MAX_RESCHEDULES, Origin, Rescheduled, is_older};
use crate::{
    snapshot::{Affected, Incident, Kind, Update},
    words::{ComponentStatus, Impact, Severity},
};

/// An incident that opened and ended between two reads is still told if it ended this recently; what is older is
/// history that became visible late (a page that lists more than before, a long pause of ours).
const TELL_ENDED_WITHIN: Duration = Duration::from_secs(24 * 3600);

/// What is repeated word by word is news only once its time is this old: some feeds date what is going on by the time of
/// their answer, which is never older than a cache keeps it.
const DOUBT_REPEATS_FOR: Duration = Duration::from_secs(5 * 60);

impl IncidentState {
    pub(super) fn new(seen: &Incident, baseline_at: Timestamp, now: Timestamp) -> Self {
        let said_at = seen.resolved_at.or(seen.newest_update_at());
        let ended = seen.is_over().then(|| Ended { at: said_at.unwrap_or(now), how: HowEnded::SaidByVendor });
        // A finished incident, or an item that does not say where it stands, is news only if its own times say so.
        let may_be_history = ended.is_some() || seen.phase.is_none();
        let is_recent = said_at.is_some_and(|at| at > baseline_at && !is_older(at, now, TELL_ENDED_WITHIN));
        let mut new = Self {
            incident: seen.clone(),
            page_id: None,
            origin: Origin::Vendor,
            severity: severity(seen, None),
            first_seen_at: now,
            backfilled: may_be_history && !is_recent,
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
            rescheduled: Vec::new(),
        };
        new.reminded = new.starts_soon(now);
        new
    }

    /// One more sight of an incident that is known.
    pub(super) fn merge(&mut self, seen: &Incident, now: Timestamp) {
        self.missing_reads = 0;
        if self.is_older_picture(seen) {
            return;
        }
        let before = self.incident.clone();
        let severity_before = self.severity;
        self.suspected_redate = self.is_redated(seen, now);
        let news = !self.suspected_redate && self.merge_updates(&seen.updates, now);

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
            self.ended.get_or_insert(Ended { at, how: HowEnded::SaidByVendor });
        } else if seen.phase.is_some() && self.ended.take().is_some() {
            self.episode += 1;
            self.revision = 0;
            self.severity = severity(seen, None);
        }
        if self.is_open() || self.incident.components.is_empty() {
            merge_affected(&mut self.incident.components, &seen.components);
        }
        self.severity = severity(&self.incident, Some(self.severity));

        if self.incident.window != before.window {
            // The change itself tells that it is soon.
            self.reminded = self.starts_soon(now).or(self.reminded);
            self.rescheduled.extend(before.window.map(|from| Rescheduled { from, noticed_at: now }));
            self.rescheduled.drain(..self.rescheduled.len().saturating_sub(MAX_RESCHEDULES));
        }

        let joined = self.incident.components.len() > before.components.len();
        let told_otherwise = news
            || (self.incident.phase == before.phase
                && self.severity == severity_before
                && self.incident.window == before.window
                && !joined);
        if !told_otherwise {
            self.revision += 1;
        }
    }

    /// From a cache: it holds nothing new and lacks what we learned last. Times do not tell, since vendors set them back
    /// and forth.
    fn is_older_picture(&self, seen: &Incident) -> bool {
        let known = |update: &Update| self.incident.updates.iter().find(|known| is_same_update(known, update));
        let lacks_newest = self.newest.as_ref().is_some_and(|newest| {
            !seen.updates.iter().any(|update| known(update).is_some_and(|known| known.id == *newest))
        });
        let says_the_end = self.is_open() && seen.is_over();
        lacks_newest
            && !says_the_end
            && !seen.updates.is_empty()
            && seen.updates.iter().all(|update| known(update).is_some())
    }

    /// It says what we know, the newest included, at other times that are of this moment: either the page dates it by the
    /// time of the answer, or the vendor has just repeated it. Which of the two shows when the time is still the same
    /// later. A page that lists each update shows the repeated one as well, so that there is nothing to doubt.
    fn is_redated(&self, seen: &Incident, now: Timestamp) -> bool {
        let known = &self.incident.updates;
        let alike = |update: &Update| {
            let same = |known: &&Update| known.phase == update.phase && known.body == update.body;
            known.iter().rev().find(same).map(|known| &known.id)
        };
        let is_of_now = |update: &Update| update.posted_at.is_some_and(|at| !is_older(at, now, DOUBT_REPEATS_FOR));
        let is_known = |update: &Update| known.iter().any(|known| is_same_update(known, update));
        self.newest.is_some()
            && seen.title == self.incident.title
            && seen.updates.iter().all(|update| is_of_now(update) && !is_known(update) && alike(update).is_some())
            && seen.updates.iter().any(|update| alike(update) == self.newest.as_ref())
    }

    /// Adds what is new and marks what was edited; `true` if an update is new.
    fn merge_updates(&mut self, seen: &[Update], now: Timestamp) -> bool {
        let mut news = false;
        for update in seen {
            let Some(known) = self.incident.updates.iter_mut().find(|known| is_same_update(known, update)) else {
                self.incident.updates.push(update.clone());
                self.newest = Some(update.id.clone());
                news = true;
                continue;
            };
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
            // Times differ by their fraction between sources of one page; that is no edit.
            let same_second = second(merged.posted_at) == second(known.posted_at);
            let edited =
                merged.phase != known.phase || !same_second || (known.body.is_some() && merged.body != known.body);
            if edited {
                self.edited.insert(known.id.clone(), now);
            }
            *known = merged;
        }
        self.incident.updates.sort_by(|a, b| (a.posted_at, &a.id).cmp(&(b.posted_at, &b.id)));
        news
    }
}

/// Sets what is named with a status, adds what is new, keeps the rest as it was (truth rule 5).
pub(super) fn merge_affected(known: &mut Vec<Affected>, seen: &[Affected]) {
    for affected in seen {
        match known.iter_mut().find(|component| component.id == affected.id) {
            Some(component) => component.status = affected.status.or(component.status),
            None => known.push(affected.clone()),
        }
    }
    known.sort();
}

/// FORMATS rule 5: by id; else, since two sources of one page may name an update differently, by second and phase.
fn is_same_update(known: &Update, seen: &Update) -> bool {
    known.id == seen.id
        || (known.posted_at.is_some()
            && second(known.posted_at) == second(seen.posted_at)
            && known.phase == seen.phase
            && (known.body == seen.body || known.body.is_none() || seen.body.is_none()))
}

fn second(at: Option<Timestamp>) -> Option<i64> {
    at.map(Timestamp::as_second)
}

/// `before`: the severity so far in this episode, below which missing impact does not let it fall.
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
