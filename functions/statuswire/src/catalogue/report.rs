//! What follows from the findings: how each entry compares to its page, and the catalogue as it should be. Only what
//! was read is corrected; an entry whose page was not reached, or is none, stays for people to judge.
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt,
};

use ::catalogue::{self, Row, page_key};

use super::{
    seen::{Elsewhere, Seen},
    state::{Record, State},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    AsListed,
    /// No format was listed.
    FormatFound,
    AnotherFormat,
    Moved,
    NoStatusPage,
    Unreachable,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AsListed => "as listed",
            Self::FormatFound => "format found",
            Self::AnotherFormat => "another format",
            Self::Moved => "moved",
            Self::NoStatusPage => "not a status page",
            Self::Unreachable => "unreachable",
        })
    }
}

pub(super) struct Report<'a> {
    rows: &'a [Row<'a>],
    judged: Vec<Judged<'a>>,
}

struct Judged<'a> {
    row: Row<'a>,
    record: &'a Record,
    outcome: Outcome,
    detail: String,
    /// The entry as it should be.
    corrected: Row<'a>,
}

impl<'a> Report<'a> {
    /// Of all rows, those that are chosen and known.
    pub(super) fn new(rows: &'a [Row<'a>], chosen: &[Row<'a>], state: &'a State) -> Self {
        let mut pages: HashSet<&'a str> = rows.iter().filter_map(|row| page_key(row.url)).collect();
        let known = chosen.iter().filter_map(|row| Some((*row, state.of(row)?)));
        Self { rows, judged: known.map(|(row, record)| judge(row, record, &mut pages)).collect() }
    }

    pub(super) fn is_as_listed(&self) -> bool {
        self.judged.iter().all(|judged| matches!(judged.outcome, Outcome::AsListed | Outcome::FormatFound))
    }

    pub(super) fn summary(&self, of: usize) -> String {
        let mut counts: BTreeMap<Outcome, usize> = BTreeMap::new();
        for judged in &self.judged {
            *counts.entry(judged.outcome).or_default() += 1;
        }
        let counts: Vec<String> = counts.iter().map(|(outcome, number)| format!("{number} {outcome}")).collect();
        let changed = self.judged.iter().filter(|judged| judged.corrected != judged.row).count();
        let counts = if counts.is_empty() { String::new() } else { format!(": {}", counts.join(", ")) };
        format!("{} of {of} checked{counts}; {changed} corrected", self.judged.len())
    }

    pub(super) fn corrected(&self, csv: &str) -> String {
        let by_slug: HashMap<&str, Row<'_>> =
            self.judged.iter().map(|judged| (judged.row.slug, judged.corrected)).collect();
        catalogue::write(self.rows.iter().map(|row| *by_slug.get(row.slug).unwrap_or(row)), csv)
    }

    pub(super) fn csv(&self) -> anyhow::Result<String> {
        let mut csv = csv::Writer::from_writer(Vec::new());
        csv.write_record([
            "slug",
            "outcome",
            "detail",
            "url",
            "listed_platform",
            "format",
            "name",
            "components",
            "open_incidents",
            "checked_at",
        ])?;
        for Judged { row, record, outcome, detail, .. } in &self.judged {
            let (format, name, components, open) = match &record.seen {
                Seen::Page { format, name, components, open_incidents, .. } => {
                    let name = name.as_deref().unwrap_or_default();
                    (format.as_str(), name, components.to_string(), open_incidents.to_string())
                }
                Seen::NoStatusPage { .. } | Seen::Unreachable { .. } => ("", "", String::new(), String::new()),
            };
            let at = format!("{:.0}", record.at);
            let outcome = outcome.to_string();
            let cells = [row.slug, &outcome, detail, row.url, row.platform, format, name, &components, &open, &at]
                .map(harmless);
            csv.write_record(cells)?;
        }
        Ok(String::from_utf8(csv.into_inner()?)?)
    }
}

/// Names and reasons are strangers' words, and spreadsheets run what looks like a formula.
fn harmless(cell: &str) -> String {
    let cell: String = cell.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if cell.starts_with(['=', '+', '-', '@']) { format!("'{cell}") } else { cell }
}

/// `pages`: where an entry is already.
fn judge<'a>(row: Row<'a>, record: &'a Record, pages: &mut HashSet<&'a str>) -> Judged<'a> {
    let judged = |outcome, detail, corrected| Judged { row, record, outcome, detail, corrected };
    let (format, elsewhere) = match &record.seen {
        Seen::NoStatusPage { reason } => return judged(Outcome::NoStatusPage, reason.clone(), row),
        Seen::Unreachable { reason } => return judged(Outcome::Unreachable, reason.clone(), row),
        Seen::Page { format, elsewhere, .. } => (format.as_str(), elsewhere),
    };
    let (outcome, platform) = compare(row, format);
    let another = match outcome {
        Outcome::AnotherFormat => format!("{platform} instead of {}", row.platform),
        Outcome::FormatFound => platform.to_owned(),
        _ => String::new(),
    };
    match elsewhere {
        None => judged(outcome, another, Row { platform, ..row }),
        // The entry's own address holds no page: what was found is no word on it.
        Some(Elsewhere { url, for_good: false, why }) => judged(Outcome::Moved, format!("to {url}: {why}"), row),
        Some(Elsewhere { url, why, .. }) => {
            let at = page_key(url).unwrap_or(url);
            let is_same = page_key(row.url) == Some(at);
            if !is_same && !pages.insert(at) {
                let detail = format!("to {url}, which another entry has already");
                return judged(Outcome::Moved, detail, row);
            }
            let also = if outcome == Outcome::AnotherFormat { format!("; {another}") } else { String::new() };
            judged(Outcome::Moved, format!("to {url}: {why}{also}"), Row { platform, url, ..row })
        }
    }
}

/// And the platform as it should be listed.
fn compare<'a>(row: Row<'a>, format: &'a str) -> (Outcome, &'a str) {
    // The catalogue's word for it.
    let found = if format == "feed" { "rss" } else { format };
    match formats::of_platform(row.platform).map(|format| format.name) {
        Some(listed) if listed == format => (Outcome::AsListed, row.platform),
        None if row.platform.is_empty() => (Outcome::FormatFound, found),
        // A page of a maker that we cannot read has a feed as well, which says nothing against the maker.
        None if row.platform != "custom" && format == "feed" => (Outcome::AsListed, row.platform),
        _ => (Outcome::AnotherFormat, found),
    }
}
