//! `/api/v1`: what is known of providers and incidents, for machines; and `/health`. Everything is read, nothing asks for a
//! key. A route is one row of [`ROUTES`], which serves it, documents it (`/api/v1/openapi.json`) and shows it to people
//! (`/api`).
mod ask;
mod document;
mod examples;
mod gather;
mod health;
mod incidents;
mod maintenances;
mod model;
mod page;
pub(crate) mod problem;
mod providers;
mod view;

use std::{collections::HashMap, pin::Pin};

use ask::{Asked, Parameter};
use axum::{
    Router,
    extract::{Path, RawQuery, State, rejection::PathRejection},
    response::{IntoResponse, Response},
    routing::{MethodRouter, any, get},
};
use http::{HeaderValue, Uri, header};
use problem::Problem;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::Value;

use crate::Web;

type Answered = Result<Response, Problem>;
type Answering = Pin<Box<dyn Future<Output = Answered> + Send>>;

struct Route {
    path: &'static str,
    /// One word for programs made from the document.
    name: &'static str,
    title: &'static str,
    about: &'static str,
    parameters: &'static [Parameter],
    /// An address that shows it.
    try_it: &'static str,
    /// What the answer is.
    answer: &'static str,
    run: fn(Web, Asked) -> Answering,
    schema: fn(&mut SchemaGenerator) -> Schema,
    example: Option<fn() -> Value>,
    /// What is asked for by id may not be there.
    may_lack: bool,
    /// Whoever has the answer can ask whether it is still the same.
    is_kept: bool,
}

static ROUTES: [Route; 11] = [
    Route {
        path: "/api/v1/providers",
        name: "listProviders",
        title: "Providers",
        about: "All providers at a glance, by id.",
        parameters: &providers::LIST,
        try_it: "/api/v1/providers?state=major_outage",
        answer: "Providers with what is open on their pages.",
        run: |web, asked| Box::pin(providers::list(web, asked)),
        schema: |schemas| schemas.subschema_for::<model::ProviderList>(),
        example: Some(examples::providers),
        may_lack: false,
        is_kept: true,
    },
    Route {
        path: "/api/v1/providers/{id}",
        name: "getProvider",
        title: "One provider",
        about: "A provider at a glance.",
        parameters: &[],
        try_it: "/api/v1/providers/github",
        answer: "The provider with what is open on its page.",
        run: |web, asked| Box::pin(providers::one(web, asked)),
        schema: |schemas| schemas.subschema_for::<model::Provider>(),
        example: Some(examples::provider),
        may_lack: true,
        is_kept: true,
    },
    Route {
        path: "/api/v1/providers/{id}/components",
        name: "listComponents",
        title: "Components of a provider",
        about: "Every component of the page with its state, by id.",
        parameters: &[],
        try_it: "/api/v1/providers/github/components",
        answer: "The components.",
        run: |web, asked| Box::pin(providers::components(web, asked)),
        schema: |schemas| schemas.subschema_for::<model::ComponentList>(),
        example: Some(examples::components),
        may_lack: true,
        is_kept: true,
    },
    Route {
        path: "/api/v1/providers/{id}/incidents",
        name: "listIncidentsOfProvider",
        title: "Incidents of a provider",
        about: "All that was ever seen, newest first; planned work stands where it begins.",
        parameters: &providers::INCIDENTS,
        try_it: "/api/v1/providers/github/incidents?kind=incident&limit=10",
        answer: "Incidents and maintenances.",
        run: |web, asked| Box::pin(providers::incidents(web, asked)),
        schema: |schemas| schemas.subschema_for::<model::IncidentList>(),
        example: Some(examples::incidents),
        may_lack: true,
        is_kept: true,
    },
    Route {
        path: "/api/v1/providers/{id}/maintenances",
        name: "listMaintenancesOfProvider",
        title: "Maintenances of a provider",
        about: "Planned work, the last to begin first.",
        parameters: &providers::MAINTENANCES,
        try_it: "/api/v1/providers/github/maintenances",
        answer: "Maintenances.",
        run: |web, asked| Box::pin(providers::maintenances(web, asked)),
        schema: |schemas| schemas.subschema_for::<model::MaintenanceList>(),
        example: Some(examples::maintenances),
        may_lack: true,
        is_kept: true,
    },
    Route {
        path: "/api/v1/incidents",
        name: "listIncidents",
        title: "Incidents of all providers",
        about: "Those of the last twelve months, newest first; with open=true every open one, however old.",
        parameters: &incidents::LIST,
        try_it: "/api/v1/incidents?open=true&kind=incident",
        answer: "Incidents and maintenances.",
        run: |web, asked| Box::pin(incidents::list(web, asked)),
        schema: |schemas| schemas.subschema_for::<model::IncidentList>(),
        example: Some(examples::incidents),
        may_lack: false,
        is_kept: true,
    },
    Route {
        path: "/api/v1/incidents/{provider}/{id}",
        name: "getIncident",
        title: "One incident or maintenance",
        about: "With every update and the components it concerns.",
        parameters: &[],
        try_it: "/api/v1/incidents/github/vtpvmq30z1vq",
        answer: "All that was said of it.",
        run: |web, asked| Box::pin(incidents::one(web, asked)),
        schema: |schemas| schemas.subschema_for::<model::Incident>(),
        example: Some(examples::incident),
        may_lack: true,
        is_kept: true,
    },
    Route {
        path: "/api/v1/maintenances",
        name: "listMaintenances",
        title: "Maintenances of all providers",
        about: "Planned work by its planned start, the first to begin first.",
        parameters: &maintenances::LIST,
        try_it: "/api/v1/maintenances?watched=true",
        answer: "Maintenances.",
        run: |web, asked| Box::pin(maintenances::list(web, asked)),
        schema: |schemas| schemas.subschema_for::<model::MaintenanceList>(),
        example: Some(examples::maintenances),
        may_lack: true,
        is_kept: true,
    },
    Route {
        path: "/api/v1/search",
        name: "searchProviders",
        title: "Search",
        about: "Finds providers by name, by other names they go by and by domain.",
        parameters: &providers::SEARCH,
        try_it: "/api/v1/search?q=aws",
        answer: "At most 20 providers, the best hit first.",
        run: |web, asked| Box::pin(providers::search(web, asked)),
        schema: |schemas| schemas.subschema_for::<model::Found>(),
        example: Some(examples::found),
        may_lack: false,
        is_kept: true,
    },
    Route {
        path: "/api/v1/openapi.json",
        name: "getOpenApi",
        title: "This interface, for programs",
        about: "OpenAPI 3.1.",
        parameters: &[],
        try_it: "/api/v1/openapi.json",
        answer: "The document.",
        run: |web, asked| Box::pin(document::openapi(web, asked)),
        schema: |_| json_schema!({"type": "object", "required": ["openapi", "info", "paths"]}),
        example: None,
        may_lack: false,
        is_kept: true,
    },
    Route {
        path: "/health",
        name: "getHealth",
        title: "Health",
        about: "Whether the store answers, and when pages were read last: for whoever watches this instance.",
        parameters: &[],
        try_it: "/health",
        answer: "The store answers.",
        run: |web, asked| Box::pin(health::health(web, asked)),
        schema: |schemas| schemas.subschema_for::<model::Health>(),
        example: Some(examples::health),
        may_lack: false,
        is_kept: false,
    },
];

pub(crate) fn routes() -> Router<Web> {
    let nothing = || async { Problem::not_found("Nothing has this address: /api lists what there is.") };
    let all = ROUTES.iter().fold(Router::new(), |router, route| router.route(route.path, route.served()));
    all.merge(page::routes()).route("/api/", any(nothing)).route("/api/{*rest}", any(nothing))
}

impl Route {
    fn served(&'static self) -> MethodRouter<Web> {
        let answer = async move |State(web): State<Web>,
                                 uri: Uri,
                                 segments: Result<Path<HashMap<String, String>>, PathRejection>,
                                 RawQuery(query): RawQuery| {
            let Ok(Path(segments)) = segments else {
                return Problem::parameter("id", "It must be UTF-8, encoded in percent.").into_response();
            };
            let asked = Asked::read(self.parameters, uri.path(), segments, &query.unwrap_or_default());
            let answered = match asked {
                Ok(asked) => (self.run)(web, asked).await,
                Err(problem) => Err(problem),
            };
            answered.unwrap_or_else(IntoResponse::into_response)
        };
        get(answer).fallback(|| async { Problem::wrong_method() })
    }

    /// The names in the path.
    fn segments(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }

    /// What the example's address has in place of a name.
    fn example_of(&self, name: &str) -> &'static str {
        let parts = self.path.split('/').zip(self.try_it.split('/'));
        parts.filter(|(part, _)| part.trim_matches(['{', '}']) == name).map(|(_, example)| example).next().unwrap_or("")
    }
}

fn json(body: &impl Serialize) -> Response {
    let body = serde_json::to_vec(body).unwrap_or_default();
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=5")];
    (headers, body).into_response()
}

/// A list, with the address at which it goes on.
fn listed(asked: &Asked, next: Option<String>, body: &impl Serialize) -> Response {
    let mut response = json(body);
    let link = next.and_then(|next| HeaderValue::try_from(format!("<{}>; rel=\"next\"", asked.next(&next))).ok());
    if let Some(link) = link {
        response.headers_mut().insert(header::LINK, link);
    }
    response
}
