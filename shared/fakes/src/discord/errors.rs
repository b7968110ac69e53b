//! Discord's error objects.
use serde_json::json;

use crate::fault::Reply;

/// The codes are those of <https://docs.discord.com/developers/topics/opcodes-and-status-codes#json>.
pub(super) fn error(status: u16, code: u32, message: &str) -> Reply {
    Reply::json(status, &json!({"message": message, "code": code}))
}
