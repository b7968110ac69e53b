//! Slack: limits, inert foreign text, one living message per incident.
use serde_json::{Value, json};
use status::{ids::digest, page_state::HowEnded, words::Event};

use crate::{
    Channel, Handle, Outcome, channel,
    tests::{
        alerts::{
            Case, filled, hostile_texts, json, of_event, opened, resolved, response, scheduled, settings, updated, word,
        },
        contract::{Contract, Limit, Unit, Wrong},
    },
};

const WEBHOOK: &str = "https://hooks.slack.com/services/T0/B0/x";

pub(crate) const CONTRACT: Contract = Contract {
    wrong: &[
        Wrong::new(&[("url", "https://slack.com/wr0ng")], "url", "hooks.slack.com/services/"),
        Wrong::new(&[("url", "https://hooks.slack.com/workflows/T1/x")], "url", "hooks.slack.com/services/"),
        Wrong::new(&[("url", "hooks.slack.com/services/T1")], "url", "hooks.slack.com/services/"),
        Wrong::new(
            &[("url", "https://hooks.example/in"), ("token", "xoxb-1-2"), ("conversation", "C0123456789")],
            "url",
            "not both",
        ),
        Wrong::new(&[("url", "https://hooks.example/in"), ("api", "https://slack.example/api")], "url", "not both"),
        Wrong::new(&[("token", "xoxb-1-2")], "conversation", "#status"),
        Wrong::new(&[("token", "xoxb-1-2"), ("conversation", "two w0rds")], "conversation", "#status"),
        Wrong::new(&[("conversation", "C0123456789")], "token", "`xoxb-`"),
        Wrong::new(&[("token", "xoxp-wr0ng"), ("conversation", "C0123456789")], "token", "`xoxb-`"),
        Wrong::new(&[("token", "xoxb-wr0ng\nx: y"), ("conversation", "C0123456789")], "token", "`xoxb-`"),
        Wrong::new(
            &[("token", "xoxb-1-2"), ("conversation", "C0123456789"), ("api", "https://slack.com/api?wr0ng")],
            "api",
            "https://slack.com/api",
        ),
        Wrong::new(
            &[("token", "xoxb-1-2"), ("conversation", "C0123456789"), ("api", "slack.example")],
            "api",
            "https://slack.com/api",
        ),
    ],
    // <https://docs.slack.dev/reference/block-kit/blocks>; the whole by
    // <https://github.com/slackapi/bolt-js/issues/2509>.
    limits: &[
        Limit::new("", 12_000, Unit::Characters),
        Limit::new("text", 40_000, Unit::Characters),
        Limit::new("blocks", 50, Unit::Items),
        Limit::new("blocks/*/block_id", 255, Unit::Characters),
        Limit::new("blocks/0/text/text", 150, Unit::Characters),
        Limit::new("blocks/*/text/text", 3_000, Unit::Characters),
        Limit::new("blocks/*/elements", 10, Unit::Items),
        Limit::new("elements/*/text", 3_000, Unit::Characters),
    ],
    check: assert_inert,
};

fn slack() -> &'static Channel {
    channel("slack").unwrap()
}

fn bot() -> status::monitor::Settings {
    settings([("token", "xoxb-1-2"), ("conversation", "#status")])
}

fn root() -> Handle {
    let bot = digest(&["xoxb-1-2", "#status"]);
    Handle([("bot", bot.as_str()), ("channel", "C1"), ("ts", "11.22")].map(|(k, v)| (k.into(), v.into())).into())
}

/// Texts of a message by how Slack reads them.
fn texts<'a>(message: &'a Value, kind: &str) -> Vec<&'a str> {
    let mut found = Vec::new();
    for block in message["blocks"].as_array().unwrap() {
        let elements = block["elements"].as_array().into_iter().flatten();
        for text in elements.chain(block.get("text")) {
            if text["type"] == kind {
                found.push(text["text"].as_str().unwrap());
            }
        }
    }
    found
}

/// No text is empty, and no markup is live but ours.
fn assert_inert(case: &Case<'_>) {
    let message = json(&case.request(slack(), &[]));
    for block in message["blocks"].as_array().unwrap() {
        let is_empty = |text: &Value| text["text"].as_str().unwrap().is_empty();
        match block["type"].as_str().unwrap() {
            "header" | "section" => assert!(!is_empty(&block["text"])),
            "context" => assert!(!block["elements"].as_array().unwrap().iter().any(is_empty)),
            other => panic!("{other}"),
        }
    }
    for text in texts(&message, "mrkdwn") {
        for (at, _) in text.match_indices('<') {
            let ours = text[at..].starts_with("<!date^1") || text[at..].starts_with("<https://");
            assert!(ours, "{text}");
        }
        for markup in ["*b*", "_i_", "`", ":tada:", "@here", "evil.example|"] {
            assert!(!text.contains(markup), "{markup} in {text}");
        }
    }
    assert!(!message["text"].as_str().unwrap().contains('<'));
}

#[test]
fn foreign_markup_stands_in_plain_text_only() {
    let soup = &hostile_texts()[1];
    let alert = filled(soup);
    let settings = settings([("url", WEBHOOK)]);
    let message = json(&Case::new(&alert, &settings).request(slack(), &[]));
    assert!(texts(&message, "plain_text").iter().any(|text| text.contains("<!channel>")));
    assert!(texts(&message, "mrkdwn").iter().all(|text| !text.contains("!channel")));
    assert!(message["text"].as_str().unwrap().contains("&lt;!channel&gt;"));
    assert_eq!(message["link_names"], false);
    assert_eq!(message["parse"], "none");
}

#[test]
fn message_names_its_alert() {
    let (alert, settings) = (opened(), settings([("url", WEBHOOK)]));
    let request = Case::new(&alert, &settings).request(slack(), &[]);
    assert_eq!(request.uri(), WEBHOOK);
    assert_eq!(json(&request)["blocks"][0]["block_id"], "alert_opened");
}

#[test]
fn reason_is_told_when_components_are_unknown() {
    let (alert, settings) = (opened(), settings([("url", WEBHOOK)]));
    let mut case = Case::new(&alert, &settings);
    case.unknown = true;
    let message = json(&case.request(slack(), &[])).to_string();
    assert!(message.contains("Sent because your filter fits none of the components"));
}

#[test]
fn notification_says_what_the_message_says() {
    let settings = settings([("url", WEBHOOK)]);
    let text = |alert| json(&Case::new(&alert, &settings).request(slack(), &[]))["text"].clone();
    let mut unlisted = resolved();
    unlisted.how_ended = Some(HowEnded::NoLongerListed);
    assert_eq!(text(unlisted), "⚪ No longer listed – Clerk: Sign-in errors");
    assert_eq!(text(resolved()), "✅ Resolved – Clerk: Sign-in errors · 1 h 12 min");
    let mut again = opened();
    again.incident.episode = 2;
    assert_eq!(text(again), "🔴 Reopened – Clerk: Sign-in errors · Investigating · major");
}

#[test]
fn label_of_a_link_holds_no_markup() {
    let (mut alert, settings) = (opened(), settings([("url", WEBHOOK)]));
    alert.provider_name = "*A* & <B|C> `d` @here :tada: O'Neil".to_owned();
    let message = json(&Case::new(&alert, &settings).request(slack(), &[]));
    let links = texts(&message, "mrkdwn").pop().unwrap();
    assert!(links.ends_with("|A B C d here tada O'Neil's page>"), "{links}");
}

#[test]
fn word_of_a_webhook_decides_whatever_its_status() {
    let (alert, settings) = (opened(), settings([("url", WEBHOOK)]));
    let case = Case::new(&alert, &settings);
    for (status, body, expected) in [
        (200, "ok", "delivered"),
        (200, "ok\n", "delivered"),
        (200, r#"{"ok":true}"#, "delivered"),
        (200, r#"{"success":true}"#, "delivered"),
        (200, "", "refused"),
        (204, "", "refused"),
        (200, "accepted", "refused"),
        (200, r#"{"ok":false}"#, "refused"),
        (200, "no_service", "gone"),
        (200, "<html><body>Sign in to the network</body></html>", "retry"),
        (200, "rate_limited", "retry"),
        (500, "rollup_error", "retry"),
        (404, "no_service", "gone"),
        (404, "channel_not_found", "gone"),
        (404, "<html>not found", "refused"),
        (404, "", "refused"),
        (410, "channel_is_archived", "gone"),
        (403, "action_prohibited", "gone"),
        (403, "invalid_token\n", "gone"),
        (403, "account_inactive", "gone"),
        (403, "<html>some proxy", "refused"),
        (401, "", "refused"),
        (302, "", "refused"),
        (400, "posting_to_general_channel_denied", "gone"),
        (400, "user_not_found", "gone"),
        (400, "some words", "refused"),
        (503, "", "retry"),
    ] {
        assert_eq!(word(&case.outcome(slack(), &[response(status, body)])), expected, "{status} {body}");
    }
}

#[test]
fn message_that_slack_cannot_read_is_sent_once_more_without_blocks() {
    let (alert, webhook) = (opened(), settings([("url", WEBHOOK)]));
    let malformed =
        [(400, "invalid_blocks"), (400, "invalid_payload"), (200, r#"{"ok":false,"error":"msg_too_long"}"#)];
    for (settings, (status, body)) in [&webhook, &bot()].into_iter().flat_map(|it| malformed.map(|said| (it, said))) {
        let case = Case::new(&alert, settings);
        let refused = response(status, body);
        let (rich, plain) =
            (json(&case.request(slack(), &[])), json(&case.request(slack(), std::slice::from_ref(&refused))));
        assert_eq!((plain.get("blocks"), &plain["text"]), (None, &rich["text"]), "{body}");
        assert_eq!(plain.get("channel"), rich.get("channel"));
        let accepted = response(200, r#"{"ok":true,"channel":"C1","ts":"1.2"}"#);
        assert_eq!(word(&case.outcome(slack(), &[refused.clone(), accepted])), "delivered", "{body}");
    }
    let case = Case::new(&alert, &webhook);
    let refused = response(400, "invalid_blocks");
    assert_eq!(word(&case.outcome(slack(), &[refused.clone(), refused])), "rejected");
}

#[test]
fn thread_continues_after_a_message_that_slack_cannot_read() {
    let (alert, settings, handle) = (updated(), bot(), root());
    let case = Case { handle: Some(&handle), ..Case::new(&alert, &settings) };
    let refused = response(200, r#"{"ok":false,"error":"invalid_blocks"}"#);
    let edited = response(200, r#"{"ok":true,"channel":"C1","ts":"11.22"}"#);
    let edit = case.request(slack(), std::slice::from_ref(&refused));
    assert_eq!((edit.uri().path(), json(&edit).get("blocks")), ("/api/chat.update", None));
    let reply = case.request(slack(), &[refused.clone(), edited.clone()]);
    assert_eq!((&json(&reply)["thread_ts"], json(&reply).get("blocks")), (&json!("11.22"), None));
    assert_eq!(case.outcome(slack(), &[refused, edited.clone(), edited]), Outcome::delivered(Some(root())));
}

#[test]
fn bot_posts_the_first_alert_and_keeps_where_it_stands() {
    let (alert, settings) = (opened(), bot());
    let case = Case::new(&alert, &settings);
    let post = case.request(slack(), &[]);
    assert_eq!(post.uri(), "https://slack.com/api/chat.postMessage");
    assert_eq!(post.headers()["authorization"], "Bearer xoxb-1-2");
    assert_eq!(json(&post)["channel"], "#status");
    assert_eq!(json(&post).get("thread_ts"), None);

    let outcome = case.outcome(slack(), &[response(200, r#"{"ok":true,"channel":"C1","ts":"11.22"}"#)]);
    assert_eq!(outcome, Outcome::delivered(Some(root())));
}

#[test]
fn message_of_other_settings_is_left_alone() {
    let (alert, handle) = (updated(), root());
    let moved = settings([("token", "xoxb-1-2"), ("conversation", "#elsewhere")]);
    let mut case = Case::new(&alert, &moved);
    case.handle = Some(&handle);
    let post = case.request(slack(), &[]);
    assert_eq!((post.uri().path(), json(&post)["channel"].as_str()), ("/api/chat.postMessage", Some("#elsewhere")));
}

#[test]
fn bot_edits_the_root_and_then_replies_in_its_thread() {
    let (alert, settings, handle) = (updated(), bot(), root());
    let mut case = Case::new(&alert, &settings);
    case.handle = Some(&handle);

    let edit = case.request(slack(), &[]);
    assert_eq!(edit.uri().path(), "/api/chat.update");
    assert_eq!((&json(&edit)["channel"], &json(&edit)["ts"]), (&json!("C1"), &json!("11.22")));

    let edited = response(200, r#"{"ok":true,"channel":"C1","ts":"11.22"}"#);
    let reply = case.request(slack(), std::slice::from_ref(&edited));
    assert_eq!(reply.uri().path(), "/api/chat.postMessage");
    assert_eq!((&json(&reply)["channel"], &json(&reply)["thread_ts"]), (&json!("C1"), &json!("11.22")));

    let replied = response(200, r#"{"ok":true,"channel":"C1","ts":"33.44"}"#);
    let outcome = case.outcome(slack(), &[edited, replied]);
    assert_eq!(outcome, Outcome::delivered(Some(root())));
}

#[test]
fn only_what_calls_for_attention_is_broadcast() {
    let (settings, handle) = (bot(), root());
    let broadcast = |alert| {
        let mut case = Case::new(&alert, &settings);
        case.handle = Some(&handle);
        json(&case.request(slack(), &[response(200, r#"{"ok":true}"#)]))["reply_broadcast"].clone()
    };
    let mut routine = updated();
    routine.widened = false;
    assert_eq!(broadcast(routine), false);
    for alert in [updated(), resolved(), opened()] {
        assert_eq!(broadcast(alert), true);
    }
}

#[test]
fn every_notice_is_a_message_of_its_own() {
    let (alert, settings, handle) = (of_event(Event::Test), bot(), root());
    let case = Case { handle: Some(&handle), ..Case::new(&alert, &settings) };
    assert_eq!(case.request(slack(), &[]).uri().path(), "/api/chat.postMessage");
}

#[test]
fn deleted_root_gives_way_to_a_new_one() {
    let (alert, settings, handle) = (resolved(), bot(), root());
    let mut case = Case::new(&alert, &settings);
    case.handle = Some(&handle);
    let ok = || response(200, r#"{"ok":true,"channel":"C1","ts":"55.66"}"#);
    let lost = |word: &str| response(200, &format!(r#"{{"ok":false,"error":"{word}"}}"#));
    for responses in [vec![lost("message_not_found")], vec![ok(), lost("cannot_reply_to_message")]] {
        let post = case.request(slack(), &responses);
        assert_eq!(post.uri().path(), "/api/chat.postMessage");
        assert_eq!(json(&post)["channel"], "#status");
        assert_eq!(json(&post).get("thread_ts"), None);
        let Outcome::Delivered { handle: Some(kept), .. } = case.outcome(slack(), &[responses, vec![ok()]].concat())
        else {
            panic!("not delivered")
        };
        assert_eq!(kept.0["ts"], "55.66");
    }
}

#[test]
fn root_that_may_not_be_edited_is_still_replied_to() {
    let (alert, settings, handle) = (updated(), bot(), root());
    let mut case = Case::new(&alert, &settings);
    case.handle = Some(&handle);
    let refused = response(200, r#"{"ok":false,"error":"edit_window_closed"}"#);
    assert_eq!(json(&case.request(slack(), &[refused]))["thread_ts"], "11.22");
}

#[test]
fn refusal_with_status_200_is_read_from_the_body() {
    let (alert, settings) = (opened(), bot());
    let case = Case::new(&alert, &settings);
    for (body, expected) in [
        (r#"{"ok":false,"error":"ratelimited"}"#, "retry"),
        (r#"{"ok":false,"error":"internal_error"}"#, "retry"),
        (r#"{"ok":false,"error":"is_archived"}"#, "gone"),
        (r#"{"ok":false,"error":"token_revoked"}"#, "gone"),
        (r#"{"ok":false,"error":"not_in_channel"}"#, "gone"),
        (r#"{"ok":false,"error":"something_new"}"#, "refused"),
        (r#"{"ok":false}"#, "refused"),
        ("ok", "refused"),
        ("<html>log in", "retry"),
    ] {
        assert_eq!(word(&case.outcome(slack(), &[response(200, body)])), expected, "{body}");
    }
}

#[test]
fn typical_messages() {
    let settings = settings([("url", WEBHOOK)]);
    for (name, alert) in [
        ("slack_opened", opened()),
        ("slack_updated", updated()),
        ("slack_resolved", resolved()),
        ("slack_scheduled", scheduled()),
        ("slack_disabled", of_event(Event::Disabled)),
    ] {
        let message = json(&Case::new(&alert, &settings).request(slack(), &[]));
        insta::assert_snapshot!(name, serde_json::to_string_pretty(&message).unwrap());
    }
}
