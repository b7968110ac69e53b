//! Freshstatus, recognised by its host or a word of the page. The page's HTML holds the number of the account in what
//! it calls `accountDetails`; the data is at `public-api.freshstatus.io`, the same for all pages.
//!
//! Rests on client code only. Three documents are asked for every time: the incidents without an end, all incidents,
//! of which the first page shows what came and went in the meantime, and the components. What left the first list and
//! is not in the second is asked for by its number; not there means that it was deleted.
//!
//! Where the number of the account stands in `accountDetails` is not known for certain, so it is looked for. The lists
//! have no phases and no messages but the first one.
mod components;
mod incident;
#[cfg(test)]
mod tests;

use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use status::{
    ids::IncidentId,
    snapshot::{Coverage, Kind, Page, Snapshot},
};
use url::Url;

use self::incident::Item;
use crate::{
    contract::{Answer, Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    read::{
        incident_set::{IncidentSet, ids_of},
        lenient_list::elements,
        problems::Problems,
    },
    text::{
        html::decode,
        urls::{fixed_url, is_number},
    },
};

pub(crate) const FORMAT: Format = Format {
    name: "freshstatus",
    fingerprint: Fingerprint { hosts: &["freshstatus.io"], markers: &["freshstatus"], blind_probes: 0 },
    read,
};

const API: &str = "https://public-api.freshstatus.io";
/// At most so many incidents are looked up by their number in one read.
const MAX_LOOKED_UP: usize = 8;

/// The details of an account have some hundred bytes.
const MAX_DETAILS: usize = 256 * 1024;

/// The number of an account.
struct Account(u64);

impl Account {
    fn parse(source: &str) -> Option<Self> {
        let number = source.strip_prefix("account ")?.parse().ok().filter(|number| *number > 0)?;
        Some(Self(number))
    }

    fn named_by(answer: &Answer) -> Result<Self, ReadError> {
        let html = answer.text()?;
        let decoded;
        let (before, details) = match html.split_once("\"accountDetails\"") {
            Some(parts) => parts,
            None => {
                decoded = decode(html);
                decoded.split_once("\"accountDetails\"").ok_or_else(|| {
                    ReadError::NotThisFormat("the page has no details of an account of Freshstatus".into())
                })?
            }
        };
        let details = details.trim_start().strip_prefix(':').unwrap_or_default();
        let details = &details[..details.floor_char_boundary(MAX_DETAILS)];
        let value = serde_json::Deserializer::from_str(details).into_iter::<Value>().next();
        let Some(Ok(value)) = value else {
            return Err(ReadError::Malformed("the details of the account are cut off".into()));
        };
        if value["isError"] == Value::Bool(true) || value["status"] == "Not Found" {
            return Err(ReadError::NotThisFormat("Freshstatus knows no account of this name any more".into()));
        }
        let number = number_in(&value, 0).or_else(|| {
            let rest = before.rsplit_once("\"account_id\":")?.1.trim_start();
            rest[..rest.find(|c: char| !c.is_ascii_digit())?].parse().ok()
        });
        let none = || ReadError::NotThisFormat("the details of the account have no number".into());
        number.filter(|number| *number > 0).map(Self).ok_or_else(none)
    }

    fn url(&self, path: &str, query: &str) -> Url {
        let mut url = fixed_url(API);
        url.set_path(&format!("v1/{path}/"));
        url.set_query(Some(&format!("account_id={}{query}", self.0)));
        url
    }

    fn incident(&self, id: &IncidentId) -> Option<Url> {
        is_number(id.as_str()).then(|| self.url(&format!("public-incidents/{id}"), ""))
    }
}

/// What is named as the account's number, at most a few levels down.
fn number_in(value: &Value, depth: u8) -> Option<u64> {
    let named = ["account_id", "accountId", "id"].iter().find_map(|key| value.get(key)?.as_u64());
    let deeper = || ["response", "data", "account"].iter().find_map(|key| number_in(value.get(key)?, depth + 1));
    named.or_else(|| (depth < 3).then(deeper)?)
}

#[derive(Deserialize)]
struct List<'a> {
    #[serde(borrow)]
    results: Vec<&'a RawValue>,
    /// The address of the rest.
    #[serde(borrow)]
    next: Option<&'a RawValue>,
}

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let account = match context.source.and_then(Account::parse) {
        Some(known) => known,
        None => Account::named_by(answers.require(context.page)?)?,
    };
    let urls = [
        account.url("public-incidents", "&end_time__isempty=true"),
        account.url("public-incidents", ""),
        account.url("public-components", ""),
    ];
    answers.require_all(&urls)?;
    let [open, all, components] = urls.each_ref().map(|url| answers.require(url));
    let (open, all, components) = (open?, all?, components?);

    let mut problems = Problems::default();
    let mut incident_set = IncidentSet::default();
    let list: List<'_> = open.json()?;
    add(context, &mut incident_set, &list.results, &mut problems);
    if list.next.is_some() {
        incident_set.damaged = true;
        problems.add("there are more open incidents than the first page of them has".into());
    }
    let unlisted = incident_set.missing(context.open);
    match all.json::<List<'_>>() {
        Ok(list) => add(context, &mut incident_set, &list.results, &mut problems),
        Err(error) => {
            incident_set.damaged = true;
            problems.add(format!("the list of all incidents could not be read: {error}"));
        }
    }
    let gone = incident_set.missing(context.open);
    let look_ups: Vec<Url> = gone.iter().filter_map(|(_, id)| account.incident(id)).take(MAX_LOOKED_UP).collect();
    answers.require_all(&look_ups)?;
    let all_asked = look_ups.len() == gone.len();
    let looked_up = look_ups.iter().filter_map(|url| answers.get(url)).fold(all_asked, |known, answer| {
        let found = look_up(context, &mut incident_set, answer, &gone, &mut problems);
        known && found
    });

    let (components, listing) = components::read(components, &mut problems);
    let incidents = incident_set.listing(context.open, looked_up);
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page { id: Some(account.0.to_string()), name: None, url: Some(context.page.to_string()) },
            components,
            incidents: incident_set.into_incidents(),
            coverage: Coverage { components: listing, incidents },
        },
        source: format!("account {}", account.0).into(),
        unlisted: ids_of(unlisted),
        problems: problems.into_vec(),
    })
}

fn add(context: &ReadContext<'_>, incident_set: &mut IncidentSet, list: &[&RawValue], problems: &mut Problems) {
    let (items, whole) = elements::<Item<'_>>(list, "an incident", problems);
    incident_set.damaged |= !whole;
    for item in &items {
        let (changed_at, incident) = item.incident(context, problems);
        incident_set.add(changed_at, incident);
    }
}

/// Whether the answer tells what became of one of those that are gone: its end, or that it was deleted.
fn look_up(
    context: &ReadContext<'_>,
    incident_set: &mut IncidentSet,
    answer: &Answer,
    gone: &[(Kind, IncidentId)],
    problems: &mut Problems,
) -> bool {
    if answer.status == 404 {
        return true;
    }
    let error = match answer.json::<Item<'_>>() {
        Ok(item) if gone.iter().any(|(_, id)| answer.url.path().ends_with(&format!("/{id}/")) && item.is(id)) => {
            let (changed_at, incident) = item.incident(context, problems);
            incident_set.add(changed_at, incident);
            return true;
        }
        Ok(_) => ReadError::NotThisFormat(format!("{} is another incident", answer.url.path())),
        Err(error) => error,
    };
    problems.add(format!("an incident that is not listed any more could not be looked up: {error}"));
    false
}
