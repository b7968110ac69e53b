//! WEDOS (`*.status.online`), by the list of incidents that its page offers as JSON. Known by its address alone.
//!
//! This rests on one client and an example its author wrote by hand; nothing was recorded and nothing is documented. How
//! far back the list goes is not known, so what is missing from it proves nothing. It has no components and no texts.
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::IncidentId,
    snapshot::{Coverage, Incident, Kind, Listing, Page, Snapshot},
    words::Phase,
};

use crate::{
    Answers, Format, ReadError, Reading, Signs, Step, Watch,
    answers::endpoint,
    gathered::Gathered,
    lists::elements,
    noted::Noted,
    problems::Problems,
    text::{Text, Word, web_address},
};

pub const FORMAT: Format = Format {
    name: "wedos",
    signs: Signs { hosts: &["status.online"], marks: &[], tries: 0 },
    read: |watch, answers| read(watch, answers).unwrap_or_else(Step::Unusable),
};

const INCIDENTS: &str = "en/json/incidents.json";

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    incidents: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Raw<'a> {
    id: Option<Word>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    title: Option<Text<'a>>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
    #[serde(borrow)]
    started_at: Option<Text<'a>>,
    #[serde(borrow)]
    created_at: Option<Text<'a>>,
    #[serde(borrow)]
    updated_at: Option<Text<'a>>,
    #[serde(borrow)]
    resolved_at: Option<Text<'a>>,
    #[serde(borrow)]
    url: Option<Text<'a>>,
}

fn read(watch: &Watch<'_>, answers: &Answers) -> Result<Step, ReadError> {
    let url = endpoint(watch.page, INCIDENTS);
    let Some(answer) = answers.get(&url) else {
        return Ok(Step::Need(vec![url]));
    };
    let document: Document<'_> = answer.json()?;
    let missing = || ReadError::NotThisFormat(format!("{} is no list of incidents: no `incidents`", url.path()));
    let items = document.incidents.ok_or_else(missing)?;
    let mut problems = Problems::default();
    let (items, _) = elements::<Raw<'_>>(&items, "an incident", &mut problems);
    let mut gathered = Gathered::default();
    for raw in &items {
        match raw.id.as_ref().filter(|id| !id.as_str().is_empty()) {
            Some(id) => {
                let (changed_at, incident) = incident(id.as_str(), raw, &mut problems);
                gathered.add(changed_at, incident);
            }
            None => problems.add("an incident without id was left out".into()),
        }
    }
    let unlisted = gathered.missing(watch.open);
    Ok(Step::Done(Reading {
        snapshot: Snapshot {
            page: Page { name: None, url: Some(watch.page.to_string()) },
            components: Vec::new(),
            incidents: gathered.into_incidents(),
            coverage: Coverage { components: Listing::Partial, incidents: Listing::Partial },
        },
        via: "json".into(),
        unlisted,
        problems: problems.into_vec(),
    }))
}

fn incident(id: &str, raw: &Raw<'_>, problems: &mut Problems) -> (Option<Timestamp>, Incident) {
    let mut noted = Noted::new(id, problems);
    let resolved_at = noted.time("resolved_at", raw.resolved_at.as_ref());
    let phase = noted.known("status", raw.status.as_ref(), |word| {
        Some(match word {
            "active" | "open" | "investigating" => Phase::Investigating,
            "identified" => Phase::Identified,
            "monitoring" => Phase::Monitoring,
            "resolved" => Phase::Resolved,
            _ => return None,
        })
    });
    // the client that this rests on takes either for the end
    let phase = if resolved_at.is_some() { Some(Phase::Resolved) } else { phase };
    let changed_at = noted.time("updated_at", raw.updated_at.as_ref());
    let incident = Incident {
        id: IncidentId::new(id),
        kind: Kind::Incident,
        title: noted.title(raw.name.as_ref().or(raw.title.as_ref())),
        phase,
        impact: None,
        url: raw.url.as_ref().and_then(|url| web_address(&url.0)),
        started_at: noted.time("started_at", raw.started_at.as_ref().or(raw.created_at.as_ref())),
        resolved_at,
        window: None,
        components: Vec::new(),
        updates: Vec::new(),
    };
    (changed_at, incident)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::tests::{Pretend, at};

    fn read(document: &str, open: &[(Kind, &str)]) -> Result<Reading, ReadError> {
        Pretend::ok(&[(INCIDENTS, document)]).read(&FORMAT, Some("json"), open).1
    }

    const LISTED: &str = include_str!("../test_data/wedos/open/en+json+incidents.json");

    #[test]
    fn an_incident_is_over_by_its_status_or_its_time_of_resolution() {
        let incidents = read(LISTED, &[]).unwrap().snapshot.incidents;
        let states: Vec<_> = incidents.iter().map(|incident| (incident.id.as_str(), incident.phase)).collect();
        let over = Some(Phase::Resolved);
        assert_eq!(states, [("640", over), ("641", Some(Phase::Investigating)), ("642", over)]);
        assert_eq!(incidents[0].resolved_at, at("2026-05-02T09:00:00Z"));
        assert_eq!(incidents[1].url.as_deref(), Some("https://wedos.status.online/en/incident/641"));
    }

    #[test]
    fn what_is_not_listed_proves_nothing() {
        let reading = read(LISTED, &[(Kind::Incident, "600")]).unwrap();
        assert_eq!(reading.snapshot.coverage.incidents, Listing::Partial);
        assert_eq!(reading.unlisted, [(Kind::Incident, "600".into())]);
    }

    #[test]
    fn another_document_is_refused() {
        for document in ["{}", "{\"data\":[]}", "[]", "<html>"] {
            assert!(matches!(read(document, &[]), Err(ReadError::NotThisFormat(_))), "{document}");
        }
    }
}
