//! The small HTTP front: health, and what is known of providers and incidents as JSON. The dashboard comes later, in
//! `functions/web`; here is only what a machine or a curious person needs.
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use formats::catalogue;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use status::{
    belief::{HowEnded, Tracked},
    health::SourceHealth,
    ids::{ProviderId, UpdateId},
    provider::Provider,
};
use store::{PageHead, Store, StoreError};

use crate::view::{self, ComponentView, IncidentView, MaintenanceView};

const MOST_AT_ONCE: usize = 500;

pub struct Front {
    pub store: Store,
    /// Whether the catalogue's providers are watched, and so listed.
    pub catalogue: bool,
    pub started_at: Timestamp,
}

pub fn router(front: Arc<Front>) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/api/v1/providers", get(providers))
        .route("/api/v1/providers/{id}", get(provider))
        .route("/api/v1/incidents", get(incidents))
        .with_state(front)
}

/// A store that does not answer is our fault, not the asker's.
struct Broken(StoreError);

impl From<StoreError> for Broken {
    fn from(error: StoreError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Broken {
    fn into_response(self) -> Response {
        tracing::error!(error = format!("{:#}", anyhow::Error::new(self.0)), "the store did not answer");
        (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({"error": "the store did not answer"}))).into_response()
    }
}

async fn health(State(front): State<Arc<Front>>) -> Result<Json<Value>, Broken> {
    // One cheap read proves the store.
    front.store.healths(&[ProviderId::new("health")]).await?;
    Ok(Json(json!({"status": "ok", "started_at": front.started_at})))
}

#[derive(Deserialize)]
struct ProvidersQuery {
    /// Only those whose id or name contains this.
    q: Option<String>,
    /// The id after which the list goes on.
    after: Option<String>,
    limit: Option<usize>,
}

#[derive(Serialize)]
struct ProviderRow {
    id: ProviderId,
    name: String,
    page_url: String,
    format: Option<String>,
    /// Incidents and maintenances open now; null: never read.
    open: Option<usize>,
    health: Option<SourceHealth>,
}

/// By id, a page at a time: `next` is the `after` of the next one.
async fn providers(
    State(front): State<Arc<Front>>,
    Query(query): Query<ProvidersQuery>,
) -> Result<Json<Value>, Broken> {
    let wanted = query.q.unwrap_or_default().to_lowercase();
    let is_wanted = |page: &Provider| page.id.as_str().contains(&wanted) || page.name.to_lowercase().contains(&wanted);
    let after = query.after.unwrap_or_default();
    let mut pages: Vec<Provider> = front.all_pages().await?.into_iter().filter(is_wanted).collect();
    pages.retain(|page| page.id.as_str() > after.as_str());
    pages.sort_by(|a, b| a.id.cmp(&b.id));
    let total = pages.len();
    pages.truncate(query.limit.unwrap_or(100).clamp(1, MOST_AT_ONCE));
    let next = (pages.len() < total).then(|| pages.last().map(|page| page.id.clone())).flatten();
    let (mut heads, mut healths) = front.known_of(&pages).await?;
    let rows: Vec<ProviderRow> = pages
        .into_iter()
        .map(|page| {
            let head = heads.remove(&page.id);
            ProviderRow {
                health: healths.remove(&page.id),
                open: head.as_ref().map(|head| head.open.len()),
                format: head.map(|head| head.format).or(page.format),
                id: page.id,
                name: page.name,
                page_url: page.page_url,
            }
        })
        .collect();
    Ok(Json(json!({"providers": rows, "next": next})))
}

#[derive(Serialize)]
struct ProviderPage<'a> {
    id: &'a ProviderId,
    name: &'a str,
    page_url: &'a str,
    format: Option<&'a str>,
    health: Option<SourceHealth>,
    components: Vec<ComponentView<'a>>,
    incidents: Vec<TrackedView<'a, IncidentView<'a>>>,
    maintenances: Vec<TrackedView<'a, MaintenanceView<'a>>>,
}

/// What the vendor says, with what we know of it.
#[derive(Serialize)]
struct TrackedView<'a, T> {
    #[serde(flatten)]
    said: T,
    open: bool,
    first_seen_at: Timestamp,
    backfilled: bool,
    episode: u32,
    ended_at: Option<Timestamp>,
    how_ended: Option<HowEnded>,
    /// Updates that the vendor changed after posting them, with our time of noticing.
    edited: &'a BTreeMap<UpdateId, Timestamp>,
}

impl<'a, T> TrackedView<'a, T> {
    fn new(said: T, tracked: &'a Tracked) -> Self {
        Self {
            said,
            open: tracked.is_open(),
            first_seen_at: tracked.first_seen_at,
            backfilled: tracked.backfilled,
            episode: tracked.episode,
            ended_at: tracked.ended.map(|ended| ended.at),
            how_ended: tracked.ended.map(|ended| ended.how),
            edited: &tracked.edited,
        }
    }
}

async fn provider(State(front): State<Arc<Front>>, Path(id): Path<String>) -> Result<Response, Broken> {
    let id = ProviderId::new(id);
    let Some(page) = front.all_pages().await?.into_iter().find(|page| page.id == id) else {
        return Ok((StatusCode::NOT_FOUND, Json(json!({"error": "no provider has this id"}))).into_response());
    };
    let record = front.store.page(&id).await?;
    let health = front.store.healths(std::slice::from_ref(&id)).await?.remove(&id);
    let belief = record.as_ref().map(|record| &record.belief);
    let tracked = || belief.into_iter().flat_map(|belief| &belief.incidents);
    let incidents = view::incidents_with(tracked());
    let maintenances = view::maintenances_with(tracked());
    let answer = ProviderPage {
        id: &page.id,
        name: &page.name,
        page_url: &page.page_url,
        format: record.as_ref().map(|record| record.head.format.as_str()).or(page.format.as_deref()),
        health,
        components: belief.map_or_else(Vec::new, |belief| view::components(&belief.components)),
        incidents: incidents.map(|(said, tracked)| TrackedView::new(said, tracked)).collect(),
        maintenances: maintenances.map(|(said, tracked)| TrackedView::new(said, tracked)).collect(),
    };
    Ok(Json(answer).into_response())
}

#[derive(Deserialize)]
struct IncidentsQuery {
    limit: Option<usize>,
}

/// Of all providers, newest first.
async fn incidents(
    State(front): State<Arc<Front>>,
    Query(query): Query<IncidentsQuery>,
) -> Result<Json<Value>, Broken> {
    let limit = query.limit.unwrap_or(50).clamp(1, MOST_AT_ONCE);
    let recent = front.store.recent_incidents(Timestamp::now(), limit).await?;
    let rows: Vec<Value> = recent
        .iter()
        .map(|(provider, tracked)| {
            let said = TrackedView::new(IncidentView::new(&tracked.incident), tracked);
            json!({"provider": provider, "kind": tracked.incident.kind, "incident": said})
        })
        .collect();
    Ok(Json(json!({ "incidents": rows })))
}

impl Front {
    /// Added pages first, since they may stand for one of the catalogue.
    async fn all_pages(&self) -> Result<Vec<Provider>, StoreError> {
        let mut pages = self.store.directory().await?.pages;
        if self.catalogue {
            pages.extend(catalogue::watchable().map(|entry| entry.provider()));
        }
        Ok(pages)
    }

    async fn known_of(
        &self,
        pages: &[Provider],
    ) -> Result<(HashMap<ProviderId, PageHead>, HashMap<ProviderId, SourceHealth>), StoreError> {
        let ids: Vec<ProviderId> = pages.iter().map(|page| page.id.clone()).collect();
        tokio::try_join!(self.store.page_heads(&ids), self.store.healths(&ids))
    }
}
