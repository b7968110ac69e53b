//! What a chat message says of an incident besides the vendor's own text, in the order people look for it. How a time and
//! a link are written is the channel's to say.
use jiff::Timestamp;
use status::{alert::Alert, snapshot::Update, words::Severity};

use crate::{Job, text};

/// Severity, times and how long it lasted, as parts of one line. None for a notice, which tells of no incident.
pub(crate) fn facts(alert: &Alert, date: fn(Timestamp) -> String) -> Vec<String> {
    let incident = &alert.incident;
    if alert.event.is_notice() {
        return Vec::new();
    }
    let mut facts = vec![match alert.severity {
        Severity::Maintenance => "Maintenance".to_owned(),
        severity => format!("Severity {}", severity.as_str()),
    }];
    let impact = incident.impact.map(text::impact);
    facts.extend(impact.map(|impact| format!("vendor's impact {impact}")));
    match incident.window.map(|window| (window.starts_at, window.ends_at)) {
        Some((Some(starts), Some(ends))) => facts.push(format!("planned {} to {}", date(starts), date(ends))),
        Some((Some(starts), None)) => facts.push(format!("planned from {}", date(starts))),
        _ => facts.push(match incident.started_at {
            Some(started) => format!("started {}", date(started)),
            None => format!("first seen {}", date(incident.first_seen_at)),
        }),
    }
    facts.extend(incident.ended_at.map(|ended| format!("ended {}", date(ended))));
    facts.extend(text::lasted(incident).map(|time| format!("lasted {time}")));
    facts.extend(alert.widened.then(|| text::WIDENED.to_owned()));
    facts
}

/// Phase and time of an update, with the channel's mark for bold text around the phase.
pub(crate) fn update_line(update: &Update, bold: &str, between: &str, date: fn(Timestamp) -> String) -> String {
    let what = update.phase.map_or("update", |phase| phase.as_str());
    match update.posted_at {
        Some(posted) => format!("{bold}{what}{bold}{between}{}", date(posted)),
        None => format!("{bold}{what}{bold}"),
    }
}

/// Our page, then the vendor's. A notice has none.
pub(crate) fn links<L>(job: &Job<'_>, link: fn(&str, &str) -> Option<L>) -> Vec<L> {
    if job.alert.event.is_notice() {
        return Vec::new();
    }
    let vendor = match &job.alert.incident.url {
        Some(url) => link(url, "Vendor's incident page"),
        None => link(&job.alert.page_url, "Vendor's status page"),
    };
    let ours = job.incident_url.and_then(|url| link(url, "Incident page"));
    ours.into_iter().chain(vendor).collect()
}
