//! The last 90 days of a page or a component as a row of bars: the worse a day, the taller its bar and the stronger its
//! colour. Days without data are thin lines. Titles and a summary say the same in words.
use std::collections::HashSet;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use maud::{Markup, html};
use status::{
    ids::ComponentId,
    incident_timeline::{DayState, IncidentTimeline, daily_states},
    words::ComponentStatus,
};

use crate::{layout::durations::duration, model::provider_state::ProviderState};

pub(super) const DAYS: usize = 90;
/// Width of a day in SVG units, its gap included. The style sheet dashes the lines into bars.
const DAY_WIDTH: usize = 4;

/// The time for which the state of a page is known.
#[derive(Clone, Copy)]
pub(super) struct WatchedPeriod {
    pub(super) since: Timestamp,
    /// `None`: until now.
    pub(super) until: Option<Timestamp>,
}

/// Draws the bars of one page and its components.
pub(super) struct HistoryBars<'a> {
    timelines: &'a [IncidentTimeline],
    /// Components that any timeline mentions. All others have the same bars, so these are computed from no timeline.
    affected: HashSet<&'a ComponentId>,
    watched: WatchedPeriod,
    now: Timestamp,
}

/// The days of one row of bars, the oldest first.
pub(super) struct Days(Vec<(Date, WorstState)>);

/// The worst state of a day and for how many seconds it lasted; `None`: not watched.
type WorstState = Option<(ComponentStatus, i64)>;

impl<'a> HistoryBars<'a> {
    pub(super) fn new(timelines: &'a [IncidentTimeline], watched: WatchedPeriod, now: Timestamp) -> Self {
        let intervals = timelines.iter().flat_map(|timeline| &timeline.intervals);
        Self { timelines, affected: intervals.map(|interval| &interval.component).collect(), watched, now }
    }

    /// Whether the days of a component differ from those of most others.
    pub(super) fn is_affected(&self, component: &ComponentId) -> bool {
        self.affected.contains(component)
    }

    /// The days of a component, or of the whole page.
    pub(super) fn of(&self, component: Option<&ComponentId>) -> Days {
        let is_unaffected = component.is_some_and(|component| !self.is_affected(component));
        let timelines = if is_unaffected { &[] } else { self.timelines };
        let days = daily_states(timelines, component, self.watched.since, DAYS, self.now);
        let last_watched = self.watched.until.map(|until| TimeZone::UTC.to_datetime(until).date());
        let state = |(date, day): (Date, DayState)| match day {
            DayState::Watched { worst, seconds } if last_watched.is_none_or(|last| date <= last) => {
                (date, Some((worst, seconds)))
            }
            _ => (date, None),
        };
        Days(days.into_iter().map(state).collect())
    }
}

impl Days {
    /// `Incidents on 2 of 59 watched days, maintenance on 1 day`.
    pub(super) fn summary(&self) -> String {
        let count = |matches: fn(ComponentStatus) -> bool| {
            self.0.iter().filter(|(_, day)| day.is_some_and(|(worst, _)| matches(worst))).count()
        };
        let days = |count: usize| if count == 1 { "1 day".to_owned() } else { format!("{count} days") };
        let (total, watched) = (self.0.len(), count(|_| true));
        let incidents = count(|worst| worst.is_trouble() || worst == ComponentStatus::Unknown);
        let maintenance = count(|worst| worst == ComponentStatus::UnderMaintenance);
        if watched == 0 {
            return format!("No data for the last {total} days");
        }
        let mut summary = match (incidents, watched == total) {
            (0, true) => format!("No incidents in the last {total} days"),
            (0, false) => format!("No incidents on the {} watched so far", days(watched)),
            (_, true) => format!("Incidents on {incidents} of the last {total} days"),
            (_, false) => {
                format!("Incidents on {incidents} of {watched} watched {}", if watched == 1 { "day" } else { "days" })
            }
        };
        if maintenance > 0 {
            summary += &format!(", maintenance on {}", days(maintenance));
        }
        summary
    }

    pub(super) fn svg(&self) -> Markup {
        let width = self.0.len() * DAY_WIDTH;
        html! {
            svg.days role="img" viewBox={ "0 0 " (width) " 20" } preserveAspectRatio="none" aria-label=(self.summary()) {
                @for run in self.runs() {
                    path class=(class(run.state)) d={ "M" (run.first * DAY_WIDTH) " 10h" (run.days * DAY_WIDTH) } {
                        @if let Some(title) = run.title { title { (title) } }
                    }
                }
            }
        }
    }

    /// Neighbouring days that look the same are one line; a day with a title is a line of its own.
    fn runs(&self) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for (number, (date, day)) in self.0.iter().enumerate() {
            let state = day.map(|(worst, _)| worst);
            let title = title(*date, *day);
            match runs.last_mut() {
                Some(run) if run.state == state && title.is_none() => run.days += 1,
                _ => runs.push(Run { state, first: number, days: 1, title }),
            }
        }
        runs
    }
}

struct Run {
    state: Option<ComponentStatus>,
    /// The index of its first day.
    first: usize,
    days: usize,
    title: Option<String>,
}

fn class(state: Option<ComponentStatus>) -> &'static str {
    match state {
        None => ProviderState::NotWatched.as_str(),
        Some(status) => ProviderState::of_component(status).map_or("unknown", ProviderState::as_str),
    }
}

fn label(state: Option<ComponentStatus>) -> &'static str {
    match state {
        None => "No data",
        Some(ComponentStatus::Operational) => "No incidents",
        Some(ComponentStatus::UnderMaintenance) => "Maintenance",
        Some(ComponentStatus::Unknown) => "Severity not stated",
        Some(status) => ProviderState::of_component(status).map_or("Severity not stated", ProviderState::label),
    }
}

/// `28 Nov 2026: Major outage, 10 min`; nothing for days without incident and maintenance.
fn title(date: Date, day: WorstState) -> Option<String> {
    let (worst, seconds) = day.filter(|(worst, _)| *worst != ComponentStatus::Operational)?;
    Some(format!("{}: {}, {}", date.strftime("%-d %b %Y"), label(Some(worst)), duration(seconds)))
}

/// What the bars mean.
pub(super) fn legend() -> Markup {
    const STATES: [Option<ComponentStatus>; 7] = [
        Some(ComponentStatus::Operational),
        Some(ComponentStatus::DegradedPerformance),
        Some(ComponentStatus::PartialOutage),
        Some(ComponentStatus::MajorOutage),
        Some(ComponentStatus::Unknown),
        Some(ComponentStatus::UnderMaintenance),
        None,
    ];
    html! {
        ul.legend aria-label="Legend" {
            @for state in STATES {
                li {
                    svg.days viewBox="0 0 4 20" aria-hidden="true" { path class=(class(state)) d="M0 10h4" {} }
                    (label(state))
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan as _;

    use super::*;

    fn days(runs: &[(usize, Option<ComponentStatus>)]) -> Days {
        let first: Date = "2026-09-01".parse().unwrap();
        let states = runs.iter().flat_map(|(count, worst)| std::iter::repeat_n(*worst, *count));
        let date = |number: usize| first + i64::try_from(number).unwrap().days();
        let day = |(number, worst): (usize, Option<ComponentStatus>)| (date(number), worst.map(|worst| (worst, 600)));
        Days(states.enumerate().map(day).collect())
    }

    #[test]
    fn summary_and_titles_say_what_the_bars_show() {
        use ComponentStatus::*;
        let mixed = days(&[(31, None), (57, Some(Operational)), (1, Some(MajorOutage)), (1, Some(Unknown))]);
        assert_eq!(mixed.summary(), "Incidents on 2 of 59 watched days");
        assert_eq!(days(&[(90, None)]).summary(), "No data for the last 90 days");
        assert_eq!(days(&[(89, None), (1, Some(Operational))]).summary(), "No incidents on the 1 day watched so far");
        let maintenance = days(&[(89, Some(Operational)), (1, Some(UnderMaintenance))]);
        assert_eq!(maintenance.summary(), "No incidents in the last 90 days, maintenance on 1 day");
        let svg = mixed.svg().into_string();
        assert_eq!(svg.matches("<path").count(), 4, "{svg}");
        assert!(svg.contains("28 Nov 2026: Major outage, 10 min"), "{svg}");
        assert!(!svg.contains("style="));
    }

    #[test]
    fn days_after_the_last_read_have_no_data() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let watched = WatchedPeriod { since: at("2026-11-20T12:00:00Z"), until: Some(at("2026-11-22T12:00:00Z")) };
        let bars = HistoryBars::new(&[], watched, at("2026-11-24T12:00:00Z"));
        let days = bars.of(None);
        let has_data: Vec<bool> = days.0[85..].iter().map(|(_, day)| day.is_some()).collect();
        assert_eq!(has_data, [true, true, true, false, false]);
    }
}
