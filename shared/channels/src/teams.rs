//! Microsoft Teams, through a Workflow that is started by a webhook. Such a webhook cannot edit, so urgent news gets a
//! card (opened, ended, what changes severity or components, every step of a maintenance) and other updates get none.
//! Accepted does not mean shown: the Workflow posts the card later, and its failures appear only in its own run
//! history.
mod card;
mod response;
#[cfg(test)]
pub(crate) mod tests;

use std::time::Duration;

use http::Uri;
use status::{
    alert::{Alert, NamedComponent},
    monitor::Settings,
    words::Event,
};
use url::Url;

use crate::{
    Channel, Job, Outcome, Response, Setting, SettingKind, Setup, Step,
    request::post_json,
    settings::{Problems, unusable},
};

pub(crate) const CHANNEL: Channel = Channel {
    name: "teams",
    setup: Setup {
        title: "Microsoft Teams",
        summary: "Cards in a channel or a chat",
        steps: &[
            "Open the menu (…) of the channel or chat and choose “Workflows”.",
            "Choose the template “Send webhook alerts to a channel” (or “to a chat”), then a team and a channel.",
            "Copy the URL that is shown at the end.",
        ],
    },
    settings: &[
        Setting {
            key: "url",
            label: "Workflow URL",
            required: true,
            secret: true,
            kind: SettingKind::Url,
            help: "URL of a Workflow with the trigger \"When a Teams webhook request is received\", made in Teams from a template like \"Send webhook alerts to a channel\"",
            suggest: None,
        },
        Setting {
            key: "card",
            label: "Form of the card",
            required: false,
            secret: false,
            kind: SettingKind::Text,
            help: "how the Workflow wants the card: `wrapped` in a message (default), or `bare` if its runs fail because `attachments` is null",
            suggest: None,
        },
    ],
    check: |settings| Workflow::read(settings).err().unwrap_or_default(),
    deliver,
    min_interval: MIN_INTERVAL,
    keeps_handle: false,
    recipient: |_| None,
    samples: &[
        &[(
            "url",
            "https://prod-01.westeurope.logic.azure.com:443/workflows/0a1b2c3d/triggers/manual/paths/invoke\
             ?api-version=2016-06-01&sig=s3cretSignature",
        )],
        &[("url", "http://127.0.0.1:4000/workflows/s3cretPath?sig=s3cretSignature"), ("card", "bare")],
    ],
};

/// 4 messages a second, the old connectors' rule. That of Workflows depends on the tenant's licence and is not
/// published:
/// <https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using>.
const MIN_INTERVAL: Duration = Duration::from_millis(250);

/// Hosts of the webhooks of Workflows, and a part of their paths.
const WORKFLOW_HOSTS: &[&str] = &[".logic.azure.com", ".environment.api.powerplatform.com"];
const WORKFLOW_PATH: &str = "/workflows/";
/// Hosts of the Office 365 connectors, which Microsoft has shut down:
/// <https://devblogs.microsoft.com/microsoft365dev/retirement-of-office-365-connectors-within-microsoft-teams/>.
const CONNECTOR_HOSTS: &[&str] = &["webhook.office.com", "outlook.office.com", "outlook.office365.com"];

struct Workflow {
    uri: Uri,
    form: Form,
}

/// The templates of Workflows expect different bodies.
#[derive(Clone, Copy)]
enum Form {
    Wrapped,
    Bare,
}

fn deliver(job: &Job<'_>, responses: &[Response]) -> Step {
    let workflow = match Workflow::read(job.settings) {
        Ok(workflow) => workflow,
        Err(problems) => return unusable(&problems),
    };
    if job.alert.event == Event::Updated && !changes_what_is_affected(job.alert) {
        let reason = "Teams cannot edit a message, so an update that changes neither severity nor components gets no \
                      card; the next card shows the state";
        return Step::Done(Outcome::Skipped { reason: reason.to_owned() });
    }
    match responses.first() {
        None => Step::Send(post_json(workflow.uri, card::render(job, workflow.form).to_string().into())),
        Some(response) => Step::Done(response::outcome(job, response)),
    }
}

fn changes_what_is_affected(alert: &Alert) -> bool {
    let changed = |component: &NamedComponent| component.joined || component.was.is_some();
    alert.widened || alert.is_follow_up() || alert.severity_before.is_some() || alert.components.iter().any(changed)
}

impl Workflow {
    fn read(settings: &Settings) -> Result<Self, Problems> {
        let form = match settings.get("card") {
            None | Some("wrapped") => Ok(Form::Wrapped),
            Some("bare") => Ok(Form::Bare),
            Some(_) => Err("must be `wrapped` or `bare`"),
        };
        match (settings.get("url").map_or(Err(NO_WORKFLOW), workflow_uri), form) {
            (Ok(uri), Ok(form)) => Ok(Self { uri, form }),
            (uri, form) => {
                let problems = [uri.err().map(|what| ("url", what)), form.err().map(|what| ("card", what))];
                Err(problems.into_iter().flatten().map(|(key, what)| (key, what.to_owned())).collect())
            }
        }
    }
}

const NO_WORKFLOW: &str = "must be the whole URL that the Workflow's trigger shows, like \
                           https://….environment.api.powerplatform.com/powerautomate/automations/direct/workflows/…?…&sig=…";
const CONNECTOR: &str = "is the URL of an Office 365 connector, which Microsoft has shut down; create a Workflow in Teams \
                         from the template \"Send webhook alerts to a channel\" and paste its URL";

/// Microsoft's own hosts must have a Workflow's path and signature; any other host may be a stand-in.
fn workflow_uri(value: &str) -> Result<Uri, &'static str> {
    let mut url = Url::parse(value).map_err(|_| NO_WORKFLOW)?;
    url.set_fragment(None);
    let host = url.host_str().filter(|_| matches!(url.scheme(), "http" | "https")).ok_or(NO_WORKFLOW)?;
    let connector = |own: &&str| host.strip_suffix(*own).is_some_and(|sub| sub.is_empty() || sub.ends_with('.'));
    if CONNECTOR_HOSTS.iter().any(connector) {
        return Err(CONNECTOR);
    }
    if WORKFLOW_HOSTS.iter().any(|own| host.ends_with(own)) {
        let signed = url.query_pairs().any(|(name, value)| name == "sig" && !value.is_empty());
        if url.scheme() != "https" || !url.path().contains(WORKFLOW_PATH) || !signed {
            return Err(NO_WORKFLOW);
        }
    }
    url.as_str().parse().map_err(|_| NO_WORKFLOW)
}
