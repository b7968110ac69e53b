//! Boards of accounts, and their addresses. A board is a row of its account; its address is a row that leads to it,
//! both written in one transaction, on the pages with the entry of the audit log. Of a secret address the table has the
//! digest, by which it is found, and the text encrypted, for the pages of the account: see [`crate::keyring`].
use std::fmt;

use accounts::secret::Secret;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use serde::{Deserialize, Serialize};
use status::{
    board::{Board, BoardAddress, public_address},
    ids::{AccountId, BoardId},
};

use crate::{
    edits::{Edit, Edited, Refused},
    error::{EditError, StoreError},
    items::{Item, item, primary, read_item},
    keyring::{Encrypted, random},
    keys::{self, Key},
    requests::query_all,
    sealed::Encryption,
    store::Store,
    stored::{MANAGED_BY, ManagedBy, Stored, VERSION, WEB},
};

/// A board with its address as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredBoard {
    #[serde(rename = "definition")]
    pub board: Board,
    address: StoredAddress,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum StoredAddress {
    Public(String),
    Secret(SealedAddress),
}

/// A secret address.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SealedAddress {
    pub(crate) digest: String,
    /// The number of the key.
    pub(crate) key: u32,
    #[serde(with = "serde_bytes")]
    sealed: Vec<u8>,
}

/// What applying a configuration file does to the boards that it declares and declared.
#[derive(Default)]
pub(crate) struct BoardChanges {
    /// Each with what it replaces.
    pub(crate) written: Vec<(Board, Option<StoredBoard>)>,
    pub(crate) removed: Vec<StoredBoard>,
    pub(crate) unchanged: usize,
}

impl BoardChanges {
    pub(crate) fn between(present: Vec<Stored<StoredBoard>>, wanted: &[Board]) -> Result<Self, StoreError> {
        let mut changes = Self::default();
        let mut present = present;
        for board in wanted {
            let at = present.iter().position(|stored| stored.value.board.id == board.id);
            match at.map(|at| present.swap_remove(at)) {
                Some(stored) if stored.managed_by == ManagedBy::Web => {
                    return Err(StoreError::ManagedByWeb { what: format!("board {}", board.id) });
                }
                Some(stored) if stored.value.board == *board => changes.unchanged += 1,
                before => changes.written.push((board.clone(), before.map(|before| before.value))),
            }
        }
        let of_file = present.into_iter().filter(|stored| stored.managed_by == ManagedBy::File);
        changes.removed = of_file.map(|stored| stored.value).collect();
        Ok(changes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.written.is_empty() && self.removed.is_empty()
    }
}

/// For a board that gets one: nobody chooses it. `random` is unpredictable.
pub fn new_board_address(board: &Board, random: [u8; 32]) -> String {
    match board.address {
        BoardAddress::Public => {
            let [a, b, c, d, ..] = random;
            public_address(&board.name, [a, b, c, d])
        }
        BoardAddress::Secret => Secret::new(random).reveal().to_owned(),
    }
}

/// The row at an address.
#[derive(Serialize, Deserialize)]
struct AddressItem {
    account: AccountId,
    board: BoardId,
}

impl Store {
    /// By id. Strongly consistent.
    pub async fn boards(&self, account: &AccountId) -> Result<Vec<Stored<StoredBoard>>, StoreError> {
        let rows = query_all("read boards", self.query(keys::boards(account))).await?;
        rows.into_iter().map(stored).collect()
    }

    pub async fn board(&self, account: &AccountId, board: &BoardId) -> Result<Option<Stored<StoredBoard>>, StoreError> {
        self.get("read board", keys::board(account, board)).await?.map(stored).transpose()
    }

    /// The board at an address, which may be any text. `None` alike if there never was one, if it was removed, and if
    /// the address was replaced.
    pub async fn board_at(&self, address: &str) -> Result<Option<Board>, StoreError> {
        let key = match Secret::parse(address) {
            Some(secret) => keys::board_address(secret.digest().as_str(), true),
            None => keys::board_address(address, false),
        };
        let Some(found) = self.get("read address of a board", key.clone()).await? else { return Ok(None) };
        let AddressItem { account, board } = read_item(found, "address of a board")?;
        let found = self.board(&account, &board).await?;
        Ok(found.filter(|found| found.value.address.key() == key).map(|found| found.value.board))
    }

    /// The address, for the members of the account. `None`: the key that encrypted it is not given, so that it has to
    /// be replaced.
    pub fn address_of(&self, stored: &StoredBoard) -> Option<String> {
        match &stored.address {
            StoredAddress::Public(address) => Some(address.clone()),
            StoredAddress::Secret(sealed) => self.open_address(sealed, &belongs_to(&stored.board)),
        }
    }

    /// `None`: the key that encrypted it is not given.
    pub(crate) fn open_address(&self, address: &SealedAddress, belongs_to: &[u8]) -> Option<String> {
        let Encryption { keyring, .. } = self.sealer.0.as_ref()?;
        let encrypted = Encrypted { key: address.key, bytes: address.sealed.clone() };
        String::from_utf8(keyring.decrypt(&encrypted, belongs_to).ok()?).ok()
    }

    /// `of`: what has the address, for the error.
    pub(crate) fn seal_address(&self, address: &str, of: &str, belongs_to: &[u8]) -> Result<SealedAddress, StoreError> {
        let keyring = self.sealer.0.as_ref().map(|encryption| &encryption.keyring);
        let (Some(secret), Some(keyring)) = (Secret::parse(address), keyring) else {
            return Err(StoreError::NoKeys { what: format!("the address of {of}") });
        };
        let Encrypted { key, bytes: sealed } = keyring.encrypt(address.as_bytes(), belongs_to);
        Ok(SealedAddress { digest: secret.digest().as_str().to_owned(), key, sealed })
    }

    /// Makes the board, or replaces `before`. `address`: a new one; `None`: the one it has. Of two that get one address
    /// the second is told of a conflict.
    pub async fn save_board(
        &self,
        board: &Board,
        address: Option<&str>,
        before: Option<&Stored<StoredBoard>>,
        edit: &Edit,
    ) -> Result<u64, EditError> {
        let (account, id) = (&board.account, &board.id);
        let address = match (address, before) {
            (Some(address), _) => self.sealed_address(board, address)?,
            (None, Some(before)) => before.value.address.clone(),
            (None, None) => return Err(EditError::Conflict),
        };
        let mut more = Vec::new();
        let replaced = before.map(|before| &before.value.address).filter(|before| **before != address);
        if before.is_none() || replaced.is_some() {
            let row =
                item(address.key(), "board_address", &AddressItem { account: account.clone(), board: id.clone() });
            let put = Put::builder().table_name(&self.table).set_item(Some(row));
            let put = put.condition_expression("attribute_not_exists(pk)").build().expect("table and item are set");
            more.push(TransactWriteItem::builder().put(put).build());
        }
        more.extend(replaced.map(|replaced| self.delete(primary(replaced.key()))));
        let version = before.map_or(0, |before| before.version) + 1;
        let key = keys::board(account, id);
        let mut row = item(key.clone(), "board", &StoredBoard { board: board.clone(), address });
        row.insert(MANAGED_BY.into(), AttributeValue::S(WEB.into()));
        row.insert(VERSION.into(), AttributeValue::N(version.to_string()));
        let row = Edited { key, before: before.map(|before| before.version), version, item: Some(row) };
        match self.write(&row, more, edit).await {
            Ok(()) => Ok(version),
            // Somebody has its address.
            Err(Refused::More) => Err(EditError::Conflict),
            Err(error) => Err(error.into()),
        }
    }

    /// Of the configuration file. A board keeps its address until the kind of it changes, as on the pages.
    pub(crate) async fn change_boards(&self, changes: BoardChanges) -> Result<(), StoreError> {
        for (board, before) in changes.written {
            let replaced = before.map(|before| before.address);
            let kept = replaced.clone().filter(|address| address.kind() == board.address);
            let address = match &kept {
                Some(address) => address.clone(),
                None => self.sealed_address(&board, &new_board_address(&board, random()))?,
            };
            let key = keys::board(&board.account, &board.id);
            let row = AddressItem { account: board.account.clone(), board: board.id.clone() };
            let mut writes = Vec::new();
            if kept.is_none() {
                writes.push(self.put(item(address.key(), "board_address", &row)));
                writes.extend(replaced.map(|replaced| self.delete(primary(replaced.key()))));
            }
            writes.push(self.put(item(key, "board", &StoredBoard { board, address })));
            self.transact("write board", &writes).await.map_err(|cancelled| cancelled.error)?;
        }
        for StoredBoard { board, address } in changes.removed {
            let keys = [keys::board(&board.account, &board.id), address.key()];
            let writes: Vec<_> = keys.into_iter().map(|key| self.delete(primary(key))).collect();
            self.transact("remove board", &writes).await.map_err(|cancelled| cancelled.error)?;
        }
        Ok(())
    }

    /// With its address, which leads nowhere from then on.
    pub async fn remove_board(&self, before: &Stored<StoredBoard>, edit: &Edit) -> Result<(), EditError> {
        let StoredBoard { board, address } = &before.value;
        let row = Edited::removed(keys::board(&board.account, &board.id), before.version);
        Ok(self.write(&row, vec![self.delete(primary(address.key()))], edit).await?)
    }

    /// For the deletion of an account, whose audit log goes with it.
    pub async fn remove_boards(&self, account: &AccountId) -> Result<(), EditError> {
        for board in self.boards(account).await? {
            self.remove_board(&board, &Edit::of_deletion()).await?;
        }
        Ok(())
    }

    fn sealed_address(&self, board: &Board, address: &str) -> Result<StoredAddress, StoreError> {
        Ok(match board.address {
            BoardAddress::Public => StoredAddress::Public(address.to_owned()),
            BoardAddress::Secret => {
                StoredAddress::Secret(self.seal_address(address, &format!("board {}", board.id), &belongs_to(board))?)
            }
        })
    }
}

impl StoredAddress {
    fn kind(&self) -> BoardAddress {
        match self {
            Self::Public(_) => BoardAddress::Public,
            Self::Secret(_) => BoardAddress::Secret,
        }
    }

    fn key(&self) -> Key {
        match self {
            Self::Public(address) => keys::board_address(address, false),
            Self::Secret(sealed) => keys::board_address(&sealed.digest, true),
        }
    }
}

fn stored(row: Item) -> Result<Stored<StoredBoard>, StoreError> {
    let value = read_item(row.clone(), "board")?;
    Ok(Stored::of(&row, value))
}

/// What its address is bound to.
pub(crate) fn belongs_to(board: &Board) -> Vec<u8> {
    serde_json::to_vec(&("board", &board.account, &board.id)).expect("three texts")
}

impl fmt::Debug for SealedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedAddress").field("key", &self.key).finish_non_exhaustive()
    }
}
