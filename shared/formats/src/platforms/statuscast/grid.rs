//! The states of components: Fastly's grid of days, and lists.
use std::{borrow::Cow, collections::BTreeMap};

use status::{ids::ComponentId, snapshot::Component, words::ComponentStatus};

use super::classes::class_after;
use crate::{
    read::problems::{Problems, quoted},
    text::{
        html::{Token, Tokens, attribute, decode},
        values::short_name,
    },
};

/// The cell of today.
const TODAY: usize = 3;

#[derive(Default)]
struct Row {
    /// The component's own id, which newer pages give.
    id: Option<String>,
    /// Ids from the top down, joined by `-`.
    path: String,
    /// The row above it, on pages that give ids; the tab it stands in, on others.
    parent: String,
    cell: usize,
    name: String,
    status: Option<ComponentStatus>,
}

pub(super) fn read(html: &str, problems: &mut Problems) -> Vec<Component> {
    let mut rows: Vec<Row> = Vec::new();
    let mut tabs: BTreeMap<String, String> = BTreeMap::new();
    let mut list: Vec<ComponentStatus> = Vec::new();
    let mut row: Option<Row> = None;
    let mut open_tab: Option<String> = None;
    for token in Tokens::new(html) {
        match token {
            Token::Open { name, attributes } => {
                let class = attribute(attributes, "class").unwrap_or_default();
                match (name, &mut row) {
                    ("tr", _) => {
                        rows.extend(row.take());
                        row = attribute(attributes, "data-path").filter(|path| !path.is_empty()).map(|path| Row {
                            id: attribute(attributes, "data-id").map(Cow::into_owned).filter(|id| !id.is_empty()),
                            path: path.into_owned(),
                            parent: attribute(attributes, "data-pid").unwrap_or_default().into_owned(),
                            ..Row::default()
                        });
                    }
                    ("td", Some(row)) => row.cell += 1,
                    ("i", Some(row)) if row.cell == TODAY && row.status.is_none() => {
                        row.status = class_after(&class, "component-").map(|word| state(word, problems));
                    }
                    ("a", _) if attribute(attributes, "data-toggle").as_deref() == Some("tab") => {
                        let target = attribute(attributes, "href").unwrap_or_default();
                        open_tab = target.rsplit_once('-').map(|(_, id)| id.to_owned());
                    }
                    _ => {}
                }
                if class.split_whitespace().any(|class| class == "status-list-component-status-text") {
                    let state = class_after(&class, "component-").map(|word| state(word, problems));
                    list.push(state.unwrap_or(ComponentStatus::Unknown));
                }
            }
            Token::Text(text) => {
                if let Some(tab) = &open_tab {
                    tabs.entry(tab.clone()).or_default().push_str(decode(text).trim());
                }
                if let Some(row) = row.as_mut().filter(|row| row.cell == 1 && row.name.is_empty()) {
                    row.name.push_str(decode(text).trim());
                }
            }
            Token::Close("a") => open_tab = None,
            Token::Close("tr" | "table") => rows.extend(row.take()),
            Token::Close(_) => {}
        }
    }
    rows.extend(row);
    let mut components = of_grid(&rows, &tabs);
    if components.is_empty() {
        components.extend(worst(&list).map(|status| Component {
            id: ComponentId::new("all"),
            name: "All components".into(),
            group: None,
            status,
        }));
    }
    components
}

/// Of a list with unknown states only trouble is certain.
fn worst(list: &[ComponentStatus]) -> Option<ComponentStatus> {
    let worst = list.iter().max().copied()?;
    let is_certain = worst.is_trouble() || !list.contains(&ComponentStatus::Unknown);
    Some(if is_certain { worst } else { ComponentStatus::Unknown })
}

/// Below its parent row, or, at the top, below its tab. The same region may stand in several tabs.
fn of_grid(rows: &[Row], tabs: &BTreeMap<String, String>) -> Vec<Component> {
    let by_path: BTreeMap<(&str, &str), &String> =
        rows.iter().map(|row| ((row.parent.as_str(), row.path.as_str()), &row.name)).collect();
    let by_id: BTreeMap<&str, &String> = rows.iter().filter_map(|row| Some((row.id.as_deref()?, &row.name))).collect();
    let mut components: BTreeMap<ComponentId, Component> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.name.is_empty()) {
        let Some(status) = row.status else { continue };
        let tab = || tabs.get(&row.parent).filter(|name| !name.is_empty());
        let above = match (&row.id, row.path.rsplit_once('-')) {
            (Some(_), _) => by_id.get(row.parent.as_str()).copied().or_else(tab),
            (None, Some((path, _))) => by_path.get(&(row.parent.as_str(), path)).copied(),
            (None, None) => tab(),
        };
        let id = match &row.id {
            Some(id) => id.clone(),
            None if row.parent.is_empty() => row.path.clone(),
            None => format!("{}/{}", row.parent, row.path),
        };
        let id = ComponentId::from(id);
        let component =
            Component { id: id.clone(), name: row.name.clone(), group: above.map(|name| short_name(name)), status };
        let kept = components.entry(id).or_insert(component);
        kept.status = kept.status.max(status);
    }
    components.into_values().collect()
}

/// The last four are marks of an incident, whose degree they do not tell: the least that it may be.
fn state(word: &str, problems: &mut Problems) -> ComponentStatus {
    match word {
        "available" | "informational" => ComponentStatus::Operational,
        "maintenance" => ComponentStatus::UnderMaintenance,
        "unavailable" => ComponentStatus::MajorOutage,
        "degraded" | "performance" | "investigating" | "identified" | "monitored" | "monitoring" => {
            ComponentStatus::DegradedPerformance
        }
        word => {
            problems.add(format!("a component has the unknown state {}", quoted(word)));
            ComponentStatus::Unknown
        }
    }
}
