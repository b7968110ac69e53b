//! Incidents and maintenance as Atom feeds (RFC 4287): the newest of all providers, of the watched ones, of one. Each
//! is one entry, which moves to the top with every update.
mod entry;
mod xml;

use std::{cmp::Reverse, io};

use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::get,
};
use entry::Entry;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use http::{StatusCode, header};
use jiff::Timestamp;
use quick_xml::{
    Writer,
    events::{BytesDecl, Event},
};
use status::{ids::ProviderId, incident_timeline::IncidentTimeline};
use store::StoreError;

use crate::{
    layout::frame::{found, unavailable},
    middleware::origin::Origin,
    model::{board::BoardView, feed_view::FeedView, overview::Overview},
    state::Web,
    urls,
};

const MAX_ENTRIES: usize = 50;
/// Incidents of all providers, read by start. More than are shown, because an earlier one may have a newer update.
const MAX_RECENT: usize = 200;
/// Timelines read of one provider. Maintenance is ordered by its start, so this leaves room for what lies ahead.
const MAX_TIMELINES: u32 = 300;
const MAX_CONCURRENT_READS: usize = 16;
/// Of all contents in a feed, as they are written. Entries without room say so in their place.
const MAX_CONTENT_BYTES: usize = 3 << 19;

/// What identifies a feed.
struct Feed<'a> {
    title: &'a str,
    path: &'a str,
    /// The page with the same content.
    page_path: &'a str,
}

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/incidents.atom", get(all))
        .route("/watched.atom", get(watched))
        .route("/providers/{id}/incidents.atom", get(of_provider))
        .route("/boards/{address}/incidents.atom", get(of_board))
        .route("/feeds/{address}/incidents.atom", get(of_feed))
}

async fn all(State(web): State<Web>, origin: Origin) -> Response {
    let feed = Feed { title: "Incidents of all providers", path: "/incidents.atom", page_path: "/" };
    let read = async {
        let overview = web.overview_cache.get().await?;
        let now = Timestamp::now();
        let entry = |provider: ProviderId, incident_state| {
            let is_public = !overview.is_private(&provider);
            is_public.then(|| Entry::new(&provider, &overview, &incident_state, now))
        };
        let newest = web.store.recent_incidents(now, MAX_RECENT, entry).await?;
        let newest = newest.into_iter().flatten().collect();
        Ok(feed.render(newest, &origin))
    };
    response(read.await)
}

async fn watched(State(web): State<Web>, origin: Origin) -> Response {
    let feed = Feed { title: "Incidents of watched providers", path: "/watched.atom", page_path: "/?show=mine" };
    let read = async {
        let overview = web.overview_cache.get().await?;
        let watched = overview.rows.iter().filter(|row| row.watched).map(|row| row.provider.id.clone());
        let newest = newest_of(&web, &overview, watched.collect()).await?;
        Ok(feed.render(newest, &origin))
    };
    response(read.await)
}

async fn of_provider(State(web): State<Web>, Path(id): Path<String>, origin: Origin) -> Response {
    let read = async {
        let overview = web.overview_cache.get().await?;
        let Some(row) = overview.get(&id) else { return Ok(None) };
        let newest = newest_of(&web, &overview, vec![row.provider.id.clone()]).await?;
        let title = format!("Incidents of {}", row.provider.name);
        let (path, page_path) = (urls::feed(&row.provider.id), urls::provider(&row.provider.id));
        let feed = Feed { title: &title, path: &path, page_path: &page_path };
        Ok(Some(feed.render(newest, &origin)))
    };
    match read.await {
        Ok(None) => (StatusCode::NOT_FOUND, "There is no provider with this ID.\n").into_response(),
        Ok(Some(feed)) => response(Ok(feed)),
        Err(error) => response(Err(error)),
    }
}

async fn of_board(State(web): State<Web>, Path(address): Path<String>, origin: Origin) -> Response {
    let read = async {
        let Some(view) = BoardView::read(&web, &address).await? else { return Ok(None) };
        let providers = view.rows().into_iter().map(|row| row.provider.id.clone()).collect();
        let newest = newest_of(&web, &view.overview, providers).await?;
        let title = format!("Incidents: {}", view.board.name);
        let path = format!("{}/incidents.atom", view.path);
        let feed = Feed { title: &title, path: &path, page_path: &view.path }.render(newest, &origin);
        Ok::<_, StoreError>(Some(view.marked(response(Ok(feed)))))
    };
    found(read.await)
}

async fn of_feed(State(web): State<Web>, Path(address): Path<String>, origin: Origin) -> Response {
    let read = async {
        let Some(FeedView { name, providers, overview, path }) = FeedView::read(&web, &address).await? else {
            return Ok(None);
        };
        let newest = newest_of(&web, &overview, providers.into_iter().collect()).await?;
        let (title, path) = (format!("Incidents of {name}"), format!("{path}/incidents.atom"));
        let feed = Feed { title: &title, path: &path, page_path: site::paths::WATCH }.render(newest, &origin);
        Ok::<_, StoreError>(Some(FeedView::marked(response(Ok(feed)))))
    };
    found(read.await)
}

fn response(feed: Result<String, StoreError>) -> Response {
    match feed {
        Ok(feed) => ([(header::CONTENT_TYPE, "application/atom+xml; charset=utf-8")], feed).into_response(),
        Err(error) => unavailable(error),
    }
}

/// The incidents of these providers that changed last.
async fn newest_of(web: &Web, overview: &Overview, providers: Vec<ProviderId>) -> Result<Vec<Entry>, StoreError> {
    let read_timelines = |provider: ProviderId| async move {
        let page = web.store.brief_timelines_of(&provider, MAX_TIMELINES, None).await?;
        let of_provider = page.timelines.into_iter().map(|timeline| (provider.clone(), timeline));
        Ok::<_, StoreError>(newest(of_provider.collect()))
    };
    let mut read = stream::iter(providers).map(read_timelines).buffered(MAX_CONCURRENT_READS);
    let mut timelines = Vec::new();
    while let Some(of_provider) = read.try_next().await? {
        timelines.extend(of_provider);
        timelines = newest(timelines);
    }
    let wanted: Vec<_> =
        timelines.into_iter().map(|(provider, timeline)| (provider, timeline.kind, timeline.id)).collect();
    let now = Timestamp::now();
    web.store.incidents(&wanted, |provider, state| Entry::new(provider, overview, &state, now)).await
}

/// As many as a feed shows, those that changed last.
fn newest(mut timelines: Vec<(ProviderId, IncidentTimeline)>) -> Vec<(ProviderId, IncidentTimeline)> {
    timelines.sort_by_key(|(_, timeline)| Reverse(updated_at(timeline)));
    timelines.truncate(MAX_ENTRIES);
    timelines
}

/// When it last changed. Imported incidents all came with the first read, so the provider's times order them.
fn updated_at(timeline: &IncidentTimeline) -> Timestamp {
    let changed_at = timeline.changed_at.unwrap_or(timeline.first_seen_at);
    match timeline.ended_at.or(timeline.first_said_at) {
        Some(posted_at) if timeline.backfilled && changed_at <= timeline.first_seen_at => posted_at.min(changed_at),
        _ => changed_at,
    }
}

impl Feed<'_> {
    fn render(&self, mut entries: Vec<Entry>, origin: &Origin) -> String {
        entries.sort_by_key(|entry| Reverse(entry.updated));
        entries.truncate(MAX_ENTRIES);
        self.write(&entries, origin).expect("writing to memory does not fail")
    }

    fn write(&self, entries: &[Entry], origin: &Origin) -> io::Result<String> {
        // RFC 4287 demands a time, also of a feed without entries.
        let updated = entries.iter().map(|entry| entry.updated).max().unwrap_or(Timestamp::UNIX_EPOCH);
        let url = origin.link_or_path(self.path);
        let id = if url.starts_with('/') { format!("tag:statuswire,2026:{url}") } else { url.clone() };
        let mut writer = Writer::new(Vec::new());
        writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
        let start = writer.create_element("feed").with_attribute(("xmlns", "http://www.w3.org/2005/Atom"));
        start.write_inner_content(|writer| {
            xml::text(writer, "id", &id)?;
            xml::text(writer, "title", self.title)?;
            xml::text(writer, "updated", &xml::date_time(updated))?;
            xml::link(writer, "self", "application/atom+xml", &url)?;
            xml::link(writer, "alternate", "text/html", &origin.link_or_path(self.page_path))?;
            xml::text(writer, "generator", "statuswire")?;
            writer.create_element("author").write_inner_content(|writer| xml::text(writer, "name", "statuswire"))?;
            let mut room = MAX_CONTENT_BYTES;
            entries.iter().try_for_each(|entry| entry.write(writer, origin, &mut room))
        })?;
        String::from_utf8(writer.into_inner()).map_err(io::Error::other)
    }
}
