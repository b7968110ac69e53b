//! Statuspal, by the public API, which has a server in America (`statuspal.io`) and one in Europe. A page of
//! a domain of its own says in its HTML which it is; its summary is recognised by the lists it has. What left the
//! summary is looked up in the list of incidents. It rests on the platform's documentation, which says that the times,
//! written without a zone, are UTC, and on client code with recorded answers.
mod account;
mod document;
#[cfg(test)]
mod tests;

use status::{
    ids::IncidentId,
    snapshot::{Coverage, Kind, Listing, Page, Snapshot},
};

use self::{
    account::Account,
    document::{History, ListKind, Listed, Services, Summary},
};
use crate::{
    contract::{Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    read::{
        incident_set::{IncidentSet, ids_of},
        lenient_list::elements,
        problems::Problems,
    },
};

pub(crate) const FORMAT: Format = Format {
    name: "statuspal",
    fingerprint: Fingerprint {
        hosts: &["statuspal.io", "statuspal.eu"],
        markers: &["statuspal.io", "statuspal.eu"],
        blind_probes: 0,
    },
    read,
};

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let accounts = match context.source.and_then(Account::known) {
        Some(account) => vec![account],
        None => Account::candidates(context.page, answers)?,
    };
    let mut reason = None;
    for account in &accounts {
        let url = account.url("summary");
        let answer = answers.require(&url)?;
        let summary = answer.json::<Summary<'_>>().map_err(Stop::from);
        match summary.and_then(|summary| finish(context, answers, account, &summary, url.path())) {
            Err(Stop::Unusable(error @ ReadError::NotThisFormat(_))) => _ = reason.get_or_insert(error),
            end => return end,
        }
    }
    Err(reason.unwrap_or_else(|| ReadError::NotThisFormat("no page of Statuspal".into())).into())
}

fn finish(
    context: &ReadContext<'_>,
    answers: &Answers,
    account: &Account,
    summary: &Summary<'_>,
    path: &str,
) -> Result<ParsedPage, Stop> {
    let lists = summary.checked(path)?;
    let mut problems = Problems::default();
    let mut incident_set = IncidentSet::default();
    let mut planned_types = Vec::new();
    let listed = [
        (ListKind::Open, lists.incidents),
        (ListKind::InProgress, lists.maintenances),
        (ListKind::Upcoming, lists.upcoming_maintenances),
    ];
    let mut services = Services::read(lists.services, &mut problems);
    for (list, items) in listed {
        let (items, whole) = elements::<Listed>(items, "an incident", &mut problems);
        incident_set.damaged |= !whole;
        for item in items {
            if list == ListKind::InProgress {
                planned_types.extend(item.r#type.clone());
            }
            let changed_at = item.changed_at();
            incident_set.add(changed_at, item.incident(list, context.now, &services, &mut problems));
        }
    }

    let unlisted = incident_set.missing(context.open);
    let mut looked_up = unlisted.is_empty();
    if !unlisted.is_empty() {
        let mut url = account.url("incidents");
        url.set_query(Some("limit=100"));
        let answer = answers.require(&url)?;
        match answer.json::<History<'_>>() {
            Ok(history) => {
                looked_up = look_up(context, &history, &unlisted, &services, &mut incident_set, &mut problems)
            }
            Err(error) => problems.add(format!("the history could not be read: {error}")),
        }
    }
    let incidents = incident_set.listing(context.open, looked_up);
    let (components, whole) = services.components(&planned_types, &mut problems);
    let listing = if whole { Listing::Complete } else { Listing::Partial };
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page { id: None, name: lists.name.map(str::to_owned), url: Some(context.page.to_string()) },
            components,
            incidents: incident_set.into_incidents(),
            coverage: Coverage { components: listing, incidents },
        },
        source: account.to_string().into(),
        unlisted: ids_of(unlisted),
        problems: problems.into_vec(),
    })
}

/// Adds those of the unlisted that the history has; whether it would have had the others.
fn look_up(
    context: &ReadContext<'_>,
    history: &History<'_>,
    unlisted: &[(Kind, IncidentId)],
    services: &Services,
    incident_set: &mut IncidentSet,
    problems: &mut Problems,
) -> bool {
    let Some(items) = &history.incidents else {
        problems.add("the history has no `incidents`".into());
        return false;
    };
    let (items, whole) = elements::<Listed>(items, "an incident of the history", problems);
    let mut found = 0;
    for item in items {
        let wanted = unlisted.iter().find(|(_, id)| id.as_str() == item.id.as_str());
        let Some((kind, _)) = wanted else { continue };
        found += 1;
        let list = if *kind == Kind::Maintenance { ListKind::PlannedHistory } else { ListKind::History };
        incident_set.add(item.changed_at(), item.incident(list, context.now, services, problems));
    }
    found >= unlisted.len() || (whole && history.is_all())
}
