//! The dashboards that Google runs for Cloud, Workspace, Firebase, Play and more, by `incidents.json` beside the page:
//! every incident of some months, open ones among them. It alone says what changes; `products.json` gives the products.
//!
//! A page is recognised by its address (there are only so many dashboards) and by the shape of the list.
//!
//! Rests on two recorded lists of Cloud, one of them whole, and a hand-written one of Workspace; client code for the
//! addresses, `products.json`, the Workspace titles and `end: null`.
//!
//! What has the impact `SERVICE_INFORMATION` tells of no trouble, so it is left out: the dashboard shows it as a note
//! on what is available, and `status_impact` is the worst that an incident ever was.
//!
//! # Components
//!
//! An incident names products and locations. A component is a product at a location: its name is the product's title,
//! its group the location's code, its id `<product id>/<location code>`. So `Google BigQuery` is the product wherever
//! it is, `group:europe-west1` that region with all its products, and the id the one at the other. The page does
//! not say which product was hit at which location, so an incident names all pairs; where these are too many, it names
//! its products and its locations separately, and a monitor of either still finds it.
//!
//! Dashboards other than Cloud's have no locations, and a Cloud incident may name none at first: then the component is
//! the product in no group, and a monitor of a region hears of it once a location is named. What concerns no single
//! region is in the groups `global`, `us` and `eu`.
//!
//! Products have no state of their own: the dashboard shows one as available while no open incident has it.
mod components;
mod document;
mod incident;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;

use jiff::SignedDuration;
use status::snapshot::{Coverage, Incident, Listing, Page, Snapshot};

use self::components::{Board, named};
use crate::{
    contract::{Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    read::{
        answers::endpoint,
        incident_set::{IncidentSet, ids_of},
        lenient_list::elements,
        problems::Problems,
    },
};

pub(crate) const FORMAT: Format = Format {
    name: "google",
    fingerprint: Fingerprint {
        hosts: &[
            "status.cloud.google.com",
            "status.firebase.google.com",
            "status.play.google.com",
            "status.search.google.com",
            "www.google.com/appsstatus/dashboard",
            "ads.google.com/status/publisher",
        ],
        markers: &["incidents.schema.json"],
        blind_probes: 0,
    },
    read,
};

const INCIDENTS: &str = "incidents.json";
const PRODUCTS: &str = "products.json";
/// All that ended in this time are read, and others up to [`MAX_ENDED`], those changed last: a year of them is too much
/// to keep. In a whole list of Cloud 54 of 157 had ended in it. The bounds of a page ([`status::bounds`]) hold too.
const RECENTLY: SignedDuration = SignedDuration::from_hours(90 * 24);
const MAX_ENDED: usize = 100;
/// The components of an incident are listed so long after its end, while its end may still be unknown to a reader.
const LISTED_AFTER_END: SignedDuration = SignedDuration::from_hours(48);

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let url = endpoint(context.page, INCIDENTS);
    let answer = answers.require(&url)?;
    let list = answer.json_list()?;
    let mut problems = Problems::default();
    let (raw, whole) = elements::<document::Incident<'_>>(&list, "an incident", &mut problems);
    let not_this = |what: &str| ReadError::NotThisFormat(format!("{} is no list of Google's: {what}", url.path()));
    if !list.is_empty() && !raw.iter().any(document::Incident::is_typical) {
        return Err(not_this("nothing in it has `id`, `begin` and `external_desc`").into());
    }
    let products = endpoint(context.page, PRODUCTS);
    let products = answers.require(&products)?;
    let products = products.json().map(|document: document::Products<'_>| document.products);
    if list.is_empty() && products.is_err() {
        return Err(not_this("it is empty, and there are no products beside it").into());
    }

    let told = raw.into_iter().filter(|raw| !raw.is_left_out(context));
    let read = told.map(|raw| incident::incident(raw, &url, &mut problems));
    let read: Vec<Option<incident::Read>> = read.collect();
    let mut incident_set = IncidentSet::default();
    incident_set.damaged = !whole || read.iter().any(Option::is_none);
    let mut read: Vec<incident::Read> = read.into_iter().flatten().collect();
    let ended_after = |incident: &Incident, age: SignedDuration| {
        incident.resolved_at.is_none_or(|end| context.now.duration_since(end) < age)
    };
    read.sort_by_key(|incident::Read { incident, changed_at, .. }| {
        (!ended_after(incident, RECENTLY), incident.is_over(), Reverse(*changed_at), incident.id.clone())
    });
    let mut board = Board::default();
    let mut ended = 0;
    for incident::Read { changed_at, incident, scope, components } in read {
        let is_over = incident.is_over();
        let is_new = !incident_set.holds(&incident.id);
        if ended >= MAX_ENDED && !ended_after(&incident, RECENTLY) && !context.is_open(&incident.id) {
            continue;
        }
        ended += usize::from(is_over && is_new);
        if is_new && ended_after(&incident, LISTED_AFTER_END) {
            board.add(&scope, &components, !is_over);
        }
        incident_set.add(changed_at, incident);
    }
    match products {
        Ok(products) => board.add_products(&named(&products, "a product", &mut problems).0),
        Err(error) => problems.add(format!("the list of products could not be read: {error}")),
    }
    Ok(ParsedPage {
        unlisted: ids_of(incident_set.missing(context.open)),
        snapshot: Snapshot {
            page: Page { id: None, name: None, url: Some(context.page.to_string()) },
            components: board.into_components(),
            coverage: Coverage {
                // A product is at many locations, and they are named only when something is wrong there.
                components: Listing::Partial,
                // The list is its own history. But an empty one may be a list that was lost.
                incidents: incident_set.listing(context.open, !list.is_empty()),
            },
            incidents: incident_set.into_incidents(),
        },
        source: "incidents".into(),
        problems: problems.into_vec(),
    })
}
