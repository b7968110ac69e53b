//! Each row of the catalogue in the pretend internet: what its page is at the beginning, what becomes of it, and what
//! the overlay and `catalogue check` must say of it then.
use std::collections::{BTreeMap, HashMap, HashSet};

use catalogue::Entry;
use status::{catalogue_overlay::OverlayRow, ids::digest};
use tests::pretend_internet::{PretendInternet, Site};

/// What becomes of so many of a thousand pages.
const FATES: [(usize, Fate); 8] = [
    (13, Fate::ToCState),
    (12, Fate::ToIncidentIo),
    (57, Fate::Dies),
    (15, Fate::Moves),
    (10, Fate::LeadsToAnother),
    (10, Fate::ForbidsUs),
    (10, Fate::InTrouble),
    (873, Fate::Stays),
];

pub(super) const BIGCORP: &str = "https://status.bigcorp.example";

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fate {
    Stays,
    ToCState,
    ToIncidentIo,
    Dies,
    Moves,
    LeadsToAnother,
    /// 403, which proves nothing.
    ForbidsUs,
    /// 503, which proves nothing.
    InTrouble,
    /// A provider without a status page puts one up.
    GainsPage,
}

impl Fate {
    pub(super) const ALL: [Self; 9] = [
        Self::Stays,
        Self::ToCState,
        Self::ToIncidentIo,
        Self::Dies,
        Self::Moves,
        Self::LeadsToAnother,
        Self::ForbidsUs,
        Self::InTrouble,
        Self::GainsPage,
    ];
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum When {
    AtFirst,
    AfterAWeek,
    AfterAMonth,
}

pub(super) struct Row {
    pub(super) entry: &'static Entry,
    pub(super) fate: Fate,
    /// No other row has its host, and it is at its root.
    pub(super) is_alone: bool,
    /// Among those that something may become of.
    rank: usize,
    /// At the beginning; `None`: it is a shop.
    platform: Option<&'static str>,
}

/// What the overlay says of a row: platform, new address, where it leads without being that, and whether it is dead.
pub(super) type Said = (Option<String>, Option<String>, Option<String>, bool);

pub(super) fn said(row: &OverlayRow) -> Said {
    (row.platform.clone(), row.url.clone(), row.leads_to.clone(), row.dead_since.is_some())
}

/// Rows whose page is not alone at its host. They are shops that stay: a dead or moved host takes all of its pages, and
/// one may lead to another.
fn sharing_a_host() -> HashSet<&'static str> {
    let mut of_host: HashMap<&str, Vec<&Entry>> = HashMap::new();
    for entry in catalogue::entries() {
        of_host.entry(host_of(entry)).or_default().push(entry);
    }
    let shared = of_host.into_values().filter(|rows| rows.len() > 1 || rows[0].url.matches('/').count() > 2);
    shared.flatten().map(|entry| entry.slug).collect()
}

fn host_of(entry: &Entry) -> &'static str {
    entry.url["https://".len()..].split('/').next().unwrap_or_default()
}

impl Row {
    /// Of these entries; the fates are spread over them, the same in every run, and there is one of each at least.
    pub(super) fn of(entries: impl Iterator<Item = &'static Entry>) -> Vec<Self> {
        let sharing = sharing_a_host();
        let new = |(number, entry): (usize, &'static Entry)| Self::new(number, entry, !sharing.contains(entry.slug));
        let mut rows: Vec<Self> = entries.enumerate().map(new).collect();
        let movable: Vec<&mut Self> =
            rows.iter_mut().filter(|row| row.is_alone && row.platform == Some("statuspage")).collect();
        let of = movable.len();
        for (rank, row) in movable.into_iter().enumerate() {
            (row.rank, row.fate) = (rank, fate_of(rank * 607 % of * 1000 / of));
        }
        rows
    }

    /// At the beginning each page that names a platform is on Statuspage, and each third of the others; but some that
    /// are listed so are on incident.io.
    fn new(number: usize, entry: &'static Entry, is_alone: bool) -> Self {
        let has_page = is_alone && (!entry.platform.is_empty() || number.is_multiple_of(3));
        let is_listed_wrong = entry.platform == "statuspage" && number % 40 == 7;
        let platform = has_page.then_some(if is_listed_wrong { "incidentio" } else { "statuspage" });
        let gains_page = is_alone && platform.is_none() && number.is_multiple_of(5);
        Self { entry, fate: if gains_page { Fate::GainsPage } else { Fate::Stays }, is_alone, rank: 0, platform }
    }

    pub(super) fn host(&self) -> &'static str {
        host_of(self.entry)
    }

    /// It names no platform, has no page, and its host is its own.
    pub(super) fn is_shop(&self) -> bool {
        self.platform.is_none() && self.is_alone
    }

    fn site_on(&self, platform: &str) -> Site {
        let name = self.entry.name.to_owned();
        match platform {
            "cstate" => Site::CState { name },
            "incidentio" => {
                let id = format!("01{}", &digest(&[self.entry.slug]).to_uppercase()[..24]);
                Site::IncidentIo { id, name }
            }
            _ => Site::Statuspage { id: format!("id-{}", self.entry.slug), name },
        }
    }

    pub(super) fn begin(&self, internet: &PretendInternet) {
        internet.set(self.entry.url, self.platform.map_or(Site::Shop, |platform| self.site_on(platform)));
    }

    pub(super) fn change(&self, internet: &PretendInternet) {
        let there = || self.new_address()["https://".len()..].to_owned();
        let site = match self.fate {
            Fate::Stays => return,
            Fate::ToCState => self.site_on("cstate"),
            Fate::ToIncidentIo => self.site_on("incidentio"),
            Fate::Dies => self.death(),
            Fate::Moves => {
                internet.set(&self.new_address(), self.site_on("statuspage"));
                Site::MovedTo(there())
            }
            Fate::LeadsToAnother => Site::MovedTo(BIGCORP["https://".len()..].to_owned()),
            Fate::ForbidsUs => Site::Answers(403),
            Fate::InTrouble => Site::Answers(503),
            Fate::GainsPage => self.site_on("statuspage"),
        };
        internet.set(self.entry.url, site);
    }

    /// In one of four ways.
    fn death(&self) -> Site {
        [Site::Dead, Site::Refuses, Site::Answers(404), Site::Answers(410)][self.rank % 4].clone()
    }

    pub(super) fn new_address(&self) -> String {
        format!("https://status.{}.example", self.entry.slug)
    }

    /// The platform that the page was read on by then.
    fn platform_then(&self, when: When) -> Option<&'static str> {
        match self.fate {
            _ if when == When::AtFirst => self.platform,
            Fate::ToCState => Some("cstate"),
            Fate::ToIncidentIo => Some("incidentio"),
            Fate::GainsPage => Some("statuspage"),
            _ => self.platform,
        }
    }

    /// As the catalogue should call it, if that is not what it says.
    fn found_platform(&self, when: When) -> Option<&'static str> {
        formats::found_platform(self.entry.platform, self.platform_then(when)?)
    }

    /// What the overlay must say; `None`: nothing.
    pub(super) fn expected(&self, when: When) -> Option<Said> {
        let has = |fate: Fate, from: When| self.fate == fate && when >= from;
        let platform = self.found_platform(when).map(str::to_owned);
        let url = has(Fate::Moves, When::AfterAWeek).then(|| self.new_address());
        let leads_to = has(Fate::LeadsToAnother, When::AfterAWeek).then(|| BIGCORP.to_owned());
        let said = (platform, url, leads_to, has(Fate::Dies, When::AfterAMonth));
        (said != (None, None, None, false)).then_some(said)
    }

    /// What `catalogue check` must say of the row after the changes, and the address and platform that it corrects.
    pub(super) fn checked(&self) -> (&'static str, Option<(String, &'static str)>) {
        let platform = self.found_platform(When::AfterAWeek).unwrap_or(self.entry.platform);
        let read = |outcome| (outcome, Some((self.entry.url.to_owned(), platform)));
        match self.fate {
            Fate::Moves => ("moved", Some((self.new_address(), platform))),
            Fate::LeadsToAnother => ("leads to somebody else", None),
            Fate::ForbidsUs | Fate::InTrouble => ("unreachable", None),
            Fate::Dies if matches!(self.death(), Site::Answers(_)) => ("not a status page", None),
            Fate::Dies => ("unreachable", None),
            Fate::Stays if self.platform.is_none() => ("not a status page", None),
            _ if self.found_platform(When::AfterAWeek).is_none() => read("as listed"),
            _ if self.entry.platform.is_empty() => read("format found"),
            _ => read("another format"),
        }
    }
}

fn fate_of(place: usize) -> Fate {
    let mut rest = place;
    for (share, fate) in FATES {
        if rest < share {
            return fate;
        }
        rest -= share;
    }
    Fate::Stays
}

pub(super) fn expected(rows: &[Row], when: When) -> BTreeMap<String, Said> {
    rows.iter().filter_map(|row| Some((row.entry.slug.to_owned(), row.expected(when)?))).collect()
}
