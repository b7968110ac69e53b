//! `serve --no-network`: everything is shown, and nothing leaves the machine.
use std::{collections::BTreeMap, time::Duration};

use fakes::Fakes;
use serde_json::Value;
use tokio::time::timeout;

use crate::serve::Serve;

/// Real destinations. The first two listen on this machine, so that a request to them is noticed.
const DECLARED: &str = "
    [network]
    allow = ['127.0.0.0/8']
    [instance]
    public_url = 'https://status.customer.test'
    [mail]
    from = 'alerts@customer.test'
    smtp = 'smtp://SMTP?tls=none'
    [[page]]
    id = 'acme'
    url = 'http://OUTSIDE/page'
    [[monitor]]
    id = 'acme'
    page = 'acme'
    [[destination]]
    id = 'hook'
    channel = 'webhook'
    url = 'http://OUTSIDE/hooks/s3cret'
    secret = 'whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE='
    [[destination]]
    id = 'mail'
    channel = 'email'
    address = 'ops@customer.test'
    [[destination]]
    id = 'slack'
    channel = 'slack'
    url = 'https://hooks.slack.com/services/T0/B0/s3cret'
    [[destination]]
    id = 'discord'
    channel = 'discord'
    url = 'https://discord.com/api/webhooks/112233445566778899/s3cret'
    [[destination]]
    id = 'teams'
    channel = 'teams'
    url = 'https://prod-01.westeurope.logic.azure.com:443/workflows/0a1b/triggers/manual/paths/invoke?sig=s3cret'
    [[group]]
    id = 'all'
    destinations = ['hook', 'mail', 'slack', 'discord', 'teams']
";

#[tokio::test]
async fn replay_reaches_every_channel_of_the_configuration_and_nobody_outside() {
    let outside = Fakes::unlimited();
    let ports = outside.listen().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("statuswire.toml");
    let text = DECLARED.replace("OUTSIDE", &ports.http.to_string()).replace("SMTP", &ports.smtp.to_string());
    std::fs::write(&file, text).unwrap();
    let mut serve = Serve::start(&["--no-network", "--config", file.to_str().unwrap()]).await;
    let mut delivered = 0;
    let until_all_are_delivered = async {
        while delivered < 2 * 5 {
            let line = serve.lines.next_line().await.unwrap().expect("it goes on");
            delivered += usize::from(line.contains("delivered opened to "));
        }
    };
    timeout(Duration::from_secs(60), until_all_are_delivered).await.expect("within a minute");

    let received = serve.get("/receiver.json").await;
    assert!(!received.to_string().contains("s3cret"), "{received}");
    let mut by_channel: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for message in received.as_array().unwrap() {
        by_channel.entry(message["channel"].as_str().unwrap()).or_default().push(message);
        assert!(message["status"].as_u64().is_some_and(|status| status < 300), "{message}");
        let body = message["body"].to_string();
        assert!(body.contains("Slow requests across most products"), "nothing but the replay: {message}");
    }
    assert_eq!(by_channel.keys().copied().collect::<Vec<_>>(), ["discord", "mail", "slack", "teams", "webhook"]);
    for (channel, declared) in [
        ("discord", "discord.com/api/webhooks/112233445566778899/…"),
        ("mail", "ops@customer.test"),
        ("slack", "hooks.slack.com/services/T0/B0/…"),
        ("teams", "prod-01.westeurope.logic.azure.com/workflows/…/triggers/manual/paths/invoke"),
        ("webhook", "127.0.0.1/…"),
    ] {
        let of_declared = by_channel[channel].iter().filter(|message| message["destination"] == declared).count();
        assert_eq!(of_declared, 1, "{channel}: {:?}", by_channel[channel]);
        assert!(by_channel[channel].len() > 1, "and that of the replay itself");
    }
    let providers = serve.get("/api/v1/providers").await;
    let providers: Vec<&Value> = providers["providers"].as_array().unwrap().iter().map(|it| &it["id"]).collect();
    assert_eq!(providers, ["clerk-replay"]);
    assert!(outside.received().is_empty() && outside.mails().is_empty(), "{:?}", outside.received());
}
