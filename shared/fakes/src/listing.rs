//! `GET /receiver.json`: what was received, for people, oldest first. Whoever reads it may show it around, so it holds
//! no header, no query and no part of a path that is a secret; of a webhook's address only the host.
use axum::{Json, extract::State};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{Fakes, Received, mail, routing::Service, ses};

#[derive(Serialize)]
pub(crate) struct Shown {
    channel: &'static str,
    received_at: Timestamp,
    destination: String,
    /// Ours, where the message says it.
    alert_id: Option<String>,
    /// `null`: it was never answered, or not whole.
    status: Option<u16>,
    body: Value,
}

pub(crate) async fn list(State(fakes): State<Fakes>) -> Json<Vec<Shown>> {
    Json(fakes.received().iter().map(Received::shown).collect())
}

const HIDDEN: &str = "…";

impl Received {
    fn shown(&self) -> Shown {
        let body = self.shown_body();
        let alert_id = match self.service {
            Service::Slack => &body["blocks"][0]["block_id"],
            Service::Webhook => &body["data"]["alert"]["id"],
            Service::Discord | Service::Teams | Service::Mail | Service::Ses => &Value::Null,
        };
        Shown {
            channel: self.service.name(),
            received_at: self.received_at,
            destination: self.shown_destination(),
            alert_id: alert_id.as_str().map(str::to_owned),
            status: Some(self.answered).filter(|status| *status != 0),
            body,
        }
    }

    pub(crate) fn shown_destination(&self) -> String {
        let host = self.host.as_deref().unwrap_or_default();
        let path = match self.service {
            Service::Mail | Service::Ses => return self.names.first().cloned().unwrap_or_default(),
            // An address of somebody's own says itself where it keeps its secrets; here all of it may be one.
            Service::Webhook if self.host.is_some() => format!("/{HIDDEN}"),
            Service::Webhook => self.path.clone(),
            Service::Slack if self.path.starts_with("/services/") => without_token(&self.path, "services", 2),
            Service::Slack if self.path.starts_with("/api/") => {
                format!("{} {}", self.path, self.names.first().map_or("", String::as_str))
            }
            Service::Slack => format!("/{HIDDEN}"),
            Service::Discord => without_token(&self.path, "webhooks", 1),
            Service::Teams => without_token(&self.path, "workflows", 0),
        };
        format!("{host}{path}")
    }

    fn shown_body(&self) -> Value {
        match self.service {
            Service::Mail => mail::shown(&self.body),
            Service::Ses => ses::message(&self.json()).map_or_else(|| self.json(), |message| mail::shown(&message)),
            _ => serde_json::from_slice(&self.body).unwrap_or_else(|_| json!(String::from_utf8_lossy(&self.body))),
        }
    }
}

/// Hides the segment of the path that comes after this word and so many others.
fn without_token(path: &str, word: &str, others: usize) -> String {
    let token = path.split('/').position(|segment| segment == word).map(|at| at + 1 + others);
    let segments = path.split('/').enumerate();
    let shown: Vec<_> = segments.map(|(at, segment)| if Some(at) == token { HIDDEN } else { segment }).collect();
    shown.join("/")
}
