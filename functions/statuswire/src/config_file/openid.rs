//! `[openid]`: a provider of OpenID Connect at which people may sign in, besides by a mailed link.
use console::OpenIdSettings;

use super::{
    destinations,
    diagnostics::Diagnostics,
    tables::{Entry, Table},
};

const KEYS: [&str; 5] = ["issuer", "client_id", "client_secret", "name", "trusts_addresses"];

/// `has_accounts`: there is a table `[accounts]`, valid or not.
pub(super) fn read(
    table: Option<&Table<'_>>,
    has_accounts: bool,
    env: &dyn Fn(&str) -> Option<String>,
    diagnostics: &mut Diagnostics<'_>,
) -> Option<OpenIdSettings> {
    let table = table?;
    table.reject_unknown_keys(&KEYS, diagnostics);
    if !has_accounts && !diagnostics.may_be_unparsed("accounts") {
        diagnostics.add(&table.location(), "nobody has an account", "add [accounts], or take this table out");
    }
    let issuer = table.require("issuer", "issuer = \"https://login.example.com\"", diagnostics);
    let client_id = table.require("client_id", "client_id = \"statuswire\"", diagnostics);
    let secret = table.require("client_secret", "client_secret = \"env:OPENID_CLIENT_SECRET\"", diagnostics);
    let location = issuer.as_ref().map(|entry| entry.location.clone());
    let text = |entry: Option<Entry<'_>>, diagnostics: &mut Diagnostics<'_>| {
        entry.and_then(|entry| entry.string(diagnostics).map(str::to_owned))
    };
    let (issuer, client_id) = (text(issuer, diagnostics), text(client_id, diagnostics));
    let client_secret = secret.and_then(|entry| destinations::secret(&entry, env, diagnostics));
    let name = table.string("name", diagnostics).map(str::to_owned);
    let trusts_addresses = table.get("trusts_addresses").and_then(|entry| entry.boolean(diagnostics)).unwrap_or(false);
    let settings = OpenIdSettings {
        issuer: issuer?,
        client_id: client_id?,
        client_secret: client_secret?,
        name,
        trusts_addresses,
    };
    if let (Err(what), Some(location)) = (settings.check(), location) {
        diagnostics.add(&location, what, "write the issuer as the provider does, such as https://login.example.com");
        return None;
    }
    Some(settings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config_file::check;

    const ACCOUNTS: &str = "[accounts]\nowner = \"jo@example.com\"\n";

    fn read(text: &str) -> Result<Option<OpenIdSettings>, Vec<String>> {
        let env = |name: &str| (name == "OPENID_SECRET").then(|| "from the environment".to_owned());
        let told = |diagnostics: Vec<super::super::Diagnostic>| diagnostics.into_iter().map(|it| it.message).collect();
        check(text, &env).map(|config| config.openid).map_err(told)
    }

    #[test]
    fn provider_is_read_with_its_secret_from_the_environment() {
        let file = "[openid]\nissuer = \"https://login.example.com\"\nclient_id = \"a\"\nclient_secret = \"env:OPENID_SECRET\"\n";
        let read_file = read(&format!("{ACCOUNTS}{file}name = \"Example\"\n")).unwrap().unwrap();
        assert_eq!(read_file.client_secret, "from the environment");
        assert_eq!((read_file.name.as_deref(), read_file.trusts_addresses), (Some("Example"), false));
        assert!(read(&format!("{ACCOUNTS}{file}trusts_addresses = true\n")).unwrap().unwrap().trusts_addresses);
        assert_eq!(read(file).unwrap_err(), ["openid: nobody has an account"]);
        assert_eq!(read(ACCOUNTS), Ok(None));
    }

    #[test]
    fn every_error_is_told() {
        let wrong = "[openid]\nissuer = \"http://login.example.com\"\nclient_id = \"a\"\nclient_secret = \"b\"\n";
        assert_eq!(read(&format!("{ACCOUNTS}{wrong}")).unwrap_err(), ["openid: issuer: is not an https URL"]);
        let errors = read(&format!("{ACCOUNTS}[openid]\ntrusts_addresses = 1\nscope = \"a\"\n")).unwrap_err();
        assert_eq!(errors.len(), 5, "{errors:?}");
    }
}
