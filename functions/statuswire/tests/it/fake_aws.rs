//! An endpoint of AWS over a data folder, which notes who called which action. It checks no signature, and its queues
//! have the names of a stack.
use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::HeaderMap,
    response::Response,
};
use local::{service::Service, stack::Stack};
use serde_json::Value;
use statuswire::local_app::{LocalApp, TABLE};

/// The stack whose queues these are.
pub(crate) const STACK: &str = "prod";

/// An action of IAM, and the partition that it reads or writes if it is one of DynamoDB.
pub(crate) type Call = (String, Option<String>);

pub(crate) struct FakeAws {
    pub(crate) url: String,
    seen: Arc<Seen>,
    stack: Stack,
}

struct Seen {
    service: Arc<dyn Service>,
    calls: Mutex<BTreeSet<Call>>,
    /// Access key and region of each signature.
    signers: Mutex<BTreeSet<(String, String)>>,
}

impl FakeAws {
    pub(crate) async fn over(data: &Path) -> Self {
        let stack = LocalApp::start_stack(Some(data)).await.unwrap();
        let seen = Seen { service: stack.services(), calls: Mutex::default(), signers: Mutex::default() };
        let seen = Arc::new(seen);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(answer).with_state(seen.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, seen, stack }
    }

    /// A stack that was just deployed.
    pub(crate) async fn empty(data: &Path) -> Self {
        let aws = Self::over(data).await;
        store::table::create_if_absent(&aws.stack.dynamodb, TABLE).await.unwrap();
        aws
    }

    /// Puts a message among the dead letters of the router.
    pub(crate) async fn add_dead_letter(&self) {
        let message = self.stack.sqs.send_message().queue_url(&self.stack.dead_letters.alerts).message_body("{}");
        message.message_group_id("acme").message_deduplication_id("1").send().await.unwrap();
    }

    /// What was called since the last time.
    pub(crate) fn calls(&self) -> BTreeSet<Call> {
        std::mem::take(&mut *self.seen.calls.lock().unwrap())
    }

    /// Access keys and regions of all signatures since the last time.
    pub(crate) fn signers(&self) -> BTreeSet<(String, String)> {
        std::mem::take(&mut *self.seen.signers.lock().unwrap())
    }

    pub(crate) async fn stop(self) {
        self.stack.stop().await;
    }
}

async fn answer(State(seen): State<Arc<Seen>>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers["x-amz-target"].to_str().unwrap();
    let mut input: Value = serde_json::from_slice(&body).unwrap();
    let signed = headers["authorization"].to_str().unwrap().split("Credential=").nth(1).unwrap();
    let [key, _, region] = signed.split('/').take(3).collect::<Vec<_>>()[..] else { panic!("{signed}") };
    seen.signers.lock().unwrap().insert((key.to_owned(), region.to_owned()));
    seen.calls.lock().unwrap().extend(calls(target, &input));
    if let Some(name) = input.get_mut("QueueName") {
        *name = name.as_str().unwrap().strip_prefix("prod-").unwrap_or("of-another-stack.fifo").into();
    }
    let answered = seen.service.perform(target, &serde_json::to_vec(&input).unwrap()).await;
    let mut response = Response::builder().status(answered.status).header("content-type", "application/x-amz-json-1.0");
    if let Some(error) = answered.query_error {
        response = response.header("x-amzn-query-error", error);
    }
    response.body(Body::from(answered.body)).unwrap()
}

/// The actions that IAM allows or denies for one request.
fn calls(target: &str, input: &Value) -> Vec<Call> {
    let (service, operation) = target.split_once('.').unwrap();
    if service == "AmazonSQS" {
        let actions: &[&str] = match operation {
            "SendMessageBatch" => &["SendMessage"],
            // It receives and deletes on behalf of whoever starts it.
            "StartMessageMoveTask" => &["StartMessageMoveTask", "ReceiveMessage", "DeleteMessage"],
            other => &[other],
        };
        return actions.iter().map(|action| (format!("sqs:{action}"), None)).collect();
    }
    let call = |action: &str, partition: &Value| {
        let partition = partition["S"].as_str().unwrap_or_else(|| panic!("{operation}: {input}"));
        (format!("dynamodb:{action}"), Some(partition.to_owned()))
    };
    let tables = |requests: &Value| requests.as_object().unwrap().values().cloned().collect::<Vec<_>>();
    match operation {
        "TransactWriteItems" => {
            let items = input["TransactItems"].as_array().unwrap().iter().flat_map(|item| item.as_object().unwrap());
            let named = items.map(|(kind, item)| match kind.as_str() {
                "ConditionCheck" => call("ConditionCheckItem", &item["Key"]["pk"]),
                "Put" => call("PutItem", &item["Item"]["pk"]),
                other => call(&format!("{other}Item"), &item["Key"]["pk"]),
            });
            named.collect()
        }
        "BatchGetItem" => {
            let keys = tables(&input["RequestItems"]).into_iter().flat_map(|of| of["Keys"].as_array().unwrap().clone());
            keys.map(|key| call(operation, &key["pk"])).collect()
        }
        "BatchWriteItem" => {
            let writes = tables(&input["RequestItems"]).into_iter().flat_map(|of| of.as_array().unwrap().clone());
            let partition = |write: Value| match write.get("PutRequest") {
                Some(put) => call(operation, &put["Item"]["pk"]),
                None => call(operation, &write["DeleteRequest"]["Key"]["pk"]),
            };
            writes.map(partition).collect()
        }
        "Query" => {
            // The first name of the condition is the partition key's.
            let condition = input["KeyConditionExpression"].as_str().unwrap();
            let name = condition.split_whitespace().find(|word| word.starts_with(':')).unwrap();
            vec![call(operation, &input["ExpressionAttributeValues"][name.trim_end_matches(')')])]
        }
        "PutItem" => vec![call(operation, &input["Item"]["pk"])],
        "Scan" => vec![("dynamodb:Scan".to_owned(), None)],
        _ => vec![call(operation, &input["Key"]["pk"])],
    }
}
