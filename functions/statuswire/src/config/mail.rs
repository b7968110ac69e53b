//! `[mail]`: how this instance sends mail. One way of two; a destination of the channel email needs it, and an address
//! under which its recipients can agree and unsubscribe.
use mail::{Security, SmtpUrl};
use outbound::{Guard, Refused};
use url::Url;

use super::{
    destinations,
    document::{Found, Table, Tables},
    network,
};

/// As declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailConfig {
    /// `alerts@example.com` or `Name <alerts@example.com>`.
    pub from: String,
    pub via: Via,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Via {
    Smtp(SmtpUrl),
    /// Amazon SES, with region and credentials of the environment.
    Ses {
        /// Where SES publishes bounces and complaints.
        configuration_set: Option<String>,
    },
}

const FROM: &str = "write from = \"alerts@example.com\" or \"Name <alerts@example.com>\"";

pub(super) fn read(
    table: Option<&Table<'_>>,
    guard: &Guard,
    env: &dyn Fn(&str) -> Option<String>,
    found: &mut Found<'_>,
) -> Option<MailConfig> {
    let table = table?;
    table.only(&["from", "smtp", "ses", "ses_configuration_set"], found);
    let from = table.require("from", "from = \"alerts@example.com\"", found).and_then(|entry| {
        let from = entry.text(found)?;
        if !channels::is_mail_sender(from) {
            found.add(&entry.place, "is not an address that mail can be sent from", FROM);
            return None;
        }
        Some(from.to_owned())
    });
    let via = match (table.get("smtp"), table.get("ses").map(|entry| (entry.value.as_bool(), entry))) {
        (Some(smtp), None) => destinations::secret(&smtp, env, found).and_then(|url| match url.parse::<SmtpUrl>() {
            Ok(url) => {
                let scheme = if url.security == Security::None { "http" } else { "https" };
                let host = if url.host.contains(':') { format!("[{}]", url.host) } else { url.host.clone() };
                if let Ok(reached) = Url::parse(&format!("{scheme}://{host}:{}", url.port)) {
                    match guard.check_url(&reached) {
                        Err(Refused::PlainHttp { host }) => {
                            let way_out =
                                "leave out ?tls=none, or add its address to [network] allow if it is your own";
                            let message = format!("{host} would be reached without encryption");
                            found.add(&smtp.place, message, way_out);
                        }
                        _ => network::vet(&reached, &smtp.place, guard, found),
                    }
                }
                Some(Via::Smtp(url))
            }
            Err(wrong) => {
                found.add(&smtp.place, wrong, "percent-encode what is special in user and password");
                None
            }
        }),
        (None, Some((Some(true), _))) => {
            let configuration_set = table.text("ses_configuration_set", found).map(str::to_owned);
            Some(Via::Ses { configuration_set })
        }
        (None, Some((_, entry))) => {
            found.add(&entry.place, "must be true", "write ses = true, or give smtp instead");
            None
        }
        (Some(_), Some((_, ses))) => {
            found.add(&ses.place, "is given besides smtp", "keep one of them");
            None
        }
        (None, None) => {
            if !found.may_be_lost("smtp") && !found.may_be_lost("ses") {
                let way_out = "add smtp = \"smtps://user:password@smtp.example.com\" or ses = true";
                found.add(&table.place(), "neither smtp nor ses is given", way_out);
            }
            None
        }
    };
    Some(MailConfig { from: from?, via: via? })
}

/// Tells of mail destinations that could never be written to.
pub(super) fn tell_needed(tables: &Tables<'_>, has_mail: bool, has_url: bool, found: &mut Found<'_>) {
    let by_mail = tables.destinations.iter().find(|table| {
        table.get("channel").and_then(|entry| entry.value.as_str()).is_some_and(|channel| channel == "email")
    });
    let Some(table) = by_mail else { return };
    if !has_mail && tables.mail.is_none() && !found.may_be_lost("mail") {
        let way_out = "add [mail] with from = \"alerts@example.com\" and smtp = \"smtps://...\" or ses = true";
        found.add(&table.place(), "needs to know how mail is sent", way_out);
    }
    if !has_url && tables.instance.is_none() && !found.may_be_lost("public_url") {
        let way_out = "add [instance] with public_url = \"https://status.example.com\"";
        found.add(&table.place(), "its recipient needs an address to agree and unsubscribe at", way_out);
    }
}
