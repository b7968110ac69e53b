//! What a receiver answers, by any channel: status, headers and body are hostile.
#![no_main]

use channels::{Job, Response, Step};
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use status::{ids::DeliveryId, notice};

fuzz_target!(|data: &[u8]| {
    let [number, high, low, rest @ ..] = data else { return };
    let channels = channels::channels();
    let channel = &channels[usize::from(*number) % channels.len()];
    let now: Timestamp = "2026-05-04T16:00:00Z".parse().expect("a time");
    let destination = "hook".into();
    let alert = notice::test(&destination, now);
    let id = DeliveryId::derive(&alert.id, &destination);
    let (head, body) = rest.split_at(rest.iter().position(|byte| *byte == 0).unwrap_or(0));
    let mut headers = HeaderMap::new();
    for line in head.split(|byte| *byte == b'\n') {
        let at = line.iter().position(|byte| *byte == b':').unwrap_or(0);
        let (name, value) = (HeaderName::from_bytes(&line[..at]), HeaderValue::from_bytes(&line[at..]));
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.insert(name, value);
        }
    }
    let code = u16::from_be_bytes([*high, *low]);
    let responses = [
        Response::Http { status: code, headers, body: body.to_vec().into() },
        Response::Mail { code, text: String::from_utf8_lossy(body).into_owned(), to_recipient: high & 1 == 0 },
    ];
    for settings in channel.sample_settings() {
        for response in &responses {
            let job = Job {
                id: &id,
                alert: &alert,
                settings: &settings,
                handle: None,
                superseded: false,
                unknown: false,
                incident_url: None,
                mail: None,
                now,
            };
            if let Step::Done(outcome) = (channel.deliver)(&job, std::slice::from_ref(response)) {
                assert!(format!("{outcome:?}").len() < 16_384, "a reason grows with the answer");
            }
            assert!(channels::redacted(channel, response, &settings).len() < 4_096);
        }
    }
});
