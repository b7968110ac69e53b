//! The instance that a command is about: its store and its queues. On this machine that is the running one, through the
//! ports it serves them at, else its data folder; or a stack in AWS.
use anyhow::Context as _;
use local::stack::{Endpoints, Stack};
use queue::queues::Queues;
use startup::aws::AwsSettings;
use store::Store;

use crate::{
    bundle::{Bundle, TABLE},
    cli::SiteArgs,
};

pub struct Site {
    pub store: Store,
    pub queues: Queues,
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
            queues: Queues::of(&stack.sqs, &stack.queues, &stack.dead_letters),
            is_running: false,
            own: Some(stack),
        })
    }

    async fn at(aws: AwsSettings, table: &str, prefix: &str, channels: &[&str]) -> anyhow::Result<Self> {
        let queues = Queues::find(&aws.sqs(), prefix, channels).await?;
        Ok(Self { store: Store::new(&aws.dynamodb(), table), queues, is_running: true, own: None })
    }

    pub async fn close(self) {
        if let Some(stack) = self.own {
            stack.stop().await;
        }
    }
}
