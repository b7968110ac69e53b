//! Addresses of mail. Only plain ones are taken: quoted local parts and literal hosts are legal and unused, letters
//! beyond ASCII need servers that speak SMTPUTF8 (RFC 6531) all the way.
use lettre::{Address, message::Mailbox};

use crate::text;

/// A path has at most 256 octets, its brackets included: <https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.3>.
const ADDRESS: usize = 254;
const NAME: usize = 60;
/// What a local part may have: <https://www.rfc-editor.org/rfc/rfc5322#section-3.2.3> (`dot-atom`).
const LOCAL: &str = "!#$%&'*+-/=?^_`{|}~.";

/// Without space around it, the domain in lower case: it has no case, a local part may have.
pub(super) fn normalised(value: &str) -> Option<String> {
    let value = value.trim();
    let (local, domain) = value.rsplit_once('@')?;
    let plain = local.bytes().all(|byte| byte.is_ascii_alphanumeric() || LOCAL.as_bytes().contains(&byte))
        && domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
        && (domain.contains('.') || domain.eq_ignore_ascii_case("localhost"));
    let address: Address = value.parse().ok()?;
    (plain && value.len() <= ADDRESS).then(|| format!("{}@{}", address.user(), address.domain().to_ascii_lowercase()))
}

/// Who we are in our mails.
pub(super) struct Sender {
    pub(super) mailbox: Mailbox,
    pub(super) address: String,
}

impl Sender {
    pub(super) fn read(from: &str) -> Option<Self> {
        let mailbox: Mailbox = from.parse().ok()?;
        let address = normalised(mailbox.email.as_ref())?;
        Some(Self { mailbox, address })
    }

    pub(super) fn domain(&self) -> &str {
        self.address.rsplit_once('@').map_or(&self.address, |(_, domain)| domain)
    }

    /// How people know us.
    pub(super) fn shown(&self) -> String {
        let name = self.mailbox.name.as_deref().map(text::one_line).filter(|name| !name.is_empty());
        text::cut(name.as_deref().unwrap_or(&self.address), NAME)
    }
}
