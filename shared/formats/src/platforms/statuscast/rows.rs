//! The rows of current incidents and maintenance.
use jiff::Timestamp;
use status::{
    ids::IncidentId,
    snapshot::{Incident, Kind, Window},
    words::{Impact, Phase},
};
use url::Url;

use super::classes::class_after;
use crate::{
    read::{
        answers::endpoint,
        incident_reader::NO_TITLE,
        problems::{Problems, quoted},
    },
    text::{
        dates::BlockTime,
        html::{Token, Tokens, attribute, decode},
        urls::is_number,
    },
};

#[derive(Default)]
pub(super) struct Rows {
    pub(super) incidents: Vec<Incident>,
    /// The page has the field where rows stand, with or without any.
    pub(super) is_known: bool,
    /// A row could not be recognised.
    pub(super) damaged: bool,
}

#[derive(Default)]
struct Row {
    kind: String,
    status: String,
    severity: String,
    id: Option<String>,
    title: String,
    date: String,
}

/// What the text that comes next belongs to.
#[derive(Clone, Copy)]
enum Field {
    Title,
    Date,
}

pub(super) fn read(page: &Url, html: &str, problems: &mut Problems) -> Rows {
    let mut rows = Rows::default();
    let mut row: Option<Row> = None;
    let mut field = None;
    for token in Tokens::new(html) {
        match token {
            Token::Open { attributes, .. } => {
                let class = attribute(attributes, "class").unwrap_or_default();
                let has = |wanted: &str| class.split_whitespace().any(|class| class == wanted);
                rows.is_known |= has("sc-hero");
                if has("incident-body") {
                    rows.end(page, row.take(), problems);
                    rows.is_known = true;
                    let word = |start: &str| class_after(&class, start).unwrap_or_default().to_lowercase();
                    row = Some(Row {
                        kind: word("incident-type-"),
                        status: word("incident-status-"),
                        severity: word("incident-mostsevere-status-"),
                        ..Row::default()
                    });
                }
                let Some(row) = &mut row else { continue };
                if row.id.is_none()
                    && let Some(link) = attribute(attributes, "href")
                {
                    let id = link.rsplit_once("/incident/").map(|(_, id)| id.to_owned());
                    row.id = id.filter(|id| is_number(id));
                }
                if has("incident-title") && row.title.is_empty() {
                    field = Some(Field::Title);
                } else if attribute(attributes, "aria-label").as_deref() == Some("Incident Date") && row.date.is_empty()
                {
                    field = Some(Field::Date);
                }
            }
            Token::Text(text) => match (field, &mut row) {
                (Some(Field::Title), Some(row)) => row.title.push_str(&decode(text)),
                (Some(Field::Date), Some(row)) => row.date.push_str(&decode(text)),
                _ => {}
            },
            Token::Close(_) => field = None,
        }
    }
    rows.end(page, row, problems);
    rows
}

impl Rows {
    fn end(&mut self, page: &Url, row: Option<Row>, problems: &mut Problems) {
        let Some(row) = row else { return };
        let Some(id) = row.id else {
            self.damaged = true;
            problems.add("an incident without a link to it was left out".into());
            return;
        };
        let kind = if row.kind.contains("maintenance") { Kind::Maintenance } else { Kind::Incident };
        // That an incident goes on is no phase of it.
        let phase = match (kind, row.status.as_str()) {
            (Kind::Maintenance, "future") => Some(Phase::Scheduled),
            (Kind::Maintenance, "inprogress") => Some(Phase::InProgress),
            (Kind::Maintenance, "resolved" | "completed") => Some(Phase::Completed),
            (Kind::Incident, "resolved") => Some(Phase::Resolved),
            _ => None,
        };
        if phase.is_none() && !(kind == Kind::Incident && row.status == "inprogress") {
            problems.add(format!("incident {id} has the unknown status {}", quoted(&row.status)));
        }
        let at = date(&row.date);
        let title = row.title.split_whitespace().collect::<Vec<_>>().join(" ");
        self.incidents.push(Incident {
            url: Some(endpoint(page, &format!("incident/{id}")).to_string()),
            id: IncidentId::from(id),
            kind,
            title: if title.is_empty() { NO_TITLE.into() } else { title },
            phase,
            impact: impact(&row.severity).filter(|_| kind == Kind::Incident),
            started_at: at.filter(|_| kind == Kind::Incident),
            resolved_at: None,
            window: Some(Window { starts_at: at, ends_at: None }).filter(|_| kind == Kind::Maintenance && at.is_some()),
            components: Vec::new(),
            updates: Vec::new(),
        });
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
