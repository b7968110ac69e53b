//! The last 90 days of a page or a component as a row of bars: the worse a day, the taller its bar and the stronger its
//! colour. Days that only the provider's history tells of are hatched, days without data are thin lines. Titles and a
//! summary say the same in words.
use jiff::civil::Date;
use maud::{Markup, html};
use status::{availability::DayState, words::ComponentStatus};

use crate::{durations::duration, provider_state::ProviderState};

/// Width of a day in SVG units, its gap included. The style sheet dashes the lines into bars.
const DAY_WIDTH: usize = 4;

/// The days of one row of bars, the oldest first.
pub struct Days(pub Vec<(Date, DayState)>);

impl Days {
    /// `Incidents on 2 of 59 watched days, maintenance on 1 day, imported incidents on 3 days before`.
    pub fn summary(&self) -> String {
        let is_incident = |worst: ComponentStatus| worst.is_trouble() || worst == ComponentStatus::Unknown;
        let count = |matches: &dyn Fn(DayState) -> bool| self.0.iter().filter(|(_, day)| matches(*day)).count();
        let watched_as = |matches: &dyn Fn(ComponentStatus) -> bool| {
            count(&|day| matches!(day, DayState::Watched { worst, .. } if matches(worst)))
        };
        let imported = count(&|day| matches!(day, DayState::Imported { worst, .. } if is_incident(worst)));
        let maintenance = watched_as(&|worst| worst == ComponentStatus::UnderMaintenance);
        let mut summary = watched_summary(watched_as(&is_incident), watched_as(&|_| true), self.0.len());
        if maintenance > 0 {
            summary += &format!(", maintenance on {}", days(maintenance));
        }
        if imported > 0 {
            summary += &format!(", imported incidents on {} before", days(imported));
        }
        summary
    }

    pub fn svg(&self) -> Markup {
        let width = self.0.len() * DAY_WIDTH;
        html! {
            svg.days role="img" viewBox={ "0 0 " (width) " 20" } preserveAspectRatio="none" aria-label=(self.summary()) {
                @for run in self.runs() {
                    path class=(class(run.day)) d={ "M" (run.first * DAY_WIDTH) " 10h" (run.days * DAY_WIDTH) } {
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
            let title = title(*date, *day);
            match runs.last_mut() {
                Some(run) if run.day == *day && title.is_none() => run.days += 1,
                _ => runs.push(Run { day: *day, first: number, days: 1, title }),
            }
        }
        runs
    }
}

fn days(count: usize) -> String {
    if count == 1 { "1 day".to_owned() } else { format!("{count} days") }
}

fn watched_summary(incidents: usize, watched: usize, total: usize) -> String {
    match (incidents, watched) {
        (_, 0) => format!("No data for the last {total} days"),
        (0, watched) if watched == total => format!("No incidents in the last {total} days"),
        (0, watched) => format!("No incidents on the {} watched so far", days(watched)),
        (_, watched) if watched == total => format!("Incidents on {incidents} of the last {total} days"),
        (_, watched) => {
            format!("Incidents on {incidents} of {watched} watched {}", if watched == 1 { "day" } else { "days" })
        }
    }
}

struct Run {
    day: DayState,
    /// The index of its first day.
    first: usize,
    days: usize,
    title: Option<String>,
}

fn class(day: DayState) -> String {
    let of = |worst| ProviderState::of_component(worst).unwrap_or(ProviderState::Unknown).as_str();
    match day {
        DayState::NotWatched => ProviderState::NotWatched.as_str().to_owned(),
        DayState::Watched { worst, .. } => of(worst).to_owned(),
        DayState::Imported { worst, .. } => format!("imported {}", of(worst)),
    }
}

fn label(worst: ComponentStatus) -> &'static str {
    match worst {
        ComponentStatus::Operational => "No incidents",
        ComponentStatus::UnderMaintenance => "Maintenance",
        ComponentStatus::Unknown => "Severity not stated",
        status => ProviderState::of_component(status).map_or("Severity not stated", ProviderState::label),
    }
}

/// `28 Nov 2026: Major outage, 10 min`; nothing for days without incident and maintenance.
fn title(date: Date, day: DayState) -> Option<String> {
    let (worst, seconds, imported) = match day {
        DayState::NotWatched | DayState::Watched { worst: ComponentStatus::Operational, .. } => return None,
        DayState::Watched { worst, seconds } => (worst, seconds, ""),
        DayState::Imported { worst, seconds } => (worst, seconds, ", imported"),
    };
    Some(format!("{}: {}, {}{imported}", date.strftime("%-d %b %Y"), label(worst), duration(seconds)))
}

/// What the bars mean.
pub fn legend() -> Markup {
    const STATES: [ComponentStatus; 6] = [
        ComponentStatus::Operational,
        ComponentStatus::DegradedPerformance,
        ComponentStatus::PartialOutage,
        ComponentStatus::MajorOutage,
        ComponentStatus::Unknown,
        ComponentStatus::UnderMaintenance,
    ];
    let watched = STATES.map(|worst| (DayState::Watched { worst, seconds: 0 }, label(worst)));
    let imported = DayState::Imported { worst: ComponentStatus::DegradedPerformance, seconds: 0 };
    let others = [(imported, "Imported, not seen"), (DayState::NotWatched, "No data")];
    html! {
        ul.legend aria-label="Legend" {
            @for (day, label) in watched.into_iter().chain(others) {
                li {
                    svg.days viewBox="0 0 4 20" aria-hidden="true" { path class=(class(day)) d="M0 10h4" {} }
                    (label)
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ComponentStatus::*;
    use jiff::ToSpan as _;

    use super::*;

    fn watched(worst: ComponentStatus) -> DayState {
        DayState::Watched { worst, seconds: 600 }
    }

    fn days(runs: &[(usize, DayState)]) -> Days {
        let first: Date = "2026-09-01".parse().unwrap();
        let states = runs.iter().flat_map(|(count, day)| std::iter::repeat_n(*day, *count));
        let date = |number: usize| first + i64::try_from(number).unwrap().days();
        Days(states.enumerate().map(|(number, day)| (date(number), day)).collect())
    }

    #[test]
    fn summary_and_titles_say_what_the_bars_show() {
        let mixed = days(&[
            (31, DayState::NotWatched),
            (57, watched(Operational)),
            (1, watched(MajorOutage)),
            (1, watched(Unknown)),
        ]);
        assert_eq!(mixed.summary(), "Incidents on 2 of 59 watched days");
        assert_eq!(days(&[(90, DayState::NotWatched)]).summary(), "No data for the last 90 days");
        let fresh = days(&[(89, DayState::NotWatched), (1, watched(Operational))]);
        assert_eq!(fresh.summary(), "No incidents on the 1 day watched so far");
        let maintenance = days(&[(89, watched(Operational)), (1, watched(UnderMaintenance))]);
        assert_eq!(maintenance.summary(), "No incidents in the last 90 days, maintenance on 1 day");
        let svg = mixed.svg().into_string();
        assert_eq!(svg.matches("<path").count(), 4, "{svg}");
        assert!(svg.contains("28 Nov 2026: Major outage, 10 min"), "{svg}");
        assert!(!svg.contains("style="));
    }

    #[test]
    fn imported_days_are_hatched_and_not_watched() {
        let imported = DayState::Imported { worst: PartialOutage, seconds: 600 };
        let days =
            days(&[(40, DayState::NotWatched), (2, imported), (47, DayState::NotWatched), (1, watched(Operational))]);
        assert_eq!(days.summary(), "No incidents on the 1 day watched so far, imported incidents on 2 days before");
        let svg = days.svg().into_string();
        assert_eq!(svg.matches("class=\"imported partial_outage\"").count(), 2, "{svg}");
        assert!(svg.contains("11 Oct 2026: Partial outage, 10 min, imported"), "{svg}");
    }
}
