//! Uptime.com: a page at `/statuspage/<name>` of one of its hosts, or on a host of one's own. What it shows is in its
//! HTML, as the properties of `StatusPageDisplayController`, and once more in the document `ajax` below it. What ended
//! is in `history` below it.
//!
//! This rests on the code of four clients, one of them with recorded answers; nothing was recorded here. Not all of
//! them know of `ajax`, so where it is not there the HTML is read, which tells the address of the history too.
mod incident;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::ComponentId,
    snapshot::{Component, Coverage, Kind, Listing, Page, Snapshot},
    words::ComponentStatus,
};
use url::Url;

use self::incident::RawIncident;
use crate::{
    contract::{Answer, Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    read::{
        answers::endpoint,
        component_tree::{Node, leaves},
        incident_set::{IncidentSet, ids_of},
        lenient_list::elements,
        problems::Problems,
    },
    text::{
        values::{Text, Word, short_name},
        words::component_status,
    },
};

pub(crate) const FORMAT: Format = Format {
    name: "uptimecom",
    fingerprint: Fingerprint {
        hosts: &["status.uptime.com", "uptime.com/statuspage"],
        markers: &["statuspagedisplaycontroller"],
        blind_probes: 0,
    },
    read,
};

const AJAX: &str = "ajax";
const HTML: &str = "html";
const CONTROLLER: &str = "StatusPageDisplayController";

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    data: Option<StatusPage<'a>>,
}

/// The properties of the page's script.
#[derive(Deserialize)]
struct Properties<'a> {
    #[serde(borrow)]
    statuspage: Option<StatusPage<'a>>,
    #[serde(borrow, rename = "updateHistoryURL")]
    history_url: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct StatusPage<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    components: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    active_incidents: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    upcoming_maintenance: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct HistoryEnvelope<'a> {
    #[serde(borrow)]
    data: Option<History<'a>>,
}

#[derive(Deserialize)]
struct History<'a> {
    #[serde(borrow)]
    past_incidents: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct RawComponent<'a> {
    id: Word,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
    #[serde(borrow, default)]
    subcomponents: Option<Vec<&'a RawValue>>,
}

impl<'a> Node<'a> for RawComponent<'a> {
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn name(&self) -> &str {
        self.name.0.trim()
    }
    fn below(&self) -> &[&'a RawValue] {
        self.subcomponents.as_deref().unwrap_or_default()
    }
}

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let ajax = endpoint(context.page, AJAX);
    if context.source != Some(HTML) {
        let answer = answers.require(&ajax)?;
        match answer.json::<Envelope<'_>>() {
            Ok(Envelope { data: Some(page) }) => {
                let history = endpoint(context.page, "history");
                return parsed(context, answers, AJAX, &page, Some(&history));
            }
            Ok(_) | Err(ReadError::NotThisFormat(_)) if context.source.is_none() => {}
            Ok(_) => return Err(ReadError::NotThisFormat(format!("{} has no `data`", ajax.path())).into()),
            Err(error) => return Err(error.into()),
        }
    }
    let answer = answers.require(context.page)?;
    let html = answer.decoded()?;
    let properties = properties(answer, &html)?;
    let Some(page) = &properties.statuspage else {
        return Err(ReadError::NotThisFormat(format!("{} has no `statuspage`", answer.url.path())).into());
    };
    let history = properties.history_url.as_ref().and_then(|url| own_address(context.page, &url.0));
    parsed(context, answers, HTML, page, history.as_ref())
}

/// What the page's script is given.
fn properties<'t>(answer: &Answer, html: &'t str) -> Result<Properties<'t>, ReadError> {
    let path = answer.url.path();
    let none = || ReadError::NotThisFormat(format!("{path} shows no page of Uptime.com"));
    let (_, rest) = html.split_once(CONTROLLER).ok_or_else(none)?;
    let start = rest.find('{').ok_or_else(none)?;
    let mut values = serde_json::Deserializer::from_str(&rest[start..]).into_iter::<Properties<'t>>();
    match values.next() {
        Some(Ok(properties)) => Ok(properties),
        _ => Err(ReadError::Malformed(format!("the properties in {path} are damaged"))),
    }
}

/// An address that the page names, if it is one of the page's own host.
fn own_address(page: &Url, link: &str) -> Option<Url> {
    let url = page.join(link.trim()).ok()?;
    (url.origin() == page.origin()).then_some(url)
}

fn parsed(
    context: &ReadContext<'_>,
    answers: &Answers,
    source: &'static str,
    page: &StatusPage<'_>,
    history: Option<&Url>,
) -> Result<ParsedPage, Stop> {
    let missing = |key: &str| ReadError::NotThisFormat(format!("the page's data has no `{key}`"));
    let listed = page.components.as_ref().ok_or_else(|| missing("components"))?;
    let active = page.active_incidents.as_ref().ok_or_else(|| missing("active_incidents"))?;
    let mut problems = Problems::default();
    let (components, all_components) = components(listed, &mut problems);
    let mut set = IncidentSet::default();
    set.damaged = page.upcoming_maintenance.is_none();
    let upcoming = page.upcoming_maintenance.as_deref().unwrap_or_default();
    gather(context, &mut set, active, None, &mut problems);
    gather(context, &mut set, upcoming, Some(Kind::Maintenance), &mut problems);

    let unlisted = set.missing(context.open);
    let mut looked_up = unlisted.is_empty();
    if !looked_up && let Some(history) = history {
        looked_up = match answers.require(history)?.json::<HistoryEnvelope<'_>>() {
            Ok(HistoryEnvelope { data: Some(History { past_incidents: Some(past) }) }) => {
                let mut past_set = IncidentSet::default();
                gather(context, &mut past_set, &past, None, &mut problems);
                let is_whole = !past_set.damaged;
                let sought = past_set.into_incidents().into_iter().filter(|past| context.is_open(&past.id));
                sought.for_each(|past| set.add(past.newest_update_at(), past));
                is_whole
            }
            Ok(_) => {
                problems.add(format!("{} has no `past_incidents`", history.path()));
                false
            }
            Err(error) => {
                problems.add(format!("the history could not be read: {error}"));
                false
            }
        };
    }
    Ok(ParsedPage {
        unlisted: ids_of(unlisted),
        snapshot: Snapshot {
            page: Page {
                id: None,
                name: page.name.as_ref().map(|name| name.0.trim().to_owned()),
                url: Some(context.page.to_string()),
            },
            components,
            coverage: Coverage {
                components: if all_components { Listing::Complete } else { Listing::Partial },
                incidents: set.listing(context.open, looked_up),
            },
            incidents: set.into_incidents(),
        },
        source: source.into(),
        problems: problems.into_vec(),
    })
}

fn gather(
    context: &ReadContext<'_>,
    set: &mut IncidentSet,
    list: &[&RawValue],
    kind: Option<Kind>,
    problems: &mut Problems,
) {
    let (list, is_whole) = elements::<RawIncident<'_>>(list, "an incident", problems);
    set.damaged |= !is_whole;
    for raw in &list {
        let incident = raw.read(kind, context.now, problems);
        set.add(incident.newest_update_at(), incident);
    }
}

/// Each component once; a group only sums up what is below it.
fn components(raw: &[&RawValue], problems: &mut Problems) -> (Vec<Component>, bool) {
    let (leaves, is_whole) = leaves::<RawComponent<'_>>(raw, "a component", problems);
    let mut found = BTreeMap::new();
    for leaf in &leaves {
        let word = leaf.node.status.as_ref().map_or("", |word| &*word.0);
        let status = status(word).unwrap_or_else(|| problems.unknown_status(leaf.node.id(), word));
        let id = ComponentId::new(leaf.node.id());
        let name = short_name(leaf.node.name());
        found.entry(id.clone()).or_insert(Component { id, name, group: leaf.group(), status });
    }
    (found.into_values().collect(), is_whole)
}

/// `degraded-performance`.
fn status(word: &str) -> Option<ComponentStatus> {
    component_status(&word.replace('-', "_"))
}
