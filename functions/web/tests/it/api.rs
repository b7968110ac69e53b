//! `/api/v1`: responses, pagination and errors; and the OpenAPI document, validated against the responses.
use axum::body::Body;
use boon::{Compiler, SchemaIndex, Schemas};
use http::{Method, Request, StatusCode, header};
use jiff::{Timestamp, ToSpan as _};
use serde_json::Value;
use status::{
    snapshot::{Affected, Incident, Kind, Update, Window},
    words::{ComponentStatus, Impact, Phase},
};

use crate::world::{World, at, component, incident, snapshot};

/// An id that no path holds as it is.
const STRANGE: &str = "https://x.test/a?b#c";

/// Acme has an open incident with updates and a scheduled maintenance, Globex an ended incident, and Initech was never
/// read.
async fn world() -> World {
    let world = World::start(&["acme", "globex", "initech"]).await;
    let mut api = component("api", "API");
    world.read("acme", &snapshot(&[api.clone()], &[]), at("09:00:00")).await;
    let mut broken = incident(STRANGE, "Slow <logins>", at("10:00:00"));
    let affected = Affected { id: "api".into(), status: Some(ComponentStatus::MajorOutage) };
    broken.impact = Some(Impact::Critical);
    broken.url = Some("javascript:alert(1)".into());
    broken.components = vec![affected.clone()];
    broken.updates = vec![Update {
        id: "u1".into(),
        phase: Some(Phase::Investigating),
        posted_at: Some(at("10:00:00")),
        body: None,
        components: vec![affected],
    }];
    api.status = ComponentStatus::MajorOutage;
    world.read("acme", &snapshot(&[api], &[broken, planned()]), at("10:01:00")).await;

    let mut over = incident("old", "Was down", at("08:00:00"));
    world.read("globex", &snapshot(&[], &[]), at("07:00:00")).await;
    world.read("globex", &snapshot(&[], std::slice::from_ref(&over)), at("08:00:30")).await;
    (over.phase, over.resolved_at) = (Some(Phase::Resolved), Some(at("08:30:00")));
    world.read("globex", &snapshot(&[], &[over]), at("08:31:00")).await;
    world
}

/// Starts a day from now.
fn planned() -> Incident {
    let starts_at = Timestamp::now() + 24.hours();
    Incident {
        kind: Kind::Maintenance,
        phase: Some(Phase::Scheduled),
        window: Some(Window { starts_at: Some(starts_at), ends_at: Some(starts_at + 2.hours()) }),
        ..incident("m1", "Database upgrade", at("09:00:00"))
    }
}

async fn answer(world: &World, path: &str) -> Value {
    let (status, headers, body) = world.get(path).await;
    assert_eq!(
        (status, &headers[header::CONTENT_TYPE]),
        (StatusCode::OK, &"application/json".parse().unwrap()),
        "{path}: {body}"
    );
    serde_json::from_str(&body).unwrap()
}

/// Of a list of rows.
fn ids(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect()
}

async fn problem(world: &World, path: &str) -> (StatusCode, Value) {
    let (status, headers, body) = world.get(path).await;
    assert_eq!(headers[header::CONTENT_TYPE], "application/problem+json", "{path}: {body}");
    (status, serde_json::from_str(&body).unwrap())
}

#[tokio::test]
async fn providers_are_filtered() {
    let world = world().await;
    let found = async |query: &str| {
        let answer = answer(&world, &format!("/api/v1/providers?{query}")).await;
        ids(&answer["providers"]).join(" ")
    };
    assert_eq!(found("").await, "acme globex initech");
    assert_eq!(found("state=major_outage").await, "acme");
    assert_eq!(found("state=not_watched").await, "initech");
    assert_eq!(found("watched=true&q=LOBE").await, "globex");
    assert_eq!((found("watched=false").await, found("category=cloud").await), (String::new(), String::new()));

    let (_, headers, body) = world.get("/api/v1/providers?limit=2").await;
    let first: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((ids(&first["providers"]), &first["next"]), (vec!["acme", "globex"], &Value::from("globex")));
    assert_eq!(headers[header::LINK], "</api/v1/providers?limit=2&cursor=globex>; rel=\"next\"");
    let rest = answer(&world, "/api/v1/providers?limit=2&cursor=globex").await;
    assert_eq!((ids(&rest["providers"]), &rest["next"]), (vec!["initech"], &Value::Null));
    assert_eq!(ids(&answer(&world, "/api/v1/search?q=globex").await["providers"]), ["globex"]);
}

#[tokio::test]
async fn unknown_values_are_null() {
    let world = world().await;
    let initech = answer(&world, "/api/v1/providers/initech").await;
    assert_eq!((&initech["state"], &initech["open"]), (&"not_watched".into(), &Value::Null));
    assert_eq!(answer(&world, "/api/v1/providers/initech/components").await["components"], Value::Null);
    let acme = answer(&world, "/api/v1/providers/acme/components").await;
    assert_eq!(acme["components"][0]["status"], "major_outage");
    assert_eq!(acme["listing"], "complete");
}

#[tokio::test]
async fn incident_is_returned_in_full_at_the_link_of_its_row() {
    let world = world().await;
    let open = answer(&world, "/api/v1/incidents?open=true&kind=incident").await;
    assert_eq!(ids(&open["incidents"]), [STRANGE]);
    let link = open["incidents"][0]["links"]["self"].as_str().unwrap();
    assert_eq!(link, "/api/v1/incidents/acme/~aHR0cHM6Ly94LnRlc3QvYT9iI2M");
    let incident = answer(&world, link).await;
    assert_eq!(answer(&world, "/api/v1/incidents/acme/https%3A%2F%2Fx.test%2Fa%3Fb%23c").await, incident);
    assert_eq!((&incident["title"], &incident["phase"]), (&"Slow <logins>".into(), &"investigating".into()));
    assert_eq!(incident["components"][0]["name"], "API");
    assert_eq!(incident["updates"][0]["components"][0]["status"], "major_outage");
    assert_eq!(incident["url"], Value::Null, "a javascript: URL is no link");
    let planned = answer(&world, "/api/v1/incidents/acme/m1").await;
    assert_eq!((&planned["kind"], &planned["open"]), (&"maintenance".into(), &true.into()));
}

#[tokio::test]
async fn lists_of_incidents_can_be_read_page_by_page() {
    let world = World::start(&["acme"]).await;
    let start = Timestamp::now() - 3.hours();
    world.read("acme", &snapshot(&[], &[]), start).await;
    let all: Vec<Incident> = (0..25)
        .map(|number| incident(&format!("i{number:02}"), "Down", start + i64::from(number % 5).minutes()))
        .collect();
    world.read("acme", &snapshot(&[], &all), start + 10.minutes()).await;
    for list in
        ["/api/v1/incidents?limit=4", "/api/v1/incidents?limit=4&open=true", "/api/v1/providers/acme/incidents?limit=4"]
    {
        let mut next = Some(list.to_owned());
        let mut seen: Vec<(String, String)> = Vec::new();
        while let Some(path) = next {
            let (status, headers, body) = world.get(&path).await;
            assert_eq!(status, StatusCode::OK, "{path}: {body}");
            let page: Value = serde_json::from_str(&body).unwrap();
            let rows = page["incidents"].as_array().unwrap().iter();
            seen.extend(rows.map(|row| (row["began_at"].to_string(), row["id"].to_string())));
            next = headers.get(header::LINK).map(|link| {
                let link = link.to_str().unwrap();
                link.strip_prefix('<').unwrap().split_once('>').unwrap().0.to_owned()
            });
            assert_eq!(next.is_some(), page["next"].is_string());
        }
        let mut sorted = seen.clone();
        sorted.sort();
        sorted.dedup();
        sorted.reverse();
        assert_eq!((seen.len(), &seen), (25, &sorted), "{list}");
    }
}

#[tokio::test]
async fn maintenances_are_filtered_by_start() {
    let world = world().await;
    for query in ["", "?watched=true", "?provider=acme", "?limit=1"] {
        let answer = answer(&world, &format!("/api/v1/maintenances{query}")).await;
        assert_eq!(ids(&answer["maintenances"]), ["m1"], "{query}");
    }
    for query in ["?watched=false", "?provider=globex", "?from=2026-01-01&to=2026-01-02"] {
        assert!(
            ids(&answer(&world, &format!("/api/v1/maintenances{query}")).await["maintenances"]).is_empty(),
            "{query}"
        );
    }
    assert_eq!(ids(&answer(&world, "/api/v1/providers/acme/maintenances").await["maintenances"]), ["m1"]);
    let too_long = problem(&world, "/api/v1/maintenances?from=2026-01-01&to=2027-03-01").await;
    assert_eq!((too_long.0, &too_long.1["parameter"]), (StatusCode::UNPROCESSABLE_ENTITY, &"to".into()));
    answer(&world, "/api/v1/maintenances?from=9999-12-31").await;
}

#[tokio::test]
async fn errors_say_what_would_be_valid() {
    let world = world().await;
    for (path, status, parameter, expected) in [
        ("/api/v1/providers?limit=0", 400, "limit", "from 1 to 200"),
        ("/api/v1/providers?limit=07", 400, "limit", "1 to 200"),
        ("/api/v1/providers?stat=x", 400, "stat", "state, category, watched, q"),
        ("/api/v1/providers?q=a&q=b", 400, "q", "once"),
        ("/api/v1/incidents?open=yes", 400, "open", "true or false"),
        ("/api/v1/incidents?cursor=x", 400, "cursor", "`next`"),
        ("/api/v1/maintenances?from=1.1.2026", 400, "from", "2026-03-10"),
        ("/api/v1/maintenances?provider=nobody", 404, "provider", "search"),
        ("/api/v1/search", 400, "q", "q=aws"),
        ("/api/v1/search?q=", 400, "q", "1 to 100"),
        ("/api/v1/openapi.json?x=1", 400, "x", "remove it"),
    ] {
        let (got, body) = problem(&world, path).await;
        assert_eq!(
            (got.as_u16(), &body["status"], &body["parameter"]),
            (status, &status.into(), &parameter.into()),
            "{path}"
        );
        assert!(body["detail"].as_str().unwrap().contains(expected), "{body}");
    }
    for path in ["/api/", "/api/v2/providers", "/api/v1/providers/nobody", "/api/v1/incidents/acme/nothing", "/api/v1"]
    {
        assert_eq!(problem(&world, path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    let long = format!("/api/v1/providers?q={}", "x".repeat(9_000));
    assert_eq!(problem(&world, &long).await.0, StatusCode::URI_TOO_LONG);
    assert_eq!(problem(&world, "/api/v1/providers/%FF").await.0, StatusCode::BAD_REQUEST);

    let wrong = Request::delete("/api/v1/providers").body(Body::empty()).unwrap();
    let (status, headers, body) = world.ask(wrong).await;
    assert_eq!(
        (status, &headers[header::ALLOW]),
        (StatusCode::METHOD_NOT_ALLOWED, &"GET, HEAD, OPTIONS".parse().unwrap())
    );
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["status"], 405);
}

#[tokio::test]
async fn responses_have_cache_headers_etags_and_cors() {
    let world = world().await;
    let (_, headers, _) = world.get("/api/v1/providers").await;
    assert_eq!(headers[header::CACHE_CONTROL], "public, max-age=5");
    assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    let again = Request::get("/api/v1/providers").header(header::IF_NONE_MATCH, &headers[header::ETAG]);
    let (status, headers, body) = world.ask(again.body(Body::empty()).unwrap()).await;
    assert_eq!((status, body.as_str()), (StatusCode::NOT_MODIFIED, ""));
    assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");

    let preflight = Request::builder().method(Method::OPTIONS).uri("/api/v1/incidents");
    let (status, headers, _) = world.ask(preflight.body(Body::empty()).unwrap()).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_METHODS], "GET,HEAD,OPTIONS");
    let (_, headers, _) = world.get("/").await;
    assert!(!headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
}

#[tokio::test]
async fn lists_cost_few_store_reads() {
    let world = world().await;
    // Seven reads for the overview, which is then cached for some seconds, and one of who is alerted, cached for a
    // minute.
    for (path, most) in [
        ("/api/v1/providers", 8),
        ("/api/v1/incidents?open=true", 8),
        ("/api/v1/providers/acme", 8),
        ("/api/v1/providers/acme/uptime", 12),
        ("/api/v1/providers/acme/incidents", 10),
        ("/api/v1/providers/acme/components", 9),
        ("/api/v1/incidents/acme/m1", 12),
        ("/health", 1),
    ] {
        let before = world.store.counts();
        answer(&world, path).await;
        let reads = world.store.counts().reads - before.reads;
        assert!(reads <= most, "{path}: {reads}");
    }
}

#[tokio::test]
async fn every_response_and_example_matches_the_openapi_document() {
    let world = world().await;
    let document = answer(&world, "/api/v1/openapi.json").await;
    assert_eq!(document["openapi"], "3.1.0");
    for (path, operations) in document["paths"].as_object().unwrap() {
        let get = &operations["get"];
        let mut address = path.clone();
        let mut query = Vec::new();
        for parameter in get["parameters"].as_array().unwrap() {
            let name = parameter["name"].as_str().unwrap();
            let schema = Checked::new(&parameter["schema"]);
            match parameter["in"].as_str().unwrap() {
                "path" => {
                    let of_provider = path.starts_with("/api/v1/providers/") || name == "provider";
                    address = address.replace(&format!("{{{name}}}"), if of_provider { "acme" } else { "m1" });
                    schema.accepts(&parameter["example"]);
                }
                "query" => {
                    let example = &parameter["example"];
                    schema.accepts(example);
                    let text = example.as_str().map_or_else(|| example.to_string(), str::to_owned);
                    // One at a time, because together they may match nothing.
                    if name != "to" && name != "provider" {
                        query.push(format!("{name}={text}"));
                    }
                }
                _ => {}
            }
        }
        let content = &get["responses"]["200"]["content"]["application/json"];
        let schema = Checked::within(&document, &content["schema"]);
        if content["example"].is_object() {
            schema.accepts(&content["example"]);
        }
        let is_needed =
            get["parameters"].as_array().unwrap().iter().any(|it| it["required"] == true && it["in"] == "query");
        let addresses = query.iter().map(|query| format!("{address}?{query}"));
        for address in addresses.chain((!is_needed).then(|| address.clone())) {
            schema.accepts(&answer(&world, &address).await);
        }
        for (_, response) in get["responses"].as_object().unwrap() {
            if let Some(name) = response["$ref"].as_str().and_then(|name| name.strip_prefix("#/components/responses/"))
            {
                let content = &document["components"]["responses"][name]["content"]["application/problem+json"];
                if !content.is_null() {
                    Checked::within(&document, &content["schema"]).accepts(&content["example"]);
                }
            }
        }
    }
    let problem = problem(&world, "/api/v1/providers?limit=0").await.1;
    Checked::within(&document, &serde_json::json!({"$ref": "#/components/schemas/Problem"})).accepts(&problem);

    let words = document["components"]["schemas"]["State"]["enum"].as_array().unwrap();
    let state = document["paths"]["/api/v1/providers"]["get"]["parameters"][0]["schema"]["enum"].as_array().unwrap();
    assert_eq!(words, state, "every state can be filtered by");
}

/// A compiled schema.
pub(crate) struct Checked(Schemas, SchemaIndex);

impl Checked {
    fn new(schema: &Value) -> Self {
        Self::within(&Value::Null, schema)
    }

    /// A schema with references into a document.
    pub(crate) fn within(document: &Value, schema: &Value) -> Self {
        let mut whole = schema.clone();
        whole["components"] = document["components"].clone();
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.enable_format_assertions();
        compiler.add_resource("http://document.test/", whole).unwrap();
        let index = compiler.compile("http://document.test/", &mut schemas).unwrap();
        Self(schemas, index)
    }

    pub(crate) fn accepts(&self, value: &Value) {
        if let Err(error) = self.0.validate(value, self.1) {
            panic!("{error:#}\n{value}");
        }
    }
}
