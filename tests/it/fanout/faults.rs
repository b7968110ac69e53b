//! What fails or stops in the middle of a fan-out is continued where it stood.
use std::collections::BTreeMap;

use futures_util::future::join;
use queue::task::DeliveryTask;
use router::Bounds;
use status::{
    alert::Alert,
    ids::DestinationId,
    words::{Event, Severity},
};
use tests::{
    audience::{Audience, alert, destinations, group, monitor},
    faults::{Faults, Rates},
};

use super::{SMALL, received};

const ALL: &[Event] = &[Event::Opened, Event::Updated, Event::Resolved];
const OPENING: &[Event] = &[Event::Opened];
const SEVERITIES: &[Severity] = &[Severity::Major];

/// Accounts with three destinations each. Every third one wants openings only, and is told the end all the same.
async fn audience(accounts: usize, bounds: Bounds, faults: &Faults) -> Audience {
    let audience = Audience::with_faults(bounds, faults).await;
    for number in 0..accounts {
        let account = format!("account-{number}");
        let ids = destinations(&format!("d{number}"), 3);
        let events = if number.is_multiple_of(3) { OPENING } else { ALL };
        let group = group(&account, "group", &ids, events, SEVERITIES);
        audience.apply(&account, vec![monitor(&account, "acme", "acme")], vec![group], &ids).await;
    }
    audience
}

async fn course(audience: &Audience, incident: &str) -> Vec<Alert> {
    let alerts: Vec<Alert> = ALL.iter().map(|event| alert("acme", incident, *event, Severity::Major)).collect();
    for alert in &alerts {
        audience.store.put_alert(alert, alert.seen_at).await.unwrap();
    }
    alerts
}

fn check(tasks: &BTreeMap<DestinationId, Vec<DeliveryTask>>, alerts: &[Alert], accounts: usize, what: &str) {
    let received = received(tasks, alerts);
    assert_eq!(received.len(), accounts * 3, "{what}");
    for (id, got) in received {
        let number: usize = id.as_str()[1..].split('-').next().unwrap().parse().unwrap();
        let expected: &[usize] = if number.is_multiple_of(3) { &[0, 2] } else { &[0, 1, 2] };
        assert_eq!(got, expected, "{what}: {id}");
    }
}

#[tokio::test]
async fn router_killed_at_any_request_loses_repeats_and_reorders_nothing() {
    let faults = Faults::new(0);
    let audience = audience(12, SMALL, &faults).await;
    let mut killed = 0;
    // Later in each alert, until none is interrupted any more.
    for after in 0.. {
        let alerts = course(&audience, &format!("i{after}")).await;
        let mut is_killed = false;
        for alert in &alerts {
            faults.stall_after(Some(after * 4));
            tokio::select! {
                _ = audience.route_alone(alert) => {}
                () = faults.stalled() => is_killed = true,
            }
            faults.stall_after(None);
            audience.route_alone(alert).await;
        }
        check(&audience.take_tasks().await, &alerts, 12, &format!("killed after {} requests", after * 4));
        if !is_killed {
            break;
        }
        killed += 1;
    }
    assert!(killed > 8, "a fan-out has only so many requests: {killed}");
    audience.stack.stop().await;
}

#[tokio::test]
async fn router_that_is_killed_repeats_little() {
    let bounds = Bounds { page: 10, monitors: 5, invocation: 10_000, save_every: 30, ..SMALL };
    let faults = Faults::new(0);
    let audience = audience(200, bounds, &faults).await;
    let requests = async |alert: &Alert| {
        let before = faults.requests();
        audience.route_alone(alert).await;
        faults.requests() - before
    };
    let (whole, killed) = (course(&audience, "i1").await, course(&audience, "i2").await);
    for (whole, killed) in whole.iter().zip(&killed) {
        let clean = requests(whole).await;
        faults.stall_after(Some(clean / 2));
        tokio::select! {
            _ = audience.route_alone(killed) => panic!("half of the requests were enough"),
            () = faults.stalled() => {}
        }
        faults.stall_after(None);
        let rest = requests(killed).await;
        assert!(rest < clean * 3 / 4, "{rest} requests after half of {clean}");
    }
    audience.stack.stop().await;
}

#[tokio::test]
async fn throttled_store_and_queue_lose_repeat_and_reorder_nothing() {
    for seed in 0..4 {
        let faults = Faults::new(seed);
        let audience = audience(40, SMALL, &faults).await;
        let alerts = course(&audience, "i1").await;
        faults.set(Rates { throttled: 30, cancelled: 0, partial: 20, lost: 30 });
        let mut invocations = 0;
        for alert in &alerts {
            invocations += audience.route_alone(alert).await;
        }
        faults.set(Rates::default());
        assert!(faults.count() > 10, "seed {seed}: {} faults in {invocations} invocations", faults.count());
        check(&audience.take_tasks().await, &alerts, 40, &format!("seed {seed}"));
        audience.stack.stop().await;
    }
}

#[tokio::test]
async fn two_routers_on_one_message_do_no_harm() {
    let audience = audience(40, SMALL, &Faults::new(0)).await;
    let alerts = course(&audience, "i1").await;
    for alert in &alerts {
        for round in 0..3 {
            let (one, other) = (format!("one {round}"), format!("other {round}"));
            join(audience.invoke(&[alert], &one), audience.invoke(&[alert], &other)).await;
        }
        audience.route_alone(alert).await;
    }
    check(&audience.take_tasks().await, &alerts, 40, "two routers");
    audience.stack.stop().await;
}
