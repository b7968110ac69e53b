//! Pingdom's public reports: a table of checks, at `stats.pingdom.com/<key>` or on a host of one's own. The page's
//! script reads it from `checks` below the page, whose cells are HTML.
//!
//! This rests on the code of one client and its tests, which read `status.convert.com`; nothing was recorded. That a
//! report at `stats.pingdom.com` keeps its table below its key is taken from there: where it does not, it is not read.
//! The checks are up or down and have no incidents. The order of the cells is not relied on.
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

use crate::{
    contract::{Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    read::{answers::endpoint, lenient_list::elements, problems::Problems},
    text::{
        html::{Token, Tokens, attribute, decode},
        urls::is_number,
        values::short_name,
    },
};

pub(crate) const FORMAT: Format = Format {
    name: "pingdom",
    fingerprint: Fingerprint { hosts: &["stats.pingdom.com"], markers: &["pingdom public report"], blind_probes: 0 },
    read,
};

/// Of the table.
const MAX_CHECKS: usize = 100;

#[derive(Deserialize)]
struct Table<'a> {
    #[serde(borrow, rename = "aaData")]
    rows: Option<Vec<&'a RawValue>>,
}

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let mut url = endpoint(context.page, "checks");
    url.set_query(Some(&format!("sEcho=1&iDisplayStart=0&iDisplayLength={MAX_CHECKS}")));
    let table: Table<'_> = answers.require(&url)?.json()?;
    let rows = table.rows.ok_or_else(|| ReadError::NotThisFormat(format!("{} has no `aaData`", url.path())))?;
    let mut problems = Problems::default();
    let (checks, mut is_whole) = elements::<Vec<&RawValue>>(&rows, "a check", &mut problems);
    is_whole &= rows.len() < MAX_CHECKS;
    let mut found = BTreeMap::new();
    for cells in &checks {
        let cells: Vec<String> = cells.iter().map(|cell| text(cell)).collect();
        let Some((id, name)) = cells.iter().find_map(|cell| named(cell)) else {
            is_whole = false;
            problems.add("a check without a name was left out".into());
            continue;
        };
        let word = cells.iter().find_map(|cell| state(cell)).unwrap_or_default();
        let status = status(&word).unwrap_or_else(|| problems.unknown_status(&id, &word));
        let id = ComponentId::new(id);
        found.entry(id.clone()).or_insert(Component { id, name: short_name(&name), group: None, status });
    }
    if found.is_empty() {
        return Err(ReadError::Malformed(format!("{} lists no check", url.path())).into());
    }
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page { id: None, name: None, url: Some(context.page.to_string()) },
            components: found.into_values().collect(),
            incidents: Vec::new(),
            coverage: Coverage {
                components: if is_whole { Listing::Complete } else { Listing::Partial },
                incidents: Listing::Complete,
            },
        },
        source: "checks".into(),
        unlisted: Vec::new(),
        problems: problems.into_vec(),
    })
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
