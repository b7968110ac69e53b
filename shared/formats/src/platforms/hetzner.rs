//! Hetzner's own status page, `status.hetzner.com`: a Next.js page with its data in `script#__NEXT_DATA__`, which has
//! the systems, and what was posted in four lists, of which the last is the history. Known by its address alone.
//!
//! This rests on the code of one client; nothing was recorded. It does not know the words for the state of a system, so
//! the usual ones are read and any other is unknown. A post of another type than an outage or maintenance is
//! information. The texts of posts are not known, only their titles.
mod post;
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

use self::post::Post;
use crate::{
    contract::{Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    read::{
        embedded::next_data,
        incident_set::{IncidentSet, ids_of},
        lenient_list::elements,
        problems::{Problems, quoted},
    },
    text::{
        values::{Text, Word, short_name},
        words::component_status,
    },
};

pub(crate) const FORMAT: Format = Format {
    name: "hetzner",
    fingerprint: Fingerprint { hosts: &["status.hetzner.com"], markers: &[], blind_probes: 0 },
    read,
};

#[derive(Deserialize)]
struct Properties<'a> {
    #[serde(borrow)]
    systems: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    incidents: Option<Lists<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Lists<'a> {
    #[serde(borrow)]
    top_notification: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    information_list: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    maintenance_list: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    incident_history: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct System<'a> {
    id: Word,
    #[serde(borrow)]
    title_en: Option<Text<'a>>,
    #[serde(borrow)]
    title_de: Option<Text<'a>>,
    #[serde(borrow)]
    system_state: Option<Text<'a>>,
    /// The reference of another system.
    #[serde(borrow)]
    parent: Option<Text<'a>>,
}

impl System<'_> {
    /// As posts name it.
    fn reference(&self) -> String {
        format!("/systems/{}", self.id.as_str())
    }

    fn name(&self) -> String {
        let title = self.title_en.as_ref().or(self.title_de.as_ref()).map_or("", |title| title.0.trim());
        if title.is_empty() { self.reference() } else { short_name(title) }
    }
}

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let answer = answers.require(context.page)?;
    let properties: Properties<'_> = next_data(answer)?;
    let missing = |key: &str| ReadError::NotThisFormat(format!("the page's data has no `{key}`"));
    let systems = properties.systems.ok_or_else(|| missing("systems"))?;
    let lists = properties.incidents.ok_or_else(|| missing("incidents"))?;

    let mut problems = Problems::default();
    let (components, all_systems) = components(&systems, &mut problems);
    let mut set = IncidentSet::default();
    let lists = [lists.top_notification, lists.information_list, lists.maintenance_list, lists.incident_history];
    for list in lists {
        let Some(list) = list else {
            set.damaged = true;
            problems.add("a list of posts is missing".into());
            continue;
        };
        let (posts, is_whole) = elements::<Post<'_>>(&list, "a post", &mut problems);
        set.damaged |= !is_whole;
        let incidents = posts.iter().filter_map(|post| post.incident(context.now, &mut problems));
        incidents.collect::<Vec<_>>().into_iter().for_each(|(changed_at, incident)| set.add(changed_at, incident));
    }
    let unlisted = set.missing(context.open);
    Ok(ParsedPage {
        unlisted: ids_of(unlisted),
        snapshot: Snapshot {
            page: Page { id: None, name: Some("Hetzner".into()), url: Some(context.page.to_string()) },
            components,
            coverage: Coverage {
                components: if all_systems { Listing::Complete } else { Listing::Partial },
                // What ended is in the history.
                incidents: set.listing(context.open, true),
            },
            incidents: set.into_incidents(),
        },
        source: "page".into(),
        problems: problems.into_vec(),
    })
}

fn components(raw: &[&RawValue], problems: &mut Problems) -> (Vec<Component>, bool) {
    let (systems, is_whole) = elements::<System<'_>>(raw, "a system", problems);
    let names: BTreeMap<String, String> = systems.iter().map(|system| (system.reference(), system.name())).collect();
    let mut found = BTreeMap::new();
    for system in &systems {
        let word = system.system_state.as_ref().map_or("", |word| &*word.0);
        let status = component_status(word).unwrap_or_else(|| {
            problems.add(format!("a system has the unknown state {}", quoted(word)));
            ComponentStatus::Unknown
        });
        let id = ComponentId::new(system.reference());
        let group = system.parent.as_ref().and_then(|parent| names.get(&*parent.0)).cloned();
        found.entry(id.clone()).or_insert(Component { id, name: system.name(), group, status });
    }
    (found.into_values().collect(), is_whole)
}
