//! Microsoft Teams, through flows with the trigger "When a Teams webhook request is received". A flow answers 202 as
//! soon as it was started, so a card that it cannot post is accepted and never seen. What it wants is described at
//! <https://learn.microsoft.com/en-us/microsoftteams/service/webhooks-and-connectors/how-to/connectors-using>.
use std::collections::{HashSet, VecDeque};

use http::Method;
use serde_json::{Value, json};

use crate::{
    Fakes, Reply, World,
    exchange::Call,
    log,
    rate::{Limit, whole_seconds},
};

/// Of a message, in bytes: <https://github.com/MicrosoftDocs/msteams-docs/issues/11274>.
const MOST_BYTES: usize = 28 * 1024;
const CARD: &str = "application/vnd.microsoft.card.adaptive";

/// A card that was shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    pub flow: String,
    pub content: Value,
}

#[derive(Default)]
pub(crate) struct Flows {
    cards: VecDeque<Card>,
    /// Flows that want the card itself, not a message that has it attached.
    bare: HashSet<String>,
}

impl Fakes {
    /// What a flow (its id) showed, oldest first.
    pub fn teams_cards(&self, flow: &str) -> Vec<Card> {
        self.world().teams.cards.iter().filter(|card| card.flow == flow).cloned().collect()
    }

    /// The flow was made from a template that wants a bare card, as in
    /// <https://github.com/optimizely/react-sdk/issues/351>. Others want a message with attachments.
    pub fn set_teams_flow_bare(&self, flow: &str) {
        self.world().teams.bare.insert(flow.to_owned());
    }
}

/// The path and the flow's id.
pub(crate) fn names(call: &Call) -> Vec<String> {
    std::iter::once(call.path.clone()).chain(flow(&call.path).map(str::to_owned)).collect()
}

/// Of `.../workflows/{id}/triggers/manual/paths/invoke`; before that there may be more, by where the flow runs.
fn flow(path: &str) -> Option<&str> {
    let (_, rest) = path.split_once("/workflows/")?;
    rest.strip_suffix("/triggers/manual/paths/invoke").filter(|id| !id.is_empty() && !id.contains('/'))
}

pub(crate) fn answer(world: &mut World, call: &Call, names: &[String], kept: usize) -> Reply {
    let Some(flow) = flow(&call.path).filter(|_| !world.is_gone(names)) else {
        return error(404, "WorkflowNotFound", "The workflow could not be found.");
    };
    if call.method != Method::POST {
        return error(405, "MethodNotAllowed", "The trigger takes POST only.").with("allow", "POST");
    }
    if let Some(wait) = world.rates.refuses(Limit::TeamsRuns, flow, 1) {
        let refusal = error(429, "TooManyRequests", "The workflow was started too often.");
        return refusal.with("retry-after", whole_seconds(wait));
    }
    if call.body.len() > MOST_BYTES {
        return error(413, "RequestEntityTooLarge", "The message is larger than 28 KB.");
    }
    let Ok(body) = serde_json::from_slice::<Value>(&call.body) else {
        return error(400, "InvalidRequestContent", "The request content is not valid JSON.");
    };
    let cards = if world.teams.bare.contains(flow) { vec![body] } else { attached(&body) };
    for content in cards.into_iter().filter(can_be_shown) {
        log::push(&mut world.teams.cards, Card { flow: flow.to_owned(), content }, kept);
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
