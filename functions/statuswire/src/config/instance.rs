//! `[instance]`: what this instance is to the world.
use url::Url;
use web::Password;

use super::{
    destinations,
    document::{Found, Table},
};

const SHORTEST_PASSWORD: usize = 12;

/// As declared.
#[derive(Debug, Default)]
pub(super) struct Instance {
    /// Where people find it, without a slash at the end.
    pub(super) public_url: Option<String>,
    /// `None`: everybody may read its pages.
    pub(super) password: Option<Password>,
}

pub(super) fn read(table: Option<&Table<'_>>, env: &dyn Fn(&str) -> Option<String>, found: &mut Found<'_>) -> Instance {
    let Some(table) = table else { return Instance::default() };
    table.only(&["public_url", "password"], found);
    Instance { public_url: public_url(table, found), password: password(table, env, found) }
}

fn public_url(table: &Table<'_>, found: &mut Found<'_>) -> Option<String> {
    let entry = table.get("public_url")?;
    let text = entry.text(found)?;
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let plain = url.filter(|url| url.query().is_none() && url.fragment().is_none() && url.username().is_empty());
    if plain.is_none() {
        let way_out = "write the address under which people reach it, like \"https://status.example.com\"";
        found.add(&entry.place, "is not a web address", way_out);
    }
    plain.map(|url| url.as_str().trim_end_matches('/').to_owned())
}

fn password(table: &Table<'_>, env: &dyn Fn(&str) -> Option<String>, found: &mut Found<'_>) -> Option<Password> {
    let entry = table.get("password")?;
    let text = destinations::secret(&entry, env, found)?;
    if text.chars().count() < SHORTEST_PASSWORD {
        let way_out = "make it at least 12 characters long, best by a generator, and name it as env:NAME";
        found.add(&entry.place, "is too short to keep anybody out", way_out);
        return None;
    }
    Some(Password::new(&text))
}
