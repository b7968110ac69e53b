//! A Slack workspace with one bot and one conversation: one of the [`fakes`].
use std::net::SocketAddr;

pub use fakes::Post;
use fakes::{Fakes, Fault, Reply};

pub const TOKEN: &str = "xoxb-of-the-pretend-slack";
/// By name; Slack itself uses the id, and accepts no name for an edit.
pub const CONVERSATION: &str = "#status";
const CONVERSATION_ID: &str = "C0123456789";

#[derive(Clone)]
pub struct Slack {
    pub address: SocketAddr,
    fakes: Fakes,
}

impl Slack {
    pub async fn start() -> Self {
        let fakes = Fakes::unlimited();
        fakes.set_slack_workspace(&[TOKEN], &[(CONVERSATION_ID, CONVERSATION)]);
        let address = fakes.listen().await.expect("free ports").http;
        Self { address, fakes }
    }

    /// A destination for the settings.
    pub fn destination(&self, id: &str) -> String {
        format!(
            "[[destination]]\nid = '{id}'\nchannel = 'slack'\ntoken = '{TOKEN}'\nconversation = '{CONVERSATION}'\n\
             api = 'http://{}/api'\n",
            self.address
        )
    }

    /// Refuses the next calls with these words, in turn; `None` lets one pass.
    pub fn refuse(&self, words: impl IntoIterator<Item = Option<&'static str>>) {
        let fault = |word: Option<&str>| word.map_or(Fault::Usual, |word| Reply::slack_error(word).into());
        self.fakes.behave(words.into_iter().map(fault));
    }

    /// Somebody deletes the message.
    pub fn delete(&self, ts: &str) {
        self.fakes.delete_slack_post(ts);
    }

    /// What stands in the conversation, oldest first.
    pub fn posts(&self) -> Vec<Post> {
        self.fakes.slack_posts()
    }

    /// Waits until it was called so often in all.
    pub async fn was_called(&self, times: usize) {
        self.fakes.has(times).await;
    }
}
