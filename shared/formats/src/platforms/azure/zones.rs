//! The tables of services and regions, one per geography (`data-zone-name`): a row per service, a cell per region, and
//! in each cell a `data-label` and a symbol. A service stands in several categories, and a row of a capability belongs
//! to the service above it.
use std::collections::BTreeMap;

use status::{ids::ComponentId, snapshot::Component, words::ComponentStatus};

use crate::{
    contract::ReadError,
    read::problems::{Problems, quoted},
    text::html::{Token, Tokens, attribute, decode},
};

#[derive(Default)]
pub(super) struct Zones {
    pub(super) components: Vec<Component>,
    /// All of the tables could be read.
    pub(super) whole: bool,
}

impl Zones {
    pub(super) fn read(html: &str, problems: &mut Problems) -> Result<Self, ReadError> {
        let end = html.trim_end().as_bytes();
        if !end.len().checked_sub(7).is_some_and(|at| end[at..].eq_ignore_ascii_case(b"</html>")) {
            return Err(ReadError::Malformed(format!("the page is cut off after {} bytes", html.len())));
        }
        let mut reader = Reader { services: BTreeMap::new(), zone: None, row: None, last: None, whole: true, problems };
        Tokens::new(html).for_each(|token| reader.take(token));
        let Reader { services, whole, .. } = reader;
        if services.is_empty() {
            return Err(ReadError::NotThisFormat("the page has none that is known".into()));
        }
        let components = services.into_iter().filter_map(|((zone, name), cells)| {
            let status = cells.status()?;
            let id = ComponentId::new(format!("{zone}/{name}"));
            Some(Component { id, name, group: Some(zone_title(&zone)), status })
        });
        Ok(Self { components: components.collect(), whole })
    }

    pub(super) fn all_well(&self) -> bool {
        let is_well = |component: &Component| component.status == ComponentStatus::Operational;
        self.whole && !self.components.is_empty() && self.components.iter().all(is_well)
    }
}

/// `asia-pacific` is Asia Pacific.
fn zone_title(zone: &str) -> String {
    let words = zone.split(['-', '_', ' ']).filter(|word| !word.is_empty()).map(|word| {
        let mut letters = word.chars();
        letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
    });
    words.collect::<Vec<String>>().join(" ")
}

/// The cells of a service in one geography, counted.
#[derive(Clone, Copy, Default)]
struct Cells {
    fine: usize,
    warning: usize,
    critical: usize,
    unknown: usize,
    /// The service does not exist in that region.
    absent: usize,
}

impl Cells {
    fn add(&mut self, other: Self) {
        self.fine += other.fine;
        self.warning += other.warning;
        self.critical += other.critical;
        self.unknown += other.unknown;
        self.absent += other.absent;
    }

    /// `None` where the geography does not have the service.
    fn status(self) -> Option<ComponentStatus> {
        Some(match self {
            Self { critical: 1.., fine: 0, warning: 0, unknown: 0, .. } => ComponentStatus::MajorOutage,
            Self { critical: 1.., .. } => ComponentStatus::PartialOutage,
            Self { warning: 1.., .. } => ComponentStatus::DegradedPerformance,
            Self { unknown: 1.., .. } => ComponentStatus::Unknown,
            Self { fine: 1.., .. } => ComponentStatus::Operational,
            _ => return None,
        })
    }
}

/// How bad a cell is, by its label or its symbol.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Mark {
    Absent,
    Unknown,
    Fine,
    Warning,
    Critical,
}

#[derive(Default)]
struct Row {
    /// A heading over others.
    is_category: bool,
    is_capability: bool,
    /// Of cells that began.
    cells: usize,
    name: String,
    counted: Cells,
    /// Of the open cell.
    mark: Option<Mark>,
}

struct Reader<'p> {
    services: BTreeMap<(String, String), Cells>,
    zone: Option<String>,
    row: Option<Row>,
    /// The service that capabilities belong to.
    last: Option<(String, String)>,
    whole: bool,
    problems: &'p mut Problems,
}

impl Reader<'_> {
    fn take(&mut self, token: Token<'_>) {
        match token {
            Token::Open { name: "table", attributes } => {
                let is_zone = attribute(attributes, "class").is_some_and(|class| class.contains("region-status-table"));
                let zone = attribute(attributes, "data-zone-name").filter(|zone| is_zone && !zone.trim().is_empty());
                self.zone = zone.map(|zone| zone.trim().to_lowercase());
                self.last = None;
                self.row = None;
            }
            _ if self.zone.is_none() => {}
            Token::Close("table") => {
                self.end_row();
                self.zone = None;
            }
            Token::Open { name: "tr", attributes } => {
                self.end_row();
                let class = attribute(attributes, "class").unwrap_or_default();
                self.row = Some(Row {
                    is_category: class.contains("status-category"),
                    is_capability: class.contains("capability-row"),
                    ..Row::default()
                });
            }
            Token::Close("tr") => self.end_row(),
            token => self.in_row(token),
        }
    }

    fn in_row(&mut self, token: Token<'_>) {
        let Some(row) = &mut self.row else { return };
        match token {
            Token::Open { name: "td", .. } => {
                row.end_cell();
                row.cells += 1;
            }
            Token::Close("td") => row.end_cell(),
            Token::Text(text) if row.cells == 1 => {
                row.name.push_str(&decode(text));
                row.name.push(' ');
            }
            Token::Open { name, attributes } if row.cells > 1 => {
                let label = attribute(attributes, "data-label");
                let label = label.as_deref().map(|label| by_label(label, self.problems));
                let symbol = (name == "use").then(|| {
                    let target = attribute(attributes, "xlink:href").or_else(|| attribute(attributes, "href"));
                    target.and_then(|target| by_symbol(&target))
                });
                for mark in [label, symbol.flatten()].into_iter().flatten() {
                    row.mark = Some(row.mark.filter(|worse| *worse >= mark).unwrap_or(mark));
                }
            }
            _ => {}
        }
    }

    fn end_row(&mut self) {
        let Some(mut row) = self.row.take() else { return };
        row.end_cell();
        let name = row.name.split_whitespace().collect::<Vec<_>>().join(" ");
        if row.is_category || row.cells < 2 {
            return;
        }
        let Some(zone) = &self.zone else { return };
        let service = if row.is_capability { self.last.clone() } else { Some((zone.clone(), name)) };
        let is_read = row.counted.status().is_some() || row.counted.absent > 0;
        let Some(service) = service.filter(|(_, name)| !name.is_empty() && is_read) else {
            self.whole = false;
            self.problems.add(format!("a row of the table of {} was left out", quoted(zone)));
            return;
        };
        self.services.entry(service.clone()).or_default().add(row.counted);
        self.last = Some(service);
    }
}

impl Row {
    fn end_cell(&mut self) {
        match self.mark.take() {
            None => {}
            Some(Mark::Absent) => self.counted.absent += 1,
            Some(Mark::Unknown) => self.counted.unknown += 1,
            Some(Mark::Fine) => self.counted.fine += 1,
            Some(Mark::Warning) => self.counted.warning += 1,
            Some(Mark::Critical) => self.counted.critical += 1,
        }
    }
}

fn by_label(label: &str, problems: &mut Problems) -> Mark {
    match label.trim().to_lowercase().as_str() {
        "good" | "information" => Mark::Fine,
        "warning" => Mark::Warning,
        "critical" => Mark::Critical,
        "not available" | "blank" | "" => Mark::Absent,
        _ => {
            problems.add(format!("a cell has the unknown label {}", quoted(label)));
            Mark::Unknown
        }
    }
}

fn by_symbol(target: &str) -> Option<Mark> {
    Some(match target.trim_start_matches('#') {
        "svg-check" | "svg-health-information" => Mark::Fine,
        "svg-health-warning" => Mark::Warning,
        "svg-health-error" => Mark::Critical,
        _ => return None,
    })
}
