//! Receiving. A message of a FIFO group can be received when no earlier one of the group is hidden; several of a group
//! can come in one answer, in order. A message received too often goes to the dead letters instead of out.
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::{
    database::{Call, Queue, from_json},
    error::{Result, SqsError},
    message::{self, MessageAttributes},
    names, redrive, send,
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    pub(super) queue_url: String,
    pub(super) wait_time_seconds: Option<i64>,
    max_number_of_messages: Option<i64>,
    visibility_timeout: Option<i64>,
    /// The older name of `message_system_attribute_names`.
    #[serde(default)]
    attribute_names: Vec<String>,
    #[serde(default)]
    message_system_attribute_names: Vec<String>,
    #[serde(default)]
    message_attribute_names: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Message {
    message_id: String,
    receipt_handle: String,
    body: String,
    #[serde(rename = "MD5OfBody")]
    md5_of_body: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    message_attributes: MessageAttributes,
    #[serde(rename = "MD5OfMessageAttributes", skip_serializing_if = "Option::is_none")]
    md5_of_attributes: Option<String>,
}

/// A message before it is handed out.
struct Candidate {
    sequence: i64,
    id: String,
    body: String,
    attributes: MessageAttributes,
    group_id: Option<String>,
    deduplication_id: Option<String>,
    sent_at: i64,
    first_received_at: Option<i64>,
    receive_count: i64,
    source: Option<String>,
}

/// Takes what can be received now.
pub(super) fn take(call: &Call<'_>, queue: &Queue, request: &Request) -> Result<Vec<Message>> {
    let most = request.max_number_of_messages.unwrap_or(1);
    if !(1..=10).contains(&most) {
        return Err(SqsError::invalid("MaxNumberOfMessages must be between 1 and 10, if provided."));
    }
    let visibility = request.visibility_timeout.unwrap_or(queue.attributes.visibility_seconds);
    if !(0..=12 * 3600).contains(&visibility) {
        return Err(SqsError::invalid("VisibilityTimeout must be between 0 and 43200."));
    }
    let dead_letters = redrive::dead_letters(call, queue)?;
    loop {
        let candidates = candidates(call, queue, most)?;
        let dead =
            |candidate: &&Candidate| dead_letters.as_ref().is_some_and(|(_, most)| candidate.receive_count >= *most);
        let (Some((dead_letters, _)), true) = (&dead_letters, candidates.iter().any(|it| dead(&it))) else {
            let hand_out = |candidate| hand_out(call, queue, request, candidate, visibility);
            return candidates.into_iter().map(hand_out).collect();
        };
        for candidate in candidates.iter().filter(dead) {
            redrive::bury(call, queue, dead_letters, candidate.sequence)?;
        }
    }
}

/// When the next hidden message turns visible, in milliseconds since 1970.
pub(super) fn next_visible_at(call: &Call<'_>, queue: &Queue) -> Result<Option<i64>> {
    let sql = "SELECT min(visible_at) FROM messages WHERE queue = ?1 AND visible_at > ?2";
    Ok(call.tx.query_row(sql, params![queue.name, call.now], |row| row.get(0))?)
}

fn candidates(call: &Call<'_>, queue: &Queue, most: i64) -> Result<Vec<Candidate>> {
    // The index is named, because the one by visibility would have the whole queue sorted for each receive.
    let sql = "SELECT sequence, id, body, attributes, group_id, deduplication_id, sent_at, first_received_at,
            receive_count, source
        FROM messages AS candidate INDEXED BY messages_in_order
        WHERE queue = ?1 AND visible_at <= ?2 AND (?3 OR NOT EXISTS (
            SELECT 1 FROM messages AS earlier
            WHERE earlier.queue = ?1 AND earlier.group_id = candidate.group_id
                AND earlier.sequence < candidate.sequence AND earlier.visible_at > ?2))
        ORDER BY sequence LIMIT ?4";
    let read = |row: &Row<'_>| {
        Ok(Candidate {
            sequence: row.get(0)?,
            id: row.get(1)?,
            body: row.get(2)?,
            attributes: from_json(row, 3)?,
            group_id: row.get(4)?,
            deduplication_id: row.get(5)?,
            sent_at: row.get(6)?,
            first_received_at: row.get(7)?,
            receive_count: row.get(8)?,
            source: row.get(9)?,
        })
    };
    let mut statement = call.tx.prepare_cached(sql)?;
    let rows = statement.query_map(params![queue.name, call.now, !queue.attributes.fifo, most], read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn hand_out(
    call: &Call<'_>,
    queue: &Queue,
    request: &Request,
    candidate: Candidate,
    visibility: i64,
) -> Result<Message> {
    let receipt_handle = format!("{}-{}", candidate.sequence, uuid::Uuid::new_v4());
    let sql = "UPDATE messages SET receive_count = receive_count + 1, visible_at = ?2, receipt = ?3,
            first_received_at = coalesce(first_received_at, ?4)
        WHERE sequence = ?1";
    let visible_at = call.now + visibility * 1000;
    let values = params![candidate.sequence, visible_at, receipt_handle, call.now];
    call.tx.prepare_cached(sql)?.execute(values)?;

    let first_received_at = candidate.first_received_at.unwrap_or(call.now);
    let sequence = send::sequence_number(candidate.sequence);
    let attributes = [
        ("ApproximateFirstReceiveTimestamp", Some(first_received_at.to_string())),
        ("ApproximateReceiveCount", Some((candidate.receive_count + 1).to_string())),
        ("DeadLetterQueueSourceArn", candidate.source.as_deref().map(names::arn)),
        ("MessageDeduplicationId", candidate.deduplication_id),
        ("MessageGroupId", candidate.group_id),
        ("SenderId", Some("local".into())),
        ("SentTimestamp", Some(candidate.sent_at.to_string())),
        ("SequenceNumber", queue.attributes.fifo.then_some(sequence)),
    ];
    let system_wanted =
        |name: &str| wanted(&request.attribute_names, name) || wanted(&request.message_system_attribute_names, name);
    let mut message_attributes = candidate.attributes;
    message_attributes.retain(|name, _| wanted(&request.message_attribute_names, name));
    Ok(Message {
        message_id: candidate.id,
        receipt_handle,
        md5_of_body: message::md5_of_body(&candidate.body),
        body: candidate.body,
        attributes: attributes
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .filter(|(name, _)| system_wanted(name))
            .collect(),
        md5_of_attributes: message::md5_of_attributes(&message_attributes),
        message_attributes,
    })
}

/// Names are asked for one by one, by `prefix.*`, or all at once.
fn wanted(asked: &[String], name: &str) -> bool {
    let matches = |asked: &String| match asked.strip_suffix(".*") {
        Some(prefix) => name.starts_with(prefix),
        None => asked == name || asked == "All",
    };
    asked.iter().any(matches)
}
