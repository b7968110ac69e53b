//! `statuswire test DESTINATION`: sends one test alert at once and prints each request and response. It uses no queue
//! and leaves no trace in the delivery log. A successful test enables a destination that was disabled, and queues what
//! it missed. A mail recipient who has not consented gets the confirmation request instead; one whose address is
//! suppressed gets nothing.
use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use anyhow::Context as _;
use channels::{Job, MailJob, Outcome};
use dispatcher::MailSender;
use http::HeaderValue;
use jiff::Timestamp;
use outbound::{Guard, Outbound, Settings};
use status::{alert::Alert, ids::DeliveryId, monitor::Destination, notice, outside_text::shown};
use store::{Consent, Recipient, SuppressionCause};

use crate::{
    cli::TestArgs,
    config_file::{Config, load},
    consent,
    instance::Instance,
    mailer,
    plural::count,
};

pub async fn run(args: TestArgs) -> anyhow::Result<ExitCode> {
    let config = match &args.config {
        None => Config::default(),
        Some(file) => match load::read(file)? {
            Ok(config) => config,
            Err(errors) => {
                load::print(file, "", &errors)?;
                return Ok(ExitCode::FAILURE);
            }
        },
    };
    // A destination of a file can be tested before the first start, when there is no instance yet.
    let needs_no_instance = args.config.is_some() && args.instance.stack.is_none() && !args.instance.data.exists();
    let instance = if needs_no_instance { None } else { Some(Instance::open(&args.instance).await?) };
    let tested = test(&args, &config, instance.as_ref()).await;
    if let Some(instance) = instance {
        instance.close().await;
    }
    tested
}

async fn test(args: &TestArgs, config: &Config, instance: Option<&Instance>) -> anyhow::Result<ExitCode> {
    let destination = find_destination(args, config, instance).await?;
    let now = Timestamp::now();
    let recipient = recipient(args, instance, &destination).await?;
    let alert = match &recipient {
        Some(Recipient { consent: Consent::Unsubscribed, address, .. }) => {
            anyhow::bail!(
                "{address} has unsubscribed: only its owner can subscribe again, by the link in an earlier mail"
            )
        }
        Some(recipient) if recipient.consent == Consent::Asked => {
            notice::confirm(&destination.id, &format!("{} {now}", recipient.address), now)
        }
        _ => notice::test(&destination.id, now),
    };
    let preferences_url = recipient
        .as_ref()
        .zip(config.public_url.as_ref())
        .map(|(recipient, base)| format!("{base}/mail/{}", recipient.token));
    let sender = Sender {
        guard: Guard { allow: config.network.iter().chain(&args.allow).copied().collect(), own: Vec::new() },
        mail: config.mail.as_ref().map(mailer::from_config).transpose()?,
        preferences_url,
    };
    let outcome = sender.send(&destination, &alert, now).await?;
    let is_request = recipient.is_some_and(|recipient| recipient.consent == Consent::Asked);
    let code = print_outcome(&destination, &outcome, is_request)?;
    if let (Outcome::Delivered { .. }, Some(instance), false) = (&outcome, instance, is_request) {
        resume(instance, &destination, now).await?;
    }
    Ok(code)
}

/// Enables the destination if it was disabled, and queues what it missed and is still of use.
async fn resume(instance: &Instance, tested: &Destination, now: Timestamp) -> anyhow::Result<()> {
    let Some(record) = instance.store.destination(&tested.id).await? else { return Ok(()) };
    if instance.store.unseal(&record.destination)? != *tested {
        // The file says something else than the instance: its next start takes over the file.
        return Ok(());
    }
    if record.verified_at.is_none() {
        instance.store.note_verified(&record.destination, now).await?;
    }
    let is_troubled = record.disabled.is_some() || record.failing_since.is_some() || record.refusals.is_some();
    if is_troubled {
        instance.store.enable(&tested.id).await?;
    }
    let Some(since) = record.missed_since.or(record.disabled.as_ref().map(|disabled| disabled.at)) else {
        return Ok(());
    };
    let queue = instance.queues.channel(&tested.channel)?;
    let queued = dispatcher::catch_up(&instance.store, queue, &record.destination, since, now, None).await?;
    if queued > 0 {
        writeln!(io::stdout(), "{} that it missed queued", count(queued, "alert"))?;
        if !instance.is_running {
            writeln!(io::stdout(), "statuswire is not running: start `statuswire serve` to send them")?;
        }
    }
    Ok(())
}

/// Refuses to mail a suppressed address, with the way out.
async fn respect_suppression(args: &TestArgs, instance: &Instance, address: &str) -> anyhow::Result<()> {
    let Some(suppression) = instance.store.suppression(address).await? else { return Ok(()) };
    let (at, reason) = (suppression.at, &suppression.reason);
    if suppression.cause() == SuppressionCause::Complained {
        anyhow::bail!(
            "mail to {address} is suppressed since {at:.0} ({reason}): only its owner can lift that, at the link in any \
             earlier mail"
        );
    }
    anyhow::ensure!(
        args.lift_suppression,
        "mail to {address} is suppressed since {at:.0} ({reason}): correct the address, or let its owner lift that at the \
         link in any earlier mail; if the mailbox exists by now, run `statuswire test {} --lift-suppression`",
        args.destination
    );
    instance.store.lift_suppression(address).await?;
    Ok(())
}

/// `is_request`: what was sent is the confirmation request.
fn print_outcome(destination: &Destination, outcome: &Outcome, is_request: bool) -> io::Result<ExitCode> {
    let mut out = io::stdout().lock();
    let id = &destination.id;
    match outcome {
        Outcome::Delivered { .. } => {
            let what = if is_request { "confirmation request sent" } else { "accepted" };
            writeln!(out, "{id}: {what}")?;
            if let Some(key) = channels::public_key(&destination.settings) {
                writeln!(out, "public key for verifying signatures: {key}")?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        Outcome::Retry { reason, .. } => writeln!(out, "{id}: temporary failure: {}", shown(reason))?,
        Outcome::Refused { reason, .. } | Outcome::Skipped { reason } | Outcome::Rejected { reason } => {
            writeln!(out, "{id}: rejected: {}", shown(reason))?
        }
        Outcome::Gone { reason } => writeln!(out, "{id}: no longer exists: {}", shown(reason))?,
    }
    Ok(ExitCode::FAILURE)
}

/// From the configuration file, else from the instance.
async fn find_destination(
    args: &TestArgs,
    config: &Config,
    instance: Option<&Instance>,
) -> anyhow::Result<Destination> {
    let id = args.destination.as_str();
    let declared = config.settings.destinations.iter().find(|destination| destination.id.as_str() == id);
    if let Some(declared) = declared {
        return Ok(declared.clone());
    }
    let stored = match instance {
        Some(instance) => {
            let found = instance.store.destination(&id.into()).await?;
            found.map(|record| instance.store.unseal(&record.destination)).transpose()?
        }
        None => None,
    };
    stored.with_context(|| match &args.config {
        Some(file) => format!("destination {id} not found in {}: check its id", file.display()),
        None => format!("destination {id} not found: check its id, or name the file that declares it with --config"),
    })
}

/// The mail recipient whose consent is needed; `None` for channels that need none. One who has not answered is asked
/// again.
async fn recipient(
    args: &TestArgs,
    instance: Option<&Instance>,
    destination: &Destination,
) -> anyhow::Result<Option<Recipient>> {
    let Some(instance) = instance else {
        let channel = channels::channel(&destination.channel).context("the channel is not registered")?;
        anyhow::ensure!(
            (channel.recipient)(&destination.settings).is_none(),
            "the mail recipient has not confirmed yet: start `statuswire serve`, which sends the confirmation request"
        );
        return Ok(None);
    };
    let Some(recipient) = consent::recipient(&instance.store, destination).await? else {
        return Ok(None);
    };
    respect_suppression(args, instance, &recipient.address).await?;
    match recipient.consent {
        Consent::Asked => Ok(Some(instance.store.ask_again(&recipient, Timestamp::now()).await?)),
        Consent::Confirmed | Consent::Unsubscribed => Ok(Some(recipient)),
    }
}

/// How the test alert is sent.
struct Sender {
    guard: Guard,
    /// `None` if the configuration has no `[mail]`.
    mail: Option<MailSender>,
    /// The page at which the mail recipient confirms and unsubscribes.
    preferences_url: Option<String>,
}

impl Sender {
    /// Sends and prints every request with its response.
    async fn send(self, destination: &Destination, alert: &Alert, now: Timestamp) -> anyhow::Result<Outcome> {
        let channel = channels::channel(&destination.channel).context("the channel is not registered")?;
        let agent = HeaderValue::from_static(concat!("statuswire/", env!("CARGO_PKG_VERSION"), " (test)"));
        let outbound = Outbound::new(Settings::for_deliveries(self.guard, agent));
        let id = DeliveryId::derive(&alert.id, &destination.id);
        let mail_job = self.mail.as_ref().zip(self.preferences_url.as_deref());
        let job = Job {
            id: &id,
            alert,
            settings: &destination.settings,
            handle: None,
            unknown: false,
            superseded: false,
            incident_url: None,
            mail: mail_job.map(|(mail, page)| MailJob {
                from: &mail.from,
                page,
                acknowledge: None,
                destination: &destination.id,
            }),
            now,
        };
        let (mut responses, mut requests) = (Vec::new(), Vec::new());
        let outcome = dispatcher::send(channel, &outbound, self.mail.as_ref(), &job, &mut responses, |request| {
            requests.push(request);
        })
        .await
        .map_err(|dispatcher::Hindered(reason)| anyhow::anyhow!(reason))?;
        for (request, response) in requests.iter().zip(&responses) {
            writeln!(
                io::stdout(),
                "-> {request}\n<- {}",
                shown(&channels::redacted(channel, response, &destination.settings).to_string())
            )?;
        }
        Ok(outcome)
    }
}
