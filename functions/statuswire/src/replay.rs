//! The replay: the Clerk incident of 10 March 2026 as a real incident.io page of this very process, advancing every few
//! seconds, so that a first start shows an incident from end to end without internet. What happened, when, and to which
//! components is fact; the words are ours. One of its eight components is never named as recovered.
use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};
use status::provider::Provider;
use store::AccountSettings;

/// The settings of the replay belong to an account of their own.
pub const ACCOUNT: &str = "replay";
/// Between two posts of the vendor; the real ones were 7 to 52 minutes apart.
const STEP: Duration = Duration::from_secs(6);
pub(crate) const PAGE_ID: &str = "clerk-replay";
const INTERVAL: Duration = Duration::from_secs(2);
/// Signs what goes to the built-in receiver, which shows everything anyway: no secret.
const RECEIVER_SECRET: &str = "whsec_c3RhdHVzd2lyZS1yZXBsYXktcmVjZWl2ZXIta2V5";

/// The first, machine authentication, is the one that the last two updates leave out.
const COMPONENTS: [&str; 8] = [
    "Machine authentication",
    "Webhooks",
    "B2B SaaS",
    "Email delivery",
    "SMS delivery",
    "User and authentication",
    "Billing",
    "Session management",
];

struct Post {
    at: &'static str,
    phase: &'static str,
    text: &'static str,
    /// Of the components, from the end of the list.
    named: usize,
    status: &'static str,
}

const POSTS: [Post; 5] = [
    Post {
        at: "2026-03-10T15:53:00Z",
        phase: "investigating",
        text: "Some requests take longer than they should, across most products. We are looking for the reason.",
        named: 8,
        status: "degraded_performance",
    },
    Post {
        at: "2026-03-10T16:17:00Z",
        phase: "investigating",
        text: "The slow requests go on. We have found where the time is lost, but not yet why.",
        named: 8,
        status: "degraded_performance",
    },
    Post {
        at: "2026-03-10T16:24:00Z",
        phase: "investigating",
        text: "We are trying a first remedy. The same products are affected as before.",
        named: 8,
        status: "degraded_performance",
    },
    Post {
        at: "2026-03-10T16:34:00Z",
        phase: "monitoring",
        text: "The remedy helps: response times are back to normal. We keep watching.",
        named: 7,
        status: "operational",
    },
    Post {
        at: "2026-03-10T17:26:00Z",
        phase: "resolved",
        text: "Everything has been normal for a while. The incident is over.",
        named: 7,
        status: "operational",
    },
];

/// The page as it stands now. The incident has an id of its own at each start: it is another incident each time.
pub struct Replay {
    incident: String,
    /// Calm until somebody looks, so that the first read is a quiet baseline.
    first_seen: OnceLock<Instant>,
}

impl Replay {
    pub fn new(start: jiff::Timestamp) -> Self {
        Self { incident: format!("01CLERK{:019}", start.as_millisecond()), first_seen: OnceLock::new() }
    }

    /// How many of the posts are out.
    fn posted(&self) -> usize {
        let since = self.first_seen.get_or_init(Instant::now).elapsed();
        ((since.as_secs_f64() / STEP.as_secs_f64()) as usize).min(POSTS.len())
    }
}

/// A mailbox that exists on the pretend mail server only.
pub const MAILBOX: &str = "you@example.invalid";

/// What the replay needs to be watched like any other page: the page, a monitor, a group and a destination on each of the
/// pretend fakes; mail only where it goes to the pretend mail server.
pub fn settings(base: &str, with_mail: bool) -> AccountSettings {
    use status::monitor::{ComponentFilter, Destination, Group, Monitor, Scope, Settings, WhenUnknown};
    use status::words::{Event, Severity};

    let destination = |id: &str, channel: &str, settings: &[(&str, String)]| Destination {
        id: id.into(),
        account: ACCOUNT.into(),
        channel: channel.to_owned(),
        settings: Settings(settings.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()),
    };
    let pretend = |path: &str| format!("{base}/pretend/{path}");
    let mut destinations = vec![
        destination(
            "replay-discord",
            "discord",
            &[("url", pretend("discord/api/webhooks/1000000000000000001/replay"))],
        ),
        destination(
            "replay-slack",
            "slack",
            &[
                ("token", "xoxb-replay".to_owned()),
                ("conversation", "#vendor-status".to_owned()),
                ("api", pretend("slack/api")),
            ],
        ),
        destination(
            "replay-teams",
            "teams",
            &[("url", pretend("teams/workflows/replay/triggers/manual/paths/invoke?sig=replay"))],
        ),
        destination(
            "replay-webhook",
            "webhook",
            &[("url", pretend("webhook/replay")), ("secret", RECEIVER_SECRET.to_owned())],
        ),
    ];
    if with_mail {
        destinations.push(destination("replay-email", "email", &[("address", MAILBOX.to_owned())]));
    }
    AccountSettings {
        pages: vec![page(base)],
        groups: vec![Group {
            id: "replay".into(),
            account: ACCOUNT.into(),
            destinations: destinations.iter().map(|destination| destination.id.clone()).collect(),
            severities: vec![Severity::Major, Severity::Minor],
            events: vec![Event::Opened, Event::Updated, Event::Resolved],
            scope: Scope::All,
        }],
        monitors: vec![Monitor {
            id: "replay".into(),
            account: ACCOUNT.into(),
            provider: PAGE_ID.into(),
            components: ComponentFilter::All,
            unknown: WhenUnknown::Tell,
        }],
        destinations,
    }
}

pub fn page(base: &str) -> Provider {
    Provider {
        id: PAGE_ID.into(),
        name: "Clerk (replay)".to_owned(),
        page_url: format!("{base}/replay/clerk"),
        format: Some("incidentio".to_owned()),
        interval: Some(INTERVAL),
    }
}

pub fn router(replay: Arc<Replay>) -> Router {
    Router::new()
        .route("/replay/clerk/proxy/{host}", get(summary))
        .route("/replay/clerk/proxy/{host}/incidents", get(history))
        .route("/replay/clerk/proxy/{host}/incidents/{id}", get(one))
        .with_state(replay)
}

async fn summary(State(replay): State<Arc<Replay>>) -> Json<Value> {
    Json(document(&replay.incident, replay.posted()))
}

async fn history(State(replay): State<Arc<Replay>>) -> Json<Value> {
    let posted = replay.posted();
    let incidents: Vec<Value> = (posted > 0).then(|| incident(&replay.incident, posted)).into_iter().collect();
    Json(json!({ "incidents": incidents }))
}

async fn one(State(replay): State<Arc<Replay>>, Path((_, id)): Path<(String, String)>) -> Response {
    let posted = replay.posted();
    if id != replay.incident || posted == 0 {
        return StatusCode::NOT_FOUND.into_response();
    }
    Json(json!({ "incident": incident(&id, posted) })).into_response()
}

fn component_id(number: usize) -> String {
    format!("01CLERKCOMPONENT{number:010}")
}

fn document(id: &str, posted: usize) -> Value {
    let open = (1..POSTS.len()).contains(&posted);
    let ongoing: Vec<Value> = open.then(|| incident(id, posted)).into_iter().collect();
    // What the page itself says of its components: impaired until the post that names them as well; the forgotten one
    // until the end.
    let impaired = match posted {
        1..=3 => 0..8,
        4 => 0..1,
        _ => 0..0,
    };
    let components = || COMPONENTS.iter().enumerate();
    json!({"summary": {
        "id": "01CLERKPAGE000000000000000",
        "name": "Clerk",
        "subpath": "",
        "public_url": "https://status.clerk.com",
        "components": components()
            .map(|(n, name)| json!({"id": component_id(n), "name": name, "status_page_id": "01CLERKPAGE000000000000000"}))
            .collect::<Vec<_>>(),
        "affected_components": impaired
            .map(|n| json!({"component_id": component_id(n), "status": "degraded_performance"}))
            .collect::<Vec<_>>(),
        "ongoing_incidents": ongoing,
        "scheduled_maintenances": [],
        "in_progress_maintenances": [],
        "structure": {"id": "01CLERKSTRUCTURE0000000000", "status_page_id": "01CLERKPAGE000000000000000", "items": components()
            .map(|(n, name)| json!({"component": {"component_id": component_id(n), "name": name, "hidden": false}}))
            .collect::<Vec<_>>()},
        "expose_status_summary_api": false,
    }})
}

fn incident(id: &str, posted: usize) -> Value {
    let posts = &POSTS[..posted];
    let updates: Vec<Value> = posts
        .iter()
        .enumerate()
        .map(|(number, post)| {
            let named: Vec<Value> = (COMPONENTS.len() - post.named..COMPONENTS.len())
                .map(|n| json!({"component_id": component_id(n), "status": post.status}))
                .collect();
            json!({
                "id": format!("{}{number}", &id[..25]),
                "published_at": post.at,
                "to_status": post.phase,
                "message_string": post.text,
                "component_statuses": named,
                "automated_update": false,
            })
        })
        .collect();
    let phase = posts.last().map_or("investigating", |post| post.phase);
    let affected: Vec<Value> = (0..COMPONENTS.len())
        .map(|n| json!({"component_id": component_id(n), "status": "degraded_performance", "current_status": "operational"}))
        .collect();
    json!({
        "id": id,
        "name": "Slow requests across most products",
        "type": "incident",
        "status": phase,
        "status_page_id": "01CLERKPAGE000000000000000",
        "published_at": POSTS[0].at,
        "updates": updates,
        "component_impacts": [],
        "status_summaries": [],
        "affected_components": affected,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(document: &Value, update: usize) -> usize {
        document["summary"]["ongoing_incidents"][0]["updates"][update]["component_statuses"].as_array().unwrap().len()
    }

    #[test]
    fn seven_of_eight_components_are_named_as_recovered() {
        let document = document("01CLERK0000000000000000001", 4);
        let counts: Vec<usize> = (0..4).map(|update| named(&document, update)).collect();
        assert_eq!(counts, [8, 8, 8, 7]);
        assert_eq!(document["summary"]["affected_components"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn page_is_calm_before_the_first_post_and_after_the_last() {
        for posted in [0, POSTS.len()] {
            let document = document("01CLERK0000000000000000001", posted);
            assert!(document["summary"]["ongoing_incidents"].as_array().unwrap().is_empty());
            assert!(document["summary"]["affected_components"].as_array().unwrap().is_empty());
        }
    }
}
