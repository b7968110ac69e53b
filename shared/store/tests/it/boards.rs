//! Boards that a configuration file declares, beside those that were made on the pages.
use status::board::{Board, BoardAddress};
use store::{AccountSettings, Applied, ManagedBy, Store, StoreError, Stored, StoredBoard, new_board_address};

use crate::{edits::edit, settings::OURS, world::world};

fn board(id: &str, address: BoardAddress) -> Board {
    Board {
        id: id.into(),
        account: OURS.into(),
        name: format!("Board {id}"),
        address,
        providers: vec!["github".into()],
    }
}

async fn apply(store: &Store, boards: &[Board]) -> Result<Applied, StoreError> {
    let settings = AccountSettings { boards: boards.to_vec(), ..AccountSettings::default() };
    store.apply(&OURS.into(), &settings).await
}

/// Written, removed and unchanged.
fn counts(applied: Applied) -> (usize, usize, usize) {
    (applied.written, applied.removed, applied.unchanged)
}

async fn stored(store: &Store, id: &str) -> Option<Stored<StoredBoard>> {
    store.board(&OURS.into(), &id.into()).await.unwrap()
}

async fn address(store: &Store, id: &str) -> String {
    store.address_of(&stored(store, id).await.unwrap().value).unwrap()
}

#[tokio::test]
async fn board_of_the_file_keeps_its_address_until_the_kind_of_it_changes() {
    let world = world().await;
    let store = &world.store;
    let secret = board("vendors", BoardAddress::Secret);
    assert_eq!(counts(apply(store, std::slice::from_ref(&secret)).await.unwrap()), (1, 0, 0));
    let first = address(store, "vendors").await;
    assert_eq!(store.board_at(&first).await.unwrap().as_ref(), Some(&secret));
    assert_eq!(stored(store, "vendors").await.unwrap().managed_by, ManagedBy::File);
    assert_eq!(counts(apply(store, std::slice::from_ref(&secret)).await.unwrap()), (0, 0, 1));

    let renamed = Board { name: "Other".to_owned(), ..secret };
    assert_eq!(counts(apply(store, std::slice::from_ref(&renamed)).await.unwrap()), (1, 0, 0));
    assert_eq!(store.board_at(&first).await.unwrap(), Some(renamed));

    let public = board("vendors", BoardAddress::Public);
    apply(store, std::slice::from_ref(&public)).await.unwrap();
    let second = address(store, "vendors").await;
    assert!(second.starts_with("board-vendors-"), "{second}");
    assert_eq!(store.board_at(&first).await.unwrap(), None, "a secret is not published");
    assert_eq!(store.board_at(&second).await.unwrap(), Some(public));

    assert_eq!(counts(apply(store, &[]).await.unwrap()), (0, 1, 0));
    assert_eq!((store.board_at(&second).await.unwrap(), stored(store, "vendors").await), (None, None));
}

#[tokio::test]
async fn boards_of_the_file_and_of_the_pages_leave_each_other_alone() {
    let world = world().await;
    let store = &world.store;
    let made = board("made", BoardAddress::Secret);
    store.save_board(&made, Some(&new_board_address(&made, [7; 32])), None, &edit()).await.unwrap();
    apply(store, &[board("declared", BoardAddress::Secret)]).await.unwrap();
    assert_eq!(counts(apply(store, &[]).await.unwrap()), (0, 1, 0));
    assert_eq!(store.boards(&OURS.into()).await.unwrap().len(), 1);
    let taken = apply(store, &[made]).await.unwrap_err();
    assert_eq!(taken.to_string(), "board made was made on the pages: choose another id for the one in the file");
}

#[tokio::test]
async fn start_with_other_boards_applies_them() {
    let world = world().await;
    let (store, account) = (&world.store, OURS.into());
    let of = |boards: &[Board]| AccountSettings { boards: boards.to_vec(), ..AccountSettings::default() };
    let (one, other) = (of(&[board("a", BoardAddress::Secret)]), of(&[board("a", BoardAddress::Public)]));
    let applied = store.apply(&account, &one).await.unwrap();
    store.note_applied(&account, &one, &applied).await.unwrap();
    assert!(store.already_applied(&account, &one).await.unwrap().is_some_and(|applied| applied.unchanged == 1));
    assert_eq!(store.already_applied(&account, &other).await.unwrap(), None);
}
