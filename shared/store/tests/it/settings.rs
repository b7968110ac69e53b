//! Applying settings, and what router and dispatcher read of them.
use std::{collections::BTreeMap, time::Duration};

use status::{
    ids::{AccountId, DestinationId, GroupId, MonitorId, ProviderId},
    monitor::{ComponentChoice, ComponentFilter, Destination, Group, Monitor, Scope, Settings, WhenUnknown},
    provider::Provider,
    words::{Event, Severity},
};
use store::{AccountSettings, Disabled, Refusals, StoreError};

use crate::{
    watchers::all_watchers,
    world::{at, world},
};

pub(crate) const OURS: &str = "ours";

pub(crate) fn monitor(account: &str, id: &str, provider: &str) -> Monitor {
    Monitor {
        id: MonitorId::new(id),
        account: AccountId::new(account),
        provider: ProviderId::new(provider),
        components: ComponentFilter::Chosen(vec![ComponentChoice::Group("API".into())]),
        unknown: WhenUnknown::Tell,
    }
}

pub(crate) fn destination(account: &str, id: &str, url: &str) -> Destination {
    Destination {
        label: None,
        id: DestinationId::new(id),
        account: AccountId::new(account),
        channel: "webhook".into(),
        settings: Settings(BTreeMap::from([("url".into(), url.into())])),
    }
}

pub(crate) fn settings() -> AccountSettings {
    AccountSettings {
        pages: vec![Provider {
            id: ProviderId::new("intranet"),
            name: "Intranet".into(),
            page_url: "https://status.example.com".into(),
            format: None,
            interval: Some(Duration::from_secs(60)),
        }],
        logins: BTreeMap::new(),
        destinations: vec![
            destination(OURS, "hook", "https://hooks.example.com/1"),
            destination(OURS, "spare", "https://hooks.example.com/2"),
        ],
        groups: vec![Group {
            name: None,
            quiet_hours: None,
            digest: None,
            follow_up: None,
            id: GroupId::new("default"),
            account: AccountId::new(OURS),
            destinations: vec![DestinationId::new("hook")],
            severities: vec![Severity::Major, Severity::Minor],
            events: vec![Event::Opened, Event::Resolved],
            scope: Scope::Monitors(vec![MonitorId::new("m1")]),
        }],
        monitors: vec![monitor(OURS, "m1", "github"), monitor(OURS, "m2", "github"), monitor(OURS, "m3", "intranet")],
        boards: Vec::new(),
    }
}

#[tokio::test]
async fn applied_settings_are_found_by_all_who_ask() {
    let world = world().await;
    let (ours, settings) = (AccountId::new(OURS), settings());

    let applied = world.store.apply(&ours, &settings).await.unwrap();

    assert_eq!((applied.written, applied.removed, applied.unchanged), (7, 0, 0));
    let (groups, destinations) = world.store.groups_and_destinations(&ours).await.unwrap();
    let destinations: Vec<_> = destinations.iter().map(|stored| world.store.unseal(stored).unwrap()).collect();
    assert_eq!((groups, destinations), (settings.groups.clone(), settings.destinations.clone()));
    assert_eq!(all_watchers(&world, "github").await, settings.monitors[..2]);
    let directory = world.store.directory().await.unwrap();
    assert_eq!(directory.pages, settings.pages);
    assert_eq!(directory.watched, ["github", "intranet"].map(ProviderId::new).into());
    let found = world.store.destination(&DestinationId::new("hook")).await.unwrap().unwrap();
    let destination = world.store.unseal(&found.destination).unwrap();
    assert_eq!((destination, found.disabled), (settings.destinations[0].clone(), None));
}

#[tokio::test]
async fn applying_twice_writes_nothing() {
    let world = world().await;
    let ours = AccountId::new(OURS);
    world.store.apply(&ours, &settings()).await.unwrap();
    let writes = world.store.counts().writes;

    let again = world.store.apply(&ours, &settings()).await.unwrap();

    assert_eq!((again.written, again.removed, again.unchanged), (0, 0, 7));
    assert_eq!(world.store.counts().writes, writes);
}

#[tokio::test]
async fn what_is_no_longer_wanted_is_gone_everywhere() {
    let world = world().await;
    let (ours, github) = (AccountId::new(OURS), ProviderId::new("github"));
    world.store.apply(&ours, &settings()).await.unwrap();
    let theirs = AccountSettings { monitors: vec![monitor("theirs", "m1", "github")], ..AccountSettings::default() };
    world.store.apply(&AccountId::new("theirs"), &theirs).await.unwrap();
    let mut fewer = settings();
    fewer.pages.clear();
    fewer.destinations.pop();
    fewer.monitors.truncate(1);

    let applied = world.store.apply(&ours, &fewer).await.unwrap();
    assert_eq!((applied.written, applied.removed, applied.unchanged), (0, 4, 3));
    assert_eq!(world.store.destination(&DestinationId::new("spare")).await.unwrap(), None);
    assert_eq!(world.store.groups_and_destinations(&ours).await.unwrap().1, [world.stored("hook").await]);
    let directory = world.store.directory().await.unwrap();
    assert_eq!(directory.pages, []);
    assert_eq!(directory.watched, [github.clone()].into());

    world.store.apply(&ours, &AccountSettings::default()).await.unwrap();
    assert_eq!(all_watchers(&world, "github").await, theirs.monitors, "another account's monitor stays");
    assert_eq!(world.store.directory().await.unwrap().watched, [github].into());
    assert_eq!(world.store.groups_and_destinations(&ours).await.unwrap().0, []);
}

#[tokio::test]
async fn a_destination_stays_disabled_until_it_is_defined_anew() {
    let world = world().await;
    let (ours, mut settings) = (AccountId::new(OURS), settings());
    world.store.apply(&ours, &settings).await.unwrap();
    let hook = world.stored("hook").await;
    let disabled = async || {
        let found = world.store.destination(&hook.id).await.unwrap().unwrap();
        found.disabled.map(|disabled| (disabled.reason, disabled.at))
    };

    let row = world.store.disable(&hook, &gone("10:00:00"), at("09:59:00")).await.unwrap().unwrap();
    assert_eq!(disabled().await, Some(("410 Gone".into(), at("10:00:00"))));
    assert_eq!(world.store.outbox().await.unwrap(), std::slice::from_ref(&row), "its account gets a notice");
    let notice = world.store.alert(&row.alerts[0]).await.unwrap().unwrap();
    assert_eq!((notice.destination, notice.note.as_deref()), (Some(hook.id.clone()), Some("410 Gone")));
    assert_eq!(world.store.disable(&hook, &gone("10:00:30"), at("10:00:00")).await.unwrap(), None, "once");
    world.store.apply(&ours, &settings).await.unwrap();
    assert_eq!(disabled().await, Some(("410 Gone".into(), at("10:00:00"))));

    settings.destinations[0] = destination(OURS, "hook", "https://hooks.example.com/new");
    world.store.apply(&ours, &settings).await.unwrap();
    assert_eq!(disabled().await, None);
    // A dispatcher that still holds the old definition hears late that it is gone.
    assert_eq!(world.store.disable(&hook, &gone("10:01:00"), at("10:00:00")).await.unwrap(), None);
    assert_eq!(disabled().await, None);
}

fn gone(time: &str) -> Disabled {
    Disabled::because("410 Gone", at(time))
}

#[tokio::test]
async fn destination_in_trouble_is_listed_until_something_arrives() {
    let world = world().await;
    let (ours, mut settings) = (AccountId::new(OURS), settings());
    world.store.apply(&ours, &settings).await.unwrap();
    let hook = world.stored("hook").await;
    let troubled = async || {
        let found = world.store.troubled_destinations().await.unwrap();
        found.into_iter().map(|record| record.destination.id).collect::<Vec<_>>()
    };
    assert!(troubled().await.is_empty());
    let refusals = Refusals::another(None, &"dlv_1".into(), at("10:00:00"));
    world.store.note_refusals(&hook, &refusals).await.unwrap();
    assert_eq!(troubled().await, std::slice::from_ref(&hook.id));
    assert_eq!(world.store.destination(&hook.id).await.unwrap().unwrap().refusals, Some(refusals));
    world.store.note_arrival(&hook.id).await.unwrap();
    assert!(troubled().await.is_empty());
    world.store.note_failing(&hook, at("10:00:00"), at("10:01:00")).await.unwrap();
    world.store.disable(&hook, &gone("10:02:00"), at("10:01:30")).await.unwrap();
    assert_eq!(troubled().await, std::slice::from_ref(&hook.id));
    // A new definition is enabled, and what was missed is known.
    settings.destinations[0] = destination(OURS, "hook", "https://hooks.example.com/new");
    world.store.apply(&ours, &settings).await.unwrap();
    assert!(troubled().await.is_empty());
    let record = world.store.destination(&hook.id).await.unwrap().unwrap();
    assert_eq!((record.disabled, record.missed_since), (None, Some(at("10:00:00"))));
    world.store.note_caught_up(&hook.id, at("10:00:00"), None).await.unwrap();
    assert_eq!(world.store.destination(&hook.id).await.unwrap().unwrap().missed_since, None);
}

#[tokio::test]
async fn oldest_missed_alert_counts_whenever_it_is_noted() {
    let world = world().await;
    world.store.apply(&AccountId::new(OURS), &settings()).await.unwrap();
    let hook = world.stored("hook").await;
    let missed = async || world.store.destination(&hook.id).await.unwrap().unwrap().missed_since;
    world.store.note_failing(&hook, at("10:00:01"), at("10:01:00")).await.unwrap();
    // As texts, the later time would come first.
    for (noted, expected) in [("10:00:01.5", "10:00:01"), ("10:00:00.5", "10:00:00.5"), ("10:30:00", "10:00:00.5")] {
        world.store.note_missed(&hook.id, at(noted)).await.unwrap();
        assert_eq!(missed().await, Some(at(expected)), "{noted}");
    }
    world.store.disable(&hook, &gone("11:00:00"), at("09:00:00")).await.unwrap().unwrap();
    assert_eq!(missed().await, Some(at("09:00:00")));
    assert_eq!(world.store.disable(&hook, &gone("11:00:01"), at("08:00:00")).await.unwrap(), None);
    assert_eq!(missed().await, Some(at("08:00:00")), "it is disabled already, and missed this as well");

    world.store.note_caught_up(&hook.id, at("09:00:00"), None).await.unwrap();
    assert_eq!(missed().await, Some(at("08:00:00")), "something older was missed meanwhile");
    world.store.note_caught_up(&hook.id, at("08:00:00"), Some(at("08:30:00"))).await.unwrap();
    assert_eq!(missed().await, Some(at("08:30:00")), "the rest");
    world.store.note_caught_up(&hook.id, at("08:30:00"), None).await.unwrap();
    assert_eq!(missed().await, None);
    // As before there was this time: the destination was disabled before the alert.
    world.store.note_missed(&hook.id, at("12:00:00")).await.unwrap();
    assert_eq!(missed().await, None);
}

/// It was to be sent while the destination was disabled, and ended as missed when that was caught up with.
#[tokio::test]
async fn alert_that_ended_as_missed_while_somebody_caught_up_is_looked_for_again() {
    let world = world().await;
    world.store.apply(&AccountId::new(OURS), &settings()).await.unwrap();
    let hook = world.stored("hook").await;
    let missed = async || world.store.destination(&hook.id).await.unwrap().unwrap().missed_since;
    world.store.disable(&hook, &gone("10:00:00"), at("10:00:00")).await.unwrap().unwrap();
    world.store.note_missed_meanwhile(&hook.id, at("11:00:00")).await.unwrap();
    assert_eq!(missed().await, Some(at("10:00:00")), "it is still disabled");
    world.store.enable(&hook.id).await.unwrap();
    world.store.note_missed_meanwhile(&hook.id, at("11:00:00")).await.unwrap();
    world.store.note_caught_up(&hook.id, at("10:00:00"), None).await.unwrap();
    let since = missed().await.unwrap();
    assert!(since < at("10:00:00"), "{since}");
    world.store.note_caught_up(&hook.id, since, None).await.unwrap();
    assert_eq!(missed().await, None);
    world.store.note_missed_meanwhile(&hook.id, at("11:00:00")).await.unwrap();
    assert_eq!(missed().await, Some(at("11:00:00")), "they were faster");
}

#[tokio::test]
async fn a_destination_that_is_reached_again_is_used_again() {
    let world = world().await;
    let settings = settings();
    world.store.apply(&AccountId::new(OURS), &settings).await.unwrap();
    let hook = &world.stored("hook").await;
    world.store.disable(hook, &gone("10:00:00"), at("09:59:00")).await.unwrap();
    for time in ["11:00:00", "12:00:00"] {
        world.store.note_failing(hook, at(time), at(time)).await.unwrap();
    }
    let failing = world.store.destination(&hook.id).await.unwrap().unwrap().failing_since;
    assert_eq!(failing, Some(at("11:00:00")), "the first of a row");
    world.store.enable(&hook.id).await.unwrap();
    let record = world.store.destination(&hook.id).await.unwrap().unwrap();
    assert_eq!((record.disabled, record.failing_since), (None, None));
    world.store.enable(&DestinationId::new("removed")).await.unwrap();
    assert_eq!(world.store.destination(&DestinationId::new("removed")).await.unwrap(), None);
}

#[tokio::test]
async fn a_removed_destination_cannot_be_disabled_into_being() {
    let world = world().await;
    world.store.apply(&AccountId::new(OURS), &settings()).await.unwrap();
    let hook = world.stored("hook").await;
    world.store.apply(&AccountId::new(OURS), &AccountSettings::default()).await.unwrap();
    assert_eq!(world.store.disable(&hook, &gone("10:00:00"), at("09:59:00")).await.unwrap(), None);
    assert_eq!(world.store.destination(&hook.id).await.unwrap(), None);
}

#[tokio::test]
async fn a_destination_of_another_account_cannot_be_taken() {
    let world = world().await;
    world.store.apply(&AccountId::new(OURS), &settings()).await.unwrap();
    let theirs = AccountSettings {
        destinations: vec![destination("theirs", "hook", "https://evil.example.com")],
        ..AccountSettings::default()
    };

    let refused = world.store.apply(&AccountId::new("theirs"), &theirs).await.unwrap_err();

    assert!(matches!(&refused, StoreError::Taken { id } if id == "hook"), "{refused:?}");
    let destination = world.store.unseal(&world.stored("hook").await).unwrap();
    assert_eq!(destination, settings().destinations[0]);
    assert_eq!(world.store.groups_and_destinations(&AccountId::new("theirs")).await.unwrap().1, []);
}
