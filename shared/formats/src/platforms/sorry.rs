//! Sorry. A page has a public API: notices (incidents, maintenance, announcements) and components, 25 at a time, newest
//! first. A list names of each notice only its newest update; its own document has all of them and the components.
//!
//! A page is recognised by its host or by naming `sorryapp.com`. From the provider's documentation and a description of
//! the API that was checked against a real page.
mod components;
mod document;
mod notice;
#[cfg(test)]
mod tests;

use status::{
    ids::IncidentId,
    snapshot::{Coverage, Kind, Listing, Page, Snapshot},
};
use url::Url;

use self::{
    components::Components,
    document::{ComponentList, NoticeDetail, NoticeList},
    notice::{Notices, TimelineState},
};
use crate::{
    contract::{Answer, Answers, Fingerprint, Format, ParsedPage, ReadContext, Stop},
    read::{
        answers::endpoint,
        incident_set::ids_of,
        problems::{Problems, quoted},
    },
    text::urls::is_number,
};

pub(crate) const FORMAT: Format = Format {
    name: "sorry",
    fingerprint: Fingerprint { hosts: &["sorryapp.com"], markers: &["sorryapp.com"], blind_probes: 0 },
    read,
};

const SOURCE: &str = "api-v1";
const NOTICES: &str = "api/v1/notices";
const COMPONENTS: &str = "api/v1/components";
/// Further documents that are asked for at a first read, of which detection allows few, and at any other.
const MAX_DOCUMENTS_AT_FIRST: usize = 3;
const MAX_DOCUMENTS: usize = 8;

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let newest_url = endpoint(context.page, NOTICES);
    let present_url = in_state(context.page, "present");
    let components_url = endpoint(context.page, COMPONENTS);
    let is_first = context.source != Some(SOURCE);
    // Only the first document shows whether the page is of this format at all.
    if is_first {
        notice_list(answers, &newest_url)?;
    }
    answers.require_all(&[newest_url.clone(), present_url.clone(), components_url.clone()])?;

    let mut problems = Problems::default();
    let mut notices = Notices::default();
    let newest = notice_list(answers, &newest_url)?;
    // What is open now may be older than the newest 25, and so may what is planned.
    let mut lists = vec![present_url];
    if newest.has_more() {
        lists.push(in_state(context.page, "future"));
    }
    answers.require_all(&lists)?;
    notices.add_list(&newest, &mut problems);
    add_lists(&lists, newest.has_more(), answers, &mut notices, &mut problems)?;

    let mut left = if is_first { MAX_DOCUMENTS_AT_FIRST } else { MAX_DOCUMENTS };
    let pages = component_pages(answers.get(&components_url), &components_url, &mut left);
    let unlisted: Vec<(Kind, IncidentId)> = context.open.iter().filter(|(_, id)| !notices.holds(id)).cloned().collect();
    let details = detail_urls(context, &notices, left);
    let urls: Vec<Url> = pages.iter().chain(details.iter().map(|(_, url)| url)).cloned().collect();
    answers.require_all(&urls)?;

    let components = Components::read(std::iter::once(&components_url).chain(&pages), answers, &mut problems)?;
    let looked_up = look_up(&details, answers, &components, &mut notices, &mut problems);
    let all_known = unlisted.iter().all(|(_, id)| notices.names(id) || looked_up.contains(id));
    if !all_known {
        problems.add("of what is listed no longer not all could be looked up".into());
    }
    let listing = if notices.damaged || !all_known { Listing::Partial } else { Listing::Complete };
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page { id: None, name: None, url: Some(context.page.to_string()) },
            coverage: Coverage { components: components.listing, incidents: listing },
            components: components.list,
            incidents: notices.into_incidents(),
        },
        source: SOURCE.into(),
        unlisted: ids_of(unlisted),
        problems: problems.into_vec(),
    })
}

/// Adds the lists of what is open or planned. They are needed where the newest notices are not all of them.
fn add_lists(
    lists: &[Url],
    is_needed: bool,
    answers: &Answers,
    notices: &mut Notices,
    problems: &mut Problems,
) -> Result<(), Stop> {
    for url in lists {
        match notice_list(answers, url) {
            Ok(list) => {
                notices.damaged |= list.has_more();
                notices.add_list(&list, problems);
            }
            Err(Stop::Unusable(error)) => {
                notices.damaged |= is_needed;
                problems.add(format!("a list of notices could not be read: {error}"));
            }
            Err(need) => return Err(need),
        }
    }
    Ok(())
}

/// Adds the documents of single notices. Returns those of which it is known what became of them.
fn look_up(
    details: &[(IncidentId, Url)],
    answers: &Answers,
    components: &Components,
    notices: &mut Notices,
    problems: &mut Problems,
) -> Vec<IncidentId> {
    let mut looked_up = Vec::new();
    for (id, answer) in details.iter().filter_map(|(id, url)| Some((id, answers.get(url)?))) {
        match answer.json::<NoticeDetail<'_>>() {
            Ok(detail) => {
                if detail.notice.is_some_and(|notice| notices.add_detail(id, notice, components, problems)) {
                    looked_up.push(id.clone());
                }
            }
            Err(_) if matches!(answer.status, 404 | 410) => looked_up.push(id.clone()),
            Err(error) => problems.add(format!("notice {} could not be read: {error}", quoted(id.as_str()))),
        }
    }
    looked_up
}

fn in_state(page: &Url, state: &str) -> Url {
    let mut url = endpoint(page, NOTICES);
    url.query_pairs_mut().append_pair("filter[timeline_state_eq]", state);
    url
}

fn notice_list<'a>(answers: &'a Answers, url: &Url) -> Result<NoticeList<'a>, Stop> {
    Ok(answers.require(url)?.json::<NoticeList<'_>>()?.checked(url.path())?)
}

/// The pages of components behind the first.
fn component_pages(first: Option<&Answer>, url: &Url, left: &mut usize) -> Vec<Url> {
    let pages = first.and_then(|answer| answer.json::<ComponentList<'_>>().ok()).map_or(1, |list| list.pages());
    let last = pages.min(1 + *left);
    *left -= last - 1;
    let page = |number: usize| {
        let mut url = url.clone();
        url.query_pairs_mut().append_pair("page", &number.to_string());
        url
    };
    (2..=last).map(page).collect()
}

/// The documents of what was open at the last read, and of what is open.
fn detail_urls(context: &ReadContext<'_>, notices: &Notices, left: usize) -> Vec<(IncidentId, Url)> {
    let known = context.open.iter().map(|(_, id)| id);
    // What left the lists is known from nowhere else, so it goes first.
    let (gone, listed): (Vec<_>, Vec<_>) = known.partition(|id| !notices.names(id));
    let mut ids: Vec<&IncidentId> = Vec::new();
    let present = notices.in_state(TimelineState::Present).chain(notices.in_state(TimelineState::Future));
    for id in gone.into_iter().chain(listed).chain(present).filter(|id| is_number(id.as_str())) {
        if ids.len() < left && !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids.into_iter().map(|id| (id.clone(), endpoint(context.page, &format!("{NOTICES}/{id}")))).collect()
}
