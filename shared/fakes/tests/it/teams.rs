//! Flows of Teams: what they accept, what they show of it, and when they refuse.
use std::time::Duration;

use fakes::Fakes;
use serde_json::{Value, json};

use crate::post;

const FLOW: &str = "/prod-01.westeurope.logic.azure.com:443/workflows/f1/triggers/manual/paths/invoke?sp=x&sig=secret";
const NEW_FLOW: &str = "/default0.1.environment.api.powerplatform.com/powerautomate/automations/direct/cu/2/workflows/\
                        f2/triggers/manual/paths/invoke?sig=secret";

fn card(text: &str) -> Value {
    json!({"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "TextBlock", "text": text}]})
}

fn wrapped(card: Value) -> Value {
    let attachment =
        json!({"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": null, "content": card});
    json!({"type": "message", "attachments": [attachment]})
}

#[tokio::test]
async fn flow_accepts_either_form_but_shows_the_one_it_was_made_for() {
    let fakes = Fakes::unlimited();
    fakes.set_teams_flow_bare("f2");
    for path in [FLOW, NEW_FLOW] {
        for body in [wrapped(card("wrapped")), card("bare"), json!({"text": "of a connector"})] {
            let answer = post(&fakes, path, &body).await;
            assert_eq!((answer.status, answer.text()), (202, ""));
        }
    }
    let shown = |flow: &str| -> Vec<Value> {
        fakes.teams_cards(flow).into_iter().map(|card| card.content["body"][0]["text"].clone()).collect()
    };
    assert_eq!(shown("f1"), ["wrapped"]);
    assert_eq!(shown("f2"), ["bare"]);
}

#[tokio::test]
async fn more_than_28_kilobytes_is_too_large() {
    let fakes = Fakes::unlimited();
    let overhead = wrapped(card("")).to_string().len();
    let sized = |bytes: usize| wrapped(card(&"x".repeat(bytes - overhead)));
    assert_eq!(post(&fakes, FLOW, &sized(28 * 1024)).await.status, 202);
    assert_eq!(post(&fakes, FLOW, &sized(28 * 1024 + 1)).await.status, 413);
    assert_eq!(fakes.teams_cards("f1").len(), 1);
}

#[tokio::test]
async fn flow_that_was_deleted_is_not_found() {
    let fakes = Fakes::unlimited();
    fakes.delete("f1");
    let gone = post(&fakes, FLOW, &wrapped(card("c"))).await;
    assert_eq!((gone.status, &gone.json()["error"]["code"]), (404, &json!("WorkflowNotFound")));
    assert_eq!(post(&fakes, NEW_FLOW, &wrapped(card("c"))).await.status, 202);
}

#[tokio::test(start_paused = true)]
async fn fifth_run_within_a_second_is_refused() {
    let fakes = Fakes::new();
    for _ in 0..4 {
        assert_eq!(post(&fakes, FLOW, &wrapped(card("c"))).await.status, 202);
    }
    let refused = post(&fakes, FLOW, &wrapped(card("c"))).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "1"));
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(post(&fakes, FLOW, &wrapped(card("c"))).await.status, 202);
    assert_eq!(fakes.teams_cards("f1").len(), 5);
}
