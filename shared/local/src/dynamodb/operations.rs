//! The operations of DynamoDB that this project uses. The library has more of them, and a server, whose dispatch it
//! keeps to itself.
use dynoxide::{DynoxideError, actions, storage::Storage};
use futures_util::FutureExt as _;
use serde::{Serialize, de::DeserializeOwned};

use crate::service::Response;

pub(super) fn perform(storage: &Storage, operation: &str, input: &[u8]) -> Response {
    let result = match operation {
        "CreateTable" => run(input, |request| actions::create_table::execute(storage, request)),
        "ListTables" => run(input, |request| actions::list_tables::execute(storage, request)),
        "DescribeTimeToLive" => run(input, |request| actions::describe_time_to_live::execute(storage, request)),
        "UpdateTimeToLive" => run(input, |request| actions::update_time_to_live::execute(storage, request)),
        "GetItem" => run(input, |request| actions::get_item::execute(storage, request)),
        "PutItem" => run(input, |request| actions::put_item::execute(storage, request)),
        "UpdateItem" => run(input, |request| actions::update_item::execute(storage, request)),
        "DeleteItem" => run(input, |request| actions::delete_item::execute(storage, request)),
        "Query" => run(input, |request| actions::query::execute(storage, request)),
        "Scan" => run(input, |request| actions::scan::execute(storage, request)),
        "BatchGetItem" => run(input, |request| actions::batch_get_item::execute(storage, request)),
        "BatchWriteItem" => run(input, |request| actions::batch_write_item::execute(storage, request)),
        "TransactWriteItems" => run(input, |request| actions::transact_write_items::execute(storage, request)),
        other => return Response::unknown_operation(other),
    };
    match result {
        Ok(body) => Response::ok(body),
        Err(error) => {
            tracing::debug!(operation, error = error.error_type(), "the store refused a request");
            Response { status: error.status_code(), query_error: None, body: error.to_json() }
        }
    }
}

fn run<I: DeserializeOwned, O: Serialize, F: Future<Output = dynoxide::Result<O>>>(
    input: &[u8],
    operation: impl FnOnce(I) -> F,
) -> dynoxide::Result<String> {
    let request = serde_json::from_slice(input).map_err(|err| unreadable(&err.to_string()))?;
    // Over SQLite the library waits for nothing.
    let output = operation(request).now_or_never().expect("the library's futures never wait")?;
    serde_json::to_string(&output).map_err(|err| DynoxideError::InternalServerError(err.to_string()))
}

/// The library's types mark what is an invalid value and not damage; its own server takes the mark off.
fn unreadable(error: &str) -> DynoxideError {
    match error.split_once(':') {
        Some((mark, message)) if mark.starts_with("VALIDATION") => {
            DynoxideError::ValidationException(message.to_owned())
        }
        _ => DynoxideError::SerializationException(error.to_owned()),
    }
}
