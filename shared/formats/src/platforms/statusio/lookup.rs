//! What became of an incident that left the document.
use jiff::Timestamp;
use status::{
    ids::IncidentId,
    snapshot::{Incident, Kind, Update},
    words::Phase,
};
use url::Url;

use super::document::is_id;
use crate::{
    contract::{Answers, Stop},
    platforms::feed::Document,
    read::{
        problems::{Problems, quoted},
        updates::derived_update_id,
    },
    text::{
        dates::{BlockTime, block_times},
        html::{Token, Tokens, decode, to_text},
        words::phase,
    },
};

/// So many are looked for in pages of their own.
const MAX_LOOKED_UP: usize = 10;

/// The page of one incident or maintenance, if it can have one.
pub(super) fn event_url(page: &Url, kind: Kind, page_id: &str, id: &IncidentId) -> Option<Url> {
    let kind = match kind {
        Kind::Incident => "incident",
        Kind::Maintenance => "maintenance",
    };
    is_id(id.as_str()).then(|| page_url(page, &format!("/pages/{kind}/{page_id}/{id}"))).flatten()
}

/// `None` where only the address of the document is known.
fn page_url(page: &Url, path: &str) -> Option<Url> {
    if page.host_str() == Some("api.status.io") { None } else { page.join(path).ok() }
}

pub(super) struct LookedUp {
    pub(super) ended: Vec<Incident>,
    /// What became of each is known.
    pub(super) all: bool,
}

/// What became of those that left the document. That a page of its own is not there proves something only where the
/// feed is there: else the page may have moved.
pub(super) fn look_up(
    page: &Url,
    page_id: &str,
    missing: &[(Kind, IncidentId)],
    answers: &Answers,
    problems: &mut Problems,
) -> Result<LookedUp, Stop> {
    let mut ended = Vec::new();
    let mut has_feed = false;
    let feed_url = page_url(page, &format!("/pages/{page_id}/rss")).filter(|_| !missing.is_empty());
    if let Some(url) = feed_url {
        match Document::read(answers.require(&url)?) {
            Ok(feed) => {
                has_feed = true;
                ended.extend(missing.iter().filter_map(|(kind, id)| end_in_feed(*kind, id, &feed)));
            }
            Err(error) => problems.add(format!("the feed could not be read: {error}")),
        }
    }
    let untold: Vec<_> = missing.iter().filter(|(_, id)| ended.iter().all(|incident| incident.id != *id)).collect();
    let urls: Vec<Option<Url>> = untold
        .iter()
        .enumerate()
        .map(|(n, (kind, id))| event_url(page, *kind, page_id, id).filter(|_| has_feed && n < MAX_LOOKED_UP))
        .collect();
    answers.require_all(&urls.iter().flatten().cloned().collect::<Vec<_>>())?;
    let mut all = true;
    for ((_, id), url) in untold.into_iter().zip(&urls) {
        let is_withdrawn =
            url.as_ref().and_then(|url| answers.get(url)).is_some_and(|answer| matches!(answer.status, 404 | 410));
        if !is_withdrawn {
            all = false;
            problems.add(format!("{} is listed no longer, and its end was not found", quoted(id.as_str())));
        }
    }
    Ok(LookedUp { ended, all })
}

/// The end as the feed gives it. The updates before it are left out: the document had them in more detail.
fn end_in_feed(kind: Kind, id: &IncidentId, feed: &Document) -> Option<Incident> {
    let entry = feed.entries.iter().find(|entry| {
        let path = entry.link.as_deref().and_then(|link| link.split(['?', '#']).next()).unwrap_or_default();
        path.trim_end_matches('/').rsplit('/').next() == Some(id.as_str())
    })?;
    let anchors: Vec<Timestamp> = entry.published.into_iter().chain(entry.updated).collect();
    let (posted_at, body) = end_in_text(&entry.body, &anchors)?;
    let phase = match kind {
        Kind::Incident => Phase::Resolved,
        Kind::Maintenance => Phase::Completed,
    };
    let update = Update {
        id: derived_update_id(posted_at, phase.as_str()),
        phase: Some(phase),
        posted_at,
        body: Some(body).filter(|body| !body.is_empty()),
        components: Vec::new(),
    };
    Some(Incident {
        id: id.clone(),
        kind,
        title: to_text(&entry.title).replace('\n', " "),
        phase: Some(phase),
        impact: None,
        url: None,
        started_at: None,
        resolved_at: posted_at,
        window: None,
        components: Vec::new(),
        updates: vec![update],
    })
}

/// Time and text of the message that is marked as the end: `<small>time</small><strong>Resolved</strong> text`.
fn end_in_text(html: &str, anchors: &[Timestamp]) -> Option<(Option<Timestamp>, String)> {
    let mut marked = String::new();
    let mut time = None;
    let mut end: Option<(Option<BlockTime>, usize)> = None;
    let mut tokens = Tokens::new(html);
    loop {
        let start = tokens.position();
        match (tokens.next(), end.as_ref()) {
            (None | Some(Token::Open { name: "small" | "strong", .. }), Some((time, from))) => {
                let posted_at = time.as_ref().and_then(|time| block_times(&[Some(time.clone())], anchors)[0]);
                let text = to_text(&html[*from..start]);
                return Some((posted_at, text.trim_start_matches(['-', '–', ':', ' ']).to_owned()));
            }
            (None, None) => return None,
            (Some(Token::Open { name: "small" | "strong", .. }), None) => marked.clear(),
            (Some(Token::Text(text)), _) => marked.push_str(&decode(text)),
            (Some(Token::Close("small")), _) => time = BlockTime::parse(&marked),
            (Some(Token::Close("strong")), _)
                if phase(marked.trim_matches(['-', ':', ' '])).is_some_and(Phase::is_over) =>
            {
                end = Some((time.take(), tokens.position()));
            }
            _ => {}
        }
    }
}
