//! Hund. Its API needs a key; open to everybody is an Atom feed with an entry per issue, the phase in brackets in front
//! of its title, in the language of the page. As of any feed, what it no longer has proves nothing, and of components
//! it says nothing.
//!
//! A page is recognised by its host or by naming `hund.io`. Rests on client code: the feed's address, the form of its
//! ids and its words in English and German; no feed of a real page was recorded.
use std::borrow::Cow;

use status::snapshot::Incident;

use crate::{
    contract::{Answer, Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    platforms::feed::{self, Document},
    read::{
        answers::endpoint,
        problems::{Problems, quoted},
    },
    text::html::to_text,
};

pub(crate) const FORMAT: Format = Format {
    name: "hund",
    fingerprint: Fingerprint { hosts: &["hund.io"], markers: &["hund.io"], blind_probes: 0 },
    read,
};

/// Both lead to the feed. Without the ending, the `Accept` header of the request decides.
const SOURCES: [&str; 2] = ["state_feed/feed.atom", "state_feed/feed"];

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let known = SOURCES.iter().find(|source| context.source == Some(source));
    let mut reason = None;
    for source in known.map_or(&SOURCES[..], std::slice::from_ref) {
        let url = endpoint(context.page, source);
        let answer = answers.require(&url)?;
        match own_feed(answer) {
            Ok(document) => return Ok(parsed(context, document, source)),
            Err(error @ ReadError::NotThisFormat(_)) => _ = reason.get_or_insert(error),
            Err(error) => return Err(error.into()),
        }
    }
    Err(reason.unwrap_or_else(|| ReadError::NotThisFormat("no source".into())).into())
}

/// Its entries bear the name of the class they were made from.
fn own_feed(answer: &Answer) -> Result<Document, ReadError> {
    let document = Document::read(answer)?;
    let is_own = |id: &Option<String>| id.as_deref().is_some_and(|id| id.contains("State::FeedNotifier"));
    if document.entries.is_empty() || document.entries.iter().any(|entry| is_own(&entry.id)) {
        return Ok(document);
    }
    Err(ReadError::NotThisFormat(format!("the feed at {} was not made by Hund", answer.url.path())))
}

fn parsed(context: &ReadContext<'_>, mut document: Document, source: &'static str) -> ParsedPage {
    let mut problems = Problems::default();
    if document.is_cut {
        problems.add("only the first entries of the feed were read".into());
    }
    document.entries.retain_mut(|entry| {
        let title = to_text(&entry.title).replace('\n', " ");
        entry.id = issue_id(entry.link.as_deref()).or_else(|| issue_id(entry.id.as_deref()));
        match plain_title(&title) {
            Some(title) => entry.title = quick_xml::escape::partial_escape(&*title).into_owned(),
            None => return false,
        }
        true
    });
    let snapshot = feed::snapshot(context, &document);
    let unknown = |incident: &&Incident| incident.phase.is_none() && incident.title.starts_with('[');
    for incident in snapshot.incidents.iter().filter(unknown) {
        let word = incident.title.split(']').next().unwrap_or_default();
        problems.add(format!("unknown phase {}", quoted(word.trim_start_matches('['))));
    }
    ParsedPage { snapshot, source: source.into(), unlisted: Vec::new(), problems: problems.into_vec() }
}

/// The last part of an issue's address, or of an entry's id.
fn issue_id(address: Option<&str>) -> Option<String> {
    let path = address?.split(['?', '#']).next()?;
    let (front, id) = path.trim_end_matches('/').rsplit_once('/')?;
    let names_issue = front.ends_with("/issues") || front.ends_with("Entry");
    (names_issue && !id.is_empty()).then(|| id.to_owned())
}

/// The title with the phase in words that all feeds use. `None`: it tells of no trouble.
fn plain_title(title: &str) -> Option<Cow<'_, str>> {
    let Some((word, rest)) = title.trim().strip_prefix('[').and_then(|inside| inside.split_once(']')) else {
        return Some(title.into());
    };
    let word = match word.trim().to_lowercase().as_str() {
        "information" | "informational" | "info" => return None,
        // An incident is resolved, a maintenance ends.
        "ended" | "beendet" => "Completed",
        "started" | "gestartet" | "begonnen" => "In progress",
        "assessed" => "Postmortem",
        "geloest" => "Resolved",
        _ => return Some(title.into()),
    };
    Some(format!("[{word}] {}", rest.trim()).into())
}

#[cfg(test)]
mod tests {
    use status::{
        snapshot::{Kind, Listing},
        words::Phase,
    };

    use super::*;
    use crate::testing::Page;

    fn read_feed(entries: &[(&str, &str, &str)]) -> Result<ParsedPage, ReadError> {
        let entries: String = entries
            .iter()
            .map(|(id, link, title)| {
                format!(
                    "<entry><id>{id}</id><published>2026-05-04T10:00:00+02:00</published>
                     <updated>2026-05-04T11:30:00+02:00</updated><link rel='alternate' href='{link}'/>
                     <title>{title}</title><content type='html'>Text.</content></entry>"
                )
            })
            .collect();
        let body = format!("<feed xmlns='http://www.w3.org/2005/Atom'><title>Example</title>{entries}</feed>");
        Page::of(&[(SOURCES[0], body)]).read(&FORMAT, Some(SOURCES[0]), &[]).1
    }

    fn titled(title: &str) -> Vec<Incident> {
        let id = "tag:status.example.com,2005:State::FeedNotifier::Entry/a1";
        read_feed(&[(id, "https://status.example.com/issues/a1", title)]).unwrap().snapshot.incidents
    }

    #[test]
    fn the_phase_stands_in_brackets_in_the_language_of_the_page() {
        for (title, kind, phase) in [
            ("[Investigating] Logins fail", Kind::Incident, Phase::Investigating),
            ("[Gelöst] Logins fail", Kind::Incident, Phase::Resolved),
            ("[Geloest] Logins fail", Kind::Incident, Phase::Resolved),
            ("[Assessed] Logins fail", Kind::Incident, Phase::Postmortem),
            ("[Scheduled] New switches", Kind::Maintenance, Phase::Scheduled),
            ("[Started] New switches", Kind::Maintenance, Phase::InProgress),
            ("[Ended] New switches", Kind::Maintenance, Phase::Completed),
            ("[Beendet] Neue Switches", Kind::Maintenance, Phase::Completed),
        ] {
            let incident = &titled(title)[0];
            assert_eq!((incident.kind, incident.phase), (kind, Some(phase)), "{title}");
            assert!(!incident.title.contains('['), "{title}");
        }
        assert_eq!(titled("[Offen] A &lt;b&gt; C")[0].title, "[Offen] A <b> C");
        assert_eq!(titled("[Offen] Logins fail")[0].phase, None);
    }

    #[test]
    fn information_is_no_incident() {
        assert!(titled("[Information] A new service").is_empty());
    }

    #[test]
    fn an_issue_is_known_by_the_id_of_its_page() {
        let entry = |n: u8| format!("tag:status.example.com,2005:State::FeedNotifier::Entry/e{n}");
        let (first, second) = (entry(1), entry(2));
        let parsed = read_feed(&[
            (&second, "https://status.example.com/issues/a1", "[Resolved] Logins fail"),
            (&first, "https://status.example.com/issues/a1", "[Investigating] Logins fail"),
            (&entry(3), "https://status.example.com/", "[Investigating] Other"),
        ]);
        let ids: Vec<_> = parsed.as_ref().unwrap().snapshot.incidents.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids, ["a1", "e3"]);
        assert_eq!(parsed.unwrap().snapshot.coverage.incidents, Listing::Window);
    }

    #[test]
    fn a_feed_of_another_platform_is_not_this_format() {
        let other = read_feed(&[("tag:blog/1", "https://example.com/issues/1", "[Resolved] x")]);
        assert!(matches!(other, Err(ReadError::NotThisFormat(_))));
        assert!(read_feed(&[]).is_ok(), "nothing ever happened");
    }
}
