//! A change of keys: whatever is encrypted, of whichever account, is encrypted anew; and what is secret passes to
//! another instance, which has other keys.
use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use aws_sdk_dynamodb::{
    Client,
    config::{ConfigBag, Intercept, RuntimeComponents, interceptors::BeforeTransmitInterceptorContextRef},
    error::BoxError,
    types::AttributeValue,
};
use status::{
    board::{Board, BoardAddress},
    ids::AccountId,
    monitor::Destination,
    provider::{Login, Provider},
};
use store::{Disabled, Feed, Resealed, Store, Visibility, new_board_address};
use tokio::runtime::Handle;

use crate::{
    edits::edit,
    settings::{OURS, destination, settings},
    world::{World, at, is_secret, keyring, world},
};

const THEIRS: &str = "theirs";

fn theirs() -> AccountId {
    AccountId::new(THEIRS)
}

fn hook() -> Destination {
    destination(THEIRS, "dst_theirs", "https://hooks.example.com/theirs")
}

fn page() -> Provider {
    let page_url = "https://lab.example.com".to_owned();
    Provider { id: "private-lab".into(), name: "Lab".to_owned(), page_url, format: None, interval: None }
}

fn login() -> Login {
    Login::of_headers([("Authorization".to_owned(), "Bearer hunter2".to_owned())].into())
}

fn board() -> Board {
    let (name, providers) = ("Vendors".to_owned(), vec!["github".into()]);
    Board { id: "brd_1".into(), account: theirs(), name, address: BoardAddress::Secret, providers }
}

fn feed() -> Feed {
    Feed { account: theirs(), group: None }
}

fn board_address() -> String {
    new_board_address(&board(), [7; 32])
}

fn feed_address() -> String {
    new_board_address(&board(), [8; 32])
}

/// Settings of a file, and what another account made on the pages.
async fn settings_of_two(store: &Store) {
    store.apply(&OURS.into(), &settings()).await.unwrap();
    store.save_destination(hook(), None, &edit()).await.unwrap();
    let private = (&page(), Visibility::Private, Some(&login()));
    store.save_page(&theirs(), private, None, &edit()).await.unwrap();
    store.save_board(&board(), Some(&board_address()), None, &edit()).await.unwrap();
    store.save_feed(&feed(), &feed_address(), None, &edit()).await.unwrap();
}

/// Everything that is secret, as a process with this store sees it.
async fn check_readable(store: &Store) {
    let destinations = settings().destinations.into_iter().chain([hook()]);
    for wanted in destinations {
        let by_id = store.destination(&wanted.id).await.unwrap().unwrap().destination;
        let listed = store.stored_destination(&wanted.account, &wanted.id).await.unwrap().unwrap().value;
        assert_eq!([store.unseal(&by_id).unwrap(), store.unseal(&listed).unwrap()], [wanted.clone(), wanted]);
    }
    let directory = store.directory().await.unwrap();
    assert_eq!(store.login(&page(), &directory.logins[&page().id]).unwrap(), login());
    check_addresses(store).await;
}

async fn check_addresses(store: &Store) {
    let stored = store.board(&theirs(), &board().id).await.unwrap().unwrap();
    assert_eq!(store.address_of(&stored.value), Some(board_address()));
    assert_eq!(store.board_at(&board_address()).await.unwrap(), Some(board()));
    let stored = store.feed(&theirs(), None).await.unwrap().unwrap();
    assert_eq!(store.address_of_feed(&stored.value), Some(feed_address()));
    assert_eq!(store.feed_at(&feed_address()).await.unwrap(), Some(feed()));
}

#[tokio::test]
async fn old_key_is_needed_no_more_once_the_rows_of_all_accounts_are_encrypted_anew() {
    let world = world().await;
    settings_of_two(&world.store).await;
    let stored = world.stored("hook").await;
    world.store.disable(&stored, &Disabled::because("410 Gone", at("10:00:00")), at("09:59:00")).await.unwrap();
    let before = world.store.stored_settings(&theirs()).await.unwrap();

    let both = world.with_keys(&[1, 2]);
    // Three destinations in two rows each, a login, a board and a feed.
    assert_eq!(both.reseal().await.unwrap(), (Resealed { written: 9, ..Resealed::default() }, 2));
    assert_eq!(both.reseal().await.unwrap(), (Resealed { current: 9, ..Resealed::default() }, 2));

    let new = world.with_keys(&[2]);
    check_readable(&new).await;
    let record = new.destination(&"hook".into()).await.unwrap().unwrap();
    assert_eq!(record.disabled.map(|it| it.reason), Some("410 Gone".to_owned()), "a new key mends no receiver");
    let after = new.stored_settings(&theirs()).await.unwrap();
    let versions = |settings: &store::StoredSettings| {
        (settings.destinations[0].version, settings.pages[0].version, settings.destinations[0].managed_by)
    };
    assert_eq!(versions(&after), versions(&before), "what people saw is what they save");
}

/// Saves a destination with the old key before the first write of a pass.
#[derive(Debug)]
struct SavesFirst {
    store: Store,
    is_saved: AtomicBool,
}

fn moved_hook() -> Destination {
    destination(THEIRS, "dst_theirs", "https://hooks.example.com/other")
}

impl Intercept for SavesFirst {
    fn name(&self) -> &'static str {
        "somebody who saves"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let is_write = context.request().headers().get("x-amz-target").is_some_and(|it| it.ends_with(".UpdateItem"));
        if is_write && !self.is_saved.swap(true, Relaxed) {
            let save = async {
                let stored = self.store.stored_destination(&theirs(), &moved_hook().id).await.unwrap().unwrap();
                self.store.save_destination(moved_hook(), Some(stored.version), &edit()).await.unwrap();
            };
            tokio::task::block_in_place(|| Handle::current().block_on(save));
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn destination_that_is_saved_during_a_pass_stays_as_it_was_saved() {
    let world = world().await;
    world.store.save_destination(hook(), None, &edit()).await.unwrap();
    let saves = SavesFirst { store: world.store.clone(), is_saved: AtomicBool::new(false) };
    let config = world.client().config().to_builder().interceptor(saves).build();
    let racing = Store::new(&Client::from_conf(config), "statuswire").with_keys(keyring(&[1, 2]), is_secret);
    // The pass has read both of its rows before.
    assert_eq!(racing.reseal().await.unwrap().0, Resealed { changed: 2, ..Resealed::default() });
    assert_eq!(racing.reseal().await.unwrap().0, Resealed { written: 2, ..Resealed::default() });
    assert_eq!(world.with_keys(&[2]).unseal(&world.stored("dst_theirs").await).unwrap(), moved_hook());
}

#[tokio::test]
async fn row_whose_key_is_lost_is_named_and_left_and_the_others_are_encrypted_anew() {
    let world = world().await;
    world.with_keys(&[7]).save_destination(hook(), None, &edit()).await.unwrap();
    world.store.save_board(&board(), Some(&board_address()), None, &edit()).await.unwrap();
    let (resealed, key) = world.with_keys(&[1, 8]).reseal().await.unwrap();
    assert_eq!((resealed.written, resealed.left.len(), key), (1, 2, 8), "{resealed:?}");
    let named = |line: &String| line.contains("destination dst_theirs") && line.contains("key 7, which is not given");
    assert!(resealed.left.iter().all(named), "{resealed:?}");
    let refused = Store::new(&world.client(), "statuswire").reseal().await.unwrap_err().to_string();
    assert!(refused.contains("no keys") && refused.contains("--keys"), "{refused}");
}

#[tokio::test]
async fn secrets_in_clear_of_an_earlier_version_are_encrypted() {
    let world = world().await;
    let earlier = Store::new(&world.client(), "statuswire").with_keys(keyring(&[1]), |_, _| false);
    earlier.apply(&OURS.into(), &settings()).await.unwrap();
    let (resealed, _) = world.store.reseal().await.unwrap();
    assert_eq!((resealed.written, resealed.current), (4, 0));
    assert!(!format!("{:?}", rows(&world).await).contains("hooks.example.com"));
}

async fn rows(world: &World) -> Vec<HashMap<String, AttributeValue>> {
    world.client().scan().table_name("statuswire").send().await.unwrap().items.unwrap_or_default()
}

#[tokio::test]
async fn secret_addresses_pass_to_an_instance_with_other_keys_and_logins_do_not() {
    let (old, new) = (world().await, world().await);
    settings_of_two(&old.store).await;
    let (items, _) = old.store.export_page(None).await.unwrap();
    let without: Vec<_> = items.iter().filter_map(|item| item.page_without_login().unwrap()).collect();
    assert_eq!(without, [page().id]);
    let store = new.with_keys(&[5]);
    store.import_items(items).await.unwrap();
    let text = format!("{:?}", rows(&new).await);
    assert!(!text.contains(&board_address()) && !text.contains(&feed_address()), "{text}");
    check_addresses(&store).await;
    let stored = store.destination(&hook().id).await.unwrap().unwrap().destination;
    assert_eq!(store.unseal(&stored).unwrap(), hook());

    let (pages, logins) = {
        let found = store.directory().await.unwrap();
        (found.pages, found.logins)
    };
    let refused = store.login(&page(), &logins[&page().id]).unwrap_err().to_string();
    assert!(pages.contains(&page()) && refused.contains("login of page private-lab is not here"), "{refused}");
    let (in_clear, _) = store.settings_in_clear(&theirs(), |_| true).await.unwrap();
    assert!(in_clear.logins.is_empty(), "the others can be read");
    let (resealed, _) = new.with_keys(&[5, 6]).reseal().await.unwrap();
    assert_eq!((resealed.written, &resealed.left[..]), (8, &[][..]), "a login that is not here needs no key");
}

#[tokio::test]
async fn without_keys_no_secret_address_leaves_or_enters_a_table() {
    let (old, new) = (world().await, world().await);
    old.store.save_board(&board(), Some(&board_address()), None, &edit()).await.unwrap();
    let (none, at_new) = (Store::new(&old.client(), "statuswire"), Store::new(&new.client(), "statuswire"));
    let refused = none.export_page(None).await.unwrap_err().to_string();
    assert!(refused.contains("address of board brd_1") && refused.contains("no keys"), "{refused}");
    let (items, _) = old.store.export_page(None).await.unwrap();
    let refused = at_new.import_items(items).await.unwrap_err().to_string();
    assert!(refused.contains("address of board brd_1") && refused.contains("no keys"), "{refused}");
}
