//! What Hetzner posted: an outage, maintenance or information.
use jiff::Timestamp;
use serde::Deserialize;
use status::{
    ids::{ComponentId, IncidentId},
    snapshot::{Affected, Incident, Kind},
    words::Phase,
};

use crate::{
    read::{
        incident_reader::IncidentReader,
        maintenance::{phase_at, planned},
        problems::Problems,
    },
    text::{
        values::{Text, Word},
        words,
    },
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Post<'a> {
    id: Word,
    #[serde(borrow)]
    system: Option<Text<'a>>,
    #[serde(borrow)]
    title_en: Option<Text<'a>>,
    #[serde(borrow)]
    title_de: Option<Text<'a>>,
    #[serde(borrow)]
    incident_state: Option<Text<'a>>,
    #[serde(borrow)]
    incident_type: Option<Text<'a>>,
    #[serde(borrow)]
    start_time: Option<Text<'a>>,
    #[serde(borrow)]
    end_time: Option<Text<'a>>,
    #[serde(borrow)]
    created_at: Option<Text<'a>>,
    #[serde(borrow)]
    updated_at: Option<Text<'a>>,
}

impl Post<'_> {
    /// With the time of its last change. `None`: information.
    pub(super) fn incident(&self, now: Timestamp, problems: &mut Problems) -> Option<(Option<Timestamp>, Incident)> {
        let mut reader = IncidentReader::new(self.id.as_str(), problems);
        // An unknown type may be trouble.
        let kind = reader.known("type", self.incident_type.as_ref(), |word| match word.to_ascii_lowercase().as_str() {
            "outage" => Some(Some(Kind::Incident)),
            "maintenance" => Some(Some(Kind::Maintenance)),
            "other" | "information" | "info" => Some(None),
            _ => None,
        });
        let kind = kind.unwrap_or(Some(Kind::Incident))?;
        let said = reader.known("state", self.incident_state.as_ref(), words::phase);
        let said = said.map(|phase| if kind == Kind::Maintenance { planned(phase) } else { phase });
        let title = reader.title(self.title_en.as_ref().or(self.title_de.as_ref()));
        let starts_at = reader.time("start", self.start_time.as_ref());
        let ends_at = reader.time("end", self.end_time.as_ref());
        let created_at = reader.time("creation time", self.created_at.as_ref());
        let updated_at = reader.time("time of change", self.updated_at.as_ref());
        let window = match kind {
            Kind::Incident => None,
            Kind::Maintenance => {
                reader.window(("startTime", self.start_time.as_ref()), ("endTime", self.end_time.as_ref()))
            }
        };
        let phase = match kind {
            // An outage whose end is past is over, whatever its state was left at.
            Kind::Incident if ends_at.is_some_and(|at| at <= now) => Some(Phase::Resolved),
            Kind::Maintenance if said.is_none() => window.and_then(|window| phase_at(now, window)),
            _ => said,
        };
        let is_over = phase.is_some_and(Phase::is_over);
        let has_begun = !matches!(phase, Some(Phase::Scheduled) | None);
        let system = self.system.as_ref().filter(|system| !system.0.is_empty());
        let incident = Incident {
            id: IncidentId::new(self.id.as_str()),
            kind,
            title,
            phase,
            impact: None,
            url: None,
            started_at: match kind {
                Kind::Incident => starts_at.or(created_at),
                Kind::Maintenance => starts_at.filter(|_| has_begun),
            },
            resolved_at: ends_at.filter(|at| *at <= now).or(updated_at).filter(|_| is_over),
            window,
            components: system
                .map(|system| Affected { id: ComponentId::new(&*system.0), status: None })
                .into_iter()
                .collect(),
            updates: Vec::new(),
        };
        Some((updated_at, incident))
    }
}
