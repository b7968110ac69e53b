//! Site24x7's StatusIQ, recognised by its host or by words of the page's script. The page has its data at
//! `/sp/api/u/summary_details`, and at a second address that holds an id which the page's script names.
//!
//! Rests on the platform's own client code, which asks the first address, and on others' that ask the second; what the
//! codes mean is from the former. No answer of a live page was seen, so every part may be missing.
//!
//! Components of an incident are given by their names only. Maintenance is read where it is listed among the
//! incidents; whether all of it is, is not known.
mod incident;
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

use self::incident::{Incident, gather};
use crate::{
    contract::{Answer, Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    read::{
        answers::endpoint,
        incident_set::{IncidentSet, ids_of},
        lenient_list::elements,
        problems::Problems,
    },
    text::values::{Text, Word, short_name},
};

pub(crate) const FORMAT: Format = Format {
    name: "site24x7",
    fingerprint: Fingerprint {
        hosts: &["site24x7statusiq.com", "site24x7statusiq.eu", "site24x7statusiq.in", "status.site24x7.com"],
        markers: &["enc_statuspage_id", "encodedstatuspageid", "/sp/api/public/statuspages/", "site24x7statusiq"],
        blind_probes: 0,
    },
    read,
};

const SUMMARY: &str = "sp/api/u/summary_details";
const SUMMARY_BY_ID: &str = "sp/api/public/summary_details/statuspages/";

/// Which of the two addresses serves a page.
enum Source {
    Page,
    Id(String),
}

impl Source {
    fn parse(source: &str) -> Option<Self> {
        match source.strip_prefix("id ") {
            Some(id) => checked_id(id).map(Self::Id),
            None => (source == "page").then_some(Self::Page),
        }
    }

    fn url(&self, page: &Url) -> Url {
        match self {
            Self::Page => endpoint(page, SUMMARY),
            Self::Id(id) => endpoint(page, &format!("{SUMMARY_BY_ID}{id}")),
        }
    }

    fn source(&self) -> String {
        match self {
            Self::Page => "page".into(),
            Self::Id(id) => format!("id {id}"),
        }
    }
}

fn checked_id(id: &str) -> Option<String> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'=');
    ((8..=80).contains(&id.len()) && id.bytes().all(plain)).then(|| id.to_owned())
}

/// The id that a page's script names, whatever the quotes around it.
fn named_id(html: &str) -> Option<String> {
    ["enc_statuspage_id", "encodedStatuspageId"].iter().find_map(|key| {
        html.split(key).skip(1).find_map(|rest| {
            let between = |c: char| matches!(c, '"' | '\'' | '`' | ':' | '=' | ' ');
            let value = rest.strip_prefix("&quot;:&quot;").unwrap_or_else(|| rest.trim_start_matches(between));
            let end = value.find(['"', '\'', '`', '&', '<'])?;
            checked_id(&value[..end])
        })
    })
}

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let known = context.source.and_then(Source::parse);
    let source = known.as_ref().unwrap_or(&Source::Page);
    let url = source.url(context.page);
    let answer = answers.require(&url)?;
    let error = match parsed(context, answer, source) {
        Err(error @ ReadError::NotThisFormat(_)) if known.is_none() => error,
        read => return Ok(read?),
    };
    let page = answers.require(context.page)?;
    let Some(source) = page.text().ok().and_then(named_id).map(Source::Id) else {
        return Err(error.into());
    };
    let url = source.url(context.page);
    Ok(parsed(context, answers.require(&url)?, &source)?)
}

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    data: Data<'a>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    current_status: Vec<&'a RawValue>,
    #[serde(borrow)]
    active_incident_details: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    resolved_incident_details: Option<Vec<&'a RawValue>>,
}

/// The ended incidents of one day.
#[derive(Deserialize)]
struct Day<'a> {
    #[serde(borrow)]
    grp_by_incidents_list: Option<Vec<&'a RawValue>>,
}

/// A component, or a group of them.
#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    componentgroup_display_name: Option<Text<'a>>,
    #[serde(borrow)]
    componentgroup_components: Option<Vec<&'a RawValue>>,
    enc_component_id: Option<Word>,
    #[serde(borrow)]
    display_name: Option<Text<'a>>,
    component_status: Option<Word>,
}

fn parsed(context: &ReadContext<'_>, answer: &Answer, source: &Source) -> Result<ParsedPage, ReadError> {
    let Document { data } = answer.json()?;
    let mut problems = Problems::default();
    let (components, listing) = components(&data.current_status, &mut problems);
    // A page that nothing was put on yet is quiet. One whose components are all of another shape is no page of theirs.
    let is_new = data.current_status.is_empty() && data.active_incident_details.is_some();
    if components.is_empty() && !is_new {
        return Err(ReadError::NotThisFormat(format!("{} lists no component", answer.url.path())));
    }
    let mut incident_set = IncidentSet::default();
    match &data.active_incident_details {
        Some(list) => add(&mut incident_set, list, false, &components, &mut problems),
        None => {
            incident_set.damaged = true;
            problems.add(format!("{} has no list of active incidents", answer.url.path()));
        }
    }
    let unlisted = incident_set.missing(context.open);
    let has_history = data.resolved_incident_details.is_some();
    let (days, all) = elements::<Day<'_>>(&data.resolved_incident_details.unwrap_or_default(), "a day", &mut problems);
    incident_set.damaged |= !all;
    for list in days.iter().filter_map(|day| day.grp_by_incidents_list.as_ref()) {
        add(&mut incident_set, list, true, &components, &mut problems);
    }
    let incidents = incident_set.listing(context.open, has_history);
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page { id: None, name: None, url: Some(context.page.to_string()) },
            components: components.into_values().collect(),
            incidents: incident_set.into_incidents(),
            coverage: Coverage { components: listing, incidents },
        },
        source: source.source().into(),
        unlisted: ids_of(unlisted),
        problems: problems.into_vec(),
    })
}

fn add(
    incident_set: &mut IncidentSet,
    list: &[&RawValue],
    ended: bool,
    components: &BTreeMap<ComponentId, Component>,
    problems: &mut Problems,
) {
    let (incidents, whole) = elements::<Incident<'_>>(list, "an incident", problems);
    incident_set.damaged |= !whole;
    incidents.iter().for_each(|incident| gather(incident_set, incident, ended, components, problems));
}

fn components(list: &[&RawValue], problems: &mut Problems) -> (BTreeMap<ComponentId, Component>, Listing) {
    let (entries, mut whole) = elements::<Entry<'_>>(list, "a component", problems);
    let mut found = BTreeMap::new();
    for entry in &entries {
        match entry.componentgroup_components.as_deref() {
            Some(list) if !list.is_empty() => {
                let (members, all) = elements::<Entry<'_>>(list, "a component", problems);
                whole &= all;
                let group = entry.componentgroup_display_name.as_ref().map(|name| short_name(&name.0));
                members
                    .iter()
                    .for_each(|member| whole &= add_component(&mut found, member, group.as_deref(), problems));
            }
            // A group that nothing is in.
            _ if entry.componentgroup_display_name.is_some() && entry.enc_component_id.is_none() => {}
            _ => whole &= add_component(&mut found, entry, None, problems),
        }
    }
    (found, if whole { Listing::Complete } else { Listing::Partial })
}

/// `false` if the entry does not identify its component.
fn add_component(
    found: &mut BTreeMap<ComponentId, Component>,
    entry: &Entry<'_>,
    group: Option<&str>,
    problems: &mut Problems,
) -> bool {
    let id = entry.enc_component_id.as_ref().map(Word::as_str).filter(|id| !id.is_empty());
    let (Some(id), Some(name)) = (id, &entry.display_name) else {
        problems.add("a component without id or name was left out".into());
        return false;
    };
    let code = entry.component_status.as_ref().map_or("", Word::as_str);
    let status = component_status(code).unwrap_or_else(|| problems.unknown_status(id, code));
    let component =
        Component { id: ComponentId::new(id), name: name.0.to_string(), group: group.map(str::to_owned), status };
    found.entry(component.id.clone()).or_insert(component);
    true
}

/// Not in the order of how bad they are. 2 is a note on something that works.
fn component_status(code: &str) -> Option<ComponentStatus> {
    Some(match code {
        "1" | "2" => ComponentStatus::Operational,
        "3" => ComponentStatus::DegradedPerformance,
        "4" => ComponentStatus::UnderMaintenance,
        "5" => ComponentStatus::PartialOutage,
        "6" => ComponentStatus::MajorOutage,
        _ => return None,
    })
}
