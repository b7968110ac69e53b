//! `[[group]]`: who receives which alerts.
use settings::{Code, Context, DigestDraft, FollowUpDraft, GroupDraft, QuietHoursDraft, quoted};
use status::monitor::Group;

use super::{
    diagnostics::Diagnostics,
    drafts::{Strings, entry_of, report},
    tables::{Table, Tables},
};

pub(super) fn read(tables: &Tables<'_>, context: &Context<'_>, diagnostics: &mut Diagnostics<'_>) -> Vec<Group> {
    tables.groups.iter().filter_map(|table| group(table, context, diagnostics)).collect()
}

fn group(table: &Table<'_>, context: &Context<'_>, diagnostics: &mut Diagnostics<'_>) -> Option<Group> {
    table.reject_unknown_keys(
        &["id", "name", "destinations", "severities", "events", "monitors", "quiet_hours", "digest", "follow_up"],
        diagnostics,
    );
    let id = table.id(diagnostics);
    let name = table.string("name", diagnostics);
    let example = "destinations = [\"id of a [[destination]]\"]";
    let destinations = table.require("destinations", example, diagnostics);
    let destinations = destinations.map(|entry| Strings::read(&entry, example, diagnostics));
    let severities = Strings::of(table, "severities", "severities = [\"major\"]", diagnostics);
    let events = Strings::of(table, "events", "events = [\"opened\"]", diagnostics);
    let monitors = monitors(table, diagnostics);
    let (quiet_hours, days) = quiet_hours(table, diagnostics).unzip();
    let days = days.flatten();
    let texts = |list: &Option<Strings>| list.as_ref().map(|list| list.texts.clone());
    let draft = GroupDraft {
        id: id.unwrap_or_default().to_owned(),
        name: name.map(str::to_owned),
        destinations: texts(&destinations).unwrap_or_default(),
        severities: texts(&severities),
        events: texts(&events),
        monitors: texts(&monitors),
        quiet_hours,
        digest: digest(table, diagnostics),
        follow_up: follow_up(table, diagnostics),
    };
    let lists = [
        ("destinations", destinations.as_ref()),
        ("severities", severities.as_ref()),
        ("events", events.as_ref()),
        ("monitors", monitors.as_ref()),
        ("quiet_hours.days", days.as_ref()),
    ];
    let problems = match draft.validate(context) {
        Ok(group) => return Some(group),
        Err(problems) => problems,
    };
    report(
        table,
        &lists,
        problems,
        |problem, diagnostics| {
            let is_reference = problem.field.starts_with("destinations") || problem.field.starts_with("monitors");
            let named = entry_of(&lists, &problem.field).map(|(strings, index)| strings.texts[index].as_str());
            problem.code == Code::Unknown && is_reference && named.is_some_and(|id| diagnostics.may_be_unparsed(id))
        },
        diagnostics,
    );
    None
}

/// `None`: all of them.
fn monitors(table: &Table<'_>, diagnostics: &mut Diagnostics<'_>) -> Option<Strings> {
    let (entry, example) = (table.get("monitors")?, "monitors = [\"id of a [[monitor]]\"]");
    match entry.value.as_str() {
        Some("all") => None,
        Some(other) => {
            let message = format!("must be \"all\" or a list, not {}", quoted(other));
            diagnostics.add(&entry.location, message, format!("write {example}"));
            None
        }
        None => Strings::of(table, "monitors", example, diagnostics),
    }
}

fn digest(table: &Table<'_>, diagnostics: &mut Diagnostics<'_>) -> Option<DigestDraft> {
    let example = "digest = { every = \"day\", zone = \"Europe/Berlin\", at = \"09:00\" }";
    let table = table.get("digest")?.table(example, diagnostics)?;
    table.reject_unknown_keys(&["every", "zone", "at", "major_bypass"], diagnostics);
    let every = table.require("every", "every = \"hour\"", diagnostics);
    let every = every.and_then(|entry| entry.string(diagnostics)).unwrap_or_default().to_owned();
    let text = |key| table.get(key);
    let (zone, at) = (text("zone"), text("at"));
    Some(DigestDraft {
        every,
        zone: zone.and_then(|entry| entry.string(diagnostics)).map(str::to_owned),
        at: at.and_then(|entry| entry.string(diagnostics)).map(str::to_owned),
        major_bypass: table.get("major_bypass").and_then(|entry| entry.boolean(diagnostics)),
    })
}

fn follow_up(table: &Table<'_>, diagnostics: &mut Diagnostics<'_>) -> Option<FollowUpDraft> {
    let table = table.get("follow_up")?.table("follow_up = { minutes = 30 }", diagnostics)?;
    table.reject_unknown_keys(&["minutes", "destination"], diagnostics);
    let minutes = table.require("minutes", "minutes = 30", diagnostics);
    Some(FollowUpDraft {
        minutes: minutes.and_then(|entry| entry.number(diagnostics)).unwrap_or_default(),
        destination: table.string("destination", diagnostics).map(str::to_owned),
    })
}

/// The quiet hours, and the list of their days.
fn quiet_hours(table: &Table<'_>, diagnostics: &mut Diagnostics<'_>) -> Option<(QuietHoursDraft, Option<Strings>)> {
    let example = "quiet_hours = { zone = \"Europe/Berlin\", from = \"22:00\", until = \"07:00\" }";
    let table = table.get("quiet_hours")?.table(example, diagnostics)?;
    table.reject_unknown_keys(&["zone", "days", "from", "until", "major_bypass"], diagnostics);
    let days = Strings::of(&table, "days", "days = [\"mon\", \"tue\"]", diagnostics);
    let mut text = |key, example| {
        let entry = table.require(key, example, diagnostics)?;
        entry.string(diagnostics).map(str::to_owned)
    };
    let draft = QuietHoursDraft {
        zone: text("zone", "zone = \"Europe/Berlin\"").unwrap_or_default(),
        from: text("from", "from = \"22:00\"").unwrap_or_default(),
        until: text("until", "until = \"07:00\"").unwrap_or_default(),
        days: days.as_ref().map(|days| days.texts.clone()),
        major_bypass: table.get("major_bypass").and_then(|entry| entry.boolean(diagnostics)),
    };
    Some((draft, days))
}
