//! Incidents and maintenances as Atom feeds (RFC 4287): the newest of all providers, of those the configuration watches, of
//! one. One entry each, which comes up again with every update.
mod entry;

use axum::{
    Router,
    extract::{Path, State as Shared},
    response::{IntoResponse, Response},
    routing::get,
};
use entry::Entry;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use http::{StatusCode, header};
use jiff::Timestamp;
use quick_xml::{
    Writer,
    events::{BytesDecl, BytesText, Event},
};
use status::{ids::ProviderId, incident_timeline::IncidentTimeline, page_state::IncidentState};
use std::{collections::HashMap, io};
use store::StoreError;

use crate::{Web, origin::Origin, overview::Overview, paths, shell};

const MOST: usize = 50;
/// Of all providers, by their start: one that began earlier may have newer news.
const MOST_BEGUN: usize = 200;
/// Of one provider; planned work stands among them by its start, so there must be room for what is planned ahead.
const MOST_LOOKED_AT: u32 = 300;
const AT_ONCE: usize = 16;

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/incidents.atom", get(all))
        .route("/watched.atom", get(watched))
        .route("/providers/{id}/incidents.atom", get(of_provider))
}

async fn all(Shared(web): Shared<Web>, origin: Origin) -> Response {
    let found = async {
        let overview = web.overviews.get().await?;
        let newest = web.store.recent_incidents(Timestamp::now(), MOST_BEGUN).await?;
        Ok(feed("Incidents of all vendors", "/incidents.atom", "/", &newest, &overview, &origin))
    };
    answer(found.await)
}

async fn watched(Shared(web): Shared<Web>, origin: Origin) -> Response {
    let found = async {
        let overview = web.overviews.get().await?;
        let mine = overview.rows.iter().filter(|row| row.mine).map(|row| row.provider.id.clone());
        let newest = newest_of(&web, mine.collect()).await?;
        Ok(feed("Incidents of watched vendors", "/watched.atom", "/?show=mine", &newest, &overview, &origin))
    };
    answer(found.await)
}

async fn of_provider(Shared(web): Shared<Web>, Path(id): Path<String>, origin: Origin) -> Response {
    let found = async {
        let overview = web.overviews.get().await?;
        let Some(row) = overview.get(&id) else { return Ok(None) };
        let newest = newest_of(&web, vec![row.provider.id.clone()]).await?;
        let title = format!("Incidents of {}", row.provider.name);
        let (own, page) = (paths::feed(&row.provider.id), paths::provider(&row.provider.id));
        Ok(Some(feed(&title, &own, &page, &newest, &overview, &origin)))
    };
    match found.await {
        Ok(None) => (StatusCode::NOT_FOUND, "No provider has this id.\n").into_response(),
        Ok(Some(feed)) => answer(Ok(feed)),
        Err(error) => answer(Err(error)),
    }
}

fn answer(feed: Result<String, StoreError>) -> Response {
    match feed {
        Ok(feed) => ([(header::CONTENT_TYPE, "application/atom+xml; charset=utf-8")], feed).into_response(),
        Err(error) => shell::broken(error),
    }
}

/// Of these providers, what has news last.
async fn newest_of(web: &Web, providers: Vec<ProviderId>) -> Result<Vec<(ProviderId, IncidentState)>, StoreError> {
    let spans = |provider: ProviderId| async move {
        let page = web.store.timelines_of(&provider, MOST_LOOKED_AT, None).await?;
        let mut spans = page.timelines;
        spans.sort_by_key(|span| std::cmp::Reverse(news_at(span)));
        spans.truncate(MOST);
        Ok::<_, StoreError>(spans.into_iter().map(|span| (provider.clone(), span)).collect::<Vec<_>>())
    };
    let mut all: Vec<(ProviderId, IncidentTimeline)> =
        stream::iter(providers).map(spans).buffered(AT_ONCE).try_concat().await?;
    all.sort_by_key(|(_, span)| std::cmp::Reverse(news_at(span)));
    all.truncate(MOST);
    let texts = |(provider, span): (ProviderId, IncidentTimeline)| async move {
        let found = web.store.incident(&provider, span.kind, &span.id).await?;
        Ok::<_, StoreError>(found.map(|incident_state| (provider, incident_state)))
    };
    let found: Vec<_> = stream::iter(all).map(texts).buffered(AT_ONCE).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

/// What was there before we watched the page came all at once, so its own times count.
fn news_at(span: &IncidentTimeline) -> Timestamp {
    let changed_at = span.changed_at.unwrap_or(span.first_seen_at);
    match span.ended_at.or(span.first_said_at) {
        Some(said_at) if span.backfilled && changed_at <= span.first_seen_at => said_at.min(changed_at),
        _ => changed_at,
    }
}

fn feed(
    title: &str,
    own: &str,
    page: &str,
    all: &[(ProviderId, IncidentState)],
    overview: &Overview,
    origin: &Origin,
) -> String {
    let now = Timestamp::now();
    let names: HashMap<&ProviderId, &str> =
        overview.rows.iter().map(|row| (&row.provider.id, row.provider.name.as_str())).collect();
    let mut entries: Vec<Entry<'_>> = all
        .iter()
        .map(|(provider, incident_state)| {
            let name = names.get(provider).copied().unwrap_or_else(|| provider.as_str());
            Entry::new(provider, name, incident_state, now)
        })
        .collect();
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.updated));
    entries.truncate(MOST);
    written(title, own, page, &entries, origin).expect("memory takes all that is written")
}

fn written(title: &str, own: &str, page: &str, entries: &[Entry<'_>], origin: &Origin) -> io::Result<String> {
    // Of a feed without entries nothing was ever updated.
    let updated = entries.iter().map(|entry| entry.updated).max().unwrap_or(Timestamp::UNIX_EPOCH);
    let own = origin.link_or_path(own);
    let mut xml = Writer::new(Vec::new());
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
    let start = xml.create_element("feed").with_attribute(("xmlns", "http://www.w3.org/2005/Atom"));
    start.write_inner_content(|xml| {
        text(xml, "id", &if own.starts_with('/') { format!("tag:statuswire,2026:{own}") } else { own.clone() })?;
        text(xml, "title", title)?;
        text(xml, "updated", &moment(updated))?;
        link(xml, "self", "application/atom+xml", &own)?;
        link(xml, "alternate", "text/html", &origin.link_or_path(page))?;
        text(xml, "generator", "statuswire")?;
        xml.create_element("author").write_inner_content(|xml| text(xml, "name", "statuswire"))?;
        entries.iter().try_for_each(|entry| entry.write(xml, origin))
    })?;
    String::from_utf8(xml.into_inner()).map_err(io::Error::other)
}

/// One element that holds nothing but a text.
fn text(xml: &mut Writer<Vec<u8>>, name: &str, value: &str) -> io::Result<()> {
    xml.create_element(name).write_text_content(BytesText::new(&clean(value)))?;
    Ok(())
}

fn link(xml: &mut Writer<Vec<u8>>, rel: &str, kind: &str, address: &str) -> io::Result<()> {
    let address = clean(address);
    let attributes = [("rel", rel), ("type", kind), ("href", address.as_str())];
    xml.create_element("link").with_attributes(attributes).write_empty()?;
    Ok(())
}

fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Without the characters that XML 1.0 cannot hold even escaped.
fn clean(text: &str) -> String {
    let is_char = |char: &char| match char {
        '\t' | '\n' | '\r' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        char => !char.is_control(),
    };
    text.chars().filter(is_char).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_hold_is_left_out() {
        assert_eq!(clean("a\u{0}b\u{b}c\u{1b}\td\ne\u{ffff}\u{85}ü👩‍💻"), "abc\td\neü👩‍💻");
    }
}
