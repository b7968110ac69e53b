//! One route of the API: how it is served and how it is documented.
use std::{collections::HashMap, pin::Pin};

use axum::{
    extract::{Path, RawQuery, State, rejection::PathRejection},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get},
};
use http::{HeaderValue, Uri, header};
use schemars::{Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::Value;

use super::{
    problem::Problem,
    query::{Parameter, Query},
};
use crate::state::Web;

pub(super) type Outcome = Result<Response, Problem>;
pub(super) type Handler = fn(Web, Query) -> Pin<Box<dyn Future<Output = Outcome> + Send>>;

pub(super) struct Route {
    pub(super) path: &'static str,
    pub(super) operation_id: &'static str,
    pub(super) title: &'static str,
    pub(super) description: &'static str,
    pub(super) parameters: &'static [Parameter],
    pub(super) example_url: &'static str,
    pub(super) response_description: &'static str,
    pub(super) handler: Handler,
    pub(super) schema: fn(&mut SchemaGenerator) -> Schema,
    /// An example of the response.
    pub(super) example: Option<fn() -> Value>,
    /// It may answer 404, because it looks something up by id.
    pub(super) has_not_found: bool,
    pub(super) has_etag: bool,
}

impl Route {
    pub(super) fn serve(&'static self) -> MethodRouter<Web> {
        let handler = async move |State(web): State<Web>,
                                  uri: Uri,
                                  segments: Result<Path<HashMap<String, String>>, PathRejection>,
                                  RawQuery(query): RawQuery| {
            let Ok(Path(segments)) = segments else {
                return Problem::parameter("id", "Must be percent-encoded UTF-8.").into_response();
            };
            let outcome = match Query::parse(self.parameters, uri.path(), segments, &query.unwrap_or_default()) {
                Ok(query) => (self.handler)(web, query).await,
                Err(problem) => Err(problem),
            };
            outcome.unwrap_or_else(IntoResponse::into_response)
        };
        get(handler).fallback(|| async { Problem::method_not_allowed() })
    }

    /// The names of the path parameters.
    pub(super) fn path_parameters(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }

    /// The value of a path parameter in the example URL.
    pub(super) fn example_value(&self, name: &str) -> &'static str {
        let parts = self.path.split('/').zip(self.example_url.split('/'));
        parts.filter(|(part, _)| part.trim_matches(['{', '}']) == name).map(|(_, value)| value).next().unwrap_or("")
    }
}

pub(super) fn json(body: &impl Serialize) -> Response {
    let body = serde_json::to_vec(body).unwrap_or_default();
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=5")];
    (headers, body).into_response()
}

/// A list, with a `Link` header to its next page if there is one.
pub(super) fn json_list(query: &Query, next: Option<String>, body: &impl Serialize) -> Response {
    let mut response = json(body);
    let link = next.and_then(|next| HeaderValue::try_from(format!("<{}>; rel=\"next\"", query.next_url(&next))).ok());
    if let Some(link) = link {
        response.headers_mut().insert(header::LINK, link);
    }
    response
}
