//! Planned work of all providers, as calendars show it: what is stored by time, and what is open besides, so that nothing that
//! was announced is left out.
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
use store::StoreError;

use crate::{
    Web,
    overview::{Overview, Row},
};

/// Vendors close a maintenance some minutes late; what takes longer went on.
const LATE_AFTER: Duration = Duration::from_secs(10 * 60);
/// Of one provider, at a time; the newest of its work is among them.
const MOST_OF_ONE: u32 = 500;

pub(crate) struct Work {
    pub(crate) provider: ProviderId,
    pub(crate) provider_name: String,
    /// The configuration watches the provider.
    pub(crate) mine: bool,
    pub(crate) id: IncidentId,
    pub(crate) title: String,
    pub(crate) phase: Option<Phase>,
    pub(crate) window: Option<Window>,
    /// The plan that was given up for this one; an end that was not given before gives up none.
    pub(crate) moved_from: Option<Window>,
    pub(crate) ended_at: Option<Timestamp>,
    pub(crate) how_ended: Option<HowEnded>,
    /// Names, where they are known: of what is open.
    pub(crate) components: Vec<String>,
    /// Our clock.
    pub(crate) changed_at: Timestamp,
}

/// Where work stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It left the vendor's page before it began.
    Cancelled,
    Completed,
    /// It is under way, and by the plan it should not be.
    Overran,
    Running,
    /// By the plan it is under way, and the vendor does not say so.
    Due,
    Planned,
}

impl Standing {
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Cancelled => "Cancelled",
            Self::Completed => "Completed",
            Self::Overran => "Overran",
            Self::Running => "Running",
            Self::Due => "Planned for now",
            Self::Planned => "Planned",
        }
    }

    /// One word for classes.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::Completed => "completed",
            Self::Overran => "overran",
            Self::Running => "running",
            Self::Due => "due",
            Self::Planned => "planned",
        }
    }

    pub(crate) fn is_running(self) -> bool {
        matches!(self, Self::Overran | Self::Running | Self::Due)
    }
}

impl Work {
    /// `None`: it is stored as open, and is not among all that are. What a page took the planned start from stays behind.
    fn stored(row: &Row, span: IncidentTimeline) -> Option<Self> {
        let open = row
            .page_summary
            .iter()
            .flat_map(|page_summary| page_summary.maintenances())
            .find(|item| item.id == span.id);
        let all_are_listed = row.page_summary.as_ref().is_some_and(|page_summary| page_summary.more_open == 0);
        if span.ended_at.is_none() && open.is_none() && all_are_listed {
            return None;
        }
        let window = open.map_or(span.window, |item| item.window);
        Some(Self {
            provider: row.provider.id.clone(),
            provider_name: row.provider.name.clone(),
            mine: row.mine,
            components: open.map(|item| item.components.clone()).unwrap_or_default(),
            id: span.id,
            title: span.title,
            phase: span.phase,
            window,
            moved_from: span.moved_from.filter(|from| window.is_some_and(|window| is_other_plan(*from, window))),
            ended_at: span.ended_at,
            how_ended: span.how_ended,
            changed_at: span.changed_at.unwrap_or(span.first_seen_at),
        })
    }

    fn open(row: &Row, item: &OpenItem, watched_since: Timestamp) -> Self {
        Self {
            provider: row.provider.id.clone(),
            provider_name: row.provider.name.clone(),
            mine: row.mine,
            id: item.id.clone(),
            title: item.title.clone(),
            phase: item.phase,
            window: item.window,
            moved_from: None,
            ended_at: None,
            how_ended: None,
            components: item.components.clone(),
            changed_at: watched_since,
        }
    }

    pub(crate) fn starts_at(&self) -> Option<Timestamp> {
        self.window.and_then(|window| window.starts_at)
    }

    /// The planned end, where it lies behind the start.
    pub(crate) fn ends_at(&self) -> Option<Timestamp> {
        self.window.and_then(|window| window.ends_at).filter(|ends_at| self.starts_at().is_none_or(|at| at < *ends_at))
    }

    pub(crate) fn standing(&self, now: Timestamp) -> Standing {
        if self.ended_at.is_some() {
            let was_ahead = self.phase == Some(Phase::Scheduled);
            let is_gone = self.how_ended == Some(HowEnded::NoLongerListed);
            return if is_gone && was_ahead { Standing::Cancelled } else { Standing::Completed };
        }
        let is_over = self.ends_at().is_some_and(|ends_at| is_late(ends_at, now));
        match self.phase {
            Some(Phase::InProgress | Phase::Verifying) if is_over => Standing::Overran,
            Some(Phase::InProgress | Phase::Verifying) => Standing::Running,
            _ => match (self.starts_at(), self.ends_at()) {
                (Some(starts_at), Some(ends_at)) if starts_at <= now && now < ends_at => Standing::Due,
                _ => Standing::Planned,
            },
        }
    }

    /// By how much its end came after the planned one.
    pub(crate) fn late_by(&self) -> Option<Duration> {
        let (ends_at, ended_at) = (self.ends_at()?, self.ended_at?);
        is_late(ends_at, ended_at).then(|| ended_at.duration_since(ends_at).unsigned_abs())
    }

    /// From when to when it takes up days of a calendar: by the plan, unless it ended early or goes on.
    pub(crate) fn takes(&self, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let from = self.starts_at()?;
        let planned = self.ends_at().unwrap_or(from);
        let until = match (self.standing(now), self.ended_at) {
            (Standing::Completed, Some(ended_at)) => ended_at,
            (Standing::Overran, _) => now,
            _ => planned,
        };
        Some((from, until.max(from)))
    }
}

/// By any clock: vendors plan for the end of time, too, where a sum would have no value.
fn is_late(planned: Timestamp, at: Timestamp) -> bool {
    planned < at && at.duration_since(planned).unsigned_abs() >= LATE_AFTER
}

fn is_other_plan(from: Window, to: Window) -> bool {
    let differ = |from: Option<Timestamp>, to: Option<Timestamp>| from.is_some() && to.is_some() && from != to;
    differ(from.starts_at, to.starts_at) || differ(from.ends_at, to.ends_at)
}

/// What begins from the month of `from` to that of `to`, and all that is open and begins at another time or at none. In the
/// order of their start; those without one last.
pub(crate) async fn planned(web: &Web, overview: &Overview, from: Date, to: Date) -> Result<Vec<Work>, StoreError> {
    let stored = web.store.planned_between(from, to).await?;
    // Of a page that is not watched any more nobody would hear that its work is over.
    let stored = stored.into_iter().filter_map(|(id, span)| Work::stored(overview.get(id.as_str())?, span));
    Ok(with_open(stored.collect(), overview.rows.iter()))
}

/// All of one provider that is kept, but for the oldest.
pub(crate) async fn planned_of(web: &Web, row: &Row) -> Result<Vec<Work>, StoreError> {
    let page = web.store.timelines_of(&row.provider.id, MOST_OF_ONE, None).await?;
    let stored = page.timelines.into_iter().filter(|span| span.kind == Kind::Maintenance);
    Ok(with_open(stored.filter_map(|span| Work::stored(row, span)).collect(), std::iter::once(row)))
}

fn with_open<'a>(mut all: Vec<Work>, rows: impl Iterator<Item = &'a Row>) -> Vec<Work> {
    let stored: HashSet<(ProviderId, IncidentId)> =
        all.iter().map(|work| (work.provider.clone(), work.id.clone())).collect();
    for row in rows {
        let Some(page_summary) = &row.page_summary else { continue };
        let open =
            page_summary.maintenances().filter(|item| !stored.contains(&(row.provider.id.clone(), item.id.clone())));
        all.extend(open.map(|item| Work::open(row, item, page_summary.watched_since)));
    }
    all.sort_by_key(|work| (work.starts_at().is_none(), work.starts_at()));
    all
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn at(time: &str) -> Timestamp {
        format!("2026-11-23T{time}:00Z").parse().unwrap_or_default()
    }

    /// Planned from ten to twelve.
    pub(crate) fn work() -> Work {
        Work {
            provider: "acme".into(),
            provider_name: "Acme".to_owned(),
            mine: true,
            id: "m1".into(),
            title: "Database upgrade".to_owned(),
            phase: Some(Phase::Scheduled),
            window: Some(Window { starts_at: Some(at("10:00")), ends_at: Some(at("12:00")) }),
            moved_from: None,
            ended_at: None,
            how_ended: None,
            components: Vec::new(),
            changed_at: at("09:00"),
        }
    }

    #[test]
    fn work_stands_where_the_vendor_says_and_the_plan_says_what_is_missing() {
        let standing = |phase, now| Work { phase, ..work() }.standing(at(now));
        assert_eq!(standing(Some(Phase::Scheduled), "09:00"), Standing::Planned);
        assert_eq!(standing(Some(Phase::Scheduled), "11:00"), Standing::Due);
        assert_eq!(standing(None, "11:00"), Standing::Due);
        assert_eq!(standing(Some(Phase::Scheduled), "13:00"), Standing::Planned, "nobody said that it is over");
        assert_eq!(standing(Some(Phase::InProgress), "09:30"), Standing::Running);
        assert_eq!(standing(Some(Phase::InProgress), "12:05"), Standing::Running, "a few minutes are usual");
        assert_eq!(standing(Some(Phase::Verifying), "12:10"), Standing::Overran);
        let window = Some(Window { starts_at: Some(Timestamp::MIN), ends_at: Some(Timestamp::MAX) });
        let endless = Work { phase: Some(Phase::InProgress), window, ..work() };
        assert_eq!(endless.standing(at("12:00")), Standing::Running);
    }

    #[test]
    fn what_left_the_page_before_it_began_was_cancelled() {
        let gone = Work { ended_at: Some(at("09:30")), how_ended: Some(HowEnded::NoLongerListed), ..work() };
        assert_eq!(gone.standing(at("11:00")), Standing::Cancelled);
        assert_eq!(gone.takes(at("11:00")), Some((at("10:00"), at("12:00"))), "it stays where it was planned");
        let begun = Work { phase: Some(Phase::InProgress), ..gone };
        assert_eq!(begun.standing(at("11:00")), Standing::Completed);
    }

    #[test]
    fn what_ended_late_took_longer() {
        let ended = |time| Work { ended_at: Some(at(time)), how_ended: Some(HowEnded::ByProvider), ..work() };
        assert_eq!(ended("13:00").late_by(), Some(Duration::from_secs(3_600)));
        assert_eq!((ended("12:05").late_by(), ended("11:00").late_by()), (None, None));
        assert_eq!(ended("13:00").takes(at("18:00")), Some((at("10:00"), at("13:00"))));
        assert_eq!(ended("09:00").takes(at("18:00")), Some((at("10:00"), at("10:00"))));
    }

    #[test]
    fn a_plan_is_given_up_by_another_time_only() {
        let window = |starts_at: Option<&str>, ends_at: Option<&str>| Window {
            starts_at: starts_at.map(at),
            ends_at: ends_at.map(at),
        };
        assert!(is_other_plan(window(Some("10:00"), None), window(Some("11:00"), None)));
        assert!(is_other_plan(window(Some("10:00"), Some("12:00")), window(Some("10:00"), Some("13:00"))));
        assert!(!is_other_plan(window(Some("10:00"), None), window(Some("10:00"), Some("12:00"))));
    }

    #[test]
    fn an_end_before_the_start_is_no_end() {
        let window = Some(Window { starts_at: Some(at("10:00")), ends_at: Some(at("10:00")) });
        assert_eq!(Work { window, ..work() }.ends_at(), None);
    }
}
