//! One read of a page's history over HTTP.
use formats::{Answers, History, HistoryContext, KnownIncident, ParsedHistory, ReadError, Stop};
use jiff::Timestamp;
use outbound::Initiator;
use url::Url;

use crate::read::{failure::ReadFailure, reader::Reader, responses::Responses, trace::Batch};

/// The page whose history is wanted, and what is known of it. It owns all it needs, so that any thread can work on it.
#[derive(Clone)]
pub(crate) struct HistoryQuestion {
    pub(crate) history: &'static History,
    pub(crate) page: Url,
    pub(crate) source: String,
    pub(crate) known: Vec<KnownIncident>,
    pub(crate) since: Timestamp,
    pub(crate) now: Timestamp,
}

impl HistoryQuestion {
    fn step(&self, answers: &Answers) -> Result<ParsedHistory, Stop> {
        let Self { page, source, known, since, now, .. } = self;
        let context = HistoryContext { page, source, known, since: *since, now: *now };
        (self.history.read)(&context, answers).map_err(|stop| stop.checked(page))
    }
}

/// One request at a time: nobody waits for it.
pub(crate) async fn read_history(
    reader: &Reader<'_>,
    question: &HistoryQuestion,
    initiator: Initiator,
) -> Result<ParsedHistory, ReadFailure> {
    let mut responses = Responses::new(initiator, true);
    loop {
        let (asked, answers) = (question.clone(), responses.answers.clone());
        let requests = match reader.work(responses.bytes(), move || asked.step(&answers)).await? {
            Ok(history) => return Ok(history),
            Err(Stop::Unusable(error)) => return Err(responses.unusable(error)),
            Err(Stop::Need(requests)) => requests,
        };
        if responses.answers.0.len() + requests.len() > question.history.max_requests {
            let max = question.history.max_requests;
            let reason = format!("reading its history takes more than {max} requests");
            return Err(responses.unusable(ReadError::Malformed(reason)));
        }
        for request in requests {
            let alone = [request];
            let results = responses.fetch(reader, &alone, None).await?;
            responses.push(Batch::of(&alone, &results), results);
        }
        responses.inflate(reader).await?;
    }
}
