//! Operations on queues as a whole.
use std::collections::BTreeMap;

use rusqlite::{Row, params};

use super::{
    attributes::Attributes,
    database::{Call, Queue, to_json},
    error::{Result, SqsError},
    names,
};

/// Creates a queue. If it exists, it is an error only if a given attribute differs.
pub(super) fn create(call: &Call<'_>, name: &str, given: &BTreeMap<String, String>) -> Result<()> {
    check_name(name)?;
    let fifo = name.ends_with(".fifo");
    if fifo != (given.get("FifoQueue").is_some_and(|value| value == "true")) {
        return Err(SqsError::invalid("The name of a FIFO queue can only end with .fifo, and must."));
    }
    if let Some(existing) = call.find_queue(name)? {
        // Compared after parsing, because a redrive policy can be written in several ways.
        let (before, mut changed) = (existing.attributes.list(), existing.attributes);
        for (attribute, value) in given {
            changed.set(attribute, value)?;
            if changed.list() != before {
                return Err(SqsError::queue_exists(attribute));
            }
        }
        return Ok(());
    }
    let attributes = merged(call, name, Attributes::new(fifo), given)?;
    let sql = "INSERT INTO queues(name, attributes, created_at) VALUES (?1, ?2, ?3)";
    call.tx.execute(sql, params![name, to_json(&attributes), call.now])?;
    Ok(())
}

pub(super) fn set_attributes(call: &Call<'_>, queue: Queue, given: &BTreeMap<String, String>) -> Result<()> {
    let attributes = merged(call, &queue.name, queue.attributes, given)?;
    let sql = "UPDATE queues SET attributes = ?2 WHERE name = ?1";
    call.tx.execute(sql, params![queue.name, to_json(&attributes)])?;
    Ok(())
}

fn merged(
    call: &Call<'_>,
    name: &str,
    mut attributes: Attributes,
    given: &BTreeMap<String, String>,
) -> Result<Attributes> {
    for (attribute, value) in given {
        attributes.set(attribute, value)?;
    }
    if let Some(redrive) = &attributes.redrive {
        let dead_letters = call.queue(&redrive.queue)?;
        if dead_letters.attributes.fifo != attributes.fifo {
            let problem =
                format!("The dead-letter queue of {name} must be of the same type, which {} is not.", redrive.queue);
            return Err(SqsError::invalid(problem));
        }
    }
    Ok(attributes)
}

fn check_name(name: &str) -> Result<()> {
    let stem = name.strip_suffix(".fifo").unwrap_or(name);
    let valid = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
    if name.len() > 80 || stem.is_empty() || !stem.chars().all(valid) {
        return Err(SqsError::invalid(
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
        ));
    }
    Ok(())
}

/// The requested attributes, by name or with `All`.
pub(super) fn attributes(call: &Call<'_>, queue: &Queue, names: &[String]) -> Result<BTreeMap<&'static str, String>> {
    let sql = "SELECT count(*) FILTER (WHERE visible_at <= ?2),
            count(*) FILTER (WHERE visible_at > ?2 AND receipt IS NOT NULL),
            count(*) FILTER (WHERE visible_at > ?2 AND receipt IS NULL)
        FROM messages WHERE queue = ?1";
    let counts = |row: &Row<'_>| Ok([row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?]);
    let [visible, in_flight, delayed] = call.tx.query_row(sql, params![queue.name, call.now], counts)?;
    let sql = "SELECT created_at FROM queues WHERE name = ?1";
    let created_at: i64 = call.tx.query_row(sql, [&queue.name], |row| row.get(0))?;
    let mut list = queue.attributes.list();
    list.extend([
        ("ApproximateNumberOfMessages", visible.to_string()),
        ("ApproximateNumberOfMessagesNotVisible", in_flight.to_string()),
        ("ApproximateNumberOfMessagesDelayed", delayed.to_string()),
        ("CreatedTimestamp", (created_at / 1000).to_string()),
        ("QueueArn", names::arn(&queue.name)),
    ]);
    list.retain(|name, _| names.iter().any(|requested| requested == "All" || requested == name));
    Ok(list)
}

pub(super) fn delete(call: &Call<'_>, queue: &Queue) -> Result<()> {
    call.tx.execute("DELETE FROM queues WHERE name = ?1", [&queue.name])?;
    Ok(())
}

pub(super) fn purge(call: &Call<'_>, queue: &Queue) -> Result<()> {
    call.tx.execute("DELETE FROM messages WHERE queue = ?1", [&queue.name])?;
    Ok(())
}
