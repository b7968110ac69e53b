//! Source health: whether a status page can be read at all (truth rule 10). One failed read is noise; a page that could
//! not be read for ten minutes is unreadable, however often it was tried, and groups may ask for an alert about that.
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{availability::Period, identity::Moved, ids::IncidentId, words::Event};

const FAILING_TO_BE_UNREADABLE: Duration = Duration::from_secs(600);
/// Failing for less than this, in seconds, a page is tried again after so many minutes. It had one failed read, two,
/// three, and so on, if it was tried when it was due.
const RETRY_MINUTES: [(u64, u64); 3] = [(45, 1), (135, 2), (360, 5)];
const RETRY_MINUTES_AT_LAST: u64 = 15;
const FAILING_TO_BE_LONG_DEAD: Duration = Duration::from_secs(24 * 3600);
const FAILING_TO_BE_GIVEN_UP: Duration = Duration::from_secs(30 * 24 * 3600);
const GONE_TO_BE_DEAD: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Longer than anything that is shown of them.
const GAPS_KEPT_FOR: Duration = Duration::from_secs(90 * 24 * 3600);
const MAX_GAPS: usize = 50;
/// The same of a page that refuses to be read by a program.
const RETRY_MINUTES_WHEN_REFUSED: [(u64, u64); 2] = [(1_080, 15), (2_400, 30)];
const RETRY_MINUTES_WHEN_REFUSED_AT_LAST: u64 = 60;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceHealth {
    pub state: HealthState,
    /// Of a readable page the first good read, else the first failed one. Our clock.
    pub since: Timestamp,
    /// Failed reads in a row.
    pub failures: u32,
    /// Why the newest read failed, for people: names the thing, holds no secret and no text of the provider.
    pub reason: Option<String>,
    /// The page asked (429, `Retry-After`) not to be read before this.
    pub not_before: Option<Timestamp>,
    /// The page refuses to be read by a program: 403, or a challenge for people.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub refused: bool,
    /// It answers, and neither the format that it was read with fits what it answers, nor another known one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unrecognised: bool,
    /// Since when each failed read has shown that nothing is there any more (see [`Failure::gone`]). Our clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone_since: Option<Timestamp>,
    /// When the newest failed read that is stored was made. Our clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<Timestamp>,
    /// The fault of the page's platform that told that it is unreadable. `None`: an alert of its own did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_with: Option<IncidentId>,
    /// It is unreadable, and there was nobody to tell: nobody watched it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub untold: bool,
    /// Damaged parts of the newest good read, which were skipped.
    pub problems: Vec<String>,
    /// Where the page has moved permanently, by its own redirects. It is still read at its old address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_to: Option<String>,
    /// Where the page is read, if the configured address is not the status page itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<String>,
    /// Another page stands in the place of the known one (truth rule 11).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<Box<Moved>>,
    /// Of a page that cannot be read: the last good read, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_good_at: Option<Timestamp>,
    /// When the page was unreadable before, in the last 90 days, the oldest first: nothing is known of those times.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Period>,
}

/// What a good read shows about the source, beside its snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GoodRead {
    pub problems: Vec<String>,
    pub moved_to: Option<String>,
    pub read_at: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthState {
    Readable,
    Failing,
    Unreadable,
}

/// Why a read gave no data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub reason: String,
    pub not_before: Option<Timestamp>,
    /// It was read, and is another page.
    pub moved: Option<Box<Moved>>,
    /// It refuses to be read by a program.
    pub refused: bool,
    /// It answers, and neither its own format fits nor another.
    pub unrecognised: bool,
    /// It shows that nothing is there any more: no such name, nobody who listens, or "not there" at the address itself.
    /// A page that refuses, is in trouble or takes too long is there.
    pub gone: bool,
}

impl Failure {
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), not_before: None, refused: false, unrecognised: false, gone: false, moved: None }
    }
}

/// Whose fault a failed read is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame<'a> {
    Page,
    /// The same of a page that nobody watches: a state of it, and no news to anybody.
    PageOfNobody,
    /// Most pages of its platform fail, which was not told yet.
    Platform,
    /// The same, and this incident told of this page.
    ToldPlatform(&'a IncidentId),
}

impl SourceHealth {
    /// What the newest good read showed; an unchanged page shows the same again.
    pub fn good_read(&self) -> GoodRead {
        GoodRead { problems: self.problems.clone(), moved_to: self.moved_to.clone(), read_at: self.read_at.clone() }
    }

    /// The health after a good read, and the event to alert.
    pub fn after_good_read(before: Option<&Self>, read: GoodRead, now: Timestamp) -> (Self, Option<Event>) {
        let was_readable = before.filter(|health| health.state == HealthState::Readable);
        let health = Self {
            state: HealthState::Readable,
            since: was_readable.map_or(now, |health| health.since),
            failures: 0,
            reason: None,
            not_before: None,
            refused: false,
            unrecognised: false,
            gone_since: None,
            failed_at: None,
            told_with: None,
            untold: false,
            problems: read.problems,
            moved_to: read.moved_to,
            read_at: read.read_at,
            moved: None,
            last_good_at: None,
            gaps: before.map(|health| health.gaps_until(now)).unwrap_or_default(),
        };
        let was_told = before.is_some_and(Self::was_told);
        (health, was_told.then_some(Event::Readable))
    }

    /// It is unreadable for a reason of its own, which says nothing of its platform.
    pub fn is_unreadable_itself(&self) -> bool {
        self.state == HealthState::Unreadable && self.told_with.is_none()
    }

    /// An alert of its own said that it is unreadable.
    pub fn was_told(&self) -> bool {
        self.is_unreadable_itself() && !self.untold
    }

    /// The health after a failed read, and the event to alert.
    pub fn after_failed_read(
        before: Option<&Self>,
        failure: Failure,
        blame: Blame<'_>,
        now: Timestamp,
    ) -> (Self, Option<Event>) {
        let failing = before.filter(|health| health.state != HealthState::Readable);
        let Failure { reason, not_before, refused, unrecognised, gone, moved } = failure;
        let health = Self {
            state: failing.map_or(HealthState::Failing, |health| health.state),
            since: failing.map_or(now, |health| health.since),
            failures: failing.map_or(0, |health| health.failures).saturating_add(1),
            reason: Some(reason),
            not_before,
            refused,
            unrecognised,
            gone_since: gone.then(|| failing.and_then(|health| health.gone_since).unwrap_or(now)),
            failed_at: Some(now),
            told_with: failing.and_then(|health| health.told_with.clone()),
            untold: failing.is_some_and(|health| health.untold),
            problems: Vec::new(),
            moved_to: before.and_then(|health| health.moved_to.clone()),
            read_at: before.and_then(|health| health.read_at.clone()),
            moved,
            last_good_at: failing.and_then(|health| health.last_good_at),
            gaps: before.map(|health| health.gaps.clone()).unwrap_or_default(),
        };
        health.after_waiting(blame, now)
    }

    /// The health of a failing page by the clock alone, and the event to alert: it may be that it is not to be read.
    pub fn after_waiting(self, blame: Blame<'_>, now: Timestamp) -> (Self, Option<Event>) {
        let is_failing = self.state != HealthState::Readable;
        let long_enough = now.duration_since(self.since).unsigned_abs() >= FAILING_TO_BE_UNREADABLE;
        if !is_failing || !long_enough || self.was_told() {
            return (self, None);
        }
        match blame {
            Blame::Page => {
                let unreadable = Self { state: HealthState::Unreadable, told_with: None, untold: false, ..self };
                (unreadable, Some(Event::Unreadable))
            }
            Blame::PageOfNobody => {
                (Self { state: HealthState::Unreadable, untold: self.told_with.is_none(), ..self }, None)
            }
            Blame::Platform => (self, None),
            Blame::ToldPlatform(incident) => {
                let told_with = Some(incident.clone());
                (Self { state: HealthState::Unreadable, told_with, untold: false, ..self }, None)
            }
        }
    }

    /// The gaps, with the one that a good read ends now.
    fn gaps_until(&self, now: Timestamp) -> Vec<Period> {
        if self.state != HealthState::Unreadable {
            return self.gaps.clone();
        }
        let ending = Period { since: self.since.min(now), until: now };
        let recent = self.gaps.iter().copied().filter(|gap| gap.until >= now - GAPS_KEPT_FOR);
        let mut gaps: Vec<Period> = recent.chain([ending]).collect();
        if gaps.len() > MAX_GAPS {
            // The time between the oldest two counts as unknown, too: less is claimed than was seen.
            let oldest = gaps.remove(0);
            gaps[0].since = oldest.since;
        }
        gaps
    }

    /// It answers, and as something else than the page that it was: it is on no known platform any more, or it is
    /// somebody else's.
    pub fn has_left(&self) -> bool {
        self.state != HealthState::Readable && (self.unrecognised || self.moved.is_some())
    }

    /// It has failed for a day.
    pub fn is_long_dead(&self, now: Timestamp) -> bool {
        self.state != HealthState::Readable
            && now > self.since
            && now.duration_since(self.since).unsigned_abs() >= FAILING_TO_BE_LONG_DEAD
    }

    /// From the first failed read to the newest one that is stored.
    pub fn failing_for(&self) -> Duration {
        self.failed_at.unwrap_or(self.since).duration_since(self.since).unsigned_abs()
    }

    /// It has failed for a month.
    pub fn is_given_up(&self, now: Timestamp) -> bool {
        self.state != HealthState::Readable
            && now > self.since
            && now.duration_since(self.since).unsigned_abs() >= FAILING_TO_BE_GIVEN_UP
    }

    /// Since when each read has shown that nothing is there, once that has been so for a month: the page is dead. One
    /// read that shows otherwise begins the month anew.
    pub fn dead_since(&self, now: Timestamp) -> Option<Timestamp> {
        self.gone_since.filter(|since| now.duration_since(*since) >= GONE_TO_BE_DEAD)
    }

    /// How long a failing page is left alone at least, whatever its interval. Derived from what is stored, so that a
    /// new process is as polite as the old one.
    pub fn retry_interval(&self) -> Duration {
        if self.state == HealthState::Readable {
            return Duration::ZERO;
        }
        let failing = self.failing_for().as_secs();
        let minutes = |steps: &[(u64, u64)], at_last: u64| {
            steps.iter().find(|(limit, _)| failing < *limit).map_or(at_last, |(_, minutes)| *minutes)
        };
        let at_last = match self.refused {
            true => minutes(&RETRY_MINUTES_WHEN_REFUSED, RETRY_MINUTES_WHEN_REFUSED_AT_LAST),
            false => RETRY_MINUTES_AT_LAST,
        };
        Duration::from_secs(60 * minutes(&RETRY_MINUTES, at_last))
    }
}
