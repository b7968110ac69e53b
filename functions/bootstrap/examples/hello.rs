//! The least that a Lambda function in Rust can be: `.ci/cold.py` compares the start of the artefact with its start.
use std::collections::HashMap;

use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main]
async fn main() -> Result<(), Error> {
    lambda_runtime::run(service_fn(|_: LambdaEvent<HashMap<String, String>>| async { Ok::<_, Error>("hello") })).await
}
