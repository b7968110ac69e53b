//! Sending, with FIFO deduplication: a second message with the same id within five minutes gets the response of the
//! first and is not queued.
use rusqlite::{OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use super::{
    database::{Call, Queue, to_json},
    error::{Result, SqsError},
    message::{self, MessageAttributes},
};

const DEDUPLICATION_MS: i64 = 5 * 60 * 1000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    #[serde(default)]
    pub(super) message_body: String,
    delay_seconds: Option<i64>,
    #[serde(default)]
    message_attributes: MessageAttributes,
    message_group_id: Option<String>,
    message_deduplication_id: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Sent {
    message_id: String,
    #[serde(rename = "MD5OfMessageBody")]
    md5_of_body: String,
    #[serde(rename = "MD5OfMessageAttributes", skip_serializing_if = "Option::is_none")]
    md5_of_attributes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence_number: Option<String>,
}

pub(super) fn one(call: &Call<'_>, queue: &Queue, request: &Request) -> Result<Sent> {
    let delay = check(queue, request)?;
    let key = deduplication_key(queue, request)?;
    let earlier = match &key {
        Some(key) => sent_before(call, queue, key)?,
        None => None,
    };
    let (id, sequence) = match earlier {
        Some(message) => message,
        None => insert(call, queue, request, key.as_deref(), delay)?,
    };
    Ok(Sent {
        message_id: id,
        md5_of_body: message::md5_of_body(&request.message_body),
        md5_of_attributes: message::md5_of_attributes(&request.message_attributes),
        sequence_number: queue.attributes.fifo.then(|| sequence_number(sequence)),
    })
}

pub(super) fn sequence_number(sequence: i64) -> String {
    format!("{sequence:020}")
}

/// Validates the request and returns the delay in seconds.
fn check(queue: &Queue, request: &Request) -> Result<i64> {
    let attributes = &queue.attributes;
    if request.message_body.is_empty() {
        return Err(SqsError::missing("MessageBody"));
    }
    if message::size(&request.message_body, &request.message_attributes) > attributes.maximum_message_size {
        let most = attributes.maximum_message_size;
        return Err(SqsError::invalid(format!("Message must be shorter than {most} bytes.")));
    }
    match request.delay_seconds {
        Some(_) if attributes.fifo => Err(SqsError::invalid("A FIFO queue takes no DelaySeconds per message.")),
        Some(delay) if !(0..=900).contains(&delay) => Err(SqsError::invalid("DelaySeconds must be >= 0 and <= 900.")),
        Some(delay) => Ok(delay),
        None => Ok(attributes.delay_seconds),
    }
}

/// `None` for standard queues, which do not deduplicate.
fn deduplication_key(queue: &Queue, request: &Request) -> Result<Option<String>> {
    if !queue.attributes.fifo {
        return Ok(None);
    }
    if request.message_group_id.is_none() {
        return Err(SqsError::missing("MessageGroupId"));
    }
    match &request.message_deduplication_id {
        Some(key) => Ok(Some(key.clone())),
        // SQS uses SHA-256. The key is never shown, so any digest will do.
        None if queue.attributes.content_based_deduplication => Ok(Some(message::md5_of_body(&request.message_body))),
        None => Err(SqsError::invalid(
            "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
        )),
    }
}

fn sent_before(call: &Call<'_>, queue: &Queue, key: &str) -> Result<Option<(String, i64)>> {
    let sql = "SELECT message_id, sequence FROM deduplications WHERE queue = ?1 AND key = ?2 AND expires_at > ?3";
    let mut statement = call.tx.prepare_cached(sql)?;
    let message = statement.query_row(params![queue.name, key, call.now], |row| Ok((row.get(0)?, row.get(1)?)));
    Ok(message.optional()?)
}

fn insert(call: &Call<'_>, queue: &Queue, request: &Request, key: Option<&str>, delay: i64) -> Result<(String, i64)> {
    let id = uuid::Uuid::new_v4().to_string();
    let sql = "INSERT INTO messages(queue, id, body, attributes, group_id, deduplication_id, sent_at, visible_at, head)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,
            NOT EXISTS (SELECT 1 FROM messages WHERE queue = ?1 AND group_id = ?5))";
    call.tx.prepare_cached(sql)?.execute(params![
        queue.name,
        id,
        request.message_body,
        to_json(&request.message_attributes),
        request.message_group_id,
        key,
        call.now,
        call.now + delay * 1000,
    ])?;
    let sequence = call.tx.last_insert_rowid();
    if let Some(key) = key {
        let sql = "INSERT OR REPLACE INTO deduplications(queue, key, message_id, sequence, expires_at)
            VALUES (?1, ?2, ?3, ?4, ?5)";
        let expires_at = call.now + DEDUPLICATION_MS;
        call.tx.prepare_cached(sql)?.execute(params![queue.name, key, id, sequence, expires_at])?;
    }
    call.changed(&queue.name);
    Ok((id, sequence))
}
