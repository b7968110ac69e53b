//! The rows of incidents and maintenance, each with its newest update where the page shows one.
use jiff::Timestamp;
use status::{
    ids::IncidentId,
    snapshot::{Incident, Kind, Update, Window},
    words::{Impact, Phase},
};
use url::Url;

use super::classes::class_after;
use crate::{
    read::{
        answers::endpoint,
        incident_reader::NO_TITLE,
        problems::{Problems, quoted},
        updates::derived_update_id,
    },
    text::{
        dates::BlockTime,
        html::{Token, Tokens, attribute, decode, to_text},
        urls::is_number,
    },
};

#[derive(Default)]
pub(super) struct Rows {
    pub(super) found: Vec<Found>,
    /// The page has the field where rows stand, with or without any.
    pub(super) is_known: bool,
    /// A row could not be recognised.
    pub(super) damaged: bool,
}

pub(super) struct Found {
    /// With the newest update as its only one.
    pub(super) incident: Incident,
    /// The names of its components.
    pub(super) names: Vec<String>,
}

#[derive(Default)]
struct Row {
    kind: String,
    status: String,
    severity: String,
    id: Option<String>,
    title: String,
    date: String,
    names: Vec<String>,
    update: Option<Posted>,
}

/// The update below a row.
#[derive(Default)]
struct Posted {
    date: String,
    status: String,
    /// HTML.
    text: String,
}

/// What the text that comes next belongs to.
#[derive(Clone, Copy)]
enum Field {
    Title,
    Date,
    ComponentName,
    UpdateDate,
}

/// The element that holds the text of an update, while it is open.
struct OpenText {
    /// How many of its like are open, itself included.
    depth: usize,
    /// Where the text starts: behind the mark of its status, if it has one.
    start: usize,
    in_status: bool,
}

pub(super) fn read(page: &Url, html: &str, problems: &mut Problems) -> Rows {
    let mut rows = Rows::default();
    let mut row: Option<Row> = None;
    let mut field = None;
    let mut open_text: Option<OpenText> = None;
    let mut tokens = Tokens::new(html);
    loop {
        let before = tokens.position();
        let Some(token) = tokens.next() else { break };
        match token {
            Token::Open { name, attributes } => {
                let class = attribute(attributes, "class").unwrap_or_default();
                let has = |wanted: &str| class.split_whitespace().any(|class| class == wanted);
                rows.is_known |= has("sc-hero");
                if has("incident-body") {
                    rows.end(page, row.take(), problems);
                    rows.is_known = true;
                    (row, open_text) = (Some(Row::new(&class)), None);
                }
                let Some(row) = &mut row else { continue };
                if let Some(open) = &mut open_text {
                    open.depth += usize::from(name == "div");
                    if has("incident-status") {
                        open.in_status = true;
                        row.posted().status = class_after(&class, "status-").unwrap_or_default().to_lowercase();
                    }
                } else if has("incident-update-text") && name == "div" && row.posted().text.is_empty() {
                    open_text = Some(OpenText { depth: 1, start: tokens.position(), in_status: false });
                } else {
                    // What stands inside of a field is a part of it.
                    field = row.opens(&class, attributes).or(field);
                }
            }
            Token::Text(text) => match (field, &mut row) {
                (Some(field), Some(row)) if open_text.is_none() => row.push(field, &decode(text)),
                _ => {}
            },
            Token::Close(name) => {
                field = None;
                let (Some(open), Some(row)) = (&mut open_text, &mut row) else { continue };
                match name {
                    "span" if open.in_status => (open.in_status, open.start) = (false, tokens.position()),
                    "div" if open.depth > 1 => open.depth -= 1,
                    "div" => {
                        row.posted().text = html.get(open.start..before).unwrap_or_default().to_owned();
                        open_text = None;
                    }
                    _ => {}
                }
            }
        }
    }
    rows.end(page, row, problems);
    rows
}

impl Row {
    fn new(class: &str) -> Self {
        let word = |start: &str| class_after(class, start).unwrap_or_default().to_lowercase();
        Self {
            kind: word("incident-type-"),
            status: word("incident-status-"),
            severity: word("incident-mostsevere-status-"),
            ..Self::default()
        }
    }

    /// The field that an element begins; a link tells the id.
    fn opens(&mut self, class: &str, attributes: &str) -> Option<Field> {
        let has = |wanted: &str| class.split_whitespace().any(|class| class == wanted);
        if self.id.is_none()
            && let Some(link) = attribute(attributes, "href")
        {
            let id = link.rsplit_once("/incident/").map(|(_, id)| id.to_owned());
            self.id = id.filter(|id| is_number(id));
        }
        if has("incident-title") && self.title.trim().is_empty() {
            return Some(Field::Title);
        }
        match attribute(attributes, "aria-label").as_deref() {
            Some("Incident Date") if self.date.is_empty() => Some(Field::Date),
            Some("Component Name") if self.names.len() < MAX_NAMES => {
                self.names.push(String::new());
                Some(Field::ComponentName)
            }
            Some("Incident Update Date") if self.posted().date.is_empty() => Some(Field::UpdateDate),
            _ => None,
        }
    }

    fn push(&mut self, field: Field, text: &str) {
        let target = match field {
            Field::Title => &mut self.title,
            Field::Date => &mut self.date,
            Field::UpdateDate => &mut self.posted().date,
            Field::ComponentName => match self.names.last_mut() {
                Some(name) => name,
                None => return,
            },
        };
        target.push_str(text);
    }

    fn posted(&mut self) -> &mut Posted {
        self.update.get_or_insert_default()
    }

    fn kind(&self) -> Kind {
        if self.kind.contains("maintenance") { Kind::Maintenance } else { Kind::Incident }
    }
}

/// Of one row.
const MAX_NAMES: usize = 1000;

/// That something goes on is no phase of an incident.
const GOES_ON: &str = "inprogress";

/// The phase that a word of a row, or of an update, stands for.
fn phase(kind: Kind, word: &str) -> Option<Phase> {
    Some(match (kind, word) {
        (Kind::Maintenance, "future" | "upcoming" | "scheduled") => Phase::Scheduled,
        (Kind::Maintenance, GOES_ON) => Phase::InProgress,
        (Kind::Maintenance, "resolved" | "completed" | "closed") => Phase::Completed,
        (Kind::Incident, "resolved" | "closed") => Phase::Resolved,
        (Kind::Incident, "investigating") => Phase::Investigating,
        (Kind::Incident, "identified") => Phase::Identified,
        (Kind::Incident, "monitoring" | "monitored") => Phase::Monitoring,
        _ => return None,
    })
}

impl Rows {
    fn end(&mut self, page: &Url, row: Option<Row>, problems: &mut Problems) {
        let Some(mut row) = row else { return };
        let kind = row.kind();
        let Some(id) = row.id.take() else {
            self.damaged = true;
            problems.add("an incident without a link to it was left out".into());
            return;
        };
        let update = row.update.take().and_then(|posted| posted.into_update(kind));
        let said = phase(kind, &row.status);
        if said.is_none() && !(kind == Kind::Incident && row.status == GOES_ON) {
            problems.add(format!("incident {id} has the unknown status {}", quoted(&row.status)));
        }
        let is_over = said.is_some_and(Phase::is_over);
        let newest = update.as_ref().and_then(|update| update.phase).filter(|phase| !phase.is_over());
        let at = date(&row.date);
        let title = row.title.split_whitespace().collect::<Vec<_>>().join(" ");
        let incident = Incident {
            url: Some(endpoint(page, &format!("incident/{id}")).to_string()),
            id: IncidentId::from(id),
            kind,
            title: if title.is_empty() { NO_TITLE.into() } else { title },
            phase: said.or(newest),
            impact: impact(&row.severity).filter(|_| kind == Kind::Incident),
            started_at: at.filter(|_| kind == Kind::Incident),
            resolved_at: update.as_ref().and_then(|update| update.posted_at).filter(|_| is_over),
            window: Some(Window { starts_at: at, ends_at: None }).filter(|_| kind == Kind::Maintenance && at.is_some()),
            components: Vec::new(),
            updates: update.into_iter().collect(),
        };
        let names = row.names.iter().map(|name| name.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        self.found.push(Found { incident, names });
    }
}

impl Posted {
    /// `None`: the page shows none.
    fn into_update(self, kind: Kind) -> Option<Update> {
        let posted_at = date(&self.date);
        let body = to_text(&self.text);
        posted_at.filter(|_| !body.is_empty() || !self.status.is_empty())?;
        Some(Update {
            id: derived_update_id(posted_at, &self.status),
            phase: phase(kind, &self.status),
            posted_at,
            body: Some(body).filter(|body| !body.is_empty()),
            components: Vec::new(),
        })
    }
}

fn impact(severity: &str) -> Option<Impact> {
    Some(match severity {
        "available" | "informational" => Impact::None,
        "degraded" | "performance" => Impact::Minor,
        "unavailable" => Impact::Major,
        _ => return None,
    })
}

/// `02 September 2026, 17:05 UTC`
fn date(text: &str) -> Option<Timestamp> {
    let words: Vec<&str> = text.split([' ', ',', '\n', '\t', '\r', '\u{a0}']).filter(|word| !word.is_empty()).collect();
    let [day, month, year, clock, zone] = words[..] else { return None };
    BlockTime::parse(&format!("{month} {day}, {year}, {clock} {zone}"))?.exact()
}
