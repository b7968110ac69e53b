//! What every registered channel must do. A channel's own tests give its [`Contract`]; the registry demands one.
mod limits;
mod settings;

use bytes::Bytes;
use http::HeaderMap;
use proptest::prelude::*;
use status::{alert::Alert, monitor::Settings, words::Event};

use super::alerts::{Case, at, filled, hostile_texts, of_event, opened, response, word};
use crate::{CONTRACTS, Channel, Outcome, Response, Step, channel, channels, redact};

pub(crate) use limits::{Limit, Unit};
pub(crate) use settings::Wrong;

/// No channel takes more than a few requests for one alert.
const MAX_REQUESTS: usize = 3;

/// What the tests of one channel promise.
pub(crate) struct Contract {
    /// Settings that must be refused: at least one set for each setting of the channel.
    pub(crate) wrong: &'static [Wrong],
    /// The service's limits, from its reference. Every text of a body that an alert can fill needs one.
    pub(crate) limits: &'static [Limit],
    /// Whatever else must hold of a message, above all that foreign text is inert. Gets hostile alerts.
    pub(crate) check: fn(&Case<'_>),
}

/// Every channel with its contract.
pub(crate) fn contracts() -> impl Iterator<Item = (&'static Channel, &'static Contract)> {
    assert_eq!(channels().len(), CONTRACTS.len());
    channels().iter().zip(CONTRACTS)
}

/// Every channel with each form of its settings.
fn each(check: impl Fn(&'static Channel, &Case<'_>)) {
    let alert = opened();
    for channel in channels() {
        for settings in channel.sample_settings() {
            check(channel, &Case::new(&alert, &settings));
        }
    }
}

/// Channels that send HTTP requests. What the replies to a mail mean is in `email`.
fn each_http(check: impl Fn(&'static Channel, &Case<'_>)) {
    each(|channel, case| match case.step(channel, &[]) {
        Step::Send(_) => check(channel, case),
        Step::Mail(_) => assert!((channel.recipient)(case.settings).is_some(), "{}", channel.name),
        Step::Done(outcome) => panic!("{}: {outcome:?}", channel.name),
    });
}

fn reason(outcome: Outcome) -> String {
    match outcome {
        Outcome::Delivered { .. } | Outcome::Skipped { .. } => String::new(),
        Outcome::Retry { reason, .. } | Outcome::Refused { reason, .. } => reason,
        Outcome::Rejected { reason } | Outcome::Gone { reason } => reason,
    }
}

/// Values that no shown text may contain: of secrets also the path or the last part alone, as a server may quote it.
fn secrets<'a>(channel: &Channel, settings: &'a Settings) -> Vec<&'a str> {
    let values = channel.settings.iter().filter(|setting| setting.secret).filter_map(|it| settings.get(it.key));
    let parts = values.flat_map(|value| {
        let path = value.splitn(4, '/').last().unwrap_or(value);
        let last = value.rsplit(['/', '=', '-']).find(|part| !part.is_empty()).unwrap_or(value);
        [value, path, last]
    });
    let address = settings.0.values().map(String::as_str).filter(|_| (channel.recipient)(settings).is_some());
    parts.chain(address.filter(|value| value.contains('@'))).collect()
}

#[test]
fn names_are_unique_and_found() {
    for one in channels() {
        assert!(std::ptr::eq(channel(one.name).unwrap(), one), "{}", one.name);
        let owner_is_asked = one.sample_settings().all(|settings| (one.recipient)(&settings).is_some());
        let has_secret = one.settings.iter().any(|setting| setting.secret);
        assert!(owner_is_asked || has_secret, "{}: whoever knows its settings can send there", one.name);
    }
    assert!(channel("pigeon").is_none());
}

#[test]
fn status_code_decides_the_outcome() {
    each_http(|channel, case| {
        for (status, expected) in [
            (301, "refused"),
            (307, "refused"),
            (308, "refused"),
            (400, "refused"),
            (401, "refused"),
            (403, "refused"),
            (404, "refused"),
            (405, "refused"),
            (408, "retry"),
            (410, "gone"),
            (413, "refused"),
            (422, "refused"),
            (451, "refused"),
            (425, "retry"),
            (429, "retry"),
            (500, "retry"),
            (502, "retry"),
            (503, "retry"),
            (504, "retry"),
            (511, "retry"),
            (600, "retry"),
        ] {
            let outcome = case.outcome(channel, &[response(status, "some words")]);
            assert_eq!(word(&outcome), expected, "{} {status}", channel.name);
            let reason = reason(outcome);
            assert!(reason.contains(&format!("{status}: some words")), "{}: {reason}", channel.name);
        }
    });
}

#[test]
fn failed_request_is_tried_again() {
    each(|channel, case| {
        let outcome = case.outcome(channel, &[Response::Failed("timed out".to_owned())]);
        assert_eq!(outcome, Outcome::retry(None, "timed out"), "{}", channel.name);
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
            Outcome::Retry { after, .. } => assert_eq!(after.unwrap().as_secs(), 17, "{}", channel.name),
            other => panic!("{}: {other:?}", channel.name),
        }
    });
}

#[test]
fn no_secret_is_in_any_reason() {
    each(|channel, case| {
        for quoted in secrets(channel, case.settings) {
            assert!(!format!("{:?}", case.settings).contains(quoted));
            let refused = serde_json::json!({ "ok": false, "error": quoted }).to_string();
            let mut responses =
                vec![response(200, &refused), response(200, quoted), Response::Failed(format!("sending to {quoted}"))];
            for status in [302, 400, 403, 404, 410, 429, 500] {
                responses.push(response(status, &format!("{quoted} is unknown\n")));
            }
            for code in [250, 421, 450, 535, 550, 554] {
                responses.push(Response::Mail {
                    code,
                    text: format!("5.1.1 <{quoted}> is unknown"),
                    to_recipient: true,
                });
            }
            for response in responses {
                let outcome = format!("{:?}", case.outcome(channel, &[response]));
                assert!(!outcome.contains(quoted), "{}: {outcome}", channel.name);
            }
        }
    });
}

/// Of requests as they are shown to people: address, headers and body.
#[test]
fn no_secret_is_in_a_redacted_request() {
    each(|channel, case| {
        let request = match case.step(channel, &[]) {
            Step::Send(request) => request,
            _ => return,
        };
        let headers = request.headers().values().map(|value| String::from_utf8_lossy(value.as_bytes()));
        let body = String::from_utf8_lossy(request.body());
        let parts = [request.uri().to_string().into(), body].into_iter().chain(headers);
        let redacted = redact(channel, &parts.collect::<Vec<_>>().join("\n"), case.settings);
        for secret in secrets(channel, case.settings) {
            assert!(!redacted.contains(secret), "{}: {secret} in {redacted}", channel.name);
        }
    });
}

#[test]
fn setting_that_is_no_secret_is_not_masked() {
    each(|channel, case| {
        for setting in channel.settings.iter().filter(|setting| !setting.secret) {
            let value = case.settings.get(setting.key).filter(|value| !value.contains('@')).unwrap_or_default();
            assert_eq!(redact(channel, value, case.settings), value, "{} `{}`", channel.name, setting.key);
        }
        assert_eq!(redact(channel, "the status is 404", case.settings), "the status is 404", "{}", channel.name);
    });
}

#[test]
fn secret_headers_are_marked_so_that_debug_hides_them() {
    each(|channel, case| {
        let Step::Send(request) = case.step(channel, &[]) else { return };
        let debug = format!("{:?}", request.headers());
        for value in case.settings.0.values() {
            assert!(!debug.contains(value.as_str()), "{}: {debug}", channel.name);
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
                assert!(event == Event::Updated && !reason.is_empty(), "{} {event:?}: {reason}", channel.name);
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
fn delivery_ends_after_a_few_responses_of_any_kind() {
    let lost = response(200, r#"{"ok":false,"error":"message_not_found"}"#);
    let handle = crate::Handle([("channel".to_owned(), "C1".to_owned()), ("ts".to_owned(), "1.2".to_owned())].into());
    each(|channel, case| {
        for one in [&lost, &response(200, r#"{"ok":true}"#), &response(200, "ok"), &response(204, "")] {
            let case = Case { handle: Some(&handle), ..*case };
            let responses = vec![one.clone(); MAX_REQUESTS];
            let ended = (1..=MAX_REQUESTS).any(|n| matches!(case.step(channel, &responses[..n]), Step::Done(_)));
            assert!(ended, "{} {one:?}", channel.name);
        }
    });
}

/// What is sent for an alert that is superseded opens nothing that a later alert would have to close.
#[test]
fn superseded_alert_leaves_no_handle() {
    let accepted = response(200, r#"{"ok":true,"channel":"C1","ts":"1.2","id":"778899"}"#);
    let alert = opened();
    for channel in channels().iter().filter(|channel| channel.keeps_handle) {
        for settings in channel.sample_settings() {
            let case = Case { superseded: true, ..Case::new(&alert, &settings) };
            let accepted = match case.step(channel, &[]) {
                Step::Send(_) => accepted.clone(),
                Step::Mail(_) => Response::Mail { code: 250, text: "2.0.0 Ok".to_owned(), to_recipient: false },
                Step::Done(outcome) => {
                    assert_eq!(word(&outcome), "skipped", "{}", channel.name);
                    continue;
                }
            };
            match case.outcome(channel, &[accepted]) {
                Outcome::Delivered { handle, .. } => assert_eq!(handle, None, "{}", channel.name),
                other => panic!("{}: {other:?}", channel.name),
            }
        }
    }
}

/// Checks whatever the channel sends for this alert, with each form of its settings.
fn assert_within_limits(alert: &Alert) {
    for (channel, contract) in contracts() {
        for settings in channel.sample_settings() {
            let case = Case { unknown: true, ..Case::new(alert, &settings) };
            limits::assert_kept(channel, contract, &case);
            (contract.check)(&case);
        }
    }
}

#[test]
fn hostile_text_is_rendered_within_limits() {
    for text in hostile_texts() {
        assert_within_limits(&filled(&text));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_text_is_rendered_within_limits(text in any::<String>(), times in 1_usize..40) {
        assert_within_limits(&filled(&text.repeat(times)));
    }
}
