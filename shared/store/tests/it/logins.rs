//! Logins of pages in the table.
use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use status::{
    ids::{AccountId, ProviderId},
    provider::{Login, Provider},
};
use store::{AccountSettings, Keyring, Store, StoreError};

use crate::world::{World, is_secret, world};

fn ours() -> AccountId {
    AccountId::new("ours")
}

fn page(url: &str) -> Provider {
    let name = "Lab".to_owned();
    Provider { id: "private-lab".into(), name, page_url: url.to_owned(), format: None, interval: None }
}

fn settings(token: &str) -> AccountSettings {
    let login = Login::of_headers([("Authorization".to_owned(), format!("Bearer {token}"))].into());
    AccountSettings {
        pages: vec![page("https://lab.example.com")],
        logins: [(ProviderId::new("private-lab"), login)].into(),
        ..AccountSettings::default()
    }
}

async fn rows(world: &World) -> Vec<HashMap<String, AttributeValue>> {
    world.client().scan().table_name("statuswire").send().await.unwrap().items.unwrap_or_default()
}

/// The login as the poller gets it.
async fn read(store: &Store, page: &Provider) -> Result<Login, StoreError> {
    let directory = store.directory().await.unwrap();
    store.login(page, &directory.logins[&page.id])
}

#[tokio::test]
async fn login_is_encrypted_beside_its_page_and_the_page_is_private() {
    let world = world().await;
    world.store.apply(&ours(), &settings("hunter2")).await.unwrap();
    let text = format!("{:?}", rows(&world).await);
    assert!(!text.contains("hunter2") && !text.contains("Authorization"), "{text}");
    let directory = world.store.directory().await.unwrap();
    assert_eq!(directory.pages, settings("hunter2").pages);
    assert!(directory.private.contains(&ProviderId::new("private-lab")));
    assert!(world.store.public_pages().await.unwrap().is_empty());
    assert_eq!(
        read(&world.store, &directory.pages[0]).await.unwrap(),
        settings("hunter2").logins[&directory.pages[0].id]
    );
    assert!(!format!("{:?} {:?}", directory, settings("hunter2")).contains("hunter2"), "nor is it printed");
}

#[tokio::test]
async fn login_is_written_again_only_if_it_or_its_key_changes() {
    let world = world().await;
    let apply = async |store: &Store, wanted: &AccountSettings| store.apply(&ours(), wanted).await.unwrap().written;
    assert_eq!(apply(&world.store, &settings("hunter2")).await, 1);
    assert_eq!(apply(&world.store, &settings("hunter2")).await, 0);
    assert_eq!(apply(&world.store, &settings("hunter3")).await, 1);
    let both = world.with_keys(&[1, 2]);
    assert_eq!(apply(&both, &settings("hunter3")).await, 1, "with the new key");
    assert_eq!(apply(&both, &settings("hunter3")).await, 0);
    let page = page("https://lab.example.com");
    assert_eq!(read(&world.with_keys(&[2]), &page).await.unwrap(), settings("hunter3").logins[&page.id]);
    let without = AccountSettings { logins: [].into(), ..settings("") };
    assert_eq!(apply(&both, &without).await, 1);
    assert!(both.directory().await.unwrap().logins.is_empty());
    assert_eq!(apply(&both, &without).await, 0);
}

#[tokio::test]
async fn a_start_sees_that_a_login_has_changed() {
    let world = world().await;
    let applied = world.store.apply(&ours(), &settings("hunter2")).await.unwrap();
    world.store.note_applied(&ours(), &settings("hunter2"), &applied).await.unwrap();
    let is_applied =
        async |token: &str| world.store.already_applied(&ours(), &settings(token)).await.unwrap().is_some();
    assert!(is_applied("hunter2").await);
    assert!(!is_applied("hunter3").await);
}

#[tokio::test]
async fn login_fits_its_page_at_its_address_and_no_other() {
    let world = world().await;
    world.store.apply(&ours(), &settings("hunter2")).await.unwrap();
    let elsewhere = page("https://elsewhere.example.com");
    let error = read(&world.store, &elsewhere).await.unwrap_err().to_string();
    assert!(error.contains("login of page private-lab cannot be decrypted"), "{error}");
}

#[tokio::test]
async fn wrong_or_missing_key_is_an_error_that_names_the_page() {
    let world = world().await;
    let page = page("https://lab.example.com");
    let none = Store::new(&world.client(), "statuswire");
    let refused = none.apply(&ours(), &settings("hunter2")).await.unwrap_err().to_string();
    assert!(refused.contains("private-lab cannot be encrypted: this process has no keys"), "{refused}");
    world.store.apply(&ours(), &settings("hunter2")).await.unwrap();
    let other = Keyring::parse(&Keyring::generate()).unwrap();
    for (store, words) in [
        (none, "DESTINATION_KEYS"),
        (world.with_keys(&[7]), "key 1, which is not given"),
        (Store::new(&world.client(), "statuswire").with_keys(other, is_secret), "key 1 is another one now"),
    ] {
        let error = read(&store, &page).await.unwrap_err().to_string();
        assert!(error.contains("private-lab") && error.contains(words), "{error}");
        assert!(!error.contains("hunter2"));
    }
}

#[tokio::test]
async fn login_is_in_no_export() {
    let world = world().await;
    world.store.apply(&ours(), &settings("hunter2")).await.unwrap();
    let (items, _) = world.store.export_page(None).await.unwrap();
    let text = format!("{items:?}");
    assert!(text.contains("private-lab") && text.contains("\"visibility\""), "{text}");
    assert!(text.contains("\"login\": S(\"missing\")") && !text.contains("hunter2"), "{text}");
    assert!(!text.contains("sealed"), "{text}");
}
