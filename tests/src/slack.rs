//! A Slack workspace with one bot and one conversation: one of the [`fakes`].
use std::net::SocketAddr;

pub use fakes::Post;
use fakes::{Fakes, Fault, Reply};

pub const TOKEN: &str = "xoxb-of-the-pretend-slack";
/// A name. Slack itself uses the id, and accepts no name for an edit.
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

    /// The settings of a destination.
    pub fn destination(&self, id: &str) -> String {
        format!(
            "[[destination]]\nid = '{id}'\nchannel = 'slack'\ntoken = '{TOKEN}'\nconversation = '{CONVERSATION}'\n\
             api = 'http://{}/api'\n",
            self.address
        )
    }

    /// Refuses the next calls with these errors, one each; `None` accepts the call.
    pub fn refuse(&self, errors: impl IntoIterator<Item = Option<&'static str>>) {
        let fault = |error: Option<&str>| error.map_or(Fault::None, |error| Reply::slack_error(error).into());
        self.fakes.set_faults(errors.into_iter().map(fault));
    }

    /// Deletes a message, as a person could.
    pub fn delete(&self, ts: &str) {
        self.fakes.delete_slack_post(ts);
    }

    /// The messages in the conversation, oldest first.
    pub fn posts(&self) -> Vec<Post> {
        self.fakes.slack_posts()
    }

    /// Waits until it was called this many times in all.
    pub async fn was_called(&self, times: usize) {
        self.fakes.has(times).await;
    }
}
