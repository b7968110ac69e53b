//! Webhooks: signatures, checked with the specification's own library and with `ring`; the receiver's headers; and the
//! payload against the schema that is published.
mod payload;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::Request;
use jiff::Timestamp;
use proptest::prelude::*;
use ring::signature::{ED25519, UnparsedPublicKey};
use standardwebhooks::Webhook;
use status::monitor::Settings;

use crate::{
    Channel, Outcome, Step, channel, check_settings, public_key,
    tests::{
        alerts::{Case, json, opened, response, settings},
        contract::{Contract, Limit, Unit, Wrong},
    },
};

const URL: (&str, &str) = ("url", "https://hooks.example/in");
const SHARED: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const OTHER_SHARED: &str = "whsec_ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=";
// The first test vector of https://www.rfc-editor.org/rfc/rfc8032#section-7.1, as seed and as seed with public key.
const PRIVATE: &str = "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
const PRIVATE_WITH_PUBLIC: &str =
    "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2DXWpgBgrEKt9VL/tPJZAc6DuFy89qmIyWvAhpo9wdRGg==";
const PUBLIC: &str = "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
const HEADERS: &str = "Authorization: Bearer s3cret-key\nX-Route: bl-u3";

pub(crate) const CONTRACT: Contract = Contract {
    wrong: &[
        Wrong::new(&[("url", "not-4-url"), ("secret", SHARED)], "url", "https://example.com/"),
        Wrong::new(&[("url", "ftp://wr0ng.example"), ("secret", SHARED)], "url", "https://example.com/"),
        Wrong::new(&[("url", "file:///etc/wr0ng"), ("secret", SHARED)], "url", "https://example.com/"),
        Wrong::new(&[URL, ("secret", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3")], "secret", "whsec_"),
        Wrong::new(&[URL, ("secret", "whsec_n0t/base64!")], "secret", "24 to 64"),
        Wrong::new(&[URL, ("secret", "whsec_c2hvcnQ=")], "secret", "24 to 64"),
        Wrong::new(&[URL, ("secret", SHARED), ("previous_secret", "whsk_c2hvcnQ=")], "previous_secret", "whsk_"),
        Wrong::new(&[URL, ("secret", SHARED), ("headers", "Host: wr0ng")], "headers", "set by statuswire"),
    ],
    // Standard Webhooks asks for less than 20 kB; the rest is our own promise.
    limits: &[
        Limit::new("", 20_000, Unit::Bytes),
        Limit::new("id", 128, Unit::Characters),
        Limit::new("name", 100, Unit::Characters),
        Limit::new("group", 100, Unit::Characters),
        Limit::new("note", 300, Unit::Characters),
        Limit::new("title", 300, Unit::Characters),
        Limit::new("title_before", 300, Unit::Characters),
        Limit::new("unmatched/*", 100, Unit::Characters),
        Limit::new("body", 2_000, Unit::Characters),
        Limit::new("page_url", 1_024, Unit::Characters),
        Limit::new("url", 1_024, Unit::Characters),
        Limit::new("page", 1_024, Unit::Characters),
    ],
    check: payload::assert_promised_and_bounded,
};

fn webhook() -> &'static Channel {
    channel("webhook").unwrap()
}

fn sample_settings() -> Settings {
    webhook().sample_settings().next().unwrap()
}

/// At the real time, because the library refuses signatures of another.
fn signed_now(settings: &Settings) -> Request<Bytes> {
    let alert = opened();
    match Case::new(&alert, settings).step_at(webhook(), &[], Timestamp::now()) {
        Step::Send(request) => request,
        _ => panic!("wanted a request"),
    }
}

fn signatures(request: &Request<Bytes>) -> Vec<String> {
    request.headers()["webhook-signature"].to_str().unwrap().split(' ').map(str::to_owned).collect()
}

/// The specification's library knows shared secrets only.
fn verifies_with(public: &str, request: &Request<Bytes>, signature: &str) -> bool {
    let decode = |text: &str, prefix| STANDARD.decode(text.strip_prefix(prefix).unwrap()).unwrap();
    let header = |name: &str| request.headers()[name].as_bytes();
    let signed = [header("webhook-id"), header("webhook-timestamp"), request.body()].join(&b'.');
    let key = UnparsedPublicKey::new(&ED25519, decode(public, "whpk_"));
    key.verify(&signed, &decode(signature, "v1a,")).is_ok()
}

#[test]
fn signature_is_accepted_by_the_reference_library() {
    let settings = sample_settings();
    let receiver = Webhook::new(settings.get("secret").unwrap()).unwrap();
    let request = signed_now(&settings);
    receiver.verify(request.body(), request.headers()).unwrap();
}

#[test]
fn tampering_breaks_the_signature() {
    let settings = sample_settings();
    let receiver = Webhook::new(settings.get("secret").unwrap()).unwrap();
    let request = signed_now(&settings);

    let mut body = request.body().to_vec();
    body[10] ^= 1;
    assert!(receiver.verify(&body, request.headers()).is_err());

    let second_later = (Timestamp::now().as_second() + 1).to_string();
    for (name, value) in [("webhook-id", "dlv_other"), ("webhook-timestamp", &second_later)] {
        let mut headers = request.headers().clone();
        headers.insert(name, value.parse().unwrap());
        assert!(receiver.verify(request.body(), &headers).is_err(), "{name}");
    }
    let stranger = Webhook::new(OTHER_SHARED).unwrap();
    assert!(stranger.verify(request.body(), request.headers()).is_err());
}

#[test]
fn private_key_signs_for_its_public_key_in_both_forms() {
    for private in [PRIVATE, PRIVATE_WITH_PUBLIC] {
        let settings = settings([URL, ("secret", private)]);
        assert_eq!(public_key(&settings).as_deref(), Some(PUBLIC));
        let mut request = signed_now(&settings);
        let [signature] = &signatures(&request)[..] else { panic!("one key, one signature") };
        assert!(verifies_with(PUBLIC, &request, signature));
        let mut body = request.body().to_vec();
        body[10] ^= 1;
        *request.body_mut() = body.into();
        assert!(!verifies_with(PUBLIC, &request, signature));
    }
}

#[test]
fn shared_secret_has_no_public_key() {
    for secret in [SHARED, "whsk_n0t/base64!", "whsk_c2hvcnQ="] {
        assert_eq!(public_key(&settings([URL, ("secret", secret)])), None);
    }
    assert_eq!(public_key(&settings([URL])), None);
}

#[test]
fn previous_secret_signs_after_the_current_one() {
    for (current, previous, versions) in
        [(SHARED, OTHER_SHARED, ["v1", "v1"]), (PRIVATE, SHARED, ["v1a", "v1"]), (SHARED, PRIVATE, ["v1", "v1a"])]
    {
        let settings = settings([URL, ("secret", current), ("previous_secret", previous)]);
        let request = signed_now(&settings);
        let signatures = signatures(&request);
        assert_eq!(signatures.iter().map(|it| it.split_once(',').unwrap().0).collect::<Vec<_>>(), versions);
        for (secret, signature) in [current, previous].into_iter().zip(&signatures) {
            match Webhook::new(secret) {
                Ok(receiver) if secret.starts_with("whsec_") => {
                    receiver.verify(request.body(), request.headers()).unwrap();
                    let mut alone = request.headers().clone();
                    alone.insert("webhook-signature", signature.parse().unwrap());
                    receiver.verify(request.body(), &alone).unwrap();
                }
                _ => assert!(verifies_with(PUBLIC, &request, signature)),
            }
        }
    }
}

#[test]
fn id_is_the_deliverys_and_the_times_are_kept_apart() {
    let (alert, settings) = (opened(), sample_settings());
    let request = Case::new(&alert, &settings).request(webhook(), &[]);
    assert_eq!(request.headers()["webhook-id"], "dlv_0123456789abcdef");
    assert_eq!(request.headers()["webhook-timestamp"], "1786017900");
    assert_eq!(json(&request)["timestamp"], "2026-08-06T12:00:30Z");
}

#[test]
fn given_headers_are_sent_beside_ours_and_hidden_in_debug() {
    let (alert, settings) = (opened(), settings([URL, ("secret", SHARED), ("headers", HEADERS)]));
    let request = Case::new(&alert, &settings).request(webhook(), &[]);
    let headers = request.headers();
    assert_eq!([&headers["authorization"], &headers["x-route"]], ["Bearer s3cret-key", "bl-u3"]);
    assert_eq!(headers.len(), 6);
    assert_eq!(headers["content-type"], "application/json; charset=utf-8");
    let shown = format!("{request:?}");
    assert!(!shown.contains("s3cret-key") && !shown.contains("bl-u3"), "{shown}");
}

#[test]
fn text_of_a_header_is_in_no_reason() {
    let (alert, settings) = (opened(), settings([URL, ("secret", SHARED), ("headers", HEADERS)]));
    for quoted in ["s3cret-key", "Bearer s3cret-key", "bl-u3", "x-route: bl-u3"] {
        let refused = response(403, &format!("we do not know {quoted}!"));
        let Outcome::Refused { reason, .. } = Case::new(&alert, &settings).outcome(webhook(), &[refused]) else {
            panic!("wanted a rejection")
        };
        assert!(!reason.contains("s3cret-key") && !reason.contains("bl-u3"), "{reason}");
    }
}

#[test]
fn headers_that_cannot_be_sent_are_named_without_their_text() {
    let many: String = (0..21).map(|n| format!("X-{n}: wr0ng\n")).collect();
    for (headers, expected) in [
        ("X-Fine: a\nWebhook-Id: wr0ng", "webhook-id is set by statuswire"),
        ("webhook-extra: wr0ng", "webhook-extra is set by statuswire"),
        ("Content-Type: wr0ng", "content-type is set by statuswire"),
        ("content-encoding: wr0ng", "content-encoding is set by statuswire"),
        ("Content-Length: wr0ng", "content-length is set by statuswire"),
        ("HOST: wr0ng", "host is set by statuswire"),
        ("Connection: wr0ng", "connection is set by statuswire"),
        ("Transfer-Encoding: wr0ng", "transfer-encoding is set by statuswire"),
        ("User-Agent: wr0ng", "user-agent is set by statuswire"),
        ("TE: wr0ng", "te is set by statuswire"),
        ("Upgrade: wr0ng", "upgrade is set by statuswire"),
        ("Proxy-Authorization: wr0ng", "proxy-authorization is set by statuswire"),
        ("X-Fine: a\nwr0ng name: a", "header 2 has an invalid name"),
        (": wr0ng", "header 1 has an invalid name"),
        ("X-Fine: a\n\nX-Late: wr0ng", "header 2 has an invalid name"),
        ("X-Naïve: wr0ng", "header 1 has an invalid name"),
        ("X-Empty:  ", "the text of x-empty must be"),
        ("X-Bell: wr0ng\u{7}", "the text of x-bell must be"),
        ("X-Naive: wr0ng naïve", "the text of x-naive must be"),
        ("X-Return: wr0ng\rX-Other: b", "the text of x-return must be"),
        ("X-Twice: a\nx-twice: wr0ng", "x-twice is given twice"),
        (&many, "give at most 20"),
        (&format!("X-Long: {}", "wr0ng".repeat(1_000)), "at most 4096 bytes"),
    ] {
        let settings = settings([URL, ("secret", SHARED), ("headers", headers)]);
        let problems = check_settings(webhook(), &settings);
        let [(key, message)] = &problems[..] else { panic!("{headers:?}: {problems:?}") };
        assert_eq!(key, "headers");
        assert!(message.contains(expected) && !message.contains("wr0ng"), "{message}");
        let alert = opened();
        assert!(matches!(Case::new(&alert, &settings).outcome(webhook(), &[]), Outcome::Refused { .. }));
    }
}

#[test]
fn wrong_secrets_are_refused_with_both_right_forms() {
    let halves_of_two = PRIVATE_WITH_PUBLIC.replace("XWpg", "XWph");
    for wrong in ["whsk_c2hvcnQ=", "whsk_n0t/base64!", &halves_of_two, PUBLIC, "s3cret", ""] {
        for (secret, previous, at_fault) in [(wrong, SHARED, "secret"), (PRIVATE, wrong, "previous_secret")] {
            let settings = settings([URL, ("secret", secret), ("previous_secret", previous)]);
            let problems = check_settings(webhook(), &settings);
            let [(key, message)] = &problems[..] else { panic!("{wrong}: {problems:?}") };
            assert_eq!(key, at_fault);
            assert!(message.contains("`whsec_`") && message.contains("`whsk_`") && message.contains("openssl rand"));
            assert!(wrong.is_empty() || !message.contains(wrong), "{message}");
        }
    }
}

proptest! {
    #[test]
    fn any_headers_are_sent_or_refused_whole(lines in "(([A-Za-z:-]{0,12}: ?)?[ -~é\r]{0,20}\n?){0,4}") {
        let settings = settings([URL, ("secret", SHARED), ("headers", &lines)]);
        let alert = opened();
        match Case::new(&alert, &settings).step(webhook(), &[]) {
            Step::Send(request) => {
                prop_assert_eq!(request.headers().len(), 4 + lines.lines().count());
                prop_assert!(check_settings(webhook(), &settings).is_empty());
            }
            _ => prop_assert_eq!(check_settings(webhook(), &settings).len(), 1),
        }
    }
}
