//! The monitors of a provider, by segments of accounts.
use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use status::{
    ids::{AccountId, ProviderId},
    monitor::{ComponentFilter, Monitor, WhenUnknown},
};
use store::{AccountSettings, WatchersFrom, watcher_segments};

use crate::world::{World, world};

fn monitor(account: &str, id: &str) -> Monitor {
    let (id, account, provider) = (id.into(), account.into(), "github".into());
    Monitor { id, account, provider, components: ComponentFilter::All, unknown: WhenUnknown::Tell }
}

/// The monitors of a segment, read about so many at a time.
async fn of_segment(world: &World, provider: &str, segment: Option<u8>, limit: u32) -> Vec<Monitor> {
    let (mut found, mut after): (Vec<Monitor>, Option<AccountId>) = (Vec::new(), None);
    loop {
        let from = after.as_ref().map_or(WatchersFrom::Start, WatchersFrom::After);
        let page = world.store.watchers(&ProviderId::new(provider), segment, from, limit).await.unwrap();
        assert!(!page.more || !page.monitors.is_empty(), "a page has at least one account");
        found.extend(page.monitors);
        if !page.more {
            return found;
        }
        after = found.last().map(|monitor| monitor.account.clone());
    }
}

/// All monitors of a provider, sorted by account.
pub(crate) async fn all_watchers(world: &World, provider: &str) -> Vec<Monitor> {
    let mut found = Vec::new();
    for segment in watcher_segments() {
        found.extend(of_segment(world, provider, segment, 100).await);
    }
    found.sort_by(|a, b| (&a.account, &a.id).cmp(&(&b.account, &b.id)));
    found
}

/// Accounts with so many monitors each.
async fn apply(world: &World, accounts: impl IntoIterator<Item = (String, usize)>) -> Vec<Monitor> {
    let mut expected = Vec::new();
    for (account, count) in accounts {
        let monitors: Vec<_> = (0..count).map(|number| monitor(&account, &format!("m{number:02}"))).collect();
        let settings = AccountSettings { monitors: monitors.clone(), ..AccountSettings::default() };
        world.store.apply(&AccountId::new(&account), &settings).await.unwrap();
        expected.extend(monitors);
    }
    expected
}

#[tokio::test]
async fn pages_hold_whole_accounts_and_lose_nothing() {
    let world = world().await;
    let accounts = (0..40).map(|number| (format!("account {number:02}"), 1 + number % 9));
    let mut expected = apply(&world, accounts).await;
    expected.extend(apply(&world, [("z".to_owned(), 50)]).await);
    assert_eq!(all_watchers(&world, "github").await, expected);
    for limit in [1, 2, 7, 30] {
        let mut found = Vec::new();
        for segment in watcher_segments() {
            found.extend(of_segment(&world, "github", segment, limit).await);
        }
        assert_eq!(found.len(), expected.len(), "read {limit} at a time");
        let mut by_account: BTreeMap<&AccountId, Vec<&Monitor>> = BTreeMap::new();
        found.iter().for_each(|monitor| by_account.entry(&monitor.account).or_default().push(monitor));
        let sorted: Vec<&Monitor> = by_account.into_values().flatten().collect();
        assert_eq!(sorted, expected.iter().collect::<Vec<_>>(), "read {limit} at a time");
    }
}

#[tokio::test]
async fn accounts_are_spread_over_the_segments_and_each_is_in_one() {
    let world = world().await;
    apply(&world, (0..160).map(|number| (format!("account {number}"), 2))).await;
    let mut largest = 0;
    for segment in watcher_segments() {
        let found = of_segment(&world, "github", segment, 100).await;
        assert_eq!(found.len() % 2, 0);
        largest = largest.max(found.len() / 2);
    }
    assert!(largest < 30, "{largest} of 160 accounts are in one of 16 segments");
}

#[tokio::test]
async fn page_begins_at_an_account_or_after_it() {
    let world = world().await;
    let accounts: Vec<_> = (0..40).map(|number| (format!("account {number:02}"), 2)).collect();
    apply(&world, accounts).await;
    let github = ProviderId::new("github");
    for segment in watcher_segments() {
        let all = of_segment(&world, "github", segment, 100).await;
        for (index, monitor) in all.iter().enumerate().step_by(2) {
            let at =
                world.store.watchers(&github, segment, WatchersFrom::Account(&monitor.account), 100).await.unwrap();
            assert_eq!(at.monitors, all[index..]);
            let after =
                world.store.watchers(&github, segment, WatchersFrom::After(&monitor.account), 100).await.unwrap();
            assert_eq!(after.monitors, all[index + 2..]);
        }
    }
}

#[tokio::test]
async fn monitor_from_before_there_were_segments_is_found_and_moved_by_the_next_settings() {
    let world = world().await;
    apply(&world, [("a".to_owned(), 2)]).await;
    for sort in ["m00", "m01"] {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let update = world.client().update_item().table_name("statuswire").key("pk", text("ACCOUNT#a"));
        let update = update.key("sk", text(&format!("MONITOR#{sort}"))).update_expression("SET gsi1pk = :old");
        update.expression_attribute_values(":old", text("WATCH#github")).send().await.unwrap();
    }
    let expected = [monitor("a", "m00"), monitor("a", "m01")];
    assert_eq!(of_segment(&world, "github", None, 1).await, expected);
    assert_eq!(all_watchers(&world, "github").await, expected);
    apply(&world, [("a".to_owned(), 2)]).await;
    assert!(of_segment(&world, "github", None, 1).await.is_empty());
    assert_eq!(all_watchers(&world, "github").await, expected);
}
