//! The three names of a queue: name, URL and ARN. Only names are stored. Nothing listens at the URL.
use super::error::{Result, SqsError};

const ACCOUNT: &str = "000000000000";
const REGION: &str = "us-east-1";

pub(super) fn url(name: &str) -> String {
    format!("http://sqs.local/{ACCOUNT}/{name}")
}

pub(super) fn arn(name: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}")
}

pub(crate) fn arn_of_url(url: &str) -> String {
    arn(name_of_url(url))
}

pub(super) fn name_of_url(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or_default()
}

pub(super) fn name_of_arn(arn: &str) -> Result<&str> {
    arn.strip_prefix("arn:aws:sqs:")
        .and_then(|rest| rest.rsplit(':').next())
        .ok_or_else(|| SqsError::invalid(format!("{arn:?} is not the ARN of a queue.")))
}
