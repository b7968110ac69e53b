//! A board of an account with its providers, for its page, feeds, calendar and card. It holds what every visitor of
//! this instance may see of them, whatever the account chose.
use std::sync::Arc;

use axum::response::Response;
use status::board::{Board, BoardAddress};
use store::StoreError;

use super::overview::{Overview, ProviderRow};
use crate::{layout::frame::leave_out_of_search, state::Web, urls};

/// Longer ones lead nowhere, and are not looked up.
const MAX_ADDRESS: usize = 100;

pub(crate) struct BoardView {
    pub(crate) board: Board,
    pub(crate) overview: Arc<Overview>,
    /// The path of its page.
    pub(crate) path: String,
}

impl BoardView {
    /// `None`: no board is at this address.
    pub(crate) async fn read(web: &Web, address: &str) -> Result<Option<Self>, StoreError> {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !web.has_accounts || address.len() > MAX_ADDRESS || !address.bytes().all(is_plain) {
            return Ok(None);
        }
        let Some(board) = web.store.board_at(address).await? else { return Ok(None) };
        let overview = web.overview_cache.get().await?;
        Ok(Some(Self { board, overview, path: urls::board(address) }))
    }

    /// Those of its providers that this instance lists, in the order of the board.
    pub(crate) fn rows(&self) -> Vec<&ProviderRow> {
        self.board.providers.iter().filter_map(|id| self.overview.get(id.as_str())).collect()
    }

    /// Of how many nothing is known: they are no longer listed.
    pub(crate) fn missing(&self) -> usize {
        self.board.providers.len() - self.rows().len()
    }

    /// The response, which search engines leave out if the address is a secret.
    pub(crate) fn marked(&self, mut response: Response) -> Response {
        if self.board.address == BoardAddress::Secret {
            leave_out_of_search(&mut response);
        }
        response
    }
}
