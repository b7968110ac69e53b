//! Discord: limits, inert foreign text, one living message per incident, rate headers.
mod responses;

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method};
use serde_json::{Value, json};
use status::{alert::Alert, monitor::Settings, words::Event};

use crate::{
    Channel, Handle, Outcome, Response, Step, channel, check_settings,
    tests::{
        alerts::{
            Case, filled, hostile_texts, json, of_event, opened, resolved, response, scheduled, settings, updated, word,
        },
        contract::{Contract, Limit, Unit, Wrong},
    },
};

const WEBHOOK: &str = "https://discord.com/api/webhooks/11/token";

pub(crate) const CONTRACT: Contract = Contract {
    wrong: &[
        Wrong::new(&[("url", "https://discord.com/channels/1/wr0ng")], "url", "discord.com/api/webhooks/"),
        Wrong::new(&[("url", "https://discord.com/api/webhooks/1/wr0ng/slack")], "url", "discord.com/api/webhooks/"),
        Wrong::new(&[("url", "https://discord.com/api/webhooks/wr0ng/x")], "url", "discord.com/api/webhooks/"),
        Wrong::new(&[("url", "https://cdn.discordapp.com/api/webhooks/1/wr0ng")], "url", "discord.com/api/webhooks/"),
        Wrong::new(&[("url", "http://discord.com/api/webhooks/1/wr0ng")], "url", "discord.com/api/webhooks/"),
        Wrong::new(&[("url", "https://hooks.example/in?thread_id=wr0ng")], "url", "digits"),
        Wrong::new(&[("url", "https://hooks.example/in"), ("thread", "wr0ng")], "thread", "digits"),
        Wrong::new(
            &[("url", "https://hooks.example/in?thread_id=1234"), ("thread", "5678")],
            "thread",
            "differs from `thread_id`",
        ),
    ],
    // <https://docs.discord.com/developers/resources/message#embed-object-embed-limits>
    limits: &[
        Limit::new("embeds", 10, Unit::Items),
        Limit::new("embeds/*/title", 256, Unit::Utf16),
        Limit::new("embeds/*/description", 4_096, Unit::Utf16),
        Limit::new("embeds/*/footer/text", 2_048, Unit::Utf16),
    ],
    check: assert_inert_and_bounded,
};

fn discord() -> &'static Channel {
    channel("discord").unwrap()
}

fn hook() -> Settings {
    settings([("url", WEBHOOK)])
}

fn posted() -> Response {
    response(200, r#"{"id":"777","channel_id":"5","content":""}"#)
}

fn refused(status: u16, code: u64) -> Response {
    response(status, &json!({ "message": "No", "code": code }).to_string())
}

fn with_headers(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
    let headers: HeaderMap =
        headers.iter().map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap())).collect();
    Response::Http { status, headers, body: Bytes::copy_from_slice(body.as_bytes()) }
}

/// What the first post leaves behind.
fn kept(settings: &Settings) -> Handle {
    match Case::new(&opened(), settings).outcome(discord(), &[posted()]) {
        Outcome::Delivered { handle: Some(handle), .. } => handle,
        other => panic!("{other:?}"),
    }
}

/// The same alert when a message stands already.
fn later<'a>(alert: &'a Alert, settings: &'a Settings, handle: &'a Handle) -> Case<'a> {
    Case { handle: Some(handle), ..Case::new(alert, settings) }
}

fn units(text: &Value) -> usize {
    text.as_str().unwrap().encode_utf16().count()
}

/// What is left of a text when everything escaped and our own markup are gone.
fn live(text: &str) -> String {
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            c => plain.push(c),
        }
    }
    for ours in ["**Identified**", "<t:1786018800:f>"] {
        plain = plain.replace(ours, "");
    }
    // Our links: everything in their labels that could end them is escaped, and gone by now.
    while let Some((before, (label, url))) =
        plain.split_once('[').and_then(|(before, link)| Some((before, link.split_once("](<https://")?)))
    {
        assert!(label.ends_with(" incident") || label.ends_with(" page"), "{label}");
        plain = format!("{before}{label}{url}");
    }
    plain
}

fn assert_text_inert(text: &Value) {
    let live = live(text.as_str().unwrap());
    for markup in ["*", "_", "~", "`", "|", "<", "[", "@", "://"] {
        assert!(!live.contains(markup), "{markup} in {live}");
    }
}

fn assert_inert_and_bounded(case: &Case<'_>) {
    let handle = kept(case.settings);
    let edited = later(case.alert, case.settings, &handle);
    for request in [case.request(discord(), &[]), edited.request(discord(), &[])] {
        let message = json(&request);
        assert_eq!(message["allowed_mentions"], json!({ "parse": [] }));
        let [embed] = &message["embeds"].as_array().unwrap()[..] else { panic!("one embed") };
        let sizes = [&embed["title"], &embed["description"], &embed["footer"]["text"]].map(units);
        assert!(!sizes.contains(&0), "{embed}");
        assert!(sizes.iter().sum::<usize>() <= 6_000, "{sizes:?}");
        for text in [&embed["title"], &embed["description"]] {
            assert_text_inert(text);
        }
        assert!(embed["title"].as_str().unwrap().starts_with("🔴 "), "{embed}");
        assert!(
            embed["description"].as_str().unwrap().contains("Escalated: minor → major\n\\+300 components"),
            "{embed}"
        );
    }
    let follow_up = json(&edited.request(discord(), &[posted()]));
    assert_eq!(follow_up["allowed_mentions"], json!({ "parse": [] }));
    assert!((1..=2_000).contains(&units(&follow_up["content"])));
    assert_text_inert(&follow_up["content"]);
}

#[test]
fn foreign_markup_is_escaped() {
    let (alert, settings) = (filled(&hostile_texts()[1]), hook());
    let message = json(&Case::new(&alert, &settings).request(discord(), &[]));
    let description = message["embeds"][0]["description"].as_str().unwrap();
    for inert in [r"\@everyone", r"\<\@U012AB3CD>", r"\<#C024BE91L>", r"\*\*md\*\*", r"\[l\](javascript\:x)"] {
        assert!(description.contains(inert), "{inert} in {description}");
    }
}

#[test]
fn first_alert_is_posted_and_its_id_kept() {
    let (alert, settings) = (opened(), hook());
    let request = Case::new(&alert, &settings).request(discord(), &[]);
    assert_eq!(request.method(), Method::POST);
    assert_eq!(request.uri(), "https://discord.com/api/webhooks/11/token?wait=true");
    assert_eq!(kept(&settings).0["message"], "777");
}

#[test]
fn response_without_an_id_is_delivered_and_nothing_is_kept() {
    let (alert, settings) = (opened(), hook());
    let case = Case::new(&alert, &settings);
    for said in [response(204, ""), response(200, r#"{"id":"../x"}"#), response(200, r#"{"id":7}"#)] {
        assert_eq!(case.outcome(discord(), &[said]), Outcome::delivered(None));
    }
    let stand_in = with_url("https://hooks.example/in");
    assert_eq!(Case::new(&alert, &stand_in).outcome(discord(), &[response(200, "ok")]), Outcome::delivered(None));
}

fn with_url(url: &str) -> Settings {
    settings([("url", url)])
}

#[test]
fn routine_update_is_one_silent_edit() {
    let (mut alert, settings) = (updated(), hook());
    alert.widened = false;
    let handle = kept(&settings);
    let case = later(&alert, &settings, &handle);
    let edit = case.request(discord(), &[]);
    assert_eq!(edit.method(), Method::PATCH);
    assert_eq!(edit.uri(), "https://discord.com/api/webhooks/11/token/messages/777");
    assert_eq!(json(&edit)["embeds"][0]["title"], "🔴 Clerk: Sign-in errors");
    assert_eq!(case.outcome(discord(), &[posted()]), Outcome::delivered(Some(handle.clone())));
}

#[test]
fn what_calls_for_attention_is_followed_by_a_line() {
    let settings = hook();
    let handle = kept(&settings);
    let mut started = scheduled();
    started.event = Event::Started;
    for alert in [updated(), resolved(), started] {
        let case = later(&alert, &settings, &handle);
        assert_eq!(case.request(discord(), &[]).method(), Method::PATCH);
        let line = case.request(discord(), &[posted()]);
        assert_eq!(line.method(), Method::POST);
        assert_eq!(line.uri(), "https://discord.com/api/webhooks/11/token?wait=true");
        assert_eq!(json(&line).get("embeds"), None);
        let outcome = case.outcome(discord(), &[posted(), response(200, r#"{"id":"888"}"#)]);
        assert_eq!(outcome, Outcome::delivered(Some(handle.clone())), "the living message stays the first");
    }
}

#[test]
fn refused_edit_ends_the_attempt_before_anything_is_posted() {
    let (alert, settings) = (resolved(), hook());
    let handle = kept(&settings);
    let case = later(&alert, &settings, &handle);
    for (said, expected) in [
        (response(503, "busy"), "retry"),
        (Response::Failed("timed out".to_owned()), "retry"),
        (with_headers(429, &[], r#"{"retry_after":1.5}"#), "retry"),
        (refused(400, 50_001), "refused"),
        (refused(404, 10_015), "gone"),
        (refused(404, 10_003), "gone"),
        (refused(401, 50_027), "gone"),
    ] {
        assert_eq!(word(&case.outcome(discord(), &[said])), expected);
    }
    assert_eq!(word(&case.outcome(discord(), &[posted(), response(503, "busy")])), "retry");
    assert_eq!(word(&case.outcome(discord(), &[posted(), refused(404, 10_015)])), "gone");
}

#[test]
fn message_that_can_not_be_edited_any_more_gives_way_to_a_new_one() {
    let (mut alert, settings) = (updated(), hook());
    alert.widened = false;
    let handle = kept(&settings);
    let case = later(&alert, &settings, &handle);
    for lost in [refused(404, 10_008), refused(429, 30_046), refused(400, 50_083), response(404, "not found")] {
        let post = case.request(discord(), std::slice::from_ref(&lost));
        assert_eq!(post.method(), Method::POST);
        assert_eq!(json(&post)["embeds"].as_array().unwrap().len(), 1);
        let outcome = case.outcome(discord(), &[lost.clone(), response(200, r#"{"id":"888"}"#)]);
        let Outcome::Delivered { handle: Some(new), .. } = outcome else { panic!("{outcome:?}") };
        assert_eq!(new.0["message"], "888");
        assert_eq!(word(&case.outcome(discord(), &[lost, refused(404, 10_015)])), "gone");
    }
}

#[test]
fn message_that_discord_cannot_read_is_sent_once_more_as_plain_text() {
    let (alert, settings) = (opened(), hook());
    let handle = kept(&settings);
    let (first, second) = (Case::new(&alert, &settings), later(&alert, &settings, &handle));
    for (case, method) in [(&first, Method::POST), (&second, Method::PATCH)] {
        let embed = json(&case.request(discord(), &[]))["embeds"][0].clone();
        let again = case.request(discord(), &[refused(400, 50_035)]);
        assert_eq!((again.method(), &json(&again)["content"]), (&method, &embed["title"]));
        assert_eq!(json(&again)["embeds"], json!([]));
        assert_eq!(json(&again)["allowed_mentions"], json!({ "parse": [] }));
        assert_eq!(word(&case.outcome(discord(), &[refused(400, 50_035), refused(400, 50_035)])), "rejected");
    }
    assert_eq!(word(&first.outcome(discord(), &[refused(400, 50_035), posted()])), "delivered");
}

/// Whatever is answered: an edit first where there is a message, one post at most, and then an end.
#[test]
fn no_sequence_of_response_posts_twice() {
    let settings = hook();
    let handle = kept(&settings);
    let said = [
        posted(),
        response(204, ""),
        refused(404, 10_008),
        refused(404, 10_015),
        refused(429, 30_046),
        response(404, ""),
        response(429, ""),
        response(500, ""),
        Response::Failed("timed out".to_owned()),
    ];
    for event in Event::ALL {
        let alert = of_event(event);
        for (first, second) in said.iter().flat_map(|first| said.iter().map(move |second| (first, second))) {
            let case = later(&alert, &settings, &handle);
            let responses = [first.clone(), second.clone()];
            let sent: Vec<Method> = (0..=responses.len())
                .map_while(|n| match case.step(discord(), &responses[..n]) {
                    Step::Send(request) => Some(request.method().clone()),
                    _ => None,
                })
                .collect();
            let expected = [vec![Method::PATCH], vec![Method::PATCH, Method::POST], vec![Method::POST]];
            assert!(expected.contains(&sent), "{event:?} {first:?} {second:?}: {sent:?}");
        }
    }
}

#[test]
fn message_of_other_settings_is_left_alone() {
    let handle = kept(&hook());
    let alert = updated();
    for other in [
        settings([("url", "https://discord.com/api/webhooks/11/renewed")]),
        settings([("url", WEBHOOK), ("thread", "42")]),
    ] {
        assert_eq!(later(&alert, &other, &handle).request(discord(), &[]).method(), Method::POST);
    }
}

#[test]
fn every_notice_is_a_message_of_its_own() {
    let settings = hook();
    let handle = kept(&settings);
    let alert = of_event(Event::Test);
    let case = later(&alert, &settings, &handle);
    assert_eq!(case.request(discord(), &[]).method(), Method::POST);
    assert_eq!(case.outcome(discord(), &[posted()]), Outcome::delivered(None));
}

#[test]
fn thread_and_query_are_kept_in_every_request() {
    let alert = updated();
    for (url, thread, expected) in [
        (WEBHOOK, Some("42"), "thread_id=42"),
        ("https://discord.com/api/webhooks/11/token?thread_id=42&wait=false", None, "thread_id=42"),
        ("https://discord.com/api/webhooks/11/token?thread_id=42", Some("42"), "thread_id=42"),
        ("https://hooks.example/api/webhooks/11/token/?key=a%26b", Some("42"), "key=a%26b&thread_id=42"),
    ] {
        let mut settings = settings([("url", url)]);
        settings.0.extend(thread.map(|thread| ("thread".to_owned(), thread.to_owned())));
        let handle = kept(&settings);
        let case = later(&alert, &settings, &handle);
        let edit = case.request(discord(), &[]);
        assert_eq!(edit.uri().path(), "/api/webhooks/11/token/messages/777");
        assert_eq!(edit.uri().query(), Some(expected));
        let line = case.request(discord(), &[posted()]);
        assert_eq!(line.uri().query(), Some(&*format!("{expected}&wait=true")));
    }
}

#[test]
fn every_form_of_the_url_is_accepted() {
    for url in [
        "https://discord.com/api/webhooks/11/token",
        "https://discordapp.com/api/webhooks/11/token/",
        "https://canary.discord.com/api/webhooks/11/to-ken_1",
        "https://ptb.discord.com/api/v10/webhooks/11/token#x",
        "http://127.0.0.1:4000/anything",
    ] {
        assert_eq!(check_settings(discord(), &settings([("url", url)])), [], "{url}");
    }
}

#[test]
fn newest_updates_are_kept_and_the_rest_is_counted() {
    let (mut alert, settings) = (opened(), hook());
    let update = alert.updates[0].clone();
    alert.updates = vec![update; 30];
    for (number, update) in alert.updates.iter_mut().enumerate() {
        update.body = Some(format!("news {number}."));
    }
    let message = json(&Case::new(&alert, &settings).request(discord(), &[]));
    let description = message["embeds"][0]["description"].as_str().unwrap();
    assert!(description.contains("\n\n20 earlier updates not shown.\n\n"), "{description}");
    assert!(description.contains("news 20.") && description.contains("news 29.") && !description.contains("news 19."));
}

#[test]
fn typical_messages() {
    let settings = hook();
    let handle = kept(&settings);
    let (disabled, test) = (of_event(Event::Disabled), of_event(Event::Test));
    let shown = |name: &str, message: &Value| {
        insta::assert_snapshot!(name, serde_json::to_string_pretty(message).unwrap());
    };
    for (name, alert) in [
        ("discord_opened", opened()),
        ("discord_scheduled", scheduled()),
        ("discord_disabled", disabled),
        ("discord_test", test),
    ] {
        shown(name, &json(&Case::new(&alert, &settings).request(discord(), &[])));
    }
    for (name, alert) in [("discord_updated", updated()), ("discord_resolved", resolved())] {
        let case = later(&alert, &settings, &handle);
        shown(name, &json(&case.request(discord(), &[])));
        shown(&format!("{name}_line"), &json(&case.request(discord(), &[posted()])));
    }
}
