//! The world of large fan-outs: very many destinations, store and queues in memory, and a router between them. What the
//! router queues is read from the queues; nothing is delivered.
use std::{collections::BTreeMap, sync::Arc};

use anyhow::Context as _;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, MessageSystemAttributeName};
use futures_util::{StreamExt as _, TryStreamExt as _, future::join_all, stream};
use jiff::Timestamp;
use local::{
    event_source::{EventSource, Handled, run_until_idle},
    function::handler,
    stack::{Stack, StackOptions},
};
use queue::{
    send::{AlertsQueue, ChannelQueue},
    task::DeliveryTask,
};
use router::{Bounds, Router};
use serde_json::{Value, json};
use status::{
    alert::{Alert, IncidentFacts},
    ids::{AlertId, DestinationId},
    monitor::{ComponentFilter, Destination, Group, Monitor, Scope, Settings, WhenUnknown},
    provider::Provider,
    snapshot::Kind,
    words::{Event, Severity},
};
use store::{AccountSettings, Store};

use crate::faults::Faults;

const TABLE: &str = "statuswire";
const CHANNEL: &str = "webhook";
const BATCH_WRITE_ITEMS: usize = 25;
const CONCURRENT_REQUESTS: usize = 8;

pub struct Audience {
    pub stack: Stack,
    pub store: Store,
    pub router: Arc<Router>,
}

impl Audience {
    pub async fn start(bounds: Bounds) -> Self {
        Self::with_faults(bounds, &Faults::new(0)).await
    }

    /// The router's requests pass through `faults`; those of the story do not.
    pub async fn with_faults(bounds: Bounds, faults: &Faults) -> Self {
        let mut stack = Stack::start(StackOptions { folder: None, channels: &[CHANNEL] }).await.unwrap();
        store::table::create_if_absent(&stack.dynamodb, TABLE).await.unwrap();
        let (dynamodb, sqs) = (stack.dynamodb.clone(), stack.sqs.clone());
        faults.arm(&mut stack);
        let channel = ChannelQueue::new(stack.sqs.clone(), &stack.queues.channels[CHANNEL]);
        let alerts = AlertsQueue::new(stack.sqs.clone(), &stack.queues.alerts);
        let channels = BTreeMap::from([(CHANNEL.to_owned(), channel)]);
        let router = Router::new(Store::new(&stack.dynamodb, TABLE), alerts, channels).with_bounds(bounds);
        (stack.dynamodb, stack.sqs) = (dynamodb, sqs);
        Self { store: Store::new(&stack.dynamodb, TABLE), router: Arc::new(router), stack }
    }

    /// Replaces the settings of an account.
    pub async fn apply(&self, account: &str, monitors: Vec<Monitor>, groups: Vec<Group>, ids: &[DestinationId]) {
        let destination = |id: &DestinationId| Destination {
            label: None,
            id: id.clone(),
            account: account.into(),
            channel: CHANNEL.to_owned(),
            settings: Settings::default(),
        };
        let destinations: Vec<Destination> = ids.iter().map(destination).collect();
        self.write_destinations(&destinations).await;
        let settings = AccountSettings { destinations, groups, monitors, ..AccountSettings::default() };
        self.store.apply(&account.into(), &settings).await.unwrap();
    }

    /// As they are stored, so that the settings find them unchanged: they would take a transaction for each.
    async fn write_destinations(&self, destinations: &[Destination]) {
        let row = |keys: [String; 2], own: &Value, destination: &Destination| {
            let [partition, sort] = keys;
            let mut row = json!({"pk": partition, "sk": sort, "type": "destination", "definition": destination});
            row.as_object_mut().unwrap().extend(own.as_object().cloned().unwrap_or_default());
            let row = row.as_object().unwrap().iter().map(|(name, value)| (name.clone(), attribute(value)));
            let put = PutRequest::builder().set_item(Some(row.collect())).build().unwrap();
            WriteRequest::builder().put_request(put).build()
        };
        let rows = destinations.iter().flat_map(|destination| {
            let (id, account) = (&destination.id, &destination.account);
            let of_account = row([format!("ACCOUNT#{account}"), format!("DESTINATION#{id}")], &json!({}), destination);
            let keys = [format!("DESTINATION#{id}"), "DESTINATION".to_owned()];
            [of_account, row(keys, &json!({"account": account}), destination)]
        });
        let rows: Vec<WriteRequest> = rows.collect();
        let write = async |rows: &[WriteRequest]| {
            self.stack.dynamodb.batch_write_item().request_items(TABLE, rows.to_vec()).send().await
        };
        let written = stream::iter(rows.chunks(BATCH_WRITE_ITEMS)).map(write).buffer_unordered(CONCURRENT_REQUESTS);
        written.try_for_each(|_| std::future::ready(Ok(()))).await.unwrap();
    }

    /// Stores and queues alerts of one provider, in this order.
    pub async fn commit(&self, alerts: &[Alert]) {
        for alert in alerts {
            self.store.put_alert(alert, alert.seen_at).await.unwrap();
        }
        let ids: Vec<AlertId> = alerts.iter().map(|alert| alert.id.clone()).collect();
        let queue = AlertsQueue::new(self.stack.sqs.clone(), &self.stack.queues.alerts);
        queue.send_alerts(&alerts[0].provider, &ids).await.unwrap();
    }

    /// Routes until no alert is left that can be received.
    pub async fn route(&self) -> Handled {
        let router = self.router.clone();
        let route = handler(move |event| {
            let router = router.clone();
            async move {
                let event: SqsEvent = serde_json::from_value(event).context("parsing the event")?;
                Ok(serde_json::to_value(router.handle(event).await)?)
            }
        });
        let (sqs, queue_url) = (self.stack.sqs.clone(), self.stack.queues.alerts.clone());
        let source = EventSource { sqs, queue_url, batch_size: 10, concurrency: 4, handler: route };
        run_until_idle(&[source]).await.unwrap()
    }

    /// One invocation of the router with these alerts, as if each had been received by this receipt.
    pub async fn invoke(&self, alerts: &[&Alert], receipt: &str) -> SqsBatchResponse {
        self.router.handle(event(alerts, receipt)).await
    }

    /// Invokes the router with the alert until its fan-out is done. Returns the number of invocations.
    pub async fn route_alone(&self, alert: &Alert) -> usize {
        for count in 1..1_000 {
            if self.invoke(&[alert], &format!("receipt {count}")).await.batch_item_failures.is_empty() {
                return count;
            }
        }
        panic!("the fan-out of {} does not end", alert.id)
    }

    /// Takes all tasks out of the channel's queue: those of each destination, in order.
    pub async fn take_tasks(&self) -> BTreeMap<DestinationId, Vec<DeliveryTask>> {
        let all = join_all((0..CONCURRENT_REQUESTS).map(|_| self.take_until_empty())).await;
        let mut tasks: BTreeMap<DestinationId, Vec<(u128, DeliveryTask)>> = BTreeMap::new();
        for (sequence, task) in all.into_iter().flatten() {
            tasks.entry(task.destination.clone()).or_default().push((sequence, task));
        }
        let in_order = |mut tasks: Vec<(u128, DeliveryTask)>| {
            tasks.sort_by_key(|(sequence, _)| *sequence);
            tasks.into_iter().map(|(_, task)| task).collect()
        };
        tasks.into_iter().map(|(id, tasks)| (id, in_order(tasks))).collect()
    }

    /// Tasks with their sequence numbers.
    async fn take_until_empty(&self) -> Vec<(u128, DeliveryTask)> {
        let (sqs, url) = (&self.stack.sqs, &self.stack.queues.channels[CHANNEL]);
        let mut tasks = Vec::new();
        loop {
            let request = sqs.receive_message().queue_url(url).max_number_of_messages(10);
            let request = request.message_system_attribute_names(MessageSystemAttributeName::All);
            let messages = request.send().await.unwrap().messages.unwrap_or_default();
            if messages.is_empty() {
                return tasks;
            }
            let done = messages.iter().enumerate().map(|(number, message)| {
                let done = DeleteMessageBatchRequestEntry::builder().id(number.to_string());
                done.receipt_handle(message.receipt_handle().unwrap()).build().unwrap()
            });
            let done = sqs.delete_message_batch().queue_url(url).set_entries(Some(done.collect()));
            done.send().await.unwrap();
            tasks.extend(messages.iter().map(|message| {
                let sequence = &message.attributes().unwrap()[&MessageSystemAttributeName::SequenceNumber];
                (sequence.parse().unwrap(), serde_json::from_str(message.body().unwrap()).unwrap())
            }));
        }
    }
}

/// Text and maps are all that a destination consists of.
fn attribute(value: &Value) -> AttributeValue {
    match value {
        Value::Object(map) => {
            AttributeValue::M(map.iter().map(|(name, value)| (name.clone(), attribute(value))).collect())
        }
        other => AttributeValue::S(other.as_str().expect("text or a map").to_owned()),
    }
}

fn event(alerts: &[&Alert], receipt: &str) -> SqsEvent {
    let record = |alert: &&Alert| {
        let task = json!({"v": 1, "alert": alert.id, "provider": alert.provider});
        json!({
            "messageId": alert.id,
            "receiptHandle": format!("{receipt} of {}", alert.id),
            "body": task.to_string(),
            "attributes": {"MessageGroupId": alert.provider, "ApproximateReceiveCount": "1"},
        })
    };
    let records: Vec<_> = alerts.iter().map(record).collect();
    serde_json::from_value(json!({"Records": records})).expect("an event of SQS")
}

/// An alert of the provider about an incident, at a severity.
pub fn alert(provider: &str, incident: &str, event: Event, severity: Severity) -> Alert {
    let page = Provider {
        id: provider.into(),
        name: provider.to_uppercase(),
        page_url: "https://status.example.com".to_owned(),
        format: None,
        interval: None,
    };
    let now = Timestamp::now();
    let incident = IncidentFacts {
        id: incident.into(),
        episode: 1,
        kind: Kind::Incident,
        title: "Errors".to_owned(),
        phase: None,
        impact: None,
        url: None,
        started_at: None,
        ended_at: None,
        window: None,
        first_seen_at: now,
    };
    Alert { severity, ..Alert::new(&page, event, incident, event.as_str(), now) }
}

/// A monitor of the whole page.
pub fn monitor(account: &str, id: &str, provider: &str) -> Monitor {
    let (id, account, provider) = (id.into(), account.into(), provider.into());
    Monitor { id, account, provider, components: ComponentFilter::All, unknown: WhenUnknown::Tell }
}

/// A group for all monitors of its account.
pub fn group(
    account: &str,
    id: &str,
    destinations: &[DestinationId],
    events: &[Event],
    severities: &[Severity],
) -> Group {
    let (destinations, events, severities) = (destinations.to_vec(), events.to_vec(), severities.to_vec());
    Group {
        id: id.into(),
        account: account.into(),
        name: None,
        destinations,
        severities,
        events,
        scope: Scope::All,
        quiet_hours: None,
        digest: None,
        follow_up: None,
    }
}

/// `a-0`, `a-1` and so on.
pub fn destinations(prefix: &str, count: usize) -> Vec<DestinationId> {
    (0..count).map(|number| format!("{prefix}-{number}").into()).collect()
}
