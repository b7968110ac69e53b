//! `[[monitor]]`: what is watched. A monitor names a page of this file or a provider of the catalogue.
use std::collections::HashMap;

use settings::{Code, Context, MonitorDraft, component_choice};
use status::{
    component_match::PageNames,
    ids::ProviderId,
    monitor::{ComponentFilter, Monitor},
    outside_text::is_hidden,
};

use super::{
    diagnostics::Diagnostics,
    drafts::{Strings, report},
    tables::{Table, Tables},
};
use crate::filter_hint::hint;

/// Characters of an entry in a warning.
const MAX_SHOWN: usize = 60;

pub(super) fn read(tables: &Tables<'_>, context: &Context<'_>, diagnostics: &mut Diagnostics<'_>) -> Vec<Monitor> {
    tables.monitors.iter().filter_map(|table| monitor(table, context, diagnostics)).collect()
}

fn monitor(table: &Table<'_>, context: &Context<'_>, diagnostics: &mut Diagnostics<'_>) -> Option<Monitor> {
    table.reject_unknown_keys(&["id", "page", "provider", "components", "unknown"], diagnostics);
    let id = table.id(diagnostics);
    let example = "components = [\"API\", \"group:Europe\"], or leave it out for all of them";
    let is_unnamed = table.get("page").is_none() && table.get("provider").is_none();
    if is_unnamed && !diagnostics.may_be_unparsed("page") && !diagnostics.may_be_unparsed("provider") {
        let hint = "add page = \"id of a [[page]]\" or provider = \"name in the catalogue\"";
        diagnostics.add(&table.location(), "page or provider is missing", hint);
    }
    let components = Strings::of(table, "components", example, diagnostics);
    let mut text = |key| table.string(key, diagnostics).map(str::to_owned);
    let draft = MonitorDraft {
        id: id.unwrap_or_default().to_owned(),
        page: text("page"),
        provider: text("provider"),
        components: components.as_ref().map(|list| list.texts.clone()),
        unknown: text("unknown"),
    };
    let problems = match draft.validate(context) {
        Ok(monitor) => return Some(monitor),
        Err(problems) => problems,
    };
    let page = draft.page.as_deref();
    report(
        table,
        &[("components", components.as_ref())],
        problems,
        |problem, diagnostics| {
            problem.field == "page"
                && problem.code == Code::Unknown
                && page.is_some_and(|id| diagnostics.may_be_unparsed(id))
        },
        diagnostics,
    );
    None
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
            let Some(choice) = component_choice(text) else { continue };
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
