//! Teams: limits, inert foreign text, which alerts get a card, what a Workflow's responses mean.
use serde_json::Value;
use status::{
    alert::Alert,
    monitor::Settings,
    words::{ComponentStatus, Event},
};

use crate::{
    Channel, Outcome, channel, check_settings,
    tests::{
        alerts::{
            Case, filled, hostile_texts, json, of_event, opened, resolved, response, scheduled, settings, updated, word,
        },
        contract::{Contract, Limit, Unit, Wrong},
    },
};

const WORKFLOW: &str = "https://prod-01.westeurope.logic.azure.com:443/workflows/0a/triggers/manual/paths/invoke?sig=x";

pub(crate) const CONTRACT: Contract = Contract {
    wrong: &[
        Wrong::new(&[("url", "https://acme.webhook.office.com/webhookb2/wr0ng")], "url", "create a Workflow"),
        Wrong::new(&[("url", "https://outlook.office.com/webhook/wr0ng")], "url", "create a Workflow"),
        Wrong::new(&[("url", "https://outlook.office365.com/webhook/wr0ng")], "url", "create a Workflow"),
        Wrong::new(&[("url", "https://prod-1.x.logic.azure.com/workflows/wr0ng/invoke?sp=1")], "url", "sig="),
        Wrong::new(&[("url", "https://x.environment.api.powerplatform.com/wr0ng?sig=1")], "url", "sig="),
        Wrong::new(&[("url", "ftp://wr0ng.example")], "url", "sig="),
        Wrong::new(&[("url", "https://hooks.example/in"), ("card", "wr0ng")], "card", "`bare`"),
    ],
    // The schema of cards gives no lengths: these are ours. The whole is checked with escapes below.
    limits: &[
        Limit::new("", 20_000, Unit::Characters),
        Limit::new("body/0/inlines/0/text", 400, Unit::Characters),
        Limit::new("body/*/inlines/*/text", 10_000, Unit::Characters),
        Limit::new("body/*/text", 1_000, Unit::Characters),
        Limit::new("actions/*/url", 1_024, Unit::Characters),
    ],
    check: assert_inert_and_bounded,
};

fn teams() -> &'static Channel {
    channel("teams").unwrap()
}

fn workflow() -> Settings {
    settings([("url", WORKFLOW)])
}

fn bare() -> Settings {
    settings([("url", WORKFLOW), ("card", "bare")])
}

fn card(alert: &Alert) -> Value {
    json(&Case::new(alert, &bare()).request(teams(), &[]))
}

/// Texts of a card by how Teams reads them.
fn texts<'a>(card: &'a Value, kind: &str) -> Vec<&'a str> {
    let mut found = Vec::new();
    for block in card["body"].as_array().unwrap() {
        let runs = block["inlines"].as_array().into_iter().flatten();
        for text in runs.chain([block]).filter(|text| text["type"] == kind) {
            found.push(text["text"].as_str().unwrap());
        }
    }
    found
}

fn assert_inert_and_bounded(case: &Case<'_>) {
    let message = json(&case.request(teams(), &[]));
    let size: usize = message.to_string().encode_utf16().map(|unit| if unit < 128 { 1 } else { 6 }).sum();
    assert!(size <= 20_000, "{size}");
    let card = match message["type"].as_str().unwrap() {
        "AdaptiveCard" => &message,
        _ => {
            assert_eq!(message["attachments"].as_array().unwrap().len(), 1);
            &message["attachments"][0]["content"]
        }
    };
    for text in texts(card, "TextBlock") {
        for markup in ["*b*", "_i_", "`", "<", "[", "evil", "@"] {
            assert!(!text.contains(markup), "{markup} in {text}");
        }
        assert!(!text.is_empty());
    }
    for text in texts(card, "TextRun") {
        assert!(!text.is_empty() && !text.contains("{{"), "{text}");
    }
    assert!(texts(card, "TextRun")[0].starts_with("🔴 "));
    assert!(texts(card, "TextRun").contains(&"Escalated: minor → major"));
    assert!(card["fallbackText"].as_str().unwrap().starts_with("Status update."));
    for action in card["actions"].as_array().unwrap() {
        assert_eq!(action["type"], "Action.OpenUrl");
        assert!(action["url"].as_str().unwrap().starts_with("https://"));
    }
}

#[test]
fn foreign_markup_stands_in_text_runs_only() {
    let card = card(&filled(&hostile_texts()[1]));
    assert!(texts(&card, "TextRun").iter().any(|text| text.contains("**md** [l](javascript:x)")));
    assert!(texts(&card, "TextBlock").iter().all(|text| !text.contains("md")));
    assert_eq!(card["msteams"].get("entities"), None);
}

#[test]
fn foreign_date_macros_are_broken_up() {
    for hostile in ["{{DATE(2017-02-14T06:00:00Z, SHORT)}}", "{{{TIME(2017-02-14T06:00:00Z)}}", "{\u{0}{DATE(x)}}"] {
        let card = card(&filled(hostile));
        for text in texts(&card, "TextRun") {
            assert!(!text.contains("{{"), "{text}");
        }
        assert!(texts(&card, "TextBlock").iter().any(|text| text.contains("{{DATE(2026-08-06T12:20:00Z, SHORT)}}")));
    }
}

#[test]
fn card_is_wrapped_unless_the_workflow_wants_it_bare() {
    let alert = opened();
    let wrapped = json(&Case::new(&alert, &workflow()).request(teams(), &[]));
    assert_eq!(wrapped["type"], "message");
    assert_eq!(wrapped["attachments"][0]["contentType"], "application/vnd.microsoft.card.adaptive");
    assert_eq!(wrapped["attachments"][0]["contentUrl"], Value::Null);
    assert_eq!(wrapped["attachments"][0]["content"], card(&alert));
    let named = settings([("url", WORKFLOW), ("card", "wrapped")]);
    assert_eq!(json(&Case::new(&alert, &named).request(teams(), &[])), wrapped);
}

#[test]
fn update_that_changes_neither_severity_nor_components_gets_no_card() {
    let (mut alert, settings) = (updated(), workflow());
    let told = Case::new(&alert, &settings).request(teams(), &[]);
    // Without the port that goes without saying.
    assert_eq!(told.uri().to_string(), WORKFLOW.replace(":443", ""));
    alert.widened = false;
    alert.severity_before = None;
    for component in &mut alert.components {
        component.was = None;
    }
    let outcome = Case::new(&alert, &settings).outcome(teams(), &[]);
    let Outcome::Skipped { reason } = outcome else { panic!("{outcome:?}") };
    assert!(reason.starts_with("Teams cannot edit a message"), "{reason}");
    alert.components[0].was = Some(ComponentStatus::MajorOutage);
    Case::new(&alert, &settings).request(teams(), &[]);
    for event in Event::ALL.into_iter().filter(|event| *event != Event::Updated) {
        Case::new(&of_event(event), &settings).request(teams(), &[]);
    }
}

#[test]
fn accepted_means_received() {
    let (alert, settings) = (opened(), workflow());
    assert_eq!(Case::new(&alert, &settings).outcome(teams(), &[response(202, "")]), Outcome::delivered(None));
}

#[test]
fn workflow_that_needs_its_owner_disables_the_destination() {
    let (alert, settings) = (opened(), workflow());
    let case = Case::new(&alert, &settings);
    for (status, code, expected) in [
        (400, "WorkflowTriggerIsNotEnabled", "gone"),
        (401, "DirectApiAuthorizationRequired", "gone"),
        (401, "AuthorizationFailed", "gone"),
        (403, "AuthorizationFailed", "gone"),
        (404, "WorkflowNotFound", "gone"),
        (400, "TriggerInputSchemaMismatch", "refused"),
        (413, "RequestEntityTooLarge", "refused"),
        (429, "WorkflowRunsThrottled", "retry"),
        (502, "NoResponse", "retry"),
    ] {
        let said = format!(r#"{{"error":{{"code":"{code}","message":"No."}}}}"#);
        assert_eq!(word(&case.outcome(teams(), &[response(status, &said)])), expected, "{status} {code}");
    }
    assert_eq!(word(&case.outcome(teams(), &[response(401, "<html>some proxy")])), "refused");
    assert_eq!(word(&case.outcome(teams(), &[response(404, "")])), "refused");
}

#[test]
fn refusal_hidden_in_a_success_is_found() {
    let (alert, settings) = (opened(), workflow());
    let case = Case::new(&alert, &settings);
    for (hidden, expected) in [
        ("HTTP error 429 with ContextId x", "retry"),
        ("HTTP error 503", "retry"),
        ("HTTP error 413", "refused"),
        ("HTTP error 404", "refused"),
        ("HTTP error 410", "refused"),
        ("http error 403", "refused"),
        ("HTTP error", "refused"),
    ] {
        let said = format!("Webhook message delivery failed with error: Microsoft Teams endpoint returned {hidden}");
        assert_eq!(word(&case.outcome(teams(), &[response(200, &said)])), expected, "{hidden}");
    }
    for (status, body, expected) in [
        (200, "1", "delivered"),
        (200, "", "delivered"),
        (202, "", "delivered"),
        (202, "Microsoft Teams endpoint returned HTTP error 429 with ContextId tcid=0", "retry"),
        (200, "Summary or Text is required.", "refused"),
        (200, "Bad payload received by generic incoming webhook.", "refused"),
        (202, r#"{"error":{"code":"WorkflowTriggerIsNotEnabled","message":"No."}}"#, "gone"),
        (200, r#"{"error":{"code":"TooManyRequests","message":"No."}}"#, "retry"),
        (200, r#"{"error":{"code":"Else","message":"No."}}"#, "refused"),
        (200, r#"{"status":"ok"}"#, "delivered"),
        (200, "<!doctype html><title>Sign in</title>", "retry"),
    ] {
        assert_eq!(word(&case.outcome(teams(), &[response(status, body)])), expected, "{status} {body}");
    }
}

#[test]
fn every_form_of_the_url_is_accepted() {
    for url in [
        WORKFLOW,
        "https://0a.82.environment.api.powerplatform.com:443/powerautomate/automations/direct/workflows/1/triggers/manual/paths/invoke?api-version=1&sig=x",
        "https://0a.82.environment.api.powerplatform.com/powerautomate/automations/direct/cu/16/workflows/1/triggers/manual/paths/invoke?sig=x",
        "http://127.0.0.1:4000/anything",
    ] {
        assert_eq!(check_settings(teams(), &settings([("url", url)])), [], "{url}");
    }
}

#[test]
fn typical_cards() {
    for (name, alert) in [
        ("teams_opened", opened()),
        ("teams_updated", updated()),
        ("teams_resolved", resolved()),
        ("teams_scheduled", scheduled()),
        ("teams_disabled", of_event(Event::Disabled)),
        ("teams_test", of_event(Event::Test)),
    ] {
        insta::assert_snapshot!(name, serde_json::to_string_pretty(&card(&alert)).unwrap());
    }
}
