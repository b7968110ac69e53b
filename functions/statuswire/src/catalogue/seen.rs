//! One page of the catalogue, read as the poller would read it for the first time.
use std::time::Duration;

use ::catalogue::Row;
use formats::ReadError;
use jiff::Timestamp;
use outbound::{FetchError, Outbound};
use poller::read::{FullRead, ReadFailure, detect};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use url::Url;

use crate::probe::is_unreachable;

/// A page may take so many times what one answer may.
const ANSWERS: u32 = 4;
const LONGEST_REASON: usize = 400;

/// What a read of a page came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "seen", rename_all = "snake_case")]
pub(super) enum Seen {
    Page {
        format: String,
        name: Option<String>,
        components: usize,
        open_incidents: usize,
        elsewhere: Option<Elsewhere>,
    },
    NoStatusPage {
        reason: String,
    },
    /// Proves nothing about the page: it may be in trouble, or keep us out.
    Unreachable {
        reason: String,
    },
}

/// The page is not at its listed address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Elsewhere {
    pub(super) url: String,
    /// By its own permanent redirect, and it was read there too.
    pub(super) for_good: bool,
    pub(super) why: String,
}

pub(super) struct Looked {
    pub(super) seen: Seen,
    /// As a machine without internet sees every page.
    pub(super) offline_sign: bool,
}

pub(super) async fn look(outbound: &Outbound, row: Row<'_>, limit: Duration) -> Looked {
    let result = match row.url.parse::<Url>() {
        Ok(page) => timeout(
            limit * ANSWERS,
            find(outbound, &page, formats::of_platform(row.platform).map(|format| format.name)),
        )
        .await
        .unwrap_or(Err(ReadFailure::TooSlow)),
        // Checked before; said as what it is nonetheless.
        Err(error) => {
            let seen = Seen::NoStatusPage { reason: format!("its address is no URL: {error}") };
            return Looked { seen, offline_sign: false };
        }
    };
    match result {
        Ok(seen) => Looked { seen, offline_sign: false },
        Err(failed) => {
            let offline_sign = matches!(&failed, ReadFailure::Fetch(error) if error.is_offline_sign());
            Looked { seen: Seen::of(&failed), offline_sign }
        }
    }
}

async fn find(outbound: &Outbound, page: &Url, hint: Option<&str>) -> Result<Seen, ReadFailure> {
    let FullRead { format, parsed, resolved: led, moved_to, .. } = detect(outbound, page, hint, Timestamp::now()).await?;
    let elsewhere = match (moved_to, led) {
        (Some(to), _) => Some(moved(outbound, &to, format).await),
        (None, Some((to, by))) => Some(Elsewhere { url: plain(&to), for_good: false, why: by.to_string() }),
        (None, None) => None,
    };
    let snapshot = parsed.snapshot;
    Ok(Seen::Page {
        format: format.to_owned(),
        name: snapshot.page.name,
        components: snapshot.components.len(),
        open_incidents: snapshot.incidents.iter().filter(|incident| !incident.is_over()).count(),
        elsewhere,
    })
}

/// Where a page says it has moved for good is believed once it is read there.
async fn moved(outbound: &Outbound, to: &Url, format: &str) -> Elsewhere {
    let there = detect(outbound, to, Some(format), Timestamp::now()).await;
    let for_good = matches!(&there, Ok(whole) if whole.resolved.is_none() && whole.moved_to.is_none());
    let why =
        if for_good { "it redirects there for good" } else { "it redirects there for good, but is not readable there" };
    Elsewhere { url: plain(to), for_good, why: why.to_owned() }
}

/// As the catalogue spells it.
fn plain(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

impl Seen {
    fn of(failed: &ReadFailure) -> Self {
        match failed {
            ReadFailure::NoFormat(reasons) if let Some((_, error)) = reasons.iter().find(|(_, error)| keeps_out(error)) => {
                Self::Unreachable { reason: short(&error.to_string()) }
            }
            ReadFailure::TooSlow => Self::Unreachable { reason: failed.to_string() },
            ReadFailure::Fetch(FetchError::Refused(refused)) => {
                Self::Unreachable { reason: short(&format!("{refused}; for this command: --allow CIDR")) }
            }
            failed if is_unreachable(failed) => Self::Unreachable { reason: short(&failed.to_string()) },
            failed => Self::NoStatusPage { reason: short(&failed.to_string()) },
        }
    }
}

fn keeps_out(error: &ReadError) -> bool {
    matches!(error, ReadError::Status { status, .. } if matches!(status, 401 | 403 | 429) || *status >= 500)
}

fn short(reason: &str) -> String {
    let mut short: String = reason.chars().take(LONGEST_REASON).collect();
    if short.len() < reason.len() {
        short.push('…');
    }
    short
}
