//! What was posted: incidents and running maintenance.
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::IncidentId,
    snapshot::{Incident, Kind, Update, Window},
    words::{Impact, Phase},
};
use url::Url;

use super::checks::utc;
use crate::{
    contract::{Answers, Stop},
    read::{
        answers::endpoint,
        incident_reader::IncidentReader,
        incident_set::IncidentSet,
        lenient_list::elements,
        problems::{Problems, quoted},
        updates::derived_update_id,
    },
    text::{
        urls::is_number,
        values::{Text, Word, plain_text, present},
    },
};

/// Incidents and maintenance are numbered apart.
const MAINTENANCE: &str = "maintenance-";

/// The part of the page's document with what was posted.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Posts<'a> {
    /// The one that is shown, before version 2.1. Null: none is.
    #[serde(borrow, default, deserialize_with = "present")]
    incident: Option<Option<&'a RawValue>>,
    #[serde(borrow)]
    incidents: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    maintenance_list: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Post<'a> {
    id: Word,
    #[serde(borrow)]
    style: Option<Text<'a>>,
    #[serde(borrow)]
    title: Option<Text<'a>>,
    #[serde(borrow)]
    content: Option<Text<'a>>,
    /// Since version 2.1.
    active: Option<bool>,
    #[serde(borrow)]
    created_date: Option<Text<'a>>,
    #[serde(borrow)]
    last_updated_date: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Maintenance<'a> {
    id: Word,
    #[serde(borrow)]
    title: Option<Text<'a>>,
    #[serde(borrow)]
    description: Option<Text<'a>>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
    /// Of this moment, of the zone in which its times are: `+02:00`.
    #[serde(borrow)]
    timezone_offset: Option<Text<'a>>,
    #[serde(borrow)]
    timeslot_list: Option<Vec<Timeslot<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Timeslot<'a> {
    #[serde(borrow)]
    start_date: Option<Text<'a>>,
    #[serde(borrow)]
    end_date: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct History<'a> {
    #[serde(borrow)]
    incidents: Vec<&'a RawValue>,
}

impl Posts<'_> {
    /// Whether the server keeps a history. One before version 2.1 does not, and shows all that it knows as open.
    pub(super) fn has_history(&self) -> bool {
        self.incidents.is_some() || self.incident.is_none()
    }

    pub(super) fn gather(&self, now: Timestamp, set: &mut IncidentSet, problems: &mut Problems) {
        set.damaged |= self.maintenance_list.is_none() || (self.incidents.is_none() && self.incident.is_none());
        let shown = self.incidents.iter().flatten().chain(self.incident.iter().flatten());
        let shown: Vec<&RawValue> = shown.copied().collect();
        let (posts, is_whole) = elements::<Post<'_>>(&shown, "an incident", problems);
        set.damaged |= !is_whole;
        for post in posts.iter().filter(|post| !post.is_information()) {
            let (changed_at, incident) = incident(post, problems);
            set.add(changed_at, incident);
        }
        let planned = self.maintenance_list.as_deref().unwrap_or_default();
        let (maintenances, is_whole) = elements::<Maintenance<'_>>(planned, "a maintenance", problems);
        set.damaged |= !is_whole;
        maintenances.iter().for_each(|raw| set.add(None, maintenance(raw, now, problems)));
    }
}

impl Post<'_> {
    fn is_information(&self) -> bool {
        let style = self.style.as_ref().map_or("", |style| &*style.0);
        matches!(style, "info" | "primary" | "light" | "dark")
    }
}

fn incident(post: &Post<'_>, problems: &mut Problems) -> (Option<Timestamp>, Incident) {
    let mut reader = IncidentReader::new(post.id.as_str(), problems);
    let mut time = |what: &str, text: Option<&Text<'_>>| {
        let text = text.map(|text| &*text.0).filter(|text| !text.is_empty())?;
        let time = utc(text);
        if time.is_none() {
            reader.problem(&format!("has the {what} {}, which is no time", quoted(text)));
        }
        time
    };
    let created_at = time("createdDate", post.created_date.as_ref());
    let changed_at = time("lastUpdatedDate", post.last_updated_date.as_ref()).or(created_at);
    let is_over = post.active == Some(false);
    let body = post.content.as_ref().map(|content| plain_text(&content.0)).filter(|body| !body.is_empty());
    let impact = reader.known_if_given("style", post.style.as_ref(), |word| {
        Some(match word {
            "warning" => Impact::Minor,
            "danger" => Impact::Major,
            _ => return None,
        })
    });
    // The end changes the time and not the text, which was told by then.
    let update = body.filter(|_| !is_over).map(|body| Update {
        id: derived_update_id(changed_at, ""),
        phase: None,
        posted_at: changed_at,
        body: Some(body),
        components: Vec::new(),
    });
    let incident = Incident {
        id: IncidentId::new(post.id.as_str()),
        kind: Kind::Incident,
        title: reader.title(post.title.as_ref()),
        phase: is_over.then_some(Phase::Resolved),
        impact,
        url: None,
        started_at: created_at,
        resolved_at: changed_at.filter(|_| is_over),
        window: None,
        components: Vec::new(),
        updates: update.into_iter().collect(),
    };
    (changed_at, incident)
}

/// The page lists maintenance while it is under way. That which recurs has several slots: the one that began last is
/// meant, also where the document is some minutes old and the next one is in it already.
fn maintenance(raw: &Maintenance<'_>, now: Timestamp, problems: &mut Problems) -> Incident {
    let id = format!("{MAINTENANCE}{}", raw.id.as_str());
    let mut reader = IncidentReader::new(&id, problems);
    let phase = reader.known("status", raw.status.as_ref(), |word| match word {
        "under-maintenance" => Some(Phase::InProgress),
        "scheduled" => Some(Phase::Scheduled),
        _ => None,
    });
    let offset = raw.timezone_offset.as_ref().map_or("", |offset| &*offset.0);
    let mut slots: Vec<Window> = Vec::new();
    for slot in raw.timeslot_list.iter().flatten() {
        let [start, end] =
            [&slot.start_date, &slot.end_date].map(|text| text.as_ref().map(|text| zoned(&text.0, offset)));
        slots.extend(reader.window(("startDate", start.as_ref()), ("endDate", end.as_ref())));
    }
    let begun = slots.iter().filter(|slot| slot.starts_at.is_some_and(|start| start <= now));
    let window = begun.max_by_key(|slot| slot.starts_at).or(slots.first()).copied();
    let body = raw.description.as_ref().map(|text| plain_text(&text.0)).filter(|body| !body.is_empty());
    let starts_at = window.and_then(|window| window.starts_at);
    Incident {
        kind: Kind::Maintenance,
        title: reader.title(raw.title.as_ref()),
        phase,
        impact: None,
        url: None,
        started_at: starts_at,
        resolved_at: None,
        window,
        components: Vec::new(),
        updates: body
            .map(|body| Update {
                id: derived_update_id(starts_at, ""),
                phase: None,
                posted_at: None,
                body: Some(body),
                components: Vec::new(),
            })
            .into_iter()
            .collect(),
        id: IncidentId::new(id),
    }
}

/// A single slot has times of the zone with this offset, `2026-05-02 09:30`; one that recurs has times with a zone.
fn zoned(text: &str, offset: &str) -> String {
    let text = text.trim();
    if text.is_empty() || text.parse::<Timestamp>().is_ok() {
        return text.to_owned();
    }
    let seconds = if text.len() == "2026-05-02T09:30".len() { ":00" } else { "" };
    format!("{}{seconds}{offset}", text.replacen(' ', "T", 1))
}

/// What became of incidents that are shown no longer. Returns whether that is known of all.
pub(super) fn look_up(
    base: &Url,
    slug: &str,
    missing: &[(Kind, IncidentId)],
    answers: &Answers,
    set: &mut IncidentSet,
    problems: &mut Problems,
) -> Result<bool, Stop> {
    let mut sought = missing.iter().map(|(_, id)| id).filter(|id| is_number(id.as_str())).peekable();
    if sought.peek().is_none() {
        return Ok(true);
    }
    let url = endpoint(base, &format!("api/status-page/{slug}/incident-history"));
    let answer = answers.require(&url)?;
    if answer.status == 404 {
        return Ok(true);
    }
    let history = match answer.json::<History<'_>>() {
        Ok(history) => history,
        Err(error) => {
            problems.add(format!("the history could not be read: {error}"));
            return Ok(false);
        }
    };
    let (posts, mut all) = elements::<Post<'_>>(&history.incidents, "an incident of the history", problems);
    for id in sought {
        match posts.iter().find(|post| post.id.as_str() == id.as_str()) {
            Some(post) if post.active == Some(false) => {
                let (changed_at, incident) = incident(post, problems);
                set.add(changed_at, incident);
            }
            // It goes on, and is shown no longer.
            Some(_) => all = false,
            // It was deleted, or is on a later page of the history.
            None => all &= posts.len() == history.incidents.len() && posts.len() < HISTORY_PAGE,
        }
    }
    Ok(all)
}

/// Incidents of a page of the history.
const HISTORY_PAGE: usize = 10;
