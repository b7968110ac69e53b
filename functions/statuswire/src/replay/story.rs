//! What each channel says in the course of the replay, read and told as the poller and the dispatcher do.
use std::fmt::Write as _;

use channels::{Channel, Job, MailJob, Step};
use formats::{Answer, Answers, ParsedPage, ReadContext, Stop};
use jiff::Timestamp;
use mail_parser::MessageParser;
use serde_json::{Value, json};
use status::{
    alert::{Alert, alerts},
    diff::diff,
    page_state::PageState,
    provider::Provider,
    words::Event,
};
use url::Url;

use super::document::{POSTS, incident, summary};

const INCIDENT: &str = "01CLERK0000000000000000001";
const PAGE: &str = "http://127.0.0.1:8080/replay/clerk";

/// The page after this many posts.
fn read(posted: usize, before: Option<&PageState>, now: Timestamp) -> ParsedPage {
    let format = formats::format("incidentio").unwrap();
    let open = before.map(PageState::open).unwrap_or_default();
    let page: Url = PAGE.parse().unwrap();
    let context = ReadContext { page: &page, source: None, open: &open, now };
    let mut answers = Answers::default();
    loop {
        match (format.read)(&context, &answers) {
            Ok(parsed) => return parsed,
            Err(Stop::Unusable(error)) => panic!("after {posted} posts: {error}"),
            Err(Stop::Need(asked)) => answers.0.extend(asked.into_iter().map(|request| answer(request.url, posted))),
        }
    }
}

fn answer(url: Url, posted: usize) -> Answer {
    let told = |found: bool| found.then(|| incident(INCIDENT, posted));
    let document: Option<Value> = match url.path().rsplit('/').next().unwrap() {
        "incidents" => Some(json!({ "incidents": told(posted > 0).into_iter().collect::<Vec<_>>() })),
        INCIDENT => told(posted > 0).map(|incident| json!({ "incident": incident })),
        _ => url.path().contains("/proxy/").then(|| summary(INCIDENT, posted)),
    };
    Answer {
        status: if document.is_some() { 200 } else { 404 },
        body: document.map(|document| document.to_string().into()).unwrap_or_default(),
        ..Answer::none(url)
    }
}

/// The alert of each post, read half a minute after it.
fn told() -> Vec<Alert> {
    let provider = Provider {
        id: "clerk".into(),
        name: "Clerk".to_owned(),
        page_url: PAGE.to_owned(),
        format: None,
        interval: None,
    };
    let start: Timestamp = "2026-03-10T15:00:00Z".parse().unwrap();
    let mut before = PageState::baseline(&read(0, None, start).snapshot, start);
    let mut all = Vec::new();
    for (number, post) in POSTS.iter().enumerate() {
        let now = post.at.parse::<Timestamp>().unwrap() + std::time::Duration::from_secs(30);
        let after = before.apply(&read(number + 1, Some(&before), now).snapshot, now);
        let mut found = alerts(&provider, &before, &after, &diff(&before, &after), now);
        assert_eq!(found.len(), 1, "{found:?}");
        all.append(&mut found);
        before = after;
    }
    all
}

/// Every text of the message; of a mail its text part.
fn said(channel: &Channel, alert: &Alert) -> String {
    let settings = channel.sample_settings().next().unwrap();
    let mail = MailJob {
        from: "alerts@statuswire.test",
        page: "https://status.test/mail/x",
        acknowledge: None,
        destination: &"replay-email".into(),
    };
    let job = Job {
        id: &"dlv_1".into(),
        alert,
        settings: &settings,
        handle: None,
        superseded: false,
        unknown: false,
        incident_url: Some("https://status.test/incidents/clerk/1"),
        mail: Some(mail),
        now: alert.seen_at,
    };
    match (channel.deliver)(&job, &[]) {
        Step::Send(request) => {
            let mut texts = String::new();
            collect(&serde_json::from_slice(request.body()).unwrap(), &mut texts);
            texts
        }
        Step::Mail(mail) => MessageParser::new().parse(&mail.message[..]).unwrap().body_text(0).unwrap().into_owned(),
        Step::Done(outcome) => panic!("{}: {outcome:?}", channel.name),
    }
}

fn collect(value: &Value, texts: &mut String) {
    match value {
        Value::String(text) => writeln!(texts, "{text}").unwrap(),
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, texts)),
        _ => {}
    }
}

/// Those that people read.
const CHANNELS: [&str; 4] = ["slack", "discord", "teams", "email"];

#[test]
fn opening_names_every_component_with_its_state() {
    let opening = &told()[0];
    assert_eq!(opening.event, Event::Opened);
    for name in CHANNELS {
        let text = said(channels::channel(name).unwrap(), opening);
        let all = "Degraded (8): B2B SaaS, Billing, Email delivery, Machine authentication, Session \
                   management, SMS delivery, User and authentication, Webhooks";
        assert!(text.contains(all), "{name}: {text}");
    }
}

#[test]
fn update_of_16_34_says_what_recovered_and_what_did_not() {
    let update = &told()[3];
    assert_eq!((update.event, update.tags_everything), (Event::Updated, true));
    for name in CHANNELS {
        let text = said(channels::channel(name).unwrap(), update);
        for sentence in [
            "Still degraded (1 of 8): Machine authentication",
            "Recovered (7): B2B SaaS, Billing, Email delivery, Session management, SMS delivery, User and \
             authentication, Webhooks",
            "The remedy helps: response times are back to normal. We keep watching.",
            "41 min",
        ] {
            assert!(text.contains(sentence), "{name}: {sentence} in {text}");
        }
    }
}

#[test]
fn end_says_that_all_is_well_and_who_recovered_last() {
    let end = told().pop().unwrap();
    assert_eq!(end.event, Event::Resolved);
    for name in CHANNELS {
        let text = said(channels::channel(name).unwrap(), &end);
        for sentence in [
            "All 8 components operational. Last to recover: Machine authentication (degraded 1 h 33 min).",
            "Resolved",
            "1 h 33 min",
        ] {
            assert!(text.contains(sentence), "{name}: {sentence} in {text}");
        }
    }
    let webhook = said(channels::channel("webhook").unwrap(), &end);
    for field in ["2026-03-10T15:53:00Z", "2026-03-10T17:26:00Z", "by_provider"] {
        assert!(webhook.contains(field), "{field} in {webhook}");
    }
}
