//! The documents as the server writes them. Ids are whole numbers.
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use status::{ids::ComponentId, words::ComponentStatus};

use crate::{
    contract::ReadError,
    read::{
        lenient_list::elements,
        problems::{Problems, quoted},
    },
    text::{
        values::{Word, short_name},
        words::component_status,
    },
};

#[derive(Deserialize)]
pub(super) struct Feed<'a> {
    title: Option<String>,
    status: Option<String>,
    #[serde(borrow)]
    monitors: Option<Vec<&'a RawValue>>,
    /// Newer servers have these, of which monitors are a kind.
    #[serde(borrow, rename = "pageComponents")]
    components: Option<Vec<&'a RawValue>>,
    #[serde(borrow, rename = "pageComponentGroups")]
    groups: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    maintenances: Option<Vec<&'a RawValue>>,
    #[serde(borrow, rename = "statusReports")]
    reports: Option<Vec<&'a RawValue>>,
}

/// A feed that has what one of OpenStatus has.
pub(super) struct Lists<'f, 'a> {
    pub(super) title: &'f str,
    pub(super) components: Option<&'f [&'a RawValue]>,
    pub(super) maintenances: &'f [&'a RawValue],
    pub(super) reports: &'f [&'a RawValue],
    monitors: &'f [&'a RawValue],
    groups: &'f [&'a RawValue],
}

impl<'a> Feed<'a> {
    /// Lists that are empty are there nonetheless.
    pub(super) fn checked(&self, path: &str) -> Result<Lists<'_, 'a>, ReadError> {
        let no = |key: &str| ReadError::NotThisFormat(format!("{path} is no feed of OpenStatus: no `{key}`"));
        self.status.as_ref().ok_or_else(|| no("status"))?;
        Ok(Lists {
            title: self.title.as_deref().ok_or_else(|| no("title"))?,
            monitors: self.monitors.as_deref().ok_or_else(|| no("monitors"))?,
            maintenances: self.maintenances.as_deref().ok_or_else(|| no("maintenances"))?,
            reports: self.reports.as_deref().ok_or_else(|| no("statusReports"))?,
            components: self.components.as_deref(),
            groups: self.groups.as_deref().unwrap_or_default(),
        })
    }
}

/// A component; without a status where the feed says none.
pub(super) struct Part {
    pub(super) id: ComponentId,
    pub(super) name: String,
    pub(super) group: Option<String>,
    pub(super) status: Option<ComponentStatus>,
}

#[derive(Deserialize)]
struct Monitor {
    id: Word,
    name: String,
    status: Option<String>,
}

#[derive(Deserialize)]
struct PageComponent {
    id: Word,
    name: String,
    #[serde(rename = "monitorId")]
    monitor: Option<Word>,
    #[serde(rename = "groupId")]
    group: Option<Word>,
}

#[derive(Deserialize)]
struct Group {
    id: Word,
    name: Option<String>,
}

impl Lists<'_, '_> {
    /// The components, and whether each could be read.
    pub(super) fn components(&self, problems: &mut Problems) -> (Vec<Part>, bool) {
        let (monitors, all_monitors) = elements::<Monitor>(self.monitors, "a monitor", problems);
        let status_of = |monitor: &Monitor, problems: &mut Problems| {
            let word = monitor.status.as_deref()?;
            let status = status(word);
            if status.is_none() {
                let id = quoted(monitor.id.as_str());
                problems.add(format!("monitor {id} has the unknown status {}", quoted(word)));
            }
            status
        };
        let Some(components) = self.components else {
            let parts = monitors.into_iter().map(|monitor| Part {
                status: status_of(&monitor, problems),
                id: ComponentId::new(&monitor.id.0),
                name: monitor.name,
                group: None,
            });
            return (parts.collect(), all_monitors);
        };
        let mut states: BTreeMap<&Word, Option<ComponentStatus>> = BTreeMap::new();
        for monitor in &monitors {
            states.insert(&monitor.id, status_of(monitor, problems));
        }
        let (groups, _) = elements::<Group>(self.groups, "a group", problems);
        let groups: BTreeMap<Word, Option<String>> =
            groups.into_iter().map(|group| (group.id, group.name.as_deref().map(short_name))).collect();
        let (components, whole) = elements::<PageComponent>(components, "a component", problems);
        let parts = components.into_iter().map(|component| Part {
            id: ComponentId::new(&component.id.0),
            name: component.name,
            group: component.group.and_then(|group| groups.get(&group).cloned().flatten()),
            status: component.monitor.and_then(|monitor| states.get(&monitor).copied().flatten()),
        });
        (parts.collect(), whole)
    }
}

fn status(word: &str) -> Option<ComponentStatus> {
    Some(match word {
        "success" => ComponentStatus::Operational,
        "degraded" => ComponentStatus::DegradedPerformance,
        "error" => ComponentStatus::MajorOutage,
        "info" => ComponentStatus::UnderMaintenance,
        _ => return None,
    })
}

#[derive(Deserialize)]
pub(super) struct Report {
    pub(super) id: Word,
    pub(super) title: Option<String>,
    pub(super) status: String,
    pub(super) monitors: Option<Vec<Word>>,
    #[serde(rename = "pageComponents")]
    pub(super) components: Option<Vec<Word>>,
    #[serde(rename = "statusReportUpdates")]
    pub(super) updates: Vec<ReportUpdate>,
}

#[derive(Deserialize)]
pub(super) struct ReportUpdate {
    pub(super) id: Word,
    pub(super) status: Option<String>,
    pub(super) message: Option<String>,
    pub(super) date: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Maintenance {
    pub(super) id: Word,
    pub(super) name: Option<String>,
    pub(super) message: Option<String>,
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
    pub(super) monitors: Option<Vec<Word>>,
    #[serde(rename = "pageComponents")]
    pub(super) components: Option<Vec<Word>>,
}

/// `api/status/summary.json`, of which only the components are read.
#[derive(Deserialize)]
pub(super) struct Summary {
    components: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: Option<String>,
    status: Option<String>,
}

impl Summary {
    /// The status by name; none where components of one name differ.
    pub(super) fn by_name(self) -> BTreeMap<String, Option<ComponentStatus>> {
        let mut by_name = BTreeMap::new();
        for named in self.components {
            let status = named.status.as_deref().and_then(component_status);
            let Some(name) = named.name else { continue };
            by_name.entry(name).and_modify(|known| *known = status.filter(|_| *known == status)).or_insert(status);
        }
        by_name
    }
}
