//! Pingdom's public reports: a table of checks, at `stats.pingdom.com/<key>` or on a host of one's own. The page's
//! script reads it from `checks` below the page, whose cells are HTML.
//!
//! This rests on the code of one client and its tests, which read `status.convert.com`; nothing was recorded. That a
//! report at `stats.pingdom.com` keeps its table below its key is taken from there: where it does not, it is not read.
//! The checks are up or down and have no incidents. The order of the cells is not relied on. The names of the table's
//! keys and parameters are those of the script that draws it (`DataTables` 1.9). There `iTotalDisplayRecords` counts
//! all rows; without the count, a full answer has another one behind it.
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::ComponentId,
    snapshot::{Component, Coverage, Listing, Page, Snapshot},
    words::ComponentStatus,
};
use url::Url;

use crate::{
    contract::{Answer, Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    read::{answers::endpoint, lenient_list::elements, problems::Problems},
    text::{
        html::{Token, Tokens, attribute, decode},
        urls::is_number,
        values::{Word, short_name},
    },
};

pub(crate) const FORMAT: Format = Format {
    name: "pingdom",
    fingerprint: Fingerprint { hosts: &["stats.pingdom.com"], markers: &["pingdom public report"], blind_probes: 0 },
    read,
};

const SOURCE: &str = "checks";
/// Rows of the table that one answer has.
const PAGE_SIZE: usize = 100;
/// So many answers are read, so that a first read stays within what finding a format may cost.
const MAX_PAGES: usize = 5;

#[derive(Deserialize)]
struct Table<'a> {
    #[serde(borrow, rename = "aaData")]
    rows: Option<Vec<&'a RawValue>>,
    /// Of all answers.
    #[serde(rename = "iTotalDisplayRecords")]
    total: Option<Word>,
}

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let known = context.source.and_then(known_pages).unwrap_or(1);
    answers.require_all(&(1..=known).map(|number| rows_url(context.page, number)).collect::<Vec<_>>())?;
    let mut checks = Checks { is_whole: true, ..Checks::default() };
    let mut problems = Problems::default();
    let mut pages = 1;
    for number in 1.. {
        if number > MAX_PAGES {
            problems.add(format!("only the first {} rows of the table were read", MAX_PAGES * PAGE_SIZE));
            checks.is_whole = false;
            break;
        }
        match checks.add(answers.require(&rows_url(context.page, number))?, &mut problems) {
            Ok(is_last) => {
                pages = number;
                if is_last {
                    break;
                }
            }
            Err(error) if number == 1 => return Err(error.into()),
            Err(error) => {
                problems.add(format!("page {number} of the table could not be read: {error}"));
                checks.is_whole = false;
                break;
            }
        }
    }
    if checks.found.is_empty() {
        return Err(ReadError::Malformed("the table lists no check".into()).into());
    }
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page { id: None, name: None, url: Some(context.page.to_string()) },
            components: checks.found.into_values().collect(),
            incidents: Vec::new(),
            coverage: Coverage {
                components: if checks.is_whole { Listing::Complete } else { Listing::Partial },
                incidents: Listing::Complete,
            },
        },
        source: if pages == 1 { SOURCE.into() } else { format!("{SOURCE} pages {pages}").into() },
        unlisted: Vec::new(),
        problems: problems.into_vec(),
    })
}

/// Of how many answers the table was when it was read last.
fn known_pages(source: &str) -> Option<usize> {
    let pages = source.strip_prefix(SOURCE)?.strip_prefix(" pages ")?;
    pages.parse().ok().filter(|pages| (1..=MAX_PAGES).contains(pages))
}

fn rows_url(page: &Url, number: usize) -> Url {
    let mut url = endpoint(page, "checks");
    let start = (number - 1) * PAGE_SIZE;
    url.set_query(Some(&format!("sEcho={number}&iDisplayStart={start}&iDisplayLength={PAGE_SIZE}")));
    url
}

/// The checks of all answers.
#[derive(Default)]
struct Checks {
    found: BTreeMap<ComponentId, Component>,
    rows: usize,
    is_whole: bool,
}

impl Checks {
    /// Adds the rows of one answer. Whether there are none behind them.
    fn add(&mut self, answer: &Answer, problems: &mut Problems) -> Result<bool, ReadError> {
        let table: Table<'_> = answer.json()?;
        let path = answer.url.path();
        let rows = table.rows.ok_or_else(|| ReadError::NotThisFormat(format!("{path} has no `aaData`")))?;
        let (checks, is_whole) = elements::<Vec<&RawValue>>(&rows, "a check", problems);
        self.is_whole &= is_whole;
        let before = self.found.len();
        for cells in &checks {
            let cells: Vec<String> = cells.iter().map(|cell| text(cell)).collect();
            let Some((id, name)) = cells.iter().find_map(|cell| named(cell)) else {
                self.is_whole = false;
                problems.add("a check without a name was left out".into());
                continue;
            };
            let word = cells.iter().find_map(|cell| state(cell)).unwrap_or_default();
            let status = status(&word).unwrap_or_else(|| problems.unknown_status(&id, &word));
            let id = ComponentId::new(id);
            self.found.entry(id.clone()).or_insert(Component { id, name: short_name(&name), group: None, status });
        }
        self.rows += rows.len();
        let total = table.total.and_then(|total| total.as_str().parse::<usize>().ok());
        let has_more = total.map_or(rows.len() >= PAGE_SIZE, |total| total > self.rows);
        // A server that gives fewer rows than it is asked for, or the same ones again.
        if has_more && (rows.len() < PAGE_SIZE || self.found.len() == before) {
            problems.add(format!("{path} gives only a part of the table"));
            self.is_whole = false;
            return Ok(true);
        }
        Ok(!has_more)
    }
}

/// The HTML of a cell; nothing of a cell of another kind.
fn text(cell: &RawValue) -> String {
    serde_json::from_str(cell.get()).unwrap_or_default()
}

/// `up` of `<span class="status up">`.
fn state(html: &str) -> Option<String> {
    Tokens::new(html).find_map(|token| {
        let Token::Open { attributes, .. } = token else { return None };
        let classes = attribute(attributes, "class")?;
        let mut classes = classes.split_whitespace().skip_while(|class| *class != "status");
        classes.nth(1).map(str::to_ascii_lowercase)
    })
}

/// The number and the name of a check, by the link to it.
fn named(html: &str) -> Option<(String, String)> {
    let mut id = None;
    let mut name = String::new();
    for token in Tokens::new(html) {
        match token {
            Token::Open { name: "a", attributes } if id.is_none() => {
                let link = attribute(attributes, "href")?;
                let number = link.trim_end_matches('/').rsplit('/').next()?;
                id = Some(number.to_owned()).filter(|number| is_number(number));
            }
            Token::Text(text) if id.is_some() => name.push_str(&decode(text)),
            Token::Close("a") => break,
            _ => {}
        }
    }
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    Some((id?, name)).filter(|(_, name)| !name.is_empty())
}

fn status(word: &str) -> Option<ComponentStatus> {
    Some(match word {
        "up" => ComponentStatus::Operational,
        "down" => ComponentStatus::MajorOutage,
        // It is not checked now.
        "unknown" | "paused" | "unmonitored" => ComponentStatus::Unknown,
        _ => return None,
    })
}
