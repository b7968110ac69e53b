//! The faults that a test plans, and what is answered then.
use std::collections::{HashMap, VecDeque};

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};
use serde_json::Value;

/// How a message is treated.
#[derive(Clone, Debug)]
pub enum Fault {
    /// As the service treats it: no fault.
    None,
    /// Nothing is accepted and this is answered. By SMTP it refuses the recipient if it was planned for that recipient,
    /// else the whole message.
    Answer(Reply),
    /// Accepted, but never answered.
    Hang,
    /// Accepted, but the connection is closed in the middle of the answer.
    Cut,
}

/// An answer. By SMTP the status is the SMTP code and the body its text.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Bytes,
}

impl Reply {
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new() }
    }

    pub fn text(status: u16, body: &str) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::copy_from_slice(body.as_bytes()) }
    }

    pub fn json(status: u16, body: &Value) -> Self {
        let headers = vec![(CONTENT_TYPE.as_str(), "application/json".to_owned())];
        Self { status, headers, body: body.to_string().into() }
    }

    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }
}

impl From<Reply> for Fault {
    fn from(reply: Reply) -> Self {
        Self::Answer(reply)
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, self.body).into_response();
        // Slack and receivers of webhooks answer with plain text by default.
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// Planned faults, not used yet.
#[derive(Default)]
pub(crate) struct FaultPlan {
    at: HashMap<String, VecDeque<Fault>>,
    any: VecDeque<Fault>,
    lasting: HashMap<String, Fault>,
}

impl FaultPlan {
    pub(crate) fn add(&mut self, faults: impl IntoIterator<Item = Fault>) {
        self.any.extend(faults);
    }

    pub(crate) fn add_at(&mut self, name: &str, faults: impl IntoIterator<Item = Fault>) {
        self.at.entry(name.to_owned()).or_default().extend(faults);
    }

    pub(crate) fn set_lasting(&mut self, name: &str, fault: Option<Fault>) {
        match fault {
            Some(fault) => self.lasting.insert(name.to_owned(), fault),
            None => self.lasting.remove(name),
        };
    }

    /// The fault of a message to the destination with these names.
    pub(crate) fn next(&mut self, names: &[String]) -> Fault {
        self.next_at(names).or_else(|| self.next_any()).unwrap_or(Fault::None)
    }

    pub(crate) fn next_at(&mut self, names: &[String]) -> Option<Fault> {
        let planned = names.iter().find_map(|name| self.at.get_mut(name)?.pop_front());
        planned.or_else(|| names.iter().find_map(|name| self.lasting.get(name).cloned()))
    }

    pub(crate) fn next_any(&mut self) -> Option<Fault> {
        self.any.pop_front()
    }

    /// Returns a fault whose turn it is not yet.
    pub(crate) fn put_back(&mut self, name: &str, fault: Option<Fault>) {
        if let Some(fault) = fault {
            self.at.entry(name.to_owned()).or_default().push_front(fault);
        }
    }
}
