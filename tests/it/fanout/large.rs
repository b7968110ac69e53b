//! An account with very many destinations, and what a small fan-out costs.
use router::Bounds;
use status::words::{Event, Severity};
use tests::audience::{Audience, alert, destinations, group, monitor};

use super::received;

/// All behind one monitor. The bounds of the router are scaled down with it.
const DESTINATIONS: usize = 1_500;
/// A group is one item of at most 400 KB, which is room for some ten thousand.
const PER_GROUP: usize = 500;

const EVENTS: &[Event] = &[Event::Opened, Event::Resolved];
const SEVERITIES: &[Severity] = &[Severity::Major];

#[tokio::test]
async fn account_with_very_many_destinations_is_told_by_invocations_that_end() {
    let bounds = Bounds { page: 50, invocation: DESTINATIONS / 10, ..Bounds::default() };
    let audience = Audience::start(bounds).await;
    let ids = destinations("d", DESTINATIONS);
    let groups = ids.chunks(PER_GROUP).enumerate();
    let groups = groups.map(|(number, ids)| group("large", &format!("group-{number}"), ids, EVENTS, SEVERITIES));
    audience.apply("large", vec![monitor("large", "acme", "acme")], groups.collect(), &ids).await;
    let alerts = EVENTS.iter().map(|event| alert("acme", "i1", *event, Severity::Major)).collect::<Vec<_>>();
    for alert in &alerts {
        audience.store.put_alert(alert, alert.seen_at).await.unwrap();
        let invocations = audience.route_alone(alert).await;
        assert!((10..=21).contains(&invocations), "{invocations} invocations for {}", alert.event.as_str());
    }
    let received = received(&audience.take_tasks().await, &alerts);
    assert_eq!(received.len(), DESTINATIONS);
    assert!(received.values().all(|got| *got == [0, 1]));
    audience.stack.stop().await;
}

#[tokio::test]
async fn fan_out_that_ends_at_once_stores_no_progress_and_writes_each_mark_once() {
    let audience = Audience::start(Bounds::default()).await;
    let ids = destinations("d", 20);
    let events = [Event::Opened, Event::Updated, Event::Resolved];
    let group = group("one", "group", &ids, &events, SEVERITIES);
    audience.apply("one", vec![monitor("one", "acme", "acme")], vec![group], &ids).await;
    for (event, writes) in [(Event::Opened, 1), (Event::Updated, 0), (Event::Resolved, 0)] {
        let alert = alert("acme", "i1", event, Severity::Major);
        audience.store.put_alert(&alert, alert.seen_at).await.unwrap();
        let before = audience.router.store_counts();
        assert_eq!(audience.route_alone(&alert).await, 1);
        let after = audience.router.store_counts();
        assert_eq!(after.writes - before.writes, writes, "{}", event.as_str());
        assert!(after.reads - before.reads < 30, "{} reads for {}", after.reads - before.reads, event.as_str());
        assert_eq!(audience.store.alert_and_progress(&alert.id).await.unwrap().1, None);
    }
    audience.stack.stop().await;
}
