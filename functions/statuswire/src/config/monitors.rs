//! `[[monitor]]`: what is watched. A monitor names either a page of this file or a provider of the catalogue.
use status::{
    ids::{MonitorId, ProviderId},
    monitor::{ComponentChoice, ComponentFilter, Monitor, WhenUnknown},
};

use super::{
    account,
    document::{Entry, Found, Table, Tables},
    words::{one_of, quoted},
};

pub(super) fn read(tables: &Tables<'_>, found: &mut Found<'_>) -> Vec<Monitor> {
    let monitors = tables.monitors.iter();
    monitors.filter_map(|table| monitor(table, &tables.pages, found)).collect()
}

fn monitor(table: &Table<'_>, pages: &[Table<'_>], found: &mut Found<'_>) -> Option<Monitor> {
    table.only(&["id", "page", "provider", "components", "unknown"], found);
    let id = table.id(found);
    let provider = provider(table, pages, found);
    let components = match table.get("components") {
        None => ComponentFilter::All,
        Some(entry) => ComponentFilter::Chosen(components(&entry, found)),
    };
    let unknown = match table.get("unknown") {
        None => WhenUnknown::Tell,
        Some(entry) => when_unknown(&entry, found)?,
    };
    Some(Monitor { id: MonitorId::new(id?), account: account(), provider: provider?, components, unknown })
}

fn provider(table: &Table<'_>, pages: &[Table<'_>], found: &mut Found<'_>) -> Option<ProviderId> {
    match (table.get("page"), table.get("provider")) {
        (Some(page), None) => of_this_file(&page, pages, found),
        (None, Some(provider)) => of_the_catalogue(&provider, pages, found),
        (Some(_), Some(provider)) => {
            let way_out = "keep page for a [[page]] of this file, provider for one of the catalogue";
            found.add(&provider.place, "is given besides page", way_out);
            None
        }
        (None, None) => {
            if !found.may_be_lost("page") && !found.may_be_lost("provider") {
                let way_out = "add page = \"id of a [[page]]\" or provider = \"name in the catalogue\"";
                found.add(&table.place(), "neither page nor provider is given", way_out);
            }
            None
        }
    }
}

fn of_this_file(entry: &Entry<'_>, pages: &[Table<'_>], found: &mut Found<'_>) -> Option<ProviderId> {
    let id = entry.text(found)?;
    if !pages.iter().any(|page| page.declared_id() == Some(id)) && !found.may_be_lost(id) {
        let way_out = if catalogue::find(id).is_some() {
            format!("write provider = \"{id}\": it is in the catalogue")
        } else {
            one_of(id, "pages", pages.iter().filter_map(Table::declared_id))
        };
        found.add(&entry.place, format!("unknown page {}", quoted(id)), way_out);
    }
    Some(ProviderId::new(id))
}

fn of_the_catalogue(entry: &Entry<'_>, pages: &[Table<'_>], found: &mut Found<'_>) -> Option<ProviderId> {
    let slug = entry.text(found)?;
    if catalogue::find(slug).is_none() {
        let way_out = if pages.iter().any(|page| page.declared_id() == Some(slug)) {
            format!("write page = {}: it is a [[page]] of this file", quoted(slug))
        } else {
            catalogue::suggest(slug).map_or_else(
                || "declare its status page as a [[page]]".to_owned(),
                |nearest| format!("did you mean \"{nearest}\"? If not, declare its status page as a [[page]]"),
            )
        };
        found.add(&entry.place, format!("unknown provider {}", quoted(slug)), way_out);
    }
    Some(ProviderId::new(slug))
}

fn components(entry: &Entry<'_>, found: &mut Found<'_>) -> Vec<ComponentChoice> {
    let example = "components = [\"API\", \"group:Europe\"], or leave it out for all of them";
    let mut choices = Vec::new();
    for (place, text) in entry.texts(example, found) {
        match text.strip_prefix("group:").map(str::trim) {
            None => choices.push(ComponentChoice::Component(text.trim().to_owned())),
            Some("") => found.add(&place, "names no group", "write \"group:\" and the group's name"),
            Some(group) => choices.push(ComponentChoice::Group(group.to_owned())),
        }
    }
    choices
}

fn when_unknown(entry: &Entry<'_>, found: &mut Found<'_>) -> Option<WhenUnknown> {
    match entry.text(found)? {
        "tell" => Some(WhenUnknown::Tell),
        "drop" => Some(WhenUnknown::Drop),
        other => {
            let way_out = one_of(other, "choices", ["tell", "drop"]);
            found.add(&entry.place, format!("unknown choice {}", quoted(other)), way_out);
            None
        }
    }
}
