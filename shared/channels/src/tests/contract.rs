//! Demanded of every registered channel.
use bytes::Bytes;
use http::HeaderMap;
use proptest::prelude::*;
use status::words::Event;

use super::alerts::{Case, at, filled, hostile_texts, of_event, opened, response, right_settings, settings, word};
use crate::{Channel, Outcome, Response, Step, channel, channels, check_settings};

/// No channel takes more than a few requests for one alert.
const MAX_REQUESTS: usize = 3;

/// Every channel with each form of its settings.
fn each(check: impl Fn(&'static Channel, &Case<'_>)) {
    let alert = opened();
    for channel in channels() {
        for settings in right_settings(channel) {
            check(channel, &Case::new(&alert, &settings));
        }
    }
}

/// Those that send HTTP requests; what the replies to a mail mean is in `email`.
fn each_http(check: impl Fn(&'static Channel, &Case<'_>)) {
    each(|channel, case| match case.step(channel, &[]) {
        Step::Send(_) => check(channel, case),
        Step::Mail(_) => assert_eq!(channel.name, "email"),
        Step::Done(outcome) => panic!("{}: {outcome:?}", channel.name),
    });
}

fn reason(outcome: Outcome) -> String {
    match outcome {
        Outcome::Delivered { .. } | Outcome::Skipped { .. } => String::new(),
        Outcome::Retry { reason, .. } | Outcome::Rejected { reason } | Outcome::Gone { reason } => reason,
    }
}

#[test]
fn names_are_unique_and_found() {
    for one in channels() {
        assert!(std::ptr::eq(channel(one.name).unwrap(), one), "{}", one.name);
        let owner_is_asked = right_settings(one).iter().all(|settings| (one.recipient)(settings).is_some());
        assert!(owner_is_asked || one.settings.iter().any(|setting| setting.secret), "{}", one.name);
    }
    assert!(channel("pigeon").is_none());
}

#[test]
fn status_code_decides_the_outcome() {
    each_http(|channel, case| {
        for (status, expected) in [
            (301, "rejected"),
            (307, "rejected"),
            (400, "rejected"),
            (401, "rejected"),
            (403, "rejected"),
            (404, "gone"),
            (408, "retry"),
            (410, "gone"),
            (413, "rejected"),
            (422, "rejected"),
            (425, "retry"),
            (429, "retry"),
            (500, "retry"),
            (502, "retry"),
            (503, "retry"),
            (504, "retry"),
        ] {
            let outcome = case.outcome(channel, &[response(status, "some words")]);
            assert_eq!(word(&outcome), expected, "{} {status}", channel.name);
            let reason = reason(outcome);
            assert!(reason.contains(&format!("{status}: some words")), "{reason}");
        }
    });
}

#[test]
fn no_response_is_tried_again() {
    each(|channel, case| {
        let outcome = case.outcome(channel, &[Response::Failed("timed out".to_owned())]);
        let reason = "timed out".to_owned();
        assert_eq!(outcome, Outcome::retry(None, reason));
    });
}

#[test]
fn retry_after_is_honoured() {
    each_http(|channel, case| {
        let throttled = Response::Http {
            status: 429,
            headers: HeaderMap::from_iter([(http::header::RETRY_AFTER, "17".parse().unwrap())]),
            body: Bytes::new(),
        };
        match case.outcome(channel, &[throttled]) {
            Outcome::Retry { after, .. } => assert_eq!(after.unwrap().as_secs(), 17),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn no_setting_is_in_any_reason() {
    each(|channel, case| {
        for setting in channel.settings {
            let Some(value) = case.settings.get(setting.key) else {
                continue;
            };
            assert!(!format!("{:?}", case.settings).contains(value));
            // As a server might quote it: whole, and of a secret also the path only or its last part only.
            let path = value.splitn(4, '/').last().unwrap();
            let last = value.rsplit(['/', '=', '-']).find(|part| !part.is_empty()).unwrap();
            let quotes = if setting.secret { vec![value, path, last] } else { vec![value] };
            for quoted in quotes {
                let refused = serde_json::json!({ "ok": false, "error": quoted }).to_string();
                let mut responses = vec![
                    response(200, &refused),
                    response(200, quoted),
                    Response::Failed(format!("sending to {quoted}")),
                ];
                for status in [302, 400, 403, 404, 410, 429, 500] {
                    responses.push(response(status, &format!("{quoted} is unknown\n")));
                }
                for code in [250, 421, 450, 535, 550, 554] {
                    responses.push(Response::Mail { code, text: format!("5.1.1 <{quoted}> is unknown") });
                }
                for response in responses {
                    let outcome = case.outcome(channel, &[response]);
                    let shown = format!("{outcome:?}");
                    assert!(!shown.contains(quoted), "{}: {shown}", channel.name);
                }
            }
        }
    });
}

#[test]
fn secret_headers_are_marked_so_that_debug_hides_them() {
    each(|channel, case| {
        let Step::Send(request) = case.step(channel, &[]) else { return };
        let shown = format!("{:?}", request.headers());
        for value in case.settings.0.values() {
            assert!(!shown.contains(value.as_str()), "{}: {shown}", channel.name);
        }
    });
}

#[test]
fn every_event_renders_its_own_message() {
    each(|channel, case| {
        let mut bodies = Vec::new();
        for event in Event::ALL {
            let alert = of_event(event);
            let case = Case::new(&alert, case.settings);
            if let Step::Done(Outcome::Skipped { reason }) = case.step(channel, &[]) {
                assert!(channel.name == "teams" && event == Event::Updated && !reason.is_empty(), "{reason}");
                continue;
            }
            let body = case.sent(channel, at("12:05:00"));
            assert!(!bodies.contains(&body), "{} {event:?}", channel.name);
            bodies.push(body);
        }
    });
}

#[test]
fn every_attempt_sends_the_same_body() {
    each(|channel, case| {
        assert_eq!(case.sent(channel, at("12:05:00")), case.sent(channel, at("12:35:00")), "{}", channel.name);
    });
}

#[test]
fn delivery_ends_after_a_few_response_of_any_kind() {
    let lost = response(200, r#"{"ok":false,"error":"message_not_found"}"#);
    let handle = crate::Handle([("channel".to_owned(), "C1".to_owned()), ("ts".to_owned(), "1.2".to_owned())].into());
    each(|channel, case| {
        for said in [&lost, &response(200, r#"{"ok":true}"#), &response(200, "ok"), &response(204, "")] {
            let case = Case { handle: Some(&handle), ..*case };
            let responses = vec![said.clone(); MAX_REQUESTS];
            let ended = (1..=MAX_REQUESTS).any(|n| matches!(case.step(channel, &responses[..n]), Step::Done(_)));
            assert!(ended, "{} {said:?}", channel.name);
        }
    });
}

#[test]
fn hostile_text_is_rendered_within_limits() {
    for text in hostile_texts() {
        let alert = filled(&text);
        for channel in channels() {
            for settings in right_settings(channel) {
                let mut case = Case::new(&alert, &settings);
                case.unknown = true;
                super::discord::assert_fit(channel, &case);
                super::email::assert_fit(channel, &case);
                super::slack::assert_fit(channel, &case);
                super::teams::assert_fit(channel, &case);
                super::webhook::assert_fit(channel, &case);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_text_is_rendered_within_limits(text in any::<String>(), times in 1_usize..40) {
        let alert = filled(&text.repeat(times));
        for channel in channels() {
            for settings in right_settings(channel) {
                let case = Case::new(&alert, &settings);
                super::discord::assert_fit(channel, &case);
                super::email::assert_fit(channel, &case);
                super::slack::assert_fit(channel, &case);
                super::teams::assert_fit(channel, &case);
                super::webhook::assert_fit(channel, &case);
            }
        }
    }
}

#[test]
fn right_settings_are_accepted() {
    each(|channel, case| assert_eq!(check_settings(channel, case.settings), [], "{}", channel.name));
}

#[test]
fn unknown_setting_is_named_with_the_nearest_known() {
    each(|channel, case| {
        let mut settings = case.settings.clone();
        let known = channel.settings[0].key;
        settings.0.insert(format!("{known}s"), "v4lue".to_owned());
        let problems = check_settings(channel, &settings);
        let [(key, message)] = &problems[..] else { panic!("{problems:?}") };
        assert_eq!(*key, format!("{known}s"));
        assert!(message.contains(&format!("did you mean `{known}`?")), "{message}");
    });
}

#[test]
fn missing_setting_is_named_with_its_help() {
    for channel in channels() {
        let problems = check_settings(channel, &settings([]));
        assert!(!problems.is_empty(), "{}", channel.name);
        for (_, message) in problems {
            assert!(message.starts_with("missing: "), "{message}");
        }
    }
}

/// Wrong values are refused by the check, and by delivery for settings that got stored before the check knew better.
#[test]
fn wrong_settings_are_refused_without_repeating_them() {
    let url = ("url", "https://hooks.example/in");
    let secret = ("secret", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
    let token = ("token", "xoxb-1-2");
    let conversation = ("conversation", "C0123456789");
    let address = ("address", "jo@example.com");
    let cases = [
        ("discord", settings([("url", "https://discord.com/channels/1/wr0ng")]), "discord.com/api/webhooks/"),
        ("discord", settings([("url", "https://discord.com/api/webhooks/1/wr0ng/slack")]), "discord.com/api/webhooks/"),
        ("discord", settings([("url", "https://discord.com/api/webhooks/wr0ng/x")]), "discord.com/api/webhooks/"),
        (
            "discord",
            settings([("url", "https://cdn.discordapp.com/api/webhooks/1/wr0ng")]),
            "discord.com/api/webhooks/",
        ),
        ("discord", settings([("url", "http://discord.com/api/webhooks/1/wr0ng")]), "discord.com/api/webhooks/"),
        ("discord", settings([url, ("thread", "wr0ng")]), "digits"),
        ("discord", settings([("url", "https://hooks.example/in?thread_id=wr0ng")]), "digits"),
        (
            "discord",
            settings([("url", "https://hooks.example/in?thread_id=1234"), ("thread", "5678")]),
            "another thread",
        ),
        ("email", settings([("address", "wr0ng")]), "name@example.com"),
        ("email", settings([("address", "wr0ng@")]), "name@example.com"),
        ("email", settings([("address", "@wr0ng.example")]), "name@example.com"),
        ("email", settings([("address", "wr0ng@example")]), "name@example.com"),
        ("email", settings([("address", "a wr0ng@example.com")]), "name@example.com"),
        ("email", settings([("address", "\"a wr0ng\"@example.com")]), "name@example.com"),
        ("email", settings([("address", "wr0ng@[192.0.2.1]")]), "name@example.com"),
        ("email", settings([("address", "Wr0ng <a@example.com>")]), "name@example.com"),
        ("email", settings([("address", "<wr0ng@example.com>")]), "name@example.com"),
        ("email", settings([("address", "a@example.com,wr0ng@example.com")]), "name@example.com"),
        ("email", settings([("address", "a@example.com wr0ng@example.com")]), "name@example.com"),
        ("email", settings([("address", "a@example.com\r\nBcc: wr0ng@example.com")]), "name@example.com"),
        ("email", settings([("address", "wr0ng@example.com\0")]), "name@example.com"),
        ("email", settings([("address", "wr0ng..a@example.com")]), "name@example.com"),
        ("email", settings([("address", "wr0ng@bücher.example")]), "name@example.com"),
        ("email", settings([address, ("zone", "Wr0ng/Zone")]), "Europe/Berlin"),
        ("email", settings([address, ("zone", "+02:00")]), "Europe/Berlin"),
        ("email", settings([address, ("zone", "../wr0ng")]), "Europe/Berlin"),
        ("teams", settings([("url", "https://acme.webhook.office.com/webhookb2/wr0ng")]), "create a Workflow"),
        ("teams", settings([("url", "https://outlook.office.com/webhook/wr0ng")]), "create a Workflow"),
        ("teams", settings([("url", "https://outlook.office365.com/webhook/wr0ng")]), "create a Workflow"),
        ("teams", settings([("url", "https://prod-1.x.logic.azure.com/workflows/wr0ng/invoke?sp=1")]), "sig="),
        ("teams", settings([("url", "https://x.environment.api.powerplatform.com/wr0ng?sig=1")]), "sig="),
        ("teams", settings([("url", "ftp://wr0ng.example")]), "sig="),
        ("teams", settings([url, ("card", "wr0ng")]), "`bare`"),
        ("webhook", settings([("url", "not-4-url"), secret]), "https://example.com/"),
        ("webhook", settings([("url", "ftp://wr0ng.example"), secret]), "https://example.com/"),
        ("webhook", settings([("url", "file:///etc/wr0ng"), secret]), "https://example.com/"),
        ("webhook", settings([url, ("secret", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3")]), "whsec_"),
        ("webhook", settings([url, ("secret", "whsec_n0t/base64!")]), "24 to 64"),
        ("webhook", settings([url, ("secret", "whsec_c2hvcnQ=")]), "24 to 64"),
        ("slack", settings([("url", "https://slack.com/wr0ng")]), "hooks.slack.com/services/"),
        ("slack", settings([("url", "https://hooks.slack.com/workflows/T1/x")]), "hooks.slack.com/services/"),
        ("slack", settings([("url", "hooks.slack.com/services/T1")]), "hooks.slack.com/services/"),
        ("slack", settings([url, token, conversation]), "not both"),
        ("slack", settings([url, ("api", "https://slack.example/api")]), "not both"),
        ("slack", settings([token]), "#status"),
        ("slack", settings([conversation]), "`xoxb-`"),
        ("slack", settings([("token", "xoxp-wr0ng"), conversation]), "`xoxb-`"),
        ("slack", settings([("token", "xoxb-wr0ng\nx: y"), conversation]), "`xoxb-`"),
        ("slack", settings([token, ("conversation", "two w0rds")]), "#status"),
        ("slack", settings([token, conversation, ("api", "https://slack.com/api?wr0ng")]), "https://slack.com/api"),
        ("slack", settings([token, conversation, ("api", "slack.example")]), "https://slack.com/api"),
    ];
    let alert = opened();
    for (name, settings, way_out) in cases {
        let channel = channel(name).unwrap();
        let problems = check_settings(channel, &settings);
        let [(key, message)] = &problems[..] else { panic!("{name} {:?}: {problems:?}", settings.0) };
        assert!(message.contains(way_out), "{key}: {message}");
        let Outcome::Rejected { reason } = Case::new(&alert, &settings).outcome(channel, &[]) else {
            panic!("{name}: {key} was accepted")
        };
        for value in settings.0.values() {
            assert!(!message.contains(value.as_str()) && !reason.contains(value.as_str()), "{reason}");
        }
    }
}
