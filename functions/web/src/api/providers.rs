//! `/api/v1/providers`, and what stands below one of them.
use axum::response::Response;
use serde::Serialize;
use status::{ids::ProviderId, incident_timeline::IncidentTimeline, snapshot::Kind};
use store::Cursor;

use crate::{
    Web,
    api::{
        Answered,
        ask::{Asked, CURSOR, Is, KIND, LIMIT, Parameter, WATCHED, text},
        gather::gather,
        json, listed,
        model::{ComponentList, Found, IncidentList, IncidentRow, MaintenanceList, ProviderList},
        problem::Problem,
        view,
    },
    dashboard::found,
    overview::{Overview, Row},
};

const LONGEST_QUERY: usize = 100;
const MOST_FOUND: usize = 20;
const STATES: [&str; 7] = [
    "major_outage",
    "partial_outage",
    "degraded_performance",
    "under_maintenance",
    "unreadable",
    "operational",
    "not_watched",
];

pub(crate) static LIST: [Parameter; 6] = [
    Parameter {
        name: "state",
        about: "Only those in this state.",
        is: Is::Word(|| STATES.to_vec()),
        required: false,
        example: "major_outage",
    },
    Parameter {
        name: "category",
        about: "Only those of this category of the catalogue.",
        is: Is::Word(categories),
        required: false,
        example: "cloud",
    },
    WATCHED,
    text("q", LONGEST_QUERY, "Only those whose id, name or page's address contains this, in any case.", "git"),
    LIMIT,
    text("cursor", 200, "The `next` of the answer before this one: the id of its last provider.", "github"),
];

pub(crate) static SEARCH: [Parameter; 1] = [Parameter {
    required: true,
    ..text(
        "q",
        LONGEST_QUERY,
        "A name, another name it goes by, a domain; small typing errors are seen through.",
        "aws",
    )
}];

pub(crate) static INCIDENTS: [Parameter; 3] = [KIND, LIMIT, CURSOR];
pub(crate) static MAINTENANCES: [Parameter; 2] = [LIMIT, CURSOR];

fn categories() -> Vec<&'static str> {
    let mut all: Vec<&str> = catalogue::entries().iter().map(|entry| entry.category).collect();
    all.retain(|category| !category.is_empty());
    all.sort_unstable();
    all.dedup();
    all
}

/// By id, so that whoever reads on meets none twice.
pub(crate) async fn list(web: Web, asked: Asked) -> Answered {
    let overview = web.overviews.get().await?;
    let part = asked.text("q").map(str::to_lowercase);
    let fits = |row: &&Row| {
        let contains = |part: &String| {
            let page = &row.provider;
            [page.id.as_str(), &page.name, &page.page_url].iter().any(|it| it.to_lowercase().contains(part.as_str()))
        };
        asked.text("state").is_none_or(|word| row.state().word() == word)
            && asked.text("category").is_none_or(|word| row.category == word)
            && asked.flag("watched").is_none_or(|watched| row.mine == watched)
            && part.as_ref().is_none_or(contains)
            && asked.text("cursor").is_none_or(|cursor| row.id() > cursor)
    };
    let mut rows: Vec<&Row> = overview.rows.iter().filter(fits).collect();
    rows.sort_by_key(|row| row.id());
    let total = rows.len();
    rows.truncate(asked.limit());
    let next = rows.last().filter(|_| rows.len() < total).map(|row| row.id().to_owned());
    let providers = rows.into_iter().map(|row| view::provider(row, &overview)).collect();
    Ok(listed(&asked, next.clone(), &ProviderList { providers, next }))
}

pub(crate) async fn search(web: Web, asked: Asked) -> Answered {
    let overview = web.overviews.get().await?;
    let hits = found(&overview, asked.text("q").unwrap_or_default().trim());
    let providers = hits.into_iter().take(MOST_FOUND).map(|row| view::provider(row, &overview)).collect();
    Ok(json(&Found { providers }))
}

pub(crate) async fn one(web: Web, asked: Asked) -> Answered {
    let overview = web.overviews.get().await?;
    Ok(json(&view::provider(named(&overview, &asked)?, &overview)))
}

pub(crate) async fn components(web: Web, asked: Asked) -> Answered {
    let overview = web.overviews.get().await?;
    let id = &named(&overview, &asked)?.provider.id;
    let page_state = web.store.page(id).await?.map(|page| page.page_state);
    Ok(json(&ComponentList {
        provider: view::provider_ref(id, &overview),
        listing: page_state.as_ref().map(|page_state| page_state.listing.into()),
        components: page_state.map(|page_state| page_state.components.iter().map(view::component).collect()),
    }))
}

pub(crate) async fn incidents(web: Web, asked: Asked) -> Answered {
    let wanted = asked.text("kind").map(|word| if word == "incident" { Kind::Incident } else { Kind::Maintenance });
    spans(web, &asked, wanted, |incidents, next| IncidentList { incidents, next }).await
}

pub(crate) async fn maintenances(web: Web, asked: Asked) -> Answered {
    let list = |maintenances, next| MaintenanceList { maintenances, next };
    spans(web, &asked, Some(Kind::Maintenance), list).await
}

/// Newest first, planned work by its start.
async fn spans<T: Serialize>(
    web: Web,
    asked: &Asked,
    wanted: Option<Kind>,
    list: impl FnOnce(Vec<IncidentRow>, Option<String>) -> T,
) -> Result<Response, Problem> {
    let overview = web.overviews.get().await?;
    let id = &named(&overview, asked)?.provider.id;
    let read = |before: Option<Cursor>, limit| {
        let (store, id) = (web.store.clone(), id.clone());
        async move { store.newest_timelines(&id, before.as_ref(), limit).await }
    };
    let fits = |span: &IncidentTimeline| wanted.is_none_or(|kind| span.kind == kind);
    let (found, next) = gather(asked.place(), asked.limit(), read, fits).await?;
    let provider = view::provider_ref(id, &overview);
    let next = next.map(|place| place.to_string());
    let rows = found.iter().map(|span| view::span(&provider, span)).collect();
    Ok(listed(asked, next.clone(), &list(rows, next)))
}

fn named<'a>(overview: &'a Overview, asked: &Asked) -> Result<&'a Row, Problem> {
    let id = ProviderId::new(asked.segment("id"));
    overview.get(id.as_str()).ok_or_else(|| Problem::not_found("No provider has this id."))
}
