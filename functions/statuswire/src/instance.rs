//! The instance that a command works on: its store and its queues. On this machine it is the running instance, reached
//! through the socket in its data folder; if none runs, the data folder is opened. Otherwise it is a stack in AWS.
use anyhow::Context as _;
use local::{folder::DataFolder, socket, stack::Stack};
use queue::queues::Queues;
use startup::aws::AwsSettings;
use store::{Keyring, Store};

use crate::{
    aws,
    cli::InstanceArgs,
    local_app::{LocalApp, TABLE},
};

/// An open instance. [`Instance::close`] writes an opened data folder to disk.
pub struct Instance {
    pub store: Store,
    pub queues: Queues,
    /// Whether functions are processing the queues now.
    pub is_running: bool,
    /// The stack over the data folder, if this process opened it.
    own_stack: Option<Stack>,
}

impl Instance {
    pub async fn open(args: &InstanceArgs) -> anyhow::Result<Self> {
        startup::clock::check()?;
        let channels: Vec<&str> = channels::channels().iter().map(|channel| channel.name).collect();
        if let (Some(stack), Some(table)) = (&args.stack, &args.table) {
            let aws = aws::settings().await.context("--stack")?;
            let keys = match &args.keys {
                Some(keys) => Some(aws.secret("--keys", keys.clone()).await?),
                None => None,
            };
            let keyring = keys.map(|keys| Keyring::parse(&keys)).transpose().context("--keys")?;
            return Self::connect(aws, table, &format!("{stack}-"), &channels, keyring).await;
        }
        if let Some(aws) = socket::of_running(&args.data)? {
            let keyring = Keyring::parse(&DataFolder::keys_of(&args.data)?).context("the keys in the data folder")?;
            return Self::connect(aws, TABLE, "", &channels, Some(keyring)).await;
        }
        anyhow::ensure!(
            args.data.exists(),
            "data folder {} not found: choose it with --data, or run `statuswire serve` first",
            args.data.display()
        );
        Self::open_folder(args).await
    }

    /// The same; creates the data folder if it does not exist.
    pub async fn open_or_create(args: &InstanceArgs) -> anyhow::Result<Self> {
        if args.stack.is_some() || args.data.exists() { Self::open(args).await } else { Self::open_folder(args).await }
    }

    async fn open_folder(args: &InstanceArgs) -> anyhow::Result<Self> {
        let stack = LocalApp::start_stack(Some(&args.data)).await?;
        store::table::create_if_absent(&stack.dynamodb, TABLE).await.context("creating the table")?;
        Ok(Self {
            store: LocalApp::store(&stack)?,
            queues: Queues::of(&stack.sqs, &stack.queues, &stack.dead_letters),
            is_running: false,
            own_stack: Some(stack),
        })
    }

    async fn connect(
        aws: AwsSettings,
        table: &str,
        prefix: &str,
        channels: &[&str],
        keyring: Option<Keyring>,
    ) -> anyhow::Result<Self> {
        let queues = Queues::find(&aws.sqs(), prefix, channels).await?;
        let mut store = Store::new(&aws.dynamodb(), table);
        if let Some(keyring) = keyring {
            store = store.with_keys(keyring, ::channels::is_secret);
        }
        Ok(Self { store, queues, is_running: true, own_stack: None })
    }

    pub async fn close(self) {
        if let Some(stack) = self.own_stack {
            stack.stop().await;
        }
    }
}
