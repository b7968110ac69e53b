//! A pretend page for unit tests: answers by whole URL, whatever the host. Every other URL answers 404.
use bytes::Bytes;
use jiff::Timestamp;
use status::{
    ids::IncidentId,
    snapshot::{Component, Kind},
    words::ComponentStatus,
};
use url::Url;

use crate::{Answer, Answers, Format, ParsedPage, ReadContext, ReadError, Stop};

pub(crate) struct UnitPage {
    page: Url,
    answers: Vec<(Url, u16, Bytes)>,
}

impl UnitPage {
    pub(crate) fn at(page: &str) -> Self {
        Self { page: page.parse().unwrap(), answers: Vec::new() }
    }

    pub(crate) fn with(self, url: &str, body: impl Into<Bytes>) -> Self {
        self.with_status(url, 200, body)
    }

    pub(crate) fn with_status(mut self, url: &str, status: u16, body: impl Into<Bytes>) -> Self {
        let url = url.parse().unwrap();
        self.answers.retain(|(known, ..)| *known != url);
        self.answers.push((url, status, body.into()));
        self
    }

    /// What was asked for, in order, and what came of it.
    pub(crate) fn read(
        &self,
        format: &Format,
        source: Option<&str>,
        open: &[(Kind, &str)],
    ) -> (Vec<String>, Result<ParsedPage, ReadError>) {
        let open: Vec<_> = open.iter().map(|(kind, id)| (*kind, IncidentId::from(*id))).collect();
        let now: Timestamp = "2026-05-04T16:00:00Z".parse().unwrap();
        let context = ReadContext { page: &self.page, source, open: &open, now };
        let (mut answers, mut asked) = (Answers::default(), Vec::new());
        loop {
            match (format.read)(&context, &answers) {
                Ok(parsed) => return (asked, Ok(parsed)),
                Err(Stop::Unusable(error)) => return (asked, Err(error)),
                Err(Stop::Need(urls)) => {
                    for url in urls {
                        assert!(answers.get(&url).is_none(), "{url} was answered already");
                        asked.push(url.to_string());
                        answers.0.push(self.answer(url));
                    }
                    assert!(asked.len() <= 24, "asks without end");
                }
            }
        }
    }

    fn answer(&self, url: Url) -> Answer {
        let found = self.answers.iter().find(|(known, ..)| *known == url);
        Answer {
            final_url: url.clone(),
            url,
            status: found.map_or(404, |found| found.1),
            content_type: None,
            headers: vec![],
            body: found.map_or(Bytes::new(), |found| found.2.clone()),
        }
    }
}

/// Names and states, in the order of the snapshot.
pub(crate) fn states(components: &[Component]) -> Vec<(&str, ComponentStatus)> {
    components.iter().map(|component| (component.name.as_str(), component.status)).collect()
}
