//! status.cloud.microsoft, which is for times when Microsoft's own admin centers are down. The state of Exchange or
//! Teams is shown to signed-in tenants only. Each center has a feed of one permanent item, whose `<status>` says
//! how things are and whose date is that of the answer; the consumer services are a list of such posts.
//!
//! Rests on a recording of one feed, on what another engineer's notes say of the other addresses and of the words that
//! the page's own script knows, and on client code; trouble itself was never recorded.
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize;
use status::{
    ids::{ComponentId, IncidentId, UpdateId, digest},
    snapshot::{Affected, Component, Coverage, Incident, Kind, Listing, Page, Snapshot, Update},
    words::{ComponentStatus, Phase},
};

use crate::{
    contract::{Answer, Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    platforms::feed::Document,
    read::{
        incident_set::{IncidentSet, ids_of},
        lenient_list::elements,
        problems::{Problems, quoted},
    },
    text::{dates::rfc3339, html::to_text, urls::fixed_url, values::Text},
};

pub(crate) const FORMAT: Format = Format {
    name: "microsoft365",
    fingerprint: Fingerprint { hosts: &["status.cloud.microsoft"], markers: &[], blind_probes: 0 },
    read,
};

const PAGE: &str = "https://status.cloud.microsoft/";
const ADMIN_CENTER: &str = "https://status.cloud.microsoft/api/feed/mac";
const POWER_PLATFORM: &str = "https://status.cloud.microsoft/api/feed/ppac";
const CONSUMER: &str = "https://status.cloud.microsoft/api/posts/m365Consumer";

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let urls = [ADMIN_CENTER, POWER_PLATFORM, CONSUMER].map(fixed_url);
    let first = if context.source.is_some() { &urls[..] } else { &urls[..1] };
    answers.require_all(first)?;
    let mut posts = vec![center(answers.require(&urls[0])?, "mac", "Microsoft 365 admin center")?];
    answers.require_all(&urls)?;
    let mut problems = Problems::default();
    let mut whole = true;
    let power_platform = center(answers.require(&urls[1])?, "ppac", "Power Platform admin center");
    let consumer = services(answers.require(&urls[2])?, &mut problems);
    for read in [power_platform.map(|post| (vec![post], true)), consumer] {
        match read {
            Ok((read, all)) => {
                posts.extend(read);
                whole &= all;
            }
            Err(error) => {
                whole = false;
                problems.add(error.to_string());
            }
        }
    }
    Ok(parsed(context, &posts, whole, problems))
}

/// How one service is, in the words of the page.
struct Post {
    /// Of the component and of its trouble: the item is the same whatever it is about.
    key: String,
    name: String,
    group: Option<String>,
    title: String,
    word: String,
    body: Option<String>,
    /// When the answer was made, mostly.
    at: Option<Timestamp>,
}

/// The one item of a feed.
fn center(answer: &Answer, key: &str, name: &str) -> Result<Post, ReadError> {
    let document = Document::read(answer)?;
    let stated = document.entries.into_iter().filter_map(|mut entry| Some((entry.state.take()?, entry)));
    // There was never more than one; the worst would be the one to heed.
    let worst = stated.max_by_key(|(word, _)| meaning(word).map(|(status, _)| status));
    let Some((word, entry)) = worst else {
        let path = answer.url.path();
        return Err(ReadError::NotThisFormat(format!("no item of {path} says how its service is")));
    };
    Ok(Post {
        key: key.to_owned(),
        name: name.to_owned(),
        group: None,
        title: to_text(&entry.title).replace('\n', " "),
        word: to_text(&word),
        body: Some(to_text(&entry.body)).filter(|body| !body.is_empty()),
        at: entry.updated.or(entry.published),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Service<'a> {
    #[serde(borrow)]
    service_workload_name: Option<Text<'a>>,
    #[serde(borrow)]
    service_display_name: Option<Text<'a>>,
    #[serde(borrow)]
    title: Option<Text<'a>>,
    #[serde(borrow)]
    message: Option<Text<'a>>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
    #[serde(borrow)]
    authored_date_time: Option<Text<'a>>,
}

/// The consumer services, and whether all of them could be read.
fn services(answer: &Answer, problems: &mut Problems) -> Result<(Vec<Post>, bool), ReadError> {
    let list = answer.json_list()?;
    let (services, mut whole) = elements::<Service<'_>>(&list, "a consumer service", problems);
    let mut posts: Vec<Post> = Vec::new();
    let mut seen = BTreeSet::new();
    for service in services {
        let [id, name] = [&service.service_workload_name, &service.service_display_name]
            .map(|text| text.as_ref().map(|text| &*text.0).filter(|text| !text.is_empty()));
        let Some(id) = id.or(name) else {
            whole = false;
            problems.add("a consumer service without name was left out".into());
            continue;
        };
        let key = format!("consumer:{id}");
        if !seen.insert(key.clone()) {
            continue;
        }
        posts.push(Post {
            key,
            name: name.unwrap_or(id).to_owned(),
            group: Some("Consumer".into()),
            title: service.title.map(|title| to_text(&title.0)).unwrap_or_default(),
            word: service.status.map(|status| status.0.into_owned()).unwrap_or_default(),
            body: service.message.map(|message| to_text(&message.0)).filter(|body| !body.is_empty()),
            at: service.authored_date_time.and_then(|at| rfc3339(&at.0)),
        });
    }
    if posts.is_empty() {
        whole = false;
        problems.add(format!("{} lists no service", answer.url.path()));
    }
    Ok((posts, whole))
}

/// How a service is, and where its trouble stands if it has any. The page has no phases: trouble that it shows is not
/// over, and that is all that `Investigating` says here.
fn meaning(word: &str) -> Option<(ComponentStatus, Option<Phase>)> {
    let word: String = word.chars().filter(|c| c.is_alphanumeric()).collect();
    Some(match word.to_lowercase().as_str() {
        "available" | "operational" => (ComponentStatus::Operational, None),
        "unknown" => (ComponentStatus::Unknown, None),
        "servicerestored" => (ComponentStatus::Operational, Some(Phase::Resolved)),
        "servicedegradation" => (ComponentStatus::DegradedPerformance, Some(Phase::Investigating)),
        "serviceinterruption" => (ComponentStatus::MajorOutage, Some(Phase::Investigating)),
        "investigation" => (ComponentStatus::Unknown, Some(Phase::Investigating)),
        _ => return None,
    })
}

fn parsed(context: &ReadContext<'_>, posts: &[Post], mut whole: bool, mut problems: Problems) -> ParsedPage {
    let mut incident_set = IncidentSet::default();
    let mut components = Vec::new();
    let mut well = Vec::new();
    for post in posts {
        let known = meaning(&post.word);
        let status = known.map_or(ComponentStatus::Unknown, |(status, _)| status);
        match known {
            Some((ComponentStatus::Operational, None)) => well.push(post.key.as_str()),
            Some((_, None)) => {}
            Some((_, phase)) => incident_set.add(None, trouble(post, status, phase)),
            None if post.word.is_empty() => {
                whole = false;
                problems.add(format!("{} does not say how it is", quoted(&post.name)));
            }
            None => {
                problems.add(format!("{}: unknown status {}", quoted(&post.name), quoted(&post.word)));
                incident_set.add(None, trouble(post, status, None));
            }
        }
        components.push(Component {
            id: ComponentId::new(&post.key),
            name: post.name.clone(),
            group: post.group.clone(),
            status,
        });
    }
    // Over is what a post that is there calls well, and nothing that is merely missing.
    let unlisted = incident_set.missing(context.open);
    let all_known = whole && unlisted.iter().all(|(_, id)| well.contains(&id.as_str()));
    let listing = |complete: bool| if complete { Listing::Complete } else { Listing::Partial };
    ParsedPage {
        snapshot: Snapshot {
            page: Page { id: None, name: Some("Microsoft service status".into()), url: Some(PAGE.into()) },
            components,
            incidents: incident_set.into_incidents(),
            coverage: Coverage { components: listing(whole), incidents: listing(all_known) },
        },
        source: "posts".into(),
        unlisted: ids_of(unlisted),
        problems: problems.into_vec(),
    }
}

/// Of what a post says only its words tell one state from the next: its date is always new.
fn trouble(post: &Post, status: ComponentStatus, phase: Option<Phase>) -> Incident {
    let affected = Affected { id: ComponentId::new(&post.key), status: Some(status) };
    let update = Update {
        id: UpdateId::from(digest(&[&post.word.to_lowercase(), &post.title])),
        phase,
        // An item without a status is an update only if its time is new.
        posted_at: post.at.filter(|_| phase.is_none()),
        body: post.body.clone(),
        components: vec![affected.clone()],
    };
    // If the same words come back, they must not look like an answer from before the end.
    let is_over = phase.is_some_and(Phase::is_over);
    let title = if post.title.is_empty() { format!("{}: {}", post.name, post.word) } else { post.title.clone() };
    Incident {
        id: IncidentId::new(&post.key),
        kind: Kind::Incident,
        title,
        phase,
        impact: None,
        url: Some(PAGE.into()),
        started_at: None,
        resolved_at: None,
        window: None,
        components: vec![affected],
        updates: if is_over { Vec::new() } else { vec![update] },
    }
}
