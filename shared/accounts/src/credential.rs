//! The texts that hold a secret together with whose it is and its id, so that it is found by its key and compared with
//! its digest: cookies, API tokens and invitations. A text from outside may be anything.
use std::fmt;

use status::ids::{AccountId, digest};
use subtle::ConstantTimeEq as _;

use crate::secret::{Secret, hex};

/// Bytes of a random id: too many to be guessed, few enough to be read aloud.
const ID_BYTES: usize = 8;
const MAX_OWNER_LENGTH: usize = 64;

/// `owner.id.secret`.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// An account, or what [`user_id`] makes of an address.
    pub owner: String,
    pub id: String,
    pub secret: Secret,
}

impl Credential {
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let (owner, id, secret) = (parts.next()?, parts.next()?, parts.next()?);
        let is_plain = |text: &str, longest: usize| {
            (1..=longest).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        let is_whole = parts.next().is_none() && is_plain(owner, MAX_OWNER_LENGTH) && is_plain(id, 2 * ID_BYTES);
        let secret = Secret::parse(secret)?;
        is_whole.then(|| Self { owner: owner.to_owned(), id: id.to_owned(), secret })
    }

    /// To be given out, and to be neither stored nor logged.
    pub fn reveal(&self) -> String {
        format!("{}.{}.{}", self.owner, self.id, self.secret.reveal())
    }

    /// A text that only whoever has the secret can make: it is put into the forms of a session, so that no other site
    /// can send them. It names the account that the form is of, since a session may work in another one by the time
    /// that the form is sent.
    pub fn form_token(&self, account: &AccountId) -> String {
        format!("{account}.{}", digest(&["form", &self.id, account.as_str(), self.secret.reveal()]))
    }

    /// The account that a form of this session is of; `None`: no page of the session has this token. In constant time.
    pub fn account_of_form(&self, given: &str) -> Option<AccountId> {
        let account = AccountId::new(given.rsplit_once('.')?.0);
        let is_it: bool = self.form_token(&account).as_bytes().ct_eq(given.as_bytes()).into();
        is_it.then_some(account)
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("owner", &self.owner).field("id", &self.id).finish_non_exhaustive()
    }
}

/// Begins every API token, so that scanners for leaked secrets know it.
pub const API_TOKEN_PREFIX: &str = "sw_";

pub fn new_id(random: [u8; ID_BYTES]) -> String {
    hex(&random)
}

/// Stands for an address in keys and cookies, and does not show it.
pub fn user_id(address: &str) -> String {
    digest(&["user", address])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_credential_is_read_again_and_no_other_is() {
        let secret = Secret::new([7; 32]);
        let credential = Credential { owner: user_id("a@b.test"), id: new_id([9; 8]), secret };
        let text = credential.reveal();
        assert_eq!(Credential::parse(&text), Some(credential.clone()));
        assert!(!format!("{credential:?}").contains("0707"));
        let account = AccountId::new("a1");
        let token = credential.form_token(&account);
        assert_eq!(credential.account_of_form(&token), Some(account));
        for other in ["", "a1", "a1.", &token[1..], &token.replace("a1", "a2"), &token.replace("a1.", "")] {
            assert_eq!(credential.account_of_form(other), None, "{other}");
        }
        assert!(!token.contains(credential.secret.reveal()));
        let secret = credential.secret.reveal();
        let long = "x".repeat(65);
        for other in [
            "",
            "..",
            secret,
            &format!("a.{secret}"),
            &format!("a.b.{secret}.c"),
            &format!(".b.{secret}"),
            &format!("a..{secret}"),
            &format!("a#.b.{secret}"),
            &format!("{long}.b.{secret}"),
            &format!("a.b.{}", &secret[1..]),
            &format!(" {text}"),
        ] {
            assert_eq!(Credential::parse(other), None, "{other}");
        }
    }
}
