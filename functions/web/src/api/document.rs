//! `/api/v1/openapi.json`: `OpenAPI` 3.1, made of the routes, the parameters and the types that serve the answers.
use std::sync::LazyLock;

use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};
use store::Cursor;

use crate::{
    Web,
    api::{
        Answered, ROUTES, Route,
        ask::{Asked, Is, Parameter},
        json, problem,
    },
};

static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

const ABOUT: &str = "What vendors say on their own status pages, as it was read. Times are RFC 3339 in UTC, and null is what is \
    not known. Ids are vendors' own words: encode them as one segment of a path, or follow `links`. New fields may be added.\n\n\
    Lists are read on with `cursor`, which is the `next` of the answer before, or with the link of the header `Link`. \
    Answers are fresh for five seconds, so asking more often brings nothing new. Send the `ETag` back as `If-None-Match`: \
    what has not changed is answered with 304 and no body. Scripts of any site may read it, and nothing asks for a key; only a private instance asks for its \
    password (HTTP Basic, any user name).";

pub(crate) async fn openapi(_: Web, _: Asked) -> Answered {
    Ok(json(&*DOCUMENT))
}

fn document() -> Value {
    let mut schemas = SchemaSettings::draft2020_12()
        .with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        })
        .for_serialize()
        .into_generator();
    let problem = schemas.subschema_for::<problem::Problem>();
    let paths: Map<String, Value> =
        ROUTES.iter().map(|route| (route.path.to_owned(), json!({"get": operation(route, &mut schemas)}))).collect();
    let definitions = schemas.take_definitions(true);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "statuswire",
            "version": "1",
            "summary": "Incidents and maintenances of your vendors",
            "description": ABOUT,
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
                    "description": "Of a private instance: any user name and its password.",
                },
            },
            "responses": problems(&problem.to_value()),
        },
    })
}

fn operation(route: &Route, schemas: &mut SchemaGenerator) -> Value {
    let schema = (route.schema)(schemas);
    let is_list = route.parameters.iter().any(|parameter| parameter.name == "cursor");
    let mut headers = json!({"Cache-Control": {"$ref": "#/components/headers/CacheControl"}});
    if route.is_kept {
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
    let mut responses = Map::new();
    let ok = json!({"description": route.answer, "headers": headers, "content": {"application/json": content}});
    responses.insert("200".to_owned(), ok);
    let mut refer = |status: &str, name: &str| {
        responses.insert(status.to_owned(), json!({"$ref": format!("#/components/responses/{name}")}));
    };
    if route.is_kept {
        refer("304", "NotModified");
    }
    refer("400", "BadRequest");
    if route.path.starts_with("/api/v1/") {
        refer("401", "Unauthorized");
    }
    if route.may_lack {
        refer("404", "NotFound");
    }
    refer("405", "MethodNotAllowed");
    refer("414", "UriTooLong");
    if route.parameters.iter().any(|parameter| parameter.name == "to") {
        refer("422", "UnprocessableContent");
    }
    refer("503", "ServiceUnavailable");

    let in_path = route.segments().map(|name| {
        json!({
            "name": name,
            "in": "path",
            "required": true,
            "description": match name {
                "provider" => "The id of the provider.",
                _ if route.path.contains("{provider}") => "The vendor's own id, encoded as one segment.",
                _ => "The id of the provider.",
            },
            "schema": {"type": "string", "minLength": 1},
            "example": route.example_of(name),
        })
    });
    let in_query = route.parameters.iter().map(parameter);
    let if_none_match = route.is_kept.then(|| {
        json!({
            "name": "If-None-Match",
            "in": "header",
            "required": false,
            "description": "The `ETag` of an answer you have; 304 says that it is still the same.",
            "schema": {"type": "string"},
        })
    });
    let mut operation = json!({
        "operationId": route.name,
        "summary": route.title,
        "description": route.about,
        "parameters": in_path.chain(in_query).chain(if_none_match).collect::<Vec<_>>(),
        "responses": responses,
    });
    if route.path == "/health" {
        operation["security"] = json!([]);
    }
    operation
}

fn parameter(it: &Parameter) -> Value {
    json!({
        "name": it.name,
        "in": "query",
        "required": it.required,
        "description": it.about,
        "schema": schema(it.is),
        "example": example(it),
    })
}

fn schema(is: Is) -> Value {
    match is {
        Is::Text { longest } => json!({"type": "string", "minLength": 1, "maxLength": longest}),
        Is::Whole { least, most, usual } => {
            json!({"type": "integer", "minimum": least, "maximum": most, "default": usual})
        }
        Is::Flag => json!({"type": "boolean"}),
        Is::Word(words) => json!({"type": "string", "enum": words()}),
        Is::Day => json!({"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}),
        Is::Cursor => json!({"type": "string", "pattern": Cursor::PATTERN}),
    }
}

fn example(it: &Parameter) -> Value {
    match it.is {
        Is::Whole { usual, .. } => it.example.parse::<u32>().unwrap_or(usual).into(),
        Is::Flag => (it.example == "true").into(),
        _ => it.example.into(),
    }
}

fn headers() -> Value {
    json!({
        "CacheControl": {
            "description": "How long an answer stays fresh; of a private instance nothing is kept on the way.",
            "required": true,
            "schema": {"type": "string", "enum": ["public, max-age=5", "private, no-cache", "no-store"]},
        },
        "ETag": {
            "description": "For `If-None-Match`.",
            "required": true,
            "schema": {"type": "string", "pattern": "^W/\"[0-9a-f]{32}\"$"},
        },
        "AllowOrigin": {
            "description": "Scripts of any site may read it.",
            "required": true,
            "schema": {"type": "string", "const": "*"},
        },
        "Link": {
            "description": "`rel=\"next\"`: where the list goes on; absent at its end (RFC 8288).",
            "schema": {"type": "string"},
        },
        "Allow": {
            "description": "The methods there are.",
            "required": true,
            "schema": {"type": "string", "const": problem::METHODS},
        },
        "RetryAfter": {
            "description": "Seconds after which to try again.",
            "required": true,
            "schema": {"type": "string", "pattern": "^[0-9]+$"},
        },
    })
}

fn problems(schema: &Value) -> Value {
    let problem = |about: &str, status: u16, title: &str, detail: &str, parameter: Option<&str>| {
        let mut example = json!({"type": "about:blank", "title": title, "status": status, "detail": detail});
        if let Some(parameter) = parameter {
            example["parameter"] = parameter.into();
        }
        json!({"description": about, "content": {"application/problem+json": {"schema": schema, "example": example}}})
    };
    let limit = "It takes a whole number from 1 to 200.";
    let mut methods = problem(
        "Everything is only read.",
        405,
        "Method Not Allowed",
        "Everything here is only read. Methods: GET, HEAD, OPTIONS.",
        None,
    );
    methods["headers"] = json!({"Allow": {"$ref": "#/components/headers/Allow"}});
    let mut store = problem(
        "The store did not answer.",
        503,
        "Service Unavailable",
        "The store did not answer. Please try again in a moment.",
        None,
    );
    store["headers"] = json!({"Retry-After": {"$ref": "#/components/headers/RetryAfter"}});
    json!({
        "NotModified": {
            "description": "What you have is still the same.",
            "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
        },
        "BadRequest": problem("A parameter cannot be taken as it is given.", 400, "Bad Request", limit, Some("limit")),
        "Unauthorized": problem(
            "The instance is private, and the password was not given.",
            401,
            "Unauthorized",
            "This instance is private. Any user name and its password open it.",
            None,
        ),
        "NotFound": problem("There is no such thing.", 404, "Not Found", "No provider has this id.", None),
        "MethodNotAllowed": methods,
        "UriTooLong": problem("The query is too long.", 414, "URI Too Long", "A query may take 8000 bytes.", None),
        "UnprocessableContent": problem(
            "The days make no time of at most 400 days.",
            422,
            "Unprocessable Entity",
            "It takes a day from 2026-03-01 on, at most 400 days later.",
            Some("to"),
        ),
        "ServiceUnavailable": store,
    })
}
