//! Parent pages. The document of one says that it is (`page_type`), and has neither components nor incidents, which are
//! on its sub-pages. These are read together as one page: each is a group of its components, and an incident of several
//! is one (decision 77).
//!
//! Rests on a recorded parent page: its document, its links and what its script knows of each sub-page, a name, an
//! address one step below and a segment (`eu`). Of a sub-page the documents of any page are tried below its address, as
//! the widget API is documented there; the imitation and the feed are not, since they do not say what is open in which
//! part. No document of a sub-page is recorded.
use std::collections::{BTreeMap, HashSet};

use status::{
    ids::{ComponentId, IncidentId},
    snapshot::{Affected, Component, Coverage, Incident, Listing, Page, Snapshot},
};
use url::{Url, form_urlencoded};

use super::{
    Source, is_own_id, native,
    past::{self, in_history},
    sub_pages::sub_pages,
};
use crate::{
    contract::{Answer, Answers, ParsedPage, ReadContext, ReadError, Stop, SubPage},
    read::{
        answers::endpoint,
        problems::{Problems, quoted},
        updates::in_order,
    },
    text::urls::is_plain_id,
};

/// Documents of a sub-page, best first.
const DOCUMENTS: [Source; 2] = [Source::Proxy, Source::Widget];
/// A parent page with more is not read: with its own two documents, and one that is asked for in vain, these are as
/// many requests as detection may make.
const MAX_FOUND: usize = 5;
/// As many as it may get later: each has a document and a history, and a read makes at most 24 requests.
pub(super) const MAX_SUB_PAGES: usize = 11;
const PREFIX: &str = "parent ";

/// What the page was read by: `parent widget eu=EU&us=US`.
pub(super) struct Parent {
    document: Source,
    sub_pages: Vec<Part>,
}

/// A sub-page.
#[derive(Clone)]
struct Part {
    /// Of its address.
    segment: String,
    name: String,
}

impl Part {
    fn of(sub_page: SubPage) -> Self {
        let segment = sub_page.url.path().trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
        Self { segment, name: sub_page.name }
    }

    fn url(&self, parent: &Url) -> Url {
        endpoint(parent, &self.segment)
    }
}

impl Parent {
    pub(super) fn of_source(source: &str) -> Option<Self> {
        let (document, listed) = source.strip_prefix(PREFIX)?.split_once(' ')?;
        let document = DOCUMENTS.into_iter().find(|known| known.name() == document)?;
        let parts = form_urlencoded::parse(listed.as_bytes()).filter(|(segment, _)| is_plain_id(segment));
        let parts = parts.map(|(segment, name)| Part { segment: segment.into_owned(), name: name.into_owned() });
        let sub_pages: Vec<Part> = parts.take(MAX_SUB_PAGES).collect();
        (!sub_pages.is_empty()).then_some(Self { document, sub_pages })
    }

    fn source(&self) -> String {
        let prefix = format!("{PREFIX}{} ", self.document.name());
        let start = prefix.len();
        let mut listed = form_urlencoded::Serializer::for_suffix(prefix, start);
        listed.extend_pairs(self.sub_pages.iter().map(|part| (&part.segment, &part.name)));
        listed.finish()
    }

    /// Adds those that are new and can be read. Without them the page says no less than before.
    fn extend(
        &mut self,
        context: &ReadContext<'_>,
        answers: &Answers,
        listed: Vec<SubPage>,
        problems: &mut Problems,
    ) -> Result<(), Stop> {
        let mut new: Vec<Part> = listed.into_iter().map(Part::of).collect();
        new.retain(|new| self.sub_pages.iter().all(|known| known.segment != new.segment));
        for left_out in new.split_off(new.len().min(MAX_SUB_PAGES.saturating_sub(self.sub_pages.len()))) {
            problems.add(format!("sub-page {} is one too many and is not read", quoted(&left_out.name)));
        }
        for new in new {
            match part(context, answers, self.document, &new, &mut Problems::default()) {
                Ok(_) => self.sub_pages.push(new),
                Err(Stop::Unusable(error)) => {
                    problems.add(format!("sub-page {} is new and cannot be read: {error}", quoted(&new.name)));
                }
                Err(need) => return Err(need),
            }
        }
        Ok(())
    }

    /// Where the documents are.
    fn urls(&self, page: &Url) -> Vec<Url> {
        self.sub_pages.iter().map(|part| self.document.url(&part.url(page))).collect()
    }
}

/// A page of which nothing is known but the document that says what it is.
pub(super) fn first_read(context: &ReadContext<'_>, answers: &Answers, document: &Answer) -> Result<ParsedPage, Stop> {
    let found = sub_pages(context.page, Some(document), answers.require(context.page)?);
    if let (Some(first), 1..=MAX_FOUND) = (found.first(), found.len()) {
        let first = Part::of(first.clone());
        for source in DOCUMENTS {
            let sub_pages = || found.iter().cloned().map(Part::of).collect();
            let read = part(context, answers, source, &first, &mut Problems::default())
                .and_then(|_| read(context, answers, Parent { document: source, sub_pages: sub_pages() }));
            match read {
                Err(Stop::Unusable(ReadError::NotThisFormat(_))) => {}
                read => return read,
            }
        }
    }
    Err(ReadError::ParentPage { path: document.url.path().to_owned(), sub_pages: found }.into())
}

/// Reads all sub-pages. One that cannot be read leaves no data: what it would say is unknown, and nobody would see
/// that.
pub(super) fn read(context: &ReadContext<'_>, answers: &Answers, mut parent: Parent) -> Result<ParsedPage, Stop> {
    let mut problems = Problems::default();
    answers.require_all(&parent.urls(context.page))?;
    // Something changed: it may be that there is one more. One that is not linked any more may still be there.
    let listed = sub_pages(context.page, None, answers.require(context.page)?);
    parent.extend(context, answers, listed, &mut problems)?;
    let mut merged = Merged::default();
    let mut seen = HashSet::from([address(context.page.as_str())]);
    for sub_page in &parent.sub_pages {
        let snapshot = part(context, answers, parent.document, sub_page, &mut problems)?;
        if !seen.insert(address(snapshot.page.url.as_deref().unwrap_or_default())) {
            let name = quoted(&sub_page.name);
            return Err(ReadError::NotThisFormat(format!("sub-page {name} shows another page's content")).into());
        }
        merged.add(sub_page, snapshot);
    }
    let unlisted: Vec<IncidentId> =
        context.open.iter().map(|(_, id)| id).filter(|id| !merged.holds(id)).cloned().collect();
    let missing: Vec<&IncidentId> = unlisted.iter().filter(|id| is_own_id(id)).collect();
    if !missing.is_empty() {
        merged.look_up(context.page, answers, &parent, &missing, &mut problems)?;
    }
    Ok(ParsedPage {
        snapshot: merged.into_snapshot(context.page),
        source: parent.source().into(),
        unlisted,
        problems: problems.into_vec(),
    })
}

/// Incidents of the past of all sub-pages.
pub(super) fn history(
    page: &Url,
    answers: &Answers,
    parent: &Parent,
    problems: &mut Problems,
) -> Result<Vec<Incident>, Stop> {
    let mut merged = Merged::default();
    for part in &parent.sub_pages {
        match in_history(parent.document, &part.url(page), answers, problems) {
            Ok(incidents) => merged.add_incidents(part, incidents),
            Err(Stop::Unusable(error)) if !matches!(error, ReadError::Status { .. }) => {
                problems.add(format!("a part of the history could not be read: {error}"));
            }
            Err(other) => return Err(other),
        }
    }
    Ok(merged.incidents.into_values().collect())
}

/// Two addresses of one page are the same.
fn address(url: &str) -> String {
    url.trim_end_matches('/').to_owned()
}

/// One sub-page by itself.
fn part(
    context: &ReadContext<'_>,
    answers: &Answers,
    document: Source,
    sub_page: &Part,
    problems: &mut Problems,
) -> Result<Snapshot, Stop> {
    let page = sub_page.url(context.page);
    let answer = answers.require(&document.url(&page))?;
    if native::is_parent(answer) {
        let name = quoted(&sub_page.name);
        return Err(ReadError::NotThisFormat(format!("sub-page {name} is a parent page itself")).into());
    }
    let context = ReadContext { page: &page, source: context.source, open: &[], now: context.now };
    Ok(document.read(&context, answer, problems)?)
}

/// What the sub-pages add up to.
struct Merged {
    components: Vec<Component>,
    incidents: BTreeMap<IncidentId, Incident>,
    coverage: Coverage,
}

impl Default for Merged {
    fn default() -> Self {
        let coverage = Coverage { components: Listing::Complete, incidents: Listing::Complete };
        Self { components: Vec::new(), incidents: BTreeMap::new(), coverage }
    }
}

impl Merged {
    fn holds(&self, id: &IncidentId) -> bool {
        self.incidents.contains_key(id)
    }

    fn add(&mut self, part: &Part, snapshot: Snapshot) {
        for component in snapshot.components {
            let (id, group) = (id_in(part, &component.id), Some(part.name.clone()));
            self.components.push(Component { id, group, ..component });
        }
        let coverage = snapshot.coverage;
        self.coverage.components = least(self.coverage.components, coverage.components);
        self.coverage.incidents = least(self.coverage.incidents, coverage.incidents);
        self.add_incidents(part, snapshot.incidents);
    }

    /// Sub-pages may share components, so each names its own.
    fn add_incidents(&mut self, part: &Part, incidents: Vec<Incident>) {
        let own = |named: &mut Vec<Affected>| named.iter_mut().for_each(|one| one.id = id_in(part, &one.id));
        for mut incident in incidents {
            own(&mut incident.components);
            incident.updates.iter_mut().for_each(|update| own(&mut update.components));
            let incident = match self.incidents.remove(&incident.id) {
                Some(known) => joined(known, incident),
                None => incident,
            };
            self.incidents.insert(incident.id.clone(), incident);
        }
    }

    /// Looks for the missing in the past of every sub-page.
    fn look_up(
        &mut self,
        page: &Url,
        answers: &Answers,
        parent: &Parent,
        missing: &[&IncidentId],
        problems: &mut Problems,
    ) -> Result<(), Stop> {
        let urls = parent.sub_pages.iter().map(|part| past::url(parent.document, &part.url(page)));
        answers.require_all(&urls.collect::<Vec<_>>())?;
        for part in &parent.sub_pages {
            match in_history(parent.document, &part.url(page), answers, problems) {
                Ok(mut incidents) => {
                    incidents.retain(|incident| missing.contains(&&incident.id));
                    self.add_incidents(part, incidents);
                }
                Err(Stop::Unusable(error)) => {
                    self.coverage.incidents = Listing::Partial;
                    problems.add(format!("the history of sub-page {} could not be read: {error}", quoted(&part.name)));
                }
                Err(need) => return Err(need),
            }
        }
        Ok(())
    }

    fn into_snapshot(self, page: &Url) -> Snapshot {
        Snapshot {
            page: Page { id: None, name: None, url: Some(page.to_string()) },
            components: self.components,
            incidents: self.incidents.into_values().collect(),
            coverage: self.coverage,
        }
    }
}

fn least(one: Listing, other: Listing) -> Listing {
    if (one, other) == (Listing::Complete, Listing::Complete) { Listing::Complete } else { Listing::Partial }
}

fn id_in(part: &Part, id: &ComponentId) -> ComponentId {
    ComponentId::new(format!("{}/{id}", part.segment))
}

/// One incident as two sub-pages show it. It goes on while it does on one of them.
fn joined(one: Incident, other: Incident) -> Incident {
    let rank = |incident: &Incident| (!incident.is_over(), incident.newest_update_at());
    let (mut kept, more) = if rank(&other) > rank(&one) { (other, one) } else { (one, other) };
    kept.components.extend(more.components);
    kept.started_at = kept.started_at.into_iter().chain(more.started_at).min();
    for update in more.updates {
        match kept.updates.iter_mut().find(|known| known.id == update.id) {
            Some(known) => known.components.extend(update.components),
            None => kept.updates.push(update),
        }
    }
    kept.updates = in_order(kept.updates);
    kept
}
