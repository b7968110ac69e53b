//! Microsoft Azure, azure.status.microsoft: a feed of what is going on now, and one page with a table of services and
//! regions for each geography. An item has no state of its own: the first words of its title may tell one, and it is
//! gone when its event is over. Its categories name the services and regions it affects, and some tell its state. The
//! tables give components, one per service and geography: a cell for each region would be ten thousand of them.
//!
//! Rests on a recording of the empty feed, on client code for the tables and the categories (one
//! says that they carry "the incident's service area and region"), and on the
//! titles of the provider's history for the words of the feed; no item of the feed was ever recorded.
mod places;
mod stage;
#[cfg(test)]
mod tests;
mod zones;

use std::collections::BTreeMap;

use serde::Deserialize;
use status::{
    ids::digest,
    snapshot::{Coverage, Incident, Kind, Listing, Page, Snapshot},
    words::Phase,
};
use url::Url;

use self::{
    places::Places,
    stage::{split_stage, stage},
    zones::Zones,
};
use crate::{
    contract::{Answer, Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    platforms::feed::{self, Document, Entry},
    read::{
        incident_set::{IncidentSet, ids_of},
        problems::Problems,
    },
    text::{html::to_text, urls::fixed_url, values::Text},
};

pub(crate) const FORMAT: Format = Format {
    name: "azure",
    fingerprint: Fingerprint {
        hosts: &["azure.status.microsoft", "status.azure.com", "azurestatuscdn.azureedge.net"],
        markers: &[],
        blind_probes: 0,
    },
    read,
};

const PAGE: &str = "https://azure.status.microsoft/en-us/status";
const FEED: &str = "https://rssfeed.azure.status.microsoft/en-us/status/feed/";
/// Microsoft's other status page says of Azure in a word whether anything is wrong.
const SECOND_OPINION: &str = "https://status.cloud.microsoft/api/posts/azure";

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let urls = [FEED, PAGE].map(fixed_url);
    let first = if context.source.is_some() { &urls[..] } else { &urls[..1] };
    answers.require_all(first)?;
    let document = azure_feed(answers.require(&urls[0])?)?;
    let answer = answers.require(&urls[1])?;
    let mut problems = Problems::default();
    let zones = answer.text().and_then(|html| Zones::read(html, &mut problems)).unwrap_or_else(|error| {
        problems.add(format!("no tables of regions: {error}"));
        Zones::default()
    });

    let is_empty = document.entries.is_empty();
    let mut incident_set = IncidentSet::default();
    incident_set.damaged = document.is_cut;
    for incident in events(document, &zones) {
        // A review of what was over long before is no incident that began and ended just now.
        let is_review = incident.phase == Some(Phase::Postmortem);
        if !is_review || context.is_open(&incident.id) {
            incident_set.add(incident.newest_update_at(), incident);
        }
    }
    let unlisted = incident_set.missing(context.open);
    // What is over leaves the feed. That all of it is over a second source must say, or the feed may be broken.
    let mut looked_up = !is_empty || zones.all_well();
    if !unlisted.is_empty() && !looked_up {
        looked_up = says_well(answers.require(&fixed_url(SECOND_OPINION))?, &mut problems);
    }
    let incidents = incident_set.listing(context.open, looked_up);
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page { id: None, name: Some("Azure".into()), url: Some(PAGE.into()) },
            coverage: Coverage {
                components: if zones.whole { Listing::Complete } else { Listing::Partial },
                incidents,
            },
            components: zones.components,
            incidents: incident_set.into_incidents(),
        },
        source: "feed".into(),
        unlisted: ids_of(unlisted),
        problems: problems.into_vec(),
    })
}

/// The feed, if it is Azure's: any other empty feed would read as no incident.
fn azure_feed(answer: &Answer) -> Result<Document, ReadError> {
    let document = Document::read(answer)?;
    let is_azure = |text: &Option<String>| text.as_deref().is_some_and(|text| text.to_lowercase().contains("azure"));
    if is_azure(&document.title) || is_azure(&document.link) {
        return Ok(document);
    }
    Err(ReadError::NotThisFormat(format!("{} is a feed, but does not say that it is Azure's", answer.url.path())))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Post<'a> {
    #[serde(borrow)]
    status: Option<Text<'a>>,
}

fn says_well(answer: &Answer, problems: &mut Problems) -> bool {
    match answer.json::<Post<'_>>() {
        Ok(post) => {
            let word = post.status.as_ref().map_or("", |word| &*word.0);
            ["Available", "Operational", "Service restored"].contains(&word)
        }
        Err(error) => {
            problems.add(format!("the feed is empty, and nothing confirms that all is well: {error}"));
            false
        }
    }
}

fn events(mut document: Document, zones: &Zones) -> Vec<Incident> {
    document.entries.iter_mut().for_each(prepare);
    let mut places: BTreeMap<String, Places> = BTreeMap::new();
    for entry in &document.entries {
        let id = entry.id.clone().unwrap_or_default();
        places.entry(id).or_default().add(&to_text(&entry.title), &entry.categories);
    }
    let mut incidents = feed::incidents(&fixed_url(PAGE), &document);
    for incident in &mut incidents {
        feed::name_updates_by_text(incident);
        if let Some(places) = places.get(incident.id.as_str()) {
            incident.components = places.affected(&zones.components);
        }
        // What is listed is going on; nothing more is meant by it.
        if incident.kind == Kind::Incident {
            incident.phase = incident.phase.or(Some(Phase::Investigating));
        }
    }
    incidents
}

/// Makes an item what a generic feed would have: the phase in brackets, and an id that is not the date of the answer or
/// the address of the page.
fn prepare(entry: &mut Entry) {
    let title = to_text(&entry.title).replace('\n', " ");
    let (stage_in_title, rest) = split_stage(&title);
    let text = to_text(&entry.body);
    let by_category = || entry.categories.iter().find_map(|category| stage(category));
    let stage = stage_in_title.or_else(|| split_stage(&text).0).or_else(by_category);
    let link = entry.link.as_deref().and_then(|link| fixed_url(PAGE).join(link).ok());
    let id = link.as_ref().and_then(tracking_id).or(entry.id.take());
    entry.id = Some(id.unwrap_or_else(|| digest(&[rest])));
    let rest = rest.replace('&', "&amp;").replace('<', "&lt;");
    entry.title = match stage {
        Some(word) => format!("[{word}] {rest}"),
        None => rest,
    };
}

/// The id of an event in the address of its review.
fn tracking_id(link: &Url) -> Option<String> {
    let (_, id) = link.query_pairs().find(|(key, _)| key.eq_ignore_ascii_case("trackingId"))?;
    let is_id = (4..=16).contains(&id.len()) && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    is_id.then(|| id.to_ascii_uppercase())
}
