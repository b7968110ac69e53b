//! What a Statuspage keeps of its past beyond the last 50 incidents: planned work that is done, and older incidents.
//!
//! `scheduled-maintenances.json` has the last 50 maintenances. `incidents.json?page=2` has the next 50 incidents on
//! some pages; others ignore `page` and answer with the first 50 again. For those there is `history.json`, the list
//! that the page's own history view shows: three months a page, with the id, title, impact and last text of each
//! incident, and its times as they are displayed. It says neither which components were affected nor what is still
//! open, so only what began before everything that is known is taken from it: all that is open is in the summary.
//!
//! Rests on recordings of the lists and, for `history.json`, on client code of several projects.
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use jiff::{Timestamp, civil::Date, tz::Offset};
use status::{
    ids::IncidentId,
    snapshot::{Incident, Kind, Update, Window},
    words::Phase,
};
use url::Url;

use super::{
    INCIDENTS, MAINTENANCES,
    document::{History as Listed, Month, Months, PastIncident},
    incident::{MAINTENANCE, gather, impact},
};
use crate::{
    contract::{Answer, Answers, History, HistoryContext, ParsedHistory, ReadError, Stop},
    read::{
        answers::endpoint, incident_reader::IncidentReader, incident_set::IncidentSet, lenient_list::elements,
        problems::Problems, updates::derived_update_id,
    },
    text::{
        dates::BlockTime,
        html::to_text,
        urls::{is_plain_id, web_address},
        values::plain_text,
    },
};

pub(crate) const HISTORY: History = History { format: super::FORMAT.name, max_requests: 4, read };

const MONTHS: &str = "history.json";
/// In one document of incidents.
const LISTED: usize = 50;
/// Of older incidents. With the one of maintenances they are as many as may be requested.
const OLDER: std::ops::RangeInclusive<u8> = 2..=4;
/// In one document of `history.json`, this month included.
const MONTHS_LISTED: i32 = 3;

fn read(context: &HistoryContext<'_>, answers: &Answers) -> Result<ParsedHistory, Stop> {
    let mut found = Found { context, incident_set: IncidentSet::default(), problems: Problems::default() };
    let planned = answers.require(&endpoint(context.page, MAINTENANCES))?;
    let mut zone = None;
    if let Some(listed) = found.read::<Listed<'_>>(planned)? {
        zone = listed.time_zone().map(str::to_owned);
        found.gather(Kind::Maintenance, &listed, planned);
    }
    let known = || context.known.iter().filter(|known| known.kind == Kind::Incident).map(|known| known.began_at);
    if let Some(oldest) = known().min()
        && known().count() >= LISTED
        && oldest > context.since
        && !found.older(answers)?
    {
        found.months(answers, oldest, zone.as_deref())?;
    }
    Ok(ParsedHistory { incidents: found.incident_set.into_incidents(), problems: found.problems.into_vec() })
}

struct Found<'a> {
    context: &'a HistoryContext<'a>,
    incident_set: IncidentSet,
    problems: Problems,
}

impl Found<'_> {
    /// A document; `None`, if the page has none there. A page in trouble is asked again another time.
    fn read<'d, T: serde::Deserialize<'d>>(&mut self, answer: &'d Answer) -> Result<Option<T>, ReadError> {
        match answer.json() {
            Ok(document) => Ok(Some(document)),
            Err(error @ ReadError::Status { .. }) => Err(error),
            Err(error) => {
                self.problems.add(format!("a part of the history could not be read: {error}"));
                Ok(None)
            }
        }
    }

    fn gather(&mut self, kind: Kind, listed: &Listed<'_>, answer: &Answer) -> usize {
        match listed.items(kind, answer.url.path()) {
            Ok(items) => {
                gather(&mut self.incident_set, kind, items, &mut self.problems);
                items.len()
            }
            Err(error) => {
                self.problems.add(error.to_string());
                0
            }
        }
    }

    /// Reads incidents from before those that are known; false: the page lists the newest ones again.
    fn older(&mut self, answers: &Answers) -> Result<bool, Stop> {
        let mut known: HashSet<IncidentId> = self.context.known.iter().map(|known| known.id.clone()).collect();
        for number in OLDER {
            let mut url = endpoint(self.context.page, INCIDENTS);
            url.set_query(Some(&format!("page={number}")));
            let answer = answers.require(&url)?;
            let Some(listed) = self.read::<Listed<'_>>(answer)? else { return Ok(false) };
            let mut older = IncidentSet::default();
            let Ok(items) = listed.items(Kind::Incident, url.path()) else { return Ok(false) };
            gather(&mut older, Kind::Incident, items, &mut self.problems);
            let older = older.into_incidents();
            let is_first_page = number == *OLDER.start();
            if !older.is_empty() && older.iter().all(|incident| known.contains(&incident.id)) {
                return Ok(!is_first_page);
            }
            let oldest = older.iter().filter_map(|incident| incident.started_at).min();
            let is_last = items.len() < LISTED || oldest.is_none_or(|oldest| oldest <= self.context.since);
            for incident in older {
                known.insert(incident.id.clone());
                self.incident_set.add(None, incident);
            }
            if is_last {
                break;
            }
        }
        Ok(true)
    }

    /// Reads the displayed list, as far as it is from before `oldest`.
    fn months(&mut self, answers: &Answers, oldest: Timestamp, zone: Option<&str>) -> Result<(), Stop> {
        let pages = document_of(oldest, self.context.now)..=document_of(self.context.since, self.context.now);
        // The first may show that there is no such list.
        for number in pages.take(2) {
            let mut url = endpoint(self.context.page, MONTHS);
            url.set_query(Some(&format!("page={number}")));
            let answer = answers.require(&url)?;
            let Some(document) = self.read::<Months<'_>>(answer)? else { return Ok(()) };
            let months = match document.checked(url.path()) {
                Ok(months) => months,
                Err(error) => {
                    self.problems.add(error.to_string());
                    return Ok(());
                }
            };
            months.iter().for_each(|month| self.month(month, oldest, zone));
        }
        Ok(())
    }

    fn month(&mut self, month: &Month<'_>, oldest: Timestamp, zone: Option<&str>) {
        let (items, _) = elements::<PastIncident<'_>>(&month.incidents, "a past incident", &mut self.problems);
        for raw in items {
            let Some(id) = raw.code.as_ref().map(|code| code.0.to_string()).filter(|id| is_plain_id(id)) else {
                self.problems.add("a past incident without id was left out".into());
                continue;
            };
            let mut reader = IncidentReader::new(&id, &mut self.problems);
            let text = raw.timestamp.as_ref().map_or(String::new(), |text| to_text(&text.0));
            match month.year.and_then(|year| times(&text, year, zone)) {
                None => reader.problem("has no times that can be told, and was left out"),
                Some((began_at, _)) if began_at >= oldest => {}
                Some(times) => {
                    let incident = past(self.context.page, &id, &raw, times, &mut reader);
                    self.incident_set.add(None, incident);
                }
            }
        }
    }
}

/// In which document of three months a time is: 1 for this month and the two before it.
fn document_of(at: Timestamp, now: Timestamp) -> i32 {
    let month = |at: Timestamp| {
        let date: Date = Offset::UTC.to_datetime(at).date();
        i32::from(date.year()) * 12 + i32::from(date.month())
    };
    (month(now) - month(at)).max(0) / MONTHS_LISTED + 1
}

/// Whatever the list shows from before the newest incidents is over.
fn past(
    page: &Url,
    id: &str,
    raw: &PastIncident<'_>,
    (began_at, ended_at): (Timestamp, Timestamp),
    reader: &mut IncidentReader<'_>,
) -> Incident {
    let is_work = raw.impact.as_ref().is_some_and(|impact| impact.0 == MAINTENANCE);
    let (kind, phase) = if is_work { (Kind::Maintenance, Phase::Completed) } else { (Kind::Incident, Phase::Resolved) };
    let update = raw.message.as_ref().map(|message| Update {
        id: derived_update_id(Some(ended_at), phase.as_str()),
        phase: Some(phase),
        posted_at: Some(ended_at),
        body: Some(plain_text(&message.0)),
        components: Vec::new(),
    });
    Incident {
        id: IncidentId::new(id),
        kind,
        title: reader.title(raw.name.as_ref()),
        phase: Some(phase),
        impact: reader.known("impact", raw.impact.as_ref(), impact).flatten(),
        url: web_address(endpoint(page, &format!("incidents/{id}")).as_str()),
        started_at: Some(began_at),
        resolved_at: Some(ended_at),
        window: is_work.then_some(Window { starts_at: Some(began_at), ends_at: Some(ended_at) }),
        components: Vec::new(),
        updates: update.into_iter().collect(),
    }
}

/// Begin and end: `Aug 10, 00:17 - 01:30 UTC`, `Feb 25, 23:44 - Feb 26, 20:27 UTC`, `Aug 10, 00:17 UTC`. `zone`: that
/// of the page.
fn times(text: &str, year: i16, zone: Option<&str>) -> Option<(Timestamp, Timestamp)> {
    let (time, name) = text.trim().rsplit_once(char::is_whitespace)?;
    let (began, ended) = time.split_once(" - ").unwrap_or((time, time));
    let (day, _) = began.split_once(',')?;
    let name = offset_of(name, zone);
    let at = |part: &str, year: i16| {
        let (day, clock) = part.split_once(',').unwrap_or((day, part));
        BlockTime::parse(&format!("{day} {year} {clock} {name}"))?.exact()
    };
    let began_at = at(began, year)?;
    let ended_at = at(ended, year)?;
    // From one year into the next.
    let ended_at = if ended_at < began_at { at(ended, year + 1)? } else { ended_at };
    Some((began_at, ended_at))
}

/// The abbreviation of a zone, or the offset that it stands for in the zone of the page (`America/Chicago`), where it
/// means several.
fn offset_of<'a>(name: &'a str, zone: Option<&str>) -> &'a str {
    const MEANINGS: &[(&str, &str, &str)] = &[
        ("CST", "America/", "-06:00"),
        ("CST", "Asia/", "+08:00"),
        ("BST", "Europe/", "+01:00"),
        ("BST", "Asia/", "+06:00"),
        ("IST", "Asia/Kolkata", "+05:30"),
        ("IST", "Asia/Calcutta", "+05:30"),
        ("IST", "Asia/Jerusalem", "+02:00"),
        ("IST", "Europe/", "+01:00"),
    ];
    let zone = zone.unwrap_or_default();
    let meaning = MEANINGS.iter().find(|(known, region, _)| *known == name && zone.starts_with(region));
    meaning.map_or(name, |(_, _, offset)| offset)
}
