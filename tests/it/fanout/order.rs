//! Order and completeness: alerts that wait behind a large fan-out, settings that change during one, tables and
//! messages of an earlier version.
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::types::QueueAttributeName;
use router::Bounds;
use serde_json::json;
use status::{
    ids::DestinationId,
    monitor::{ComponentChoice, ComponentFilter, Group, Monitor, Scope},
    words::{Event, Severity},
};
use tests::audience::{Audience, alert, destinations, group, monitor};

use super::{SMALL, received};

const OPENING: &[Event] = &[Event::Opened];
const ALL: &[Event] = &[Event::Opened, Event::Updated, Event::Resolved];
const ANY: &[Severity] = &[Severity::Minor, Severity::Major];

/// One account with one monitor of `acme`, and one group with these destinations.
async fn account(audience: &Audience, number: usize, count: usize, events: &[Event], severities: &[Severity]) {
    let account = format!("account-{number}");
    let ids = destinations(&format!("d{number}"), count);
    let group = group(&account, "group", &ids, events, severities);
    audience.apply(&account, vec![monitor(&account, "acme", "acme")], vec![group], &ids).await;
}

fn course(provider: &str) -> Vec<status::alert::Alert> {
    let alert = |event, severity| alert(provider, "i1", event, severity);
    vec![
        alert(Event::Opened, Severity::Major),
        alert(Event::Updated, Severity::Minor),
        alert(Event::Resolved, Severity::Minor),
    ]
}

#[tokio::test]
async fn alerts_behind_a_large_fan_out_reach_each_destination_in_order() {
    const EACH: usize = 5;
    let audience = Audience::start(Bounds { invocation: 50 * EACH, ..Bounds::default() }).await;
    for number in 0..300_usize {
        let events = if number.is_multiple_of(3) { ALL } else { OPENING };
        account(&audience, number, EACH, events, ANY).await;
    }
    let alerts = course("acme");
    audience.commit(&alerts).await;
    let handled = audience.route().await;
    assert!(handled.failures >= 3, "the opening alone takes several invocations: {handled:?}");
    let received = received(&audience.take_tasks().await, &alerts);
    assert_eq!(received.len(), 300 * EACH);
    for (id, got) in received {
        let number: usize = id.as_str()[1..].split('-').next().unwrap().parse().unwrap();
        let expected: &[usize] = if number.is_multiple_of(3) { &[0, 1, 2] } else { &[0, 2] };
        assert_eq!(got, expected, "{id}");
    }
    audience.stack.stop().await;
}

#[tokio::test]
async fn whoever_is_told_an_opening_is_told_its_end_whatever_changes_between_two_invocations() {
    let audience = Audience::start(SMALL).await;
    for number in 0..40 {
        account(&audience, number, 5, ALL, &[Severity::Major]).await;
    }
    let alerts = course("acme");
    for alert in &alerts {
        audience.store.put_alert(alert, alert.seen_at).await.unwrap();
    }
    let first = audience.invoke(&[&alerts[0]], "first").await;
    assert_eq!(first.batch_item_failures.len(), 1, "there is more to do");
    // Some want nothing any more, some have no monitor, and all that are left want the end only if it is major.
    for number in 0..40 {
        let account = format!("account-{number}");
        let ids = destinations(&format!("d{number}"), 5);
        let monitors = if number % 4 == 1 { Vec::new() } else { vec![monitor(&account, "acme", "acme")] };
        let groups = if number % 4 == 2 { Vec::new() } else { vec![group(&account, "group", &ids, OPENING, ANY)] };
        audience.apply(&account, monitors, groups, &ids).await;
    }
    for alert in &alerts {
        audience.route_alone(alert).await;
    }
    let received = received(&audience.take_tasks().await, &alerts);
    assert!(received.values().all(|got| *got == [0, 2]), "{received:?}");
    let accounts: BTreeSet<&str> = received.keys().map(|id| id.as_str().split('-').next().unwrap()).collect();
    assert!(accounts.len() >= 20, "those that still want it: {accounts:?}");
    assert!(received.len() > 100 && received.len() < 200, "{} of 200", received.len());
    audience.stack.stop().await;
}

#[tokio::test]
async fn whoever_is_told_an_incident_late_is_told_its_end() {
    let audience = Audience::start(SMALL).await;
    for number in 0..30_usize {
        account(&audience, number, 4, OPENING, if number.is_multiple_of(2) { ANY } else { &[Severity::Major] }).await;
    }
    let mut alerts = course("acme");
    (alerts[0].severity, alerts[1].severity, alerts[1].widened) = (Severity::Minor, Severity::Major, true);
    audience.commit(&alerts).await;
    audience.route().await;
    for (id, got) in received(&audience.take_tasks().await, &alerts) {
        let number: usize = id.as_str()[1..].split('-').next().unwrap().parse().unwrap();
        assert_eq!(got, if number.is_multiple_of(2) { [0, 2] } else { [1, 2] }, "{id}");
    }
    audience.stack.stop().await;
}

#[tokio::test]
async fn monitor_that_moves_to_its_segment_during_a_fan_out_is_not_missed() {
    let audience = Audience::start(SMALL).await;
    for number in 0..40 {
        account(&audience, number, 4, ALL, ANY).await;
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let update = audience.stack.dynamodb.update_item().table_name("statuswire");
        let update = update.key("pk", text(&format!("ACCOUNT#account-{number}"))).key("sk", text("MONITOR#acme"));
        let update =
            update.update_expression("SET gsi1pk = :old").expression_attribute_values(":old", text("WATCH#acme"));
        update.send().await.unwrap();
    }
    let alerts = &course("acme")[..1];
    audience.store.put_alert(&alerts[0], alerts[0].seen_at).await.unwrap();
    assert_eq!(audience.invoke(&[&alerts[0]], "first").await.batch_item_failures.len(), 1);
    for number in 0..40 {
        account(&audience, number, 4, ALL, ANY).await;
    }
    audience.route_alone(&alerts[0]).await;
    let received = received(&audience.take_tasks().await, alerts);
    assert_eq!(received.len(), 160);
    assert!(received.values().all(|got| *got == [0]));
    audience.stack.stop().await;
}

#[tokio::test]
async fn continuation_that_an_earlier_version_queued_is_routed() {
    let audience = Audience::start(SMALL).await;
    for number in 0..10 {
        account(&audience, number, 4, OPENING, ANY).await;
    }
    let alerts = course("acme");
    audience.commit(&alerts[..1]).await;
    audience.route().await;
    for alert in &alerts[1..] {
        audience.store.put_alert(alert, alert.seen_at).await.unwrap();
    }
    let continued =
        [(&alerts[0], r#"{"monitors":"{\"pk\":\"ACCOUNT#account-1\"}"}"#), (&alerts[2], r#"{"told":null}"#)];
    for (number, (alert, cursor)) in continued.into_iter().enumerate() {
        let body = json!({"v": 1, "alert": alert.id, "provider": "acme", "cursor": cursor}).to_string();
        let sent = audience.stack.sqs.send_message().queue_url(&audience.stack.queues.alerts).message_body(body);
        sent.message_group_id("acme").message_deduplication_id(number.to_string()).send().await.unwrap();
    }
    audience.route().await;
    let received = received(&audience.take_tasks().await, &alerts);
    assert_eq!(received.len(), 40);
    assert!(received.values().all(|got| *got == [0, 2]), "{received:?}");
    audience.stack.stop().await;
}

#[tokio::test]
async fn large_fan_out_delays_no_other_provider_of_its_batch() {
    let audience = Audience::start(SMALL).await;
    for number in 0..40 {
        account(&audience, number, 5, ALL, ANY).await;
    }
    let ids = destinations("other", 3);
    let other = group("other", "group", &ids, ALL, ANY);
    audience.apply("other", vec![monitor("other", "globex", "globex")], vec![other], &ids).await;
    let (large, small) = (course("acme"), course("globex"));
    let all: Vec<_> = large.iter().chain(&small).collect();
    for alert in &all {
        audience.store.put_alert(alert, alert.seen_at).await.unwrap();
    }
    let response = audience.invoke(&all, "first").await;
    let failed: Vec<_> = response.batch_item_failures.iter().map(|failure| failure.item_identifier.as_str()).collect();
    assert_eq!(failed, large.iter().map(|alert| alert.id.as_str()).collect::<Vec<_>>());
    let mut tasks = audience.take_tasks().await;
    tasks.retain(|id, _| ids.contains(id));
    assert_eq!(received(&tasks, &small).into_values().collect::<Vec<_>>(), [[0, 1, 2], [0, 1, 2], [0, 1, 2]]);
    audience.stack.stop().await;
}

#[tokio::test]
async fn message_of_a_large_fan_out_is_received_again_at_once_and_never_dies_of_it() {
    let audience = Audience::start(Bounds { invocation: 1, page: 1, ..SMALL }).await;
    for number in 0..20 {
        account(&audience, number, 10, ALL, ANY).await;
    }
    let alerts = course("acme");
    audience.commit(&alerts).await;
    let handled = audience.route().await;
    assert!(handled.failures > 60, "{handled:?}");
    assert_eq!(audience.stack.waiting().await.unwrap(), 200 * 3, "all alerts are routed, and only tasks wait");
    let dead = audience.stack.sqs.get_queue_attributes().queue_url(&audience.stack.dead_letters.alerts);
    let dead = dead.attribute_names(QueueAttributeName::All).send().await.unwrap().attributes.unwrap();
    assert_eq!(dead[&QueueAttributeName::ApproximateNumberOfMessages], "0");
    audience.stack.stop().await;
}

#[tokio::test]
async fn invocation_that_is_out_of_time_ends_after_a_page_of_each_segment() {
    let out_of_time = Bounds { go_on_for: Duration::ZERO, invocation: usize::MAX, ..SMALL };
    let audience = Audience::start(out_of_time).await;
    account(&audience, 0, 70, ALL, ANY).await;
    let alerts = course("acme");
    for alert in &alerts {
        audience.store.put_alert(alert, alert.seen_at).await.unwrap();
        let invocations = audience.route_alone(alert).await;
        assert!(invocations >= 10, "{invocations} invocations for ten pages of {}", alert.event.as_str());
    }
    let received = received(&audience.take_tasks().await, &alerts);
    assert_eq!(received.len(), 70);
    assert!(received.values().all(|got| *got == [0, 1, 2]));
    audience.stack.stop().await;
}

/// Two monitors of an account, of which one is sure and one is not: what a destination hears does not depend on the
/// size of pages.
#[tokio::test]
async fn what_a_destination_is_told_does_not_depend_on_where_a_page_ends() {
    let mut found: Vec<BTreeMap<DestinationId, bool>> = Vec::new();
    for bounds in [Bounds::default(), Bounds { page: 1, monitors: 1, invocation: 3, save_every: 1, ..SMALL }] {
        let audience = Audience::start(bounds).await;
        for number in 0..6 {
            let account = format!("account-{number}");
            let ids = destinations(&format!("d{number}"), 6);
            let unsure = ComponentFilter::Chosen(vec![ComponentChoice::Component("API".to_owned())]);
            let monitors = vec![
                Monitor { components: unsure, ..monitor(&account, "a-unsure", "acme") },
                monitor(&account, "b-sure", "acme"),
            ];
            let of = |id: &str, ids: &[DestinationId], scope: &str| {
                let scope = Scope::Monitors(vec![scope.into()]);
                Group { scope, ..group(&account, id, ids, ALL, ANY) }
            };
            let groups = vec![of("first", &ids[..4], "a-unsure"), of("second", &ids[2..], "b-sure")];
            audience.apply(&account, monitors, groups, &ids).await;
        }
        let alert = &course("acme")[0];
        audience.store.put_alert(alert, alert.seen_at).await.unwrap();
        audience.route_alone(alert).await;
        let unknown = audience.take_tasks().await.into_iter().map(|(id, tasks)| {
            assert_eq!(tasks.len(), 1);
            (id, tasks[0].unknown)
        });
        found.push(unknown.collect());
        audience.stack.stop().await;
    }
    assert_eq!(found[0], found[1]);
    assert_eq!(found[0].values().filter(|unknown| **unknown).count(), 12, "the two first of each account");
    assert_eq!(found[0].len(), 36);
}
