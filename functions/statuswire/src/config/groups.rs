//! `[[group]]`: who is told what. A group without filters gets what most people want, openings and ends of unplanned
//! incidents.
use status::{
    ids::{DestinationId, GroupId, MonitorId},
    monitor::{Group, Scope},
    words::{Event, Severity},
};

use super::{
    account,
    document::{Entry, Found, Table, Tables},
    words::{one_of, quoted},
};

const SEVERITIES: [Severity; 3] = [Severity::Major, Severity::Minor, Severity::Maintenance];

pub(super) fn read(tables: &Tables<'_>, found: &mut Found<'_>) -> Vec<Group> {
    let groups = tables.groups.iter();
    groups.filter_map(|table| group(table, tables, found)).collect()
}

fn group(table: &Table<'_>, tables: &Tables<'_>, found: &mut Found<'_>) -> Option<Group> {
    table.only(&["id", "destinations", "severities", "events", "monitors"], found);
    let id = table.id(found);
    let destinations = table
        .require("destinations", "destinations = [\"id of a [[destination]]\"]", found)
        .map(|entry| ids(&entry, ["destination", "destinations"], &tables.destinations, found));
    let severities = match table.get("severities") {
        None => vec![Severity::Major, Severity::Minor],
        Some(entry) => words(&entry, ["severity", "severities"], &SEVERITIES, Severity::as_str, found),
    };
    let events = match table.get("events") {
        None => vec![Event::Opened, Event::Resolved],
        Some(entry) => words(&entry, ["event", "events"], &Event::choices().collect::<Vec<_>>(), Event::as_str, found),
    };
    let scope = match table.get("monitors") {
        None => Scope::All,
        Some(entry) => scope(&entry, &tables.monitors, found),
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

fn scope(entry: &Entry<'_>, monitors: &[Table<'_>], found: &mut Found<'_>) -> Scope {
    match entry.value.as_str() {
        Some("all") => Scope::All,
        Some(other) => {
            let message = format!("must be \"all\" or a list, not {}", quoted(other));
            found.add(&entry.place, message, "write monitors = [\"id of a [[monitor]]\"]");
            Scope::All
        }
        None => {
            let chosen = ids(entry, ["monitor", "monitors"], monitors, found);
            Scope::Monitors(chosen.into_iter().map(MonitorId::new).collect())
        }
    }
}

/// A list of ids of tables in this file.
fn ids<'t>(
    entry: &Entry<'t>,
    [singular, plural]: [&str; 2],
    tables: &[Table<'_>],
    found: &mut Found<'_>,
) -> Vec<&'t str> {
    let example = format!("{plural} = [\"id of a [[{singular}]]\"]");
    let mut ids = Vec::new();
    for (place, id) in entry.texts(&example, found) {
        if !tables.iter().any(|table| table.declared_id() == Some(id)) && !found.may_be_lost(id) {
            let way_out = one_of(id, plural, tables.iter().filter_map(Table::declared_id));
            found.add(&place, format!("unknown {singular} {}", quoted(id)), way_out);
        }
        ids.push(id);
    }
    ids
}

/// A list of words from a closed vocabulary.
fn words<W: Copy>(
    entry: &Entry<'_>,
    [singular, plural]: [&str; 2],
    known: &[W],
    as_str: fn(W) -> &'static str,
    found: &mut Found<'_>,
) -> Vec<W> {
    let all = || known.iter().map(|word| as_str(*word));
    let example = format!("{plural} = [\"{}\"]", as_str(known[0]));
    let mut words = Vec::new();
    for (place, text) in entry.texts(&example, found) {
        match known.iter().find(|word| as_str(**word) == text) {
            Some(word) => words.push(*word),
            None => found.add(&place, format!("unknown {singular} {}", quoted(text)), one_of(text, plural, all())),
        }
    }
    words
}
