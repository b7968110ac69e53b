//! The fake page of all tests: it answers from files of `test_data` or by address, and records what it was asked.
use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;
use status::{ids::IncidentId, snapshot::Kind};
use url::Url;

#[cfg(test)]
use crate::contract::{History, HistoryContext, KnownIncident, ParsedHistory};
use crate::{
    contract::{Answer, Answers, Format, ParsedPage, ReadContext, ReadError, Stop},
    detect::{Detection, MAX_REQUESTS, detect},
    request::Request,
};

/// Where a page is unless a test says otherwise.
pub(crate) const EXAMPLE: &str = "https://status.example.com";

/// More than any format asks for in one read.
const MAX_ANSWERS: usize = 24;

#[derive(Clone)]
pub struct Page {
    pub page: Url,
    /// Bodies by file name: see the README of `test_data`.
    pub documents: BTreeMap<String, Bytes>,
    /// Status and body by whole URL, and whether it is posted to. They precede `documents`.
    answers: BTreeMap<(Url, bool), (u16, Bytes)>,
    /// The answer to every other URL.
    otherwise: (u16, Bytes),
    pub(super) now: Timestamp,
}

impl Page {
    pub fn new(page: Url, documents: BTreeMap<String, Bytes>) -> Self {
        let now = "2026-05-04T16:00:00Z".parse().unwrap();
        Self { page, documents, answers: BTreeMap::new(), otherwise: (404, Bytes::new()), now }
    }

    /// The end of a read through this source, with these incidents known to be open.
    pub fn read_from(
        &self,
        format: &Format,
        source: Option<&str>,
        open: &[(Kind, IncidentId)],
    ) -> Result<ParsedPage, ReadError> {
        self.read_asked(format, source, open).1
    }

    /// The same with the addresses that were asked for, in order: those below the page without the page's own URL.
    pub(crate) fn read_asked(
        &self,
        format: &Format,
        source: Option<&str>,
        open: &[(Kind, IncidentId)],
    ) -> (Vec<String>, Result<ParsedPage, ReadError>) {
        let context = ReadContext { page: &self.page, source, open, now: self.now };
        let mut answers = Answers::default();
        let end = loop {
            match (format.read)(&context, &answers).map_err(|stop| stop.checked(&self.page)) {
                Ok(parsed) => break Ok(parsed),
                Err(Stop::Unusable(error)) => break Err(error),
                Err(Stop::Need(requests)) => {
                    assert!(!requests.is_empty(), "{} needs nothing and is not done", format.name);
                    for request in requests {
                        assert!(answers.to(&request).is_none(), "{request} was answered already");
                        answers.0.push(self.answer(request));
                    }
                    assert!(answers.0.len() <= MAX_ANSWERS, "{} asks without end", format.name);
                }
            }
        };
        (self.asked(&answers), end)
    }

    pub fn detect(&self) -> Detection {
        self.detect_asked(|answers| detect(&self.page, None, self.now, answers)).1
    }

    /// The end of a detection by this step, with the addresses that were asked for as [`Self::read_asked`] gives them.
    pub(crate) fn detect_asked(&self, step: impl Fn(&Answers) -> Detection) -> (Vec<String>, Detection) {
        let mut answers = Answers::default();
        let end = loop {
            match step(&answers) {
                Detection::Need(asked) => answers.0.extend(asked.into_iter().map(|request| self.answer(request))),
                end => break end,
            }
        };
        assert!(answers.0.len() <= MAX_REQUESTS);
        (self.asked(&answers), end)
    }

    pub fn answer(&self, request: Request) -> Answer {
        let document = || self.names(&request).iter().find_map(|name| self.documents.get(name)).map(|body| (200, body));
        let answer = self.answers.get(&(request.url.clone(), request.is_post()));
        let answer = answer.map(|(status, body)| (*status, body));
        let (status, body) = answer.or_else(document).unwrap_or((self.otherwise.0, &self.otherwise.1));
        Answer { status, body: body.clone(), ..Answer::none(request) }
    }

    /// The file names that may hold the answer to this request, the most exact first.
    fn names(&self, request: &Request) -> [String; 2] {
        let url = &request.url;
        let path = url.path().trim_start_matches('/').replace('/', "+");
        let path = if path.is_empty() { "+".to_owned() } else { path };
        let host = url.host_str().unwrap_or_default();
        let name = if url.host() == self.page.host() { path } else { format!("@{host}+{path}") };
        let name = if request.is_post() { format!("POST_{name}") } else { name };
        [format!("{name}?{}", url.query().unwrap_or_default()), name]
    }

    fn root(&self) -> &str {
        self.page.as_str().trim_end_matches('/')
    }

    fn asked(&self, answers: &Answers) -> Vec<String> {
        let below = |url: &str| url.strip_prefix(self.root())?.strip_prefix('/').map(str::to_owned);
        let asked = |answer: &Answer| {
            let url = below(answer.url.as_str()).unwrap_or_else(|| answer.url.to_string());
            answer.posted.as_ref().map_or(url.clone(), |posted| format!("POST {url} {posted}"))
        };
        answers.0.iter().map(asked).collect()
    }
}

/// For unit tests. An address is a whole URL, or what comes behind the page's own and a slash; with `POST ` in front it
/// is posted to.
#[cfg(test)]
impl Page {
    pub(crate) fn at(page: &str) -> Self {
        Self::new(page.parse().unwrap(), BTreeMap::new())
    }

    /// A case of `test_data`: `firehydrant/incident_open`.
    pub(crate) fn case(name: &str) -> Self {
        Self::load(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("test_data").join(name))
    }

    /// `https://status.example.com` with these documents by address.
    pub(crate) fn of<B: Body + Clone>(documents: &[(&str, B)]) -> Self {
        Self::at(EXAMPLE).with_all(documents)
    }

    pub(crate) fn with(self, address: &str, body: impl Body) -> Self {
        self.with_status(address, 200, body)
    }

    pub(crate) fn with_all<B: Body + Clone>(self, documents: &[(&str, B)]) -> Self {
        documents.iter().fold(self, |page, (address, body)| page.with(address, body.clone()))
    }

    pub(crate) fn with_status(mut self, address: &str, status: u16, body: impl Body) -> Self {
        self.set(address, status, body);
        self
    }

    /// Answers every address that was not set like this, instead of with 404.
    pub(crate) fn otherwise(mut self, status: u16, body: impl Body) -> Self {
        self.otherwise = (status, body.bytes());
        self
    }

    pub(crate) fn at_time(mut self, now: &str) -> Self {
        self.now = now.parse().unwrap();
        self
    }

    pub(crate) fn set(&mut self, address: &str, status: u16, body: impl Body) {
        let key = self.key(address);
        self.answers.insert(key, (status, body.bytes()));
    }

    /// The text of a document.
    pub(crate) fn text(&self, address: &str) -> &str {
        std::str::from_utf8(&self.answers[&self.key(address)].1).unwrap()
    }

    pub(crate) fn remove(&mut self, address: &str) {
        let key = self.key(address);
        self.answers.remove(&key).unwrap();
    }

    /// Changes a JSON document.
    pub(crate) fn edit(&mut self, address: &str, change: impl FnOnce(&mut serde_json::Value)) {
        let key = self.key(address);
        let (_, body) = self.answers.get_mut(&key).unwrap();
        let mut document = serde_json::from_slice(body).unwrap();
        change(&mut document);
        *body = document.bytes();
    }

    /// The addresses asked for, in order, and the end.
    pub(crate) fn read(
        &self,
        format: &Format,
        source: Option<&str>,
        open: &[(Kind, &str)],
    ) -> (Vec<String>, Result<ParsedPage, ReadError>) {
        let open: Vec<_> = open.iter().map(|(kind, id)| (*kind, IncidentId::from(*id))).collect();
        self.read_asked(format, source, &open)
    }

    /// The addresses asked for by a read of the last 90 days of the page's history, in order, and the end.
    pub(crate) fn history(
        &self,
        history: &History,
        source: &str,
        known: &[KnownIncident],
    ) -> (Vec<String>, Result<ParsedHistory, ReadError>) {
        let since = self.now - jiff::SignedDuration::from_hours(90 * 24);
        let context = HistoryContext { page: &self.page, source, known, since, now: self.now };
        let mut answers = Answers::default();
        let end = loop {
            match (history.read)(&context, &answers) {
                Ok(history) => break Ok(history),
                Err(Stop::Unusable(error)) => break Err(error),
                Err(Stop::Need(asked)) => answers.0.extend(asked.into_iter().map(|request| self.answer(request))),
            }
            assert!(answers.0.len() <= history.max_requests, "it asks for too much");
        };
        (self.asked(&answers), end)
    }

    fn key(&self, address: &str) -> (Url, bool) {
        let posted = address.strip_prefix("POST ");
        let address = posted.unwrap_or(address);
        (address.parse().unwrap_or_else(|_| format!("{}/{address}", self.root()).parse().unwrap()), posted.is_some())
    }
}

/// What a unit test gives as the body of an answer.
#[cfg(test)]
pub(crate) trait Body {
    fn bytes(self) -> Bytes;
}

#[cfg(test)]
mod bodies {
    use bytes::Bytes;
    use serde_json::Value;

    use super::Body;

    impl Body for &str {
        fn bytes(self) -> Bytes {
            self.to_owned().into()
        }
    }

    impl Body for String {
        fn bytes(self) -> Bytes {
            self.into()
        }
    }

    impl Body for &String {
        fn bytes(self) -> Bytes {
            self.clone().into()
        }
    }

    impl Body for Value {
        fn bytes(self) -> Bytes {
            self.to_string().into()
        }
    }

    impl Body for &Value {
        fn bytes(self) -> Bytes {
            self.to_string().into()
        }
    }

    impl<const N: usize> Body for &[u8; N] {
        fn bytes(self) -> Bytes {
            Bytes::copy_from_slice(self)
        }
    }

    impl Body for &[u8] {
        fn bytes(self) -> Bytes {
            Bytes::copy_from_slice(self)
        }
    }
}
