//! Why Slack does not accept a message.

/// Why a message is not accepted: Slack's word, and what is wrong with its blocks.
pub(super) struct ContentError {
    pub(super) word: &'static str,
    pub(super) details: Vec<String>,
}

impl From<&'static str> for ContentError {
    fn from(word: &'static str) -> Self {
        Self { word, details: Vec::new() }
    }
}
