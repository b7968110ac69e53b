//! The entries of Instatus's feed: `Type:` and `Affected Components:` in front, then blocks of a time without a year, a
//! phase and a text, in any order. Every text gets a full stop behind it, also one that has its own.
use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use status::{
    ids::{ComponentId, IncidentId, UpdateId, digest},
    snapshot::{Affected, Incident, Kind, Update},
    words::Phase,
};
use url::Url;

use super::document::{id_in_address, incident_phase, maintenance_phase};
use crate::{
    platforms::feed::Entry,
    read::updates::{derived_update_id, over_since},
    text::{
        dates::BlockTime,
        html::{Token, Tokens, decode, to_text},
        urls::http_url,
    },
};

/// What the feed tells of one incident or maintenance.
pub(super) struct FeedEntry {
    pub(super) kind: Kind,
    pub(super) id: IncidentId,
    pub(super) url: Option<String>,
    pub(super) components: Vec<ComponentId>,
    /// Oldest first.
    pub(super) updates: Vec<Update>,
    title: String,
}

impl FeedEntry {
    /// `None` for an entry that cannot be recognised.
    pub(super) fn read(page: &Url, entry: &Entry, named: &BTreeMap<&str, Option<&ComponentId>>) -> Option<Self> {
        let own = entry.id.as_deref().unwrap_or_default();
        let link = entry.link.as_deref();
        let id = id_in_address(own).or_else(|| id_in_address(link?))?;
        let body = Body::read(&entry.body);
        let says_maintenance = |text: &str| text.to_ascii_lowercase().contains("maintenance/");
        let kind = match body.header("Type") {
            Some(kind) if kind.eq_ignore_ascii_case("maintenance") => Kind::Maintenance,
            Some(_) => Kind::Incident,
            None if says_maintenance(own) || link.is_some_and(says_maintenance) => Kind::Maintenance,
            None => Kind::Incident,
        };
        let names = body.header("Affected Components").unwrap_or_default();
        let components = names.split(',').filter_map(|name| named.get(name.trim()).copied().flatten().cloned());
        // `published` is the planned start of a maintenance, `updated` its announcement.
        let anchors: Vec<Timestamp> = entry.published.into_iter().chain(entry.updated).collect();
        Some(Self {
            kind,
            id: IncidentId::new(id),
            url: link.and_then(|link| http_url(page, link)),
            components: components.collect(),
            updates: updates(kind, &body.blocks, &anchors, entry.published),
            title: to_text(&entry.title).replace('\n', " "),
        })
    }

    /// By itself, as it is where the summary has it no longer.
    pub(super) fn into_incident(self) -> Incident {
        let phase = self.updates.iter().rev().find_map(|update| update.phase);
        let began = match self.kind {
            Kind::Incident => self.updates.first(),
            Kind::Maintenance => self.updates.iter().find(|update| update.phase == Some(Phase::InProgress)),
        };
        Incident {
            id: self.id,
            kind: self.kind,
            title: self.title,
            phase,
            impact: None,
            url: self.url,
            started_at: began.and_then(|update| update.posted_at),
            resolved_at: over_since(phase, &self.updates),
            window: None,
            components: self.components.into_iter().map(|id| Affected { id, status: None }).collect(),
            updates: self.updates,
        }
    }
}

struct Body {
    headers: Vec<(String, String)>,
    blocks: Vec<Block>,
}

struct Block {
    time: String,
    word: String,
    text: String,
}

impl Body {
    fn read(html: &str) -> Self {
        let mut body = Self { headers: Vec::new(), blocks: Vec::new() };
        // The start and text of the open `<small>` or `<strong>`, and what waits for its text to end.
        let mut marked: Option<(usize, String)> = None;
        let mut time: Option<String> = None;
        let mut open: Option<(Option<String>, String, usize)> = None;
        let mut tokens = Tokens::new(html);
        loop {
            let start = tokens.position();
            match tokens.next() {
                None => break,
                Some(Token::Open { name: "small", .. }) => {
                    body.close(open.take(), html, start);
                    marked = Some((start, String::new()));
                }
                Some(Token::Open { name: "strong", .. }) => marked = Some((start, String::new())),
                Some(Token::Text(text)) => {
                    if let Some((_, marked)) = &mut marked {
                        marked.push_str(&decode(text));
                    }
                }
                Some(Token::Close("small")) => time = marked.take().map(|(_, text)| text),
                Some(Token::Close("strong")) => {
                    let Some((start, word)) = marked.take() else { continue };
                    let is_header = time.is_none() && word.trim_end().ends_with(':');
                    let is_phase = time.is_some() && html[tokens.position()..].trim_start().starts_with('-');
                    if is_header || is_phase {
                        body.close(open.take(), html, start);
                        open = Some((time.take(), word, tokens.position()));
                    }
                }
                Some(_) => {}
            }
        }
        body.close(open, html, html.len());
        body
    }

    fn close(&mut self, open: Option<(Option<String>, String, usize)>, html: &str, end: usize) {
        let Some((time, word, start)) = open else { return };
        let word = word.trim();
        let text = to_text(&html[start..end.max(start)]);
        match time {
            None => self.headers.push((word.trim_end_matches(':').to_owned(), text.trim().to_owned())),
            Some(time) => {
                let text = text.trim_start().trim_start_matches('-').trim();
                let text = text.strip_suffix('.').filter(|text| text.ends_with('.')).unwrap_or(text);
                self.blocks.push(Block { time, word: word.to_owned(), text: text.to_owned() });
            }
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Oldest first, each once.
fn updates(kind: Kind, blocks: &[Block], anchors: &[Timestamp], published: Option<Timestamp>) -> Vec<Update> {
    let mut timed: Vec<_> = blocks
        .iter()
        .map(|block| (BlockTime::parse(&block.time).and_then(|time| time.nearest_to(anchors)), block))
        .collect();
    timed.sort_by_key(|(at, block)| (*at, incident_phase(&block.word).is_some_and(Phase::is_over), &block.text));
    let mut used = HashSet::new();
    let mut updates = Vec::new();
    for (at, block) in timed {
        let phase = match kind {
            Kind::Incident => incident_phase(&block.word),
            // The feed calls a maintenance "Identified" from its announcement on.
            Kind::Maintenance if block.word.eq_ignore_ascii_case("identified") => {
                let is_announcement = at.zip(published).is_some_and(|(at, starts_at)| at < starts_at);
                Some(if is_announcement { Phase::Scheduled } else { Phase::InProgress })
            }
            Kind::Maintenance => maintenance_phase(&block.word),
        };
        let plain = derived_update_id(at, &block.word);
        let with_text = UpdateId::from(digest(&[plain.as_str(), &block.text]));
        if used.insert(with_text.clone()) {
            let id = if used.insert(plain.clone()) { plain } else { with_text };
            let body = Some(block.text.clone()).filter(|text| !text.is_empty());
            updates.push(Update { id, phase, posted_at: at, body, components: Vec::new() });
        }
    }
    updates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_full_stop_that_the_page_adds_is_taken_away_again() {
        let body =
            Body::read("<p><small>Jun 5, 01:00:00 GMT+0</small><br /><strong>Resolved</strong> -\n All well..</p>");
        assert_eq!((body.blocks[0].word.as_str(), body.blocks[0].text.as_str()), ("Resolved", "All well."));
        let body = Body::read("<p><small>Jun 5, 01:00:00 GMT+0</small><br /><strong>Resolved</strong> - All well.</p>");
        assert_eq!(body.blocks[0].text, "All well.");
    }

    #[test]
    fn a_bold_word_in_a_text_is_no_block() {
        let body = Body::read(
            "<p><strong>Type:</strong> Incident</p><p><strong>Duration:</strong> 1 hour</p>
            <p><small>Jun 5, 01:00:00 GMT+0</small><br /><strong>Monitoring</strong> - It is <strong>not</strong> over.</p>",
        );
        assert_eq!(body.header("type"), Some("Incident"));
        assert_eq!(body.blocks.len(), 1);
        assert_eq!(body.blocks[0].text, "It is not over.");
    }
}
