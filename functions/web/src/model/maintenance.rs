//! Maintenance of all providers, as the calendar pages and the iCalendar exports show it. Stored timelines are listed
//! by time; open maintenance that is not among them is added, so that nothing announced is left out.
use std::{collections::HashSet, time::Duration};

use jiff::{Timestamp, civil::Date};
use status::{
    ids::{IncidentId, ProviderId},
    incident_timeline::IncidentTimeline,
    page_state::HowEnded,
    page_summary::OpenItem,
    snapshot::{Kind, Window},
    words::Phase,
};
use store::{Store, StoreError};

use super::overview::{Overview, ProviderRow};

/// Providers often mark a maintenance as completed some minutes late, so it overruns only after this.
const OVERRUN_AFTER: Duration = Duration::from_secs(10 * 60);
/// Timelines read of one provider; its newest maintenance is among them.
const MAX_TIMELINES: u32 = 500;

pub(crate) struct Maintenance {
    pub(crate) provider: ProviderId,
    pub(crate) provider_name: String,
    /// Whether this instance watches the provider.
    pub(crate) watched: bool,
    pub(crate) id: IncidentId,
    pub(crate) title: String,
    pub(crate) phase: Option<Phase>,
    pub(crate) window: Option<Window>,
    /// The window before it was rescheduled. An end that is given later is no reschedule.
    pub(crate) rescheduled_from: Option<Window>,
    pub(crate) ended_at: Option<Timestamp>,
    pub(crate) how_ended: Option<HowEnded>,
    /// Component names. They are known only while the maintenance is open.
    pub(crate) components: Vec<String>,
    /// When our record of it last changed, by our clock.
    pub(crate) changed_at: Timestamp,
}

/// The state of a maintenance at some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// The provider removed it before it started.
    Cancelled,
    Completed,
    /// In progress past its planned end.
    Overrunning,
    InProgress,
    /// Inside its planned window, but the provider has not confirmed a start.
    Due,
    Scheduled,
}

impl Status {
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Cancelled => "Cancelled",
            Self::Completed => "Completed",
            Self::Overrunning => "Overrunning",
            Self::InProgress => "In progress",
            Self::Due => "Due now, not confirmed",
            Self::Scheduled => "Scheduled",
        }
    }

    /// The CSS class.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::Completed => "completed",
            Self::Overrunning => "overrunning",
            Self::InProgress => "in-progress",
            Self::Due => "due",
            Self::Scheduled => "scheduled",
        }
    }

    pub(crate) fn is_now(self) -> bool {
        matches!(self, Self::Overrunning | Self::InProgress | Self::Due)
    }
}

impl Maintenance {
    /// `None` for a timeline that is stored as open while the page's complete list of open maintenance lacks it: a page
    /// that removes a planned start leaves such a record behind.
    fn from_timeline(row: &ProviderRow, timeline: IncidentTimeline) -> Option<Self> {
        let open = row
            .page_summary
            .iter()
            .flat_map(|page_summary| page_summary.maintenances())
            .find(|item| item.id == timeline.id);
        let all_are_listed = row.page_summary.as_ref().is_some_and(|page_summary| page_summary.more_open == 0);
        if timeline.ended_at.is_none() && open.is_none() && all_are_listed {
            return None;
        }
        let window = open.map_or(timeline.window, |item| item.window);
        Some(Self {
            provider: row.provider.id.clone(),
            provider_name: row.provider.name.clone(),
            watched: row.watched,
            components: open.map(|item| item.components.clone()).unwrap_or_default(),
            id: timeline.id,
            title: timeline.title,
            phase: timeline.phase,
            window,
            rescheduled_from: timeline
                .moved_from
                .filter(|from| window.is_some_and(|window| is_reschedule(*from, window))),
            ended_at: timeline.ended_at,
            how_ended: timeline.how_ended,
            changed_at: timeline.changed_at.unwrap_or(timeline.first_seen_at),
        })
    }

    fn from_open_item(row: &ProviderRow, item: &OpenItem, watched_since: Timestamp) -> Self {
        Self {
            provider: row.provider.id.clone(),
            provider_name: row.provider.name.clone(),
            watched: row.watched,
            id: item.id.clone(),
            title: item.title.clone(),
            phase: item.phase,
            window: item.window,
            rescheduled_from: None,
            ended_at: None,
            how_ended: None,
            components: item.components.clone(),
            changed_at: watched_since,
        }
    }

    pub(crate) fn starts_at(&self) -> Option<Timestamp> {
        self.window.and_then(|window| window.starts_at)
    }

    /// The planned end, if it is later than the start.
    pub(crate) fn ends_at(&self) -> Option<Timestamp> {
        self.window.and_then(|window| window.ends_at).filter(|ends_at| self.starts_at().is_none_or(|at| at < *ends_at))
    }

    pub(crate) fn status(&self, now: Timestamp) -> Status {
        if self.ended_at.is_some() {
            let was_scheduled = self.phase == Some(Phase::Scheduled);
            let is_removed = self.how_ended == Some(HowEnded::NoLongerListed);
            return if is_removed && was_scheduled { Status::Cancelled } else { Status::Completed };
        }
        let is_past_end = self.ends_at().is_some_and(|ends_at| is_late(ends_at, now));
        match self.phase {
            Some(Phase::InProgress | Phase::Verifying) if is_past_end => Status::Overrunning,
            Some(Phase::InProgress | Phase::Verifying) => Status::InProgress,
            _ => match (self.starts_at(), self.ends_at()) {
                (Some(starts_at), Some(ends_at)) if starts_at <= now && now < ends_at => Status::Due,
                _ => Status::Scheduled,
            },
        }
    }

    /// How long after its planned end it ended; `None` unless it overran.
    pub(crate) fn late_by(&self) -> Option<Duration> {
        let (ends_at, ended_at) = (self.ends_at()?, self.ended_at?);
        is_late(ends_at, ended_at).then(|| ended_at.duration_since(ends_at).unsigned_abs())
    }

    /// The time it occupies in a calendar: the planned window, unless it ended at another time or is overrunning.
    pub(crate) fn occupied(&self, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let from = self.starts_at()?;
        let planned = self.ends_at().unwrap_or(from);
        let until = match (self.status(now), self.ended_at) {
            (Status::Completed, Some(ended_at)) => ended_at,
            (Status::Overrunning, _) => now,
            _ => planned,
        };
        Some((from, until.max(from)))
    }
}

/// Compares the difference, because adding to a planned end near the last timestamp would overflow.
fn is_late(planned: Timestamp, at: Timestamp) -> bool {
    planned < at && at.duration_since(planned).unsigned_abs() >= OVERRUN_AFTER
}

/// An end that is given later is none.
pub(crate) fn is_reschedule(from: Window, to: Window) -> bool {
    let differ = |from: Option<Timestamp>, to: Option<Timestamp>| from.is_some() && to.is_some() && from != to;
    differ(from.starts_at, to.starts_at) || differ(from.ends_at, to.ends_at)
}

/// Maintenance that starts between the month of `from` and the month of `to`, and all open maintenance whatever its
/// start. Ordered by start; those without one come last.
pub(crate) async fn between(
    store: &Store,
    overview: &Overview,
    from: Date,
    to: Date,
) -> Result<Vec<Maintenance>, StoreError> {
    let stored = store.planned_between(from, to).await?;
    // A page that is no longer polled would never report the end, so its records are left out.
    let stored = stored
        .into_iter()
        .filter_map(|(id, timeline)| Maintenance::from_timeline(overview.get(id.as_str())?, timeline));
    Ok(with_open(stored.collect(), overview.rows.iter()))
}

/// The newest maintenance of one provider.
pub(crate) async fn of_provider(store: &Store, row: &ProviderRow) -> Result<Vec<Maintenance>, StoreError> {
    let page = store.brief_timelines_of(&row.provider.id, MAX_TIMELINES, None).await?;
    let stored = page.timelines.into_iter().filter(|timeline| timeline.kind == Kind::Maintenance);
    Ok(with_open(
        stored.filter_map(|timeline| Maintenance::from_timeline(row, timeline)).collect(),
        std::iter::once(row),
    ))
}

fn with_open<'a>(mut all: Vec<Maintenance>, rows: impl Iterator<Item = &'a ProviderRow>) -> Vec<Maintenance> {
    let stored: HashSet<(ProviderId, IncidentId)> = all.iter().map(|it| (it.provider.clone(), it.id.clone())).collect();
    for row in rows {
        let Some(page_summary) = &row.page_summary else { continue };
        let open =
            page_summary.maintenances().filter(|item| !stored.contains(&(row.provider.id.clone(), item.id.clone())));
        all.extend(open.map(|item| Maintenance::from_open_item(row, item, page_summary.watched_since)));
    }
    all.sort_by_key(|it| (it.starts_at().is_none(), it.starts_at()));
    all
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn at(time: &str) -> Timestamp {
        format!("2026-11-23T{time}:00Z").parse().unwrap_or_default()
    }

    /// Scheduled from ten to twelve.
    pub(crate) fn maintenance() -> Maintenance {
        Maintenance {
            provider: "acme".into(),
            provider_name: "Acme".to_owned(),
            watched: true,
            id: "m1".into(),
            title: "Database upgrade".to_owned(),
            phase: Some(Phase::Scheduled),
            window: Some(Window { starts_at: Some(at("10:00")), ends_at: Some(at("12:00")) }),
            rescheduled_from: None,
            ended_at: None,
            how_ended: None,
            components: Vec::new(),
            changed_at: at("09:00"),
        }
    }

    #[test]
    fn status_is_what_the_provider_says_completed_by_the_plan() {
        let status_at = |phase, now| Maintenance { phase, ..maintenance() }.status(at(now));
        assert_eq!(status_at(Some(Phase::Scheduled), "09:00"), Status::Scheduled);
        assert_eq!(status_at(Some(Phase::Scheduled), "11:00"), Status::Due);
        assert_eq!(status_at(None, "11:00"), Status::Due);
        assert_eq!(
            status_at(Some(Phase::Scheduled), "13:00"),
            Status::Scheduled,
            "the provider did not say that it is over"
        );
        assert_eq!(status_at(Some(Phase::InProgress), "09:30"), Status::InProgress);
        assert_eq!(status_at(Some(Phase::InProgress), "12:05"), Status::InProgress, "a few minutes late is usual");
        assert_eq!(status_at(Some(Phase::Verifying), "12:10"), Status::Overrunning);
        let window = Some(Window { starts_at: Some(Timestamp::MIN), ends_at: Some(Timestamp::MAX) });
        let endless = Maintenance { phase: Some(Phase::InProgress), window, ..maintenance() };
        assert_eq!(endless.status(at("12:00")), Status::InProgress);
    }

    #[test]
    fn maintenance_removed_before_its_start_is_cancelled() {
        let gone =
            Maintenance { ended_at: Some(at("09:30")), how_ended: Some(HowEnded::NoLongerListed), ..maintenance() };
        assert_eq!(gone.status(at("11:00")), Status::Cancelled);
        assert_eq!(gone.occupied(at("11:00")), Some((at("10:00"), at("12:00"))), "it keeps its planned place");
        let begun = Maintenance { phase: Some(Phase::InProgress), ..gone };
        assert_eq!(begun.status(at("11:00")), Status::Completed);
    }

    #[test]
    fn maintenance_that_ended_late_occupies_the_time_until_its_end() {
        let ended =
            |time| Maintenance { ended_at: Some(at(time)), how_ended: Some(HowEnded::ByProvider), ..maintenance() };
        assert_eq!(ended("13:00").late_by(), Some(Duration::from_secs(3_600)));
        assert_eq!((ended("12:05").late_by(), ended("11:00").late_by()), (None, None));
        assert_eq!(ended("13:00").occupied(at("18:00")), Some((at("10:00"), at("13:00"))));
        assert_eq!(ended("09:00").occupied(at("18:00")), Some((at("10:00"), at("10:00"))));
    }

    #[test]
    fn only_another_time_is_a_reschedule() {
        let window = |starts_at: Option<&str>, ends_at: Option<&str>| Window {
            starts_at: starts_at.map(at),
            ends_at: ends_at.map(at),
        };
        assert!(is_reschedule(window(Some("10:00"), None), window(Some("11:00"), None)));
        assert!(is_reschedule(window(Some("10:00"), Some("12:00")), window(Some("10:00"), Some("13:00"))));
        assert!(!is_reschedule(window(Some("10:00"), None), window(Some("10:00"), Some("12:00"))));
    }

    #[test]
    fn an_end_at_or_before_the_start_is_ignored() {
        let window = Some(Window { starts_at: Some(at("10:00")), ends_at: Some(at("10:00")) });
        assert_eq!(Maintenance { window, ..maintenance() }.ends_at(), None);
    }
}
