//! WEDOS (`*.status.online`), by the list of incidents that its page offers as JSON. Known by its address alone.
//!
//! This rests on one client and an example its author wrote by hand; nothing was recorded and nothing is documented.
//! How far back the list goes is not known, so what is missing from it proves nothing. It has no components and no
//! texts.
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::IncidentId,
    snapshot::{Coverage, Incident, Kind, Listing, Page, Snapshot},
    words::Phase,
};

use crate::{
    contract::{Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    read::{
        answers::endpoint,
        incident_reader::IncidentReader,
        incident_set::{IncidentSet, ids_of},
        lenient_list::elements,
        problems::Problems,
    },
    text::{
        urls::web_address,
        values::{Text, Word},
    },
};

pub(crate) const FORMAT: Format = Format {
    name: "wedos",
    fingerprint: Fingerprint { hosts: &["status.online"], markers: &[], blind_probes: 0 },
    read,
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

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let url = endpoint(context.page, INCIDENTS);
    let answer = answers.require(&url)?;
    let document: Document<'_> = answer.json()?;
    let missing = || ReadError::NotThisFormat(format!("{} is no list of incidents: no `incidents`", url.path()));
    let items = document.incidents.ok_or_else(missing)?;
    let mut problems = Problems::default();
    let (items, _) = elements::<Raw<'_>>(&items, "an incident", &mut problems);
    let mut incident_set = IncidentSet::default();
    for raw in &items {
        match raw.id.as_ref().filter(|id| !id.as_str().is_empty()) {
            Some(id) => {
                let (changed_at, incident) = incident(id.as_str(), raw, &mut problems);
                incident_set.add(changed_at, incident);
            }
            None => problems.add("an incident without id was left out".into()),
        }
    }
    let unlisted = incident_set.missing(context.open);
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page { id: None, name: None, url: Some(context.page.to_string()) },
            components: Vec::new(),
            incidents: incident_set.into_incidents(),
            coverage: Coverage { components: Listing::Partial, incidents: Listing::Partial },
        },
        source: "json".into(),
        unlisted: ids_of(unlisted),
        problems: problems.into_vec(),
    })
}

fn incident(id: &str, raw: &Raw<'_>, problems: &mut Problems) -> (Option<Timestamp>, Incident) {
    let mut reader = IncidentReader::new(id, problems);
    let resolved_at = reader.time("resolved_at", raw.resolved_at.as_ref());
    let phase = reader.known("status", raw.status.as_ref(), |word| {
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
    let changed_at = reader.time("updated_at", raw.updated_at.as_ref());
    let incident = Incident {
        id: IncidentId::new(id),
        kind: Kind::Incident,
        title: reader.title(raw.name.as_ref().or(raw.title.as_ref())),
        phase,
        impact: None,
        url: raw.url.as_ref().and_then(|url| web_address(&url.0)),
        started_at: reader.time("started_at", raw.started_at.as_ref().or(raw.created_at.as_ref())),
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
    use crate::testing::{Page, facts::at};

    fn read(document: &str, open: &[(Kind, &str)]) -> Result<ParsedPage, ReadError> {
        Page::of(&[(INCIDENTS, document)]).read(&FORMAT, Some("json"), open).1
    }

    const LISTED: &str = include_str!("../../test_data/wedos/open/en+json+incidents.json");

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
        let parsed = read(LISTED, &[(Kind::Incident, "600")]).unwrap();
        assert_eq!(parsed.snapshot.coverage.incidents, Listing::Partial);
        assert_eq!(parsed.unlisted, [IncidentId::from("600")]);
    }

    #[test]
    fn another_document_is_refused() {
        for document in ["{}", "{\"data\":[]}", "[]", "<html>"] {
            assert!(matches!(read(document, &[]), Err(ReadError::NotThisFormat(_))), "{document}");
        }
    }
}
