//! Secrets of destinations in the table.
use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use status::ids::AccountId;
use store::{AccountSettings, Disabled, Store, StoreError};

use crate::{
    settings::{OURS, destination, settings},
    world::{World, at, is_secret, keyring, world},
};

type Item = HashMap<String, AttributeValue>;

fn ours() -> AccountId {
    AccountId::new(OURS)
}

/// Of our account: its settings, the mark of those that are applied, and its destinations.
async fn all_items(world: &World) -> Vec<Item> {
    let mut items = Vec::new();
    for partition in ["ACCOUNT#ours", "APPLIED#ours", "DESTINATION#hook", "DESTINATION#spare", "DESTINATION#mail"] {
        let query = world.client().query().table_name("statuswire").key_condition_expression("pk = :pk");
        let query = query.expression_attribute_values(":pk", AttributeValue::S(partition.to_owned()));
        items.extend(query.send().await.unwrap().items.unwrap_or_default());
    }
    items
}

/// The rows of the table that contain this text, also within binary attributes.
async fn rows_with(world: &World, text: &str) -> usize {
    fn has(value: &AttributeValue, text: &str) -> bool {
        match value {
            AttributeValue::S(it) => it.contains(text),
            AttributeValue::B(it) => it.as_ref().windows(text.len()).any(|part| part == text.as_bytes()),
            AttributeValue::M(it) => it.values().any(|value| has(value, text)),
            AttributeValue::L(it) => it.iter().any(|value| has(value, text)),
            _ => false,
        }
    }
    all_items(world).await.iter().filter(|item| item.values().any(|value| has(value, text))).count()
}

/// A table as an earlier version left it: nothing is encrypted.
async fn world_of_an_earlier_version() -> World {
    let world = world().await;
    let store = Store::new(&world.client(), "statuswire").with_keys(keyring(&[1]), |_, _| false);
    let applied = store.apply(&ours(), &settings()).await.unwrap();
    Store::new(&world.client(), "statuswire").note_applied(&ours(), &settings(), &applied).await.unwrap();
    assert_eq!(rows_with(&world, "hooks.example.com").await, 4, "each under its account and under its id");
    world
}

#[tokio::test]
async fn secret_settings_are_in_no_row_and_the_others_can_be_read_without_a_key() {
    let world = world().await;
    let mut wanted = settings();
    wanted.destinations[0].settings.0.insert("username".to_owned(), "Status".to_owned());
    world.store.apply(&ours(), &wanted).await.unwrap();
    assert_eq!(rows_with(&world, "hooks.example.com").await, 0);
    let stored = world.stored("hook").await;
    assert_eq!((stored.clear_settings().get("username"), stored.clear_settings().get("url")), (Some("Status"), None));
    assert_eq!(world.store.unseal(&stored).unwrap(), wanted.destinations[0]);
    assert!(!format!("{stored:?} {:?}", world.store).contains("1111"), "no key is shown");

    // A destination without secrets is stored as ever.
    let mut mail = destination(OURS, "mail", "x");
    mail.settings.0 = [("username".to_owned(), "ops@example.com".to_owned())].into();
    let settings = AccountSettings { destinations: vec![mail.clone()], ..AccountSettings::default() };
    world.store.apply(&ours(), &settings).await.unwrap();
    assert_eq!(Store::new(&world.client(), "statuswire").unseal(&world.stored("mail").await).unwrap(), mail);
}

#[tokio::test]
async fn rows_of_an_earlier_version_are_read_and_encrypted_by_the_next_apply() {
    let world = world_of_an_earlier_version().await;
    let hook = world.stored("hook").await;
    assert_eq!(world.store.unseal(&hook).unwrap(), settings().destinations[0]);
    let disabled = Disabled::because("410 Gone", at("10:00:00"));
    world.store.disable(&hook, &disabled, at("09:59:00")).await.unwrap().expect("it is disabled");

    assert_eq!(world.store.already_applied(&ours(), &settings()).await.unwrap(), None, "the rows are to change");
    let applied = world.store.apply(&ours(), &settings()).await.unwrap();

    assert_eq!((applied.written, applied.removed, applied.unchanged), (2, 0, 5));
    assert_eq!(rows_with(&world, "hooks.example.com").await, 0);
    let record = world.store.destination(&hook.id).await.unwrap().unwrap();
    assert_eq!(
        (record.disabled.map(|it| it.reason), record.missed_since),
        (Some("410 Gone".into()), Some(at("09:59:00")))
    );
    assert_eq!(world.store.unseal(&record.destination).unwrap(), settings().destinations[0]);
    assert_eq!(world.store.apply(&ours(), &settings()).await.unwrap().written, 0);
}

#[tokio::test]
async fn new_key_encrypts_all_anew_and_the_old_one_is_needed_no_more() {
    let world = world().await;
    let applied = world.store.apply(&ours(), &settings()).await.unwrap();
    world.store.note_applied(&ours(), &settings(), &applied).await.unwrap();
    assert!(world.store.already_applied(&ours(), &settings()).await.unwrap().is_some());

    let (both, new) = (world.with_keys(&[1, 2]), world.with_keys(&[2]));
    assert!(new.unseal(&world.stored("hook").await).is_err());
    assert!(both.unseal(&world.stored("hook").await).is_ok());
    assert_eq!(both.already_applied(&ours(), &settings()).await.unwrap(), None, "a start must not pass over it");
    assert_eq!(both.apply(&ours(), &settings()).await.unwrap().written, 2);
    assert_eq!(both.apply(&ours(), &settings()).await.unwrap().written, 0);
    assert_eq!(new.unseal(&world.stored("hook").await).unwrap(), settings().destinations[0]);
}

fn check_refused(error: &StoreError, words: &str) {
    let text = error.to_string();
    assert!(matches!(error, StoreError::Encryption { id, .. } if id == "hook"), "{text}");
    assert!(text.contains("destination hook") && text.contains(words), "{text}");
}

#[tokio::test]
async fn wrong_or_missing_key_changes_nothing_and_says_what_to_do() {
    let world = world().await;
    let mut wanted = settings();
    wanted.destinations.truncate(1);
    world.store.apply(&ours(), &wanted).await.unwrap();
    let before = all_items(&world).await;
    let other = keyring(&[11]);
    let other_key_1 = Store::new(&world.client(), "statuswire")
        .with_keys(store::Keyring::parse(&store::Keyring::generate()).unwrap(), is_secret);
    for (store, words) in [
        (Store::new(&world.client(), "statuswire"), "DESTINATION_KEYS"),
        (Store::new(&world.client(), "statuswire").with_keys(other, is_secret), "key 1, which is not given: give back"),
        (other_key_1, "key 1 is another one now"),
    ] {
        let stored = store.destination(&"hook".into()).await.unwrap().expect("it is found all the same").destination;
        check_refused(&store.unseal(&stored).unwrap_err(), words);
        check_refused(&store.apply(&ours(), &wanted).await.unwrap_err(), words);
        assert_eq!(store.groups_and_destinations(&ours()).await.unwrap().1, [stored], "a router needs no key");
        assert_eq!(all_items(&world).await.len(), before.len());
    }
    assert_eq!(world.store.unseal(&world.stored("hook").await).unwrap(), wanted.destinations[0]);

    // The way out when a key is lost.
    let new = world.with_keys(&[11]);
    new.apply(&ours(), &AccountSettings::default()).await.unwrap();
    new.apply(&ours(), &wanted).await.unwrap();
    assert_eq!(new.unseal(&world.stored("hook").await).unwrap(), wanted.destinations[0]);
}

#[tokio::test]
async fn without_keys_no_secret_is_written() {
    let world = world().await;
    let mut wanted = settings();
    wanted.destinations.truncate(1);
    let refused = Store::new(&world.client(), "statuswire").apply(&ours(), &wanted).await.unwrap_err();
    check_refused(&refused, "--keys");
    assert_eq!(rows_with(&world, "hooks.example.com").await, 0);
}

#[tokio::test]
async fn secret_that_is_moved_to_another_destination_cannot_be_read_there() {
    let world = world().await;
    world.store.apply(&ours(), &settings()).await.unwrap();
    let of = |items: &[Item], id: &str| {
        let key = AttributeValue::S(format!("DESTINATION#{id}"));
        items.iter().find(|item| item["pk"] == key).unwrap().clone()
    };
    let items = all_items(&world).await;
    let (hook, mut spare) = (of(&items, "hook"), of(&items, "spare"));
    for (name, value) in [("settings", None), ("channel", Some("slack")), ("account", Some("theirs"))] {
        let mut moved = hook.clone();
        let definition = |item: &Item| item["definition"].as_m().unwrap().clone();
        let mut changed = definition(&moved);
        match value {
            Some(value) => changed.insert(name.to_owned(), AttributeValue::S(value.to_owned())),
            None => {
                moved = std::mem::take(&mut spare);
                changed = definition(&moved);
                changed.insert(name.to_owned(), definition(&hook)[name].clone())
            }
        };
        let id = changed["id"].as_s().unwrap().clone();
        moved.insert("definition".to_owned(), AttributeValue::M(changed));
        world.client().put_item().table_name("statuswire").set_item(Some(moved)).send().await.unwrap();
        let refused = world.store.unseal(&world.stored(&id).await).unwrap_err().to_string();
        assert!(refused.contains("cannot be decrypted"), "{name}: {refused}");
    }
}
