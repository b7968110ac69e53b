//! cState: a static site whose `index.json` lists the systems, each with its unresolved issues. An issue has a document
//! of its own below its address, with its text and, once it is resolved, its end.
//!
//! A page is recognised by naming `cstate`. This rests on the templates from which cState 4 and 5 make these documents;
//! nothing was recorded. Two things follow from them:
//! - the index says nothing of what ended, so an issue that left it is looked up in its own document;
//! - an author tells what happens next by changing the text of the issue, and nothing says what is new in it. So the
//!   text is one update, and the newest change of it is no news.
#[cfg(test)]
mod tests;

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
        answers::endpoint,
        incident_reader::IncidentReader,
        incident_set::{IncidentSet, ids_of},
        lenient_list::elements,
        problems::{Problems, quoted},
    },
    text::{
        html::to_text,
        urls::web_address,
        values::{Text, short_name},
    },
};

pub(crate) const FORMAT: Format =
    Format { name: "cstate", fingerprint: Fingerprint { hosts: &[], markers: &["cstate"], blind_probes: 0 }, read };

const INDEX: &str = "index.json";
/// Documents of issues that are asked for at a first read, of which detection allows few, and at any other.
const MAX_ISSUES_AT_FIRST: usize = 4;
const MAX_ISSUES: usize = 20;
/// What Hugo writes where nothing is set.
const NOTHING: &str = "<no value>";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Index<'a> {
    #[serde(borrow)]
    c_state_version: Option<Text<'a>>,
    #[serde(borrow)]
    title: Option<Text<'a>>,
    #[serde(borrow)]
    systems: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct System<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    category: Option<Text<'a>>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
    /// Since cState 5.
    #[serde(borrow)]
    unresolved_issues: Option<Vec<&'a RawValue>>,
}

/// In the index, or in a document of its own, which has the body.
#[derive(Deserialize)]
struct Issue<'a> {
    #[serde(borrow)]
    title: Option<Text<'a>>,
    #[serde(borrow, alias = "createdAt")]
    created_at: Option<Text<'a>>,
    #[serde(borrow)]
    permalink: Option<Text<'a>>,
    #[serde(borrow)]
    severity: Option<Text<'a>>,
    resolved: Option<Flag>,
    informational: Option<Flag>,
    #[serde(borrow, alias = "resolvedAt")]
    resolved_at: Option<Text<'a>>,
    #[serde(borrow)]
    affected: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    body: Option<Text<'a>>,
}

/// A boolean, which cState 4 writes as a string.
#[derive(Deserialize)]
#[serde(untagged)]
enum Flag {
    Bool(bool),
    Word(String),
}

impl Flag {
    /// `None`: it says neither.
    fn value(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            Self::Word(word) => word.parse().ok(),
        }
    }
}

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let url = endpoint(context.page, INDEX);
    let index: Index<'_> = answers.require(&url)?.json()?;
    let (Some(_), Some(systems)) = (&index.c_state_version, &index.systems) else {
        let what = format!("{} has no `cStateVersion` or no `systems`", url.path());
        return Err(ReadError::NotThisFormat(what).into());
    };
    let mut problems = Problems::default();
    let (systems, is_whole) = elements::<System<'_>>(systems, "a system", &mut problems);
    let components: Vec<Component> = systems.iter().map(|raw| component(raw, &mut problems)).collect();

    let mut issues = Issues { page: context.page, components: &components, set: IncidentSet::default() };
    issues.set.damaged = !is_whole || systems.iter().any(|system| system.unresolved_issues.is_none());
    let listed = listed(&systems, &mut issues.set, &mut problems);
    let mut ids: Vec<IncidentId> = listed.iter().filter_map(|issue| issues.id(issue)).collect();
    ids.sort_unstable();
    ids.dedup();
    let missing: Vec<IncidentId> =
        context.open.iter().map(|(_, id)| id).filter(|id| !ids.contains(id)).cloned().collect();
    let most = if context.source.is_none() { MAX_ISSUES_AT_FIRST } else { MAX_ISSUES };
    // What ended comes first: its document alone tells so.
    let wanted: Vec<Url> = missing.iter().chain(&ids).filter_map(|id| issues.document_url(id)).take(most).collect();
    answers.require_all(&wanted)?;

    for issue in &listed {
        let Some(id) = issues.id(issue) else {
            issues.set.damaged = true;
            problems.add("an issue without an address was left out".into());
            continue;
        };
        let own = issues.document_url(&id).and_then(|url| answers.get(&url));
        issues.add(&id, issue, own.and_then(body), &mut problems);
    }
    let mut all_found = true;
    for id in &missing {
        let own = issues.document_url(id).and_then(|url| answers.get(&url));
        all_found &= issues.add_ended(id, own, &mut problems);
    }
    let incidents_listed = issues.set.listing(context.open, all_found);
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page {
                id: None,
                name: index.title.map(|title| title.0.into_owned()),
                url: Some(context.page.to_string()),
            },
            coverage: Coverage {
                components: if is_whole { Listing::Complete } else { Listing::Partial },
                incidents: incidents_listed,
            },
            incidents: issues.set.into_incidents(),
            components,
        },
        source: "index".into(),
        unlisted: ids_of(context.open.iter().filter(|(_, id)| missing.contains(id)).cloned().collect()),
        problems: problems.into_vec(),
    })
}

/// The issues of all systems. One that affects several is in each of them.
fn listed<'a>(systems: &[System<'a>], set: &mut IncidentSet, problems: &mut Problems) -> Vec<Issue<'a>> {
    let mut all = Vec::new();
    for system in systems {
        let (issues, is_whole) =
            elements::<Issue<'a>>(system.unresolved_issues.as_deref().unwrap_or_default(), "an issue", problems);
        set.damaged |= !is_whole;
        // Information is no incident.
        let of_trouble = issues.into_iter().filter(|issue| !issue.is_information());
        all.extend(of_trouble);
    }
    all
}

fn component(raw: &System<'_>, problems: &mut Problems) -> Component {
    let name = short_name(raw.name.0.trim());
    let word = raw.status.as_ref().map_or("", |word| &*word.0);
    let status = status(word).unwrap_or_else(|| problems.unknown_status(&name, word));
    let category = raw.category.as_ref().map(|category| short_name(category.0.trim()));
    Component {
        id: ComponentId::new(&name),
        group: category.filter(|category| !category.is_empty() && category != NOTHING),
        name,
        status,
    }
}

/// A notice is said of what works.
fn status(word: &str) -> Option<ComponentStatus> {
    Some(match word {
        "ok" | "notice" => ComponentStatus::Operational,
        "disrupted" => ComponentStatus::PartialOutage,
        "down" => ComponentStatus::MajorOutage,
        _ => return None,
    })
}

impl Issue<'_> {
    fn is_information(&self) -> bool {
        self.informational.as_ref().and_then(Flag::value) == Some(true)
    }

    fn is_resolved(&self) -> bool {
        self.resolved.as_ref().and_then(Flag::value) == Some(true)
    }
}

/// The text of an issue's own document.
fn body(answer: &Answer) -> Option<String> {
    let issue: Issue<'_> = answer.json().ok()?;
    Some(to_text(&issue.body?.0)).filter(|text| !text.is_empty())
}

/// The issues of one read, and what they are read with.
struct Issues<'a> {
    page: &'a Url,
    components: &'a [Component],
    set: IncidentSet,
}

impl Issues<'_> {
    /// The path of the issue below the page, which no other has: `issues/2026-05-02-slow-logins`. Its address names the
    /// host that the author configured, so only its path counts.
    fn id(&self, issue: &Issue<'_>) -> Option<IncidentId> {
        let url = Url::parse(&issue.permalink.as_ref()?.0).ok()?;
        let path = url.path().strip_prefix(self.page.path().trim_end_matches('/')).unwrap_or(url.path());
        let path = path.trim_matches('/');
        is_path(path).then(|| IncidentId::new(path))
    }

    fn document_url(&self, id: &IncidentId) -> Option<Url> {
        is_path(id.as_str()).then(|| endpoint(self.page, &format!("{id}/{INDEX}")))
    }

    fn add(&mut self, id: &IncidentId, issue: &Issue<'_>, text: Option<String>, problems: &mut Problems) {
        let incident = self.incident(id, issue, text, problems);
        self.set.add(None, incident);
    }

    /// An issue that the index lists no longer. Returns whether its end is known.
    fn add_ended(&mut self, id: &IncidentId, own: Option<&Answer>, problems: &mut Problems) -> bool {
        let issue = own.filter(|answer| answer.status == 200).and_then(|answer| answer.json::<Issue<'_>>().ok());
        match (issue, own) {
            (Some(issue), Some(own)) if issue.is_resolved() => {
                self.add(id, &issue, body(own), problems);
                true
            }
            // The site is there, and the issue is not: it was withdrawn.
            (None, Some(own)) if matches!(own.status, 404 | 410) => true,
            _ => {
                problems.add(format!("{} is listed no longer, and its end was not found", quoted(id.as_str())));
                false
            }
        }
    }

    fn incident(&self, id: &IncidentId, issue: &Issue<'_>, text: Option<String>, problems: &mut Problems) -> Incident {
        let affected = issue.affected.iter().flatten().map(|name| short_name(name.0.trim()));
        let known = |name: &String| self.components.iter().find(|component| component.name == *name);
        let components: Vec<Affected> = affected
            .filter(|name| !name.is_empty())
            .map(|name| Affected {
                status: known(&name).map(|component| component.status).filter(|_| !issue.is_resolved()),
                id: ComponentId::new(&name),
            })
            .collect();
        let mut reader = IncidentReader::new(id.as_str(), problems);
        let time = |text: Option<&Text<'_>>| text.map(|text| go_time(&text.0));
        let started_at = reader.time("creation time", time(issue.created_at.as_ref()).as_ref());
        let resolved_at = time(issue.resolved_at.as_ref()).filter(|_| issue.is_resolved());
        let resolved_at = reader.time("time of resolution", resolved_at.as_ref());
        let impact = reader.known_if_given("severity", issue.severity.as_ref(), |word| {
            Some(match word {
                "notice" => Impact::None,
                "disrupted" => Impact::Major,
                "down" => Impact::Critical,
                _ => return None,
            })
        });
        let update = text.map(|body| Update {
            id: "text".into(),
            phase: None,
            posted_at: started_at,
            body: Some(body),
            components: Vec::new(),
        });
        Incident {
            kind: Kind::Incident,
            title: reader.title(issue.title.as_ref()),
            phase: issue.is_resolved().then_some(Phase::Resolved),
            impact,
            url: issue.permalink.as_ref().and_then(|url| web_address(&url.0)),
            started_at,
            resolved_at,
            window: None,
            components,
            updates: update.into_iter().collect(),
            id: id.clone(),
        }
    }
}

/// Of plain segments, so that what follows from it stays below the page.
fn is_path(path: &str) -> bool {
    const MAX_BYTES: usize = 200;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
    let is_segment = |segment: &str| !matches!(segment, "" | "." | "..") && segment.chars().all(is_plain);
    path.len() <= MAX_BYTES && path.split('/').all(is_segment)
}

/// Go prints `2026-05-02 09:30:00 +0200 CEST`, which is RFC 3339 with other separators; the name of the zone adds
/// nothing. Nothing set is no time.
fn go_time(text: &str) -> String {
    let text = text.trim();
    let mut words = text.split_whitespace();
    match (words.next(), words.next(), words.next()) {
        _ if text == NOTHING => String::new(),
        (Some(date), Some(time), Some(offset)) if offset.starts_with(['+', '-']) && offset.len() == 5 => {
            format!("{date}T{time}{}:{}", &offset[..3], &offset[3..])
        }
        _ => text.to_owned(),
    }
}
