//! Microsoft Teams, through flows with the trigger "When a Teams webhook request is received". A flow answers 202 as
//! soon as it was started, so a card that it cannot post is accepted and never seen. What it wants is described at
//! <https://learn.microsoft.com/en-us/microsoftteams/service/webhooks-and-connectors/how-to/connectors-using>.
use std::{
    collections::{HashSet, VecDeque},
    time::Duration,
};

use http::Method;
use serde_json::{Value, json};

use crate::{
    bounded::{Size, bytes_of, push_bounded},
    call::Call,
    fake::{Fake, Http, is_below},
    fault::Reply,
    rate::{Limit, Rate, whole_seconds},
    received::{Redaction, hide_segment, json_or_text, no_alert_id},
    service::Service,
    world::{Fakes, World},
};

impl Service {
    pub const TEAMS: Self = Self::new("teams");
}

impl Limit {
    /// Runs of one flow. Microsoft names no number for Workflows; its connectors before them took four a second:
    /// <https://learn.microsoft.com/en-us/microsoftteams/service/webhooks-and-connectors/how-to/connectors-using>.
    pub const TEAMS_RUNS: Self = Self::new("Teams runs");
}

pub(crate) const FAKE: Fake = Fake {
    service: Service::TEAMS,
    http: Some(Http {
        owns_host: |host| is_below(host, "logic.azure.com") || is_below(host, "environment.api.powerplatform.com"),
        owns_path: |path| path.contains("/workflows/") && path.ends_with("/invoke"),
        names: |_, call| names(call),
        respond,
        example: "/prod-1.logic.azure.com/workflows/SECRET/triggers/manual/paths/invoke",
    }),
    limits: &[(Limit::TEAMS_RUNS, Rate::window(4, Duration::from_secs(1)))],
    redaction: Redaction {
        destination: |received| hide_segment(received, "workflows", 0),
        body: json_or_text,
        secret_keys: &[],
        alert_id: no_alert_id,
    },
};

/// Of a message, in bytes: <https://github.com/MicrosoftDocs/msteams-docs/issues/11274>.
const MAX_BYTES: usize = 28 * 1024;
const CARD: &str = "application/vnd.microsoft.card.adaptive";

/// A card that was shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    pub flow: String,
    pub content: Value,
}

impl Size for Card {
    fn size(&self) -> usize {
        self.flow.len() + bytes_of(&self.content)
    }
}

#[derive(Default)]
struct Flows {
    cards: VecDeque<Card>,
    /// Flows that want the card itself, not a message that has it attached.
    bare: HashSet<String>,
}

impl Fakes {
    /// What a flow (its id) showed, oldest first.
    pub fn teams_cards(&self, flow: &str) -> Vec<Card> {
        self.world().states.get::<Flows>().cards.iter().filter(|card| card.flow == flow).cloned().collect()
    }

    /// The flow was made from a template that wants a bare card, as in
    /// <https://github.com/optimizely/react-sdk/issues/351>. Others want a message with attachments.
    pub fn set_teams_flow_bare(&self, flow: &str) {
        self.world().states.get::<Flows>().bare.insert(flow.to_owned());
    }
}

/// The path and the flow's id.
fn names(call: &Call) -> Vec<String> {
    std::iter::once(call.path.clone()).chain(flow(&call.path).map(str::to_owned)).collect()
}

/// Of `.../workflows/{id}/triggers/manual/paths/invoke`; before that there may be more, by where the flow runs.
fn flow(path: &str) -> Option<&str> {
    let (_, rest) = path.split_once("/workflows/")?;
    rest.strip_suffix("/triggers/manual/paths/invoke").filter(|id| !id.is_empty() && !id.contains('/'))
}

fn respond(world: &mut World, call: &Call, names: &[String]) -> Reply {
    let Some(flow) = flow(&call.path).filter(|_| !world.is_deleted(names)) else {
        return error(404, "WorkflowNotFound", "The workflow could not be found.");
    };
    if call.method != Method::POST {
        return error(405, "MethodNotAllowed", "The trigger takes POST only.").with("allow", "POST");
    }
    if let Some(wait) = world.rates.retry_after(Limit::TEAMS_RUNS, flow, 1) {
        let refusal = error(429, "TooManyRequests", "The workflow was started too often.");
        return refusal.with("retry-after", whole_seconds(wait));
    }
    if call.body.len() > MAX_BYTES {
        return error(413, "RequestEntityTooLarge", "The message is larger than 28 KB.");
    }
    let Ok(body) = serde_json::from_slice::<Value>(&call.body) else {
        return error(400, "InvalidRequestContent", "The request content is not valid JSON.");
    };
    let flows = world.states.get::<Flows>();
    let cards = if flows.bare.contains(flow) { vec![body] } else { attached(&body) };
    for content in cards.into_iter().filter(can_be_shown) {
        push_bounded(&mut flows.cards, Card { flow: flow.to_owned(), content }, world.capacity);
    }
    Reply::empty(202)
}

/// The cards of `{"type":"message","attachments":[...]}`; without attachments the run of the flow fails.
fn attached(body: &Value) -> Vec<Value> {
    let attachments = body["attachments"].as_array().filter(|_| body["type"] == "message");
    let cards = attachments.into_iter().flatten().filter(|attachment| attachment["contentType"] == CARD);
    cards.map(|attachment| attachment["content"].clone()).collect()
}

fn can_be_shown(card: &Value) -> bool {
    card["type"] == "AdaptiveCard" && card["version"].is_string() && card["body"].is_array()
}

fn error(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(status, &json!({"error": {"code": code, "message": message}}))
}
