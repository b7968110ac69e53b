//! The operations of accounts in the document of the API: the console serves them, and describes them by the same list.
use axum::body::{Body, to_bytes};
use http::Request;
use serde_json::Value;
use tower::ServiceExt as _;
use web::Web;

use crate::{
    api::Checked,
    world::{World, router},
};

#[tokio::test]
async fn operations_of_accounts_are_in_the_document_where_there_are_accounts() {
    let world = World::start(&["acme"]).await;
    let operations = ::account_api::operations();
    let with = |has_accounts| Web::new(world.store.clone(), false, None).with_accounts(has_accounts);
    let document = async |has_accounts| -> Value {
        serde_json::from_str(&get(with(has_accounts), "/api/v1/openapi.json").await).unwrap()
    };
    let (without, document) = (document(false).await, document(true).await);
    for operation in &operations {
        assert!(without["paths"].get(&operation.path).is_none(), "{}", operation.path);
        let described = &document["paths"][&operation.path][operation.method.as_str().to_lowercase()];
        assert_eq!(described["operationId"], operation.id, "{}", operation.path);
        for (status, response) in described["responses"].as_object().unwrap() {
            for (_, content) in response["content"].as_object().into_iter().flatten() {
                Checked::within(&document, &content["schema"]);
                assert!(content["schema"].is_object(), "{} {status}", operation.path);
            }
        }
        let body = &described["requestBody"]["content"]["application/json"];
        if body.is_object() {
            Checked::within(&document, &body["schema"]).accepts(&body["example"]);
        }
    }
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for kind in ["Monitor", "Group", "Destination", "Page"] {
        assert!(schemas[kind]["properties"]["version"].is_object(), "{kind}");
        let draft = &schemas[&format!("{kind}Draft")];
        assert_eq!(
            (draft["additionalProperties"].clone(), draft["properties"].get("id")),
            (false.into(), None),
            "{kind}"
        );
    }
    let page = get(with(true), "/api").await;
    assert!(operations.iter().all(|operation| page.contains(&operation.path)), "{page}");
}

async fn get(web: Web, path: &str) -> String {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = router(web).oneshot(request).await.unwrap();
    String::from_utf8(to_bytes(response.into_body(), 1 << 22).await.unwrap().to_vec()).unwrap()
}
