//! `/api/v1/openapi.json`: `OpenAPI` 3.1, generated from the routes, the parameters and the response types.
use std::sync::OnceLock;

use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};
use store::Cursor;

use super::{
    openapi_components::{headers, responses},
    problem::Problem,
    query::{Parameter, ValueType},
    route::Route,
};

const DESCRIPTION: &str = "Data from providers' public status pages. Times are RFC 3339 in UTC. Unknown values are null. \
    IDs are chosen by providers: percent-encode them as one path segment, or follow `links`. New fields may be added.\n\n\
    To get the next page of a list, pass `next` as `cursor`, or follow the `Link` header. Responses are fresh for five \
    seconds, so polling more often brings nothing new. Send the `ETag` back as `If-None-Match`: unchanged data is \
    answered with 304 and no body. CORS is enabled, and no key is needed. Only a private instance asks for its \
    password (HTTP Basic, any user name).";

/// The document of these routes, generated once; on an instance with accounts also of what the console serves.
pub(super) fn document(routes: &'static [Route], has_accounts: bool) -> &'static Value {
    static WITHOUT_ACCOUNTS: OnceLock<Value> = OnceLock::new();
    static WITH_ACCOUNTS: OnceLock<Value> = OnceLock::new();
    match has_accounts {
        true => WITH_ACCOUNTS.get_or_init(|| with_accounts(generate(routes))),
        false => WITHOUT_ACCOUNTS.get_or_init(|| generate(routes)),
    }
}

fn with_accounts(mut document: Value) -> Value {
    let (paths, schemas) = account_api::document();
    for (place, added) in [("/paths", paths), ("/components/schemas", schemas)] {
        if let Some(into) = document.pointer_mut(place).and_then(Value::as_object_mut) {
            into.extend(added);
        }
    }
    document["components"]["securitySchemes"][account_api::SECURITY_SCHEME] = account_api::security_scheme();
    document
}

fn generate(routes: &[Route]) -> Value {
    let mut schemas = SchemaSettings::draft2020_12()
        .with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        })
        .for_serialize()
        .into_generator();
    let problem = schemas.subschema_for::<Problem>();
    let paths: Map<String, Value> =
        routes.iter().map(|route| (route.path.to_owned(), json!({"get": operation(route, &mut schemas)}))).collect();
    let definitions = schemas.take_definitions(true);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "statuswire",
            "version": "1",
            "summary": "Incidents and maintenance of your providers",
            "description": DESCRIPTION,
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{}, {"password": []}],
        "paths": paths,
        "components": {
            "schemas": definitions,
            "headers": headers(),
            "securitySchemes": {
                "password": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "For a private instance: any user name and its password.",
                },
            },
            "responses": responses(&problem.to_value()),
        },
    })
}

fn operation(route: &Route, schemas: &mut SchemaGenerator) -> Value {
    let mut operation = json!({
        "operationId": route.operation_id,
        "summary": route.title,
        "description": route.description,
        "parameters": parameters(route),
        "responses": responses_of(route, schemas),
    });
    if route.path == "/health" {
        operation["security"] = json!([]);
    }
    operation
}

fn responses_of(route: &Route, schemas: &mut SchemaGenerator) -> Map<String, Value> {
    let mut responses = Map::new();
    responses.insert("200".to_owned(), success(route, schemas));
    let is_api = route.path.starts_with("/api/v1/");
    let has_end = route.parameters.iter().any(|parameter| parameter.name == "to");
    let possible = [
        ("304", "NotModified", route.has_etag),
        ("400", "BadRequest", true),
        ("401", "Unauthorized", is_api),
        ("404", "NotFound", route.has_not_found),
        ("405", "MethodNotAllowed", true),
        ("414", "UriTooLong", true),
        ("422", "UnprocessableContent", has_end),
        ("429", "TooManyRequests", is_api),
        ("503", "ServiceUnavailable", true),
    ];
    for (status, name, _) in possible.into_iter().filter(|(.., is_possible)| *is_possible) {
        responses.insert(status.to_owned(), json!({"$ref": format!("#/components/responses/{name}")}));
    }
    responses
}

fn success(route: &Route, schemas: &mut SchemaGenerator) -> Value {
    let schema = (route.schema)(schemas);
    let is_list = route.parameters.iter().any(|parameter| parameter.name == "cursor");
    let mut headers = json!({"Cache-Control": {"$ref": "#/components/headers/CacheControl"}});
    if route.has_etag {
        headers["ETag"] = json!({"$ref": "#/components/headers/ETag"});
    }
    if route.path.starts_with("/api/v1/") {
        headers["Access-Control-Allow-Origin"] = json!({"$ref": "#/components/headers/AllowOrigin"});
    }
    if is_list {
        headers["Link"] = json!({"$ref": "#/components/headers/Link"});
    }
    let mut content = json!({"schema": schema});
    if let Some(example) = route.example {
        content["example"] = example();
    }
    json!({"description": route.response_description, "headers": headers, "content": {"application/json": content}})
}

fn parameters(route: &Route) -> Vec<Value> {
    let in_path = route.path_parameters().map(|name| {
        let is_incident = name != "provider" && route.path.contains("{provider}");
        json!({
            "name": name,
            "in": "path",
            "required": true,
            "description": if is_incident {
                "The provider's own ID, percent-encoded as one segment, or as `links` write it."
            } else {
                "The ID of the provider."
            },
            "schema": {"type": "string", "minLength": 1},
            "example": route.example_value(name),
        })
    });
    let in_query = route.parameters.iter().map(query_parameter);
    let if_none_match = route.has_etag.then(|| {
        json!({
            "name": "If-None-Match",
            "in": "header",
            "required": false,
            "description": "The `ETag` of an earlier response. If it is still current, the answer is 304.",
            "schema": {"type": "string"},
        })
    });
    in_path.chain(in_query).chain(if_none_match).collect()
}

fn query_parameter(parameter: &Parameter) -> Value {
    json!({
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "description": parameter.description,
        "schema": schema(parameter.value_type),
        "example": example(parameter),
    })
}

fn schema(value_type: ValueType) -> Value {
    match value_type {
        ValueType::Text { max_length } => json!({"type": "string", "minLength": 1, "maxLength": max_length}),
        ValueType::Integer { min, max, default } => {
            json!({"type": "integer", "minimum": min, "maximum": max, "default": default})
        }
        ValueType::Boolean => json!({"type": "boolean"}),
        ValueType::OneOf(words) => json!({"type": "string", "enum": words()}),
        ValueType::Date => json!({"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}),
        ValueType::Cursor => json!({"type": "string", "pattern": Cursor::PATTERN}),
    }
}

fn example(parameter: &Parameter) -> Value {
    match parameter.value_type {
        ValueType::Integer { default, .. } => parameter.example.parse::<u32>().unwrap_or(default).into(),
        ValueType::Boolean => (parameter.example == "true").into(),
        _ => parameter.example.into(),
    }
}
