//! Words that only feeds have: phases of people and monitors, labels, titles of maintenance, items that say that all is
//! well.
use status::words::Phase;

use crate::text::words::{normal, phase};

/// The phase a word stands for where it stands alone: in a title, as a heading, behind a label.
pub(super) fn feed_phase(word: &str) -> Option<Phase> {
    phase(word).or_else(|| match normal(word).as_str() {
        "recovered" | "restored" | "solved" | "service restored" | "all clear" | "erledigt" | "opgelost"
        | "risolto" => Some(Phase::Resolved),
        "in-progress" => Some(Phase::InProgress),
        _ => None,
    })
}

/// The word of a post that leaves the phase as it was.
pub(super) fn is_update(word: &str) -> bool {
    ["update", "updated", "aktualisierung", "mise à jour", "actualización", "atualização"]
        .contains(&normal(word).as_str())
}

/// The word of planned work that does not take place.
pub(super) fn is_cancelled(word: &str) -> bool {
    ["cancelled", "canceled", "abgesagt", "annulé", "cancelado"].contains(&normal(word).as_str())
}

/// Labels in front of the phase, `Status: Resolved`, `Current status: Resolved`.
pub(super) fn is_status_label(word: &str) -> bool {
    ["status", "estado", "statut", "current status", "incident status"].contains(&normal(word).as_str())
}

/// A title that announces maintenance. "Scheduled" alone does not: "Scheduled jobs are delayed" is an incident. Nor
/// does maintenance that something comes of: "Errors after maintenance".
pub(super) fn announces_maintenance(title: &str) -> bool {
    const STARTS: [&str; 9] = [
        "scheduled downtime",
        "scheduled work",
        "planned",
        "maintenance",
        "geplant",
        "wartung",
        "travaux",
        "manutenção",
        "manutencao",
    ];
    const NOUNS: [&str; 9] = [
        "maintenance",
        "maintenances",
        "wartung",
        "wartungsarbeiten",
        "wartungsfenster",
        "mantenimiento",
        "manutenção",
        "onderhoud",
        "manutenzione",
    ];
    const PLANS: [&str; 9] =
        ["scheduled", "planned", "upcoming", "geplant", "geplante", "planifié", "planifiée", "programado", "agendada"];
    const WORK: [&str; 8] = ["downtime", "upgrade", "work", "works", "update", "migration", "window", "outage"];
    const TROUBLE: [&str; 22] = [
        "after",
        "following",
        "during",
        "due",
        "because",
        "caused",
        "error",
        "errors",
        "failure",
        "failures",
        "fails",
        "failed",
        "failing",
        "issue",
        "issues",
        "problem",
        "problems",
        "delayed",
        "delays",
        "degraded",
        "unplanned",
        "nach",
    ];
    let title = title.to_lowercase();
    if STARTS.iter().any(|start| title.starts_with(start)) {
        return true;
    }
    let has = |words: &[&str]| title.split(|c: char| !c.is_alphanumeric()).any(|word| words.contains(&word));
    !has(&TROUBLE) && (has(&NOUNS) || (has(&PLANS) && has(&WORK)))
}

/// A category, or the value of a label, for planned work.
pub(super) fn is_planned_kind(word: &str) -> bool {
    let word = normal(word);
    ["maintenance", "planned", "wartung", "mantenimiento", "manutenção"].iter().any(|kind| word.starts_with(kind))
        || (word.starts_with("scheduled") && word.contains("maintenance"))
}

/// An item that stands for a service which is fine: feeds of services have one item each, trouble or not.
pub(super) fn all_is_well(title: &str, state: Option<&str>) -> bool {
    if let Some(state) = state {
        return ["available", "operational"].contains(&normal(state).as_str());
    }
    let title = title.to_lowercase();
    let title = title.trim_matches(|c: char| !c.is_alphanumeric());
    let state = title.rsplit_once(": ").map_or(title, |(_, state)| state);
    [
        "operational",
        "available",
        "all systems operational",
        "all services operational",
        "service is operating normally",
        "no incidents",
        "no known issues",
    ]
    .contains(&state.trim())
}
