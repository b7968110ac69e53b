//! `deliveries` and `redrive`, beside a running instance and on the data folder of one that was stopped.
use std::time::Duration;

use fakes::{Fault, Reply};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{
    command::statuswire,
    instance::{Instance, PATH},
    serve::Serve,
};

/// As careless receivers do, it repeats where it was asked.
fn refusal(status: u16) -> Fault {
    Reply::text(status, &format!("no such hook: {PATH}")).into()
}

/// The page was read and an incident opened; the hook answered with this.
async fn refused(status: u16) -> Instance {
    let instance = Instance::with_hook().await;
    assert_eq!(instance.round().await, 0);
    instance.page.post("investigating");
    instance.fakes.set_faults_at(PATH, [refusal(status)]);
    assert_eq!(instance.round().await, 1);
    instance
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[tokio::test]
async fn deliveries_of_a_stopped_instance_are_listed_and_sent_at_its_next_run() {
    let instance = refused(400).await;
    let [line] = &instance.deliveries(&[]).await[..] else { panic!("one delivery") };
    let id = format!("{}/hook", text(&line["delivery"]).split('/').next().unwrap());
    assert_eq!(line["delivery"], json!(id));
    let said = ["provider", "incident", "event", "destination", "status"].map(|key| text(&line[key]));
    assert_eq!(said, ["acme", "i1", "opened", "hook", "retrying"]);
    assert_eq!((&line["attempt_count"], &line["reopened"], &line["latency_ms"]), (&json!(1), &json!(0), &json!(null)));
    let attempt = &line["attempts"][0];
    assert_eq!(attempt["status"], "failed");
    assert!(text(&attempt["answer"]).contains("400: no such hook: "), "{attempt}");

    let shown = instance.run(&["deliveries", "--failed", "--incident", "acme/i1"]).await;
    assert!(shown.stdout.starts_with(&format!("{id}  opened acme/i1  retrying, 1 attempt\n")), "{}", shown.stdout);

    let in_progress = instance.run(&["redrive", &id]).await;
    assert_eq!(in_progress.code, 1);
    assert!(in_progress.stderr.contains("still in progress"), "{}", in_progress.stderr);

    assert_eq!(instance.round().await, 0);
    let [(first, 400), (second, 200)] = &instance.hooked()[..] else { panic!("{:?}", instance.hooked()) };
    assert_eq!(first, second, "the same delivery");
    let [line] = &instance.deliveries(&["--destination", "hook"]).await[..] else { panic!("one delivery") };
    assert_eq!((text(&line["status"]), &line["attempt_count"], &line["reopened"]), ("sent", &json!(2), &json!(0)));
    assert_eq!(line["delivery_id"], json!(first));
    assert!(line["latency_ms"].as_i64().unwrap() > 0);
    assert!(instance.deliveries(&["--failed"]).await.is_empty());
}

#[tokio::test]
async fn deliveries_of_a_running_instance_are_listed_and_sent_at_once() {
    let instance = refused(400).await;
    let serve = ["--no-replay", "--config", &instance.config(), "--data", &instance.data()];
    let mut serve = Serve::start(&serve).await;
    let delivered = async {
        while !serve.lines.next_line().await.unwrap().expect("it goes on").contains("delivered opened to hook") {}
    };
    timeout(Duration::from_secs(30), delivered).await.expect("at once");
    let [(first, 400), (second, 200)] = &instance.hooked()[..] else { panic!("{:?}", instance.hooked()) };
    assert_eq!(first, second);
    let [line] = &instance.deliveries(&[]).await[..] else { panic!("one delivery") };
    assert_eq!(text(&line["status"]), "sent");

    // Once more, though it arrived.
    let none = instance.run(&["redrive", "--destination", "hook"]).await;
    assert_eq!(none.stdout, "0 deliveries to hook queued\n");
    let all = instance.run(&["redrive", "--destination", "hook", "--delivered-too"]).await;
    assert_eq!(all.stdout, "1 delivery to hook queued\n");
    timeout(Duration::from_secs(30), instance.fakes.has_at(PATH, 3)).await.expect("at once");
}

#[tokio::test]
async fn destination_that_is_disabled_gets_nothing_until_a_test_enables_it() {
    let instance = refused(410).await;
    let [line] = &instance.deliveries(&[]).await[..] else { panic!("one delivery") };
    assert_eq!(text(&line["status"]), "disabled");
    let delivery = text(&line["delivery"]);
    let refused = instance.run(&["redrive", delivery]).await;
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("run `statuswire test hook` to enable it"), "{}", refused.stderr);

    let tested = instance.run(&["test", "hook", "--allow", "127.0.0.0/8"]).await;
    assert_eq!(tested.code, 0, "{} {}", tested.stdout, tested.stderr);
    assert!(tested.stdout.contains("1 alert that it missed queued"), "{}", tested.stdout);
    assert_eq!(instance.round().await, 0);
    let [(gone, 410), (_, 200), (missed, 200)] = &instance.hooked()[..] else { panic!("{:?}", instance.hooked()) };
    assert_ne!(gone, missed, "the present state, in a message of its own");
}

#[tokio::test]
async fn unknown_names_are_reported() {
    let instance = Instance::with_hook().await;
    let nowhere = instance.run(&["deliveries"]).await;
    assert_eq!(nowhere.code, 1);
    assert!(nowhere.stderr.contains("not found: choose it with --data"), "{}", nowhere.stderr);
    instance.round().await;
    assert_eq!(instance.run(&["deliveries"]).await.stdout, "no deliveries\n");
    for (arguments, said) in [
        (&["redrive", "alert_0/hook"][..], "delivery alert_0/hook not found"),
        (&["redrive", "alert_0"], "ALERT/DESTINATION"),
        (&["redrive", "--dead-letters", "pigeon"], "unknown queue pigeon"),
        (&["deliveries", "--incident", "i1"], "PROVIDER/INCIDENT"),
    ] {
        let ran = instance.run(arguments).await;
        assert_eq!(ran.code, 1, "{arguments:?}");
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
    assert_eq!(instance.run(&["redrive", "--dead-letters", "webhook"]).await.code, 0);
    assert_eq!(statuswire(&["redrive"]).await.code, 2, "an argument is required");
}
