//! A valid file gives exactly what it declares. No text makes the check panic or repeat a secret.
mod channel_diagnostics;
mod diagnostics;
mod instance;
mod network_diagnostics;

use std::time::Duration;

use proptest::prelude::*;
use status::{
    digest::{Digest, Every},
    follow_up::FollowUp,
    monitor::{ComponentChoice, ComponentFilter, Destination, Group, Monitor, Settings, WhenUnknown},
    provider::{Login, Provider},
    quiet_hours::{Day, QuietHours},
    words::{Event, Severity},
};

use super::*;

pub(super) const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

pub(super) const GOOD: &str = r#"
[instance]
public_url = "https://status.example.com/"

[network]
allow = ["127.0.0.0/8"]

[mail]
from = "Status <alerts@example.com>"
smtp = "env:SMTP_URL"

[[page]]                      # a page that is not in the catalogue
id = "acme"
name = "Acme"
url = "http://127.0.0.1:7080/p/00042/"
format = "statuspage"
interval = "30s"

[[page]]
id = "bare"
url = "https://status.example.com"

[[page]]                      # one that needs a login
id = "private-lab"
url = "https://lab.example.com"
username = "me"
password = "env:LAB_PASSWORD"
headers = { X-Api-Key = "env:LAB_KEY" }

[[destination]]
id = "ops-hook"
channel = "webhook"
url = "http://127.0.0.1:7090/hook/a"
secret = "env:OPS_HOOK_SECRET"
headers = { X-Team = "platform", Authorization = "env:GATEWAY" }

[[destination]]
id = "on-call"
channel = "email"
address = "on-call@example.com"

[[group]]
id = "everyone"
destinations = ["ops-hook", "on-call"]
severities = ["major", "maintenance"]
events = ["opened", "updated", "resolved"]
monitors = ["acme-api"]

[group.quiet_hours]
zone = "europe/berlin"
from = "22:00"
until = "07:00"
days = ["sat", "sun"]
major_bypass = false

[group.digest]
every = "day"
zone = "europe/berlin"
at = "09:00"

[group.follow_up]
minutes = 30
destination = "on-call"

[[group]]
id = "plain"
destinations = ["ops-hook"]

[[monitor]]
id = "acme-api"
page = "acme"
components = ["API", "group:Europe"]
unknown = "drop"

[[monitor]]
id = "github"
provider = "github"
"#;

#[test]
fn example_of_the_readme_is_good() {
    let readme = include_str!("../../../../README.md");
    let (_, rest) = readme.split_once("```toml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let of_the_example = |name: &str| {
        let value = match name {
            "SMTP_URL" => "smtps://status:secret@smtp.example.com",
            "OPS_HOOK_SECRET" => SECRET,
            "DISCORD_WEBHOOK_URL" => "https://discord.com/api/webhooks/1000000000000000001/token",
            "TEAMS_WORKFLOW_URL" => {
                "https://prod-1.westeurope.logic.azure.com/workflows/1/triggers/manual/paths/invoke?sig=x"
            }
            "SLACK_TOKEN" => "xoxb-1-2",
            _ => return None,
        };
        Some(value.to_owned())
    };
    let config = check(example, &of_the_example).unwrap();
    assert_eq!(config.warnings, []);
    let declared: Vec<&str> = config.settings.destinations.iter().map(|one| one.channel.as_str()).collect();
    let mut channels: Vec<&str> = channels::channels().iter().map(|channel| channel.name).collect();
    channels.retain(|channel| !declared.contains(channel));
    assert!(channels.is_empty(), "the example leaves out {channels:?}");
}

pub(super) fn env(name: &str) -> Option<String> {
    match name {
        "OPS_HOOK_SECRET" => Some(SECRET.to_owned()),
        "PRIVATE_HOOK" => Some("https://10.0.0.7/hook/hunter2".to_owned()),
        "SMTP_URL" => Some("smtps://status:hunter2@smtp.example.com".to_owned()),
        "GATEWAY" => Some("Bearer hunter2".to_owned()),
        "LAB_PASSWORD" | "LAB_KEY" => Some("hunter2".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one file and everything that it declares")]
fn a_good_file_gives_exactly_what_it_declares() {
    let group = |id: &str, severities: &[Severity], events: &[Event], scope| Group {
        name: None,
        quiet_hours: (id == "everyone").then(|| QuietHours {
            zone: "Europe/Berlin".to_owned(),
            days: vec![Day::Sat, Day::Sun],
            from: jiff::civil::time(22, 0, 0, 0),
            until: jiff::civil::time(7, 0, 0, 0),
            major_bypass: false,
        }),
        digest: (id == "everyone").then(|| Digest {
            every: Every::Day { zone: "Europe/Berlin".to_owned(), at: jiff::civil::time(9, 0, 0, 0) },
            major_bypass: true,
        }),
        follow_up: (id == "everyone").then(|| FollowUp { minutes: 30, destination: Some("on-call".into()) }),
        id: id.into(),
        account: ACCOUNT.into(),
        destinations: match id {
            "everyone" => vec!["ops-hook".into(), "on-call".into()],
            _ => vec!["ops-hook".into()],
        },
        severities: severities.to_vec(),
        events: events.to_vec(),
        scope,
    };
    let destination = |id: &str, channel: &str, settings: &[(&str, &str)]| Destination {
        label: None,
        id: id.into(),
        account: ACCOUNT.into(),
        channel: channel.to_owned(),
        settings: Settings(settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()),
    };
    let bare = |id: &str, url: &str| Provider {
        id: id.into(),
        name: id.to_owned(),
        page_url: url.to_owned(),
        format: None,
        interval: None,
    };
    let login = [("Authorization", "Basic bWU6aHVudGVyMg=="), ("X-Api-Key", "hunter2")];
    let expected = Config {
        password: None,
        accounts: None,
        openid: None,
        heartbeat: None,
        public_url: Some("https://status.example.com".to_owned()),
        mail: Some(MailConfig {
            from: "Status <alerts@example.com>".to_owned(),
            transport: MailTransport::Smtp("smtps://status:hunter2@smtp.example.com".parse().unwrap()),
        }),
        network: vec!["127.0.0.0/8".parse().unwrap()],
        settings: AccountSettings {
            pages: vec![
                Provider {
                    id: "acme".into(),
                    name: "Acme".to_owned(),
                    page_url: "http://127.0.0.1:7080/p/00042".to_owned(),
                    format: Some("statuspage".to_owned()),
                    interval: Some(Duration::from_secs(30)),
                },
                bare("bare", "https://status.example.com"),
                bare("private-lab", "https://lab.example.com"),
            ],
            logins: [(
                "private-lab".into(),
                Login::of_headers(login.map(|(name, text)| (name.to_owned(), text.to_owned())).into()),
            )]
            .into(),
            destinations: vec![
                destination(
                    "ops-hook",
                    "webhook",
                    &[
                        ("url", "http://127.0.0.1:7090/hook/a"),
                        ("secret", SECRET),
                        ("headers", "Authorization: Bearer hunter2\nX-Team: platform"),
                    ],
                ),
                destination("on-call", "email", &[("address", "on-call@example.com")]),
            ],
            groups: vec![
                group(
                    "everyone",
                    &[Severity::Major, Severity::Maintenance],
                    &[Event::Opened, Event::Updated, Event::Resolved],
                    Scope::Monitors(vec!["acme-api".into()]),
                ),
                group("plain", &[Severity::Major, Severity::Minor], &[Event::Opened, Event::Resolved], Scope::All),
            ],
            monitors: vec![
                Monitor {
                    id: "acme-api".into(),
                    account: ACCOUNT.into(),
                    provider: "acme".into(),
                    components: ComponentFilter::Chosen(vec![
                        ComponentChoice::Component("API".to_owned()),
                        ComponentChoice::Group("Europe".to_owned()),
                    ]),
                    unknown: WhenUnknown::Drop,
                },
                Monitor {
                    id: "github".into(),
                    account: ACCOUNT.into(),
                    provider: "github".into(),
                    components: ComponentFilter::All,
                    unknown: WhenUnknown::Tell,
                },
            ],
            boards: Vec::new(),
        },
        warnings: vec![],
    };
    assert_eq!(check(GOOD, &env), Ok(expected));
}

#[test]
fn an_empty_file_declares_nothing() {
    assert_eq!(check("", &env), Ok(Config::default()));
}

#[test]
fn what_has_no_effect_is_a_warning() {
    let text = r#"
[[destination]]
id = "idle"
channel = "slack"
url = "https://hooks.slack.com/services/T000/B000/XXXX"
[[destination]]
id = "used"
channel = "slack"
url = "https://hooks.slack.com/services/T000/B000/YYYY"
[[group]]
id = "ops"
destinations = ["used"]
"#;
    let warnings = check(text, &env).unwrap().warnings;
    assert_eq!(
        warnings.iter().map(Diagnostic::to_string).collect::<Vec<_>>(),
        [
            "2:1: destination \"idle\": no group uses this destination; add it to the destinations of a [[group]]",
            "10:1: group \"ops\": nothing is watched because the file has no monitor; add a [[monitor]] with a page or a provider",
        ]
    );

    let text = "[[monitor]]\nid = \"gh\"\nprovider = \"github\"\n";
    let warning = check(text, &env).unwrap().warnings.remove(0).to_string();
    let expected = "1:1: monitor \"gh\": no group covers this monitor, so nobody receives its alerts; \
                    add it to the monitors of a [[group]]";
    assert_eq!(warning, expected);
}

#[test]
fn a_diagnostic_has_its_key() {
    let text = "[[destination]]\nid = \"a\"\nchannel = \"webhook\"\nurl = \"x\"\nsecret = \"env:OPS_HOOK_SECRET\"\n";
    let diagnostics = check(text, &env).unwrap_err();
    assert_eq!(diagnostics[0].key, "destination[0].url");
    let text = "[[group]]\nid = \"a\"\ndestinations = [\"x\"]\n";
    let diagnostics = check(text, &env).unwrap_err();
    assert_eq!(diagnostics[0].key, "group[0].destinations[0]");
}

#[test]
fn intervals_have_bounds() {
    let page = |url: &str, interval: &str| {
        let text = format!(
            "network.allow = [\"127.0.0.0/8\"]\n[[page]]\nid = \"a\"\nurl = \"{url}\"\ninterval = {interval}\n"
        );
        check(&text, &env).map(|config| config.settings.pages[0].interval.unwrap().as_secs())
    };
    let (stranger, own) = ("https://status.example.com", "http://127.0.0.1:7080");
    for (url, interval, seconds) in [
        (stranger, "60", 60),
        (stranger, "\"60s\"", 60),
        (stranger, "\"5m\"", 300),
        (stranger, "\"24h\"", 86_400),
        (stranger, "\"90 s\"", 90),
        (stranger, "\"1h 30m\"", 5_400),
        (own, "\"1s\"", 1),
        (own, "0x1E", 30),
    ] {
        assert_eq!(page(url, interval), Ok(seconds), "{url} {interval}");
    }
    for (url, interval, message) in [
        (stranger, "59", "is too short"),
        (own, "0", "is too short"),
        (stranger, "\"25h\"", "is too long"),
        (stranger, "\"30\"", "is not a duration in whole seconds"),
        (stranger, "\"\"", "is not a duration in whole seconds"),
        (stranger, "\"1é\"", "is not a duration in whole seconds"),
        (stranger, "\"99999999999999999h\"", "is not a duration in whole seconds"),
        (stranger, "-60", "is not a duration in whole seconds"),
        (stranger, "\"-60s\"", "is not a duration in whole seconds"),
        (stranger, "\"61500ms\"", "is not a duration in whole seconds"),
        (stranger, "1.5", "is not a duration in whole seconds"),
    ] {
        let diagnostics = page(url, interval).expect_err(interval);
        assert_eq!(diagnostics.len(), 1, "{diagnostics:?}");
        assert_eq!(diagnostics[0].message, format!("page \"a\": interval: {message}"));
    }
}

#[test]
fn a_secret_in_the_wrong_place_is_not_repeated() {
    let hook = "https://hooks.slack.com/services/T000/B000/hunter2";
    for text in [
        format!("\"{hook}\" = 1\n"),
        format!("[[page]]\nid = \"{hook}\"\nname = \"a\"\n\"{hook}\" = 1\n"),
        format!(
            "[[destination]]\nid = \"{hook}\"\nchannel = \"{hook}\"\n[[group]]\nid = \"a\"\ndestinations = [\"a\", \"{hook}\"]\n"
        ),
        format!("[[destination]]\nid = \"a\"\nchannel = \"webhook\"\nurl = \"env:{hook}\"\nsecret = \"{hook}\"\n"),
        format!("[[monitor]]\nid = \"a\"\nprovider = \"{hook}\"\nunknown = \"{hook}\"\n"),
        format!("[[destination]]\nurl =\n\"{hook}\"\n"),
    ] {
        let errors = format!("{:?}", check(&text, &env).unwrap_err());
        assert!(!errors.contains("hunter2"), "{errors}");
    }
}

#[test]
fn a_configuration_shows_no_secret() {
    let shown = format!("{:?}", check(GOOD, &env));
    assert!(!shown.contains("whsec_") && !shown.contains("hook/a"), "{shown}");
}

/// Lines that are almost right, so that arbitrary texts get further than the syntax.
fn line() -> impl Strategy<Value = String> {
    let header = "\\[{0,2}(network|page|destination|group|monitor|x)\\]{0,2}";
    let key = "(id|url|name|format|interval|channel|secret|destinations|severities|events|monitors|page|provider|components|unknown|allow)";
    let value = r#"("[a-z:/.é]{0,9}"|\["?[a-z]{0,3}"?,?"?|[0-9]{1,3}|"[0-9]{0,2}[smh]"|\{ id = 1 \}|true|'|"""|\])"#;
    prop_oneof![
        header.prop_map(|line| line),
        (key, value).prop_map(|(key, value)| format!("{key} = {value}")),
        "\\PC{0,12}",
    ]
}

proptest! {
    #[test]
    fn any_text_is_checked_without_a_panic(lines in proptest::collection::vec(line(), 0..24)) {
        let text = lines.join("\n");
        if let Err(diagnostics) = check(&text, &env) {
            prop_assert!(!diagnostics.is_empty());
            let places: Vec<_> = diagnostics.iter().map(|diagnostic| (diagnostic.line, diagnostic.column)).collect();
            prop_assert!(places.is_sorted());
        }
    }

    /// Wherever the file is damaged.
    #[test]
    fn no_diagnostic_repeats_a_secret(at in 0..GOOD.len(), junk in "[\"\\[\\]=\n,é]{1,3}") {
        let good = GOOD.replace("env:OPS_HOOK_SECRET", SECRET);
        let text = format!("{}{junk}{}", &good[..at], &good[at..]);
        let shown = format!("{:?}", check(&text, &env));
        prop_assert!(!shown.contains("hook/a") && !shown.contains(&SECRET[6..]), "{}", shown);
    }
}
