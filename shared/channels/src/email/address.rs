//! Mail addresses. Only plain ones are accepted: quoted local parts and literal hosts are legal but unused, and letters
//! beyond ASCII need SMTPUTF8 (RFC 6531) on every server of the way.
use lettre::{Address, message::Mailbox};

use crate::text;

/// A path has at most 256 octets, its brackets included: <https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.3>.
const MAX_ADDRESS: usize = 254;
const MAX_NAME: usize = 60;
/// The characters of a local part: <https://www.rfc-editor.org/rfc/rfc5322#section-3.2.3> (`dot-atom`).
const LOCAL: &str = "!#$%&'*+-/=?^_`{|}~.";

/// The form that all spellings of a mail address share: trimmed, the domain in lower case (a local part may have case).
/// `None` if it is no plain address.
pub fn mail_address(value: &str) -> Option<String> {
    let value = value.trim();
    let (local, domain) = value.rsplit_once('@')?;
    let plain = local.bytes().all(|byte| byte.is_ascii_alphanumeric() || LOCAL.as_bytes().contains(&byte))
        && domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
        && (domain.contains('.') || domain.eq_ignore_ascii_case("localhost"));
    let address: Address = value.parse().ok()?;
    (plain && value.len() <= MAX_ADDRESS)
        .then(|| format!("{}@{}", address.user(), address.domain().to_ascii_lowercase()))
}

/// Whether mails can be sent in this name: `alerts@example.com` or `Name <alerts@example.com>`.
pub fn is_mail_sender(from: &str) -> bool {
    Sender::read(from).is_some()
}

/// Who sends our mails.
pub(super) struct Sender {
    pub(super) mailbox: Mailbox,
    pub(super) address: String,
}

impl Sender {
    pub(super) fn read(from: &str) -> Option<Self> {
        let mailbox: Mailbox = from.parse().ok()?;
        let address = mail_address(mailbox.email.as_ref())?;
        Some(Self { mailbox, address })
    }

    pub(super) fn domain(&self) -> &str {
        self.address.rsplit_once('@').map_or(&self.address, |(_, domain)| domain)
    }

    /// The name that people know us by, else the address.
    pub(super) fn display_name(&self) -> String {
        let name = self.mailbox.name.as_deref().map(text::one_line).filter(|name| !name.is_empty());
        text::cut(name.as_deref().unwrap_or(&self.address), MAX_NAME)
    }
}
