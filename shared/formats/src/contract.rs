//! The contract of a format, and what it is given and returns. Plain data: no IO, no clock.
use std::borrow::Cow;

use bytes::Bytes;
use jiff::Timestamp;
use status::{
    ids::IncidentId,
    snapshot::{Incident, Kind, Snapshot},
};
use url::Url;

use crate::request::Request;

/// One machine form of status pages.
pub struct Format {
    /// What the catalogue and the configuration call it.
    pub name: &'static str,
    /// By what detection takes a page for a candidate.
    pub fingerprint: Fingerprint,
    /// Called again with every new answer until it returns a page or [`Stop::Unusable`]. The first requests identify
    /// the page: while their bytes are unchanged since the last poll, parsing is skipped. With a known source they are
    /// as few as tell of every change, mostly one; without a source ([`ReadContext::source`]) it is exactly one.
    pub read: fn(&ReadContext<'_>, &Answers) -> Result<ParsedPage, Stop>,
}

/// What makes a page look like one of a format. A candidate still has to be read: no sign is proof.
#[derive(Clone, Copy, Debug)]
pub struct Fingerprint {
    /// `example.com` is this host and every host below it; `example.com/status` in addition the start of the path.
    pub hosts: &'static [&'static str],
    /// Lower-case words of which the page's HTML has one, be it in an address that it links to; or, with a colon at the
    /// end, names of headers it answers with (`x-statuspage-version:`).
    pub markers: &'static [&'static str],
    /// How many of its sources detection requests where nothing points to the format, since its pages may show no sign
    /// of it; mostly 0. Each costs every other page a request.
    pub blind_probes: usize,
}

/// The page to be read and what is known of it.
pub struct ReadContext<'a> {
    /// Root of the status page; its path, if any, is kept in front of every API path.
    pub page: &'a Url,
    /// Which of the format's sources served the last good read (`ParsedPage::source`); `None`: never read, find out.
    pub source: Option<&'a str>,
    /// Incidents and maintenances known to be open. One that the page lists no longer is looked up. The id alone
    /// identifies it; the kind, as it was last seen, tells some platforms which address to ask.
    pub open: &'a [(Kind, IncidentId)],
    pub now: Timestamp,
}

impl ReadContext<'_> {
    /// Whether this incident is known to be open.
    pub(crate) fn is_open(&self, id: &IncidentId) -> bool {
        self.open.iter().any(|(_, open)| open == id)
    }
}

/// Reads what the pages of a format keep of their past beyond what a read of the page takes. It is asked for once,
/// after the first read.
pub struct History {
    /// The format whose pages it reads.
    pub format: &'static str,
    /// What it asks for at most, one document after the other.
    pub max_requests: usize,
    /// Called again with every new answer until it returns what there is, as [`Format::read`] is.
    pub read: fn(&HistoryContext<'_>, &Answers) -> Result<ParsedHistory, Stop>,
}

/// The page whose history is read, and what is known of it.
pub struct HistoryContext<'a> {
    /// Root of the status page, as in [`ReadContext::page`].
    pub page: &'a Url,
    /// Which of the format's sources served the last good read.
    pub source: &'a str,
    /// What the page listed so far.
    pub known: &'a [KnownIncident],
    /// What ended before this is of no use.
    pub since: Timestamp,
    pub now: Timestamp,
}

/// An incident or maintenance that needs no import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownIncident {
    pub id: IncidentId,
    pub kind: Kind,
    pub began_at: Timestamp,
}

/// A part of a page's past.
#[derive(Debug, Default)]
pub struct ParsedHistory {
    /// May repeat what is known, and may hold what is not over: whoever imports it leaves both out.
    pub incidents: Vec<Incident>,
    /// As [`ParsedPage::problems`].
    pub problems: Vec<String>,
}

/// Why a read is not done.
#[derive(Debug)]
pub enum Stop {
    /// It needs the answers to these, besides those it has. Never empty, and never one that is answered already. A
    /// `POST` counts as any other, and is for the page's own origin only.
    Need(Vec<Request>),
    /// There is no data: nothing may be concluded from these answers (truth rule 1).
    Unusable(ReadError),
}

impl Stop {
    /// The end of the read, if it asks for what must not be sent for this page.
    #[must_use]
    pub fn checked(self, page: &Url) -> Self {
        let Self::Need(requests) = &self else { return self };
        match requests.iter().find(|request| !request.may_be_sent_for(page)) {
            None => self,
            Some(request) => {
                let to = request.url.origin().ascii_serialization();
                Self::Unusable(ReadError::Malformed(format!("it leads to a POST to {to}, which is not sent")))
            }
        }
    }
}

impl From<ReadError> for Stop {
    fn from(error: ReadError) -> Self {
        Self::Unusable(error)
    }
}

/// A successful read.
#[derive(Debug)]
pub struct ParsedPage {
    pub snapshot: Snapshot,
    /// The format's own name of the source it used, with what it needs to ask it again (`id 533c6539221ae15e`), to be
    /// handed back in [`ReadContext::source`]. It is kept, so what it holds of the provider's is checked and short.
    pub source: Cow<'static, str>,
    /// Those of [`ReadContext::open`] that are not on the page itself any more. A look-up that still has them open may
    /// be older than the page, so the page is read in full again, however unchanged it is.
    pub unlisted: Vec<IncidentId>,
    /// Damaged parts that were left out or repaired, for people. Names the thing; at most 20.
    pub problems: Vec<String>,
}

/// Why answers are of no use. `Display` is shown to people as source health.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The shape is another format's or no status page's; says what was expected and what came.
    #[error("{0}")]
    NotThisFormat(String),
    /// The page answered with a status that is neither success nor "not there".
    #[error("{url} answered with status {status}")]
    Status { url: Url, status: u16 },
    /// The right format, damaged beyond use.
    #[error("damaged: {0}")]
    Malformed(String),
    /// The page only leads to others, of which somebody has to choose.
    #[error("{path} is a parent page: its incidents are on its sub-pages{}", list(.sub_pages))]
    ParentPage { path: String, sub_pages: Vec<SubPage> },
}

/// A page below a parent page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubPage {
    /// As the parent page calls it, on one line.
    pub name: String,
    pub url: Url,
}

/// The first sub-pages in words; empty without any.
fn list(sub_pages: &[SubPage]) -> String {
    const MAX_NAMED: usize = 8;
    let named = sub_pages.iter().take(MAX_NAMED).map(|sub_page| format!("{} ({})", sub_page.name, sub_page.url));
    let more = sub_pages.len().saturating_sub(MAX_NAMED);
    let more = (more > 0).then(|| format!("{more} more"));
    let all: Vec<String> = named.chain(more).collect();
    if all.is_empty() { String::new() } else { format!(": {}", all.join(", ")) }
}

/// One HTTP answer, body inflated.
#[derive(Clone, Debug)]
pub struct Answer {
    /// As requested.
    pub url: Url,
    /// As requested, by `POST`; `None`: it was a `GET`.
    pub posted: Option<String>,
    /// Where redirects led; equal to `url` without one.
    pub final_url: Url,
    /// 0: no answer came, or none that could be inflated.
    pub status: u16,
    pub content_type: Option<String>,
    /// Names of the headers that platforms are known by (`x-…`, lower-case).
    pub headers: Vec<String>,
    pub body: Bytes,
}

impl Answer {
    /// Stands for an answer that did not come, so that a format can do without it.
    pub fn none(request: impl Into<Request>) -> Self {
        let Request { url, posted } = request.into();
        let (final_url, body) = (url.clone(), Bytes::new());
        Self { url, posted, final_url, status: 0, content_type: None, headers: Vec::new(), body }
    }
}

/// The answers so far.
#[derive(Clone, Debug, Default)]
pub struct Answers(pub Vec<Answer>);

impl Answers {
    /// The answer to a `GET` of this URL.
    pub fn get(&self, url: &Url) -> Option<&Answer> {
        self.0.iter().find(|answer| answer.url == *url && answer.posted.is_none())
    }

    /// The answer to this very request.
    pub fn to(&self, request: &Request) -> Option<&Answer> {
        self.0.iter().find(|answer| answer.url == request.url && answer.posted == request.posted)
    }

    /// The answer to a `GET` of this URL, or the request for it.
    pub fn require(&self, url: &Url) -> Result<&Answer, Stop> {
        self.get(url).ok_or_else(|| Stop::Need(vec![url.clone().into()]))
    }

    /// The answer to this request, or the request itself.
    pub(crate) fn require_request(&self, request: &Request) -> Result<&Answer, Stop> {
        self.to(request).ok_or_else(|| Stop::Need(vec![request.clone()]))
    }

    /// One request for all of these URLs that are not answered yet, if there are any.
    pub fn require_all(&self, urls: &[Url]) -> Result<(), Stop> {
        let missing = urls.iter().filter(|url| self.get(url).is_none());
        let missing: Vec<Request> = missing.map(|url| url.clone().into()).collect();
        if missing.is_empty() { Ok(()) } else { Err(Stop::Need(missing)) }
    }
}
