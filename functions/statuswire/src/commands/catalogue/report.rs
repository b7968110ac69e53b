//! The report of a check: how each entry compares with its page, and the corrected catalogue. Only entries whose page
//! was read are corrected; the others are left for people to judge.
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt,
};

use ::catalogue::{self, Row, page_key};
use status::outside_text::is_hidden;

use super::{
    page_check::{PageResult, Relocation},
    state::{Record, State},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    AsListed,
    /// No format was listed.
    FormatFound,
    AnotherFormat,
    Moved,
    /// Its address leads to a page that may be somebody else's. Nothing of that is taken over.
    LeadsToAnother,
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
            Self::LeadsToAnother => "leads to somebody else",
            Self::NoStatusPage => "not a status page",
            Self::Unreachable => "unreachable",
        })
    }
}

pub(super) struct Report<'a> {
    rows: &'a [Row<'a>],
    checked: Vec<ReportRow<'a>>,
}

struct ReportRow<'a> {
    row: Row<'a>,
    record: &'a Record,
    outcome: Outcome,
    detail: String,
    /// The entry as it should be.
    corrected: Row<'a>,
}

impl<'a> Report<'a> {
    /// Of the chosen rows whose page was read; `rows` is the whole catalogue.
    pub(super) fn new(rows: &'a [Row<'a>], chosen: &[Row<'a>], state: &'a State) -> Self {
        let mut pages: HashSet<&'a str> = rows.iter().filter_map(|row| page_key(row.url)).collect();
        let known = chosen.iter().filter_map(|row| Some((*row, state.of(row)?)));
        Self { rows, checked: known.map(|(row, record)| compare_entry(row, record, &mut pages)).collect() }
    }

    pub(super) fn is_as_listed(&self) -> bool {
        self.checked.iter().all(|row| matches!(row.outcome, Outcome::AsListed | Outcome::FormatFound))
    }

    pub(super) fn summary(&self, of: usize) -> String {
        let mut counts: BTreeMap<Outcome, usize> = BTreeMap::new();
        for row in &self.checked {
            *counts.entry(row.outcome).or_default() += 1;
        }
        let counts: Vec<String> = counts.iter().map(|(outcome, number)| format!("{number} {outcome}")).collect();
        let changed = self.checked.iter().filter(|row| row.corrected != row.row).count();
        let counts = if counts.is_empty() { String::new() } else { format!(": {}", counts.join(", ")) };
        format!("{} of {of} checked{counts}; {changed} corrected", self.checked.len())
    }

    pub(super) fn corrected(&self, csv: &str) -> String {
        let by_slug: HashMap<&str, Row<'_>> = self.checked.iter().map(|row| (row.row.slug, row.corrected)).collect();
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
        for ReportRow { row, record, outcome, detail, .. } in &self.checked {
            let (format, name, components, open) = match &record.result {
                PageResult::Page { format, name, components, open_incidents, .. } => {
                    let name = name.as_deref().unwrap_or_default();
                    (format.as_str(), name, components.to_string(), open_incidents.to_string())
                }
                PageResult::NoStatusPage { .. } | PageResult::Unreachable { .. } => {
                    ("", "", String::new(), String::new())
                }
            };
            let at = format!("{:.0}", record.at);
            let outcome = outcome.to_string();
            let cells = [row.slug, &outcome, detail, row.url, row.platform, format, name, &components, &open, &at]
                .map(escape_formula);
            csv.write_record(cells)?;
        }
        Ok(String::from_utf8(csv.into_inner()?)?)
    }
}

/// Names and reasons come from strangers, and spreadsheets run a cell that looks like a formula.
fn escape_formula(cell: &str) -> String {
    let cell: String = cell.chars().map(|c| if is_hidden(c) { ' ' } else { c }).collect();
    if cell.starts_with(['=', '+', '-', '@']) { format!("'{cell}") } else { cell }
}

/// `pages`: the pages of all entries, to which a move is added.
fn compare_entry<'a>(row: Row<'a>, record: &'a Record, pages: &mut HashSet<&'a str>) -> ReportRow<'a> {
    let report = |outcome, detail, corrected| ReportRow { row, record, outcome, detail, corrected };
    let (format, relocation) = match &record.result {
        PageResult::NoStatusPage { reason } => return report(Outcome::NoStatusPage, reason.clone(), row),
        PageResult::Unreachable { reason } => return report(Outcome::Unreachable, reason.clone(), row),
        PageResult::Page { format, relocation, .. } => (format.as_str(), relocation),
    };
    let (outcome, platform) = compare_platform(row, format);
    let detail = match outcome {
        Outcome::AnotherFormat => format!("{platform} instead of {}", row.platform),
        Outcome::FormatFound => platform.to_owned(),
        _ => String::new(),
    };
    match relocation {
        None => report(outcome, detail, Row { platform, ..row }),
        Some(Relocation { url, is_providers: false, reason, .. }) => {
            report(Outcome::LeadsToAnother, format!("to {url}: {reason}"), row)
        }
        // The listed URL has no status page, so the format that was found says nothing about it.
        Some(Relocation { url, is_permanent: false, reason, .. }) => {
            report(Outcome::Moved, format!("to {url}: {reason}"), row)
        }
        Some(Relocation { url, reason, .. }) => {
            let page = page_key(url).unwrap_or(url);
            let is_same = page_key(row.url) == Some(page);
            if !is_same && !pages.insert(page) {
                let detail = format!("to {url}, which is the URL of another entry");
                return report(Outcome::Moved, detail, row);
            }
            let suffix = if outcome == Outcome::AnotherFormat { format!("; {detail}") } else { String::new() };
            report(Outcome::Moved, format!("to {url}: {reason}{suffix}"), Row { platform, url, ..row })
        }
    }
}

/// Compares the listed platform with the format that was found. Returns the platform as it should be listed.
fn compare_platform<'a>(row: Row<'a>, format: &'a str) -> (Outcome, &'a str) {
    // The catalogue's name of the format `feed`.
    let found = if format == "feed" { "rss" } else { format };
    match formats::of_platform(row.platform).map(|format| format.name) {
        Some(listed) if listed == format => (Outcome::AsListed, row.platform),
        None if row.platform.is_empty() => (Outcome::FormatFound, found),
        // A page of a platform without a format of ours usually has a feed too. The listed platform stays.
        None if row.platform != "custom" && format == "feed" => (Outcome::AsListed, row.platform),
        _ => (Outcome::AnotherFormat, found),
    }
}
