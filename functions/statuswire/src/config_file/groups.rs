//! `[[group]]`: who receives which alerts. The default is openings and ends of incidents that are not maintenance.
use status::{
    ids::{DestinationId, GroupId, MonitorId},
    monitor::{Group, Scope},
    words::{Event, Severity},
};

use super::{
    account,
    diagnostics::Diagnostics,
    tables::{Entry, Table, Tables, declared_ids},
    words::{quoted, suggest},
};

const SEVERITIES: [Severity; 3] = [Severity::Major, Severity::Minor, Severity::Maintenance];

pub(super) fn read(tables: &Tables<'_>, diagnostics: &mut Diagnostics<'_>) -> Vec<Group> {
    let groups = tables.groups.iter();
    groups.filter_map(|table| group(table, tables, diagnostics)).collect()
}

fn group(table: &Table<'_>, tables: &Tables<'_>, diagnostics: &mut Diagnostics<'_>) -> Option<Group> {
    table.reject_unknown_keys(&["id", "destinations", "severities", "events", "monitors"], diagnostics);
    let id = table.id(diagnostics);
    let destinations = table
        .require("destinations", "destinations = [\"id of a [[destination]]\"]", diagnostics)
        .map(|entry| ids(&entry, ["destination", "destinations"], &tables.destinations, diagnostics));
    let severities = match table.get("severities") {
        None => vec![Severity::Major, Severity::Minor],
        Some(entry) => words(&entry, ["severity", "severities"], &SEVERITIES, Severity::as_str, diagnostics),
    };
    let events = match table.get("events") {
        None => vec![Event::Opened, Event::Resolved],
        Some(entry) => {
            words(&entry, ["event", "events"], &Event::choices().collect::<Vec<_>>(), Event::as_str, diagnostics)
        }
    };
    let scope = match table.get("monitors") {
        None => Scope::All,
        Some(entry) => scope(&entry, &tables.monitors, diagnostics),
    };
    Some(Group {
        id: GroupId::new(id?),
        account: account(),
        destinations: destinations?.into_iter().map(DestinationId::new).collect(),
        severities,
        events,
        scope,
    })
}

fn scope(entry: &Entry<'_>, monitors: &[Table<'_>], diagnostics: &mut Diagnostics<'_>) -> Scope {
    match entry.value.as_str() {
        Some("all") => Scope::All,
        Some(other) => {
            let message = format!("must be \"all\" or a list, not {}", quoted(other));
            diagnostics.add(&entry.location, message, "write monitors = [\"id of a [[monitor]]\"]");
            Scope::All
        }
        None => {
            let chosen = ids(entry, ["monitor", "monitors"], monitors, diagnostics);
            Scope::Monitors(chosen.into_iter().map(MonitorId::new).collect())
        }
    }
}

/// A list of ids. Reports those that no table of this file declares.
fn ids<'t>(
    entry: &Entry<'t>,
    [singular, plural]: [&str; 2],
    tables: &[Table<'_>],
    diagnostics: &mut Diagnostics<'_>,
) -> Vec<&'t str> {
    let example = format!("{plural} = [\"id of a [[{singular}]]\"]");
    let (mut ids, declared) = (Vec::new(), declared_ids(tables));
    for (location, id) in entry.strings(&example, diagnostics) {
        if !declared.contains(id) && !diagnostics.may_be_unparsed(id) {
            let hint = suggest(id, plural, tables.iter().filter_map(Table::declared_id));
            diagnostics.add(&location, format!("unknown {singular} {}", quoted(id)), hint);
        }
        ids.push(id);
    }
    ids
}

/// A list of words, each one of `known`.
fn words<W: Copy>(
    entry: &Entry<'_>,
    [singular, plural]: [&str; 2],
    known: &[W],
    as_str: fn(W) -> &'static str,
    diagnostics: &mut Diagnostics<'_>,
) -> Vec<W> {
    let all = || known.iter().map(|word| as_str(*word));
    let example = format!("{plural} = [\"{}\"]", as_str(known[0]));
    let mut words = Vec::new();
    for (location, text) in entry.strings(&example, diagnostics) {
        match known.iter().find(|word| as_str(**word) == text) {
            Some(word) => words.push(*word),
            None => {
                diagnostics.add(&location, format!("unknown {singular} {}", quoted(text)), suggest(text, plural, all()))
            }
        }
    }
    words
}
