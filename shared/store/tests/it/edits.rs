//! Settings saved one at a time: conflicts, what follows from them, the configuration file beside them, and processes
//! that die half-way.
use std::collections::HashSet;

use accounts::audit::{AuditEntry, Values};
use status::{
    ids::{AccountId, MonitorId, ProviderId},
    monitor::{Destination, Group, Monitor},
    provider::Provider,
};
use store::{AccountSettings, Disabled, Edit, EditError, ManagedBy, Store, StoreError, Visibility};

use crate::{
    settings::{OURS, destination, monitor, settings},
    watchers::all_watchers,
    world::{When, at, world},
};

fn group(name: &str) -> Group {
    Group { id: "grp_1".into(), name: Some(name.to_owned()), ..settings().groups.remove(0) }
}

/// What goes with an edit.
pub(crate) fn edit() -> Edit {
    Edit::of(AuditEntry {
        account: account("a"),
        at: at("08:00:00"),
        id: "1".to_owned(),
        who: "jo@example.com".to_owned(),
        action: "setting.saved".to_owned(),
        target: "it".to_owned(),
        before: Values::new(),
        after: Values::new(),
    })
}

fn account(id: &str) -> AccountId {
    AccountId::new(id)
}

/// The providers that an account watches, in its own rows and counted over all accounts.
async fn watched(store: &Store, id: &str) -> (HashSet<ProviderId>, HashSet<ProviderId>) {
    (store.watched_by(&account(id)).await.unwrap(), store.directory().await.unwrap().watched)
}

fn ids(providers: &[&str]) -> HashSet<ProviderId> {
    providers.iter().map(ProviderId::new).collect()
}

#[tokio::test]
async fn of_two_who_edit_one_version_one_is_told() {
    let world = world().await;
    let store = &world.store;
    let first = store.save_group(&group("first"), None, &edit()).await.unwrap();
    assert!(
        matches!(store.save_group(&group("again"), None, &edit()).await, Err(EditError::Conflict)),
        "its id is taken"
    );
    let second = store.save_group(&group("second"), Some(first), &edit()).await.unwrap();
    assert!(second > first);
    assert!(matches!(store.save_group(&group("late"), Some(first), &edit()).await, Err(EditError::Conflict)));
    assert!(matches!(
        store.remove_group(&account(OURS), &"grp_1".into(), first, &edit()).await,
        Err(EditError::Conflict)
    ));
    let stored = store.stored_group(&account(OURS), &"grp_1".into()).await.unwrap().unwrap();
    assert_eq!((stored.value, stored.version, stored.managed_by), (group("second"), second, ManagedBy::Web));
    store.remove_group(&account(OURS), &"grp_1".into(), second, &edit()).await.unwrap();
    assert!(matches!(store.save_group(&group("gone"), Some(second), &edit()).await, Err(EditError::Conflict)));
    assert_eq!(store.stored_group(&account(OURS), &"grp_1".into()).await.unwrap(), None);
}

#[tokio::test]
async fn monitor_is_counted_where_it_is_and_nowhere_else() {
    let world = world().await;
    let store = &world.store;
    let mine = |id: &str, provider: &str| monitor("a", id, provider);
    let first = store.save_monitor(&mine("m1", "github"), None, &edit()).await.unwrap();
    store.save_monitor(&mine("m2", "github"), None, &edit()).await.unwrap();
    assert_eq!(watched(store, "a").await, (ids(&["github"]), ids(&["github"])));
    // One of two moves, and comes back.
    let moved = store.save_monitor(&mine("m1", "stripe"), Some(first), &edit()).await.unwrap();
    assert_eq!(watched(store, "a").await, (ids(&["github", "stripe"]), ids(&["github", "stripe"])));
    assert_eq!(all_watchers(&world, "stripe").await, [mine("m1", "stripe")]);
    let back = store.save_monitor(&mine("m1", "github"), Some(moved), &edit()).await.unwrap();
    assert_eq!(watched(store, "a").await, (ids(&["github"]), ids(&["github"])));
    store.remove_monitor(&account("a"), &"m1".into(), back, &edit()).await.unwrap();
    assert_eq!(watched(store, "a").await, (ids(&["github"]), ids(&["github"])));
    store.remove_settings(&account("a")).await.unwrap();
    assert_eq!(watched(store, "a").await, (ids(&[]), ids(&[])));
    assert_eq!(all_watchers(&world, "github").await, []);
}

#[tokio::test]
async fn monitors_that_are_saved_at_once_are_all_counted() {
    let world = world().await;
    let store = &world.store;
    let saved = (0..6).map(|n| {
        let store = store.clone();
        async move {
            let monitor = monitor("a", &format!("m{n}"), "github");
            let version = store.save_monitor(&monitor, None, &edit()).await.unwrap();
            (monitor.id, version)
        }
    });
    let saved: Vec<(MonitorId, u64)> = futures_util::future::join_all(saved).await;
    for (id, version) in &saved[1..] {
        store.remove_monitor(&account("a"), id, *version, &edit()).await.unwrap();
    }
    assert_eq!(watched(store, "a").await, (ids(&["github"]), ids(&["github"])), "one is left");
    store.remove_monitor(&account("a"), &saved[0].0, saved[0].1, &edit()).await.unwrap();
    assert_eq!(watched(store, "a").await, (ids(&[]), ids(&[])));
}

#[tokio::test]
async fn file_and_pages_leave_each_other_alone() {
    let world = world().await;
    let (store, ours, file) = (&world.store, account(OURS), settings());
    store.apply(&ours, &file).await.unwrap();
    let of_web = monitor(OURS, "mon_1", "intranet");
    store.save_monitor(&of_web, None, &edit()).await.unwrap();
    store.save_monitor(&monitor(OURS, "mon_2", "stripe"), None, &edit()).await.unwrap();
    store.save_group(&group("of the pages"), None, &edit()).await.unwrap();
    let hook = destination(OURS, "dst_1", "https://hooks.example.com/3");
    store.save_destination(hook.clone(), None, &edit()).await.unwrap();

    let again = store.apply(&ours, &file).await.unwrap();
    assert_eq!((again.written, again.removed, again.unchanged), (0, 0, 7), "a start erases no edit");
    let nothing = AccountSettings::default();
    assert_eq!(store.apply(&ours, &nothing).await.unwrap().removed, 7);
    let left = store.stored_settings(&ours).await.unwrap();
    assert!(left.monitors.iter().all(|it| it.managed_by == ManagedBy::Web) && left.monitors.len() == 2);
    assert_eq!((left.groups.len(), left.destinations.len(), left.pages.len()), (1, 1, 0));
    assert_eq!(watched(store, OURS).await, (ids(&["intranet", "stripe"]), ids(&["intranet", "stripe"])));

    store.apply(&ours, &file).await.unwrap();
    store.remove_settings(&ours).await.unwrap();
    assert_eq!(watched(store, OURS).await, (ids(&["github", "intranet"]), ids(&["github", "intranet"])));
    let found = store.stored_monitor(&ours, &"m1".into()).await.unwrap().unwrap();
    assert_eq!((found.managed_by, found.version), (ManagedBy::File, 0));
    let refused = store.save_monitor(&monitor(OURS, "m1", "stripe"), Some(0), &edit()).await;
    assert!(matches!(refused, Err(EditError::ManagedByFile)), "{refused:?}");
    let refused = store.remove_destination(&ours, &"hook".into(), 0, &edit()).await;
    assert!(matches!(refused, Err(EditError::ManagedByFile)), "{refused:?}");
}

#[tokio::test]
async fn file_does_not_take_over_what_the_pages_made() {
    let world = world().await;
    let store = &world.store;
    store.save_monitor(&monitor(OURS, "m1", "stripe"), None, &edit()).await.unwrap();
    let refused = store.apply(&account(OURS), &settings()).await.unwrap_err();
    assert!(matches!(&refused, StoreError::ManagedByWeb { what } if what == "monitor m1"), "{refused:?}");
    assert_eq!(store.stored_settings(&account(OURS)).await.unwrap().groups, [], "nothing was changed");
}

#[tokio::test]
async fn destination_keeps_its_state_unless_it_leads_elsewhere() {
    let world = world().await;
    let store = &world.store;
    let hook = |url: &str, label: &str| Destination { label: Some(label.to_owned()), ..destination("a", "dst_1", url) };
    let first = store.save_destination(hook("https://hooks.example.com/1", "Ops"), None, &edit()).await.unwrap();
    let gone = Disabled::because("410 Gone", at("10:00:00"));
    store.disable(&world.stored("dst_1").await, &gone, at("09:59:00")).await.unwrap().unwrap();

    let second =
        store.save_destination(hook("https://hooks.example.com/1", "Operations"), Some(first), &edit()).await.unwrap();
    let record = store.destination(&"dst_1".into()).await.unwrap().unwrap();
    assert!(record.disabled.is_some(), "another label mends nothing");
    assert_eq!(record.destination.shown_name(), "Operations");

    store.save_destination(hook("https://hooks.example.com/2", "Operations"), Some(second), &edit()).await.unwrap();
    let record = store.destination(&"dst_1".into()).await.unwrap().unwrap();
    assert_eq!((record.disabled, record.missed_since), (None, Some(at("09:59:00"))));
    let stored = store.stored_destination(&account("a"), &"dst_1".into()).await.unwrap().unwrap();
    assert!(!format!("{stored:?}").contains("hooks.example.com"), "it is encrypted");
    assert_eq!(store.unseal(&stored.value).unwrap(), hook("https://hooks.example.com/2", "Operations"));
    let theirs = destination("theirs", "dst_1", "https://evil.example.com");
    let refused = store.save_destination(theirs, None, &edit()).await;
    assert!(matches!(refused, Err(EditError::Conflict)), "its id is taken: {refused:?}");
}

#[tokio::test]
async fn custom_page_is_private_until_somebody_makes_it_public() {
    let world = world().await;
    let store = &world.store;
    let page = Provider {
        id: "page_1".into(),
        name: "Acme".into(),
        page_url: "https://status.acme.test".into(),
        format: None,
        interval: None,
    };
    let first = store.save_page(&account("a"), (&page, Visibility::Private, None), None, &edit()).await.unwrap();
    let directory = store.directory().await.unwrap();
    assert_eq!((directory.pages.clone(), directory.private), (vec![page.clone()], [page.id.clone()].into()));
    let renamed = Provider { name: "Acme, as we call it".into(), ..page.clone() };
    store.save_page(&account("b"), (&renamed, Visibility::Public, None), None, &edit()).await.unwrap();
    let directory = store.directory().await.unwrap();
    assert_eq!((directory.pages.len(), directory.private.len()), (1, 0), "it is read once");

    let version = store.save_monitor(&monitor("a", "m1", "page_1"), None, &edit()).await.unwrap();
    let refused = store.remove_page(&account("a"), &page.id, first, &edit()).await;
    assert!(matches!(refused, Err(EditError::InUse)), "{refused:?}");
    store.remove_monitor(&account("a"), &"m1".into(), version, &edit()).await.unwrap();
    store.remove_page(&account("a"), &page.id, first, &edit()).await.unwrap();
    assert_eq!(store.directory().await.unwrap().pages, [renamed], "another account has it");
}

/// What an observer sees of the account: its monitors, who is found by their providers, and who is counted.
async fn seen(store: &Store, watchers: &[Monitor]) -> String {
    let settings = store.stored_settings(&account("a")).await.unwrap();
    let monitors: Vec<_> = settings.monitors.iter().map(|it| it.value.provider.to_string()).collect();
    let found: Vec<_> = watchers.iter().map(|monitor| monitor.provider.to_string()).collect();
    let counted = store.directory().await.unwrap().watched;
    let counted: std::collections::BTreeSet<_> = counted.iter().map(ToString::to_string).collect();
    format!("{monitors:?} {found:?} {:?} {counted:?}", settings.watched)
}

#[tokio::test]
async fn whoever_dies_half_way_leaves_the_old_setting_or_the_new_one() {
    for when in [When::BeforeRequest, When::AfterResponse] {
        let mut results = HashSet::new();
        for requests in 0..12 {
            let world = world().await;
            let version = world.store.save_monitor(&monitor("a", "m1", "github"), None, &edit()).await.unwrap();
            let dying = world.dying_after(requests, when);
            let moved = dying.save_monitor(&monitor("a", "m1", "stripe"), Some(version), &edit()).await;
            let mut watchers = all_watchers(&world, "github").await;
            watchers.extend(all_watchers(&world, "stripe").await);
            let seen = seen(&world.store, &watchers).await;
            let old = r#"["github"] ["github"] {"github"} {"github"}"#;
            let new = r#"["stripe"] ["stripe"] {"stripe"} {"stripe"}"#;
            assert!(seen == old || seen == new, "after {requests} requests, {when:?}: {seen}");
            assert!(moved.is_err() || seen == new);
            results.insert(seen);
        }
        assert_eq!(results.len(), 2, "both were seen");
    }
}
