//! `[[monitor]]`: what is watched. A monitor names a page of this file or a provider of the catalogue.
use std::collections::{HashMap, HashSet};

use status::{
    component_match::PageNames,
    ids::{MonitorId, ProviderId},
    monitor::{ComponentChoice, ComponentFilter, Monitor, WhenUnknown},
    outside_text::is_hidden,
};

use super::{
    account,
    diagnostics::Diagnostics,
    tables::{Entry, Table, Tables, declared_ids},
    words::{quoted, suggest},
};
use crate::filter_hint::hint;

/// Characters of an entry in a warning.
const MAX_SHOWN: usize = 60;

pub(super) fn read(tables: &Tables<'_>, diagnostics: &mut Diagnostics<'_>) -> Vec<Monitor> {
    let pages = Pages { tables: &tables.pages, ids: declared_ids(&tables.pages) };
    tables.monitors.iter().filter_map(|table| monitor(table, &pages, diagnostics)).collect()
}

/// The pages of the file.
struct Pages<'a, 't> {
    tables: &'a [Table<'t>],
    ids: HashSet<&'t str>,
}

fn monitor(table: &Table<'_>, pages: &Pages<'_, '_>, diagnostics: &mut Diagnostics<'_>) -> Option<Monitor> {
    table.reject_unknown_keys(&["id", "page", "provider", "components", "unknown"], diagnostics);
    let id = table.id(diagnostics);
    let provider = provider(table, pages, diagnostics);
    let components = match table.get("components") {
        None => ComponentFilter::All,
        Some(entry) => ComponentFilter::Chosen(components(&entry, diagnostics)),
    };
    let unknown = match table.get("unknown") {
        None => WhenUnknown::Tell,
        Some(entry) => when_unknown(&entry, diagnostics)?,
    };
    Some(Monitor { id: MonitorId::new(id?), account: account(), provider: provider?, components, unknown })
}

/// Warns of entries that fit nothing on the page, or on a page that does not list all it has, nothing that it named.
pub(super) fn warn_unmatched(
    tables: &Tables<'_>,
    names: &HashMap<ProviderId, PageNames>,
    warnings: &mut Diagnostics<'_>,
) {
    let mut ignored = Diagnostics::new("");
    for table in &tables.monitors {
        let provider = table.string("page", &mut ignored).or_else(|| table.string("provider", &mut ignored));
        let Some(names) = provider.and_then(|id| names.get(id)) else { continue };
        let Some(entry) = table.get("components") else { continue };
        for (location, text) in entry.strings("", &mut ignored) {
            let Some(choice) = choice(text) else { continue };
            let filter = ComponentFilter::Chosen(vec![choice.clone()]);
            if names.unseen(&filter).is_empty() {
                continue;
            }
            let shown: String = choice.to_string().chars().filter(|c| !is_hidden(*c)).take(MAX_SHOWN).collect();
            let message = match names.are_all() {
                true => format!("\"{shown}\" fits no component of the page"),
                false => format!("\"{shown}\" fits no component that the page has named so far; it may have others"),
            };
            warnings.add(&location, message, hint(&choice, names));
        }
    }
}

/// `None`: a group without a name.
fn choice(text: &str) -> Option<ComponentChoice> {
    match text.strip_prefix("group:").map(str::trim) {
        None => Some(ComponentChoice::Component(text.trim().to_owned())),
        Some("") => None,
        Some(group) => Some(ComponentChoice::Group(group.to_owned())),
    }
}

fn provider(table: &Table<'_>, pages: &Pages<'_, '_>, diagnostics: &mut Diagnostics<'_>) -> Option<ProviderId> {
    match (table.get("page"), table.get("provider")) {
        (Some(page), None) => page_of_file(&page, pages, diagnostics),
        (None, Some(provider)) => provider_of_catalogue(&provider, pages, diagnostics),
        (Some(_), Some(provider)) => {
            let hint = "keep page for a [[page]] of this file, or provider for one in the catalogue";
            diagnostics.add(&provider.location, "cannot be combined with page", hint);
            None
        }
        (None, None) => {
            if !diagnostics.may_be_unparsed("page") && !diagnostics.may_be_unparsed("provider") {
                let hint = "add page = \"id of a [[page]]\" or provider = \"name in the catalogue\"";
                diagnostics.add(&table.location(), "page or provider is missing", hint);
            }
            None
        }
    }
}

fn page_of_file(entry: &Entry<'_>, pages: &Pages<'_, '_>, diagnostics: &mut Diagnostics<'_>) -> Option<ProviderId> {
    let id = entry.string(diagnostics)?;
    if !pages.ids.contains(id) && !diagnostics.may_be_unparsed(id) {
        let hint = if catalogue::find(id).is_some() {
            format!("it is in the catalogue: write provider = \"{id}\"")
        } else {
            suggest(id, "pages", pages.tables.iter().filter_map(Table::declared_id))
        };
        diagnostics.add(&entry.location, format!("unknown page {}", quoted(id)), hint);
    }
    Some(ProviderId::new(id))
}

fn provider_of_catalogue(
    entry: &Entry<'_>,
    pages: &Pages<'_, '_>,
    diagnostics: &mut Diagnostics<'_>,
) -> Option<ProviderId> {
    let slug = entry.string(diagnostics)?;
    if catalogue::find(slug).is_none() {
        let hint = if pages.ids.contains(slug) {
            format!("it is a [[page]] of this file: write page = {}", quoted(slug))
        } else {
            catalogue::suggest(slug).map_or_else(
                || "add its status page as a [[page]]".to_owned(),
                |nearest| format!("did you mean \"{nearest}\"? If not, add its status page as a [[page]]"),
            )
        };
        diagnostics.add(&entry.location, format!("unknown provider {}", quoted(slug)), hint);
    }
    Some(ProviderId::new(slug))
}

fn components(entry: &Entry<'_>, diagnostics: &mut Diagnostics<'_>) -> Vec<ComponentChoice> {
    let example = "components = [\"API\", \"group:Europe\"], or leave it out for all of them";
    let mut choices = Vec::new();
    for (location, text) in entry.strings(example, diagnostics) {
        match choice(text) {
            Some(choice) => choices.push(choice),
            None => {
                diagnostics.add(&location, "has no group name", "write \"group:\" and the name of a component group")
            }
        }
    }
    choices
}

fn when_unknown(entry: &Entry<'_>, diagnostics: &mut Diagnostics<'_>) -> Option<WhenUnknown> {
    match entry.string(diagnostics)? {
        "tell" => Some(WhenUnknown::Tell),
        "drop" => Some(WhenUnknown::Drop),
        other => {
            let hint = suggest(other, "choices", ["tell", "drop"]);
            diagnostics.add(&entry.location, format!("unknown choice {}", quoted(other)), hint);
            None
        }
    }
}
