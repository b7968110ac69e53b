//! Translates one event: the histories of its products become one incident.
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::{ComponentId, IncidentId},
    snapshot::{Affected, Incident, Kind, Update, Window},
    words::{ComponentStatus, Impact, Phase},
};

use super::words::{is_cancel, is_end, phase, time, word};
use crate::{
    read::{
        incident_reader::NO_TITLE,
        problems::{Problems, quoted},
        updates::derived_update_id,
    },
    text::{html::to_text, values::Word},
};

/// Things by their id; a damaged one costs itself.
pub(super) type ById<'a> = BTreeMap<String, &'a RawValue>;

#[derive(Deserialize)]
pub(super) struct Event<'a> {
    #[serde(borrow)]
    products: Option<ById<'a>>,
    clouds: Option<BTreeMap<String, Cloud>>,
    /// Of maintenance only.
    status: Option<Word>,
    #[serde(rename = "cmrStatus")]
    other_status: Option<Word>,
    #[serde(rename = "scheduledDate")]
    scheduled: Option<Word>,
    #[serde(rename = "startedOn")]
    started: Option<Word>,
    #[serde(rename = "completedOn")]
    completed: Option<Word>,
}

#[derive(Deserialize)]
struct Cloud {
    name: Option<Word>,
}

#[derive(Deserialize)]
struct Product<'a> {
    name: Option<Word>,
    #[serde(rename = "startedOn")]
    started: Option<Word>,
    #[serde(rename = "endedOn")]
    ended: Option<Word>,
    #[serde(borrow)]
    history: Option<ById<'a>>,
}

#[derive(Deserialize)]
struct Entry {
    status: Option<Word>,
    severity: Option<Word>,
    #[serde(rename = "titleToken")]
    title: Option<Word>,
    #[serde(rename = "messageToken")]
    message: Option<Word>,
    #[serde(rename = "locationImpact")]
    location: Option<Location>,
}

#[derive(Deserialize)]
struct Location {
    #[serde(rename = "serviceRegions")]
    regions: Option<Vec<Word>>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(rename = "htmlMessage")]
    html: Option<Word>,
    #[serde(rename = "textMessage")]
    text: Option<Word>,
}

/// The texts that events point to.
pub(super) struct Texts<'a>(ById<'a>);

impl<'a> Texts<'a> {
    pub(super) fn new(by_token: ById<'a>) -> Self {
        Self(by_token)
    }

    fn find(&self, token: &Option<Word>, part: &Part) -> Option<String> {
        let raw = self.0.get(token.as_ref()?.as_str())?;
        let message: Message = serde_json::from_str(raw.get()).ok()?;
        let text = [message.html, message.text].into_iter().flatten().find(|text| !text.0.trim().is_empty())?;
        let shown =
            |at: Option<Timestamp>| at.map_or(String::new(), |at| at.strftime("%b %d, %Y %H:%M UTC").to_string());
        let text = text.0.replace("{startDateTime}", &shown(part.started_at));
        Some(to_text(&text.replace("{endDateTime}", &shown(part.ended_at)))).filter(|text| !text.is_empty())
    }
}

/// What the event is to one product.
pub(super) struct Part {
    pub(super) product: String,
    pub(super) name: String,
    /// Every region that its history names.
    pub(super) regions: BTreeSet<String>,
    started_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    /// Oldest first, with their times.
    entries: Vec<(Option<Timestamp>, Entry)>,
    /// Something of it could not be read, so nothing is over by what can.
    damaged: bool,
    /// Its end is the time of it, not that of a plan.
    has_real_end: bool,
}

pub(super) struct Read {
    pub(super) incident: Incident,
    pub(super) changed_at: Option<Timestamp>,
    pub(super) parts: Vec<Part>,
    pub(super) cloud: Option<String>,
    pub(super) damaged: bool,
    /// It is maintenance that does not take place.
    pub(super) is_cancelled: bool,
}

impl Event<'_> {
    /// What the event is to each product, and whether one of them could not be read.
    fn parts(&self, kind: Kind) -> (Vec<Part>, bool) {
        let mut damaged = false;
        let mut parts = Vec::new();
        for (product, raw) in self.products.iter().flatten() {
            match serde_json::from_str::<Product<'_>>(raw.get()) {
                Ok(read) => parts.push(Part::new(product, &read, kind)),
                Err(_) => damaged = true,
            }
        }
        (parts, damaged)
    }

    pub(super) fn read(self, id: &str, kind: Kind, texts: &Texts<'_>, problems: &mut Problems) -> Read {
        let (parts, mut damaged) = self.parts(kind);
        damaged |= parts.is_empty() || parts.iter().any(|part| part.damaged);
        if damaged {
            problems.add(format!("event {} has a product that could not be read", quoted(id)));
        }
        parts.iter().for_each(|part| part.name_unknown_words(id, problems));
        let own = [&self.status, &self.other_status].into_iter().flatten().map(word).find(|word| !word.is_empty());
        let own = own.filter(|_| kind == Kind::Maintenance);
        let is_cancelled = kind == Kind::Maintenance
            && match &own {
                Some(own) => is_cancel(own),
                None => !damaged && parts.iter().all(|part| is_cancel(&part.status())),
            };
        let over = match &own {
            Some(own) => is_end(own) == Some(true),
            None => !damaged && parts.iter().all(Part::is_ended),
        };
        let newest = || parts.iter().filter(|part| over || !part.is_ended()).max_by_key(|part| part.changed_at());
        let stated = own.or_else(|| newest().map(Part::status)).unwrap_or_default();
        let phase = match kind {
            _ if over => Some(if kind == Kind::Maintenance { Phase::Completed } else { Phase::Resolved }),
            kind => phase(kind, &stated),
        };
        if phase.is_none() {
            problems.add(format!("event {} has the unknown status {}", quoted(id), quoted(&stated)));
        }

        let begun = !over && phase != Some(Phase::Scheduled);
        let impact = parts.iter().filter(|part| over || !part.is_ended()).filter_map(Part::impact).max();
        let components = components(kind, begun, &parts);
        let updates = updates(kind, over, &parts, texts);
        let is_maintenance = kind == Kind::Maintenance;
        let starts = || parts.iter().filter_map(|part| part.started_at).min();
        let ends = || parts.iter().filter_map(|part| part.ended_at).max();
        let window = Window {
            starts_at: time(&self.scheduled).or(time(&self.started)).or_else(starts),
            ends_at: time(&self.completed).or_else(ends),
        };
        let changed_at = updates.iter().filter_map(|update| update.posted_at).max();
        let began = || updates.iter().find(|update| update.phase == Some(Phase::InProgress))?.posted_at;
        let incident = Incident {
            id: IncidentId::new(id),
            kind,
            title: title(&parts, texts),
            phase,
            impact: impact.filter(|_| !is_maintenance),
            url: address(id, &parts),
            started_at: if is_maintenance { began() } else { starts() },
            resolved_at: ends().filter(|_| !is_maintenance).or(changed_at).filter(|_| over),
            window: Some(window).filter(|window| is_maintenance && window.starts_at.or(window.ends_at).is_some()),
            components,
            updates,
        };
        let cloud = self.clouds.into_iter().flatten().find_map(|(_, cloud)| cloud.name).map(|name| name.0);
        Read { incident, changed_at, parts, cloud, damaged, is_cancelled }
    }
}

impl Part {
    fn new(product: &str, raw: &Product<'_>, kind: Kind) -> Self {
        let mut damaged = false;
        let mut entries = Vec::new();
        for (key, raw) in raw.history.iter().flatten() {
            match serde_json::from_str::<Entry>(raw.get()) {
                Ok(entry) => entries.push((time(&Some(Word(key.clone()))), entry)),
                Err(_) => damaged = true,
            }
        }
        // By number: as text the keys would not do.
        entries.sort_by_key(|(at, _)| *at);
        let regions = entries.iter().flat_map(|(_, entry)| entry.regions()).map(str::to_owned).collect();
        Self {
            product: product.to_owned(),
            name: raw.name.as_ref().map_or(product, |name| name.as_str()).to_owned(),
            regions,
            started_at: time(&raw.started),
            ended_at: time(&raw.ended),
            entries,
            damaged,
            has_real_end: kind == Kind::Incident,
        }
    }

    /// A status that is not known ends nothing; the end of an incident may.
    fn is_ended(&self) -> bool {
        is_end(&self.status()).unwrap_or(self.has_real_end && self.ended_at.is_some())
    }

    fn name_unknown_words(&self, event: &str, problems: &mut Problems) {
        if self.newest().is_some() && is_end(&self.status()).is_none() {
            let (event, product, status) = (quoted(event), quoted(&self.product), quoted(&self.status()));
            problems.add(format!("event {event} has the unknown status {status} for product {product}"));
        }
    }

    fn newest(&self) -> Option<&Entry> {
        self.entries.last().map(|(_, entry)| entry)
    }

    fn changed_at(&self) -> Option<Timestamp> {
        self.entries.last().and_then(|(at, _)| *at)
    }

    fn status(&self) -> String {
        self.newest().and_then(|entry| entry.status.as_ref()).map(word).unwrap_or_default()
    }

    fn severity(&self) -> String {
        self.newest().and_then(|entry| entry.severity.as_ref()).map(word).unwrap_or_default()
    }

    /// "Potential" is not said to have any.
    fn impact(&self) -> Option<Impact> {
        Some(match self.severity().as_str() {
            "critical" => Impact::Critical,
            "major" => Impact::Major,
            "minor" | "trivial" => Impact::Minor,
            _ => return None,
        })
    }

    fn state(&self) -> Option<ComponentStatus> {
        Some(match self.severity().as_str() {
            "critical" => ComponentStatus::MajorOutage,
            "major" => ComponentStatus::PartialOutage,
            "minor" | "trivial" => ComponentStatus::DegradedPerformance,
            _ => return None,
        })
    }

    fn regions_now(&self) -> BTreeSet<&str> {
        self.newest().into_iter().flat_map(Entry::regions).collect()
    }
}

impl Entry {
    fn regions(&self) -> impl Iterator<Item = &str> {
        let regions = self.location.iter().flat_map(|location| location.regions.iter().flatten());
        regions.map(Word::as_str).filter(|region| !region.is_empty())
    }
}

/// The products and the regions that their histories name, with their states if the event has begun.
fn components(kind: Kind, begun: bool, parts: &[Part]) -> Vec<Affected> {
    let mut components = Vec::new();
    for part in parts {
        let state = match kind {
            _ if !begun => None,
            _ if part.is_ended() => Some(ComponentStatus::Operational),
            Kind::Maintenance => Some(ComponentStatus::UnderMaintenance),
            Kind::Incident => part.state(),
        };
        let now = part.regions_now();
        components.push(Affected { id: ComponentId::new(&part.product), status: state });
        components.extend(part.regions.iter().map(|region| {
            let left = state.map(|_| ComponentStatus::Operational);
            Affected {
                id: region_id(&part.product, region),
                status: if now.contains(region.as_str()) { state } else { left },
            }
        }));
    }
    components
}

/// The time and status of entries.
type When = (Option<Timestamp>, String);
/// Their texts, and the products they are of.
type Texted = (BTreeSet<String>, Vec<Affected>);

/// The entries of all products, those of one time and status as one.
fn updates(kind: Kind, over: bool, parts: &[Part], texts: &Texts<'_>) -> Vec<Update> {
    let mut by_time: BTreeMap<When, Texted> = BTreeMap::new();
    for part in parts {
        for (at, entry) in &part.entries {
            let word = entry.status.as_ref().map(word).unwrap_or_default();
            let (bodies, named) = by_time.entry((*at, word)).or_default();
            bodies.extend(texts.find(&entry.message, part));
            named.push(Affected { id: ComponentId::new(&part.product), status: None });
        }
    }
    let last_open = by_time.keys().rfind(|(_, word)| is_end(word) != Some(true)).cloned();
    let mut updates = Vec::with_capacity(by_time.len());
    for ((posted_at, word), (bodies, components)) in by_time {
        let phase = match is_end(&word) {
            // The end for one product is not yet that of the event.
            Some(true) if !over || last_open.as_ref().is_some_and(|(open, _)| posted_at < *open) => None,
            Some(true) => Some(if kind == Kind::Maintenance { Phase::Completed } else { Phase::Resolved }),
            _ => phase(kind, &word),
        };
        let body = bodies.into_iter().collect::<Vec<_>>().join("\n\n");
        updates.push(Update {
            id: derived_update_id(posted_at, &word),
            phase,
            posted_at,
            body: Some(body).filter(|body| !body.is_empty()),
            components,
        });
    }
    updates
}

/// The newest that any product has, else the products' names.
fn title(parts: &[Part], texts: &Texts<'_>) -> String {
    let entries = parts.iter().flat_map(|part| part.entries.iter().map(move |(at, entry)| (at, part, entry)));
    let titled = entries.filter_map(|(at, part, entry)| Some((at, texts.find(&entry.title, part)?)));
    match titled.max_by(|a, b| a.0.cmp(b.0)) {
        Some((_, title)) => title.replace('\n', " "),
        None if parts.is_empty() => NO_TITLE.into(),
        None => parts.iter().take(3).map(|part| part.name.as_str()).collect::<Vec<_>>().join(", "),
    }
}

/// The id of a product's part in a region.
pub(super) fn region_id(product: &str, region: &str) -> ComponentId {
    ComponentId::new(format!("{product}/{region}"))
}

fn address(id: &str, parts: &[Part]) -> Option<String> {
    let is_plain = |id: &str| id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let product =
        parts.first().map(|part| part.product.as_str()).filter(|product| is_plain(product) && is_plain(id))?;
    Some(format!("https://status.adobe.com/products/{product}/{id}"))
}
