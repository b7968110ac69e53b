//! `/api/v1/providers` with the lists of one provider, and `/api/v1/search`.
use axum::response::Response;
use serde::Serialize;
use status::{ids::ProviderId, incident_timeline::IncidentTimeline, snapshot::Kind};
use store::Cursor;

use super::{
    problem::{Problem, UNKNOWN_PROVIDER},
    query::{CURSOR, KIND, LIMIT, Parameter, Query, ValueType, WATCHED, text},
    route::{Outcome, json, json_list},
    types::{ComponentList, IncidentList, MaintenanceList, ProviderList, ProviderRef, SearchResults},
    view::{self, Room},
};
use crate::{
    model::{
        filtered_page::filtered_page,
        overview::{Overview, ProviderRow},
        provider_state::ProviderState,
    },
    state::Web,
};

const MAX_SEARCH_LENGTH: usize = 100;
const MAX_SEARCH_RESULTS: usize = 20;

pub(super) static LIST: [Parameter; 6] = [
    Parameter {
        name: "state",
        description: "Only providers in this state.",
        value_type: ValueType::OneOf(|| ProviderState::ALL.map(ProviderState::as_str).to_vec()),
        required: false,
        example: "major_outage",
    },
    Parameter {
        name: "category",
        description: "Only providers in this category of the catalogue.",
        value_type: ValueType::OneOf(categories),
        required: false,
        example: "cloud",
    },
    WATCHED,
    text(
        "q",
        MAX_SEARCH_LENGTH,
        "Only providers whose ID, name or status page URL contains this. Ignores case.",
        "git",
    ),
    LIMIT,
    text("cursor", 200, "The `next` of the previous response: the ID of its last provider.", "github"),
];

pub(super) static SEARCH: [Parameter; 1] = [Parameter {
    required: true,
    ..text("q", MAX_SEARCH_LENGTH, "A name, an alias or a domain. Small typing errors are tolerated.", "aws")
}];

pub(super) static INCIDENTS: [Parameter; 3] = [KIND, LIMIT, CURSOR];
pub(super) static MAINTENANCES: [Parameter; 2] = [LIMIT, CURSOR];

fn categories() -> Vec<&'static str> {
    let mut all: Vec<&str> = catalogue::entries().iter().map(|entry| entry.category).collect();
    all.retain(|category| !category.is_empty());
    all.sort_unstable();
    all.dedup();
    all
}

/// Ordered by id, so that pages do not overlap.
pub(super) async fn list(web: Web, query: Query) -> Outcome {
    let overview = web.overview_cache.get().await?;
    let text = query.text("q").map(str::to_lowercase);
    let matches = |row: &&ProviderRow| {
        let contains = |text: &String| {
            let provider = &row.provider;
            let fields = [provider.id.as_str(), &provider.name, &provider.page_url];
            fields.iter().any(|field| field.to_lowercase().contains(text.as_str()))
        };
        query.text("state").is_none_or(|word| row.state().as_str() == word)
            && query.text("category").is_none_or(|word| row.category == word)
            && query.boolean("watched").is_none_or(|watched| row.watched == watched)
            && text.as_ref().is_none_or(contains)
            && query.text("cursor").is_none_or(|cursor| row.id() > cursor)
    };
    let mut rows: Vec<&ProviderRow> = overview.rows.iter().filter(matches).collect();
    rows.sort_by_key(|row| row.id());
    let total = rows.len();
    rows.truncate(query.limit());
    let next = rows.last().filter(|_| rows.len() < total).map(|row| row.id().to_owned());
    let providers = rows.into_iter().map(|row| view::provider(row, &overview)).collect();
    Ok(json_list(&query, next.clone(), &ProviderList { providers, next }))
}

pub(super) async fn search(web: Web, query: Query) -> Outcome {
    let overview = web.overview_cache.get().await?;
    let rows = overview.search(query.text("q").unwrap_or_default().trim());
    let providers = rows.into_iter().take(MAX_SEARCH_RESULTS).map(|row| view::provider(row, &overview)).collect();
    Ok(json(&SearchResults { providers }))
}

pub(super) async fn one(web: Web, query: Query) -> Outcome {
    let overview = web.overview_cache.get().await?;
    Ok(json(&view::provider(requested(&overview, &query)?, &overview)))
}

pub(super) async fn components(web: Web, query: Query) -> Outcome {
    let overview = web.overview_cache.get().await?;
    let id = &requested(&overview, &query)?.provider.id;
    let page_state = web.store.page(id).await?.map(|page| page.page_state);
    let mut room = Room::of_a_response();
    let shown = page_state.as_ref().map(|page_state| {
        let components = page_state.components.iter().map(view::component);
        components.take_while(|component| room.takes(component)).collect::<Vec<_>>()
    });
    let total = page_state.as_ref().map_or(0, |page_state| page_state.components.len());
    Ok(json(&ComponentList {
        provider: view::provider_ref(id, &overview),
        listing: page_state.as_ref().map(|page_state| page_state.listing.into()),
        more_components: total - shown.as_ref().map_or(0, Vec::len),
        components: shown,
    }))
}

pub(super) async fn incidents(web: Web, query: Query) -> Outcome {
    let kind = query.text("kind").map(|word| if word == "incident" { Kind::Incident } else { Kind::Maintenance });
    timelines(web, &query, kind, view::timeline, |incidents, next| IncidentList { incidents, next }).await
}

pub(super) async fn maintenances(web: Web, query: Query) -> Outcome {
    let list = |maintenances, next| MaintenanceList { maintenances, next };
    timelines(web, &query, Some(Kind::Maintenance), view::maintenance, list).await
}

/// The newest first; maintenance by its planned start.
async fn timelines<Row, T: Serialize>(
    web: Web,
    query: &Query,
    kind: Option<Kind>,
    row: fn(&ProviderRef, &IncidentTimeline) -> Row,
    list: impl FnOnce(Vec<Row>, Option<String>) -> T,
) -> Result<Response, Problem> {
    let overview = web.overview_cache.get().await?;
    let id = &requested(&overview, query)?.provider.id;
    let read = |before: Option<Cursor>, limit| {
        let (store, id) = (web.store.clone(), id.clone());
        async move { store.newest_timelines(&id, before.as_ref(), limit).await }
    };
    let is_kind = |timeline: &IncidentTimeline| kind.is_none_or(|kind| timeline.kind == kind);
    let (timelines, next) = filtered_page(query.cursor(), query.limit(), read, is_kind).await?;
    let provider = view::provider_ref(id, &overview);
    let next = next.map(|cursor| cursor.to_string());
    let rows = timelines.iter().map(|timeline| row(&provider, timeline)).collect();
    Ok(json_list(query, next.clone(), &list(rows, next)))
}

/// The provider of the path.
pub(super) fn requested<'a>(overview: &'a Overview, query: &Query) -> Result<&'a ProviderRow, Problem> {
    let id = ProviderId::new(query.segment("id"));
    overview.get(id.as_str()).ok_or_else(|| Problem::not_found(UNKNOWN_PROVIDER))
}
