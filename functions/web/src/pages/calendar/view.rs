//! What the calendar shows for one request, and the URLs of its other views.
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::{
    days::{Range, ViewKind},
    zone::Zone,
};
use crate::{model::maintenance::Maintenance, urls};

/// Of a provider's id.
const MAX_ID_LENGTH: usize = 200;

#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct CalendarQuery {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) view: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) at: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) show: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) provider: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) zone: String,
}

impl CalendarQuery {
    /// The same query as it was understood, without defaults.
    pub(super) fn normalized(self, range: &Range, zone: &Zone) -> Self {
        Self {
            view: if range.view == ViewKind::Month { String::new() } else { self.view },
            // Every link on the page repeats them.
            provider: self.provider.chars().take(MAX_ID_LENGTH).collect(),
            show: if FILTERS.iter().any(|(word, ..)| *word == self.show) { self.show } else { String::new() },
            at: if self.at.is_empty() { String::new() } else { range.at.to_string() },
            zone: if zone.name == "UTC" { String::new() } else { zone.name.clone() },
        }
    }
}

/// A filter: the value of `show`, its label, and which maintenance passes.
type Filter = (&'static str, &'static str, fn(&Maintenance, Timestamp) -> bool);
pub(super) const FILTERS: [Filter; 3] = [
    ("", "All", |_, _| true),
    ("mine", "Watched", |it, _| it.watched),
    ("running", "In progress", |it, now| it.status(now).is_now()),
];

pub(super) struct CalendarView<'a> {
    pub(super) query: &'a CalendarQuery,
    pub(super) range: Range,
    pub(super) zone: &'a Zone,
    pub(super) today: Date,
    pub(super) now: Timestamp,
    /// Those that pass the filters, by start; those without a start come last.
    pub(super) maintenances: Vec<&'a Maintenance>,
}

impl CalendarView<'_> {
    pub(super) fn heading(&self) -> String {
        let Range { view, at, from, to, .. } = self.range;
        match view {
            ViewKind::Month => at.strftime("%B %Y").to_string(),
            ViewKind::Week => format!("{} to {}", from.strftime("%-d %B"), to.strftime("%-d %B %Y")),
            ViewKind::List => format!("{} to {}", at.strftime("%-d %B"), to.strftime("%-d %B %Y")),
        }
    }

    /// The URL of another view or day with the same filters.
    pub(super) fn url(&self, view: ViewKind, at: Date) -> String {
        let word = ViewKind::ALL.iter().find(|(kind, ..)| *kind == view).map_or("", |(_, word, _)| *word);
        let view = if view == ViewKind::Month { String::new() } else { word.to_owned() };
        url(&CalendarQuery { view, at: at.to_string(), ..self.query.clone() })
    }
}

/// The URL of the calendar with this query.
pub(super) fn url(query: &CalendarQuery) -> String {
    urls::with_query("/calendar", query)
}
