//! `/api/v1`: flat objects, numbers that old versions write as strings.
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::{ComponentId, IncidentId},
    snapshot::{Component, Kind},
    words::Phase,
};

use super::item::{Item, List, Listed, Posted, RawComponent, component_status, phase, schedule_id, schedule_phase};
use crate::{
    contract::{Answer, ReadError},
    read::{
        incident_reader::title_or_default,
        lenient_list::elements,
        problems::{Problems, quoted},
    },
    text::{
        urls::web_address,
        values::{Word, short_name},
    },
};

#[derive(Deserialize)]
struct Document<'a> {
    meta: Option<Meta>,
    #[serde(borrow)]
    data: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Meta {
    pagination: Option<Pagination>,
}

#[derive(Deserialize)]
struct Pagination {
    current_page: Option<u64>,
    total_pages: Option<u64>,
}

#[derive(Deserialize)]
struct Single<'a> {
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct RawItem<'a> {
    id: Option<Word>,
    name: Option<String>,
    message: Option<String>,
    status: Option<Word>,
    latest_status: Option<Word>,
    permalink: Option<String>,
    component_id: Option<Word>,
    /// Of maintenance among the incidents of old versions.
    scheduled_at: Option<String>,
    #[serde(borrow)]
    updates: Option<Vec<&'a RawValue>>,
    /// Of schedules.
    #[serde(borrow)]
    components: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct RawUpdate {
    id: Option<Word>,
    status: Option<Word>,
    message: Option<String>,
}

#[derive(Deserialize)]
struct Touched {
    component_id: Option<Word>,
}

#[derive(Deserialize)]
struct Named {
    id: Option<Word>,
    name: Option<String>,
    status: Option<Word>,
    group_id: Option<Word>,
}

/// The elements of a list and whether there is another page.
fn list(answer: &Answer) -> Result<(Vec<&RawValue>, bool), ReadError> {
    let document: Document<'_> = answer.json()?;
    let missing =
        |key: &str| ReadError::NotThisFormat(format!("{} is no list of Cachet: no `{key}`", answer.url.path()));
    let pagination = document.meta.and_then(|meta| meta.pagination).ok_or_else(|| missing("meta.pagination"))?;
    let current = pagination.current_page.ok_or_else(|| missing("meta.pagination.current_page"))?;
    let total = pagination.total_pages.ok_or_else(|| missing("meta.pagination.total_pages"))?;
    Ok((document.data.ok_or_else(|| missing("data"))?, total > current))
}

pub(super) fn items(kind: List, answer: &Answer, problems: &mut Problems) -> Result<Listed<Item>, ReadError> {
    let (raw, has_more) = list(answer)?;
    let (raw, mut whole) = elements::<RawItem<'_>>(&raw, "an incident", problems);
    let mut items = Vec::with_capacity(raw.len());
    for raw in raw {
        match read(kind, raw, problems) {
            Some(item) => items.push(item),
            None => whole = false,
        }
    }
    Ok(Listed { items, whole, has_more })
}

/// The document of one.
pub(super) fn item(kind: List, answer: &Answer, problems: &mut Problems) -> Result<Item, ReadError> {
    let document: Single<'_> = answer.json()?;
    let (raw, _) = elements::<RawItem<'_>>(document.data.as_slice(), "an incident", problems);
    let item = raw.into_iter().next().and_then(|raw| read(kind, raw, problems));
    item.ok_or_else(|| ReadError::NotThisFormat(format!("{} holds no incident", answer.url.path())))
}

fn read(kind: List, raw: RawItem<'_>, problems: &mut Problems) -> Option<Item> {
    let Some(number) = number(raw.id.as_ref()) else {
        problems.add("an incident without id was left out".into());
        return None;
    };
    let code = raw.latest_status.as_ref().or(raw.status.as_ref());
    let is_set = |time: &String| !time.is_empty() && !time.starts_with("0000");
    let is_zero = raw.status.as_ref().is_some_and(|status| status.as_str() == "0");
    let is_planned = is_zero || raw.scheduled_at.as_ref().is_some_and(is_set);
    let (id, kind, phase) = match kind {
        List::Schedules => (schedule_id(number), Kind::Maintenance, schedule_phase(code)),
        _ if is_planned => (IncidentId::new(number), Kind::Maintenance, planned_phase(code)),
        _ => (IncidentId::new(number), Kind::Incident, phase(code)),
    };
    if phase.is_none() {
        let code = code.map_or("", Word::as_str);
        problems.add(format!("incident {} has the unknown status {}", quoted(id.as_str()), quoted(code)));
    }
    let (touched, _) =
        elements::<Touched>(raw.components.as_deref().unwrap_or_default(), "a component of a schedule", problems);
    let named = touched.iter().map(|touched| touched.component_id.as_ref()).chain([raw.component_id.as_ref()]);
    Some(Item {
        components: named.filter_map(|id| number_but_zero(id).map(ComponentId::new)).collect(),
        id,
        kind,
        title: title_or_default(raw.name.as_deref()),
        phase,
        url: raw.permalink.as_deref().and_then(web_address),
        message: raw.message,
        updates: updates(raw.updates.as_deref().unwrap_or_default(), problems),
    })
}

/// The phase of a maintenance, which old versions list among the incidents.
fn planned_phase(code: Option<&Word>) -> Option<Phase> {
    Some(match code?.as_str() {
        "0" => Phase::Scheduled,
        "1" | "2" | "3" => Phase::InProgress,
        "4" => Phase::Completed,
        _ => return None,
    })
}

fn updates(raw: &[&RawValue], problems: &mut Problems) -> Vec<Posted> {
    let (raw, _) = elements::<RawUpdate>(raw, "an update", problems);
    let posted = raw.into_iter().filter_map(|raw| {
        let id = number(raw.id.as_ref())?.to_owned();
        Some(Posted { id, phase: phase(raw.status.as_ref()), message: raw.message })
    });
    posted.collect()
}

pub(super) fn components(answer: &Answer, problems: &mut Problems) -> Result<Listed<RawComponent>, ReadError> {
    let (raw, has_more) = list(answer)?;
    let (raw, mut whole) = elements::<Named>(&raw, "a component", problems);
    let mut items = Vec::with_capacity(raw.len());
    for raw in raw {
        let (Some(id), Some(name)) = (number(raw.id.as_ref()), raw.name) else {
            whole = false;
            problems.add("a component without id or name was left out".into());
            continue;
        };
        let status = component_status(raw.status.as_ref())
            .unwrap_or_else(|| problems.unknown_status(id, raw.status.as_ref().map_or("", Word::as_str)));
        items.push(RawComponent {
            component: Component { id: ComponentId::new(id), name, group: None, status },
            group_id: number_but_zero(raw.group_id.as_ref()).map(str::to_owned),
        });
    }
    Ok(Listed { items, whole, has_more })
}

/// Names of the groups by id; without them the components just stand in none.
pub(super) fn group_names(answer: &Answer, problems: &mut Problems) -> BTreeMap<String, String> {
    let raw = match list(answer) {
        Ok((raw, _)) => raw,
        Err(error) => {
            problems.add(format!("the groups could not be read: {error}"));
            return BTreeMap::new();
        }
    };
    let (groups, _) = elements::<Named>(&raw, "a group", problems);
    groups
        .into_iter()
        .filter_map(|group| Some((number(group.id.as_ref())?.to_owned(), short_name(&group.name?))))
        .collect()
}

fn number(id: Option<&Word>) -> Option<&str> {
    id.map(Word::as_str).filter(|id| !id.is_empty())
}

/// 0 stands for none.
fn number_but_zero(id: Option<&Word>) -> Option<&str> {
    number(id).filter(|id| *id != "0")
}
