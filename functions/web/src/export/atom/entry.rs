//! One incident or maintenance as an Atom entry.
use std::io;

use jiff::Timestamp;
use maud::{Markup, html};
use quick_xml::{Writer, events::BytesText};
use status::{
    ids::{ProviderId, digest},
    page_state::{HowEnded, IncidentState},
    snapshot::{Kind, Window},
    words::Phase,
};

use super::xml;
use crate::{layout::times::utc, middleware::origin::Origin, provider_markdown, urls};

const MAX_UPDATES: usize = 20;
const MAX_BODY_LENGTH: usize = 3_000;
const MAX_TITLE_LENGTH: usize = 300;

pub(super) struct Entry<'a> {
    provider: &'a ProviderId,
    provider_name: &'a str,
    incident_state: &'a IncidentState,
    published: Timestamp,
    /// The newest update, change or end, but never in the future, whatever the provider's clock says.
    pub(super) updated: Timestamp,
}

impl<'a> Entry<'a> {
    pub(super) fn new(
        provider: &'a ProviderId,
        provider_name: &'a str,
        incident_state: &'a IncidentState,
        now: Timestamp,
    ) -> Self {
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
        Self { provider, provider_name, incident_state, published, updated: updated.max(published) }
    }

    pub(super) fn write(&self, writer: &mut Writer<Vec<u8>>, origin: &Origin) -> io::Result<()> {
        let incident = &self.incident_state.incident;
        let title: String = incident.title.chars().take(MAX_TITLE_LENGTH).collect();
        let path = urls::incident(self.provider, incident.kind, &incident.id);
        let kind = match incident.kind {
            Kind::Incident => "incident",
            Kind::Maintenance => "maintenance",
        };
        writer.create_element("entry").write_inner_content(|writer| {
            let id = digest(&[self.provider.as_str(), kind, incident.id.as_str()]);
            xml::text(writer, "id", &format!("tag:statuswire,2026:{kind}/{id}"))?;
            let status = status_text(self.incident_state);
            xml::text(writer, "title", &format!("{}: {title} ({status})", self.provider_name))?;
            xml::text(writer, "published", &xml::date_time(self.published))?;
            xml::text(writer, "updated", &xml::date_time(self.updated))?;
            xml::link(writer, "alternate", "text/html", &origin.link_or_path(&path))?;
            if let Some(url) = incident.url.as_deref().filter(|url| is_valid_http_url(url)) {
                xml::link(writer, "via", "text/html", url)?;
            }
            let author = writer.create_element("author");
            author.write_inner_content(|writer| xml::text(writer, "name", self.provider_name))?;
            writer.create_element("category").with_attribute(("term", kind)).write_empty()?;
            let content = xml::without_invalid_chars(&self.content().into_string());
            let element = writer.create_element("content").with_attribute(("type", "html"));
            element.write_text_content(BytesText::new(&content))?;
            Ok(())
        })?;
        Ok(())
    }

    /// The newest update first.
    fn content(&self) -> Markup {
        let incident = &self.incident_state.incident;
        let window = incident.window.filter(|_| incident.kind == Kind::Maintenance);
        let not_shown = incident.updates.len().saturating_sub(MAX_UPDATES);
        html! {
            @if let Some(Window { starts_at: Some(starts_at), ends_at }) = window {
                p { "Planned for " (utc(starts_at)) @if let Some(ends_at) = ends_at { " to " (utc(ends_at)) } }
            }
            @for update in incident.updates.iter().rev().take(MAX_UPDATES) {
                p {
                    strong { (update.phase.map_or("update", Phase::as_str)) }
                    @if let Some(posted_at) = update.posted_at { " · " (utc(posted_at)) }
                }
                @if let Some(body) = &update.body { (provider_markdown::render(body, MAX_BODY_LENGTH)) }
            }
            @if not_shown > 0 { p { (not_shown) " earlier update" @if not_shown > 1 { "s" } " not shown." } }
            @if incident.updates.is_empty() { p { "No updates yet." } }
        }
    }
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
