//! One incident or maintenance as an Atom entry.
use std::io;

use jiff::Timestamp;
use maud::{Markup, html};
use quick_xml::{Writer, events::BytesText};
use status::{
    ids::{ProviderId, digest},
    page_state::{HowEnded, IncidentState},
    snapshot::{Kind, Update, Window},
    words::Phase,
};

use super::xml;
use crate::{layout::times::utc, middleware::origin::Origin, model::overview::Overview, provider_markdown, urls};

const MAX_UPDATES: usize = 20;
const MAX_BODY_LENGTH: usize = 3_000;
const MAX_TITLE_LENGTH: usize = 300;
const MAX_URL_BYTES: usize = 2_000;
/// Of one entry's content: room for the longest texts, not for 20 of them.
const MAX_CONTENT_BYTES: usize = 128 * 1024;
const LEFT_OUT: &str = "<p>This feed has no room for the updates. Follow the link.</p>";

/// Small, whatever the provider wrote: only one incident at a time is in memory as a whole.
pub(super) struct Entry {
    id: String,
    /// `incident` or `maintenance`.
    kind: &'static str,
    provider_name: String,
    title: String,
    path: String,
    /// Its page at the provider's.
    via: Option<String>,
    /// HTML.
    content: String,
    published: Timestamp,
    /// The newest update, change or end, but never in the future, whatever the provider's clock says.
    pub(super) updated: Timestamp,
}

impl Entry {
    pub(super) fn new(
        provider: &ProviderId,
        overview: &Overview,
        incident_state: &IncidentState,
        now: Timestamp,
    ) -> Self {
        let incident = &incident_state.incident;
        let row = overview.get(provider.as_str());
        let provider_name = row.map_or(provider.as_str(), |row| &row.provider.name).to_owned();
        let (published, updated) = times(incident_state, now);
        let kind = match incident.kind {
            Kind::Incident => "incident",
            Kind::Maintenance => "maintenance",
        };
        let title: String = incident.title.chars().take(MAX_TITLE_LENGTH).collect();
        let is_shown = |url: &&str| url.len() <= MAX_URL_BYTES && is_valid_http_url(url);
        Self {
            id: digest(&[provider.as_str(), kind, incident.id.as_str()]),
            kind,
            title: format!("{provider_name}: {title} ({})", status_text(incident_state)),
            provider_name,
            path: urls::incident(provider, incident.kind, &incident.id),
            via: incident.url.as_deref().filter(is_shown).map(str::to_owned),
            content: xml::without_invalid_chars(&content(incident_state).into_string()),
            published,
            updated,
        }
    }

    /// `room`: bytes that are left for contents.
    pub(super) fn write(&self, writer: &mut Writer<Vec<u8>>, origin: &Origin, room: &mut usize) -> io::Result<()> {
        writer.create_element("entry").write_inner_content(|writer| {
            let kind = self.kind;
            xml::text(writer, "id", &format!("tag:statuswire,2026:{kind}/{}", self.id))?;
            xml::text(writer, "title", &self.title)?;
            xml::text(writer, "published", &xml::date_time(self.published))?;
            xml::text(writer, "updated", &xml::date_time(self.updated))?;
            xml::link(writer, "alternate", "text/html", &origin.link_or_path(&self.path))?;
            if let Some(url) = &self.via {
                xml::link(writer, "via", "text/html", url)?;
            }
            let author = writer.create_element("author");
            author.write_inner_content(|writer| xml::text(writer, "name", &self.provider_name))?;
            writer.create_element("category").with_attribute(("term", kind)).write_empty()?;
            let whole = BytesText::new(&self.content);
            let left = room.checked_sub(whole.len());
            let content = if left.is_some() { whole } else { BytesText::new(LEFT_OUT) };
            *room = left.unwrap_or(*room);
            writer.create_element("content").with_attribute(("type", "html")).write_text_content(content)?;
            Ok(())
        })?;
        Ok(())
    }
}

/// When it was published, and when it was last updated.
fn times(incident_state: &IncidentState, now: Timestamp) -> (Timestamp, Timestamp) {
    let incident = &incident_state.incident;
    let detected_at = incident_state.first_seen_at.min(now);
    let posted: Vec<Timestamp> =
        incident.updates.iter().filter_map(|update| update.posted_at).filter(|at| *at <= now).collect();
    let started_at = incident.started_at.filter(|at| *at <= now && incident.kind == Kind::Incident);
    let published = posted.iter().copied().min().or(started_at).unwrap_or(detected_at).max(Timestamp::UNIX_EPOCH);
    let ended_at = incident_state.ended.map(|ended| ended.at);
    let rescheduled = incident_state.rescheduled.iter().map(|it| it.noticed_at);
    let changed = incident_state.edited.values().copied().chain(rescheduled).chain(ended_at);
    let updated = posted.into_iter().chain(changed.filter(|at| *at <= now)).max().unwrap_or(published);
    (published, updated.max(published))
}

/// The newest update first.
fn content(incident_state: &IncidentState) -> Markup {
    let incident = &incident_state.incident;
    let window = incident.window.filter(|_| incident.kind == Kind::Maintenance);
    let mut room = MAX_CONTENT_BYTES;
    let newest = incident.updates.iter().rev().take(MAX_UPDATES).map(update);
    let shown: Vec<Markup> = newest.take_while(|update| take(&mut room, update.0.len())).collect();
    let not_shown = incident.updates.len() - shown.len();
    html! {
        @if let Some(Window { starts_at: Some(starts_at), ends_at }) = window {
            p { "Planned for " (utc(starts_at)) @if let Some(ends_at) = ends_at { " to " (utc(ends_at)) } }
        }
        @for update in &shown { (update) }
        @if not_shown > 0 { p { (not_shown) " earlier update" @if not_shown > 1 { "s" } " not shown." } }
        @if incident.updates.is_empty() { p { "No updates yet." } }
    }
}

fn update(update: &Update) -> Markup {
    html! {
        p {
            strong { (update.phase.map_or("update", Phase::as_str)) }
            @if let Some(posted_at) = update.posted_at { " · " (utc(posted_at)) }
        }
        @if let Some(body) = &update.body { (provider_markdown::render(body, MAX_BODY_LENGTH)) }
    }
}

/// Whether there is room for so much; if there is, it is taken.
fn take(room: &mut usize, bytes: usize) -> bool {
    let left = room.checked_sub(bytes);
    *room = left.unwrap_or(0);
    left.is_some()
}

fn status_text(incident_state: &IncidentState) -> &'static str {
    let phase = incident_state.incident.phase;
    match incident_state.ended.map(|ended| ended.how) {
        Some(HowEnded::NoLongerListed) if phase == Some(Phase::Scheduled) => "cancelled",
        Some(HowEnded::NoLongerListed) => "removed by provider",
        Some(HowEnded::Recovered) => "recovered",
        Some(HowEnded::Merged) => "merged",
        Some(HowEnded::ByProvider) => phase.filter(|phase| phase.is_over()).map_or("ended", Phase::as_str),
        None => phase.map_or("open", Phase::as_str),
    }
}

/// A complete URL that is safe in an attribute of the feed.
fn is_valid_http_url(url: &str) -> bool {
    url.parse::<http::Uri>().is_ok_and(|url| matches!(url.scheme_str(), Some("http" | "https")))
}
