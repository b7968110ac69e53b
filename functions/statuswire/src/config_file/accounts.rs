//! `[accounts]`: whether people may sign in, and who may get an account.
use accounts::sign_up::SignUp;

use super::{
    diagnostics::Diagnostics,
    tables::{Entry, Table},
};

const KEYS: [&str; 3] = ["sign_up", "owner", "max_monitors"];

/// Of each account, where anybody may get one and sees the instance.
const MAX_MONITORS_IN_PUBLIC: u32 = 5;

/// What `[accounts]` declares. Without it nobody signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountsConfig {
    pub sign_up: SignUp,
    /// The address of whoever runs the instance: may always sign in, and owns what this file declares.
    pub owner: Option<String>,
    /// Monitors that an account may make on the pages and by the API; `None`: as many as it likes.
    pub max_monitors: Option<u32>,
}

/// What other tables say.
pub(super) struct Elsewhere<'a> {
    /// Of `[instance]`, if `[accounts]` has none.
    pub(super) owner: Option<&'a str>,
    /// The instance has a password.
    pub(super) is_private: bool,
    /// Private networks may be reached, by pages and destinations of every account.
    pub(super) allows_networks: bool,
}

pub(super) fn read(
    table: Option<&Table<'_>>,
    elsewhere: &Elsewhere<'_>,
    diagnostics: &mut Diagnostics<'_>,
) -> Option<AccountsConfig> {
    let table = table?;
    table.reject_unknown_keys(&KEYS, diagnostics);
    let way = table.get("sign_up");
    let sign_up = way.as_ref().map_or(Some(SignUp::Invitation), |entry| sign_up(entry, diagnostics));
    let declared = table.get("owner");
    let owner = declared.as_ref().and_then(|entry| address(entry, diagnostics));
    let owner = owner.or_else(|| elsewhere.owner.map(str::to_owned).filter(|_| declared.is_none()));
    let sign_up = sign_up?;
    if owner.is_none() && declared.is_none() && sign_up != SignUp::Open && !diagnostics.may_be_unparsed("owner") {
        let hint = "add owner = \"you@example.com\", who invites the others";
        diagnostics.add(&table.location(), "nobody could sign in", hint);
    }
    let is_public = sign_up == SignUp::Open && !elsewhere.is_private;
    if let Some(entry) = way.filter(|_| is_public && elsewhere.allows_networks) {
        let hint = "write \"invitation\", set a password in [instance], or take allow out of [network]";
        diagnostics.add(&entry.location, "lets strangers into the private networks of [network]", hint);
    }
    let max_monitors = match table.get("max_monitors") {
        Some(entry) => Some(entry.number(diagnostics)?),
        None => is_public.then_some(MAX_MONITORS_IN_PUBLIC),
    };
    Some(AccountsConfig { sign_up, owner, max_monitors })
}

fn sign_up(entry: &Entry<'_>, diagnostics: &mut Diagnostics<'_>) -> Option<SignUp> {
    let read = entry.string(diagnostics)?.parse().ok();
    if read.is_none() {
        let hint = "write \"open\", \"invitation\" or \"closed\"";
        diagnostics.add(&entry.location, "is none of the ways to get an account", hint);
    }
    read
}

fn address(entry: &Entry<'_>, diagnostics: &mut Diagnostics<'_>) -> Option<String> {
    let address = channels::mail_address(entry.string(diagnostics)?);
    if address.is_none() {
        let hint = "write one plain address, such as \"you@example.com\"";
        diagnostics.add(&entry.location, "is not a mail address", hint);
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config_file::check;

    fn read(text: &str) -> Result<Option<AccountsConfig>, Vec<String>> {
        let told = |diagnostics: Vec<super::super::Diagnostic>| diagnostics.into_iter().map(|it| it.message).collect();
        check(text, &|_| None).map(|config| config.accounts).map_err(told)
    }

    #[test]
    fn accounts_are_off_unless_the_file_has_the_table() {
        assert_eq!(read(""), Ok(None));
        let accounts = |sign_up, owner: &str| {
            Ok(Some(AccountsConfig { sign_up, owner: Some(owner.to_owned()), max_monitors: None }))
        };
        assert_eq!(read("[accounts]\nowner = \"Jo@Example.com\""), accounts(SignUp::Invitation, "Jo@example.com"));
        let open = "[accounts]\nsign_up = \"open\"";
        let open_to_all = AccountsConfig { sign_up: SignUp::Open, owner: None, max_monitors: Some(5) };
        assert_eq!(read(open), Ok(Some(open_to_all)));
    }

    #[test]
    fn monitors_are_limited_where_anybody_may_get_an_account() {
        let max_monitors = |text: &str| read(text).map(|accounts| accounts.unwrap().max_monitors);
        let open = "[accounts]\nsign_up = \"open\"\n";
        assert_eq!(max_monitors(&format!("{open}max_monitors = 50")), Ok(Some(50)));
        let password = "[instance]\npassword = \"a long password\"\n";
        assert_eq!(max_monitors(&format!("{password}{open}")), Ok(None));
        assert_eq!(max_monitors(&format!("{password}{open}max_monitors = 0")), Ok(Some(0)));
        for wrong in ["-1", "\"5\"", "1.5", "99999999999"] {
            let errors = max_monitors(&format!("{open}max_monitors = {wrong}")).unwrap_err();
            assert_eq!(errors.len(), 1, "{wrong}: {errors:?}");
        }
    }

    #[test]
    fn strangers_are_not_let_into_private_networks() {
        let file = |password: &str, sign_up: &str| {
            let network = "[network]\nallow = [\"10.1.0.0/16\"]\n";
            read(&format!("{network}{password}[accounts]\nowner = \"jo@example.com\"\nsign_up = \"{sign_up}\""))
        };
        let errors = file("", "open").unwrap_err();
        assert_eq!(errors, ["accounts: sign_up: lets strangers into the private networks of [network]"]);
        assert!(file("[instance]\npassword = \"a long password\"\n", "open").is_ok());
        assert!(file("", "invitation").is_ok());
    }

    #[test]
    fn every_error_is_told() {
        let errors = read("[accounts]\nsign_up = \"all\"\nowner = \"jo\"\nlimit = 1").unwrap_err();
        assert_eq!(errors.len(), 3, "{errors:?}");
        for sign_up in ["invitation", "closed"] {
            let errors = read(&format!("[accounts]\nsign_up = \"{sign_up}\"")).unwrap_err();
            assert_eq!(errors, ["accounts: nobody could sign in"]);
        }
    }
}
