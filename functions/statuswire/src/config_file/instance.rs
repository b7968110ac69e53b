//! `[instance]`: the URL and the password of this instance.
use url::Url;
use web::Password;

use super::{destinations, diagnostics::Diagnostics, tables::Table};

const MIN_PASSWORD_CHARS: usize = 12;

/// What `[instance]` declares.
#[derive(Debug, Default)]
pub(super) struct InstanceConfig {
    /// The URL at which people open this instance, without a trailing slash.
    pub(super) public_url: Option<String>,
    /// Required to read the instance's pages; `None` makes them public.
    pub(super) password: Option<Password>,
}

pub(super) fn read(
    table: Option<&Table<'_>>,
    env: &dyn Fn(&str) -> Option<String>,
    diagnostics: &mut Diagnostics<'_>,
) -> InstanceConfig {
    let Some(table) = table else { return InstanceConfig::default() };
    table.reject_unknown_keys(&["public_url", "password"], diagnostics);
    InstanceConfig { public_url: public_url(table, diagnostics), password: password(table, env, diagnostics) }
}

fn public_url(table: &Table<'_>, diagnostics: &mut Diagnostics<'_>) -> Option<String> {
    let entry = table.get("public_url")?;
    let text = entry.string(diagnostics)?;
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let plain = url.filter(|url| url.query().is_none() && url.fragment().is_none() && url.username().is_empty());
    if plain.is_none() {
        let hint = "write the URL at which people open this instance, such as \"https://status.example.com\"";
        diagnostics.add(&entry.location, "is not a plain http or https URL", hint);
    }
    plain.map(|url| url.as_str().trim_end_matches('/').to_owned())
}

fn password(
    table: &Table<'_>,
    env: &dyn Fn(&str) -> Option<String>,
    diagnostics: &mut Diagnostics<'_>,
) -> Option<Password> {
    let entry = table.get("password")?;
    let text = destinations::secret(&entry, env, diagnostics)?;
    if text.chars().count() < MIN_PASSWORD_CHARS {
        let hint = "use at least 12 characters, preferably generated, and refer to it as env:NAME";
        diagnostics.add(&entry.location, "is too short", hint);
        return None;
    }
    Some(Password::new(&text))
}
