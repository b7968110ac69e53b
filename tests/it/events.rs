//! The event files that `sam local invoke` and the Runtime Interface Emulator hand to the functions, handed to the same
//! functions here.
use std::time::Duration;

use jiff::Timestamp;
use local::function::Handler;
use serde_json::{Value, json};
use tests::events;

const POLLER: &str = include_str!("../events/poller-schedule.json");
const ROUTER: &str = include_str!("../events/router-sqs.json");
const SLACK: &str = include_str!("../events/dispatcher-slack-sqs.json");
const WEBHOOK: &str = include_str!("../events/dispatcher-webhook-sqs.json");

async fn answer(function: &Handler, event: &str) -> Value {
    function(serde_json::from_str(event).unwrap()).await.unwrap()
}

#[tokio::test]
async fn each_function_takes_its_event() {
    let world = events::world().await;
    // The page was read a moment ago; this is the schedule's next but one tick.
    let tick = Timestamp::now() + Duration::from_secs(120);
    let polled = world.bundle.poller.handle(serde_json::from_str(POLLER).unwrap(), tick).await.unwrap();
    assert_eq!((polled.changed, polled.alerts), (1, 1));

    // The sources stand in the order of the channels, behind the router's.
    let sources = world.bundle.sources();
    let names: Vec<&str> = channels::channels().iter().map(|channel| channel.name).collect();
    assert_eq!(names, ["slack", "webhook"]);
    let all_well = json!({"batchItemFailures": []});
    let waiting = world.bundle.stack.waiting().await.unwrap();
    assert_eq!(answer(&sources[0].handler, ROUTER).await, all_well);
    assert_eq!(world.bundle.stack.waiting().await.unwrap(), waiting + 2, "one task per channel");
    assert_eq!(answer(&sources[1].handler, SLACK).await, all_well);
    assert_eq!(answer(&sources[2].handler, WEBHOOK).await, all_well);
    let paths: Vec<String> = world.inbox.got().into_iter().map(|message| message.path).collect();
    assert_eq!(paths, ["/acme-slack", "/acme-webhook"]);

    // What waits in the queues says the same once more, and is known to be delivered; only the update is new.
    world.deliver().await;
    assert_eq!(world.inbox.got().len(), 4);
    world.finish().await;
}
