//! The instance that a command is about: its store and its queues. On this machine that is the running one, through the
//! ports it serves them at, else its data folder; or a stack in AWS.
use anyhow::Context as _;
use local::stack::{Endpoints, Stack, find_queues};
use queue::send::{ChannelQueue, QueueUrls};
use startup::aws::AwsSettings;
use store::Store;

use crate::{
    bundle::{Bundle, TABLE},
    cli::SiteArgs,
};

pub struct Site {
    pub store: Store,
    pub sqs: aws_sdk_sqs::Client,
    pub queues: QueueUrls,
    pub dead_letters: QueueUrls,
    /// Whether somebody works the queues off now.
    pub is_running: bool,
    own: Option<Stack>,
}

impl Site {
    pub async fn open(args: &SiteArgs) -> anyhow::Result<Self> {
        let channels: Vec<&str> = channels::channels().iter().map(|channel| channel.name).collect();
        if let (Some(stack), Some(table)) = (&args.stack, &args.table) {
            let aws = AwsSettings::from_env().context("a deployed stack is reached through AWS")?;
            return Self::at(aws, table, &format!("{stack}-"), &channels).await;
        }
        if let Some(endpoints) = Endpoints::of(&args.data)? {
            let aws = AwsSettings::local(&endpoints.dynamodb, &endpoints.sqs);
            return Self::at(aws, TABLE, "", &channels).await;
        }
        anyhow::ensure!(
            args.data.exists(),
            "there is no data folder {}: name it with --data, or start `statuswire serve` first",
            args.data.display()
        );
        let stack = Bundle::stack(Some(&args.data)).await?;
        store::table::create_if_absent(&stack.dynamodb, TABLE).await.context("creating the table")?;
        Ok(Self {
            store: Store::new(&stack.dynamodb, TABLE),
            sqs: stack.sqs.clone(),
            queues: stack.queues.clone(),
            dead_letters: stack.dead_letters.clone(),
            is_running: false,
            own: Some(stack),
        })
    }

    async fn at(aws: AwsSettings, table: &str, prefix: &str, channels: &[&str]) -> anyhow::Result<Self> {
        let sqs = aws.sqs();
        let (queues, dead_letters) = find_queues(&sqs, prefix, channels).await?;
        let store = Store::new(&aws.dynamodb(), table);
        Ok(Self { store, sqs, queues, dead_letters, is_running: true, own: None })
    }

    /// The queue of a channel.
    pub fn queue(&self, channel: &str) -> anyhow::Result<ChannelQueue> {
        let url = self.queues.channels.get(channel).with_context(|| format!("no channel is called {channel}"))?;
        Ok(ChannelQueue::new(self.sqs.clone(), url))
    }

    pub async fn close(self) {
        if let Some(stack) = self.own {
            stack.stop().await;
        }
    }
}
