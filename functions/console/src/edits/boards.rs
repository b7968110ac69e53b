//! Boards: pages with chosen providers for people outside of the account.
use accounts::audit::Values;
use settings::BoardDraft;
use status::{
    board::Board,
    ids::{AccountId, BoardId},
};
use store::{Stored, StoredBoard, new_board_address};

use super::{
    change::{change, check_limit, current, new_id},
    refused::Refused,
    values,
};
use crate::{actor::Actor, random, state::Console};

const MAX_BOARDS: u32 = 20;

pub(crate) async fn board(
    console: &Console,
    account: &AccountId,
    id: &BoardId,
) -> Result<Stored<StoredBoard>, Refused> {
    console.store.board(account, id).await?.ok_or(Refused::NotFound)
}

/// Makes a board, or replaces this version of the one with the draft's id. It gets an address when it is made and when
/// the kind of it changes: what was public is known, and what was secret is not to be published. Returns its id.
pub(crate) async fn save_board(
    console: &Console,
    by: &Actor,
    mut draft: BoardDraft,
    version: Option<u64>,
) -> Result<BoardId, Refused> {
    if version.is_none() {
        draft.id = new_id("board", &draft.id)?;
    }
    let draft = &draft;
    change(console, by, |change| async move {
        let present = console.store.boards(change.account()).await?;
        let before = match version {
            None => {
                check_limit(&present, "boards", MAX_BOARDS)?;
                None
            }
            Some(version) => Some(current(&present, |it| it.board.id.as_str() == draft.id, version)?),
        };
        let board = draft.validate(&change.context()).map_err(Refused::Problems)?;
        let is_same = before.is_some_and(|before| before.value.board.address == board.address);
        let address = (!is_same).then(|| new_board_address(&board, random::bytes()));
        let action = if before.is_none() { "board.made" } else { "board.changed" };
        let values = before.map_or_else(Values::new, |before| values_of(&before.value.board));
        let mut edit = change.edit(action, &board.name, values, values_of(&board));
        if before.is_none() {
            edit.once = change.once(board.id.as_str());
        }
        console.store.save_board(&board, address.as_deref(), before, &edit).await?;
        Ok(board.id)
    })
    .await
}

/// Whoever has the address it had is out.
pub(crate) async fn renew_address(console: &Console, by: &Actor, id: &BoardId, version: u64) -> Result<(), Refused> {
    change(console, by, |change| async move {
        let present = console.store.boards(change.account()).await?;
        let before = current(&present, |it| it.board.id == *id, version)?;
        let board = &before.value.board;
        let address = new_board_address(board, random::bytes());
        let edit = change.edit("board.readdressed", &board.name, Values::new(), Values::new());
        console.store.save_board(board, Some(&address), Some(before), &edit).await?;
        Ok(())
    })
    .await
}

pub(crate) async fn remove_board(console: &Console, by: &Actor, id: &BoardId, version: u64) -> Result<(), Refused> {
    change(console, by, |change| async move {
        let present = console.store.boards(change.account()).await?;
        let before = current(&present, |it| it.board.id == *id, version)?;
        let board = &before.value.board;
        let edit = change.edit("board.removed", &board.name, values_of(board), Values::new());
        Ok(console.store.remove_board(before, &edit).await?)
    })
    .await
}

fn values_of(board: &Board) -> Values {
    values::of_draft(&BoardDraft::of(board))
}
