//! Dead letters: a message moves to the dead-letter queue at the first receive beyond the limit, and back on request.
use rusqlite::params;
use serde::Deserialize;

use super::{
    database::{Call, Queue},
    error::Result,
    names,
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Move {
    source_arn: String,
    destination_arn: Option<String>,
}

/// The dead-letter queue and how often a message may be received. `None` if the queue has none or it was deleted.
pub(super) fn dead_letters(call: &Call<'_>, queue: &Queue) -> Result<Option<(Queue, i64)>> {
    let Some(redrive) = &queue.attributes.redrive else {
        return Ok(None);
    };
    let dead_letters = call.find_queue(&redrive.queue)?;
    Ok(dead_letters.map(|dead_letters| (dead_letters, redrive.max_receive_count)))
}

pub(super) fn move_to_dlq(call: &Call<'_>, queue: &Queue, dead_letters: &Queue, sequence: i64) -> Result<()> {
    let sql = "UPDATE messages SET queue = ?2, source = ?3, visible_at = ?4, receipt = NULL
        WHERE sequence = ?1";
    call.tx.execute(sql, params![sequence, dead_letters.name, queue.name, call.now])?;
    call.changed(&dead_letters.name);
    Ok(())
}

/// Names of the queues that have this one as their dead-letter queue.
pub(super) fn sources(call: &Call<'_>, queue: &Queue) -> Result<Vec<String>> {
    let is_source = |other: &Queue| other.attributes.redrive.as_ref().is_some_and(|it| it.queue == queue.name);
    Ok(call.queues()?.into_iter().filter(is_source).map(|other| other.name).collect())
}

/// Moves dead letters to the queues they came from, or to the one requested, where they count as new. SQS does it in
/// the background, this server at once. Messages in flight stay.
pub(super) fn start_move(call: &Call<'_>, request: &Move) -> Result<()> {
    let from = call.queue(names::name_of_arn(&request.source_arn)?)?;
    let to = match &request.destination_arn {
        Some(arn) => Some(call.queue(names::name_of_arn(arn)?)?.name),
        None => None,
    };
    let sql = "UPDATE messages SET queue = coalesce(?2, source), source = NULL, visible_at = ?3, receipt = NULL,
            receive_count = 0, first_received_at = NULL
        WHERE queue = ?1 AND visible_at <= ?3 AND coalesce(?2, source) IN (SELECT name FROM queues)
        RETURNING queue";
    let mut statement = call.tx.prepare(sql)?;
    let mut rows = statement.query(params![from.name, to, call.now])?;
    while let Some(row) = rows.next()? {
        call.changed(&row.get::<_, String>(0)?);
    }
    Ok(())
}
