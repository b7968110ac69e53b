//! Who watches what: the numbers are right whatever stops half-way, and rows of earlier versions count as long as they
//! are there.
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use proptest::{collection::vec, prelude::*};
use status::ids::{AccountId, ProviderId};
use store::AccountSettings;

use crate::{
    settings::monitor,
    world::{When, World, world},
};

const ACCOUNTS: [&str; 3] = ["a", "b", "c"];
const PROVIDERS: [&str; 4] = ["acme", "github", "id#with~signs", "stripe"];

/// The providers of a bit mask.
fn chosen(mask: u8) -> impl Iterator<Item = &'static str> {
    PROVIDERS.into_iter().enumerate().filter(move |(bit, _)| mask & (1 << bit) != 0).map(|(_, provider)| provider)
}

fn watching(account: &str, mask: u8) -> AccountSettings {
    let of_provider = |provider: &str| [1, 2].map(|number| monitor(account, &format!("{provider}-{number}"), provider));
    AccountSettings { monitors: chosen(mask).flat_map(of_provider).collect(), ..AccountSettings::default() }
}

/// What an earlier version wrote for each provider of an account.
async fn write_as_before(client: &Client, account: &str, mask: u8) {
    for provider in chosen(mask) {
        let escaped = provider.replace('#', "%23").replace('~', "%7E");
        let item = [
            ("pk", format!("ACCOUNT#{account}")),
            ("sk", format!("WATCHED#{escaped}")),
            ("gsi1pk", "DIRECTORY".to_owned()),
            ("gsi1sk", format!("WATCHED#{account}#{escaped}")),
            ("type", "watched".to_owned()),
            ("definition", provider.to_owned()),
        ];
        let item = item.into_iter().map(|(name, value)| (name.to_owned(), AttributeValue::S(value))).collect();
        client.put_item().table_name("statuswire").set_item(Some(item)).send().await.unwrap();
    }
}

async fn partition(client: &Client, partition: &str) -> Vec<HashMap<String, AttributeValue>> {
    let query = client.query().table_name("statuswire").key_condition_expression("pk = :pk");
    let query = query.expression_attribute_values(":pk", AttributeValue::S(partition.to_owned()));
    query.send().await.unwrap().items.unwrap_or_default()
}

/// The stored numbers.
async fn counts(client: &Client) -> BTreeMap<String, usize> {
    let rows = partition(client, "WATCHED").await;
    let count = |row: HashMap<String, AttributeValue>| {
        (row["provider"].as_s().unwrap().clone(), row["accounts"].as_n().unwrap().parse::<usize>().unwrap())
    };
    rows.into_iter().map(count).filter(|(_, accounts)| *accounts > 0).collect()
}

/// The numbers as the rows of the accounts have them, and all that is watched, in rows of today or of before.
async fn truth(client: &Client) -> (BTreeMap<String, usize>, BTreeSet<String>) {
    let (mut counts, mut watched) = (BTreeMap::new(), BTreeSet::new());
    for account in ACCOUNTS {
        for row in partition(client, &format!("ACCOUNT#{account}")).await {
            if row["type"].as_s().unwrap() == "watched" {
                let provider = row["definition"].as_s().unwrap();
                watched.insert(provider.clone());
                if !row.contains_key("gsi1pk") {
                    *counts.entry(provider.clone()).or_default() += 1;
                }
            }
        }
    }
    (counts, watched)
}

async fn watched(world: &World) -> BTreeSet<String> {
    world.store.directory().await.unwrap().watched.iter().map(ToString::to_string).collect()
}

#[derive(Clone, Debug)]
struct Apply {
    account: usize,
    mask: u8,
    /// Requests before its process dies; `None`: it does not.
    dies: Option<(u32, bool)>,
}

fn apply() -> impl Strategy<Value = Apply> {
    let dies = prop::option::weighted(0.6, (0..12_u32, any::<bool>()));
    (0..ACCOUNTS.len(), 0..16_u8, dies).prop_map(|(account, mask, dies)| Apply { account, mask, dies })
}

async fn numbers_stay_right(before: [u8; 3], applies: Vec<Apply>) {
    let world = world().await;
    let client = world.client();
    for (account, mask) in ACCOUNTS.into_iter().zip(before) {
        write_as_before(&client, account, mask).await;
    }
    let mut wanted = [None; 3];
    for Apply { account, mask, dies } in applies {
        let store = match dies {
            Some((requests, true)) => world.dying_after(requests, When::BeforeRequest),
            Some((requests, false)) => world.dying_after(requests, When::AfterResponse),
            None => world.store.clone(),
        };
        let name = ACCOUNTS[account];
        let applied = store.apply(&AccountId::new(name), &watching(name, mask)).await;
        assert!(applied.is_ok() || dies.is_some(), "{applied:?}");
        wanted[account] = Some(mask);
        let (expected, all) = truth(&client).await;
        assert_eq!(counts(&client).await, expected);
        assert_eq!(watched(&world).await, all);
    }
    for (name, mask) in ACCOUNTS.into_iter().zip(wanted) {
        let mask = mask.unwrap_or_default();
        world.store.apply(&AccountId::new(name), &watching(name, mask)).await.unwrap();
    }
    let expected: BTreeSet<String> = wanted.into_iter().flatten().flat_map(chosen).map(ToOwned::to_owned).collect();
    assert_eq!(watched(&world).await, expected);
    assert_eq!(counts(&client).await, truth(&client).await.0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn numbers_are_right_after_any_applies_and_crashes(before in [0..16_u8, 0..16, 0..16], applies in vec(apply(), 1..8)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(numbers_stay_right(before, applies));
    }
}

#[tokio::test]
async fn what_an_earlier_version_listed_is_watched_before_and_after_it_is_counted() {
    let world = world().await;
    let client = world.client();
    write_as_before(&client, "a", 0b0011).await;
    write_as_before(&client, "b", 0b0010).await;
    let expected = BTreeSet::from(["acme".to_owned(), "github".to_owned()]);
    assert_eq!(watched(&world).await, expected);
    assert!(counts(&client).await.is_empty());

    world.store.apply(&"a".into(), &watching("a", 0b0011)).await.unwrap();
    assert_eq!(watched(&world).await, expected);
    assert_eq!(counts(&client).await, [("acme".to_owned(), 1), ("github".to_owned(), 1)].into());
    world.store.apply(&"a".into(), &watching("a", 0)).await.unwrap();
    assert_eq!(watched(&world).await, ["github".to_owned()].into(), "another account watches it, as before");
    let of_account = world.store.watched_of(&"b".into(), [&ProviderId::new("github")]).await.unwrap();
    assert_eq!(of_account, HashSet::from([ProviderId::new("github")]));
}

#[tokio::test]
async fn poller_loads_a_row_for_each_provider_and_none_for_an_account() {
    let world = world().await;
    let client = world.client();
    let accounts: Vec<String> = (0..20).map(|number| format!("account-{number}")).collect();
    let all = accounts.iter().map(|account| async {
        world.store.apply(&account.as_str().into(), &watching(account, 0b1111)).await.unwrap();
    });
    futures_util::future::join_all(all).await;
    assert_eq!(partition(&client, "WATCHED").await.len(), PROVIDERS.len());
    assert_eq!(counts(&client).await, PROVIDERS.map(|provider| (provider.to_owned(), 20)).into());
    let before = world.store.counts().reads;
    assert_eq!(watched(&world).await.len(), PROVIDERS.len());
    assert_eq!(world.store.counts().reads - before, 2);

    for account in &accounts {
        world.store.apply(&account.as_str().into(), &AccountSettings::default()).await.unwrap();
    }
    assert!(partition(&client, "WATCHED").await.is_empty(), "nothing is left of providers that nobody watches");
}
