//! The headers and error responses that the operations of the `OpenAPI` document share.
use serde_json::{Value, json};

use super::{
    maintenances::invalid_end,
    problem::{METHODS, PRIVATE_INSTANCE, READ_ONLY, TOO_MANY_GUESSES, UNAVAILABLE, UNKNOWN_PROVIDER},
    query::{LIMIT, query_too_long},
};

pub(super) fn headers() -> Value {
    json!({
        "CacheControl": {
            "description": "How long a response stays fresh. Shared caches may not keep those of a private instance.",
            "required": true,
            "schema": {"type": "string", "enum": ["public, max-age=5", "private, no-cache", "no-store"]},
        },
        "ETag": {
            "description": "For `If-None-Match`.",
            "required": true,
            "schema": {"type": "string", "pattern": "^W/\"[0-9a-f]{32}\"$"},
        },
        "AllowOrigin": {
            "description": "Scripts of any site may read the response.",
            "required": true,
            "schema": {"type": "string", "const": "*"},
        },
        "Link": {
            "description": "`rel=\"next\"`: the next page; absent at the end (RFC 8288).",
            "schema": {"type": "string"},
        },
        "Allow": {
            "description": "The allowed methods.",
            "required": true,
            "schema": {"type": "string", "const": METHODS},
        },
        "RetryAfter": {
            "description": "Seconds after which to try again.",
            "required": true,
            "schema": {"type": "string", "pattern": "^[0-9]+$"},
        },
    })
}

/// `schema`: that of a problem.
pub(super) fn responses(schema: &Value) -> Value {
    let problem = |description: &str, example: Value| {
        json!({
            "description": description,
            "content": {"application/problem+json": {"schema": schema, "example": example}},
        })
    };
    let mut method_not_allowed = problem("The API is read-only.", example(405, "Method Not Allowed", READ_ONLY));
    method_not_allowed["headers"] = json!({"Allow": {"$ref": "#/components/headers/Allow"}});
    let mut unavailable = problem("The store cannot be read.", example(503, "Service Unavailable", UNAVAILABLE));
    unavailable["headers"] = json!({"Retry-After": {"$ref": "#/components/headers/RetryAfter"}});
    let mut too_many = problem(
        "Too many wrong passwords came from this address, or from all together.",
        example(429, "Too Many Requests", TOO_MANY_GUESSES),
    );
    too_many["headers"] = json!({"Retry-After": {"$ref": "#/components/headers/RetryAfter"}});
    let mut invalid = example(400, "Bad Request", &LIMIT.value_type.expected());
    invalid["parameter"] = LIMIT.name.into();
    let mut invalid_period = example(422, "Unprocessable Entity", &invalid_end("2026-03-01"));
    invalid_period["parameter"] = "to".into();
    json!({
        "NotModified": {
            "description": "The data has not changed.",
            "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
        },
        "BadRequest": problem("A parameter is invalid.", invalid),
        "Unauthorized": problem(
            "The instance is private, and its password was not sent.",
            example(401, "Unauthorized", PRIVATE_INSTANCE),
        ),
        "TooManyRequests": too_many,
        "NotFound": problem("There is no resource with this ID.", example(404, "Not Found", UNKNOWN_PROVIDER)),
        "MethodNotAllowed": method_not_allowed,
        "UriTooLong": problem("The query is too long.", example(414, "URI Too Long", &query_too_long())),
        "UnprocessableContent": problem("The period is invalid or longer than 400 days.", invalid_period),
        "ServiceUnavailable": unavailable,
    })
}

fn example(status: u16, title: &str, detail: &str) -> Value {
    json!({"type": "about:blank", "title": title, "status": status, "detail": detail})
}
