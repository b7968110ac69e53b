//! Stories on another DynamoDB and SQS than the embedded ones: `.ci/on_moto.py` runs some of them on moto's. Each world
//! has a region of its own there, and so its own table and queues.
use std::{
    process,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

use aws_sdk_sqs::{Client, types::QueueAttributeName};
use local::stack::{ALERTS_MAX_RECEIVE_COUNT, CHANNEL_MAX_RECEIVE_COUNT, Stack, VISIBILITY_SECONDS};
use serde_json::json;
use startup::{aws::AwsSettings, env};

/// The URL of both services. Without it stories run on the embedded ones.
const ENDPOINT: &str = "STORIES_ENDPOINT";

/// Replaces the services of a stack, if others are named. Those of the stack stay unused.
pub async fn attach(stack: &mut Stack) {
    static WORLDS: AtomicU32 = AtomicU32::new(0);
    let Some(endpoint) = env::optional(ENDPOINT).unwrap() else { return };
    let region = format!("story-{}-{}", process::id(), WORLDS.fetch_add(1, Relaxed));
    let settings = AwsSettings::from_variables(|name| {
        Ok(match name {
            "AWS_ENDPOINT_URL" => Some(endpoint.clone()),
            "AWS_REGION" => Some(region.clone()),
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("stories".to_owned()),
            _ => None,
        })
    });
    let settings = settings.unwrap();
    (stack.dynamodb, stack.sqs) = (settings.dynamodb(), settings.sqs());
    let (queue, letters) = create_pair(&stack.sqs, "alerts", ALERTS_MAX_RECEIVE_COUNT).await;
    (stack.queues.alerts, stack.dead_letters.alerts) = (queue, letters);
    for (channel, url) in &mut stack.queues.channels {
        let (queue, letters) = create_pair(&stack.sqs, channel, CHANNEL_MAX_RECEIVE_COUNT).await;
        *url = queue;
        stack.dead_letters.channels.insert(channel.clone(), letters);
    }
}

/// A queue and its dead-letter queue, as the template has them.
async fn create_pair(sqs: &Client, name: &str, max_receive_count: u32) -> (String, String) {
    let letters = sqs.create_queue().queue_name(format!("{name}-dlq.fifo"));
    let letters = letters.attributes(QueueAttributeName::FifoQueue, "true").send().await.unwrap().queue_url.unwrap();
    let found = sqs.get_queue_attributes().queue_url(&letters).attribute_names(QueueAttributeName::QueueArn);
    let arn = &found.send().await.unwrap().attributes.unwrap()[&QueueAttributeName::QueueArn];
    let policy = json!({"deadLetterTargetArn": arn, "maxReceiveCount": max_receive_count});
    let queue = sqs
        .create_queue()
        .queue_name(format!("{name}.fifo"))
        .attributes(QueueAttributeName::FifoQueue, "true")
        .attributes(QueueAttributeName::VisibilityTimeout, VISIBILITY_SECONDS.to_string())
        .attributes(QueueAttributeName::RedrivePolicy, policy.to_string());
    (queue.send().await.unwrap().queue_url.unwrap(), letters)
}
