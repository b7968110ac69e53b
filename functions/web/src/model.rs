//! What the pages, the exports and the API show, gathered from the store. Nothing here renders.
pub(crate) mod board;
pub(crate) mod feed_view;
pub(crate) mod filtered_page;
pub(crate) mod freshness;
pub(crate) mod listed;
pub(crate) mod maintenance;
pub(crate) mod overview;
pub(crate) mod page_history;

pub(crate) use site::provider_state;
