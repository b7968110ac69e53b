//! Sending to and delaying in a real queue.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use local::stack::{Stack, StackOptions};
use queue::{
    batch::EarlyAck,
    queues::Queues,
    send::{AlertsQueue, ChannelQueue},
    task::{DeliveryTask, RouteTask},
};

async fn start() -> Stack {
    Stack::start(StackOptions { folder: None, channels: &["slack"] }).await.unwrap()
}

fn channel(stack: &Stack) -> ChannelQueue {
    ChannelQueue::new(stack.sqs.clone(), &stack.queues.channels["slack"])
}

/// An alert of one of four providers.
fn route(number: usize) -> RouteTask {
    RouteTask {
        v: 1,
        alert: format!("alert {number}").into(),
        provider: format!("provider {}", number % 4).into(),
        cursor: None,
    }
}

fn task(destination: usize, number: usize) -> DeliveryTask {
    DeliveryTask {
        v: 1,
        delivery: format!("delivery {number} to {destination}").into(),
        alert: format!("alert {number}").into(),
        destination: format!("destination {destination}").into(),
        provider: "provider".into(),
        incident: "incident".into(),
        unknown: false,
        reopened: 0,
    }
}

async fn receive(stack: &Stack, url: &str) -> Vec<Message> {
    let request = stack.sqs.receive_message().queue_url(url).max_number_of_messages(10);
    let request = request.message_system_attribute_names(MessageSystemAttributeName::All);
    request.send().await.unwrap().messages.unwrap_or_default()
}

/// Deletes each batch before the next receive, because messages in flight hold back the rest of their groups.
async fn receive_all(stack: &Stack, url: &str) -> Vec<Message> {
    let mut all = Vec::new();
    loop {
        let messages = receive(stack, url).await;
        if messages.is_empty() {
            return all;
        }
        for message in &messages {
            let request = stack.sqs.delete_message().queue_url(url);
            request.receipt_handle(message.receipt_handle().unwrap()).send().await.unwrap();
        }
        all.extend(messages);
    }
}

fn read(message: &Message) -> DeliveryTask {
    serde_json::from_str(message.body().unwrap()).unwrap()
}

#[tokio::test]
async fn alerts_of_a_provider_are_queued_in_order_and_each_once() {
    let stack = start().await;
    let tasks: Vec<_> = (0..50).map(route).collect();
    let queue = AlertsQueue::new(stack.sqs.clone(), &stack.queues.alerts);
    queue.send(&tasks).await.unwrap();
    queue.send(&tasks).await.unwrap();
    let messages = receive_all(&stack, &stack.queues.alerts).await;
    let read = |message: &Message| serde_json::from_str::<RouteTask>(message.body().unwrap()).unwrap();
    let got: Vec<_> = messages.iter().map(read).collect();
    assert_eq!(got.len(), tasks.len());
    for first in 0..4 {
        let of_provider = got.iter().filter(|task| task.provider == route(first).provider);
        let expected: Vec<_> = tasks.iter().skip(first).step_by(4).collect();
        assert_eq!(of_provider.collect::<Vec<_>>(), expected);
    }
}

#[tokio::test]
async fn redriven_delivery_is_not_dropped_as_a_repeat() {
    let stack = start().await;
    for reopened in [0, 1, 1, 2] {
        channel(&stack).send(&[DeliveryTask { reopened, ..task(1, 1) }]).await.unwrap();
    }
    assert_eq!(receive_all(&stack, &stack.queues.channels["slack"]).await.len(), 3);
}

#[tokio::test]
async fn a_destination_gets_its_tasks_in_order_and_each_once() {
    let stack = start().await;
    let tasks: Vec<_> = (0..12).flat_map(|number| (0..5).map(move |destination| task(destination, number))).collect();
    channel(&stack).send(&tasks).await.unwrap();
    channel(&stack).send(&tasks).await.unwrap();
    let messages = receive_all(&stack, &stack.queues.channels["slack"]).await;
    assert_eq!(messages.len(), tasks.len());
    for destination in 0..5 {
        let group = format!("destination {destination}");
        let attribute = MessageSystemAttributeName::MessageGroupId;
        let of_group = messages.iter().filter(|message| message.attributes().unwrap()[&attribute] == group);
        let expected: Vec<_> = (0..12).map(|number| task(destination, number)).collect();
        assert_eq!(of_group.map(read).collect::<Vec<_>>(), expected);
    }
}

#[tokio::test]
async fn delayed_task_holds_back_later_ones() {
    let stack = start().await;
    let url = &stack.queues.channels["slack"];
    channel(&stack).send(&[task(1, 1), task(1, 2), task(2, 1)]).await.unwrap();
    let messages = receive(&stack, url).await;
    for message in &messages {
        let hidden = if read(message) == task(1, 1) { Duration::from_secs(600) } else { Duration::ZERO };
        channel(&stack).delay(message.receipt_handle().unwrap(), hidden).await.unwrap();
    }
    let again: Vec<_> = receive(&stack, url).await.iter().map(read).collect();
    assert_eq!(again, [task(2, 1)]);
}

#[tokio::test]
async fn delay_beyond_the_limit_of_sqs_is_cut() {
    let stack = start().await;
    channel(&stack).send(&[task(1, 1)]).await.unwrap();
    let message = receive(&stack, &stack.queues.channels["slack"]).await.remove(0);
    channel(&stack).delay(message.receipt_handle().unwrap(), Duration::from_secs(90_000)).await.unwrap();
}

#[tokio::test]
async fn error_counts_tasks_not_queued_and_nothing_overtakes() {
    let stack = start().await;
    let url = &stack.queues.alerts;
    let request = stack.sqs.set_queue_attributes().queue_url(url);
    request.attributes(QueueAttributeName::MaximumMessageSize, "1024").send().await.unwrap();
    let mut tasks: Vec<_> = (0..23).map(route).collect();
    tasks[3] = RouteTask { alert: "x".repeat(2000).as_str().into(), ..route(3) };
    let error = AlertsQueue::new(stack.sqs.clone(), url).send(&tasks).await.unwrap_err();
    // The first tasks of three providers were accepted. Later tasks must not overtake the refused one.
    assert_eq!((error.unsent, error.total), (20, 23));
    assert!(error.to_string().starts_with("20 of 23 tasks"), "{error}");
    assert_eq!(receive_all(&stack, url).await.len(), 3);
}

#[tokio::test]
async fn missing_queue_is_named() {
    let stack = start().await;
    let url = stack.queues.alerts.replace("alerts", "nope");
    let error = AlertsQueue::new(stack.sqs.clone(), &url).send(&[route(1)]).await.unwrap_err();
    assert!(error.to_string().contains(&url), "{error}");
}

#[tokio::test]
async fn stack_may_leave_out_channels_but_not_the_router() {
    let stack = start().await;
    let queues = Queues::find(&stack.sqs, "", &["slack", "teams"]).await.unwrap();
    assert!(queues.channel("slack").is_ok());
    let error = queues.channel("teams").err().unwrap().to_string();
    assert_eq!(error, "this stack leaves out the channel teams: deploy it first");
    assert_eq!(queues.dead_letters.keys().collect::<Vec<_>>(), ["alerts", "slack"]);
    let error = Queues::find(&stack.sqs, "other-", &["slack"]).await.err().unwrap().to_string();
    assert!(error.starts_with("the queue other-alerts.fifo was not found: no queue has this name"), "{error}");
}

#[tokio::test]
async fn message_that_failed_is_hidden_for_its_pause_and_not_for_its_visibility_timeout() {
    let stack = start().await;
    let alerts = AlertsQueue::new(stack.sqs.clone(), &stack.queues.alerts);
    alerts.send(&[route(1), route(2)]).await.unwrap();
    let received = receive(&stack, &stack.queues.alerts).await;
    let receipt = |at: usize| received[at].receipt_handle().unwrap().to_owned();
    alerts.early_ack(EarlyAck::Hide(receipt(0), Duration::ZERO)).await;
    alerts.early_ack(EarlyAck::Hide(receipt(1), Duration::from_secs(60))).await;
    let again = receive(&stack, &stack.queues.alerts).await;
    assert_eq!(again.len(), 1);
    assert_eq!(again[0].message_id(), received[0].message_id());
    stack.stop().await;
}
