//! Okta's own status page, `status.okta.com`: a Salesforce page whose HTML holds its records as JSON in hidden
//! elements, `data-id="incidents"`, `"planned-outages"` and `"cellList"`. Recognised by its host and the first of
//! these.
//!
//! What is known rests on client code and its tests only (five readers of the page, of 2024 to 2026, which agree), on
//! no recording. The incidents go back in time with the resolved ones among them, so the list is its own history. Of
//! each there is one text, the newest; the cells (`okta.com:1`) are the components, in groups by their domain. The page
//! gives a cell no state of its own: it is what the open incidents that name it say.
#[cfg(test)]
mod tests;

use std::{borrow::Cow, collections::BTreeMap};

use jiff::Timestamp;
use serde::{Deserialize, de::IgnoredAny};
use status::{
    ids::{ComponentId, IncidentId, UpdateId, digest},
    snapshot::{Affected, Component, Coverage, Incident, Kind, Listing, Page, Snapshot, Update, Window},
    words::{ComponentStatus, Impact, Phase},
};

use crate::{
    contract::{Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    read::{
        answers::json_list,
        incident_reader::NO_TITLE,
        incident_set::{IncidentSet, ids_of},
        lenient_list::elements,
        problems::{Problems, quoted},
    },
    text::{
        dates::rfc3339,
        html::{Token, Tokens, attribute, decode, is_whole},
        values::{Word, plain_text},
        words::{is_planned, phase},
    },
};

pub(crate) const FORMAT: Format = Format {
    name: "okta",
    fingerprint: Fingerprint { hosts: &["status.okta.com"], markers: &[], blind_probes: 0 },
    read,
};

/// A record of either list. Times of the planned outages are those of the plan.
#[derive(Deserialize)]
struct Record {
    #[serde(rename = "Id")]
    id: Option<Word>,
    #[serde(rename = "Name")]
    number: Option<Word>,
    #[serde(rename = "Incident_Title__c")]
    title: Option<Word>,
    #[serde(rename = "Status__c")]
    status: Option<Word>,
    #[serde(rename = "Category__c")]
    category: Option<Word>,
    #[serde(rename = "Service_Feature__c")]
    feature: Option<Word>,
    #[serde(rename = "Impacted_Cells__c")]
    cells: Option<Word>,
    #[serde(rename = "Start_Time__c")]
    starts: Option<Word>,
    #[serde(rename = "End_Time__c")]
    ends: Option<Word>,
    #[serde(rename = "Last_Updated__c")]
    updated: Option<Word>,
    #[serde(rename = "Log__c")]
    log: Option<Word>,
}

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let answer = answers.require(context.page)?;
    let html = answer.text()?;
    let mut problems = Problems::default();
    let mut incident_set = IncidentSet::default();
    let Some(incidents) = embedded(html, "incidents", ":StringJSON") else {
        return Err(ReadError::NotThisFormat("the page holds no list of Okta's incidents".into()).into());
    };
    gather(&mut incident_set, Kind::Incident, &incidents, &mut problems)?;
    match embedded(html, "planned-outages", ":PlannedOutageStringJSON") {
        Some(planned) => gather(&mut incident_set, Kind::Maintenance, &planned, &mut problems)?,
        None => {
            incident_set.damaged = true;
            problems.add("the page holds no list of planned outages".into());
        }
    }
    let whole = is_whole(html);
    if !whole {
        problems.add(format!("the page is cut off after {} bytes", html.len()));
    }
    let cells = embedded(html, "cellList", ":CellList");

    let unlisted = incident_set.missing(context.open);
    let gone = unlisted.iter().any(|(kind, _)| *kind == Kind::Incident);
    let incidents_listing = incident_set.listing(context.open, whole);
    let incidents = incident_set.into_incidents();
    // A list without a single ended one is no history, so what it lacks may be only ended.
    let is_history = incidents.iter().any(|incident| incident.kind == Kind::Incident && incident.is_over());
    let incidents_listing = if gone && !is_history { Listing::Partial } else { incidents_listing };
    let coverage = Coverage {
        components: if whole && cells.is_some() { Listing::Complete } else { Listing::Partial },
        incidents: incidents_listing,
    };
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page { id: None, name: Some("Okta".into()), url: Some(context.page.to_string()) },
            components: components(cells.as_deref().unwrap_or_default(), &incidents, coverage.incidents),
            incidents,
            coverage,
        },
        source: "page".into(),
        unlisted: ids_of(unlisted),
        problems: problems.into_vec(),
    })
}

/// The text of the hidden element that has this `data-id`, or an `id` that ends so. JSON in it may be written as it is,
/// with tags in its strings, or with entities.
fn embedded<'a>(html: &'a str, data_id: &str, id_end: &str) -> Option<Cow<'a, str>> {
    let mut tokens = Tokens::new(html);
    loop {
        let Token::Open { attributes, .. } = tokens.next()? else { continue };
        let is =
            |name: &str, fits: &dyn Fn(&str) -> bool| attribute(attributes, name).is_some_and(|value| fits(&value));
        if is("data-id", &|value| value == data_id) || is("id", &|value| value.ends_with(id_end)) {
            break;
        }
    }
    let rest = html[tokens.position()..].trim_start();
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<IgnoredAny>();
    if rest.starts_with('[') && values.next().is_some_and(|value| value.is_ok()) {
        return Some(Cow::Borrowed(&rest[..values.byte_offset()]));
    }
    Some(decode(rest.find("</").map_or(rest, |end| &rest[..end])))
}

fn gather(incident_set: &mut IncidentSet, kind: Kind, list: &str, problems: &mut Problems) -> Result<(), ReadError> {
    if list.trim().is_empty() {
        return Ok(());
    }
    let name = if kind == Kind::Incident { "the list of incidents" } else { "the list of planned outages" };
    let list = json_list(name, list)?;
    let (records, whole) = elements::<Record>(&list, "an incident", problems);
    incident_set.damaged |= !whole;
    for record in records {
        match incident(kind, record, problems) {
            Some((changed_at, incident)) => incident_set.add(changed_at, incident),
            None => {
                incident_set.damaged = true;
                problems.add("an incident without id was left out".into());
            }
        }
    }
    Ok(())
}

fn incident(kind: Kind, mut record: Record, problems: &mut Problems) -> Option<(Option<Timestamp>, Incident)> {
    let id = record.id.take().filter(|id| !id.0.is_empty())?;
    let Times { starts_at, ends_at, updated_at } = Times::read(&id, &record, problems);
    let (status, category) = (word(&record.status), word(&record.category).to_lowercase());
    let stated = phase(&status);
    if stated.is_none() {
        problems.add(format!("incident {} has the unknown status {}", quoted(id.as_str()), quoted(&status)));
    }
    let is_planned_outage =
        category.contains("maintenance") || category.contains("planned") || stated.is_some_and(is_planned);
    let kind = if is_planned_outage { Kind::Maintenance } else { kind };
    let is_maintenance = kind == Kind::Maintenance;
    let phase = match stated {
        Some(Phase::Resolved) if is_maintenance => Some(Phase::Completed),
        other => other,
    };
    // For an incident the page gives its end, for a maintenance the planned end.
    let over = phase.map_or(!is_maintenance && ends_at.is_some(), Phase::is_over);
    let degree = degree(&category, word(&record.feature) == "tp");
    if degree.is_none() && !is_maintenance {
        problems.add(format!("incident {} has the unknown category {}", quoted(id.as_str()), quoted(&category)));
    }
    let state = match phase {
        _ if over => None,
        Some(Phase::InProgress) if is_maintenance => Some(ComponentStatus::UnderMaintenance),
        _ if is_maintenance => None,
        _ => degree.map(|(_, status)| status),
    };
    let named = word(&record.cells);
    let mut components: Vec<Affected> =
        cells(&named).map(|cell| Affected { id: ComponentId::new(cell), status: state }).collect();
    components.sort();
    components.dedup();
    let update = newest(&status, record.log, phase, updated_at.or(starts_at));
    let title =
        [record.title, record.number].into_iter().flatten().map(|title| plain_text(&title.0).replace('\n', " "));
    let incident = Incident {
        id: IncidentId::new(id.as_str()),
        kind,
        title: title.into_iter().find(|title| !title.trim().is_empty()).unwrap_or_else(|| NO_TITLE.into()),
        phase,
        impact: degree.map(|(impact, _)| impact).filter(|_| !is_maintenance),
        url: None,
        started_at: starts_at.filter(|_| !is_maintenance),
        resolved_at: ends_at.or(updated_at.filter(|_| phase.is_some())).filter(|_| over),
        window: Some(Window { starts_at, ends_at }).filter(|_| is_maintenance && starts_at.or(ends_at).is_some()),
        components,
        updates: update.into_iter().collect(),
    };
    Some((updated_at, incident))
}

struct Times {
    starts_at: Option<Timestamp>,
    ends_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
}

impl Times {
    fn read(id: &Word, record: &Record, problems: &mut Problems) -> Self {
        let mut time = |what: &str, text: &Option<Word>| {
            let text = text.as_ref().filter(|text| !text.as_str().is_empty())?;
            let time = rfc3339(text.as_str());
            if time.is_none() {
                let (id, text) = (quoted(id.as_str()), quoted(text.as_str()));
                problems.add(format!("incident {id} {what} at {text}, which is no time with a zone"));
            }
            time
        };
        Self {
            starts_at: time("starts", &record.starts),
            ends_at: time("ends", &record.ends),
            updated_at: time("was updated", &record.updated),
        }
    }
}

fn word(word: &Option<Word>) -> String {
    word.as_ref().map_or("", |word| word.as_str()).trim().to_owned()
}

/// The text of the record, which is all that the page shows of what was written.
fn newest(status: &str, log: Option<Word>, phase: Option<Phase>, posted_at: Option<Timestamp>) -> Option<Update> {
    let body = log.map(|log| plain_text(&log.0)).filter(|body| !body.trim().is_empty())?;
    Some(Update {
        // The record's time moves with any change to it, so it does not tell one text from another.
        id: UpdateId::from(digest(&[&status.to_lowercase(), &body])),
        phase,
        posted_at,
        body: Some(body),
        components: Vec::new(),
    })
}

/// What Okta calls the degree of an incident, and what it means for the cells in it. Trouble of a third party (`tp`) is
/// shown as minor whatever it is called.
fn degree(category: &str, is_third_party: bool) -> Option<(Impact, ComponentStatus)> {
    Some(match category {
        _ if is_third_party => (Impact::Minor, ComponentStatus::DegradedPerformance),
        "major service disruption" | "service disruption" => (Impact::Major, ComponentStatus::MajorOutage),
        "minor service disruption" => (Impact::Minor, ComponentStatus::PartialOutage),
        "service degradation" | "performance issue" | "feature disruption" => {
            (Impact::Minor, ComponentStatus::DegradedPerformance)
        }
        _ => return None,
    })
}

fn cells(list: &str) -> impl Iterator<Item = &str> {
    list.split([',', ';']).map(str::trim).filter(|cell| !cell.is_empty())
}

/// The cells of the list and those that open incidents name besides.
fn components(list: &str, incidents: &[Incident], listing: Listing) -> Vec<Component> {
    let open = || incidents.iter().filter(|incident| !incident.is_over());
    // An incident that names no cell may be about any.
    let is_anywhere = open().any(|incident| incident.kind == Kind::Incident && incident.components.is_empty());
    let otherwise = match listing {
        Listing::Complete if !is_anywhere => ComponentStatus::Operational,
        _ => ComponentStatus::Unknown,
    };
    let mut states: BTreeMap<&str, Vec<Option<ComponentStatus>>> = cells(list).map(|cell| (cell, Vec::new())).collect();
    for incident in open().filter(|incident| incident.phase != Some(Phase::Scheduled)) {
        for affected in &incident.components {
            states.entry(affected.id.as_str()).or_default().push(affected.status);
        }
    }
    let component = |(cell, states): (&str, Vec<Option<ComponentStatus>>)| Component {
        id: ComponentId::new(cell),
        name: cell.to_owned(),
        group: cell.split_once(':').map(|(domain, _)| domain.to_owned()),
        status: states.iter().map(|state| state.unwrap_or(ComponentStatus::Unknown)).max().unwrap_or(otherwise),
    };
    states.into_iter().map(component).collect()
}
