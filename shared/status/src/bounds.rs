//! How much of a page is kept. A page may be hostile or broken, and whatever it says costs memory, time and room in the
//! store. Everything behind this gate is within these numbers. Wanted properties:
//! - a page that is too large is read as far as the bounds go, and what is left out is named: it is not unreadable;
//! - what is of least use goes first: old updates and texts, then ended incidents, and of the open ones the oldest;
//! - the end of an incident that we hold open is never left out;
//! - the same page leaves out the same, whatever the order of its lists;
//! - a list that is cut vouches for nothing (truth rule 3).
//!
//! The largest recorded pages have 176 components, 100 incidents, 25 updates of an incident, 150 components named by
//! one, ids of 55 characters and 1.3 MB in all. The numbers are at least ten times that, where there is room.
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{ComponentId, Id, IncidentId, UpdateId, digest},
    snapshot::{Affected, Component, Incident, Listing, Page, Snapshot, Update},
};

const KIB: usize = 1024;

/// Of a page. The largest catalogues of regions and services have some hundred.
pub const MAX_COMPONENTS: usize = 5_000;
/// All ids, names and groups of the components of a page, in bytes: what fits into one row beside the incidents.
const MAX_COMPONENT_TEXT: usize = 256 * KIB;
/// Of a page; ends of incidents that we hold open come on top.
pub const MAX_INCIDENTS: usize = 1_000;

/// Longest texts in bytes. A longer id is replaced by one that is made of it.
const MAX_INCIDENT_ID: usize = 1_500;
const MAX_UPDATE_ID: usize = 300;
const MAX_COMPONENT_ID: usize = 200;
const MAX_NAME: usize = 300;
const MAX_TITLE: usize = 1_000;
const MAX_URL: usize = 2_000;
const MAX_BODY: usize = 64 * KIB;

/// How much of one incident is kept, its newest updates first: what one row of the history and one alert can hold.
struct Share {
    updates: usize,
    /// Texts of the updates, in bytes.
    bodies: usize,
    /// Components that the incident names.
    affected: List,
    /// Components that its updates name, together.
    named: List,
}

/// A number of entries, and their ids in bytes.
#[derive(Clone, Copy)]
struct List {
    entries: usize,
    bytes: usize,
}

const WHOLE: Share = Share {
    updates: 500,
    bodies: 256 * KIB,
    affected: List { entries: 1_000, bytes: 128 * KIB },
    named: List { entries: 4_000, bytes: 128 * KIB },
};

/// Of an open incident for which there is no more room: enough to be told of it.
const THIN: Share = Share {
    updates: 5,
    bodies: 2 * KIB,
    affected: List { entries: 20, bytes: 4 * KIB },
    named: List { entries: 0, bytes: 0 },
};

/// Of all incidents of a page together.
#[derive(Clone, Copy, Debug, Default)]
struct Weight {
    updates: usize,
    affected: usize,
    /// All texts and ids, in bytes of JSON.
    text: usize,
}

/// While no more is kept, incidents are kept whole.
const ROOM: Weight = Weight { updates: 5_000, affected: 10_000, text: 1536 * KIB };
/// Until then, open incidents are kept thin.
const ROOM_FOR_OPEN: Weight = Weight { updates: 8_000, affected: 16_000, text: 2048 * KIB };

/// The most of one incident that a page state adds to what a read says of it.
pub(crate) const MAX_AFFECTED: usize = WHOLE.affected.entries;

/// A place in the list of an incident's updates, which is in the order of times and ids.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UpdateMark {
    pub posted_at: Option<Timestamp>,
    pub id: UpdateId,
}

/// What a page has and is not kept.
#[derive(Clone, Debug, Default)]
pub struct Cut {
    /// Left out, and all that the page has.
    pub components: (usize, usize),
    pub incidents: (usize, usize),
    /// Of those incidents that are kept.
    pub updates: usize,
    pub affected: usize,
    pub texts: usize,
    /// The newest update that is left out, by incident.
    pub(crate) marks: BTreeMap<IncidentId, UpdateMark>,
    /// All incidents that the page lists.
    pub(crate) listed: BTreeSet<IncidentId>,
    /// The last word of open incidents that are left out.
    pub(crate) open_left_out: Option<LastWord>,
}

/// The newest time that some incidents give, and whether some give none.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LastWord {
    pub(crate) at: Option<Timestamp>,
    pub(crate) is_undated: bool,
}

/// The one way from what a format read to a page state. `open`: the incidents that we hold open, by their ids on the
/// page.
pub fn bound<'a>(mut snapshot: Snapshot, open: impl IntoIterator<Item = &'a IncidentId>) -> (Snapshot, Cut) {
    let mut cut = Cut { texts: shorten(&mut snapshot), ..Cut::default() };
    let mut snapshot = snapshot.sorted();
    cut.listed = snapshot.incidents.iter().map(|incident| incident.id.clone()).collect();
    let open: BTreeSet<&IncidentId> = open.into_iter().collect();
    let all = std::mem::take(&mut snapshot.incidents);
    cut.incidents.1 = all.len();
    snapshot.incidents = cut.choose(all, &open);
    cut.incidents.0 = cut.incidents.1 - snapshot.incidents.len();
    if cut.incidents.0 > 0 && snapshot.coverage.incidents == Listing::Complete {
        snapshot.coverage.incidents = Listing::Partial;
    }
    cut.components.1 = snapshot.components.len();
    bound_components(&mut snapshot);
    cut.components.0 = cut.components.1 - snapshot.components.len();
    if cut.components.0 > 0 {
        snapshot.coverage.components = Listing::Partial;
    }
    (snapshot, cut)
}

impl Cut {
    /// All incidents that the page lists, also those that are left out.
    pub fn listed(&self) -> &BTreeSet<IncidentId> {
        &self.listed
    }

    pub fn lists(&self, id: &IncidentId) -> bool {
        self.listed.contains(id)
    }

    /// The incidents that are kept, in their order: ends of what we hold open, open ones, ended ones; of each the
    /// newest first.
    fn choose(&mut self, mut all: Vec<Incident>, held_open: &BTreeSet<&IncidentId>) -> Vec<Incident> {
        let class = |incident: &Incident| match incident.is_over() {
            true if held_open.contains(&incident.id) => 0,
            false => 1,
            true => 2,
        };
        all.sort_by_cached_key(|incident| (class(incident), Reverse(last_word(incident)), incident.id.clone()));
        let (mut kept, mut taken, mut seats) = (Vec::new(), Weight::default(), MAX_INCIDENTS);
        for mut incident in all {
            let class = class(&incident);
            if class > 0 && seats == 0 {
                self.leave_out(&incident);
                continue;
            }
            let mut part = bound_incident(&mut incident, &WHOLE);
            let mut weight = taken.plus(&incident);
            if !weight.is_within(ROOM) && class < 2 {
                part.add(bound_incident(&mut incident, &THIN));
                weight = taken.plus(&incident);
            }
            let room = if class < 2 { ROOM_FOR_OPEN } else { ROOM };
            if class > 0 && !weight.is_within(room) {
                self.leave_out(&incident);
                continue;
            }
            taken = weight;
            seats -= usize::from(class > 0);
            self.updates += part.updates;
            self.affected += part.affected;
            self.texts += part.texts;
            self.marks.extend(part.mark.map(|mark| (incident.id.clone(), mark)));
            kept.push(incident);
        }
        kept.sort_by(|a, b| (a.kind, &a.id).cmp(&(b.kind, &b.id)));
        kept
    }

    fn leave_out(&mut self, incident: &Incident) {
        if !incident.is_over() {
            let word = self.open_left_out.get_or_insert_default();
            word.at = word.at.max(last_word(incident));
            word.is_undated |= last_word(incident).is_none();
        }
    }
}

/// The newest time that an incident gives.
pub(crate) fn last_word(incident: &Incident) -> Option<Timestamp> {
    incident.newest_update_at().max(incident.started_at)
}

/// What was left out of one incident.
#[derive(Debug, Default)]
struct CutIncident {
    updates: usize,
    affected: usize,
    texts: usize,
    /// The newest update that was left out.
    mark: Option<UpdateMark>,
}

impl CutIncident {
    fn add(&mut self, more: Self) {
        self.updates += more.updates;
        self.affected += more.affected;
        self.texts += more.texts;
        self.mark = self.mark.take().max(more.mark);
    }
}

/// Cuts one incident, whose lists are in order, to what is kept of any. Returns the newest update that is left out.
pub(crate) fn bound_whole(incident: &mut Incident) -> Option<UpdateMark> {
    bound_incident(incident, &WHOLE).mark
}

fn bound_incident(incident: &mut Incident, share: &Share) -> CutIncident {
    let mut cut =
        CutIncident { updates: incident.updates.len().saturating_sub(share.updates), ..CutIncident::default() };
    if let Some(last) = incident.updates.drain(..cut.updates).next_back() {
        cut.mark = Some(UpdateMark { posted_at: last.posted_at, id: last.id });
    }
    let kept = within(&incident.components, share.affected);
    cut.affected = incident.components.len() - kept;
    incident.components.truncate(kept);

    let (mut bodies, mut named) = (share.bodies, share.named);
    for Update { body, components, .. } in incident.updates.iter_mut().rev() {
        let bytes = body.as_deref().map_or(0, json_bytes);
        // Once there is no room for a text there is none for older ones.
        bodies = bodies.saturating_sub(bytes);
        if bytes > 0 && bodies == 0 {
            *body = None;
            cut.texts += 1;
        }
        let kept = within(components, named);
        cut.affected += components.len() - kept;
        components.truncate(kept);
        named.entries -= kept;
        named.bytes -= components.iter().map(id_bytes).sum::<usize>();
    }
    cut
}

/// How many entries are within these bounds.
fn within(list: &[Affected], bounds: List) -> usize {
    let mut bytes = 0;
    let is_within = |affected: &&Affected| {
        bytes += id_bytes(affected);
        bytes <= bounds.bytes
    };
    list.iter().take(bounds.entries).take_while(is_within).count()
}

fn id_bytes(affected: &Affected) -> usize {
    json_bytes(affected.id.as_str())
}

impl Weight {
    fn plus(self, incident: &Incident) -> Self {
        let named = || incident.updates.iter().flat_map(|update| &update.components).chain(&incident.components);
        let words = [Some(incident.id.as_str()), Some(incident.title.as_str()), incident.url.as_deref()];
        let of_updates = incident.updates.iter().flat_map(|update| [Some(update.id.as_str()), update.body.as_deref()]);
        let text: usize = words.into_iter().chain(of_updates).flatten().map(json_bytes).sum();
        Self {
            updates: self.updates + incident.updates.len(),
            affected: self.affected + named().count(),
            text: self.text + text + named().map(id_bytes).sum::<usize>(),
        }
    }

    fn is_within(self, room: Self) -> bool {
        self.updates <= room.updates && self.affected <= room.affected && self.text <= room.text
    }
}

/// Those that open incidents name, then by id: which are kept does not depend on how they are, so that none comes and
/// goes with its status.
fn bound_components(snapshot: &mut Snapshot) {
    let bytes = |text: &str| json_bytes(text);
    let open = snapshot.incidents.iter().filter(|incident| !incident.is_over());
    let named: BTreeSet<ComponentId> = open.flat_map(|it| &it.components).map(|named| named.id.clone()).collect();
    snapshot.components.sort_by(|a, b| (!named.contains(&a.id), &a.id).cmp(&(!named.contains(&b.id), &b.id)));
    let mut text = 0;
    let fits = snapshot.components.iter().take(MAX_COMPONENTS).take_while(|it| {
        text += bytes(it.id.as_str()) + bytes(&it.name) + it.group.as_deref().map_or(0, bytes);
        text <= MAX_COMPONENT_TEXT
    });
    let kept = fits.count();
    snapshot.components.truncate(kept);
    snapshot.components.sort_by(|a, b| a.id.cmp(&b.id));
}

/// Shortens every text, and returns how many were too long.
fn shorten(snapshot: &mut Snapshot) -> usize {
    shorten_page(&mut snapshot.page)
        + snapshot.components.iter_mut().map(shorten_component).sum::<usize>()
        + snapshot.incidents.iter_mut().map(shorten_incident).sum::<usize>()
}

pub(crate) fn shorten_page(page: &mut Page) -> usize {
    page.url.take_if(|url| url.len() > MAX_URL);
    [&mut page.id, &mut page.name].into_iter().flatten().map(shorten_name).sum()
}

pub(crate) fn shorten_component(component: &mut Component) -> usize {
    let group = component.group.as_mut().map_or(0, shorten_name);
    shorten_component_id(&mut component.id) + shorten_name(&mut component.name) + group
}

pub(crate) fn shorten_component_id(id: &mut ComponentId) -> usize {
    short_id(id, MAX_COMPONENT_ID)
}

pub(crate) fn shorten_name(name: &mut String) -> usize {
    cut(name, MAX_NAME)
}

pub(crate) fn shorten_incident(incident: &mut Incident) -> usize {
    let mut texts = shorten_incident_id(&mut incident.id) + cut(&mut incident.title, MAX_TITLE);
    incident.url.take_if(|url| url.len() > MAX_URL);
    for affected in &mut incident.components {
        texts += shorten_component_id(&mut affected.id);
    }
    for update in &mut incident.updates {
        texts += shorten_update_id(&mut update.id) + update.body.as_mut().map_or(0, |body| cut(body, MAX_BODY));
        for affected in &mut update.components {
            texts += shorten_component_id(&mut affected.id);
        }
    }
    texts
}

pub(crate) fn shorten_incident_id(id: &mut IncidentId) -> usize {
    short_id(id, MAX_INCIDENT_ID)
}

pub(crate) fn shorten_update_id(id: &mut UpdateId) -> usize {
    short_id(id, MAX_UPDATE_ID)
}

/// The same id always gives the same.
fn short_id<K>(id: &mut Id<K>, max: usize) -> usize {
    let text = id.as_str();
    if text.len() <= max {
        return 0;
    }
    let begin = &text[..text.floor_char_boundary(max / 2)];
    *id = Id::new(format!("{begin}…{}", digest(&[text])));
    1
}

fn cut(text: &mut String, max: usize) -> usize {
    if text.len() <= max {
        return 0;
    }
    text.truncate(text.floor_char_boundary(max));
    text.push('…');
    text.shrink_to_fit();
    1
}

/// What a text takes in a document.
pub(crate) fn json_bytes(text: &str) -> usize {
    let escaped = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' => 2,
        ..0x20 => 6,
        _ => 1,
    };
    text.bytes().map(escaped).sum::<usize>() + 2
}
