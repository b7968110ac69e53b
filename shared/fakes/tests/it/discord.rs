//! Discord's limits on a message, its rate for each webhook and the headers that tell of it, edits, threads and what
//! it says of what is gone.
use std::time::Duration;

use fakes::Fakes;
use serde_json::{Value, json};

use crate::{Answer, ask, post};

const HOOK: &str = "/discord.com/api/webhooks/123/secret";

async fn edit(fakes: &Fakes, id: &str, body: &Value) -> Answer {
    let json = [("content-type", "application/json")];
    ask(fakes, "PATCH", &format!("{HOOK}/messages/{id}"), &json, body.to_string()).await
}

async fn get(fakes: &Fakes, path: &str) -> Answer {
    ask(fakes, "GET", path, &[], String::new()).await
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of limits")]
async fn messages_at_their_limits_pass_and_one_more_is_refused_by_its_place() {
    let fakes = Fakes::unlimited();
    let text = |length: usize| "é".repeat(length);
    let embed = |embed: Value| json!({"embeds": [embed]});
    let fields = |number: usize, name: usize, value: usize| {
        embed(json!({"fields": vec![json!({"name": text(name), "value": text(value)}); number]}))
    };
    let embeds = |number: usize| json!({"embeds": vec![json!({"title": "t"}); number]});
    let total = |more: usize| json!({"embeds": [{"description": text(4_000)}, {"description": text(2_000 + more)}]});
    let long = "BASE_TYPE_MAX_LENGTH";
    for (fits, does_not, place, code) in [
        (json!({"content": text(2_000)}), json!({"content": text(2_001)}), "/content", long),
        (
            json!({"content": "c", "username": text(80)}),
            json!({"content": "c", "username": text(81)}),
            "/username",
            long,
        ),
        (
            json!({"content": "c", "username": "status"}),
            json!({"content": "c", "username": "Discord status"}),
            "/username",
            "USERNAME_INVALID_CONTAINS",
        ),
        (embeds(10), embeds(11), "/embeds", long),
        (total(0), total(1), "/embeds", "MAX_EMBED_SIZE_EXCEEDED"),
        (embed(json!({"title": text(256)})), embed(json!({"title": text(257)})), "/embeds/0/title", long),
        (
            embed(json!({"description": text(4_096)})),
            embed(json!({"description": text(4_097)})),
            "/embeds/0/description",
            long,
        ),
        (
            embed(json!({"footer": {"text": text(2_048)}})),
            embed(json!({"footer": {"text": text(2_049)}})),
            "/embeds/0/footer/text",
            long,
        ),
        (
            embed(json!({"author": {"name": text(256)}})),
            embed(json!({"author": {"name": text(257)}})),
            "/embeds/0/author/name",
            long,
        ),
        (fields(25, 1, 1), fields(26, 1, 1), "/embeds/0/fields", long),
        (fields(1, 256, 1_024), fields(1, 257, 1_024), "/embeds/0/fields/0/name", long),
        (fields(1, 256, 1_024), fields(1, 256, 1_025), "/embeds/0/fields/0/value", long),
        (fields(1, 1, 1), fields(1, 1, 0), "/embeds/0/fields/0/value", "BASE_TYPE_REQUIRED"),
        (
            embed(json!({"title": "t", "url": "https://example.com"})),
            embed(json!({"title": "t", "url": "javascript:1"})),
            "/embeds/0/url",
            "URL_TYPE_INVALID_SCHEME",
        ),
        (
            embed(json!({"title": "t", "color": 0xff_ffff})),
            embed(json!({"title": "t", "color": 0x100_0000})),
            "/embeds/0/color",
            "NUMBER_TYPE_MAX",
        ),
        (
            embed(json!({"title": "t", "timestamp": "2026-08-06T14:00:00Z"})),
            embed(json!({"title": "t", "timestamp": "yesterday"})),
            "/embeds/0/timestamp",
            "DATE_TIME_TYPE_PARSE",
        ),
    ] {
        assert_eq!(post(&fakes, HOOK, &fits).await.status, 204, "{fits}");
        let refused = post(&fakes, HOOK, &does_not).await;
        let said = refused.json();
        assert_eq!((refused.status, &said["code"]), (400, &json!(50_035)), "{does_not}");
        assert_eq!(said["errors"].pointer(place).unwrap()["_errors"][0]["code"], code, "{said}");
    }
    assert_eq!(post(&fakes, HOOK, &json!({"content": ""})).await.json()["code"], 50_006);
    assert_eq!(fakes.discord_messages().len(), 16, "nothing refused is shown");
}

#[tokio::test]
async fn message_is_told_when_it_is_waited_for_and_may_be_edited_read_and_deleted() {
    let fakes = Fakes::unlimited();
    let silent = post(&fakes, HOOK, &json!({"content": "first"})).await;
    assert_eq!((silent.status, silent.text()), (204, ""));
    let told = post(&fakes, &format!("{HOOK}?wait=true"), &json!({"content": "second"})).await;
    assert_eq!(told.status, 200);
    let message = told.json();
    assert_eq!((&message["webhook_id"], &message["content"]), (&json!("123"), &json!("second")));
    let id = message["id"].as_str().unwrap();

    let edited = edit(&fakes, id, &json!({"embeds": [{"title": "t"}]})).await.json();
    assert_eq!((&edited["id"], &edited["content"]), (&json!(id), &json!("second")), "what is not named stays");
    assert_eq!(edit(&fakes, id, &json!({"content": "x".repeat(2_001)})).await.status, 400);
    assert_eq!(get(&fakes, &format!("{HOOK}/messages/{id}")).await.json()["embeds"][0]["title"], "t");
    assert_eq!(fakes.discord_messages()[1].edits, 1);
    assert_eq!(ask(&fakes, "DELETE", &format!("{HOOK}/messages/{id}"), &[], String::new()).await.status, 204);
    let unknown = edit(&fakes, id, &json!({"content": "third"})).await;
    assert_eq!((unknown.status, &unknown.json()["code"]), (404, &json!(10_008)));
}

#[tokio::test]
async fn message_of_a_thread_is_found_in_that_thread_only() {
    let fakes = Fakes::unlimited();
    let posted = post(&fakes, &format!("{HOOK}?wait=true&thread_id=77"), &json!({"content": "c"})).await.json();
    assert_eq!(posted["channel_id"], "77");
    let id = posted["id"].as_str().unwrap();
    assert_eq!(edit(&fakes, id, &json!({"content": "d"})).await.json()["code"], 10_008);
    assert_eq!(edit(&fakes, &format!("{id}?thread_id=77"), &json!({"content": "d"})).await.status, 200);
    fakes.delete("77");
    let gone = post(&fakes, &format!("{HOOK}?thread_id=77"), &json!({"content": "c"})).await;
    assert_eq!((gone.status, &gone.json()["code"]), (404, &json!(10_003)));
}

#[tokio::test]
async fn webhook_that_is_gone_or_has_another_token_is_refused() {
    let fakes = Fakes::unlimited();
    assert_eq!(get(&fakes, HOOK).await.json()["id"], "123");
    let wrong = post(&fakes, "/discord.com/api/webhooks/123/guess", &json!({"content": "c"})).await;
    assert_eq!((wrong.status, &wrong.json()["code"]), (401, &json!(50_027)));
    fakes.delete("123");
    for path in [HOOK, "/canary.discord.com/api/v10/webhooks/123/secret"] {
        let gone = post(&fakes, path, &json!({"content": "c"})).await;
        assert_eq!((gone.status, &gone.json()["code"]), (404, &json!(10_015)));
    }
}

#[tokio::test]
async fn everyone_is_notified_unless_the_message_forbids_it() {
    let fakes = Fakes::unlimited();
    for (body, notified) in [
        (json!({"content": "@everyone"}), true),
        (json!({"content": "@here", "allowed_mentions": {"parse": ["everyone"]}}), true),
        (json!({"content": "@everyone", "allowed_mentions": {"parse": []}}), false),
        (json!({"content": "everyone"}), false),
    ] {
        post(&fakes, HOOK, &body).await;
        assert_eq!(fakes.discord_messages().last().unwrap().mentions_everyone, notified, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn sixth_request_within_two_seconds_is_refused_and_every_answer_tells_the_rate() {
    let fakes = Fakes::new();
    let message = json!({"content": "c"});
    for remaining in ["4", "3", "2", "1", "0"] {
        let answer = post(&fakes, HOOK, &message).await;
        assert_eq!(answer.status, 204);
        assert_eq!((answer.header("x-ratelimit-limit"), answer.header("x-ratelimit-remaining")), ("5", remaining));
        assert_eq!(answer.header("x-ratelimit-bucket").len(), 32);
    }
    tokio::time::advance(Duration::from_millis(500)).await;
    let refused = post(&fakes, HOOK, &message).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "2"));
    assert_eq!(refused.header("x-ratelimit-reset-after"), "1.500");
    assert!(refused.header("x-ratelimit-reset").parse::<f64>().unwrap() > 1e9);
    assert_eq!(refused.header("x-ratelimit-scope"), "user");
    let said = refused.json();
    assert_eq!((&said["retry_after"], &said["global"]), (&json!(1.5), &json!(false)));
    assert!(said["message"].is_string());

    let other = post(&fakes, "/discord.com/api/webhooks/124/secret", &message).await;
    assert_eq!(other.header("x-ratelimit-remaining"), "4", "each has its own rate");
    tokio::time::advance(Duration::from_millis(1_500)).await;
    assert_eq!(post(&fakes, HOOK, &message).await.header("x-ratelimit-remaining"), "4");
    let unknown = edit(&fakes, "1", &message).await;
    assert_eq!((unknown.status, unknown.header("x-ratelimit-remaining")), (404, "3"));
}
