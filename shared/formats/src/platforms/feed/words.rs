//! The words of feeds and of incident.io in our vocabulary: English, and the few that German, French, Spanish and
//! Portuguese pages use. A word that is not here is unknown; words inside sentences prove nothing.
use status::words::{ComponentStatus, Phase};

/// The phase a word stands for, whatever its case.
pub(crate) fn phase(word: &str) -> Option<Phase> {
    let word = normal(word);
    PHASES.iter().find(|(_, words)| words.contains(&word.as_str())).map(|(phase, _)| *phase)
}

const PHASES: &[(Phase, &[&str])] = &[
    (
        Phase::Investigating,
        &["investigating", "wird untersucht", "untersuchung", "investigation", "investigando", "em investigação"],
    ),
    (Phase::Identified, &["identified", "fixing", "identifiziert", "identifié", "identificado"]),
    (
        Phase::Monitoring,
        &[
            "monitoring",
            "watching",
            "beobachtung",
            "wird beobachtet",
            "überwachung",
            "surveillance",
            "monitoreando",
            "supervisando",
            "monitorando",
        ],
    ),
    (
        Phase::Resolved,
        &["resolved", "fixed", "ended", "closed", "gelöst", "behoben", "beendet", "résolu", "resuelto", "resolvido"],
    ),
    (Phase::Postmortem, &["postmortem", "post-mortem"]),
    (
        Phase::Scheduled,
        &["scheduled", "maintenance scheduled", "planned", "geplant", "planifié", "programado", "agendado"],
    ),
    (
        Phase::InProgress,
        &[
            "in progress",
            "maintenance in progress",
            "in bearbeitung",
            "en cours",
            "en curso",
            "en progreso",
            "em andamento",
        ],
    ),
    (Phase::Verifying, &["verifying"]),
    (
        Phase::Completed,
        &[
            "completed",
            "complete",
            "maintenance complete",
            "maintenance completed",
            "abgeschlossen",
            "terminé",
            "completado",
            "concluído",
            "concluido",
        ],
    ),
];

/// A phase that only planned work has.
pub(crate) fn is_planned(phase: Phase) -> bool {
    matches!(phase, Phase::Scheduled | Phase::InProgress | Phase::Verifying | Phase::Completed)
}

/// The word of a post that leaves the phase as it was.
pub(super) fn is_update(word: &str) -> bool {
    ["update", "aktualisierung", "mise à jour", "actualización", "atualização"].contains(&normal(word).as_str())
}

pub(crate) fn component_status(word: &str) -> Option<ComponentStatus> {
    Some(match normal(word).as_str() {
        "operational" => ComponentStatus::Operational,
        "degraded performance" => ComponentStatus::DegradedPerformance,
        "partial outage" => ComponentStatus::PartialOutage,
        "full outage" | "major outage" => ComponentStatus::MajorOutage,
        "under maintenance" => ComponentStatus::UnderMaintenance,
        _ => return None,
    })
}

fn normal(word: &str) -> String {
    word.trim().to_lowercase().replace('_', " ")
}

/// Labels in front of the phase where a text opens with it, `Status: Resolved`.
pub(super) fn is_status_label(word: &str) -> bool {
    ["status", "estado", "statut"].contains(&normal(word).as_str())
}

/// A title that announces planned work. "Scheduled" alone does not: "Scheduled jobs are delayed" is an incident.
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
    let said = title.rsplit_once(": ").map_or(title, |(_, said)| said);
    [
        "operational",
        "available",
        "all systems operational",
        "all services operational",
        "service is operating normally",
        "no incidents",
        "no known issues",
    ]
    .contains(&said.trim())
}
