//! `data.json`, what the status page of AWS was drawn from until 2022: events without ids or an end, their log as HTML
//! with the time of the day in California.
use jiff::{
    Timestamp,
    civil::{Date, Time},
    tz::Offset,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::IncidentId,
    snapshot::{Incident, Kind},
    words::Phase,
};

use super::{
    event::{Event, Post, epoch, title, updates},
    service::{Service, affected, code, impact, is_id},
};
use crate::{
    read::problems::Problems,
    text::{dates::month, html::to_text, values::Word},
};

#[derive(Deserialize)]
pub(super) struct Document<'a> {
    #[serde(borrow)]
    pub(super) current: Vec<&'a RawValue>,
    /// What is over.
    #[serde(borrow)]
    pub(super) archive: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct Raw {
    service: Option<String>,
    service_name: Option<Word>,
    summary: Option<Word>,
    date: Option<Word>,
    status: Option<Word>,
    description: Option<Word>,
}

impl Raw {
    pub(super) fn read(&self, is_archived: bool, problems: &mut Problems) -> Option<Event> {
        let service = self.service.as_deref().filter(|service| is_id(service));
        let date = self.date.as_ref().map_or("", Word::as_str);
        let (Some(service), Some(began)) = (service, epoch(date)) else {
            problems.add("an event without service or date was left out".into());
            return None;
        };
        let titled_over =
            self.summary.as_ref().is_some_and(|summary| summary.as_str().trim().starts_with("[RESOLVED]"));
        let is_over = is_archived || titled_over;
        let mut log = log(self.description.as_ref().map_or("", Word::as_str), began);
        if let Some(last) = log.last_mut() {
            last.ends = is_over;
        }
        let status = self.status.as_ref().and_then(|word| code(word.as_str()));
        let services = vec![Service::new(service, self.service_name.as_ref(), status, is_over)];
        let incident = Incident {
            id: IncidentId::from(format!("{service}_{date}")),
            kind: Kind::Incident,
            title: title(self.service_name.as_ref(), None, self.summary.as_ref()),
            phase: Some(if is_over { Phase::Resolved } else { Phase::Investigating }),
            impact: status.map(impact),
            url: None,
            started_at: Some(began),
            resolved_at: log.last().and_then(|post| post.at).filter(|_| is_over),
            window: None,
            components: affected(&services),
            updates: updates(log),
        };
        Some(Event { incident, services })
    }
}

/// `<div><span class="yellowfg">12:53 PM PDT</span>&nbsp;text</div>`, oldest first.
fn log(html: &str, began: Timestamp) -> Vec<Post> {
    let post = |at, html: &str| Post { at, text: to_text(html), code: None, ends: false };
    let mut blocks = html.split("<span class=\"yellowfg\">");
    let before = blocks.next().map(|before| post(Some(began), before)).filter(|post| !post.text.is_empty());
    let timed = blocks.filter_map(|block| {
        let (time, text) = block.split_once("</span>")?;
        Some(post(time_of_block(time, began), text))
    });
    before.into_iter().chain(timed).collect()
}

/// ` 1:14 AM PDT` of the day the event began, `Jun 25, 1:14 AM PDT` of a later one.
fn time_of_block(text: &str, began: Timestamp) -> Option<Timestamp> {
    let words: Vec<&str> = text.split([' ', ',', '\u{a0}']).filter(|word| !word.is_empty()).collect();
    let (day, clock, half, zone) = match words.as_slice() {
        [clock, half, zone] => (None, clock, half, zone),
        [name, day, clock, half, zone] => (Some((month(name)?, day.parse().ok()?)), clock, half, zone),
        _ => return None,
    };
    let hours = match *zone {
        "PDT" => -7,
        "PST" => -8,
        _ => return None,
    };
    let offset = Offset::from_hours(hours).ok()?;
    let (hour, minute) = clock.split_once(':')?;
    let hour = hour.parse::<i8>().ok().filter(|hour| (1..=12).contains(hour))? % 12;
    let afternoon = if half.eq_ignore_ascii_case("PM") { 12 } else { 0 };
    let time = Time::new(hour + afternoon, minute.parse().ok()?, 0, 0).ok()?;
    let first = offset.to_datetime(began).date();
    let date = match day {
        None => first,
        Some((month, day)) => {
            let this_year = Date::new(first.year(), month, day).ok();
            let next_year = Date::new(first.year() + 1, month, day).ok();
            this_year.filter(|date| *date >= first).or(next_year)?
        }
    };
    offset.to_timestamp(date.to_datetime(time)).ok()
}
