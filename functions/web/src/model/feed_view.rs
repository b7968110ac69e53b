//! What an account or a group watches, for the feed and the calendar at its secret address. It holds what every visitor
//! of this instance may see of these providers.
use std::{collections::BTreeSet, sync::Arc};

use axum::response::Response;
use status::ids::ProviderId;
use store::{FeedProviders, StoreError};

use super::overview::Overview;
use crate::{layout::frame::leave_out_of_search, state::Web};

pub(crate) struct FeedView {
    /// Follows "Incidents of": the name of the group, or that these are all that are watched.
    pub(crate) name: String,
    pub(crate) providers: BTreeSet<ProviderId>,
    pub(crate) overview: Arc<Overview>,
    /// Of the feed and the calendar, without their names.
    pub(crate) path: String,
}

impl FeedView {
    /// `None`: there is nothing at this address.
    pub(crate) async fn read(web: &Web, address: &str) -> Result<Option<Self>, StoreError> {
        let feed = if web.has_accounts { web.store.feed_at(address).await? } else { None };
        let Some(feed) = feed else { return Ok(None) };
        let Some(FeedProviders { group, mut providers }) = web.store.providers_of_feed(&feed).await? else {
            return Ok(None);
        };
        let overview = web.overview_cache.get().await?;
        providers.retain(|id| overview.get(id.as_str()).is_some());
        let name = group.unwrap_or_else(|| "watched providers".to_owned());
        Ok(Some(Self { name, providers, overview, path: site::paths::feed(address) }))
    }

    /// The response, which search engines leave out.
    pub(crate) fn marked(mut response: Response) -> Response {
        leave_out_of_search(&mut response);
        response
    }
}
