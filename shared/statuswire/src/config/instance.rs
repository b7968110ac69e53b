//! `[instance]`: what this instance is to the world.
use url::Url;

use super::document::{Found, Table};

/// Where people find it, without a slash at the end.
pub(super) fn read(table: Option<&Table<'_>>, found: &mut Found<'_>) -> Option<String> {
    let table = table?;
    table.only(&["public_url"], found);
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
