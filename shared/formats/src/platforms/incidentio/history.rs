//! What an incident.io page tells of its past that a read does not take.
//!
//! - `proxy`: the list of incidents takes `start_at` and `end_at`, and refuses more than about three months at once.
//!   What it gives without them is not documented, so the first read may have got less. It is asked for each half by
//!   itself.
//! - `widget`, `shim`: they list only what is open, so the rest of the past is in the feed ([`in_history`]): 50 to 84
//!   entries.
//! - `feed`: its own history, read already.
//! - of a parent page the same of its sub-pages, with one request for each.
//!
//! Rests on recordings of the feed and of one incident of the proxy, and for the parameters on client code of several
//! authors.
use std::collections::HashSet;

use jiff::Timestamp;
use status::snapshot::{Incident, Page};
use url::Url;

use super::{
    Source, native,
    parent::{self, MAX_SUB_PAGES, Parent},
    past::in_history,
    proxy_url,
};
use crate::{
    contract::{Answers, History, HistoryContext, ParsedHistory, ReadError, Stop},
    read::problems::Problems,
};

pub(crate) const HISTORY: History = History { format: super::FORMAT.name, max_requests: MAX_SUB_PAGES, read };

fn read(context: &HistoryContext<'_>, answers: &Answers) -> Result<ParsedHistory, Stop> {
    let is = |source: Source| context.source == source.name();
    let mut problems = Problems::default();
    let incidents = if is(Source::Proxy) {
        listed(context, answers, &mut problems)?
    } else if is(Source::Widget) || is(Source::Shim) {
        in_history(Source::Feed, context.page, answers, &mut problems)?
    } else if let Some(parent) = Parent::of_source(context.source) {
        parent::history(context.page, answers, &parent, &mut problems)?
    } else {
        Vec::new()
    };
    Ok(ParsedHistory { incidents, problems: problems.into_vec() })
}

/// The proxy's list, the older half first. A damaged half costs itself; of a page in trouble neither is used.
fn listed(context: &HistoryContext<'_>, answers: &Answers, problems: &mut Problems) -> Result<Vec<Incident>, Stop> {
    let middle = context.since + context.now.duration_since(context.since) / 2;
    let halves = [(context.since, middle), (middle, context.now)].map(|span| span_url(context.page, span));
    answers.require_all(&halves)?;
    let page = Page { id: None, name: None, url: Some(context.page.to_string()) };
    let mut incidents = Vec::new();
    for url in &halves {
        match native::history(&page, answers.require(url)?, problems) {
            Ok(half) => incidents.extend(half),
            Err(error @ ReadError::Status { .. }) => return Err(error.into()),
            Err(error) => problems.add(format!("a part of the history could not be read: {error}")),
        }
    }
    let mut seen = HashSet::new();
    incidents.retain(|incident| seen.insert(incident.id.clone()));
    Ok(incidents)
}

fn span_url(page: &Url, (from, to): (Timestamp, Timestamp)) -> Url {
    let mut url = proxy_url(page, "/incidents");
    let (from, to) = (format!("{from:.3}"), format!("{to:.3}"));
    url.query_pairs_mut().append_pair("start_at", &from).append_pair("end_at", &to);
    url
}
