//! One read of one page over HTTP: fetches what the format needs until there is a snapshot, or a reason why there is
//! none. The first requests identify the page: if their bytes are unchanged since the last read, nothing is inflated or
//! parsed.
use std::time::Duration;

use bytes::Bytes;
use formats::{
    Answer, Answers, Format, ParsedPage, ReadContext, ReadError, Stop,
    detect::ResolvedBy,
    detect::{DetectedPage, Detection},
    site_of,
};
use futures_util::future::join_all;
use jiff::Timestamp;
use outbound::{FetchError, Fetched, Initiator, Outbound, Refusal, Validators};
use status::{
    ids::{IncidentId, digest},
    snapshot::Kind,
};
use url::Url;

/// Of one read: the page itself, its history, look-ups of incidents that left it.
const MAX_REQUESTS: usize = 24;

/// What to read, and what is known of the page already.
pub struct ReadRequest<'a> {
    pub format: &'static Format,
    /// Who chose the address of the page.
    pub initiator: Initiator,
    /// The source of the last good read; `None`: the format finds one.
    pub source: Option<&'a str>,
    pub open: &'a [(Kind, IncidentId)],
    /// What an unchanged page is recognised by; `None`: it must be read in full.
    pub last: Option<LastResponse<'a>>,
}

/// The first responses of the last read.
pub struct LastResponse<'a> {
    pub validators: &'a Validators,
    /// Of the bytes as received.
    pub raw_digest: Option<&'a str>,
}

pub enum Read {
    Unchanged(FirstResponses),
    Full(FullRead),
}

/// A page read in full.
pub struct FullRead {
    pub format: &'static str,
    pub parsed: ParsedPage,
    /// The responses to the first requests of the next read; `None`: the next read cannot be compared.
    pub first: Option<FirstResponses>,
    /// Where the page has moved permanently, by its own redirects. It is still read at its old address.
    pub moved_to: Option<Url>,
    /// Where the status page was found and how, if it is not at the address given.
    pub resolved: Option<(Url, ResolvedBy)>,
    /// Who chose `resolved`: a public page, unless no public address has answered in any read of this page.
    pub resolved_for: Initiator,
    /// Where it was read: the root of the page, or where its redirects lead if that is another site.
    pub landed: Url,
}

/// The responses to the requests that a read makes first, taken together. They identify the page.
#[derive(Clone, Debug, Default)]
pub struct FirstResponses {
    /// Of a single response; several are compared by their bytes.
    pub validators: Validators,
    pub raw_digest: String,
    /// How long all of them stay fresh.
    pub max_age: Option<Duration>,
}

impl FirstResponses {
    fn of(responses: &[&Fetched]) -> Option<Self> {
        let (first, rest) = responses.split_first()?;
        let digests: Vec<String> = responses.iter().map(|fetched| hex(fetched)).collect();
        let ages: Option<Vec<Duration>> = responses.iter().map(|fetched| fetched.max_age).collect();
        Some(Self {
            validators: if rest.is_empty() { first.validators.clone() } else { Validators::default() },
            raw_digest: match digests.as_slice() {
                [only] => only.clone(),
                several => digest(&several.iter().map(String::as_str).collect::<Vec<_>>()),
            },
            max_age: ages.and_then(|ages| ages.into_iter().min()),
        })
    }
}

/// Why a read gave no data.
#[derive(Debug)]
pub enum ReadFailure {
    Fetch(FetchError),
    /// `retry_after`: how long the page asked not to be read.
    Unusable {
        error: ReadError,
        retry_after: Option<Duration>,
    },
    /// It is shown to people only.
    Refused {
        refusal: Refusal,
        retry_after: Option<Duration>,
    },
    /// No format fits: each by name, with the reason.
    NoFormat(Vec<(&'static str, ReadError)>),
    /// Each response came in time, but not all of them together.
    TooSlow,
}

impl std::fmt::Display for ReadFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Fetch(error) => write!(f, "{error}"),
            Self::Unusable { error, .. } => write!(f, "{error}"),
            Self::Refused { refusal, .. } => write!(f, "it refuses automated reading ({})", refusal.as_str()),
            Self::TooSlow => f.write_str("its responses take too long"),
            Self::NoFormat(reasons) => {
                f.write_str("no status page in a known format was found there")?;
                reasons.iter().try_for_each(|(format, error)| write!(f, "; {format}: {error}"))
            }
        }
    }
}

impl ReadFailure {
    /// Whether this machine is at fault, and not the page.
    pub fn is_ours(&self) -> bool {
        matches!(self, Self::Fetch(error) if error.is_ours())
    }
}

impl From<FetchError> for ReadFailure {
    fn from(error: FetchError) -> Self {
        Self::Fetch(error)
    }
}

/// Reads a page whose format is known.
pub async fn read(
    outbound: &Outbound,
    page: &Url,
    request: ReadRequest<'_>,
    now: Timestamp,
) -> Result<Read, ReadFailure> {
    let context = ReadContext { page, source: request.source, open: request.open, now };
    let mut responses = Responses { initiator: request.initiator, ..Responses::default() };
    loop {
        match (request.format.read)(&context, &responses.answers) {
            Ok(parsed) => {
                return Ok(Read::Full(responses.into_full_read(request.format, parsed, page, now)));
            }
            Err(Stop::Unusable(error)) => {
                let error = responses.with_redirect(error);
                return Err(responses.unusable(error));
            }
            Err(Stop::Need(urls)) => {
                let last = request.last.as_ref().filter(|_| responses.fetched.is_empty());
                match (last, urls.as_slice()) {
                    (Some(last), [url]) => {
                        let fetched = outbound.fetch_for(responses.initiator, url, Some(last.validators)).await?;
                        let not_modified = fetched.not_modified();
                        let first = FirstResponses::of(&[&fetched]).expect("there is one response");
                        if not_modified || (fetched.status == 200 && last.raw_digest == Some(&first.raw_digest)) {
                            return Ok(Read::Unchanged(first));
                        }
                        responses.keep(outbound, url, fetched)?;
                    }
                    (Some(last), several) => {
                        if let Some(first) =
                            responses.fetch_unless_unchanged(outbound, several, last.raw_digest).await?
                        {
                            return Ok(Read::Unchanged(first));
                        }
                    }
                    (None, _) => responses.fetch_all(outbound, &urls).await?,
                }
            }
        }
    }
}

/// Detects the format of a page and reads it; `hint` names the format to try first. The status page may be found from
/// an address that does not answer itself.
pub async fn detect(
    outbound: &Outbound,
    page: &Url,
    initiator: Initiator,
    hint: Option<&str>,
    now: Timestamp,
) -> Result<FullRead, ReadFailure> {
    let mut responses = Responses { initiator, first_may_fail: true, ..Responses::default() };
    loop {
        match formats::detect::detect(page, hint, now, &responses.answers) {
            Detection::Found(DetectedPage { format, parsed, page: found_at, resolved_by }) => {
                let format = formats::format(format).expect("what was found is registered");
                let permanent = responses.permanent_redirect(page).filter(|to| to.host() == found_at.host());
                let permanent =
                    permanent.filter(|_| resolved_by == Some(ResolvedBy::Redirect)).map(|_| found_at.clone());
                let resolved = resolved_by.map(|by| (found_at.clone(), by));
                let full = responses.into_full_read(format, parsed, &found_at, now);
                return Ok(FullRead { resolved, moved_to: permanent.or(full.moved_to), ..full });
            }
            Detection::Nothing { reasons } => {
                return Err(match responses.first_failure {
                    Some(failure) if responses.fetched.is_empty() => failure,
                    _ if responses.refusal.is_some() => responses.unusable(ReadError::NotThisFormat(String::new())),
                    _ => no_format(reasons),
                });
            }
            Detection::Need(urls) => responses.fetch_all(outbound, &urls).await?,
        }
    }
}

/// A parent page was recognised, so that it is one is the reason; why it is nothing else says little.
fn no_format(mut reasons: Vec<(&'static str, ReadError)>) -> ReadFailure {
    match reasons.iter().position(|(_, error)| matches!(error, ReadError::ParentPage { .. })) {
        Some(at) => ReadFailure::Unusable { error: reasons.swap_remove(at).1, retry_after: None },
        None => ReadFailure::NoFormat(reasons),
    }
}

/// The digest of a response's bytes, as it is stored.
pub(crate) fn hex(fetched: &Fetched) -> String {
    format!("{:032x}", u128::from_be_bytes(fetched.raw_digest))
}

/// All responses of one read so far. Once a public address is among them, the rest of the read is that public page's:
/// what it names is reached at public addresses over HTTPS only, whatever we may reach.
#[derive(Default)]
struct Responses {
    /// Who chooses the next address.
    initiator: Initiator,
    answers: Answers,
    /// One per response, without its body, which is kept once, inflated, in `answers`.
    fetched: Vec<(Url, Fetched)>,
    retry_after: Option<Duration>,
    /// The very first response refused to be read by a program. Others are often denied on pages that can be read.
    refusal: Option<Refusal>,
    /// The read goes on if the first requests fail.
    first_may_fail: bool,
    /// Why the very first request failed.
    first_failure: Option<ReadFailure>,
}

impl Responses {
    async fn fetch_all(&mut self, outbound: &Outbound, urls: &[Url]) -> Result<(), ReadFailure> {
        let fetched = self.fetch(outbound, urls).await?;
        self.keep_all(outbound, urls, fetched)
    }

    /// Returns the responses if together they have the bytes of the last read; otherwise keeps them.
    async fn fetch_unless_unchanged(
        &mut self,
        outbound: &Outbound,
        urls: &[Url],
        last: Option<&str>,
    ) -> Result<Option<FirstResponses>, ReadFailure> {
        let fetched = self.fetch(outbound, urls).await?;
        let good: Vec<&Fetched> = fetched.iter().flatten().filter(|fetched| fetched.status == 200).collect();
        if good.len() == urls.len()
            && let Some(first) = FirstResponses::of(&good).filter(|first| last == Some(&first.raw_digest))
        {
            return Ok(Some(first));
        }
        self.keep_all(outbound, urls, fetched)?;
        Ok(None)
    }

    async fn fetch(&self, outbound: &Outbound, urls: &[Url]) -> Result<Vec<Result<Fetched, FetchError>>, ReadFailure> {
        if self.answers.0.len() + urls.len() > MAX_REQUESTS {
            let error = ReadError::Malformed(format!("reading it takes more than {MAX_REQUESTS} requests"));
            return Err(ReadFailure::Unusable { error, retry_after: None });
        }
        Ok(join_all(urls.iter().map(|url| outbound.fetch_for(self.initiator, url, None))).await)
    }

    fn keep_all(
        &mut self,
        outbound: &Outbound,
        urls: &[Url],
        fetched: Vec<Result<Fetched, FetchError>>,
    ) -> Result<(), ReadFailure> {
        for (url, fetched) in urls.iter().zip(fetched) {
            let is_first = self.answers.0.is_empty();
            let kept = fetched.map_err(ReadFailure::from).and_then(|fetched| self.keep(outbound, url, fetched));
            // Without the page itself there is nothing to read. A failed look-up is left to the format, but what failed
            // for want of something here says nothing of the page.
            match kept {
                Err(failure) if failure.is_ours() => return Err(failure),
                Err(failure) if is_first && !self.first_may_fail => return Err(failure),
                Err(failure) => {
                    self.first_failure = self.first_failure.take().or(is_first.then_some(failure));
                    self.answers.0.push(Answer::none(url.clone()));
                }
                Ok(()) => {}
            }
        }
        Ok(())
    }

    fn keep(&mut self, outbound: &Outbound, url: &Url, fetched: Fetched) -> Result<(), ReadFailure> {
        if fetched.leads_by == Initiator::PublicPage {
            self.initiator = Initiator::PublicPage;
        }
        let body = outbound.inflate(&fetched)?;
        if self.answers.0.is_empty() {
            self.refusal = fetched.refusal.or_else(|| Refusal::of_body(&body));
        }
        if fetched.status != 200 {
            self.retry_after = self.retry_after.max(fetched.retry_after);
        }
        self.answers.0.push(Answer {
            url: url.clone(),
            final_url: fetched.final_url.clone(),
            status: fetched.status,
            content_type: fetched.content_type.clone(),
            headers: fetched.custom_headers.clone(),
            body,
        });
        self.fetched.push((url.clone(), Fetched { raw: Bytes::new(), ..fetched }));
        Ok(())
    }

    /// The responses do not add up to a page, for this reason or because one of them refused to be read.
    fn unusable(&self, error: ReadError) -> ReadFailure {
        let retry_after = self.retry_after;
        match self.refusal {
            Some(refusal) => ReadFailure::Refused { refusal, retry_after },
            None => ReadFailure::Unusable { error, retry_after },
        }
    }

    /// Where this address redirects permanently.
    fn permanent_redirect(&self, page: &Url) -> Option<&Url> {
        let (_, fetched) = self.fetched.iter().find(|(url, _)| url == page)?;
        fetched.permanent_redirect.as_ref()
    }

    /// Finds the responses to the first requests of the next read.
    fn into_full_read(self, format: &Format, parsed: ParsedPage, page: &Url, now: Timestamp) -> FullRead {
        let next = ReadContext { page, source: Some(&parsed.source), open: &[], now };
        let urls = match (format.read)(&next, &Answers::default()) {
            Err(Stop::Need(urls)) => urls,
            Ok(_) | Err(Stop::Unusable(_)) => Vec::new(),
        };
        let responses = urls.iter().filter_map(|url| self.fetched.iter().find(|(fetched, _)| fetched == url));
        let responses: Vec<&Fetched> = responses.map(|(_, fetched)| fetched).collect();
        let moved_to = responses.first().and_then(|fetched| fetched.permanent_redirect.as_ref());
        let moved_to = moved_to.and_then(|to| root_moved_to(page, urls.first()?, to));
        let first = FirstResponses::of(&responses).filter(|_| responses.len() == urls.len());
        let landed = urls.iter().find_map(|url| self.other_site(url)).or_else(|| self.other_site(page));
        let landed = landed.map(|(from, to)| root_moved_to(page, from, to).unwrap_or_else(|| to.clone()));
        let landed = landed.unwrap_or_else(|| page.clone());
        let resolved_for = self.initiator;
        FullRead { format: format.name, first, moved_to, resolved: None, resolved_for, landed, parsed }
    }

    /// The request for `url` and where it led, if that is another company's site.
    fn other_site(&self, url: &Url) -> Option<(&Url, &Url)> {
        let (asked, fetched) = self.fetched.iter().find(|(asked, _)| asked == url)?;
        (site_of(asked) != site_of(&fetched.final_url)).then_some((asked, &fetched.final_url))
    }

    /// Names the other site that the page redirects to: its answers are not this page's.
    fn with_redirect(&self, error: ReadError) -> ReadError {
        let other = self.fetched.first().and_then(|(asked, _)| self.other_site(asked));
        match (error, other) {
            (ReadError::NotThisFormat(reason), Some((from, to))) => {
                let [from, to] = [from, to].map(|url| url.origin().ascii_serialization());
                ReadError::NotThisFormat(format!("{from} redirects to {to}: {reason}"))
            }
            (error, _) => error,
        }
    }
}

/// The root of a page whose document at `requested` is now at `to`, if the path below the root is the same.
fn root_moved_to(page: &Url, requested: &Url, to: &Url) -> Option<Url> {
    let below = requested.path().strip_prefix(page.path().trim_end_matches('/'))?;
    let mut root = to.clone();
    root.set_query(None);
    match to.path().strip_suffix(below) {
        Some(path) => root.set_path(path),
        // Only the host is known, which is enough to show to people.
        None => root.set_path(""),
    }
    (requested.host() == page.host() && to.host() != page.host()).then_some(root)
}

#[cfg(test)]
mod tests;
