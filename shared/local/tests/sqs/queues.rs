//! Operations on whole queues.

use aws_sdk_sqs::types::QueueAttributeName as Attribute;

use crate::Queues;

#[tokio::test]
async fn a_queue_can_be_created_again_but_not_with_other_attributes() {
    let queues = Queues::start().await;
    queues.create("q", &[(Attribute::VisibilityTimeout, "2")]).await;
    queues.create("q", &[(Attribute::VisibilityTimeout, "2")]).await;
    let request = queues.sqs.create_queue().queue_name("q").attributes(Attribute::VisibilityTimeout, "9");
    let error = request.send().await.unwrap_err().into_service_error();
    assert!(error.is_queue_name_exists(), "{error:?}");
}

#[tokio::test]
async fn attributes_can_be_changed_and_unknown_ones_are_refused() {
    let queues = Queues::start().await;
    let queue = queues.create("q", &[]).await;
    assert_eq!(queue.attribute(Attribute::VisibilityTimeout).await, "30");
    let set = |name, value: &str| {
        let request = queues.sqs.set_queue_attributes().queue_url(&queue.url);
        request.attributes(name, value).send()
    };
    set(Attribute::VisibilityTimeout, "7").await.unwrap();
    assert_eq!(queue.attribute(Attribute::VisibilityTimeout).await, "7");
    assert!(set(Attribute::VisibilityTimeout, "50000").await.is_err());
    assert!(set(Attribute::KmsMasterKeyId, "key").await.unwrap_err().into_service_error().is_invalid_attribute_name());
}

#[tokio::test]
async fn a_missing_queue_is_a_typed_error() {
    let queues = Queues::start().await;
    let error = queues.sqs.get_queue_url().queue_name("nope").send().await.unwrap_err().into_service_error();
    assert!(error.is_queue_does_not_exist(), "{error:?}");
    let url = queues.create("yes", &[]).await.url.replace("/yes", "/nope");
    let error = queues.sqs.send_message().queue_url(url).message_body("b").send().await.unwrap_err();
    assert!(error.into_service_error().is_queue_does_not_exist());
}

#[tokio::test]
async fn queues_are_listed_by_prefix_and_can_be_deleted() {
    let queues = Queues::start().await;
    let (a, _) = (queues.create("a", &[]).await, queues.create("b", &[]).await);
    let list = async |prefix: &str| {
        let listed = queues.sqs.list_queues().queue_name_prefix(prefix).send().await.unwrap();
        listed.queue_urls.unwrap_or_default()
    };
    assert_eq!(list("").await.len(), 2);
    assert_eq!(list("a").await, [a.url.as_str()]);
    a.send("gone with the queue").await;
    queues.sqs.delete_queue().queue_url(&a.url).send().await.unwrap();
    assert!(list("a").await.is_empty());
    assert!(queues.create("a", &[]).await.bodies().await.is_empty());
}

#[tokio::test]
async fn a_purged_queue_is_empty() {
    let queues = Queues::start().await;
    let queue = queues.create("q", &[]).await;
    queue.send("b").await;
    queues.sqs.purge_queue().queue_url(&queue.url).send().await.unwrap();
    assert!(queue.bodies().await.is_empty());
}

#[tokio::test]
async fn an_unknown_operation_says_so() {
    let queues = Queues::start().await;
    let queue = queues.create("q", &[]).await;
    let error = queues.sqs.tag_queue().queue_url(&queue.url).tags("k", "v").send().await.unwrap_err();
    assert!(error.into_service_error().is_unsupported_operation());
}
