//! The overlay of the catalogue: one small row for each provider of which something else was found than is shipped, all
//! in one partition, so that the poller and the web function read them in one query. The newest writer wins: each page
//! is read by one poller.
use status::{catalogue_overlay::OverlayRow, ids::ProviderId};

use crate::{
    error::StoreError,
    items::{item, primary, read_item},
    keys,
    requests::query_all,
    store::Store,
};

impl Store {
    /// All rows, also those about an earlier shipped file. Strongly consistent.
    pub async fn catalogue_overlay(&self) -> Result<Vec<OverlayRow>, StoreError> {
        let items = query_all("read the overlay of the catalogue", self.query(keys::CATALOGUE.into())).await?;
        items.into_iter().map(|item| read_item(item, "overlay of the catalogue")).collect()
    }

    pub async fn put_overlay(&self, row: &OverlayRow) -> Result<(), StoreError> {
        let row = item(keys::overlay(&row.provider), "overlay", row);
        self.replace("write the overlay of the catalogue", row, "overlay of the catalogue").await
    }

    /// What was found of a provider is as it is shipped.
    pub async fn forget_overlay(&self, provider: &ProviderId) -> Result<(), StoreError> {
        let delete = self.client.delete_item().table_name(&self.table).set_key(Some(primary(keys::overlay(provider))));
        delete.send().await.map_err(StoreError::request("forget a row of the overlay"))?;
        Ok(())
    }
}
