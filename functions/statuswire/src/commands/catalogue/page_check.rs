//! Reads one page of the catalogue as the poller reads a page for the first time.
use std::time::Duration;

use ::catalogue::Row;
use formats::{ReadError, is_page_of, site_of};
use jiff::Timestamp;
use outbound::{FetchError, Initiator, Outbound};
use poller::{
    identity_of,
    read::{FullRead, ReadFailure, detect},
};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::commands::probe::is_unreachable;

/// The time limit of a page, in time limits of one response.
const PAGE_TIMEOUT_FACTOR: u32 = 4;
const MAX_REASON_CHARS: usize = 400;

/// The result of reading one page, as stored in `state.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "seen", rename_all = "snake_case")]
pub(super) enum PageResult {
    Page {
        format: String,
        name: Option<String>,
        components: usize,
        open_incidents: usize,
        #[serde(rename = "elsewhere")]
        relocation: Option<Relocation>,
    },
    NoStatusPage {
        reason: String,
    },
    /// Says nothing about the page: it may be down, or refuse us.
    Unreachable {
        reason: String,
    },
}

/// The status page is not at its listed URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Relocation {
    pub(super) url: String,
    /// The listed URL redirects here permanently, and the page was read here.
    #[serde(rename = "for_good")]
    pub(super) is_permanent: bool,
    /// The page there is the provider's by its name or its domain (truth rule 11). Without this a stored result is of
    /// an older release, which did not ask: then the page is read again.
    pub(super) is_providers: bool,
    #[serde(rename = "why")]
    pub(super) reason: String,
}

pub(super) struct CheckedPage {
    pub(super) result: PageResult,
    /// The read failed as every read does on a machine without internet.
    pub(super) offline_sign: bool,
}

/// `timeout` limits each response.
pub(super) async fn check_page(outbound: &Outbound, row: Row<'_>, timeout: Duration) -> CheckedPage {
    let page = match row.url.parse::<Url>() {
        Ok(page) => page,
        // The check of the CSV file refuses such rows, so this is only a second line of defence.
        Err(error) => {
            let result = PageResult::NoStatusPage { reason: format!("the listed URL is invalid: {error}") };
            return CheckedPage { result, offline_sign: false };
        }
    };
    let hint = formats::of_platform(row.platform).map(|format| format.name);
    let read = tokio::time::timeout(timeout * PAGE_TIMEOUT_FACTOR, read_page(outbound, row, &page, hint)).await;
    match read.unwrap_or(Err(ReadFailure::TooSlow)) {
        Ok(result) => CheckedPage { result, offline_sign: false },
        Err(failed) => {
            let offline_sign = matches!(&failed, ReadFailure::Fetch(error) if error.is_offline_sign());
            CheckedPage { result: PageResult::of_failure(&failed), offline_sign }
        }
    }
}

async fn read_page(
    outbound: &Outbound,
    row: Row<'_>,
    page: &Url,
    hint: Option<&str>,
) -> Result<PageResult, ReadFailure> {
    let read = detect(outbound, None, page, Initiator::Us, hint, Timestamp::now()).await?;
    let is_providers = is_providers(row, &read);
    let relocation = match (&read.moved_to, &read.resolved) {
        (Some(to), _) => Some(confirm_move(outbound, row, to, &read).await),
        (None, Some((to, by))) => Some(Relocation::temporary(to, is_providers, by.to_string())),
        // Each address of the page redirects, for now.
        (None, None) if site_of(&read.landed) != site_of(page) && !is_providers => {
            Some(Relocation::temporary(&read.landed, false, "it redirects there".to_owned()))
        }
        (None, None) => None,
    };
    let FullRead { format, parsed, .. } = read;
    let snapshot = parsed.snapshot;
    Ok(PageResult::Page {
        format: format.to_owned(),
        name: snapshot.page.name,
        components: snapshot.components.len(),
        open_incidents: snapshot.incidents.iter().filter(|incident| !incident.is_over()).count(),
        relocation,
    })
}

/// A permanent redirect counts only if the page can be read at its target.
async fn confirm_move(outbound: &Outbound, row: Row<'_>, to: &Url, read: &FullRead) -> Relocation {
    let target = detect(outbound, None, to, read.resolved_for, Some(read.format), Timestamp::now()).await;
    let is_permanent = matches!(&target, Ok(whole) if whole.resolved.is_none() && whole.moved_to.is_none());
    let reason = if is_permanent { "permanent redirect" } else { "permanent redirect, but no status page there" };
    let is_providers = is_providers(row, target.as_ref().unwrap_or(read));
    Relocation { url: catalogue_url(to), is_permanent, is_providers, reason: reason.to_owned() }
}

/// Whether the page that was read is the provider's, wherever it was.
fn is_providers(row: Row<'_>, read: &FullRead) -> bool {
    is_page_of(&row, &identity_of(&row.provider(), read))
}

impl Relocation {
    fn temporary(to: &Url, is_providers: bool, reason: String) -> Self {
        Self { url: catalogue_url(to), is_permanent: false, is_providers, reason }
    }
}

/// As the catalogue spells URLs: without a trailing slash.
fn catalogue_url(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

impl PageResult {
    fn of_failure(failed: &ReadFailure) -> Self {
        match failed {
            ReadFailure::NoFormat(reasons)
                if let Some((_, error)) = reasons.iter().find(|(_, error)| is_refusal(error)) =>
            {
                Self::Unreachable { reason: shorten(&error.to_string()) }
            }
            ReadFailure::TooSlow => Self::Unreachable { reason: failed.to_string() },
            ReadFailure::Fetch(FetchError::Refused(refused)) => {
                Self::Unreachable { reason: shorten(&format!("{refused}; allow it with --allow CIDR")) }
            }
            failed if is_unreachable(failed) => Self::Unreachable { reason: shorten(&failed.to_string()) },
            failed => Self::NoStatusPage { reason: shorten(&failed.to_string()) },
        }
    }
}

/// Whether the server refused to show the page, or failed to.
fn is_refusal(error: &ReadError) -> bool {
    matches!(error, ReadError::Status { status, .. } if matches!(status, 401 | 403 | 429) || *status >= 500)
}

fn shorten(reason: &str) -> String {
    let mut short: String = reason.chars().take(MAX_REASON_CHARS).collect();
    if short.len() < reason.len() {
        short.push('…');
    }
    short
}
