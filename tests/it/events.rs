//! The event files that `sam local invoke` and the Runtime Interface Emulator hand to the functions, handed to the same
//! functions here.
use std::{fs, time::Duration};

use feedback::Feedback;
use jiff::Timestamp;
use lambda_http::{Adapter, Context, LambdaEvent, Service as _};
use queue::send::AlertsQueue;
use roles::acting;
use serde_json::{Value, json};
use status::{ids::IncidentId, paths::segment};
use tests::{events, world::World};
use tokio::time::{sleep, timeout};
use web::{Password, Web};

fn event<T: serde::de::DeserializeOwned>(name: &str) -> T {
    let file = format!("{}/events/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Whose fakes got something, in the order it came.
fn reached(world: &World) -> Vec<&'static str> {
    world.receiver.fakes.received().iter().map(|received| received.service().name()).collect()
}

#[tokio::test]
async fn each_function_takes_its_event() {
    let world = events::world().await;
    // The page was read a moment ago; this is the schedule's next but one tick.
    let tick = Timestamp::now() + Duration::from_secs(120);
    let polled = world.app.poller.handle(event("poller-schedule"), tick).await.unwrap();
    assert_eq!((polled.changed, polled.alerts), (1, 1));

    // The sources stand in the order of the channels, behind the router's.
    let sources = world.app.event_sources();
    let channels = channels::channels();
    let all_well = json!({"batchItemFailures": []});
    let waiting = world.app.stack.waiting().await.unwrap();
    assert_eq!((sources[0].handler)(event("router-sqs")).await.unwrap(), all_well);
    let tasks = world.app.stack.waiting().await.unwrap() - waiting;
    assert_eq!(tasks, channels.len() as u64, "one task per channel");
    for (channel, source) in channels.iter().zip(&sources[1..]) {
        let delivery = event(&format!("dispatcher-{}-sqs", channel.name));
        assert_eq!((source.handler)(delivery).await.unwrap(), all_well);
    }
    let services = channels.iter().map(|channel| if channel.name == "email" { "mail" } else { channel.name });
    let services: Vec<&str> = services.collect();
    assert_eq!(reached(&world), services);

    // What waits in the queues says the same once more, and is known to be delivered; only the update is new. Some
    // fakes want a moment between two messages.
    let worked_off = async {
        while world.app.stack.waiting().await.unwrap() > 0 {
            world.deliver().await;
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(Duration::from_secs(60), worked_off).await.unwrap();
    let mut again = reached(&world).split_off(channels.len());
    again.sort_unstable();
    let told: Vec<&str> = services.into_iter().filter(|service| *service != "teams").collect();
    assert_eq!(again, told, "Teams is told what calls for attention");
    world.finish().await;
}

#[tokio::test]
async fn bounce_disables_its_destination() {
    let world = events::world().await;
    let (store, stack) = (world.app.store.clone(), &world.app.stack);
    let feedback = Feedback { store, alerts: AlertsQueue::new(stack.sqs.clone(), &stack.queues.alerts) };
    acting("FeedbackRole", feedback.handle(event("feedback-bounce"), Timestamp::now())).await.unwrap();
    let disabled = world.destination("acme-email").await.disabled.unwrap();
    assert_eq!(disabled.reason, "its mail bounced: 550 5.1.1");
    world.app.stack.stop().await;
}

#[tokio::test]
async fn link_of_nobody_leads_to_a_page_that_says_so() {
    let world = events::world().await;
    let mut web = Adapter::from(web::router(Web::new(world.app.store.clone(), false, None)));
    let answer = web.call(LambdaEvent::new(event("web-http"), Context::default())).await.unwrap();
    let answer: Value = serde_json::to_value(answer).unwrap();
    assert_eq!(answer["statusCode"], 404);
    assert!(answer["body"].as_str().unwrap().contains("Invalid link"), "{answer}");
    world.app.stack.stop().await;
}

/// An HTTP API hands paths over decoded: an id that we encode survives that, and links to others are found too.
#[tokio::test]
async fn incident_with_slashes_in_its_id_has_a_page_behind_the_api() {
    let world = events::world().await;
    events::add_incident_with_slashes(&world.app.store).await;
    let mut web = Adapter::from(web::router(Web::new(world.app.store.clone(), false, None)));
    for name in ["web-incident", "web-incident-decoded"] {
        let answer = acting("WebRole", web.call(LambdaEvent::new(event(name), Context::default()))).await.unwrap();
        let answer: Value = serde_json::to_value(answer).unwrap();
        assert_eq!(answer["statusCode"], 200, "{name}: {answer}");
        assert!(answer["body"].as_str().unwrap().contains(&format!("Trouble {}", events::ARN)), "{name}: {answer}");
    }
    let event: Value = event("web-incident");
    let path = format!("/incidents/cloud/{}", segment(&IncidentId::new(events::ARN)));
    assert_eq!(event["rawPath"], path, "it is what alerts link to");
    world.app.stack.stop().await;
}

/// API Gateway hands cookies over, and takes them, in a list beside the headers.
#[tokio::test]
async fn browser_signs_in_through_the_api() {
    let world = events::world().await;
    let web = Web::new(world.app.store.clone(), false, None).private(Some(Password::new("correct horse battery")));
    let mut web = Adapter::from(web::router(web));
    let mut call = async |event: Value| {
        let request = serde_json::from_value(event).unwrap();
        let answer = web.call(LambdaEvent::new(request, Context::default())).await.unwrap();
        serde_json::to_value(answer).unwrap()
    };
    let mut opened: Value = event("web-private");
    let led = call(opened.clone()).await;
    assert_eq!((&led["statusCode"], &led["headers"]["location"]), (&json!(303), &json!("/sign-in?to=%2Fcalendar")));
    let signed_in = call(event("web-sign-in")).await;
    assert_eq!(signed_in["headers"]["location"], "/calendar", "{signed_in}");
    let cookie = signed_in["cookies"][0].as_str().unwrap();
    assert!(cookie.starts_with("__Host-statuswire=") && cookie.ends_with("; Secure"), "{cookie}");
    opened["cookies"].as_array_mut().unwrap().push(cookie.split(';').next().unwrap().into());
    let answer = call(opened).await;
    assert_eq!(answer["statusCode"], 200);
    assert!(answer["body"].as_str().unwrap().contains("Sign out"), "{answer}");
    world.app.stack.stop().await;
}
