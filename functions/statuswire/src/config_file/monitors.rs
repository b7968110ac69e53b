//! `[[monitor]]`: what is watched. A monitor names a page of this file or a provider of the catalogue.
use status::{
    ids::{MonitorId, ProviderId},
    monitor::{ComponentChoice, ComponentFilter, Monitor, WhenUnknown},
};

use super::{
    account,
    diagnostics::Diagnostics,
    tables::{Entry, Table, Tables},
    words::{quoted, suggest},
};

pub(super) fn read(tables: &Tables<'_>, diagnostics: &mut Diagnostics<'_>) -> Vec<Monitor> {
    let monitors = tables.monitors.iter();
    monitors.filter_map(|table| monitor(table, &tables.pages, diagnostics)).collect()
}

fn monitor(table: &Table<'_>, pages: &[Table<'_>], diagnostics: &mut Diagnostics<'_>) -> Option<Monitor> {
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

fn provider(table: &Table<'_>, pages: &[Table<'_>], diagnostics: &mut Diagnostics<'_>) -> Option<ProviderId> {
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

fn page_of_file(entry: &Entry<'_>, pages: &[Table<'_>], diagnostics: &mut Diagnostics<'_>) -> Option<ProviderId> {
    let id = entry.string(diagnostics)?;
    if !pages.iter().any(|page| page.declared_id() == Some(id)) && !diagnostics.may_be_unparsed(id) {
        let hint = if catalogue::find(id).is_some() {
            format!("it is in the catalogue: write provider = \"{id}\"")
        } else {
            suggest(id, "pages", pages.iter().filter_map(Table::declared_id))
        };
        diagnostics.add(&entry.location, format!("unknown page {}", quoted(id)), hint);
    }
    Some(ProviderId::new(id))
}

fn provider_of_catalogue(
    entry: &Entry<'_>,
    pages: &[Table<'_>],
    diagnostics: &mut Diagnostics<'_>,
) -> Option<ProviderId> {
    let slug = entry.string(diagnostics)?;
    if catalogue::find(slug).is_none() {
        let hint = if pages.iter().any(|page| page.declared_id() == Some(slug)) {
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
        match text.strip_prefix("group:").map(str::trim) {
            None => choices.push(ComponentChoice::Component(text.trim().to_owned())),
            Some("") => {
                diagnostics.add(&location, "has no group name", "write \"group:\" and the name of a component group")
            }
            Some(group) => choices.push(ComponentChoice::Group(group.to_owned())),
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
