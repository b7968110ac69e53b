//! Slack's limits on blocks, its rate for each conversation, threads, edits and what it says of what is gone.
use std::time::Duration;

use fakes::{Fakes, Fault, Limit, Rate, Reply};
use serde_json::{Value, json};

use crate::{Answer, ask, post};

const HOOK: &str = "/hooks.slack.com/services/T0/B0/secret";
const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");

async fn call(fakes: &Fakes, method: &str, body: &Value) -> Answer {
    let headers = [JSON, ("authorization", "Bearer xoxb-1")];
    ask(fakes, "POST", &format!("/slack.com/api/{method}"), &headers, body.to_string()).await
}

/// Of a call that Slack answers with 200.
async fn said(fakes: &Fakes, method: &str, body: &Value) -> Value {
    let answer = call(fakes, method, body).await;
    assert_eq!(answer.status, 200);
    answer.json()
}

fn with_blocks(blocks: Vec<Value>) -> Value {
    json!({"channel": "#status", "text": "t", "blocks": blocks})
}

fn header(length: usize) -> Value {
    json!({"type": "header", "text": {"type": "plain_text", "text": "é".repeat(length)}})
}

fn section(length: usize) -> Value {
    json!({"type": "section", "text": {"type": "mrkdwn", "text": "é".repeat(length)}})
}

fn context(number: usize) -> Value {
    json!({"type": "context", "elements": vec![json!({"type": "mrkdwn", "text": "x"}); number]})
}

fn button(text: usize, url: usize) -> Value {
    let text = json!({"type": "plain_text", "text": "x".repeat(text)});
    json!({"type": "actions", "elements": [{"type": "button", "text": text, "url": "x".repeat(url)}]})
}

#[tokio::test]
async fn blocks_at_their_limits_pass_and_one_more_is_refused() {
    let fakes = Fakes::unlimited();
    let fields = |number: usize, length: usize| {
        let field = json!({"type": "mrkdwn", "text": "x".repeat(length)});
        json!({"type": "section", "fields": vec![field; number]})
    };
    let id = |length: usize| json!({"type": "divider", "block_id": "x".repeat(length)});
    let divider = || json!({"type": "divider"});
    for (fits, does_not) in [
        (vec![header(150)], vec![header(151)]),
        (vec![section(3_000)], vec![section(3_001)]),
        (vec![section(1)], vec![section(0)]),
        (vec![context(10)], vec![context(11)]),
        (vec![context(1)], vec![context(0)]),
        (vec![fields(10, 900)], vec![fields(11, 900)]),
        (vec![fields(1, 2_000)], vec![fields(1, 2_001)]),
        (vec![button(75, 3_000)], vec![button(76, 3_000)]),
        (vec![button(75, 3_000)], vec![button(75, 3_001)]),
        (vec![id(255)], vec![id(256)]),
        (vec![id(1)], vec![id(1), id(1)]),
        (vec![divider(); 50], vec![divider(); 51]),
        (vec![divider()], vec![json!({"type": "marquee"})]),
    ] {
        assert_eq!(said(&fakes, "chat.postMessage", &with_blocks(fits.clone())).await["ok"], true, "{fits:?}");
        let refused = said(&fakes, "chat.postMessage", &with_blocks(does_not.clone())).await;
        assert_eq!((&refused["ok"], &refused["error"]), (&json!(false), &json!("invalid_blocks")), "{does_not:?}");
        assert!(refused["errors"][0].as_str().unwrap().contains("[json-pointer:/blocks"), "{refused}");
        let by_webhook = post(&fakes, HOOK, &with_blocks(does_not)).await;
        assert_eq!((by_webhook.status, by_webhook.text()), (400, "invalid_blocks"));
    }
    assert_eq!(fakes.slack_posts().len(), 13, "nothing refused is shown");
}

#[tokio::test]
async fn blocks_that_are_too_much_together_are_refused() {
    let fakes = Fakes::unlimited();
    assert_eq!(said(&fakes, "chat.postMessage", &with_blocks(vec![section(3_000); 4])).await["ok"], true);
    let refused = said(&fakes, "chat.postMessage", &with_blocks(vec![section(2_700); 5])).await;
    assert_eq!(refused["error"], "msg_blocks_too_long");
}

#[tokio::test]
async fn text_is_cut_and_must_not_be_missing() {
    let fakes = Fakes::unlimited();
    let long = json!({"channel": "#status", "text": "x".repeat(40_001)});
    assert_eq!(said(&fakes, "chat.postMessage", &long).await["ok"], true);
    assert_eq!(fakes.slack_posts()[0].text.len(), 40_000);
    assert_eq!(said(&fakes, "chat.postMessage", &json!({"channel": "#status"})).await["error"], "no_text");
    assert_eq!(post(&fakes, HOOK, &json!({})).await.text(), "no_text");
    assert_eq!(post(&fakes, HOOK, &json!([])).await.text(), "invalid_payload");
}

#[tokio::test(start_paused = true)]
async fn conversation_takes_one_message_a_second_after_a_burst() {
    let fakes = Fakes::new();
    let message = json!({"channel": "#status", "text": "t"});
    for _ in 0..3 {
        assert_eq!(said(&fakes, "chat.postMessage", &message).await["ok"], true);
    }
    let refused = call(&fakes, "chat.postMessage", &message).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "1"));
    assert_eq!(refused.json(), json!({"ok": false, "error": "ratelimited"}));
    let other = json!({"channel": "#other", "text": "t"});
    assert_eq!(said(&fakes, "chat.postMessage", &other).await["ok"], true, "each has its own rate");
    for _ in 0..10 {
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(said(&fakes, "chat.postMessage", &message).await["ok"], true);
    }
    assert_eq!(call(&fakes, "chat.postMessage", &message).await.status, 429);
}

#[tokio::test(start_paused = true)]
async fn webhook_takes_one_message_a_second_after_a_burst() {
    let fakes = Fakes::new();
    for _ in 0..3 {
        assert_eq!(post(&fakes, HOOK, &json!({"text": "t"})).await.text(), "ok");
    }
    let refused = post(&fakes, HOOK, &json!({"text": "t"})).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "1"));
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(post(&fakes, HOOK, &json!({"text": "t"})).await.status, 200);
    assert_eq!(fakes.slack_posts().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn edits_have_a_limit_of_their_own() {
    let fakes = Fakes::new();
    let posted = said(&fakes, "chat.postMessage", &json!({"channel": "#status", "text": "t"})).await;
    let edit = json!({"channel": posted["channel"], "ts": posted["ts"], "text": "new"});
    for _ in 0..50 {
        assert_eq!(said(&fakes, "chat.update", &edit).await["ok"], true);
    }
    assert_eq!(call(&fakes, "chat.update", &edit).await.header("retry-after"), "2");
    fakes.limit(Limit::SLACK_EDITS, Some(Rate::window(1, Duration::from_secs(9))));
    assert_eq!(said(&fakes, "chat.update", &edit).await["ok"], true);
    assert_eq!(call(&fakes, "chat.update", &edit).await.header("retry-after"), "9");
    fakes.limit(Limit::SLACK_EDITS, None);
    assert_eq!(said(&fakes, "chat.update", &edit).await["ok"], true);
}

#[tokio::test]
async fn thread_and_edit_need_the_message_and_its_conversation_by_id() {
    let fakes = Fakes::unlimited();
    let root = said(&fakes, "chat.postMessage", &json!({"channel": "#status", "text": "root"})).await;
    let (channel, ts) = (&root["channel"], &root["ts"]);
    let reply = json!({"channel": channel, "text": "reply", "thread_ts": ts, "reply_broadcast": true});
    assert_eq!(said(&fakes, "chat.postMessage", &reply).await["message"]["thread_ts"], *ts);
    let edit = json!({"channel": channel, "ts": ts, "text": "edited"});
    assert_eq!(said(&fakes, "chat.update", &edit).await["ts"], *ts);
    let by_name = json!({"channel": "#status", "ts": ts, "text": "edited"});
    assert_eq!(said(&fakes, "chat.update", &by_name).await["error"], "channel_not_found");

    let posts = fakes.slack_posts();
    assert_eq!((&*posts[0].text, posts[0].edits, posts[0].broadcast), ("edited", 1, false));
    assert_eq!((posts[1].thread.as_deref(), posts[1].broadcast), (ts.as_str(), true));

    fakes.delete_slack_post(ts.as_str().unwrap());
    assert_eq!(said(&fakes, "chat.update", &edit).await["error"], "message_not_found");
    assert_eq!(said(&fakes, "chat.postMessage", &reply).await["error"], "cannot_reply_to_message");
}

#[tokio::test]
async fn what_is_gone_or_unknown_is_named() {
    let fakes = Fakes::unlimited();
    let message = json!({"channel": "#status", "text": "t"});
    let posted = said(&fakes, "chat.postMessage", &message).await;
    fakes.delete("#status");
    assert_eq!(said(&fakes, "chat.postMessage", &message).await["error"], "channel_not_found");
    let by_id = json!({"channel": posted["channel"], "text": "t"});
    assert_eq!(said(&fakes, "chat.postMessage", &by_id).await["error"], "channel_not_found");
    fakes.restore("#status");
    assert_eq!(said(&fakes, "chat.postMessage", &message).await["ok"], true);

    fakes.delete("xoxb-1");
    assert_eq!(said(&fakes, "chat.postMessage", &message).await["error"], "token_revoked");
    let (path, body) = ("/slack.com/api/chat.postMessage", message.to_string());
    assert_eq!(ask(&fakes, "POST", path, &[JSON], body.clone()).await.json()["error"], "not_authed");
    let wrong = [JSON, ("authorization", "Bearer sesame")];
    assert_eq!(ask(&fakes, "POST", path, &wrong, body.clone()).await.json()["error"], "invalid_auth");
    assert_eq!(said(&fakes, "chat.scream", &message).await["error"], "unknown_method");

    fakes.delete("/services/T0/B0/secret");
    let refused = post(&fakes, HOOK, &message).await;
    assert_eq!((refused.status, refused.text()), (404, "no_service"));
}

#[tokio::test]
async fn workspace_of_ones_own_knows_no_other_token_and_conversation() {
    let fakes = Fakes::unlimited();
    fakes.set_slack_workspace(&["xoxb-1"], &[("C0123456789", "#status")]);
    let to = |channel: &str| json!({"channel": channel, "text": "t"});
    for name in ["#status", "status", "C0123456789"] {
        assert_eq!(said(&fakes, "chat.postMessage", &to(name)).await["channel"], "C0123456789");
    }
    assert_eq!(said(&fakes, "chat.postMessage", &to("#other")).await["error"], "channel_not_found");
    fakes.set_slack_workspace(&["xoxb-2"], &[("C0123456789", "#status")]);
    assert_eq!(said(&fakes, "chat.postMessage", &to("#status")).await["error"], "invalid_auth");
}

#[tokio::test]
async fn refusals_may_be_planned_for_a_conversation_by_its_name() {
    let fakes = Fakes::unlimited();
    fakes.set_faults_at("#status", [Fault::None, Reply::slack_error("is_archived").into()]);
    let message = json!({"channel": "#status", "text": "t"});
    let other = json!({"channel": "#other", "text": "t"});
    assert_eq!(said(&fakes, "chat.postMessage", &message).await["ok"], true);
    assert_eq!(said(&fakes, "chat.postMessage", &other).await["ok"], true);
    assert_eq!(said(&fakes, "chat.postMessage", &message).await["error"], "is_archived");
    assert_eq!(said(&fakes, "chat.postMessage", &message).await["ok"], true);
    assert_eq!(fakes.received_at("#status").len(), 3);
}
