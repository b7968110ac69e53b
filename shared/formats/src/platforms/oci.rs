//! Oracle Cloud Infrastructure, by two documents of its own: `components.json` has every service of every region with
//! the ids of what it suffers from, and `incident-summary.rss` has the texts, by the same ids.
//!
//! This rests on the documentation (<https://docs.oracle.com/en-us/iaas/Content/General/Concepts/status-service.htm>)
//! and on the code of several clients, some with answers in their tests; nothing was recorded here. A state is written
//! with and without spaces. `Informational` tells of no trouble.
mod regions;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use status::{
    ids::IncidentId,
    snapshot::{Affected, Coverage, Incident, Kind, Listing, Page, Snapshot},
    words::{ComponentStatus, Impact},
};

use self::regions::{Hit, Regions};
use crate::{
    contract::{Answers, Fingerprint, Format, ParsedPage, ReadContext, Stop},
    platforms::feed::{self, Document},
    read::{
        answers::endpoint,
        incident_set::{IncidentSet, ids_of},
        problems::Problems,
    },
};

pub(crate) const FORMAT: Format = Format {
    name: "oci",
    fingerprint: Fingerprint {
        hosts: &["ocistatus.oraclecloud.com", "gov.ocistatus.com"],
        markers: &[],
        blind_probes: 0,
    },
    read,
};

const COMPONENTS: &str = "api/v2/components.json";
const FEED: &str = "api/v2/incident-summary.rss";
const SOURCE: &str = "components";

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let [components, texts] = [COMPONENTS, FEED].map(|path| endpoint(context.page, path));
    if context.source == Some(SOURCE) {
        answers.require_all(&[components.clone(), texts.clone()])?;
    }
    let mut problems = Problems::default();
    let regions = Regions::read(answers.require(&components)?, &mut problems)?;
    let feed = match Document::read(answers.require(&texts)?) {
        Ok(document) => Some(document),
        Err(error) => {
            problems.add(format!("the texts of incidents could not be read: {error}"));
            None
        }
    };

    let mut set = IncidentSet::default();
    set.damaged = !regions.is_whole;
    let told = feed.map(|document| feed::incidents(context, &document));
    let has_texts = told.as_ref().is_some_and(|told| !told.is_empty());
    let mut told: BTreeMap<IncidentId, Incident> =
        told.into_iter().flatten().map(|incident| (incident.id.clone(), incident)).collect();
    for (id, hits) in &regions.hits {
        let mut incident = told.remove(id).unwrap_or_else(|| untold(id, hits));
        // What the document says now counts: the feed may be older, or may end what services still suffer from.
        if incident.is_over() {
            incident.phase = None;
        }
        incident.resolved_at = None;
        incident.components = hits.iter().map(Hit::affected).collect();
        incident.impact = incident.impact.or_else(|| impact(hits));
        set.add(None, incident);
    }
    // Those that no service suffers from: most of them ended.
    told.into_values().for_each(|incident| set.add(None, incident));
    let unlisted = set.missing(context.open);
    Ok(ParsedPage {
        unlisted: ids_of(unlisted),
        snapshot: Snapshot {
            page: Page { id: None, name: None, url: Some(context.page.to_string()) },
            coverage: Coverage {
                components: if regions.is_whole { Listing::Complete } else { Listing::Partial },
                incidents: set.listing(context.open, has_texts),
            },
            components: regions.components,
            incidents: set.into_incidents(),
        },
        source: SOURCE.into(),
        problems: problems.into_vec(),
    })
}

/// An incident of which the feed does not tell.
fn untold(id: &IncidentId, hits: &[Hit]) -> Incident {
    let more = hits.len().saturating_sub(1);
    let first = hits.first().map_or("", |hit| hit.place.as_str());
    Incident {
        id: id.clone(),
        kind: Kind::Incident,
        title: if more == 0 { first.to_owned() } else { format!("{first} and {more} more") },
        phase: None,
        impact: None,
        url: None,
        started_at: None,
        resolved_at: None,
        window: None,
        components: hits.iter().map(Hit::affected).collect::<Vec<Affected>>(),
        updates: Vec::new(),
    }
}

fn impact(hits: &[Hit]) -> Option<Impact> {
    Some(match hits.iter().filter_map(|hit| hit.severity).max()? {
        ComponentStatus::MajorOutage => Impact::Critical,
        ComponentStatus::PartialOutage => Impact::Major,
        _ => return None,
    })
}
