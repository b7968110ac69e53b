//! What changed since the alert before, beside updates and components; and alerts that are about more than one
//! incident.
use std::{cmp::Reverse, collections::BTreeMap};

use status::{
    alert::{Alert, SummaryItem},
    words::{Event, Severity},
};

use super::{
    Name, NameList, Tone,
    components::{joined, some_of},
};
use crate::text::{cut, one_line, short_utc};

/// Characters of a title that is quoted.
const MAX_QUOTED: usize = 120;
/// Titles of a summary.
const MAX_ITEMS: usize = 5;
/// The same of what quiet hours held, which was told nowhere else.
const MAX_HELD_ITEMS: usize = 10;
/// Characters of an entry of a filter, or of a provider's name.
const MAX_NAME: usize = 80;
/// Of alerts that were stored before they said what changed.
const ESCALATED: &str = "Higher severity or more components affected than before";

/// One line each. May quote foreign text.
pub(super) fn changes(alert: &Alert) -> Vec<String> {
    match alert.event {
        Event::Summary => summary(alert),
        Event::Updated | Event::Changed | Event::Started | Event::Overran => {
            let severity = alert.severity_before.map(|before| severity(before, alert.severity));
            let found: Vec<String> = [severity, joined(alert), title(alert)].into_iter().flatten().collect();
            let is_old =
                alert.widened && alert.severity_before.is_none() && alert.components.iter().all(|it| !it.joined);
            if is_old { [ESCALATED.to_owned()].into_iter().chain(found).collect() } else { found }
        }
        _ => Vec::new(),
    }
}

fn severity(before: Severity, now: Severity) -> String {
    let verb = if now > before { "Escalated" } else { "De-escalated" };
    format!("{verb}: {} → {}", before.as_str(), now.as_str())
}

fn title(alert: &Alert) -> Option<String> {
    let before = one_line(alert.title_before.as_deref()?);
    Some(format!("Title changed: was \"{}\"", cut(&before, MAX_QUOTED)))
}

/// `12 incidents opened, 3 maintenances scheduled`, and the worst of them.
fn summary(alert: &Alert) -> Vec<String> {
    let mut counts: BTreeMap<Event, usize> = BTreeMap::new();
    alert.summary.iter().for_each(|item| *counts.entry(item.event).or_default() += 1);
    let counts: Vec<String> = counts.into_iter().map(|(event, count)| counted(event, count)).collect();
    let mut worst: Vec<&SummaryItem> = alert.summary.iter().collect();
    worst.sort_by_key(|item| (Reverse(item.severity), item.event.is_end(), item.event));
    let most = if alert.is_held_summary() { MAX_HELD_ITEMS } else { MAX_ITEMS };
    let more = worst.len().saturating_sub(most);
    let items = worst.into_iter().take(most).map(item);
    let counts = (!counts.is_empty()).then(|| counts.join(", "));
    counts.into_iter().chain(items).chain((more > 0).then(|| format!("+{more} more"))).collect()
}

fn counted(event: Event, count: usize) -> String {
    let noun = match event {
        Event::Opened | Event::Updated | Event::Resolved => "incident",
        Event::Unreadable | Event::Readable => "status page",
        _ => "maintenance",
    };
    let plural = if count == 1 { "" } else { "s" };
    let verb = match event {
        Event::Reminder => "starting soon",
        Event::Overran => "overrunning",
        event => event.as_str(),
    };
    format!("{count} {noun}{plural} {verb}")
}

/// `• Sign-in errors (opened, major): API, Web and 2 more`
fn item(item: &SummaryItem) -> String {
    let title = cut(&one_line(&item.title), MAX_QUOTED);
    let mut components: Vec<_> = item.components.iter().collect();
    components.sort_by_key(|component| Reverse(component.status));
    let what = format!("• {title} ({}, {})", item.event.as_str(), item.severity.as_str());
    match components.is_empty() {
        true => what,
        false => format!("{what}: {}", some_of(components.into_iter().map(|component| Name::of(component).full()))),
    }
}

/// The title of a message that is about more than one incident, or about a filter.
pub(super) fn title_of_many(alert: &Alert, provider: &str) -> Option<String> {
    match alert.event {
        // Its title says so.
        Event::Summary if alert.is_held_summary() => None,
        Event::Summary if !alert.summary.is_empty() => Some(format!("{} changes at once", alert.summary.len())),
        Event::Unreadable | Event::Readable if !alert.concerned.is_empty() => {
            let since = alert.incident.started_at.unwrap_or(alert.incident.first_seen_at);
            let who = format!("{} of your providers on {provider}", alert.concerned.len());
            Some(match alert.event {
                Event::Readable => format!("{who} can be read again"),
                _ => format!("{who} cannot be read since {}", short_utc(since, alert.seen_at)),
            })
        }
        Event::Unmatched => {
            let monitor = alert.monitor.as_ref()?;
            let monitor = cut(&one_line(monitor.as_str()), MAX_NAME);
            Some(format!("The component filter of monitor \"{monitor}\" fits nothing"))
        }
        _ => None,
    }
}

/// Names of providers, or entries of a filter.
pub(super) fn names_of_many(alert: &Alert) -> Option<NameList> {
    let (label, names): (_, Vec<&str>) = match alert.event {
        Event::Unreadable => ("Not readable", alert.concerned.iter().map(|it| it.name.as_str()).collect()),
        Event::Readable => ("Readable again", alert.concerned.iter().map(|it| it.name.as_str()).collect()),
        Event::Unmatched => ("Without a match", alert.unmatched.iter().map(String::as_str).collect()),
        _ => return None,
    };
    let name = |name: &str| Name { group: None, name: cut(&one_line(name), MAX_NAME), was: None };
    let mut names: Vec<Name> = names.into_iter().map(name).collect();
    names.sort_by_cached_key(|name| name.name.to_lowercase());
    let label = format!("{label} ({})", names.len());
    (!names.is_empty()).then_some(NameList { label, names, tone: Tone::Quiet })
}
