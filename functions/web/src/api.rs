//! `/api/v1`: providers and incidents for programs; and `/health`. Read-only, without a key. Each row of [`ROUTES`] is
//! served, described in `/api/v1/openapi.json` and listed on `/api`, together with the operations of accounts, which
//! the console serves.
mod docs_page;
mod examples;
mod health;
mod incidents;
mod maintenances;
mod openapi;
mod openapi_components;
pub(crate) mod problem;
mod providers;
mod query;
mod route;
mod types;
mod uptime;
mod view;

use axum::{Router, extract::State, routing::any, routing::get};
use problem::Problem;
use route::{Route, json};
use schemars::json_schema;

use crate::state::Web;

static ROUTES: [Route; 12] = [
    Route {
        path: "/api/v1/providers",
        operation_id: "listProviders",
        title: "Providers",
        description: "All providers with their current state, ordered by ID.",
        parameters: &providers::LIST,
        example_url: "/api/v1/providers?state=major_outage",
        response_description: "Providers with their open incidents and maintenance.",
        handler: |web, query| Box::pin(providers::list(web, query)),
        schema: |schemas| schemas.subschema_for::<types::ProviderList>(),
        example: Some(examples::providers),
        has_not_found: false,
        has_etag: true,
    },
    Route {
        path: "/api/v1/providers/{id}",
        operation_id: "getProvider",
        title: "One provider",
        description: "A provider with its current state.",
        parameters: &[],
        example_url: "/api/v1/providers/github",
        response_description: "The provider with its open incidents and maintenance.",
        handler: |web, query| Box::pin(providers::one(web, query)),
        schema: |schemas| schemas.subschema_for::<types::Provider>(),
        example: Some(examples::provider),
        has_not_found: true,
        has_etag: true,
    },
    Route {
        path: "/api/v1/providers/{id}/components",
        operation_id: "listComponents",
        title: "Components of a provider",
        description: "All components of the status page with their states, ordered by ID.",
        parameters: &[],
        example_url: "/api/v1/providers/github/components",
        response_description: "The components.",
        handler: |web, query| Box::pin(providers::components(web, query)),
        schema: |schemas| schemas.subschema_for::<types::ComponentList>(),
        example: Some(examples::components),
        has_not_found: true,
        has_etag: true,
    },
    Route {
        path: "/api/v1/providers/{id}/uptime",
        operation_id: "getUptime",
        title: "Uptime of a provider's components",
        description: "The last 90 days: for how long each component was seen and out, and the days with incidents.",
        parameters: &[],
        example_url: "/api/v1/providers/github/uptime",
        response_description: "The components with their uptime.",
        handler: |web, query| Box::pin(uptime::of_provider(web, query)),
        schema: |schemas| schemas.subschema_for::<uptime::UptimeReport>(),
        example: Some(examples::uptime),
        has_not_found: true,
        has_etag: true,
    },
    Route {
        path: "/api/v1/providers/{id}/incidents",
        operation_id: "listIncidentsOfProvider",
        title: "Incidents of a provider",
        description: "All recorded incidents and maintenance, newest first; maintenance by planned start.",
        parameters: &providers::INCIDENTS,
        example_url: "/api/v1/providers/github/incidents?kind=incident&limit=10",
        response_description: "Incidents and maintenance.",
        handler: |web, query| Box::pin(providers::incidents(web, query)),
        schema: |schemas| schemas.subschema_for::<types::IncidentList>(),
        example: Some(examples::incidents_of_provider),
        has_not_found: true,
        has_etag: true,
    },
    Route {
        path: "/api/v1/providers/{id}/maintenances",
        operation_id: "listMaintenancesOfProvider",
        title: "Maintenance of a provider",
        description: "Maintenance by planned start, the latest first.",
        parameters: &providers::MAINTENANCES,
        example_url: "/api/v1/providers/github/maintenances",
        response_description: "Maintenance.",
        handler: |web, query| Box::pin(providers::maintenances(web, query)),
        schema: |schemas| schemas.subschema_for::<types::MaintenanceList>(),
        example: Some(examples::maintenances),
        has_not_found: true,
        has_etag: true,
    },
    Route {
        path: "/api/v1/incidents",
        operation_id: "listIncidents",
        title: "Incidents of all providers",
        description: "The last twelve months, newest first. With `open=true`: every open incident, however old.",
        parameters: &incidents::LIST,
        example_url: "/api/v1/incidents?open=true&kind=incident",
        response_description: "Incidents and maintenance.",
        handler: |web, query| Box::pin(incidents::list(web, query)),
        schema: |schemas| schemas.subschema_for::<types::IncidentList>(),
        example: Some(examples::incidents),
        has_not_found: false,
        has_etag: true,
    },
    Route {
        path: "/api/v1/incidents/{provider}/{id}",
        operation_id: "getIncident",
        title: "One incident or maintenance",
        description: "An incident or maintenance with all updates and affected components.",
        parameters: &[],
        example_url: "/api/v1/incidents/github/vtpvmq30z1vq",
        response_description: "The incident or maintenance.",
        handler: |web, query| Box::pin(incidents::one(web, query)),
        schema: |schemas| schemas.subschema_for::<types::Incident>(),
        example: Some(examples::incident),
        has_not_found: true,
        has_etag: true,
    },
    Route {
        path: "/api/v1/maintenances",
        operation_id: "listMaintenances",
        title: "Maintenance of all providers",
        description: "Maintenance by planned start, the earliest first.",
        parameters: &maintenances::LIST,
        example_url: "/api/v1/maintenances?watched=true",
        response_description: "Maintenance.",
        handler: |web, query| Box::pin(maintenances::list(web, query)),
        schema: |schemas| schemas.subschema_for::<types::MaintenanceList>(),
        example: Some(examples::maintenances),
        has_not_found: true,
        has_etag: true,
    },
    Route {
        path: "/api/v1/search",
        operation_id: "searchProviders",
        title: "Search",
        description: "Finds providers by name, alias or domain.",
        parameters: &providers::SEARCH,
        example_url: "/api/v1/search?q=aws",
        response_description: "At most 20 providers, the best match first.",
        handler: |web, query| Box::pin(providers::search(web, query)),
        schema: |schemas| schemas.subschema_for::<types::SearchResults>(),
        example: Some(examples::search_results),
        has_not_found: false,
        has_etag: true,
    },
    Route {
        path: "/api/v1/openapi.json",
        operation_id: "getOpenApi",
        title: "OpenAPI document",
        description: "This API as OpenAPI 3.1.",
        parameters: &[],
        example_url: "/api/v1/openapi.json",
        response_description: "The document.",
        handler: |web, _| Box::pin(async move { Ok(json(openapi::document(&ROUTES, web.has_accounts))) }),
        schema: |_| json_schema!({"type": "object", "required": ["openapi", "info", "paths"]}),
        example: None,
        has_not_found: false,
        has_etag: true,
    },
    Route {
        path: "/health",
        operation_id: "getHealth",
        title: "Health",
        description: "Whether the store can be read, and when status pages were last polled. 503 if the store cannot \
                      be read, or if the newest round of polling began more than five minutes ago.",
        parameters: &[],
        example_url: "/health",
        response_description: "The store can be read, and status pages are polled.",
        handler: |web, query| Box::pin(health::health(web, query)),
        schema: |schemas| schemas.subschema_for::<types::Health>(),
        example: Some(examples::health),
        has_not_found: false,
        has_etag: false,
    },
];

pub(crate) fn routes() -> Router<Web> {
    let unknown = || async { Problem::not_found("There is no such endpoint. See /api for the list.") };
    let docs = async |State(web): State<Web>| docs_page::show(&web, &ROUTES).await;
    let routes = ROUTES.iter().fold(Router::new(), |router, route| router.route(route.path, route.serve()));
    routes.route("/api", get(docs)).route("/api/", any(unknown)).route("/api/{*rest}", any(unknown))
}
