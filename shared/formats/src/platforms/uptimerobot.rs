//! UptimeRobot's public pages, `stats.uptimerobot.com/<key>` or a host of one's own, whose script names the address
//! `/api/getMonitorList/<key>` that the page's data comes from.
//!
//! Rests on client code only, some of which was checked against live pages. There the list is `data` in some and
//! `psp.monitors` in others, and not all know of pages of the list, so each is read as it comes.
//!
//! The monitors are up or down and have no incidents. What the page's author posts besides is not read: it is known
//! from one client only, and much of it repeats in words what the monitors say.
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, btree_map::Entry};

use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::ComponentId,
    snapshot::{Component, Coverage, Listing, Page, Snapshot},
    words::ComponentStatus,
};
use url::Url;

use crate::{
    contract::{Answer, Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    read::{
        lenient_list::elements,
        problems::{Problems, quoted},
    },
    text::values::{Text, Word},
};

pub(crate) const FORMAT: Format = Format {
    name: "uptimerobot",
    fingerprint: Fingerprint {
        hosts: &["stats.uptimerobot.com", "status.uptimerobot.com"],
        markers: &["pspapipath", "/api/getmonitorlist/"],
        blind_probes: 0,
    },
    read,
};

/// So many pages of the list are read, so that a first read stays within what finding a format may cost.
const MAX_PAGES: u64 = 5;

/// Where the list is, and of how many pages it was when it was read last.
struct Source {
    key: String,
    pages: u64,
}

impl Source {
    fn parse(source: &str) -> Option<Self> {
        let (key, pages) = source.strip_prefix("key ")?.split_once(" pages ")?;
        let pages = pages.parse().ok().filter(|pages| (1..=MAX_PAGES).contains(pages))?;
        Some(Self { key: checked_key(key)?, pages })
    }

    /// Of `stats.uptimerobot.com/<key>`, perhaps with the number of a monitor behind it.
    fn of_address(page: &Url) -> Option<Self> {
        let key = page.path_segments().filter(|_| page.host_str() == Some("stats.uptimerobot.com"))?.next()?;
        Some(Self { key: checked_key(key)?, pages: 1 })
    }

    fn named_by(answer: &Answer) -> Result<Self, ReadError> {
        let mut named = answer.text()?.split("/api/getMonitorList/").skip(1);
        let key = named.find_map(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric())?;
            checked_key(&rest[..end])
        });
        let none = || ReadError::NotThisFormat("the page names no list of monitors of UptimeRobot".into());
        Ok(Self { key: key.ok_or_else(none)?, pages: 1 })
    }

    fn page(&self, page: &Url, number: u64) -> Url {
        let mut url = page.clone();
        url.set_path(&format!("/api/getMonitorList/{}", self.key));
        url.set_query(Some(&format!("page={number}")));
        url.set_fragment(None);
        url
    }
}

fn checked_key(key: &str) -> Option<String> {
    let is_key = (6..=32).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_alphanumeric());
    is_key.then(|| key.to_owned())
}

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let known = context.source.and_then(Source::parse).or_else(|| Source::of_address(context.page));
    let source = match known {
        Some(known) => known,
        None => Source::named_by(answers.require(context.page)?)?,
    };
    let urls_of = |pages: u64| (1..=pages).map(|number| source.page(context.page, number)).collect::<Vec<_>>();
    answers.require_all(&urls_of(source.pages))?;
    let mut problems = Problems::default();
    let mut incident_set = Monitors::default();
    let mut pages = 1;
    for number in 1.. {
        if number > pages {
            break;
        }
        let Some(answer) = answers.get(&source.page(context.page, number)) else {
            break;
        };
        match incident_set.add(answer, &mut problems) {
            Ok(total) if number == 1 => {
                pages = total.min(MAX_PAGES);
                if total > MAX_PAGES {
                    incident_set.is_cut = true;
                    problems.add(format!("only the first {MAX_PAGES} pages of the list of monitors were read"));
                }
                answers.require_all(&urls_of(pages))?;
            }
            Ok(_) => {}
            Err(error) if number == 1 => return Err(error.into()),
            Err(error) => {
                incident_set.is_cut = true;
                problems.add(format!("page {number} of the list of monitors could not be read: {error}"));
            }
        }
    }
    let components = if incident_set.is_cut { Listing::Partial } else { Listing::Complete };
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page { id: None, name: None, url: Some(context.page.to_string()) },
            components: incident_set.components.into_values().collect(),
            incidents: Vec::new(),
            // There are none in what is read, so that one is missing says nothing.
            coverage: Coverage { components, incidents: Listing::Partial },
        },
        source: format!("key {} pages {pages}", source.key).into(),
        unlisted: Vec::new(),
        problems: problems.into_vec(),
    })
}

#[derive(Deserialize)]
struct List<'a> {
    #[serde(borrow, alias = "stat")]
    status: Text<'a>,
    #[serde(borrow)]
    data: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    psp: Option<Psp<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Psp<'a> {
    #[serde(borrow)]
    monitors: Option<Vec<&'a RawValue>>,
    per_page: Option<Word>,
    total_monitors: Option<Word>,
}

impl Psp<'_> {
    fn pages(&self) -> Option<u64> {
        let number = |word: &Option<Word>| word.as_ref()?.as_str().parse::<u64>().ok();
        let per_page = number(&self.per_page).filter(|per_page| *per_page > 0)?;
        Some(number(&self.total_monitors)?.div_ceil(per_page).max(1))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Monitor<'a> {
    monitor_id: Word,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    status_class: Option<Text<'a>>,
    group_id: Option<Word>,
    #[serde(borrow)]
    group_name: Option<Text<'a>>,
}

#[derive(Default)]
struct Monitors {
    components: BTreeMap<ComponentId, Component>,
    /// There are more than these.
    is_cut: bool,
}

impl Monitors {
    /// Adds a page of the list and says of how many there are.
    fn add(&mut self, answer: &Answer, problems: &mut Problems) -> Result<u64, ReadError> {
        let list: List<'_> = answer.json()?;
        let path = answer.url.path();
        if &*list.status.0 != "ok" {
            return Err(ReadError::NotThisFormat(format!("{path} does not say that it is ok")));
        }
        let pages = list.psp.as_ref().and_then(Psp::pages).unwrap_or(1);
        let monitors = list.data.or(list.psp.and_then(|psp| psp.monitors));
        let Some(monitors) = monitors.filter(|monitors| !monitors.is_empty()) else {
            return Err(ReadError::NotThisFormat(format!("{path} lists no monitor")));
        };
        let (read, whole) = elements::<Monitor<'_>>(&monitors, "a monitor", problems);
        self.is_cut |= !whole;
        for monitor in read {
            let status = state(&monitor, problems);
            // 0 is that of monitors that are in none.
            let in_group = monitor.group_id.as_ref().is_some_and(|id| id.as_str() != "0");
            let id = ComponentId::new(monitor.monitor_id.as_str());
            match self.components.entry(id.clone()) {
                Entry::Vacant(free) => {
                    let group = monitor.group_name.filter(|_| in_group).map(|name| name.0.into_owned());
                    free.insert(Component { id, name: monitor.name.0.into_owned(), group, status });
                }
                Entry::Occupied(_) => {
                    problems.add(format!("monitor {} is listed more than once", quoted(monitor.monitor_id.as_str())));
                }
            }
        }
        Ok(pages)
    }
}

fn state(monitor: &Monitor<'_>, problems: &mut Problems) -> ComponentStatus {
    match monitor.status_class.as_ref().map_or("", |class| &*class.0) {
        "success" => ComponentStatus::Operational,
        "warning" => ComponentStatus::DegradedPerformance,
        "danger" => ComponentStatus::MajorOutage,
        // The monitor is paused, for maintenance or for good.
        "paused" | "info" | "black" => ComponentStatus::Unknown,
        word => {
            let id = quoted(monitor.monitor_id.as_str());
            problems.add(format!("monitor {id}: unknown state {}", quoted(word)));
            ComponentStatus::Unknown
        }
    }
}
