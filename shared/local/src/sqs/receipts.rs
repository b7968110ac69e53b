//! Operations on received messages. Only the newest receipt of a message counts: an older one deletes nothing.
use rusqlite::params;
use serde::Deserialize;

use super::{
    database::{Call, Queue},
    error::{Result, SqsError},
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Delete {
    receipt_handle: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ChangeVisibility {
    receipt_handle: String,
    visibility_timeout: i64,
}

pub(super) fn delete(call: &Call<'_>, queue: &Queue, request: &Delete) -> Result<()> {
    let sequence = sequence(&request.receipt_handle)?;
    let sql = "DELETE FROM messages WHERE sequence = ?1 AND queue = ?2 AND receipt = ?3";
    let mut statement = call.tx.prepare_cached(sql)?;
    statement.execute(params![sequence, queue.name, request.receipt_handle])?;
    if queue.attributes.fifo {
        call.changed(&queue.name);
    }
    Ok(())
}

pub(super) fn change_visibility(call: &Call<'_>, queue: &Queue, request: &ChangeVisibility) -> Result<()> {
    let sequence = sequence(&request.receipt_handle)?;
    if !(0..=12 * 3600).contains(&request.visibility_timeout) {
        return Err(SqsError::invalid("VisibilityTimeout must be between 0 and 43200."));
    }
    let sql = "UPDATE messages SET visible_at = ?4
        WHERE sequence = ?1 AND queue = ?2 AND receipt = ?3 AND visible_at > ?5";
    let visible_at = call.now + request.visibility_timeout * 1000;
    let values = params![sequence, queue.name, request.receipt_handle, visible_at, call.now];
    if call.tx.prepare_cached(sql)?.execute(values)? == 0 {
        return Err(SqsError::not_in_flight());
    }
    call.changed(&queue.name);
    Ok(())
}

/// A receipt handle starts with the sequence number of its message, so that no index is needed to find it.
fn sequence(receipt_handle: &str) -> Result<i64> {
    let number = receipt_handle.split_once('-').and_then(|(number, _)| number.parse().ok());
    number.ok_or_else(SqsError::bad_receipt_handle)
}
