//! Faults of a whole platform (truth rule 10): most of its pages cannot be read, which is one fact about the platform
//! or about us, and not hundreds about providers. Wanted properties:
//! - rounds read different pages, so the newest read of each page counts, not one round alone;
//! - a page that was dead before says nothing of its platform, and neither does one that was not read since;
//! - the fault is told once, when it has lasted ten minutes, and its end once.
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    alert::{Alert, ConcernedProvider, IncidentFacts},
    ids::{IncidentId, ProviderId},
    provider::Provider,
    words::Event,
};

/// A platform with fewer pages than this is not judged as a whole.
const MIN_PAGES: usize = 5;
/// How long most pages must fail until it is told; and how long no majority must fail until it is over.
const LASTING: Duration = Duration::from_secs(600);
/// Reads of one round count as made at one time.
const ROUND: Duration = Duration::from_secs(60);
/// One in so many failing pages is what a platform that works has.
const FEW: usize = 4;

/// The newest read of a page, as a sign of its platform's state. Pages that were unreadable before give none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    Good {
        read_at: Timestamp,
    },
    /// `confirmed`: read by this process, not only known from the store.
    Failing {
        since: Timestamp,
        confirmed: bool,
    },
}

/// A fault that was told, and whether it is over. Stored, so that it is told once by all pollers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlatformFault {
    /// Name of the format.
    pub platform: String,
    /// What people call it.
    pub name: String,
    /// Counts the writes. A writer must have read the version before the one it writes.
    pub version: u64,
    /// When most pages began to fail. Our clock.
    pub since: Timestamp,
    /// Pages that failed when it was told, whether anybody watches them or not.
    pub pages: usize,
    /// Why most of them failed, if the reasons are the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Since when no majority fails any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calm_since: Option<Timestamp>,
    /// `None`: it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// The watched providers among them, which were told of.
    #[serde(default)]
    pub concerned: Vec<ConcernedProvider>,
}

/// What the signs of one platform mean, given what is known of its fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Each page that fails does so by itself.
    Well,
    /// Most pages fail, not long enough to be told.
    Suspected,
    /// Most pages fail since then, and it is to be told.
    Begins { since: Timestamp },
    /// The known fault goes on.
    Lasts,
    /// The known fault, with another field than before to be stored.
    Changed(PlatformFault),
    /// The known fault is over, which is to be told.
    Ends(PlatformFault),
}

/// Judges a platform. `known`: its newest fault, over or not.
pub fn standing(known: Option<&PlatformFault>, signs: &[Sign], now: Timestamp) -> Standing {
    match known.filter(|fault| fault.ended_at.is_none()) {
        Some(fault) => of_known(fault, signs, now),
        None => {
            // What belongs to a fault that is over does not begin the next one.
            let not_before = known.and_then(|fault| fault.ended_at);
            let confirmed = majority_since(signs.iter().filter(|sign| sign.is_confirmed()), not_before);
            match (confirmed, majority_since(signs.iter(), not_before)) {
                (Some(since), _) if lasts(since, now) => Standing::Begins { since },
                (None, None) => Standing::Well,
                _ => Standing::Suspected,
            }
        }
    }
}

fn of_known(fault: &PlatformFault, signs: &[Sign], now: Timestamp) -> Standing {
    let failing = signs.iter().filter(|sign| matches!(sign, Sign::Failing { .. })).count();
    let good = signs.iter().filter(|sign| matches!(sign, Sign::Good { read_at } if *read_at > fault.since)).count();
    if failing + good == 0 {
        return Standing::Lasts;
    }
    let next = |fault: PlatformFault| PlatformFault { version: fault.version + 1, ..fault };
    let is_calm = failing <= good;
    let is_over = failing * FEW <= failing + good || fault.calm_since.is_some_and(|since| lasts(since, now));
    match (is_calm, fault.calm_since) {
        (true, _) if is_over => {
            Standing::Ends(next(PlatformFault { ended_at: Some(now), calm_since: None, ..fault.clone() }))
        }
        (true, None) => Standing::Changed(next(PlatformFault { calm_since: Some(now), ..fault.clone() })),
        (false, Some(_)) => Standing::Changed(next(PlatformFault { calm_since: None, ..fault.clone() })),
        (true, Some(_)) | (false, None) => Standing::Lasts,
    }
}

/// The earliest time since when most of the reads failed: more pages began to fail then or later than were read well.
fn majority_since<'a>(
    signs: impl Iterator<Item = &'a Sign> + Clone,
    not_before: Option<Timestamp>,
) -> Option<Timestamp> {
    let mut failing: Vec<Timestamp> = signs.clone().filter_map(|sign| sign.failing_since()).collect();
    let mut good: Vec<Timestamp> = signs.filter_map(|sign| sign.read_well_at()).collect();
    failing.iter_mut().for_each(|since| *since = not_before.map_or(*since, |at| at.max(*since)));
    failing.sort_unstable();
    good.sort_unstable();
    failing.iter().enumerate().find_map(|(before, since)| {
        let bad = failing.len() - before;
        let well = good.len() - good.partition_point(|at| *at < *since - ROUND);
        (bad > well && bad + well >= MIN_PAGES).then_some(*since)
    })
}

fn lasts(since: Timestamp, now: Timestamp) -> bool {
    now.duration_since(since).unsigned_abs() >= LASTING
}

impl Sign {
    fn is_confirmed(self) -> bool {
        !matches!(self, Self::Failing { confirmed: false, .. })
    }
    fn failing_since(self) -> Option<Timestamp> {
        match self {
            Self::Failing { since, .. } => Some(since),
            Self::Good { .. } => None,
        }
    }
    fn read_well_at(self) -> Option<Timestamp> {
        match self {
            Self::Good { read_at } => Some(read_at),
            Self::Failing { .. } => None,
        }
    }
}

impl PlatformFault {
    /// A new fault of a platform, whose former one, if any, is `known`.
    pub fn begin(platform: &str, name: &str, known: Option<&Self>, since: Timestamp) -> Self {
        Self {
            platform: platform.to_owned(),
            name: name.to_owned(),
            version: known.map_or(0, |fault| fault.version) + 1,
            since,
            pages: 0,
            reason: None,
            calm_since: None,
            ended_at: None,
            concerned: Vec::new(),
        }
    }

    pub fn lasts(&self) -> bool {
        self.ended_at.is_none()
    }

    /// The incident of both of its alerts.
    pub fn incident(&self) -> IncidentId {
        IncidentId::new(format!("platform@{}@{}", self.platform, self.since.as_second()))
    }

    /// Stands for the platform where alerts have a provider. It is in no catalogue.
    pub fn provider(&self) -> ProviderId {
        ProviderId::new(format!("platform@{}", self.platform))
    }

    pub fn concerns(&self, provider: &ProviderId) -> bool {
        self.concerned.iter().any(|concerned| concerned.id == *provider)
    }

    /// The one alert that its pages cannot be read, or can be read again.
    pub fn alert(&self, event: Event, now: Timestamp) -> Alert {
        let (name, count) = (&self.name, self.concerned.len());
        let pages = if count == 1 { "1 status page".to_owned() } else { format!("{count} status pages") };
        let title = match event {
            Event::Readable => format!("{pages} on {name} reachable again"),
            _ => format!("{pages} on {name} unreachable"),
        };
        let platform =
            Provider { id: self.provider(), name: name.clone(), page_url: String::new(), format: None, interval: None };
        let incident = IncidentFacts {
            started_at: Some(self.since),
            ended_at: event.is_end().then_some(self.ended_at.unwrap_or(now)),
            ..IncidentFacts::own(self.incident(), title, self.since)
        };
        Alert {
            note: self.reason.clone(),
            concerned: self.concerned.clone(),
            ..Alert::new(&platform, event, incident, "", now)
        }
    }
}
