//! The last 90 days of a component or a page as a row of strokes: longer and of another colour the worse a day was, and the
//! same in words. What was not watched is a thin line.
use std::collections::HashSet;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use maud::{Markup, html};
use status::{
    ids::ComponentId,
    incident_timeline::{DayState, IncidentTimeline, daily_states},
    words::ComponentStatus,
};

use crate::shell::duration;

pub(super) const DAYS: usize = 90;
/// Width of a day in the picture, with the gap behind it; the strokes are dashed by the style sheet.
const WIDTH: usize = 4;

/// When we know how a page was.
#[derive(Clone, Copy)]
pub(super) struct Watched {
    pub(super) since: Timestamp,
    /// `None`: until now.
    pub(super) until: Option<Timestamp>,
}

/// The bars of one page.
pub(super) struct Bars<'a> {
    spans: &'a [IncidentTimeline],
    /// Components that any of the spans holds; the others all have the same bar.
    touched: HashSet<&'a ComponentId>,
    watched: Watched,
    now: Timestamp,
}

pub(super) struct Days(Vec<(Date, DayState)>);

impl<'a> Bars<'a> {
    pub(super) fn new(spans: &'a [IncidentTimeline], watched: Watched, now: Timestamp) -> Self {
        let touched = spans.iter().flat_map(|span| span.intervals.iter().map(|held| &held.component)).collect();
        Self { spans, touched, watched, now }
    }

    /// Of a component, or of the whole page.
    pub(super) fn of(&self, component: Option<&ComponentId>) -> Days {
        let is_calm = component.is_some_and(|component| !self.touched.contains(component));
        let spans = if is_calm { &[] } else { self.spans };
        let mut days = daily_states(spans, component, self.watched.since, DAYS, self.now);
        if let Some(until) = self.watched.until {
            let last = TimeZone::UTC.to_datetime(until).date();
            for (_, day) in days.iter_mut().filter(|(date, _)| *date > last) {
                *day = DayState::NotWatched;
            }
        }
        Days(days)
    }
}

impl Days {
    /// `2 days with trouble of the last 90; 31 days not watched`.
    pub(super) fn words(&self) -> String {
        let count = |wanted: fn(Look) -> bool| self.0.iter().filter(|(_, day)| wanted(look(*day))).count();
        let days = |count: usize| if count == 1 { "1 day".to_owned() } else { format!("{count} days") };
        let all = self.0.len();
        let (trouble, work) = (count(|look| look >= Look::Unknown), count(|look| look == Look::Maintenance));
        let unwatched = count(|look| look == Look::NotWatched);
        if unwatched == all {
            return format!("Not watched in the last {all} days");
        }
        let mut words = match trouble {
            0 if unwatched > 0 => format!("No trouble seen in the last {all} days"),
            0 => format!("No trouble in the last {all} days"),
            _ => format!("{} with trouble of the last {all}", days(trouble)),
        };
        if work > 0 {
            words += &format!("; {} with maintenance", days(work));
        }
        if unwatched > 0 {
            words += &format!("; {} not watched", days(unwatched));
        }
        words
    }

    pub(super) fn svg(&self) -> Markup {
        let width = self.0.len() * WIDTH;
        html! {
            svg.days role="img" viewBox={ "0 0 " (width) " 20" } preserveAspectRatio="none" aria-label=(self.words()) {
                @for run in self.runs() {
                    path class=(run.look.word()) d={ "M" (run.from * WIDTH) " 10h" (run.days * WIDTH) } {
                        @if let Some(title) = run.title { title { (title) } }
                    }
                }
            }
        }
    }

    /// Days that look the same in a row; a day with something to say stands alone.
    fn runs(&self) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for (number, (date, day)) in self.0.iter().enumerate() {
            let look = look(*day);
            let title = title(*date, *day);
            match runs.last_mut() {
                Some(run) if run.look == look && title.is_none() => run.days += 1,
                _ => runs.push(Run { look, from: number, days: 1, title }),
            }
        }
        runs
    }
}

struct Run {
    look: Look,
    from: usize,
    days: usize,
    title: Option<String>,
}

/// How a day is drawn; the worse the greater.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Look {
    NotWatched,
    Operational,
    Maintenance,
    /// Trouble of which it was not said how bad it was.
    Unknown,
    Degraded,
    PartialOutage,
    MajorOutage,
}

impl Look {
    fn word(self) -> &'static str {
        match self {
            Self::NotWatched => "not_watched",
            Self::Operational => "operational",
            Self::Maintenance => "under_maintenance",
            Self::Unknown => "unknown",
            Self::Degraded => "degraded_performance",
            Self::PartialOutage => "partial_outage",
            Self::MajorOutage => "major_outage",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::NotWatched => "not watched",
            Self::Operational => "no trouble",
            Self::Maintenance => "maintenance",
            Self::Unknown => "trouble, not said how bad",
            Self::Degraded => "degraded performance",
            Self::PartialOutage => "partial outage",
            Self::MajorOutage => "major outage",
        }
    }
}

fn look(day: DayState) -> Look {
    let DayState::Watched { worst, .. } = day else { return Look::NotWatched };
    match worst {
        ComponentStatus::Operational => Look::Operational,
        ComponentStatus::UnderMaintenance => Look::Maintenance,
        ComponentStatus::Unknown => Look::Unknown,
        ComponentStatus::DegradedPerformance => Look::Degraded,
        ComponentStatus::PartialOutage => Look::PartialOutage,
        ComponentStatus::MajorOutage => Look::MajorOutage,
    }
}

fn title(date: Date, day: DayState) -> Option<String> {
    let DayState::Watched { seconds, .. } = day else { return None };
    let look = look(day);
    let date = date.strftime("%-d %b %Y");
    (look != Look::Operational).then(|| format!("{date}: {}, {}", look.label(), duration(seconds)))
}

/// What the strokes mean.
pub(super) fn legend() -> Markup {
    const LOOKS: [Look; 7] = [
        Look::Operational,
        Look::Degraded,
        Look::PartialOutage,
        Look::MajorOutage,
        Look::Unknown,
        Look::Maintenance,
        Look::NotWatched,
    ];
    html! {
        ul.legend aria-label="What the strokes mean" {
            @for look in LOOKS {
                li {
                    svg.days viewBox="0 0 4 20" aria-hidden="true" { path class=(look.word()) d="M0 10h4" {} }
                    (look.label())
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(parts: &[(usize, Option<ComponentStatus>)]) -> Days {
        let first: Date = "2026-09-01".parse().unwrap();
        let days = parts.iter().flat_map(|(count, worst)| std::iter::repeat_n(*worst, *count));
        let day = |worst: Option<ComponentStatus>| match worst {
            Some(worst) => DayState::Watched { worst, seconds: 600 },
            None => DayState::NotWatched,
        };
        let date = |number: usize| first + jiff::Span::new().days(number as i64);
        Days(days.enumerate().map(|(number, worst)| (date(number), day(worst))).collect())
    }

    #[test]
    fn words_say_what_the_strokes_show() {
        use ComponentStatus::*;
        let mixed = days(&[(31, None), (57, Some(Operational)), (1, Some(MajorOutage)), (1, Some(Unknown))]);
        assert_eq!(mixed.words(), "2 days with trouble of the last 90; 31 days not watched");
        assert_eq!(days(&[(90, None)]).words(), "Not watched in the last 90 days");
        let work = days(&[(89, Some(Operational)), (1, Some(UnderMaintenance))]);
        assert_eq!(work.words(), "No trouble in the last 90 days; 1 day with maintenance");
        let strokes = mixed.svg().into_string();
        assert_eq!(strokes.matches("<path").count(), 4, "{strokes}");
        assert!(strokes.contains("28 Nov 2026: major outage, 10 min"), "{strokes}");
        assert!(!strokes.contains("style="));
    }

    #[test]
    fn no_day_behind_the_last_read_is_claimed() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let watched = Watched { since: at("2026-11-20T12:00:00Z"), until: Some(at("2026-11-22T12:00:00Z")) };
        let bars = Bars::new(&[], watched, at("2026-11-24T12:00:00Z"));
        let days = bars.of(None);
        let seen: Vec<bool> = days.0[85..].iter().map(|(_, day)| *day != DayState::NotWatched).collect();
        assert_eq!(seen, [true, true, true, false, false]);
    }
}
