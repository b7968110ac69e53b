//! One read of one page over HTTP: fetches what the format needs until there is a snapshot, or a reason why there is
//! none. The first requests identify the page: if their bytes are unchanged since the last read, nothing is inflated or
//! parsed; nor is it if all that came led to nothing the last time.
pub(crate) mod failure;
pub(crate) mod reader;
pub(crate) mod responses;
pub(crate) mod trace;

mod history;
mod question;

use std::sync::{Arc, LazyLock};

use formats::{Format, ReadError, Request, detect::ResolvedBy};
use jiff::Timestamp;
use outbound::{Initiator, Login, Outbound, Validators};
use status::{ids::IncidentId, schedule::PollCost, snapshot::Kind};
use url::Url;

use crate::read::{
    question::{Found, Question, Step},
    reader::{Reader, Resources},
    responses::{Responses, Results, root_moved_to},
    trace::{Batch, Trace},
};

pub(crate) use crate::read::history::{HistoryQuestion, read_history};
pub use crate::read::{
    failure::ReadFailure,
    responses::{FirstResponses, FullRead},
};

/// Of the answers, over all steps of a read: each step reads all answers so far. A page of some megabytes takes a few
/// steps.
const MAX_WORK: usize = 96 * 1024 * 1024;

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
#[derive(Clone, Copy)]
pub struct LastResponse<'a> {
    pub validators: &'a Validators,
    /// Of the bytes as received.
    pub raw_digest: Option<&'a str>,
    /// It is known that the page redirects permanently to another host. If that is new, the page is read in full,
    /// though its bytes are the same.
    pub is_moved: bool,
}

pub enum Read {
    Unchanged(FirstResponses),
    Full(FullRead),
}

/// How a read ended.
pub(crate) enum End {
    Read(Result<Read, ReadFailure>, Trace),
    /// The same came as the last time, when it led to nothing. It was neither inflated nor parsed.
    Again,
}

/// For reads outside of rounds.
static ALONE: LazyLock<Resources> = LazyLock::new(Resources::default);

/// Reads a page whose format is known, with its login.
pub async fn read(
    outbound: &Outbound,
    login: Option<Arc<Login>>,
    page: &Url,
    request: ReadRequest<'_>,
    now: Timestamp,
) -> Result<Read, ReadFailure> {
    match read_with(&ALONE.reader(outbound, None).with_login(login), page, request, None, now).await {
        End::Read(result, _) => result,
        End::Again => unreachable!("there is no last time"),
    }
}

/// Detects the format of a page and reads it; `hint` names the format to try first. The status page may be found from
/// an address that does not answer itself.
pub async fn detect(
    outbound: &Outbound,
    login: Option<Arc<Login>>,
    page: &Url,
    initiator: Initiator,
    hint: Option<&str>,
    now: Timestamp,
) -> Result<FullRead, ReadFailure> {
    let reader = ALONE.reader(outbound, None).with_login(login);
    match detect_with(&reader, page, DetectRequest { initiator, hint }, None, now).await {
        End::Read(Ok(Read::Full(full)), _) => Ok(full),
        End::Read(Err(failure), _) => Err(failure),
        End::Read(Ok(Read::Unchanged(_)), _) | End::Again => unreachable!("there is no last time"),
    }
}

/// [`read`] in a round. `known`: what led to nothing the last time.
pub(crate) async fn read_with(
    reader: &Reader<'_>,
    page: &Url,
    request: ReadRequest<'_>,
    known: Option<&Trace>,
    now: Timestamp,
) -> End {
    let question = Question::read(request.format, page, request.source, request.open, now);
    let responses = Responses::new(request.initiator, false);
    run(reader, question, responses, Last { good: request.last, bad: known }).await
}

#[derive(Clone, Copy)]
pub(crate) struct DetectRequest<'a> {
    pub(crate) initiator: Initiator,
    pub(crate) hint: Option<&'a str>,
}

/// [`detect`] in a round. `known`: what led to nothing the last time.
pub(crate) async fn detect_with(
    reader: &Reader<'_>,
    page: &Url,
    request: DetectRequest<'_>,
    known: Option<&Trace>,
    now: Timestamp,
) -> End {
    let question = Question::detect(page, request.hint, now);
    run(reader, question, Responses::new(request.initiator, true), Last { good: None, bad: known }).await
}

/// What came the last time.
#[derive(Clone, Copy)]
struct Last<'a> {
    /// When there was a page to be read.
    good: Option<LastResponse<'a>>,
    /// When it led to nothing.
    bad: Option<&'a Trace>,
}

async fn run(reader: &Reader<'_>, question: Question, mut responses: Responses, last: Last<'_>) -> End {
    let result = steps(reader, &question, &mut responses, last).await;
    let trace = std::mem::take(&mut responses.trace);
    match result {
        Ok(Some(read)) => End::Read(Ok(read), trace),
        Ok(None) => End::Again,
        Err(failure) => End::Read(Err(failure), trace),
    }
}

/// `None`: all is as it was the last time, when it led to nothing.
async fn steps(
    reader: &Reader<'_>,
    question: &Question,
    responses: &mut Responses,
    mut last: Last<'_>,
) -> Result<Option<Read>, ReadFailure> {
    let (mut work, mut step) = (0, question.step(&responses.answers));
    loop {
        let mut requests = match step {
            Step::Need(requests) => requests,
            Step::Found(found) => return Ok(Some(Read::Full(full_read(question, *found, responses)))),
            Step::Unusable(error) => return Err(responses.unusable(error)),
            Step::Nothing(reasons) => return Err(responses.no_format(&question.page, reasons)),
        };
        loop {
            let validators = last.validators(responses, &requests);
            let results = responses.fetch(reader, &requests, validators).await?;
            if let Some(first) = last.unchanged(question, responses, (&requests, &results)) {
                return Ok(Some(Read::Unchanged(first)));
            }
            let (nth, batch) = (responses.trace.batches.len(), Batch::of(&requests, &results));
            let is_again = last.bad.is_some_and(|bad| bad.batches[nth].is_again(&batch, &results));
            responses.push(batch, results);
            match last.bad {
                Some(bad) if is_again => match bad.batches.get(nth + 1) {
                    Some(next) => requests.clone_from(&next.requests),
                    None => return Ok(None),
                },
                _ => break,
            }
        }
        let is_news = last.bad.take().is_some();
        last.good = None;
        if is_news && responses.lacks_a_body() {
            responses.restart(reader);
            step = question.step(&responses.answers);
            continue;
        }
        responses.inflate(reader).await?;
        work += responses.bytes();
        if work > MAX_WORK {
            let error = ReadError::Malformed("reading it takes more work than any status page is worth".into());
            return Err(ReadFailure::Unusable { error, retry_after: None });
        }
        step = answer(reader, question, responses).await?;
    }
}

/// The next step of the question, with the answers so far.
async fn answer(reader: &Reader<'_>, question: &Question, responses: &mut Responses) -> Result<Step, ReadFailure> {
    let bytes = responses.bytes();
    let (question, answers) = (question.clone(), responses.answers.clone());
    reader.work(bytes, move || question.step(&answers)).await
}

fn full_read(question: &Question, found: Found, responses: &Responses) -> FullRead {
    let Found { format, parsed, page, resolved_by } = found;
    let permanent = responses.permanent_redirect(&question.page).filter(|to| to.host() == page.host());
    let permanent = permanent.filter(|_| resolved_by == Some(ResolvedBy::Redirect));
    let permanent = permanent.map(|_| page.clone());
    let full = responses.full_read(format, parsed, &page, question.now);
    FullRead { moved_to: permanent.or(full.moved_to), resolved: resolved_by.map(|by| (page, by)), ..full }
}

impl Last<'_> {
    /// What to send with these requests.
    fn validators(&self, responses: &Responses, requests: &[Request]) -> Option<&Validators> {
        if requests.len() > 1 || !responses.trace.batches.is_empty() {
            return None;
        }
        let bad = self.bad.and_then(|bad| bad.batches.first()?.validators.as_ref());
        bad.or(self.good.map(|good| good.validators))
    }

    /// The first responses, if they are those of the last good read.
    fn unchanged(
        &self,
        question: &Question,
        responses: &Responses,
        (requests, results): (&[Request], &Results),
    ) -> Option<FirstResponses> {
        let good = self.good.filter(|_| responses.trace.batches.is_empty())?;
        let fetched: Vec<_> = results.iter().map(|result| result.as_ref().ok()).collect::<Option<_>>()?;
        let permanent = fetched.first().and_then(|fetched| fetched.permanent_redirect.as_ref());
        let is_moved = permanent.is_some_and(|to| root_moved_to(&question.page, &requests[0].url, to).is_some());
        if is_moved && !good.is_moved {
            return None;
        }
        let first = FirstResponses::of(&fetched)?;
        let sent_bad = self.bad.and_then(|bad| bad.batches.first()?.validators.as_ref()).is_some();
        let is_unmodified = fetched.iter().all(|fetched| fetched.not_modified()) && !sent_bad;
        let has_its_bytes =
            fetched.iter().all(|fetched| fetched.status == 200) && good.raw_digest == Some(&first.raw_digest);
        let bytes = fetched.iter().map(|fetched| fetched.raw.len()).sum();
        let unchanged_cost = Some(PollCost::of_body(bytes));
        (is_unmodified || has_its_bytes).then_some(FirstResponses { unchanged_cost, ..first })
    }
}

#[cfg(test)]
mod tests;
