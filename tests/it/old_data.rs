//! A data folder that an earlier version wrote is opened and continued: see `tests/fixtures/data_folder/README.md`.
use std::{collections::HashMap, io::Write as _, path::Path};

use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use flate2::{Compression, write::DeflateEncoder};
use jiff::{Timestamp, civil::date};
use local::stack::{Stack, StackOptions};
use serde_json::{Value, json};
use status::{
    ids::{DestinationId, IncidentId, ProviderId},
    page_state::{HowEnded, Origin},
    snapshot::Kind,
};
use store::{DeliveryEnd, Episode, WrittenBy};
use tests::{
    receiver::Receiver,
    status_page::{Incident, Maintenance, StatusPage},
    status_page_server::StatusPageServer,
    world::{EVERYTHING, NETWORK, SECRET, World, destination, group, hook, monitor, page},
};

const ITEMS: &str = include_str!("../fixtures/data_folder/items.jsonl");
const TASKS: &str = include_str!("../fixtures/data_folder/tasks.jsonl");

/// The settings of the folder, with the addresses of this test where something is to arrive. `gone` keeps the
/// definition it was disabled with.
fn settings(server: &StatusPageServer, receiver: &Receiver, filter: &str) -> String {
    let gone = format!("url = 'http://127.0.0.1:18410/gone'\nsecret = '{SECRET}'");
    NETWORK.to_owned()
        + &page(server, "acme")
        + &monitor("acme", "acme", "")
        + &hook(receiver, "hook")
        + &destination("gone", "webhook", &gone)
        + &hook(receiver, "down")
        + &group("everyone", &["hook", "gone"], filter)
        + &group("down", &["down"], "severities = ['major']\nevents = ['opened']")
}

/// What the page showed when the folder was written, with one more incident state.
fn shown(i1: &[&str], m1: &[&str]) -> StatusPage {
    let incident = |id: &str, component: &str, phases: &[&str]| {
        phases.iter().fold(Incident::new(id, &[component]), |incident, phase| incident.post(phase))
    };
    let (starts_at, ends_at) = (at("2035-01-02T00:00:00Z"), at("2035-01-02T02:00:00Z"));
    let maintenance = Maintenance::new("m1", starts_at, ends_at);
    StatusPage::operational(&["API", "Web"])
        .set("API", if i1.contains(&"resolved") { "operational" } else { "major_outage" })
        .with(incident("i0", "Web", &["investigating", "resolved"]))
        .with(incident("i1", "API", i1))
        .with(incident("i2", "Web", &["investigating", "resolved"]))
        .with_maintenance(m1.iter().fold(maintenance, |maintenance, phase| maintenance.post(phase)))
}

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

const I1: [&str; 4] = ["investigating", "identified", "monitoring", "resolved"];

#[tokio::test]
async fn data_of_an_earlier_version_is_read_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    write_folder(folder.path()).await;
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    let settings = settings(&server, &receiver, EVERYTHING);
    let world = World::with(server, receiver, &settings, Some(folder.path())).await;
    let (store, acme) = (&world.app.store, ProviderId::new("acme"));

    let record = world.page("acme").await;
    assert_eq!((record.head.version, record.head.source.as_str()), (4, "api-v2"));
    let open = [(Kind::Incident, IncidentId::new("i1")), (Kind::Maintenance, IncidentId::new("m1"))];
    assert_eq!(record.head.open, open);
    assert_eq!(record.page_state.open(), open);
    let incident = |id: &str| record.page_state.find(&IncidentId::new(id)).unwrap();
    assert!(incident("i0").backfilled);
    assert_eq!(incident("i1").incident.updates.len(), 3);
    assert_eq!(incident("i2").ended.unwrap().how, HowEnded::ByProvider);
    assert_eq!(incident("m1").rescheduled.len(), 1);
    assert!(record.page_state.incidents.iter().all(|incident| incident.origin == Origin::Provider));

    for known in &record.page_state.incidents {
        let id = &known.incident.id;
        let stored = store.incident(&acme, known.incident.kind, id).await.unwrap();
        assert_eq!(stored.as_ref(), Some(known), "the history has {id} as the page state does");
    }
    let timelines = store.timelines_of(&acme, 10, None).await.unwrap().timelines;
    assert_eq!(timelines.len(), 4);
    let i1 = timelines.iter().find(|timeline| timeline.id.as_str() == "i1").unwrap();
    assert_eq!(i1.intervals.len(), 1);
    let planned = store.planned_in(date(2035, 1, 1)).await.unwrap();
    assert_eq!(planned[0].1.moved_from.unwrap().starts_at, Some(at("2035-01-01T00:00:00Z")));
    let summaries = store.page_summaries().await.unwrap();
    assert_eq!(summaries[0].open.iter().map(|item| item.id.as_str()).collect::<Vec<_>>(), ["i1", "m1"]);

    assert_eq!(world.destination("gone").await.disabled.unwrap().reason, "answered 410");
    let episode = Episode { provider: acme.clone(), incident: "i1".into(), number: 1 };
    let notified = store.all_notified(&episode, None, None, 10).await.unwrap().destinations;
    assert_eq!(notified, ["down", "gone", "hook"].map(DestinationId::new));
    let log = store.deliveries_to(&"hook".into(), Timestamp::UNIX_EPOCH, None, 100).await.unwrap().deliveries;
    assert_eq!(log.len(), 7);
    assert!(log.iter().all(|delivery| delivery.ended == Some(DeliveryEnd::Sent)));
    let outbox = store.outbox().await.unwrap();
    assert_eq!(outbox.iter().map(|row| row.by).collect::<Vec<_>>(), [WrittenBy::Page { version: 4 }]);
    world.app.stack.stop().await;
}

#[tokio::test]
async fn data_of_an_earlier_version_is_continued_without_loss_or_repetition() {
    let folder = tempfile::tempdir().unwrap();
    write_folder(folder.path()).await;
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    server.show("acme", &shown(&I1[..3], &["scheduled"]));
    let everything = settings(&server, &receiver, EVERYTHING);
    let only_minor = settings(&server, &receiver, "severities = ['minor']\nevents = ['opened']");
    let world = World::with(server, receiver, &everything, Some(folder.path())).await;

    world.round().await;
    assert_eq!(world.receiver.events_at("/hook"), ["updated i1"], "it was committed and never queued");
    assert_eq!(
        world.receiver.events_at("/down"),
        ["opened i1", "opened i2", "resolved i2"],
        "they waited in the queue"
    );
    assert!(world.round_events().await.is_empty(), "the page says what it said");

    world.apply(&only_minor).await;
    world.server.show("acme", &shown(&I1, &["scheduled"]));
    world.round().await;
    assert_eq!(
        world.receiver.events_at("/hook").last().map(String::as_str),
        Some("resolved i1"),
        "whatever the filters"
    );
    assert_eq!(world.receiver.events_at("/down").last().map(String::as_str), Some("resolved i1"));
    world.server.show("acme", &shown(&I1, &["scheduled", "completed"]));
    assert_eq!(world.round_events().await, ["completed m1"]);

    assert!(world.round_events().await.is_empty());
    assert!(world.receiver.messages_at("/gone").is_empty());
    assert!(world.destination("gone").await.disabled.is_some());
    let record = world.page("acme").await;
    assert_eq!(record.page_state.open(), []);
    assert_eq!(record.page_state.incidents.len(), 4);
    world.finish().await;
}

/// Writes the items and tasks of the fixture into a new data folder, as if that had happened just now.
async fn write_folder(folder: &Path) {
    let names: Vec<&str> = channels::channels().iter().map(|channel| channel.name).collect();
    let stack = Stack::start(StackOptions { folder: Some(folder), channels: &names }).await.unwrap();
    store::table::create_if_absent(&stack.dynamodb, "statuswire").await.unwrap();
    for line in ITEMS.lines() {
        let item: HashMap<String, Value> = serde_json::from_str(line).unwrap();
        let item = item.into_iter().map(|(name, value)| (name, attribute(value))).collect();
        stack.dynamodb.put_item().table_name("statuswire").set_item(Some(item)).send().await.unwrap();
    }
    for line in TASKS.lines() {
        let task: Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| task[key].as_str().unwrap();
        stack
            .sqs
            .send_message()
            .queue_url(&stack.queues.channels[text("queue").strip_suffix(".fifo").unwrap()])
            .message_group_id(text("group"))
            .message_deduplication_id(text("deduplication"))
            .message_body(task["body"].to_string())
            .send()
            .await
            .unwrap();
    }
    stack.stop().await;
}

fn attribute(value: Value) -> AttributeValue {
    let Value::Object(tagged) = value else { panic!("not an attribute: {value}") };
    let (kind, value) = tagged.into_iter().next().expect("an attribute has a type");
    match (kind.as_str(), value) {
        ("S", Value::String(text)) => AttributeValue::S(text),
        ("N", Value::String(number)) => AttributeValue::N(number),
        ("BOOL", Value::Bool(flag)) => AttributeValue::Bool(flag),
        ("NULL", _) => AttributeValue::Null(true),
        ("L", Value::Array(list)) => AttributeValue::L(list.into_iter().map(attribute).collect()),
        ("M", Value::Object(map)) => {
            AttributeValue::M(map.into_iter().map(|(name, value)| (name, attribute(value))).collect())
        }
        ("document", mut document) => {
            // An alert expires some hours after this.
            if document.get("seen_at").is_some() {
                document["seen_at"] = json!(Timestamp::now());
            }
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(document.to_string().as_bytes()).unwrap();
            AttributeValue::B(Blob::new(encoder.finish().unwrap()))
        }
        (kind, value) => panic!("no attribute of the fixture: {kind} {value}"),
    }
}
