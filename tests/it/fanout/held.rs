//! Ends of what waits for very many destinations whose groups hold nothing any more: the marks say for whom it waits,
//! whether one request reads all of them or not.
use jiff::Timestamp;
use router::Bounds;
use status::{
    digest::{Digest, Every},
    monitor::Group,
    words::{Event, Severity},
};
use tests::audience::{Audience, alert, destinations, group, monitor};

use super::{SMALL, received};

const ALL: &[Event] = &[Event::Opened, Event::Updated, Event::Resolved];
const SEVERITIES: &[Severity] = &[Severity::Minor];
const DESTINATIONS: usize = 100;

#[tokio::test]
async fn nobody_is_told_the_end_of_what_waited_for_them_when_nothing_waits_any_more() {
    for bounds in [SMALL, Bounds::default()] {
        let audience = Audience::start(bounds).await;
        let (told, held) = (destinations("told", DESTINATIONS), destinations("held", DESTINATIONS));
        let awake = group("one", "awake", &told, ALL, SEVERITIES);
        let hourly = Digest { every: Every::Hour, major_bypass: true };
        let digest = Group { digest: Some(hourly), ..group("one", "digest", &held, ALL, SEVERITIES) };
        let apply = async |groups: Vec<Group>| {
            let ids = [told.clone(), held.clone()].concat();
            audience.apply("one", vec![monitor("one", "acme", "acme")], groups, &ids).await;
        };
        apply(vec![awake.clone(), digest.clone()]).await;
        let alerts = [Event::Opened, Event::Resolved].map(|event| alert("acme", "i1", event, Severity::Minor));
        for alert in &alerts {
            audience.store.put_alert(alert, alert.seen_at).await.unwrap();
            audience.route_alone(alert).await;
            apply(vec![awake.clone(), Group { digest: None, ..digest.clone() }]).await;
        }
        let received = received(&audience.take_tasks().await, &alerts);
        assert_eq!(received.len(), DESTINATIONS);
        assert!(received.iter().all(|(id, got)| id.as_str().starts_with("told") && *got == [0, 1]), "{received:?}");
        let later = Timestamp::now() + jiff::SignedDuration::from_hours(48);
        let due = audience.store.due_rows(later, 1_000).await.unwrap();
        assert!(due.destinations.is_empty(), "nothing waits any more: {due:?}");
        audience.stack.stop().await;
    }
}
