//! The local stack as a whole: its queues, their attributes, and what survives a restart.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
    TimeToLiveSpecification,
};
use aws_sdk_sqs::types::QueueAttributeName as Attribute;
use local::stack::{self, Stack, StackOptions};
use serde_json::{Value, json};

async fn start(folder: Option<&std::path::Path>, channels: &[&str]) -> Stack {
    Stack::start(StackOptions { folder, channels }).await.unwrap()
}

async fn create_table(stack: &Stack) {
    let key = AttributeDefinition::builder().attribute_name("pk").attribute_type(ScalarAttributeType::S).build();
    let schema = KeySchemaElement::builder().attribute_name("pk").key_type(KeyType::Hash).build();
    let request = stack.dynamodb.create_table().table_name("table").billing_mode(BillingMode::PayPerRequest);
    request.attribute_definitions(key.unwrap()).key_schema(schema.unwrap()).send().await.unwrap();
}

async fn exists(stack: &Stack, pk: &str) -> bool {
    let request = stack.dynamodb.get_item().table_name("table").key("pk", AttributeValue::S(pk.into()));
    request.send().await.unwrap().item.is_some()
}

async fn attribute(stack: &Stack, url: &str, name: Attribute) -> Option<String> {
    let request = stack.sqs.get_queue_attributes().queue_url(url).attribute_names(Attribute::All);
    request.send().await.unwrap().attributes.unwrap().remove(&name)
}

#[tokio::test]
async fn every_queue_has_its_dead_letters_and_the_documented_attributes() {
    let stack = start(None, &["slack", "webhook"]).await;
    let pairs = [
        (&stack.queues.alerts, &stack.dead_letters.alerts, "alerts", stack::ALERTS_MAX_RECEIVE_COUNT),
        (
            &stack.queues.channels["slack"],
            &stack.dead_letters.channels["slack"],
            "slack",
            stack::CHANNEL_MAX_RECEIVE_COUNT,
        ),
        (
            &stack.queues.channels["webhook"],
            &stack.dead_letters.channels["webhook"],
            "webhook",
            stack::CHANNEL_MAX_RECEIVE_COUNT,
        ),
    ];
    for (queue, dead_letters, name, max_receive_count) in pairs {
        assert!(queue.ends_with(&format!("/{name}.fifo")), "{queue}");
        assert!(dead_letters.ends_with(&format!("/{name}-dlq.fifo")), "{dead_letters}");
        let arn = attribute(&stack, dead_letters, Attribute::QueueArn).await.unwrap();
        let policy: Value =
            serde_json::from_str(&attribute(&stack, queue, Attribute::RedrivePolicy).await.unwrap()).unwrap();
        assert_eq!(policy, json!({"deadLetterTargetArn": arn, "maxReceiveCount": max_receive_count}));
        for url in [queue, dead_letters] {
            let visibility = attribute(&stack, url, Attribute::VisibilityTimeout).await;
            assert_eq!(visibility, Some(stack::VISIBILITY_SECONDS.to_string()));
            let retention = attribute(&stack, url, Attribute::MessageRetentionPeriod).await;
            assert_eq!(retention, Some(stack::RETENTION_SECONDS.to_string()));
        }
    }
}

#[tokio::test]
async fn items_and_messages_survive_a_restart() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("data");
    let stack = start(Some(&folder), &["slack"]).await;
    create_table(&stack).await;
    let put = stack.dynamodb.put_item().table_name("table").item("pk", AttributeValue::S("kept".into()));
    put.send().await.unwrap();
    stack
        .sqs
        .send_message()
        .queue_url(&stack.queues.alerts)
        .message_body("kept")
        .message_group_id("group")
        .message_deduplication_id("key")
        .send()
        .await
        .unwrap();
    let second = Stack::start(StackOptions { folder: Some(&folder), channels: &[] }).await;
    assert!(second.err().expect("refused").to_string().contains("in use"));
    stack.stop().await;

    let stack = start(Some(&folder), &["slack", "discord"]).await;
    assert!(exists(&stack, "kept").await);
    let messages = stack.sqs.receive_message().queue_url(&stack.queues.alerts).send().await.unwrap().messages.unwrap();
    assert_eq!(messages[0].body(), Some("kept"));
    assert_eq!(stack.queues.channels.len(), 2);
}

#[tokio::test]
async fn queues_of_an_earlier_version_get_the_current_attributes() {
    let parent = tempfile::tempdir().unwrap();
    let stack = start(Some(parent.path()), &["slack"]).await;
    let request = stack.sqs.set_queue_attributes().queue_url(&stack.queues.channels["slack"]);
    request
        .attributes(Attribute::VisibilityTimeout, "5")
        .attributes(Attribute::RedrivePolicy, "")
        .send()
        .await
        .unwrap();
    stack.stop().await;

    let stack = start(Some(parent.path()), &["slack"]).await;
    let url = &stack.queues.channels["slack"];
    let visibility = attribute(&stack, url, Attribute::VisibilityTimeout).await;
    assert_eq!(visibility, Some(stack::VISIBILITY_SECONDS.to_string()));
    assert!(attribute(&stack, url, Attribute::RedrivePolicy).await.is_some());
}

#[tokio::test]
async fn expired_items_are_removed() {
    let parent = tempfile::tempdir().unwrap();
    let stack = start(Some(parent.path()), &[]).await;
    create_table(&stack).await;
    let ttl = TimeToLiveSpecification::builder().enabled(true).attribute_name("expires_at").build().unwrap();
    let request = stack.dynamodb.update_time_to_live().table_name("table").time_to_live_specification(ttl);
    request.send().await.unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    for (pk, expires_at) in [("old", now - 60), ("new", now + 3600)] {
        let put = stack.dynamodb.put_item().table_name("table").item("pk", AttributeValue::S(pk.into()));
        put.item("expires_at", AttributeValue::N(expires_at.to_string())).send().await.unwrap();
    }
    stack.stop().await;

    // The first sweep is at the start.
    let stack = start(Some(parent.path()), &[]).await;
    let gone = async {
        while exists(&stack, "old").await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone).await.expect("swept");
    assert!(exists(&stack, "new").await);
}
