//! What a message says, as far as Slack accepts it.
use serde_json::Value;

use super::{blocks, error::ContentError};

/// Characters; what is longer is cut: <https://docs.slack.dev/reference/methods/chat.postMessage#truncating>.
const TEXT: usize = 40_000;

pub(super) struct Content {
    pub(super) text: String,
    pub(super) blocks: Vec<Value>,
}

pub(super) fn content(body: &Value) -> Result<Content, ContentError> {
    let blocks = match &body["blocks"] {
        Value::Null => Vec::new(),
        Value::Array(blocks) => blocks.clone(),
        _ => return Err("invalid_blocks_format".into()),
    };
    blocks::check(&blocks)?;
    let text: String = body["text"].as_str().unwrap_or_default().chars().take(TEXT).collect();
    if text.is_empty() && blocks.is_empty() {
        return Err("no_text".into());
    }
    Ok(Content { text, blocks })
}
