//! `[mail]`: how this instance sends mail, by SMTP or by Amazon SES. A destination of the channel `email` needs it, and
//! a public URL at which recipients confirm and unsubscribe.
use mail::{Security, SmtpUrl};
use outbound::{Guard, Refused};
use url::Url;

use super::{
    destinations,
    diagnostics::Diagnostics,
    network,
    tables::{Entry, Table, Tables},
};

/// What `[mail]` declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailConfig {
    /// `alerts@example.com` or `Name <alerts@example.com>`.
    pub from: String,
    pub transport: MailTransport,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailTransport {
    Smtp(SmtpUrl),
    /// Amazon SES, with the region and the credentials of the environment.
    Ses {
        /// The configuration set through which SES publishes bounces and complaints.
        configuration_set: Option<String>,
    },
}

pub(super) fn read(
    table: Option<&Table<'_>>,
    guard: &Guard,
    env: &dyn Fn(&str) -> Option<String>,
    diagnostics: &mut Diagnostics<'_>,
) -> Option<MailConfig> {
    let table = table?;
    table.reject_unknown_keys(&["from", "smtp", "ses", "ses_configuration_set"], diagnostics);
    let from = from(table, diagnostics);
    let transport = transport(table, guard, env, diagnostics);
    Some(MailConfig { from: from?, transport: transport? })
}

fn from(table: &Table<'_>, diagnostics: &mut Diagnostics<'_>) -> Option<String> {
    let entry = table.require("from", "from = \"alerts@example.com\"", diagnostics)?;
    let from = entry.string(diagnostics)?;
    if !channels::is_mail_sender(from) {
        let hint = "write from = \"alerts@example.com\" or \"Name <alerts@example.com>\"";
        diagnostics.add(&entry.location, "is not a valid sender address", hint);
        return None;
    }
    Some(from.to_owned())
}

fn transport(
    table: &Table<'_>,
    guard: &Guard,
    env: &dyn Fn(&str) -> Option<String>,
    diagnostics: &mut Diagnostics<'_>,
) -> Option<MailTransport> {
    match (table.get("smtp"), table.get("ses")) {
        (Some(smtp), None) => smtp_url(&smtp, guard, env, diagnostics).map(MailTransport::Smtp),
        (None, Some(ses)) if ses.value.as_bool() == Some(true) => {
            let configuration_set = table.string("ses_configuration_set", diagnostics).map(str::to_owned);
            Some(MailTransport::Ses { configuration_set })
        }
        (None, Some(ses)) => {
            diagnostics.add(&ses.location, "must be true", "write ses = true, or replace it with smtp");
            None
        }
        (Some(_), Some(ses)) => {
            diagnostics.add(&ses.location, "cannot be combined with smtp", "remove one of them");
            None
        }
        (None, None) => {
            if !diagnostics.may_be_unparsed("smtp") && !diagnostics.may_be_unparsed("ses") {
                let hint = "add smtp = \"smtps://user:password@smtp.example.com\" or ses = true";
                diagnostics.add(&table.location(), "smtp or ses is missing", hint);
            }
            None
        }
    }
}

fn smtp_url(
    entry: &Entry<'_>,
    guard: &Guard,
    env: &dyn Fn(&str) -> Option<String>,
    diagnostics: &mut Diagnostics<'_>,
) -> Option<SmtpUrl> {
    let text = destinations::secret(entry, env, diagnostics)?;
    match text.parse::<SmtpUrl>() {
        Ok(url) => {
            check_server(&url, entry, guard, diagnostics);
            Some(url)
        }
        Err(error) => {
            let hint = "percent-encode special characters in user name and password";
            diagnostics.add(&entry.location, error, hint);
            None
        }
    }
}

/// Reports if the guard refuses the connection to the mail server. The guard knows web URLs, so it gets one.
fn check_server(smtp: &SmtpUrl, entry: &Entry<'_>, guard: &Guard, diagnostics: &mut Diagnostics<'_>) {
    let scheme = if smtp.security == Security::None { "http" } else { "https" };
    let host = if smtp.host.contains(':') { format!("[{}]", smtp.host) } else { smtp.host.clone() };
    let Ok(url) = Url::parse(&format!("{scheme}://{host}:{}", smtp.port)) else { return };
    if let Err(Refused::PlainHttp { host }) = guard.check_url(&url) {
        let message = format!("the connection to {host} would not be encrypted");
        let hint = "remove ?tls=none, or add its address to [network] allow if the host is yours";
        diagnostics.add(&entry.location, message, hint);
    } else {
        network::check_url(&url, &entry.location, guard, diagnostics);
    }
}

/// Reports what the first mail destination, or the owner's address, lacks to be deliverable.
pub(super) fn check_requirements(
    tables: &Tables<'_>,
    has_mail: bool,
    has_public_url: bool,
    diagnostics: &mut Diagnostics<'_>,
) {
    let first = tables.destinations.iter().find(|table| {
        table.get("channel").and_then(|entry| entry.value.as_str()).is_some_and(|channel| channel == "email")
    });
    let owner = tables.instance.as_ref().filter(|table| table.get("owner").is_some());
    let Some(location) = first.map(Table::location).or(owner.map(|table| table.location_of("owner"))) else { return };
    if !has_mail && tables.mail.is_none() && !diagnostics.may_be_unparsed("mail") {
        let hint = "add [mail] with from = \"alerts@example.com\", and smtp = \"smtps://...\" or ses = true";
        diagnostics.add(&location, "needs a mail server or Amazon SES", hint);
    }
    let is_missing = match owner {
        Some(instance) => instance.get("public_url").is_none(),
        None => tables.instance.is_none(),
    };
    if !has_public_url && is_missing && !diagnostics.may_be_unparsed("public_url") {
        let hint = "add [instance] with public_url = \"https://status.example.com\"";
        diagnostics.add(&location, "needs a public URL at which recipients confirm and unsubscribe", hint);
    }
}
