//! `[[page]]`: status pages that are not in the catalogue. Each becomes a provider with its own id. What one that needs
//! a login asks for may be given as `env:NAME`; no message repeats a value.
use std::collections::BTreeMap;

use settings::{Context, LoginChange, LoginDraft, OAuthDraft, PageDraft};
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
        match draft.map(|draft| draft.validate(&page, context.guard)) {
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
    let oauth = table.get("oauth").map(|entry| oauth(&entry, env, diagnostics));
    is_complete &= !matches!(oauth, Some(None));
    is_complete.then_some(LoginDraft { username, password, headers, oauth: oauth.flatten() })
}

const OAUTH: &str = "oauth = { token_url = \"https://login.example.com/oauth2/token\", client_id = \"...\", \
                     client_secret = \"env:CLIENT_SECRET\" }";

/// `None`: a part of it is reported already.
fn oauth(entry: &Entry<'_>, env: Env<'_>, diagnostics: &mut Diagnostics<'_>) -> Option<OAuthDraft> {
    let table = entry.table(OAUTH, diagnostics)?;
    table.reject_unknown_keys(&["token_url", "client_id", "client_secret", "scope"], diagnostics);
    let mut text = |key, example| {
        let entry = table.require(key, example, diagnostics)?;
        secret(&entry, env, diagnostics)
    };
    let token_url = text("token_url", "token_url = \"https://login.example.com/oauth2/token\"");
    let client_id = text("client_id", "client_id = \"...\"");
    let client_secret = text("client_secret", "client_secret = \"env:CLIENT_SECRET\"");
    let scope = table.string("scope", diagnostics).map(str::to_owned);
    Some(OAuthDraft { token_url: token_url?, client_id: client_id?, client_secret: client_secret?, scope })
}

const KEYS: [&str; 9] = ["id", "name", "url", "format", "interval", "username", "password", "headers", "oauth"];

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

#[cfg(test)]
mod tests {
    use crate::config_file::{
        check,
        write::{Secrets, write},
    };

    const PAGE: &str = "[[page]]\nid = \"private-graph\"\nurl = \"https://graph.example.com\"\n";

    fn env(name: &str) -> Option<String> {
        let known = ["CLIENT_SECRET", "PRIVATE_GRAPH_OAUTH_CLIENT_SECRET"].contains(&name);
        known.then(|| "hunter2".to_owned())
    }

    fn errors(oauth: &str) -> Vec<String> {
        let errors = check(&format!("{PAGE}oauth = {oauth}\n"), &env).unwrap_err();
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert!(errors.iter().all(|error| !error.contains("hunter2")), "{errors:?}");
        errors
    }

    #[test]
    fn credentials_for_a_token_are_read_and_written_again() {
        let text = format!(
            "{PAGE}[page.oauth]\ntoken_url = \"https://login.example.com/token\"\nclient_id = \"me\"\n\
             client_secret = \"env:CLIENT_SECRET\"\nscope = \"https://graph.example.com/.default\"\n"
        );
        let settings = check(&text, &env).unwrap().settings;
        let oauth = settings.logins.values().next().unwrap().oauth.clone().unwrap();
        assert_eq!((oauth.client_id.as_str(), oauth.client_secret.as_str()), ("me", "hunter2"));
        assert_eq!(oauth.scope.as_deref(), Some("https://graph.example.com/.default"));
        for secrets in [Secrets::Named, Secrets::InClear] {
            let written = write(&settings, secrets);
            assert_eq!(written.contains("hunter2"), secrets == Secrets::InClear, "{written}");
            assert_eq!(check(&written, &env).unwrap().settings, settings, "{written}");
        }
    }

    #[test]
    fn each_error_of_the_credentials_stands_where_it_is() {
        let secret = "client_secret = \"env:CLIENT_SECRET\"";
        for (oauth, expected) in [
            ("\"hunter2\"".to_owned(), "must be a table"),
            (format!("{{ token_url = \"https://a.example\", {secret} }}"), "client_id: is missing"),
            (format!("{{ token_url = \"hunter2\", client_id = \"me\", {secret} }}"), "token_url: is not a URL"),
            (
                "{ token_url = \"https://a.example\", client_id = \"me\", client_secret = \"env:NOT_SET\" }".to_owned(),
                "client_secret: the environment variable \"NOT_SET\" is not set",
            ),
        ] {
            let errors = errors(&oauth);
            assert!(errors.len() == 1 && errors[0].contains(expected), "{expected}: {errors:?}");
        }
    }
}
