//! Problems of drafts ([`settings`]) as diagnostics of the file, each where its field stands. What the file itself
//! shows to be wrong is reported while the tables are read: keys that are missing, values of another type, lists that
//! are empty. Such a field is left out of the draft, and what the draft lacks for that reason is no second error.
use settings::{Code, Problem};

use super::{
    diagnostics::{Diagnostics, Location},
    network,
    tables::{Entry, Table},
};

/// A list of strings of a table, and where each stands.
#[derive(Default)]
pub(super) struct Strings {
    locations: Vec<Location>,
    pub(super) texts: Vec<String>,
}

impl Strings {
    /// `example` is a list that would do.
    pub(super) fn read(entry: &Entry<'_>, example: &str, diagnostics: &mut Diagnostics<'_>) -> Self {
        let strings = entry.strings(example, diagnostics);
        let (locations, texts) = strings.into_iter().map(|(location, text)| (location, text.to_owned())).unzip();
        Self { locations, texts }
    }

    /// `None`: the table has no such list, or none that can be read.
    pub(super) fn of(table: &Table<'_>, key: &str, example: &str, diagnostics: &mut Diagnostics<'_>) -> Option<Self> {
        table.get(key).map(|entry| Self::read(&entry, example, diagnostics)).filter(|strings| !strings.texts.is_empty())
    }
}

/// The draft's problems in the table. `lists`: its lists by key. A problem that `is_known` is left out.
pub(super) fn report(
    table: &Table<'_>,
    lists: &[(&str, Option<&Strings>)],
    problems: Vec<Problem>,
    is_known: impl Fn(&Problem, &Diagnostics<'_>) -> bool,
    diagnostics: &mut Diagnostics<'_>,
) {
    for problem in problems {
        let location = location(table, lists, &problem.field);
        let is_reported = problem.code == Code::Missing || diagnostics.has(&location);
        if is_reported || network::is_of_network(&problem.hint, diagnostics) || is_known(&problem, diagnostics) {
            continue;
        }
        diagnostics.add(&location, problem.message, problem.hint);
    }
}

/// The entry of one of `lists` that a problem is about, such as `components[1]`.
pub(super) fn entry_of<'s>(lists: &[(&str, Option<&'s Strings>)], field: &str) -> Option<(&'s Strings, usize)> {
    let (key, rest) = field.split_once('[')?;
    let index = rest.strip_suffix(']')?.parse::<usize>().ok()?;
    let (_, strings) = lists.iter().find(|(known, _)| *known == key)?;
    strings.filter(|strings| index < strings.texts.len()).map(|strings| (strings, index))
}

fn location(table: &Table<'_>, lists: &[(&str, Option<&Strings>)], field: &str) -> Location {
    match entry_of(lists, field) {
        Some((strings, index)) => strings.locations[index].clone(),
        None => table.location_of(field),
    }
}
