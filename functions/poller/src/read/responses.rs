//! All responses of one read: fetched, inflated when they are needed, and what they say of the page's address.
use std::time::Duration;

use bytes::Bytes;
use formats::{
    Answer, Answers, Format, ParsedPage, ReadContext, ReadError, Request, Stop, detect::ResolvedBy, site_of,
};
use futures_util::future::join_all;
use jiff::Timestamp;
use outbound::{FetchError, Fetched, Initiator, Refusal, Terms, Validators};
use status::{ids::digest, schedule::PollCost};
use url::Url;

use crate::read::{
    failure::ReadFailure,
    reader::Reader,
    trace::{Batch, Trace},
};

/// Of one read: the page itself, its history, look-ups of incidents that left it.
const MAX_REQUESTS: usize = 24;
/// For all requests of one read together.
const MAX_READ: Duration = Duration::from_secs(30);

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
    /// What they cost the host, if the page was unchanged.
    pub unchanged_cost: Option<PollCost>,
}

impl FirstResponses {
    pub(super) fn of(responses: &[&Fetched]) -> Option<Self> {
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
            unchanged_cost: None,
        })
    }
}

/// The digest of a response's bytes, as it is stored.
fn hex(fetched: &Fetched) -> String {
    format!("{:032x}", u128::from_be_bytes(fetched.raw_digest))
}

/// Results of requests that were made together, in the order of their URLs.
pub(super) type Results = Vec<Result<Fetched, FetchError>>;

/// Once a public address is among them, the rest of the read is that public page's: what it names is reached at public
/// addresses over HTTPS only, whatever we may reach.
pub(super) struct Responses {
    pub(super) answers: Answers,
    /// Who chooses the next address.
    initiator: Initiator,
    /// What was asked for so far.
    pub(super) trace: Trace,
    /// What came and is not inflated yet.
    waiting: Vec<(Request, Result<Fetched, FetchError>)>,
    /// One per response, without its body, which is kept once, inflated, in `answers`.
    fetched: Vec<(Request, Fetched)>,
    retry_after: Option<Duration>,
    /// The very first response refused to be read by a program. Others are often denied on pages that can be read.
    refusal: Option<Refusal>,
    /// The read goes on if the first requests fail.
    first_may_fail: bool,
    /// Why the very first request failed.
    first_failure: Option<ReadFailure>,
    /// Of the time that all requests may take.
    time_left: Duration,
}

impl Responses {
    pub(super) fn new(initiator: Initiator, first_may_fail: bool) -> Self {
        Self {
            answers: Answers::default(),
            initiator,
            trace: Trace::default(),
            waiting: Vec::new(),
            fetched: Vec::new(),
            retry_after: None,
            refusal: None,
            first_may_fail,
            first_failure: None,
            time_left: MAX_READ,
        }
    }

    /// Forgets all that came. The time that it took stays taken.
    pub(super) fn restart(&mut self, reader: &Reader<'_>) {
        let taken = self.waiting.iter().flat_map(|(_, result)| result).map(|fetched| fetched.raw.len());
        reader.room.give_back(taken.sum());
        let new = Self::new(self.initiator, self.first_may_fail);
        *self = Self { time_left: self.time_left, ..new };
    }

    /// Of all answers.
    pub(super) fn bytes(&self) -> usize {
        self.answers.0.iter().map(|answer| answer.body.len()).sum()
    }

    /// Sends these requests together, with the validators of a single one.
    pub(super) async fn fetch(
        &mut self,
        reader: &Reader<'_>,
        requests: &[Request],
        validators: Option<&Validators>,
    ) -> Result<Results, ReadFailure> {
        if self.answers.0.len() + self.waiting.len() + requests.len() > MAX_REQUESTS {
            let error = ReadError::Malformed(format!("reading it takes more than {MAX_REQUESTS} requests"));
            return Err(ReadFailure::Unusable { error, retry_after: None });
        }
        let (login, room) = (reader.login.as_deref(), &reader.room);
        let (initiator, limit) = (self.initiator, self.time_left);
        let results = join_all(requests.iter().map(|Request { url, posted }| {
            let terms = Terms { initiator, validators, posted: posted.as_deref(), login, limit, room };
            reader.outbound.fetch_for(url, terms)
        }));
        let results = results.await;
        let took = results.iter().map(|(_, took)| *took).max().unwrap_or_default();
        self.time_left = self.time_left.saturating_sub(took);
        let results: Results = results.into_iter().map(|(result, _)| result).collect();
        self.note_initiator(&results);
        // What failed for want of something here says nothing of the page; and without a token it answers nobody.
        let ends = |error: &&FetchError| error.is_ours() || matches!(error, FetchError::Token { .. });
        match results.iter().find_map(|result| result.as_ref().err().filter(ends)) {
            Some(error) => Err(error.clone().into()),
            None if self.time_left.is_zero() => Err(ReadFailure::TooSlow),
            None => Ok(results),
        }
    }

    fn note_initiator(&mut self, results: &[Result<Fetched, FetchError>]) {
        if results.iter().flatten().any(|fetched| fetched.leads_by == Initiator::PublicPage) {
            self.initiator = Initiator::PublicPage;
        }
    }

    pub(super) fn push(&mut self, batch: Batch, results: Results) {
        self.waiting.extend(batch.requests.iter().cloned().zip(results));
        self.trace.batches.push(batch);
    }

    /// A response without its body, which a server has sent before.
    pub(super) fn lacks_a_body(&self) -> bool {
        self.waiting.iter().any(|(_, result)| result.as_ref().is_ok_and(Fetched::not_modified))
    }

    /// Makes answers of all that came.
    pub(super) async fn inflate(&mut self, reader: &Reader<'_>) -> Result<(), ReadFailure> {
        for (request, result) in std::mem::take(&mut self.waiting) {
            let is_first = self.answers.0.is_empty();
            let kept = match result {
                Ok(fetched) => match reader.inflate(&fetched).await {
                    Ok(body) => {
                        self.keep(request.clone(), fetched, body);
                        Ok(())
                    }
                    Err(failure) if failure.is_ours() => return Err(failure),
                    Err(failure) => Err(failure),
                },
                Err(error) => Err(error.into()),
            };
            // Without the page itself there is nothing to read. A failed look-up is left to the format.
            match kept {
                Err(failure) if is_first && !self.first_may_fail => return Err(failure),
                Err(failure) => {
                    self.first_failure = self.first_failure.take().or(is_first.then_some(failure));
                    self.answers.0.push(Answer::none(request));
                }
                Ok(()) => {}
            }
        }
        Ok(())
    }

    fn keep(&mut self, request: Request, fetched: Fetched, body: Bytes) {
        if self.answers.0.is_empty() {
            self.refusal = fetched.refusal.or_else(|| Refusal::of_body(&body));
        }
        if fetched.status != 200 {
            self.retry_after = self.retry_after.max(fetched.retry_after);
        }
        self.answers.0.push(Answer {
            url: request.url.clone(),
            posted: request.posted.clone(),
            final_url: fetched.final_url.clone(),
            status: fetched.status,
            content_type: fetched.content_type.clone(),
            headers: fetched.custom_headers.clone(),
            body,
        });
        self.fetched.push((request, Fetched { raw: Bytes::new(), ..fetched }));
    }

    /// The responses do not add up to a page, for this reason or because one of them refused to be read.
    pub(super) fn unusable(&self, error: ReadError) -> ReadFailure {
        let retry_after = self.retry_after;
        match self.refusal {
            Some(refusal) => ReadFailure::Refused { refusal, retry_after },
            None => ReadFailure::Unusable { error: self.with_redirect(error), retry_after },
        }
    }

    /// No format fits, for these reasons.
    pub(super) fn no_format(&mut self, page: &Url, mut reasons: Vec<(&'static str, ReadError)>) -> ReadFailure {
        if self.fetched.is_empty()
            && let Some(failure) = self.first_failure.take()
        {
            return failure;
        }
        if self.refusal.is_some() {
            return self.unusable(ReadError::NotThisFormat(String::new()));
        }
        // A parent page was recognised, so that it is one is the reason; why it is nothing else says little.
        match reasons.iter().position(|(_, error)| matches!(error, ReadError::ParentPage { .. })) {
            Some(at) => ReadFailure::Unusable { error: reasons.swap_remove(at).1, retry_after: None },
            None => self.not_there(page, &reasons).unwrap_or(ReadFailure::NoFormat(reasons)),
        }
    }

    /// The page itself says that it is not there, and so does all of its site that was asked for. Another site that it
    /// redirects to says nothing of the kind, nor does one of which a part answers, be it with an error or a login.
    fn not_there(&self, page: &Url, reasons: &[(&'static str, ReadError)]) -> Option<ReadFailure> {
        let answer = self.answers.get(page).filter(|answer| matches!(answer.status, 404 | 410))?;
        let is_itself = site_of(&answer.final_url) == site_of(page);
        let is_not_there = |other: &Answer| matches!(other.status, 404 | 410);
        let is_of_site = |other: &&Answer| site_of(&other.url) == site_of(page);
        let is_alive = !self.answers.0.iter().filter(is_of_site).all(is_not_there)
            || reasons.iter().any(|(_, error)| matches!(error, ReadError::Status { .. }));
        let host = page.host_str().unwrap_or_default().to_owned();
        (is_itself && !is_alive).then_some(ReadFailure::NotThere { host, status: answer.status })
    }

    /// Where this address redirects permanently.
    pub(super) fn permanent_redirect(&self, page: &Url) -> Option<&Url> {
        let (_, fetched) = self.fetched.iter().find(|(request, _)| !request.is_post() && request.url == *page)?;
        fetched.permanent_redirect.as_ref()
    }

    /// Finds the responses to the first requests of the next read.
    pub(super) fn full_read(&self, format: &Format, parsed: ParsedPage, page: &Url, now: Timestamp) -> FullRead {
        let next = ReadContext { page, source: Some(&parsed.source), open: &[], now };
        let requests = match (format.read)(&next, &Answers::default()) {
            Err(Stop::Need(requests)) => requests,
            Ok(_) | Err(Stop::Unusable(_)) => Vec::new(),
        };
        let responses = requests.iter().filter_map(|asked| self.fetched.iter().find(|(fetched, _)| fetched == asked));
        let responses: Vec<&Fetched> = responses.map(|(_, fetched)| fetched).collect();
        let moved_to = responses.first().and_then(|fetched| fetched.permanent_redirect.as_ref());
        let moved_to = moved_to.and_then(|to| root_moved_to(page, &requests.first()?.url, to));
        let first = FirstResponses::of(&responses).filter(|_| responses.len() == requests.len());
        let landed = requests.iter().find_map(|asked| self.other_site(&asked.url)).or_else(|| self.other_site(page));
        let landed = landed.map(|(from, to)| root_moved_to(page, from, to).unwrap_or_else(|| to.clone()));
        let landed = landed.unwrap_or_else(|| page.clone());
        let resolved_for = self.initiator;
        FullRead { format: format.name, first, moved_to, resolved: None, resolved_for, landed, parsed }
    }

    /// The request for `url` and where it led, if that is another company's site.
    fn other_site(&self, url: &Url) -> Option<(&Url, &Url)> {
        let (asked, fetched) = self.fetched.iter().find(|(asked, _)| asked.url == *url)?;
        (site_of(url) != site_of(&fetched.final_url)).then_some((&asked.url, &fetched.final_url))
    }

    /// Names the other site that the page redirects to: its answers are not this page's.
    fn with_redirect(&self, error: ReadError) -> ReadError {
        let other = self.fetched.first().and_then(|(asked, _)| self.other_site(&asked.url));
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
pub(super) fn root_moved_to(page: &Url, requested: &Url, to: &Url) -> Option<Url> {
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
mod tests {
    use http::HeaderValue;
    use outbound::{Encoding, Guard, Outbound, Settings};
    use tokio::net::TcpListener;

    use super::*;
    use crate::read::reader::Resources;

    fn answer_of(initiator: Initiator) -> Fetched {
        Fetched {
            status: 200,
            final_url: "https://status.example.com/".parse().unwrap(),
            permanent_redirect: None,
            content_type: None,
            custom_headers: Vec::new(),
            validators: Validators::default(),
            encoding: Encoding::Identity,
            raw: Bytes::from_static(b"page"),
            raw_digest: [0; 16],
            max_age: None,
            retry_after: None,
            refusal: None,
            leads_by: initiator,
        }
    }

    /// A private address that the settings allow, behind a first answer from there or from a public address.
    #[tokio::test]
    async fn once_a_public_address_has_answered_the_read_stays_in_public() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let inside: Url = format!("https://{}/", listener.local_addr().unwrap()).parse().unwrap();
        let guard = Guard { allow: vec!["127.0.0.0/8".parse().unwrap()], own: Vec::new() };
        let settings = Settings::new(guard, HeaderValue::from_static("test"));
        let outbound = Outbound::new(Settings { timeout: Duration::from_millis(50), ..settings });
        let resources = Resources::default();
        let reader = resources.reader(&outbound, None);
        for by in [Initiator::Us, Initiator::PublicPage] {
            let mut responses = Responses::new(Initiator::Us, false);
            responses.note_initiator(&[Ok(answer_of(by))]);
            // A private answer after a public one changes nothing.
            responses.note_initiator(&[Ok(answer_of(Initiator::Us))]);
            let [fetched] = responses.fetch(&reader, &[inside.clone().into()], None).await.unwrap().try_into().unwrap();
            let is_refused = matches!(fetched, Err(FetchError::Refused(_)));
            assert_eq!(is_refused, by == Initiator::PublicPage);
        }
    }

    #[test]
    fn page_says_itself_that_it_is_not_there() {
        let page: Url = "https://status.acme.com/".parse().unwrap();
        let failure = |status: u16, landed: &str, reason: ReadError| {
            let mut responses = Responses::new(Initiator::Us, true);
            let final_url = landed.parse().unwrap();
            responses.answers.0.push(Answer { status, final_url, ..Answer::none(page.clone()) });
            responses.no_format(&page, vec![("statuspage", reason)])
        };
        let shape = || ReadError::NotThisFormat("not there".to_owned());
        let is_not_there = |failure: ReadFailure| matches!(failure, ReadFailure::NotThere { .. });
        assert!(is_not_there(failure(404, "https://status.acme.com/", shape())));
        assert!(is_not_there(failure(410, "https://www.acme.com/status", shape())), "the company's site says so");
        assert!(!is_not_there(failure(404, "https://bigcorp.com/404", shape())), "somebody else's page is not there");
        for status in [200, 401, 403, 429, 500, 503] {
            assert!(!is_not_there(failure(status, "https://status.acme.com/", shape())), "{status}");
        }
        for (status, is_gone) in [(404, true), (410, true), (200, false), (204, false), (0, false)] {
            let mut responses = Responses::new(Initiator::Us, true);
            let below: Url = "https://status.acme.com/api/v2/summary.json".parse().unwrap();
            responses.answers.0.push(Answer { status: 404, ..Answer::none(page.clone()) });
            responses.answers.0.push(Answer { status, ..Answer::none(below) });
            let failure = responses.no_format(&page, vec![("statuspage", shape())]);
            assert_eq!(is_not_there(failure), is_gone, "a part of its site answers {status}");
        }
        for status in [401, 403, 429, 503] {
            let in_trouble = ReadError::Status { url: "https://status.acme.com/api".parse().unwrap(), status };
            assert!(!is_not_there(failure(404, "https://status.acme.com/", in_trouble)), "its API answers {status}");
        }
    }
}
