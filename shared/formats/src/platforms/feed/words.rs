//! Words that only feeds have: labels, titles of maintenance, items that say that all is well.
use crate::text::words::normal;

/// The word of a post that leaves the phase as it was.
pub(super) fn is_update(word: &str) -> bool {
    ["update", "aktualisierung", "mise à jour", "actualización", "atualização"].contains(&normal(word).as_str())
}

/// Labels in front of the phase where a text opens with it, `Status: Resolved`.
pub(super) fn is_status_label(word: &str) -> bool {
    ["status", "estado", "statut"].contains(&normal(word).as_str())
}

/// A title that announces maintenance. "Scheduled" alone does not: "Scheduled jobs are delayed" is an incident.
pub(super) fn announces_maintenance(title: &str) -> bool {
    const STARTS: [&str; 13] = [
        "scheduled maintenance",
        "scheduled downtime",
        "scheduled work",
        "planned",
        "maintenance",
        "upcoming maintenance",
        "emergency maintenance",
        "geplant",
        "wartung",
        "travaux",
        "mantenimiento",
        "manutenção",
        "manutencao",
    ];
    let title = title.to_lowercase();
    STARTS.iter().any(|start| title.starts_with(start))
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
