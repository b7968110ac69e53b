//! What is encrypted in a row of the table, whichever kind of row it is: for those who work on all of them, which are
//! the move to another instance ([`crate::transfer`]) and a change of keys ([`crate::reseal`]). A new kind of secret
//! belongs here, or it is lost in a move and keeps its old key for ever.
use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, de::DeserializeOwned};
use status::{
    board::{Board, BoardAddress},
    ids::ProviderId,
    provider::Provider,
};

use crate::{
    boards::{self, SealedAddress},
    error::StoreError,
    feeds::{self, Feed},
    items::{Item, attribute, read_item},
    logins::{self, LOGIN, StoredLogin, stored_login},
    sealed::StoredDestination,
    store::Store,
};

const DEFINITION: &str = "definition";
const ADDRESS: &str = "address";

/// What a row has encrypted, or is to have.
pub(crate) enum RowSecret {
    Destination(StoredDestination),
    Login(Provider, StoredLogin),
    /// Of a board or a feed.
    Address(SealedAddress, AddressOwner),
}

/// What a secret address belongs to.
pub(crate) struct AddressOwner {
    /// For errors.
    name: String,
    bound_to: Vec<u8>,
}

#[derive(Deserialize)]
struct Defined<T> {
    definition: T,
}

fn kind_of(item: &Item) -> &str {
    item.get("type").and_then(|kind| kind.as_s().ok()).map_or("", String::as_str)
}

fn definition<T: DeserializeOwned>(item: &Item) -> Result<T, StoreError> {
    read_item(item.clone(), kind_of(item)).map(|Defined { definition }| definition)
}

/// `None`: it has no secret.
fn address_owner(item: &Item) -> Result<Option<AddressOwner>, StoreError> {
    Ok(match kind_of(item) {
        "board" => {
            let board: Board = definition(item)?;
            let name = format!("board {}", board.id);
            let is_secret = board.address == BoardAddress::Secret;
            is_secret.then(|| AddressOwner { name, bound_to: boards::belongs_to(&board) })
        }
        "feed" => {
            let feed: Feed = definition(item)?;
            let name = format!("feed of account {}", feed.account);
            Some(AddressOwner { name, bound_to: feeds::belongs_to(&feed) })
        }
        _ => None,
    })
}

/// The secret of a row, encrypted or, of a destination, perhaps in clear. `None`: there is none.
pub(crate) fn secret_of(item: &Item) -> Result<Option<RowSecret>, StoreError> {
    Ok(match kind_of(item) {
        "destination" => Some(RowSecret::Destination(definition(item)?)),
        // A page that was read is of this type too, and has no login.
        "page" => match stored_login(item) {
            Some(login) => Some(RowSecret::Login(definition(item)?, login)),
            None => None,
        },
        kind => match address_owner(item)? {
            Some(owner) => {
                let address = item.get(ADDRESS).cloned();
                let unreadable = || StoreError::Unreadable { what: kind.to_owned() };
                let address = address.and_then(|address| serde_dynamo::from_attribute_value(address).ok());
                Some(RowSecret::Address(address.ok_or_else(unreadable)?, owner))
            }
            None => None,
        },
    })
}

/// How a row stands to the newest key.
pub(crate) enum Standing {
    /// Nothing in it is encrypted, or is to be.
    Clear,
    Current,
    Stale,
}

impl RowSecret {
    /// The attribute that has it.
    pub(crate) fn attribute(&self) -> &'static str {
        match self {
            Self::Destination(_) => DEFINITION,
            Self::Login(..) => LOGIN,
            Self::Address(..) => ADDRESS,
        }
    }

    /// `key`: the number of the newest one.
    pub(crate) fn standing(&self, store: &Store, key: u32) -> Standing {
        let is_current = match self {
            Self::Destination(stored) if stored.is_clear() && store.sealer.is_current(stored) => {
                return Standing::Clear;
            }
            Self::Destination(stored) => store.sealer.is_current(stored),
            Self::Login(_, stored) if stored.is_missing() => return Standing::Clear,
            Self::Login(_, stored) => stored.key() == key,
            Self::Address(sealed, _) => sealed.key == key,
        };
        if is_current { Standing::Current } else { Standing::Stale }
    }

    /// The attribute as it is with the newest key.
    pub(crate) fn sealed_anew(&self, store: &Store) -> Result<AttributeValue, StoreError> {
        Ok(match self {
            Self::Destination(stored) => attribute(store.sealer.seal(store.sealer.unseal(stored)?)?),
            Self::Login(page, stored) => attribute(store.sealer.seal_login(page, &store.login(page, stored)?)?),
            Self::Address(sealed, owner) => {
                let address = store.open_address(sealed, &owner.bound_to).ok_or_else(|| {
                    let reason = format!("is encrypted with key {}, which is not given or is another one", sealed.key);
                    StoreError::Address { of: owner.name.clone(), reason }
                })?;
                attribute(store.seal_address(&address, &owner.name, &owner.bound_to)?)
            }
        })
    }

    /// The attribute as it leaves the table for another instance, which has keys of its own. `None`: it stays as it is,
    /// since the key that encrypted it is gone. A login is left out: it is for this instance to give away, and the mark
    /// in its place keeps the page from being read without it.
    pub(crate) fn in_clear(&self, store: &Store) -> Result<Option<AttributeValue>, StoreError> {
        Ok(match self {
            Self::Destination(stored) => Some(attribute(StoredDestination::clear(store.unseal(stored)?))),
            Self::Login(..) => Some(logins::missing()),
            Self::Address(sealed, owner) => {
                if store.sealer.0.is_none() {
                    return Err(StoreError::NoKeys { what: format!("the address of {}", owner.name) });
                }
                store.open_address(sealed, &owner.bound_to).map(AttributeValue::S)
            }
        })
    }
}

/// Encrypts what came in clear from another instance, as [`RowSecret::in_clear`] left it.
pub(crate) fn seal(store: &Store, item: &mut Item) -> Result<(), StoreError> {
    if kind_of(item) == "destination" {
        let clear: StoredDestination = definition(item)?;
        item.insert(DEFINITION.into(), attribute(store.sealer.seal(store.unseal(&clear)?)?));
    }
    if let Some(AttributeValue::S(address)) = item.get(ADDRESS)
        && let Some(owner) = address_owner(item)?
    {
        let sealed = store.seal_address(address, &owner.name, &owner.bound_to)?;
        item.insert(ADDRESS.into(), attribute(sealed));
    }
    Ok(())
}

/// If the row is a page whose login did not come along.
pub(crate) fn needs_login(item: &Item) -> Result<Option<ProviderId>, StoreError> {
    Ok(match secret_of(item)? {
        Some(RowSecret::Login(page, login)) if login.is_missing() => Some(page.id),
        _ => None,
    })
}
