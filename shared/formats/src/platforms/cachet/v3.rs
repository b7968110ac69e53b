//! `/api` of Cachet 3: JSON:API, with what an element is related to in a list of its own.
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::{ComponentId, IncidentId},
    snapshot::{Component, Kind},
};
use url::Url;

use super::item::{Item, List, Listed, Posted, RawComponent, component_status, phase, schedule_id, schedule_phase};
use crate::{
    contract::{Answer, ReadError},
    read::{
        answers::endpoint,
        incident_reader::title_or_default,
        lenient_list::elements,
        problems::{Problems, quoted},
    },
    text::values::{Word, short_name},
};

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    data: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    included: Option<Vec<&'a RawValue>>,
    links: Option<Links>,
    meta: Option<Meta>,
}

#[derive(Deserialize)]
struct Links {
    next: Option<String>,
}

#[derive(Deserialize)]
struct Meta {
    per_page: Option<Word>,
}

#[derive(Deserialize)]
struct Single<'a> {
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    included: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Resource {
    id: Option<Word>,
    #[serde(rename = "type")]
    kind: Option<String>,
    attributes: Option<Attributes>,
    relationships: Option<Relationships>,
}

#[derive(Deserialize)]
struct Attributes {
    guid: Option<String>,
    name: Option<String>,
    message: Option<String>,
    status: Option<Status>,
    /// Of a component: with what incidents and maintenance make of it, as the page shows it.
    latest_status: Option<Status>,
}

#[derive(Deserialize)]
struct Status {
    value: Option<Word>,
}

impl Attributes {
    fn code(&self) -> Option<&Word> {
        self.latest_status.as_ref().or(self.status.as_ref())?.value.as_ref()
    }
}

#[derive(Default, Deserialize)]
struct Relationships {
    updates: Option<Many>,
    components: Option<Many>,
    group: Option<One>,
}

#[derive(Deserialize)]
struct Many {
    data: Option<Vec<Reference>>,
}

#[derive(Deserialize)]
struct One {
    data: Option<Reference>,
}

#[derive(Deserialize)]
struct Reference {
    id: Option<Word>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// The elements that others are related to, by type and id.
type Included = BTreeMap<(String, String), Attributes>;

fn included(raw: Option<&[&RawValue]>, problems: &mut Problems) -> Included {
    let (raw, _) = elements::<Resource>(raw.unwrap_or_default(), "a related element", problems);
    raw.into_iter().filter_map(|raw| Some(((raw.kind?, raw.id?.0), raw.attributes?))).collect()
}

impl Reference {
    fn find<'i>(&self, included: &'i Included) -> Option<&'i Attributes> {
        included.get(&(self.kind.clone()?, self.id.as_ref()?.0.clone()))
    }
}

/// The elements, what they are related to, and whether all could be read and there is another page.
fn list(answer: &Answer, problems: &mut Problems) -> Result<(Listed<Resource>, Included), ReadError> {
    let document: Document<'_> = answer.json()?;
    let missing =
        |key: &str| ReadError::NotThisFormat(format!("{} is no list of Cachet: no `{key}`", answer.url.path()));
    let data = document.data.ok_or_else(|| missing("data"))?;
    document.meta.and_then(|meta| meta.per_page).ok_or_else(|| missing("meta.per_page"))?;
    let links = document.links.ok_or_else(|| missing("links"))?;
    let (items, whole) = elements::<Resource>(&data, "an element", problems);
    let has_more = links.next.is_some_and(|next| !next.is_empty());
    Ok((Listed { items, whole, has_more }, included(document.included.as_deref(), problems)))
}

pub(super) fn items(
    page: &Url,
    kind: List,
    answer: &Answer,
    problems: &mut Problems,
) -> Result<Listed<Item>, ReadError> {
    let (listed, included) = list(answer, problems)?;
    let mut whole = listed.whole;
    let mut items = Vec::with_capacity(listed.items.len());
    for raw in &listed.items {
        match read(page, kind, raw, &included, problems) {
            Some(item) => items.push(item),
            None => whole = false,
        }
    }
    Ok(Listed { items, whole, has_more: listed.has_more })
}

/// The document of one.
pub(super) fn item(page: &Url, kind: List, answer: &Answer, problems: &mut Problems) -> Result<Item, ReadError> {
    let document: Single<'_> = answer.json()?;
    let (raw, _) = elements::<Resource>(document.data.as_slice(), "an element", problems);
    let included = included(document.included.as_deref(), problems);
    let item = raw.first().and_then(|raw| read(page, kind, raw, &included, problems));
    item.ok_or_else(|| ReadError::NotThisFormat(format!("{} holds no incident", answer.url.path())))
}

fn read(page: &Url, kind: List, raw: &Resource, included: &Included, problems: &mut Problems) -> Option<Item> {
    let number = raw.id.as_ref().map(Word::as_str).filter(|id| !id.is_empty());
    let (Some(number), Some(attributes)) = (number, &raw.attributes) else {
        problems.add("an incident without id or content was left out".into());
        return None;
    };
    let code = attributes.code();
    let (id, kind, phase) = match kind {
        List::Schedules => (schedule_id(number), Kind::Maintenance, schedule_phase(code)),
        _ => (IncidentId::new(number), Kind::Incident, phase(code)),
    };
    // 0: not set.
    if phase.is_none() && code.is_none_or(|code| code.as_str() != "0") {
        let code = code.map_or("", Word::as_str);
        problems.add(format!("incident {} has the unknown status {}", quoted(id.as_str()), quoted(code)));
    }
    let related = raw.relationships.as_ref();
    let all = |many: Option<&Many>| -> Vec<String> {
        let references = many.and_then(|many| many.data.as_deref()).unwrap_or_default();
        references.iter().filter_map(|reference| Some(reference.id.as_ref()?.0.clone())).collect()
    };
    let guid = attributes.guid.as_deref().filter(|guid| guid.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
    Some(Item {
        id,
        kind,
        title: title_or_default(attributes.name.as_deref()),
        phase,
        url: guid.map(|guid| endpoint(page, &format!("incidents/{guid}")).into()),
        message: attributes.message.clone(),
        updates: related
            .and_then(|related| related.updates.as_ref())
            .map_or_else(Vec::new, |many| updates(many, included)),
        components: all(related.and_then(|related| related.components.as_ref())).iter().map(ComponentId::new).collect(),
    })
}

fn updates(many: &Many, included: &Included) -> Vec<Posted> {
    // An update is one, however often it is referred to.
    let mut seen = BTreeSet::new();
    let references = many.data.iter().flatten();
    let posted = references.filter(|reference| seen.insert(reference.id.as_ref())).filter_map(|reference| {
        let attributes = reference.find(included)?;
        Some(Posted {
            id: reference.id.as_ref()?.0.clone(),
            phase: phase(attributes.code()),
            message: attributes.message.clone(),
        })
    });
    posted.collect()
}

pub(super) fn components(answer: &Answer, problems: &mut Problems) -> Result<Listed<RawComponent>, ReadError> {
    let (listed, included) = list(answer, problems)?;
    let mut whole = listed.whole;
    let mut items = Vec::with_capacity(listed.items.len());
    for raw in listed.items {
        let attributes = raw.attributes.as_ref();
        let id = raw.id.as_ref().map(Word::as_str).filter(|id| !id.is_empty());
        let (Some(id), Some(name)) = (id, attributes.and_then(|attributes| attributes.name.clone())) else {
            whole = false;
            problems.add("a component without id or name was left out".into());
            continue;
        };
        let code = attributes.and_then(Attributes::code);
        let status =
            component_status(code).unwrap_or_else(|| problems.unknown_status(id, code.map_or("", Word::as_str)));
        let group = raw.relationships.as_ref().and_then(|related| related.group.as_ref()?.data.as_ref());
        let group = group.and_then(|group| group.find(&included)?.name.as_deref().map(short_name));
        items.push(RawComponent {
            component: Component { id: ComponentId::new(id), name, group, status },
            group_id: None,
        });
    }
    Ok(Listed { items, whole, has_more: listed.has_more })
}
