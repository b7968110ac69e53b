//! `statuswire test DESTINATION`: one test alert, sent right away and shown request by request. It touches no queue and no
//! log; an accepted one enables a destination that was disabled. A mail recipient who has not agreed gets the question
//! instead, and nothing else.
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
use status::{alert::Alert, ids::DeliveryId, monitor::Destination, notice};
use store::{Consent, Recipient};

use crate::{cli::TestArgs, config::Config, consent, mailer, settings_file, site::Site};

pub async fn run(args: TestArgs) -> anyhow::Result<ExitCode> {
    let config = match &args.config {
        None => Config::default(),
        Some(file) => match settings_file::load(file)? {
            Ok(config) => config,
            Err(mistakes) => {
                settings_file::print(file, "", &mistakes)?;
                return Ok(ExitCode::FAILURE);
            }
        },
    };
    // A first test may come before the first start: then there is no instance yet, and none is needed.
    let site = if args.config.is_some() && args.site.stack.is_none() && !args.site.data.exists() {
        None
    } else {
        Some(Site::open(&args.site).await?)
    };
    let tested = test(&args, &config, site.as_ref()).await;
    if let Some(site) = site {
        site.close().await;
    }
    tested
}

async fn test(args: &TestArgs, config: &Config, site: Option<&Site>) -> anyhow::Result<ExitCode> {
    let destination = find(args, config, site).await?;
    let now = Timestamp::now();
    let mail = config.mail.as_ref().map(mailer::parts).transpose()?;
    let recipient = ask_first(site, &destination).await?;
    let alert = match &recipient {
        Some(Recipient { consent: Consent::Unsubscribed, .. }) => {
            anyhow::bail!("the owner of the address has unsubscribed and is not written to any more")
        }
        Some(recipient) if recipient.consent == Consent::Asked => {
            notice::confirm(&destination.id, &format!("{} {now}", recipient.address), now)
        }
        _ => notice::test(&destination.id, now),
    };
    let page = recipient.as_ref().zip(config.public_url.as_ref());
    let page = page.map(|(recipient, base)| format!("{base}/mail/{}", recipient.token));
    let allow = config.network.iter().chain(&args.allow).copied().collect();
    let outcome =
        send(&destination, &alert, mail.as_ref(), page.as_deref(), Guard { allow, own: Vec::new() }, now).await?;
    let mut out = io::stdout().lock();
    match outcome {
        Outcome::Delivered { .. } => {
            let asked = recipient.is_some_and(|recipient| recipient.consent == Consent::Asked);
            let what = if asked { "the question whether alerts are wanted was sent" } else { "accepted" };
            writeln!(out, "{}: {what}", destination.id)?;
            if let Some(key) = channels::public_key(&destination.settings) {
                writeln!(out, "its receivers verify with {key}")?;
            }
            if let (Some(site), false) = (site, asked) {
                site.store.enable(&destination.id).await?;
            }
            Ok(ExitCode::SUCCESS)
        }
        Outcome::Retry { reason, .. } => {
            writeln!(out, "{}: not now: {reason}", destination.id)?;
            Ok(ExitCode::FAILURE)
        }
        Outcome::Skipped { reason } | Outcome::Rejected { reason } => {
            writeln!(out, "{}: not accepted: {reason}", destination.id)?;
            Ok(ExitCode::FAILURE)
        }
        Outcome::Gone { reason } => {
            writeln!(out, "{}: is no more: {reason}", destination.id)?;
            Ok(ExitCode::FAILURE)
        }
    }
}

async fn find(args: &TestArgs, config: &Config, site: Option<&Site>) -> anyhow::Result<Destination> {
    let id = args.destination.as_str();
    let declared = config.settings.destinations.iter().find(|destination| destination.id.as_str() == id);
    if let Some(declared) = declared {
        return Ok(declared.clone());
    }
    let stored = match site {
        Some(site) => site.store.destination(&id.into()).await?,
        None => None,
    };
    stored.map(|found| found.destination).with_context(|| match &args.config {
        Some(file) => format!("no destination is called {id} in {}", file.display()),
        None => format!("no destination is called {id}: name the file that declares it with --config"),
    })
}

/// Whoever has to agree before anything is sent.
async fn ask_first(site: Option<&Site>, destination: &Destination) -> anyhow::Result<Option<Recipient>> {
    let Some(site) = site else {
        let channel = channels::channel(&destination.channel).context("the channel is not registered")?;
        anyhow::ensure!(
            (channel.recipient)(&destination.settings).is_none(),
            "a mail recipient has to agree first: start `statuswire serve`, which asks"
        );
        return Ok(None);
    };
    let Some(recipient) = consent::recipient(&site.store, destination).await? else {
        return Ok(None);
    };
    match recipient.consent {
        Consent::Asked => Ok(Some(site.store.ask_again(&recipient, Timestamp::now()).await?)),
        Consent::Confirmed | Consent::Unsubscribed => Ok(Some(recipient)),
    }
}

async fn send(
    destination: &Destination,
    alert: &Alert,
    mail: Option<&MailSender>,
    page: Option<&str>,
    guard: Guard,
    now: Timestamp,
) -> anyhow::Result<Outcome> {
    let channel = channels::channel(&destination.channel).context("the channel is not registered")?;
    let agent = HeaderValue::from_static(concat!("statuswire/", env!("CARGO_PKG_VERSION"), " (test)"));
    let outbound = Outbound::new(Settings::for_deliveries(guard, agent));
    let id = DeliveryId::derive(&alert.id, &destination.id);
    let mail_job = mail.zip(page);
    let job = Job {
        id: &id,
        alert,
        settings: &destination.settings,
        handle: None,
        superseded: false,
        unknown: false,
        incident_url: None,
        mail: mail_job.map(|(mail, page)| MailJob { from: &mail.from, page, destination: &destination.id }),
        now,
    };
    let (mut answers, mut to) = (Vec::new(), Vec::new());
    let outcome = dispatcher::send(channel, &outbound, mail, &job, &mut answers, |request| to.push(request)).await;
    for (to, answer) in to.iter().zip(&answers) {
        writeln!(io::stdout(), "-> {to}\n<- {}", channels::redacted(channel, answer, &destination.settings))?;
    }
    Ok(outcome)
}
