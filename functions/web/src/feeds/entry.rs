//! One incident or maintenance as an entry.
use std::io;

use jiff::Timestamp;
use maud::{Markup, html};
use quick_xml::{Writer, events::BytesText};
use status::{
    ids::{ProviderId, digest},
    page_state::{HowEnded, IncidentState},
    snapshot::Kind,
    words::Phase,
};

use super::{clean, link, moment, text};
use crate::{origin::Origin, paths, said::said};

const MOST_UPDATES: usize = 20;
const LONGEST_BODY: usize = 3_000;
const LONGEST_TITLE: usize = 300;

pub(super) struct Entry<'a> {
    provider: &'a ProviderId,
    name: &'a str,
    incident_state: &'a IncidentState,
    published: Timestamp,
    /// The newest update, change or end; never ahead of us, whatever the vendor's clock says.
    pub(super) updated: Timestamp,
}

impl<'a> Entry<'a> {
    pub(super) fn new(
        provider: &'a ProviderId,
        name: &'a str,
        incident_state: &'a IncidentState,
        now: Timestamp,
    ) -> Self {
        let incident = &incident_state.incident;
        let seen_at = incident_state.first_seen_at.min(now);
        let posted: Vec<Timestamp> =
            incident.updates.iter().filter_map(|update| update.posted_at).filter(|at| *at <= now).collect();
        let began_at = incident.started_at.filter(|at| *at <= now && incident.kind == Kind::Incident);
        let published = posted.iter().copied().min().or(began_at).unwrap_or(seen_at).max(Timestamp::UNIX_EPOCH);
        let ended_at = incident_state.ended.map(|ended| ended.at);
        let moved = incident_state.rescheduled.iter().map(|moved| moved.noticed_at);
        let changed = incident_state.edited.values().copied().chain(moved).chain(ended_at).filter(|at| *at <= now);
        let updated = posted.iter().copied().chain(changed).max().unwrap_or(published).max(published);
        Self { provider, name, incident_state, published, updated }
    }

    pub(super) fn write(&self, xml: &mut Writer<Vec<u8>>, origin: &Origin) -> io::Result<()> {
        let incident = &self.incident_state.incident;
        let title: String = incident.title.chars().take(LONGEST_TITLE).collect();
        let path = paths::incident(self.provider, incident.kind, &incident.id);
        let kind = match incident.kind {
            Kind::Incident => "incident",
            Kind::Maintenance => "maintenance",
        };
        xml.create_element("entry").write_inner_content(|xml| {
            let id = digest(&[self.provider.as_str(), kind, incident.id.as_str()]);
            text(xml, "id", &format!("tag:statuswire,2026:{kind}/{id}"))?;
            text(xml, "title", &format!("{}: {title} ({})", self.name, standing(self.incident_state)))?;
            text(xml, "published", &moment(self.published))?;
            text(xml, "updated", &moment(self.updated))?;
            link(xml, "alternate", "text/html", &origin.link_or_path(&path))?;
            if let Some(url) = incident.url.as_deref().filter(|url| is_web_address(url)) {
                link(xml, "via", "text/html", url)?;
            }
            xml.create_element("author").write_inner_content(|xml| text(xml, "name", self.name))?;
            xml.create_element("category").with_attribute(("term", kind)).write_empty()?;
            let content = clean(&self.content().into_string());
            let element = xml.create_element("content").with_attribute(("type", "html"));
            element.write_text_content(BytesText::new(&content))?;
            Ok(())
        })?;
        Ok(())
    }

    /// The newest first.
    fn content(&self) -> Markup {
        let incident = &self.incident_state.incident;
        let spelt = |at: Timestamp| at.strftime("%-d %b %Y, %H:%M UTC").to_string();
        let window = incident.window.filter(|_| incident.kind == Kind::Maintenance);
        let left_out = incident.updates.len().saturating_sub(MOST_UPDATES);
        html! {
            @if let Some(starts_at) = window.and_then(|window| window.starts_at) {
                p {
                    "Planned for " (spelt(starts_at))
                    @if let Some(ends_at) = window.and_then(|window| window.ends_at) { " to " (spelt(ends_at)) }
                }
            }
            @for update in incident.updates.iter().rev().take(MOST_UPDATES) {
                p {
                    strong { (update.phase.map_or("update", Phase::as_str)) }
                    @if let Some(posted_at) = update.posted_at { " · " (spelt(posted_at)) }
                }
                @if let Some(body) = &update.body { (said(body, LONGEST_BODY)) }
            }
            @if left_out > 0 { p { "and " (left_out) " earlier" } }
            @if incident.updates.is_empty() { p { "The vendor gave no text." } }
        }
    }
}

/// Where it stands, in a word or a few.
fn standing(incident_state: &IncidentState) -> &'static str {
    let phase = incident_state.incident.phase;
    match incident_state.ended.map(|ended| ended.how) {
        Some(HowEnded::NoLongerListed) if phase == Some(Phase::Scheduled) => "cancelled",
        Some(HowEnded::NoLongerListed) => "no longer listed",
        Some(HowEnded::Recovered) => "recovered",
        Some(HowEnded::Merged) => "reported by the vendor now",
        Some(HowEnded::ByProvider) => phase.filter(|phase| phase.is_over()).map_or("over", Phase::as_str),
        None => phase.map_or("open", Phase::as_str),
    }
}

/// One that a feed may hold: whole, and of the web.
fn is_web_address(url: &str) -> bool {
    url.parse::<http::Uri>().is_ok_and(|url| matches!(url.scheme_str(), Some("http" | "https")))
}
