//! The attributes of a queue, set as text and stored as numbers. An attribute that this server does not implement is
//! refused, not ignored.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    error::{Result, SqsError},
    names,
};

/// The limit of SQS for one message and for one batch.
pub(super) const MAX_BYTES: usize = 1_048_576;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Attributes {
    pub(super) fifo: bool,
    pub(super) content_based_deduplication: bool,
    pub(super) delay_seconds: i64,
    pub(super) maximum_message_size: usize,
    pub(super) retention_seconds: i64,
    pub(super) wait_seconds: i64,
    pub(super) visibility_seconds: i64,
    pub(super) redrive: Option<Redrive>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Redrive {
    /// Name of the dead-letter queue.
    pub(super) queue: String,
    pub(super) max_receive_count: i64,
}

impl Attributes {
    pub(super) fn new(fifo: bool) -> Self {
        Self {
            fifo,
            content_based_deduplication: false,
            delay_seconds: 0,
            maximum_message_size: MAX_BYTES,
            retention_seconds: 4 * 24 * 3600,
            wait_seconds: 0,
            visibility_seconds: 30,
            redrive: None,
        }
    }

    pub(super) fn set(&mut self, name: &str, value: &str) -> Result<()> {
        let number = |least: i64, most: i64| match value.parse() {
            Ok(number) if (least..=most).contains(&number) => Ok(number),
            _ => Err(SqsError::invalid(format!("Invalid value for the parameter {name}: must be {least} to {most}."))),
        };
        match name {
            "FifoQueue" if value == self.fifo.to_string() => {}
            "FifoQueue" => return Err(SqsError::invalid("The FifoQueue attribute cannot be changed.")),
            "ContentBasedDeduplication" => self.content_based_deduplication = value == "true",
            "DelaySeconds" => self.delay_seconds = number(0, 900)?,
            "MaximumMessageSize" => self.maximum_message_size = number(1024, MAX_BYTES as i64)? as usize,
            "MessageRetentionPeriod" => self.retention_seconds = number(60, 14 * 24 * 3600)?,
            "ReceiveMessageWaitTimeSeconds" => self.wait_seconds = number(0, 20)?,
            "VisibilityTimeout" => self.visibility_seconds = number(0, 12 * 3600)?,
            "RedrivePolicy" if value.is_empty() => self.redrive = None,
            "RedrivePolicy" => self.redrive = Some(Redrive::parse(value)?),
            other => return Err(SqsError::invalid_attribute(other)),
        }
        Ok(())
    }

    /// The attributes in the form of SQS. Standard queues have no FIFO attributes.
    pub(super) fn list(&self) -> BTreeMap<&'static str, String> {
        let mut list = BTreeMap::from([
            ("DelaySeconds", self.delay_seconds.to_string()),
            ("MaximumMessageSize", self.maximum_message_size.to_string()),
            ("MessageRetentionPeriod", self.retention_seconds.to_string()),
            ("ReceiveMessageWaitTimeSeconds", self.wait_seconds.to_string()),
            ("VisibilityTimeout", self.visibility_seconds.to_string()),
        ]);
        if self.fifo {
            list.insert("FifoQueue", "true".into());
            list.insert("ContentBasedDeduplication", self.content_based_deduplication.to_string());
        }
        if let Some(redrive) = &self.redrive {
            let (arn, count) = (names::arn(&redrive.queue), redrive.max_receive_count);
            let policy = json!({"deadLetterTargetArn": arn, "maxReceiveCount": count});
            list.insert("RedrivePolicy", policy.to_string());
        }
        list
    }
}

impl Redrive {
    fn parse(policy: &str) -> Result<Self> {
        let wrong = || {
            SqsError::invalid(
                "RedrivePolicy must be {\"deadLetterTargetArn\": an ARN, \"maxReceiveCount\": a number from 1 to 1000}.",
            )
        };
        let policy: Value = serde_json::from_str(policy).map_err(|_| wrong())?;
        let count = &policy["maxReceiveCount"];
        let count = count.as_i64().or_else(|| count.as_str()?.parse().ok());
        Ok(Self {
            queue: names::name_of_arn(policy["deadLetterTargetArn"].as_str().ok_or_else(wrong)?)?.to_owned(),
            max_receive_count: count.filter(|count| (1..=1000).contains(count)).ok_or_else(wrong)?,
        })
    }
}
