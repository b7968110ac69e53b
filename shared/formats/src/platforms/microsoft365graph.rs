//! The service health of a Microsoft 365 tenant, by Microsoft Graph: `healthOverviews` with their issues, for those who
//! have a token of an app with the permission `ServiceHealth.Read.All`. Each service of the tenant is a component. An
//! issue that has left the answer is looked up by its id. A list that goes on (`@odata.nextLink`) is followed for five
//! pages, at its own address only; what is behind them, or behind another address, makes it incomplete. The words are
//! compared without regard to case: the list of the documentation and its own examples differ in it.
//!
//! Rests on the documentation of Graph 1.0 (`serviceHealth`, `serviceHealthIssue`, `serviceHealthIssuePost`) and its
//! examples alone, on no recording. It does not say what the words of the states mean; an older documentation of the
//! same words does of some. Nor does it say how long issues that are resolved stay in the answer.
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::{ComponentId, IncidentId},
    snapshot::{Affected, Component, Coverage, Incident, Kind, Listing, Page, Snapshot, Update},
    words::{ComponentStatus, Impact, Phase},
};
use url::Url;

use crate::{
    contract::{Answer, Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    read::{
        incident_reader::IncidentReader,
        incident_set::{IncidentSet, ids_of},
        lenient_list::elements,
        problems::{Problems, quoted},
        updates::{in_order, update_id},
    },
    text::{html::to_text, urls::is_plain_id, values::Text},
};

pub(crate) const FORMAT: Format = Format {
    name: "microsoft365graph",
    // Of the global service, and of the national clouds.
    fingerprint: Fingerprint {
        hosts: &[
            "graph.microsoft.com",
            "graph.microsoft.us",
            "dod-graph.microsoft.us",
            "microsoftgraph.chinacloudapi.cn",
        ],
        markers: &[],
        blind_probes: 0,
    },
    read,
};

const ROOT: &str = "/v1.0/admin/serviceAnnouncement";
const SOURCE: &str = "overviews";
/// Of the list of services: 100 services each. A tenant has some dozens.
const MAX_PAGES: usize = 5;
/// Of the query of a link to the next one. All that are followed are kept in the source.
const MAX_QUERY: usize = 512;
/// At most so many are looked up in one read; the others stay as they are until the next.
const MAX_LOOKED_UP: usize = 6;

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let mut document = Document { whole: true, ..Document::default() };
    let source = document.pages(context, answers)?;
    let unlisted = document.incident_set.missing(context.open);
    let looked_up = document.look_up(context, answers, &unlisted)?;

    let Document { components, whole, mut incident_set, problems, .. } = document;
    incident_set.keep_recent(context.open);
    let incidents = incident_set.listing(context.open, looked_up);
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page { id: None, name: Some("Microsoft 365 service health".into()), url: None },
            components,
            incidents: incident_set.into_incidents(),
            coverage: Coverage {
                components: if whole { Listing::Complete } else { Listing::Partial },
                incidents: if whole { incidents } else { Listing::Partial },
            },
        },
        source: source.into(),
        unlisted: ids_of(unlisted),
        problems: problems.into_vec(),
    })
}

/// Below the root of the API, whichever part of it the page names.
fn address(page: &Url, path: &str, query: Option<&str>) -> Url {
    let mut url = page.clone();
    url.set_path(&format!("{ROOT}/{path}"));
    url.set_query(query);
    url
}

#[derive(Deserialize)]
struct Overviews<'a> {
    #[serde(borrow)]
    value: Option<Vec<&'a RawValue>>,
    /// Where the list goes on.
    #[serde(borrow, rename = "@odata.nextLink")]
    next: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Overview<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    service: Option<Text<'a>>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
    #[serde(borrow)]
    issues: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Issue<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    title: Option<Text<'a>>,
    #[serde(borrow)]
    service: Option<Text<'a>>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
    #[serde(borrow)]
    classification: Option<Text<'a>>,
    is_resolved: Option<bool>,
    #[serde(borrow)]
    start_date_time: Option<Text<'a>>,
    #[serde(borrow)]
    end_date_time: Option<Text<'a>>,
    #[serde(borrow)]
    last_modified_date_time: Option<Text<'a>>,
    #[serde(borrow)]
    impact_description: Option<Text<'a>>,
    #[serde(borrow)]
    posts: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Post<'a> {
    #[serde(borrow)]
    created_date_time: Option<Text<'a>>,
    #[serde(borrow)]
    description: Option<Body<'a>>,
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    content: Option<Text<'a>>,
}

/// The pages of the list that the source knows, of which this is the first. A link may be good for one read only; then
/// these are asked for in vain.
fn known_pages(first: &Url, source: &str) -> Vec<Url> {
    let queries = source.strip_prefix(SOURCE).unwrap_or_default().split(' ').filter(|query| !query.is_empty());
    let pages = queries.filter(|query| query.len() <= MAX_QUERY).take(MAX_PAGES - 1);
    std::iter::once(first.clone()).chain(pages.map(|query| with_query(first, query))).collect()
}

/// The next page, if the link leads to where the list is.
fn followed(first: &Url, link: &str) -> Option<Url> {
    let link = first.join(link).ok()?;
    let query = link.query().filter(|query| (1..=MAX_QUERY).contains(&query.len()))?;
    (link.origin() == first.origin() && link.path() == first.path()).then(|| with_query(first, query))
}

fn with_query(first: &Url, query: &str) -> Url {
    let mut url = first.clone();
    url.set_query(Some(query));
    url
}

/// What the answers add up to.
#[derive(Default)]
struct Document {
    components: Vec<Component>,
    /// By name, which is what an issue has.
    ids: BTreeMap<String, ComponentId>,
    /// Nothing of the list of services was left out.
    whole: bool,
    incident_set: IncidentSet,
    problems: Problems,
}

impl Document {
    /// Reads one page of the list after the other. Returns the source, which names all that were read: the next read
    /// asks for them first, since a change may be on any.
    fn pages(&mut self, context: &ReadContext<'_>, answers: &Answers) -> Result<String, Stop> {
        let first = address(context.page, "healthOverviews", Some("$expand=issues"));
        answers.require_all(&known_pages(&first, context.source.unwrap_or_default()))?;
        let mut pages = vec![first.clone()];
        while let Some(link) = self.overviews(answers.require(&pages[pages.len() - 1])?)? {
            match followed(&first, &link).filter(|next| pages.len() < MAX_PAGES && !pages.contains(next)) {
                Some(next) => pages.push(next),
                None => {
                    self.whole = false;
                    let (read, number) = (pages.len(), self.components.len());
                    self.problems
                        .add(format!("the list goes on after {number} services, and {read} of its pages were read"));
                    break;
                }
            }
        }
        let queries = pages.iter().skip(1).filter_map(Url::query);
        Ok(std::iter::once(SOURCE).chain(queries).collect::<Vec<_>>().join(" "))
    }

    /// Returns where the list goes on.
    fn overviews(&mut self, answer: &Answer) -> Result<Option<String>, ReadError> {
        let Overviews { value, next } = answer.json()?;
        let path = answer.url.path();
        let value = value.ok_or_else(|| ReadError::NotThisFormat(format!("{path} has no list of services")))?;
        let (overviews, whole) = elements::<Overview<'_>>(&value, "a service", &mut self.problems);
        self.whole &= whole;
        let mut issues = Vec::new();
        for overview in overviews {
            issues.extend(self.service(overview));
        }
        for issue in issues {
            self.issue(issue);
        }
        Ok(next.map(|link| link.0.into_owned()))
    }

    /// Returns the issues of the service.
    fn service<'a>(&mut self, overview: Overview<'a>) -> Vec<Issue<'a>> {
        let Some(id) = overview.id.filter(|id| !id.0.trim().is_empty()) else {
            self.whole = false;
            self.problems.add("a service without id was left out".into());
            return Vec::new();
        };
        let name = overview.service.map_or_else(|| id.0.to_string(), |name| name.0.into_owned());
        let word = overview.status.as_ref().map_or("", AsRef::as_ref);
        let status = meaning(word).map(|(status, _)| status);
        if status.is_none() {
            self.problems.add(format!("{}: unknown status {}", quoted(&name), quoted(word)));
        }
        let component_id = ComponentId::new(&*id.0);
        self.ids.insert(name.clone(), component_id.clone());
        let status = status.unwrap_or(ComponentStatus::Unknown);
        self.components.push(Component { id: component_id, name, group: None, status });
        let Some(issues) = overview.issues else {
            self.incident_set.damaged = true;
            self.problems.add(format!("the service {} has no list of issues", quoted(&id.0)));
            return Vec::new();
        };
        let (issues, whole) = elements::<Issue<'_>>(&issues, "an issue", &mut self.problems);
        self.incident_set.damaged |= !whole;
        issues
    }

    fn issue(&mut self, issue: Issue<'_>) {
        let Some(id) = issue.id.as_ref().filter(|id| !id.0.trim().is_empty()).map(|id| id.0.to_string()) else {
            self.incident_set.damaged = true;
            self.problems.add("an issue without id was left out".into());
            return;
        };
        let mut reader = IncidentReader::new(&id, &mut self.problems);
        let known = reader.known("status", issue.status.as_ref(), meaning);
        let phase = phase(known.map(|(_, phase)| phase), issue.is_resolved);
        let is_over = phase.is_some_and(Phase::is_over);
        let impact = reader.known("classification", issue.classification.as_ref(), impact);
        let started_at = reader.time("start", issue.start_date_time.as_ref());
        let ended_at = reader.time("end", issue.end_date_time.as_ref());
        let changed_at = reader.time("time of its last change", issue.last_modified_date_time.as_ref());
        let (updates, whole) = updates(issue.posts.as_deref().unwrap_or_default(), &mut reader);
        let component = issue.service.as_ref().and_then(|name| self.ids.get(&*name.0));
        let state = known.map(|(status, _)| status).filter(|status| status.is_trouble() && !is_over);
        let title = reader.title(issue.title.as_ref().or(issue.impact_description.as_ref()));
        self.incident_set.damaged |= !whole;
        self.incident_set.add(
            changed_at,
            Incident {
                id: IncidentId::new(&id),
                kind: Kind::Incident,
                title,
                phase,
                impact,
                url: None,
                started_at,
                resolved_at: ended_at.or(changed_at).filter(|_| is_over),
                window: None,
                components: component.map(|id| Affected { id: id.clone(), status: state }).into_iter().collect(),
                updates,
            },
        );
    }

    /// Adds what the API still has of the unlisted. Whether it was asked for all.
    fn look_up(
        &mut self,
        context: &ReadContext<'_>,
        answers: &Answers,
        unlisted: &[(Kind, IncidentId)],
    ) -> Result<bool, Stop> {
        let asked = unlisted.iter().map(|(_, id)| id.as_str()).filter(|id| is_plain_id(id)).take(MAX_LOOKED_UP);
        let urls: Vec<Url> = asked.map(|id| address(context.page, &format!("issues/{id}"), None)).collect();
        answers.require_all(&urls)?;
        let mut all = urls.len() == unlisted.len();
        for url in &urls {
            let answer = answers.require(url)?;
            match answer.json::<Issue<'_>>() {
                // The tenant has no such issue, or no longer.
                _ if matches!(answer.status, 404 | 410) => {}
                Ok(issue) => self.issue(issue),
                Err(error) => {
                    all = false;
                    self.problems.add(error.to_string());
                }
            }
        }
        Ok(all)
    }
}

/// The posts of an issue, and whether all could be read.
fn updates(posts: &[&RawValue], reader: &mut IncidentReader<'_>) -> (Vec<Update>, bool) {
    let (posts, whole) = elements::<Post<'_>>(posts, "a post", reader.problems);
    let (mut updates, mut used) = (Vec::new(), std::collections::HashSet::new());
    for post in posts {
        let posted_at = reader.time("time of a post", post.created_date_time.as_ref());
        let content = post.description.and_then(|description| description.content);
        let body = content.map(|content| to_text(&content.0)).filter(|body| !body.is_empty());
        let id = update_id(posted_at, "", body.as_deref().unwrap_or_default(), &mut used);
        updates.extend(id.map(|id| Update { id, phase: None, posted_at, body, components: Vec::new() }));
    }
    (in_order(updates), whole)
}

/// What a word says of a service, and how far an issue in it is.
fn meaning(word: &str) -> Option<(ComponentStatus, Phase)> {
    use ComponentStatus::{DegradedPerformance, MajorOutage, Operational, Unknown};
    Some(match word.to_ascii_lowercase().as_str() {
        "serviceoperational" | "servicerestored" | "resolved" | "resolvedexternal" | "falsepositive" | "mitigated"
        | "mitigatedexternal" => (Operational, Phase::Resolved),
        "postincidentreviewpublished" => (Operational, Phase::Postmortem),
        "servicedegradation" => (DegradedPerformance, Phase::Investigating),
        "serviceinterruption" => (MajorOutage, Phase::Investigating),
        "restoringservice" | "extendedrecovery" => (DegradedPerformance, Phase::Identified),
        "verifyingservice" => (DegradedPerformance, Phase::Monitoring),
        "investigating" | "investigationsuspended" | "reported" => (Unknown, Phase::Investigating),
        "confirmed" => (Unknown, Phase::Identified),
        _ => return None,
    })
}

/// Whether an issue is over it says by `isResolved`. What the word says besides is how far it is.
fn phase(by_word: Option<Phase>, is_resolved: Option<bool>) -> Option<Phase> {
    match (is_resolved, by_word) {
        (Some(true), Some(phase)) if phase.is_over() => Some(phase),
        (Some(true), _) => Some(Phase::Resolved),
        (Some(false), Some(phase)) if phase.is_over() => Some(Phase::Monitoring),
        (_, by_word) => by_word,
    }
}

/// An advisory is about a smaller trouble than an incident.
fn impact(word: &str) -> Option<Impact> {
    match word.to_ascii_lowercase().as_str() {
        "incident" => Some(Impact::Major),
        "advisory" => Some(Impact::Minor),
        _ => None,
    }
}
