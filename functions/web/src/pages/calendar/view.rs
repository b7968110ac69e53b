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
            // Without one the script chooses that of the browser, so UTC stays if it was asked for.
            zone: if self.zone.is_empty() { String::new() } else { zone.name.clone() },
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
        let Range { view, is_present, at, from, to, .. } = self.range;
        match view {
            ViewKind::Month if !is_present => at.strftime("%B %Y").to_string(),
            _ if from.year() == to.year() => format!("{} to {}", from.strftime("%-d %B"), to.strftime("%-d %B %Y")),
            _ => format!("{} to {}", from.strftime("%-d %B %Y"), to.strftime("%-d %B %Y")),
        }
    }

    /// The URL of another view or day with the same filters.
    pub(super) fn url(&self, view: ViewKind, at: Date) -> String {
        self.url_at(view, at.to_string())
    }

    /// The URL of another view of the same days.
    pub(super) fn other_view(&self, view: ViewKind) -> String {
        self.url_at(view, if self.range.is_present { String::new() } else { self.range.at.to_string() })
    }

    fn url_at(&self, view: ViewKind, at: String) -> String {
        let word = ViewKind::ALL.iter().find(|(kind, ..)| *kind == view).map_or("", |(_, word, _)| *word);
        let view = if view == ViewKind::Month { String::new() } else { word.to_owned() };
        url(&CalendarQuery { view, at, ..self.query.clone() })
    }
}

/// The URL of the calendar with this query.
pub(super) fn url(query: &CalendarQuery) -> String {
    urls::with_query("/calendar", query)
}
