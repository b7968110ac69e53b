//! `[[page]]`: status pages that are not in the catalogue. Each becomes a provider with its own id. What one that needs
//! a login asks for may be given as `env:NAME`; no message repeats a value.
use std::collections::BTreeMap;

use settings::{Context, LoginChange, LoginDraft, PageDraft};
use status::provider::{Login, Provider};
use toml::de::DeValue;

use super::{
    destinations::secret,
    diagnostics::Diagnostics,
    drafts::report,
    tables::{Entry, Table},
};

type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The pages, and the logins of those that need one.
pub(super) fn read(
    tables: &[Table<'_>],
    context: &Context<'_>,
    env: Env<'_>,
    diagnostics: &mut Diagnostics<'_>,
) -> (Vec<Provider>, BTreeMap<status::ids::ProviderId, Login>) {
    let (mut pages, mut logins) = (Vec::new(), BTreeMap::new());
    for table in tables {
        let draft = login_draft(table, env, diagnostics);
        let Some(page) = page(table, context, diagnostics) else { continue };
        match draft.map(|draft| draft.validate(&page)) {
            Some(Ok(login)) => logins.extend(login.map(|login| (page.id.clone(), login))),
            Some(Err(problems)) => report(table, &[], problems, |_, _| false, diagnostics),
            None => {}
        }
        pages.push(page);
    }
    (pages, logins)
}

/// `None`: a part of it is reported already.
fn login_draft(table: &Table<'_>, env: Env<'_>, diagnostics: &mut Diagnostics<'_>) -> Option<LoginDraft> {
    let mut is_complete = true;
    let mut text = |key: &str, diagnostics: &mut Diagnostics<'_>| {
        let entry = table.get(key)?;
        let text = secret(&entry, env, diagnostics);
        is_complete &= text.is_some();
        text
    };
    let (username, password) = (text("username", diagnostics), text("password", diagnostics));
    let mut headers = BTreeMap::new();
    if let Some(entry) = table.get("headers") {
        is_complete &= entry.value.as_table().is_some();
        for (entry, name) in entry.entries("headers = { Authorization = \"env:PAGE_TOKEN\" }", diagnostics) {
            match secret(&entry, env, diagnostics) {
                Some(text) if text.contains(char::is_control) || name.contains(char::is_control) => {
                    diagnostics.add(&entry.location, "contains a line break or another control character", "remove it");
                    is_complete = false;
                }
                Some(text) => drop(headers.insert(name.to_owned(), text)),
                None => is_complete = false,
            }
        }
    }
    is_complete.then_some(LoginDraft { username, password, headers })
}

const KEYS: [&str; 8] = ["id", "name", "url", "format", "interval", "username", "password", "headers"];

fn page(table: &Table<'_>, context: &Context<'_>, diagnostics: &mut Diagnostics<'_>) -> Option<Provider> {
    table.reject_unknown_keys(&KEYS, diagnostics);
    let id = table.id(diagnostics);
    let name = table.string("name", diagnostics);
    let url = table.require("url", "url = \"https://status.example.com\"", diagnostics);
    let url = url.and_then(|entry| entry.string(diagnostics));
    let draft = PageDraft {
        id: Some(id.unwrap_or_default().to_owned()),
        name: name.map(str::to_owned),
        url: url.map(str::to_owned),
        format: table.string("format", diagnostics).map(str::to_owned),
        interval: table.get("interval").map(|entry| interval(&entry)),
        login: LoginChange::Keep,
    };
    match draft.validate(context) {
        Ok(page) => Some(page),
        Err(problems) => {
            report(table, &[], problems, |_, _| false, diagnostics);
            None
        }
    }
}

/// As a draft has it; what is none in the file is none there either.
fn interval(entry: &Entry<'_>) -> String {
    let seconds = match entry.value {
        DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
        DeValue::String(text) if !text.bytes().all(|byte| byte.is_ascii_digit()) => return text.to_string(),
        _ => None,
    };
    seconds.map_or_else(String::new, |seconds| seconds.to_string())
}
