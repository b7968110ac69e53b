//! The operations of DynamoDB that this project uses. The library has more of them, and a server, whose dispatch it
//! keeps to itself.
use dynoxide::{Database, DynoxideError};
use serde::{Serialize, de::DeserializeOwned};

use crate::service::Response;

pub(super) fn perform(database: &Database, operation: &str, input: &[u8]) -> Response {
    let result = match operation {
        "CreateTable" => run(input, |request| database.create_table(request)),
        "ListTables" => run(input, |request| database.list_tables(request)),
        "DescribeTimeToLive" => run(input, |request| database.describe_time_to_live(request)),
        "UpdateTimeToLive" => run(input, |request| database.update_time_to_live(request)),
        "GetItem" => run(input, |request| database.get_item(request)),
        "PutItem" => run(input, |request| database.put_item(request)),
        "UpdateItem" => run(input, |request| database.update_item(request)),
        "DeleteItem" => run(input, |request| database.delete_item(request)),
        "Query" => run(input, |request| database.query(request)),
        "BatchGetItem" => run(input, |request| database.batch_get_item(request)),
        "BatchWriteItem" => run(input, |request| database.batch_write_item(request)),
        "TransactWriteItems" => run(input, |request| database.transact_write_items(request)),
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

fn run<I: DeserializeOwned, O: Serialize>(
    input: &[u8],
    operation: impl FnOnce(I) -> dynoxide::Result<O>,
) -> dynoxide::Result<String> {
    let request = serde_json::from_slice(input).map_err(|err| unreadable(&err.to_string()))?;
    let output = operation(request)?;
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
