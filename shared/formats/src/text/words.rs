//! Words of status pages in our vocabulary, shared by the platforms whose words are those of English (feeds,
//! incident.io, Auth0, Okta, PagerDuty, OpenStatus), with the few that German, French, Spanish and Portuguese pages
//! use. A word that is not here is unknown; words inside sentences prove nothing.
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

/// A phase that only maintenance has.
pub(crate) fn is_planned(phase: Phase) -> bool {
    matches!(phase, Phase::Scheduled | Phase::InProgress | Phase::Verifying | Phase::Completed)
}

/// The state of a component that a word stands for, whatever its case.
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

/// In lower case, without spaces around it, with spaces for underscores.
pub(crate) fn normal(word: &str) -> String {
    word.trim().to_lowercase().replace('_', " ")
}
