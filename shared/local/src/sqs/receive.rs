//! Receiving. A message of a FIFO group can be received if no earlier message of the group is hidden. One response can
//! hold several messages of a group, in order. A message that was received too often moves to the dead-letter queue.
use std::collections::BTreeMap;

use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};

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

/// A message that can be received.
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
    visible_at: i64,
}

const CANDIDATE: &str = "SELECT sequence, id, body, attributes, group_id, deduplication_id, sent_at, first_received_at,
        receive_count, source, visible_at
    FROM messages";

/// Receives up to the requested number of messages.
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
            let to_message = |candidate| to_message(call, queue, request, candidate, visibility);
            return candidates.into_iter().map(to_message).collect();
        };
        for candidate in candidates.iter().filter(dead) {
            redrive::move_to_dlq(call, queue, dead_letters, candidate.sequence)?;
        }
    }
}

/// When the next message may become visible, in milliseconds since 1970. The head of a group is always its first.
pub(super) fn next_visible_at(call: &Call<'_>, queue: &Queue) -> Result<Option<i64>> {
    let sql = "SELECT min(visible_at) FROM messages INDEXED BY heads WHERE head AND queue = ?1 AND visible_at > ?2";
    let mut statement = call.tx.prepare_cached(sql)?;
    Ok(statement.query_row(params![queue.name, call.now], |row| row.get(0))?)
}

/// The visible heads and, up to `most` messages in all, the visible messages that follow them in their groups; sorted
/// by sequence number.
fn candidates(call: &Call<'_>, queue: &Queue, most: i64) -> Result<Vec<Candidate>> {
    let sql = format!(
        "{CANDIDATE} INDEXED BY heads WHERE head AND queue = ?1 AND visible_at <= ?2
         ORDER BY visible_at, sequence LIMIT ?3"
    );
    let mut statement = call.tx.prepare_cached(&sql)?;
    let heads = statement.query_map(params![queue.name, call.now, most], read_candidate)?;
    let mut found = heads.collect::<rusqlite::Result<Vec<_>>>()?;
    for head in 0..found.len() {
        let room = most - found.len() as i64;
        if room == 0 {
            break;
        }
        let Candidate { group_id: Some(group), sequence, .. } = &found[head] else { continue };
        let sql =
            format!("{CANDIDATE} WHERE queue = ?1 AND group_id = ?2 AND sequence > ?3 ORDER BY sequence LIMIT ?4");
        let mut statement = call.tx.prepare_cached(&sql)?;
        let followers = statement.query_map(params![queue.name, group, sequence, room], read_candidate)?;
        let followers = followers.collect::<rusqlite::Result<Vec<_>>>()?;
        found.extend(followers.into_iter().take_while(|candidate| candidate.visible_at <= call.now));
    }
    found.sort_unstable_by_key(|candidate| candidate.sequence);
    Ok(found)
}

fn read_candidate(row: &Row<'_>) -> rusqlite::Result<Candidate> {
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
        visible_at: row.get(10)?,
    })
}

fn to_message(
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
    let is_system_requested = |name: &str| {
        is_requested(&request.attribute_names, name) || is_requested(&request.message_system_attribute_names, name)
    };
    let mut message_attributes = candidate.attributes;
    message_attributes.retain(|name, _| is_requested(&request.message_attribute_names, name));
    Ok(Message {
        message_id: candidate.id,
        receipt_handle,
        md5_of_body: message::md5_of_body(&candidate.body),
        body: candidate.body,
        attributes: attributes
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .filter(|(name, _)| is_system_requested(name))
            .collect(),
        md5_of_attributes: message::md5_of_attributes(&message_attributes),
        message_attributes,
    })
}

/// Whether a request names the attribute: by its name, as `prefix.*` or as `All`.
fn is_requested(requested: &[String], name: &str) -> bool {
    let matches = |requested: &String| match requested.strip_suffix(".*") {
        Some(prefix) => name.starts_with(prefix),
        None => requested == name || requested == "All",
    };
    requested.iter().any(matches)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sqs::{database::Database, queues, receipts};

    /// Pseudo-random numbers, the same in every run.
    struct Numbers(u32);

    impl Numbers {
        fn below(&mut self, end: u32) -> u32 {
            self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (self.0 >> 16) % end
        }
    }

    #[test]
    fn receive_by_heads_finds_the_same_as_a_scan() {
        let database = Database::open(None).unwrap();
        let create = |call: &Call<'_>, name: &str, policy: Option<String>| {
            let fifo = ("FifoQueue".to_owned(), "true".to_owned());
            let policy = policy.map(|policy| ("RedrivePolicy".to_owned(), policy));
            queues::create(call, name, &std::iter::once(fifo).chain(policy).collect())
        };
        database.call(|call| create(call, "dead.fifo", None)).unwrap();
        let policy = json!({"deadLetterTargetArn": names::arn("dead.fifo"), "maxReceiveCount": 2}).to_string();
        database.call(|call| create(call, "live.fifo", Some(policy.clone()))).unwrap();
        let (mut numbers, mut held) = (Numbers(7), Vec::new());
        for step in 0..1_500 {
            let (kind, group, most) = (numbers.below(8), numbers.below(6), 1 + numbers.below(10));
            let operation = |call: &Call<'_>| {
                let queue = call.queue("live.fifo")?;
                match kind {
                    0..3 => {
                        let group = group.to_string();
                        let message = json!({"MessageBody": "b", "MessageGroupId": group,
                            "MessageDeduplicationId": step.to_string()});
                        send::one(call, &queue, &serde_json::from_value(message).unwrap())?;
                    }
                    3 | 4 => {
                        let by_heads: Vec<i64> = candidates(call, &queue, 10)?.iter().map(|it| it.sequence).collect();
                        let mut receivable = receivable(call)?;
                        if receivable.len() <= 10 {
                            assert_eq!(by_heads, receivable, "step {step}");
                        }
                        receivable.retain(|sequence| by_heads.contains(sequence));
                        assert_eq!(by_heads, receivable, "step {step}");
                        let request = json!({"QueueUrl": "live.fifo", "MaxNumberOfMessages": most});
                        held.extend(take(call, &queue, &serde_json::from_value(request).unwrap())?);
                    }
                    5 | 6 if !held.is_empty() => {
                        let message = held.swap_remove(numbers.below(held.len() as u32) as usize);
                        let receipt = json!({"ReceiptHandle": message.receipt_handle, "VisibilityTimeout": 0});
                        match kind {
                            5 => receipts::delete(call, &queue, &serde_json::from_value(receipt).unwrap())?,
                            _ => receipts::change_visibility(call, &queue, &serde_json::from_value(receipt).unwrap())?,
                        }
                    }
                    7 if group == 0 => {
                        let request = json!({"SourceArn": names::arn("dead.fifo")});
                        redrive::start_move(call, &serde_json::from_value(request).unwrap())?;
                    }
                    _ => {}
                }
                let wrong = "SELECT count(*) FROM messages AS message WHERE head = EXISTS (
                    SELECT 1 FROM messages AS earlier WHERE earlier.queue = message.queue
                        AND earlier.group_id = message.group_id AND earlier.sequence < message.sequence)";
                assert_eq!(call.tx.query_row(wrong, [], |row| row.get::<_, i64>(0))?, 0, "step {step}");
                Ok(())
            };
            database.call(operation).unwrap();
        }
    }

    /// The rule itself: visible, with no hidden message before it in its group.
    fn receivable(call: &Call<'_>) -> Result<Vec<i64>> {
        let sql = "SELECT sequence FROM messages AS candidate
            WHERE queue = 'live.fifo' AND visible_at <= ?1 AND NOT EXISTS (
                SELECT 1 FROM messages AS earlier
                WHERE earlier.queue = candidate.queue AND earlier.group_id = candidate.group_id
                    AND earlier.sequence < candidate.sequence AND earlier.visible_at > ?1)
            ORDER BY sequence";
        let mut statement = call.tx.prepare(sql)?;
        let rows = statement.query_map([call.now], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
