//! A draft of a custom page: a status page that is not in the catalogue. In the file it has an id that somebody chose.
//! Elsewhere the id follows from the URL, so that two accounts that add one page share what is read of it, and two that
//! call different pages by one name share nothing. That of a page with a login follows from the account too: what is
//! read with the login of one account is for no other.
use std::time::Duration;

use jiff::SignedDuration;
use outbound::Guard;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use status::{
    ids::{AccountId, ProviderId, digest},
    provider::{DERIVED_ID, Login, PRIVATE_ID, Provider, has_private_id},
};
use url::Url;

use crate::{
    Context,
    login::{LoginChange, LoginDraft},
    problem::{Code, Problem, Problems},
    urls::check_url,
    words::{check_id, name, quoted, suggest},
};

/// In seconds. It spares other people's servers.
const MIN_INTERVAL: u64 = 60;
/// In seconds, for a page whose address is in `[network] allow`.
const MIN_INTERVAL_ALLOWED: u64 = 1;
/// In seconds.
const MAX_INTERVAL: u64 = 24 * 60 * 60;
/// In bytes.
const MAX_URL: usize = 2_000;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PageDraft {
    /// `None`: [`page_id`] of the URL.
    pub id: Option<String>,
    /// The provider's name; `None`: the id, or the host where there is no id.
    pub name: Option<String>,
    pub url: Option<String>,
    /// Name of a format; `None`: it is detected.
    pub format: Option<String>,
    /// Between two polls: `30s`, `5m`, or a number of seconds.
    pub interval: Option<String>,
    /// For a page that only customers may read. It is never answered: left out, it stays as it is; null removes it.
    /// Not of the file, which has its keys in the table of the page.
    #[serde(skip_serializing)]
    #[schemars(extend("writeOnly" = true))]
    pub login: LoginChange,
}

impl PageDraft {
    pub fn validate(&self, context: &Context<'_>) -> Result<Provider, Vec<Problem>> {
        self.checked(context, matches!(self.login, LoginChange::Set(_)))
    }

    /// Of a page whose id `before` followed from its URL. Whether it is shared with other accounts stays.
    pub fn validate_again(&self, before: &ProviderId, context: &Context<'_>) -> Result<Provider, Vec<Problem>> {
        self.checked(context, has_private_id(before))
    }

    /// `known`: the login of the page that is replaced. The draft is valid.
    pub fn login_after(&self, known: Option<Login>) -> Result<Option<Login>, Vec<Problem>> {
        match &self.login {
            LoginChange::Keep => Ok(known),
            LoginChange::Remove => Ok(None),
            LoginChange::Set(draft) => draft.login().map(Some),
        }
    }

    fn checked(&self, context: &Context<'_>, is_private: bool) -> Result<Provider, Vec<Problem>> {
        let mut problems = Problems::default();
        if let Some(id) = &self.id {
            check_own_id(id, &mut problems);
        }
        if let LoginChange::Set(login) = &self.login {
            check_login(login, is_private, &mut problems);
        }
        let name = name("name", self.name.as_deref(), &mut problems);
        let url = self.checked_url(context.guard, &mut problems);
        self.check_format(&mut problems);
        let interval = self.interval.as_deref();
        let interval = interval.and_then(|text| interval_of(text, url.as_ref(), context.guard, &mut problems));
        let made = url.map(|url| {
            let id = match &self.id {
                Some(id) => ProviderId::new(id),
                None if is_private => private_page_id(context.account, &url),
                None => page_id(&url),
            };
            let shown = || match &self.id {
                Some(id) => id.clone(),
                None => url.host_str().unwrap_or(id.as_str()).to_owned(),
            };
            let page_url = match &self.id {
                Some(_) => url.as_str().trim_end_matches('/').to_owned(),
                None => canonical_url(&url),
            };
            Provider { name: name.unwrap_or_else(shown), id, page_url, format: self.format.clone(), interval }
        });
        problems.or(made)
    }

    fn checked_url(&self, guard: &Guard, problems: &mut Problems) -> Option<Url> {
        let text = self.url.as_deref().unwrap_or("").trim();
        let hint = "write the URL of the status page, such as \"https://status.example.com\"";
        if text.is_empty() {
            problems.add("url", Code::Missing, "is missing", hint);
            return None;
        }
        let url = Url::parse(text).ok().filter(|_| text.len() <= MAX_URL);
        let Some(url) = url else {
            problems.add("url", Code::Invalid, "is not a URL", hint);
            return None;
        };
        if let Some(problem) = check_url("url", &url, guard) {
            problems.push(problem);
        } else if self.id.is_none()
            && let Some(entry) = catalogue::find_by_page(&url)
        {
            let message = format!("this is the status page of {}, which is in the catalogue", entry.name);
            problems.add("url", Code::Taken, message, format!("watch the provider \"{}\"", entry.slug));
        }
        Some(url)
    }

    fn check_format(&self, problems: &mut Problems) {
        if let Some(name) = self.format.as_deref().filter(|name| formats::format(name).is_none()) {
            let hint = suggest(name, "formats", formats::formats().iter().map(|format| format.name));
            problems.add("format", Code::Unknown, format!("unknown format {}", quoted(name)), hint);
        }
    }
}

fn check_own_id(id: &str, problems: &mut Problems) {
    check_id(id, problems);
    if catalogue::find(id).is_some() {
        let hint = format!("write provider = \"{id}\" in the monitor, or choose another id");
        problems.add("id", Code::Taken, format!("\"{id}\" is a provider in the catalogue"), hint);
    }
}

fn check_login(login: &LoginDraft, is_private: bool, problems: &mut Problems) {
    if !is_private {
        let message = "cannot be added to this page: what is read of it is shared with others who added it";
        problems.add("login", Code::Refused, message, "add the page once more with its login, and remove this one");
    } else if *login == LoginDraft::default() {
        problems.add("login", Code::Missing, "is empty", "write a user name and a password, or headers");
    }
    for problem in login.login().err().into_iter().flatten() {
        problems.push(Problem { field: format!("login.{}", problem.field), ..problem });
    }
}

/// One text for all spellings of a URL that cannot lead to different pages. Parsing has lowered scheme and host, and
/// left out the scheme's own port; a fragment never reaches the server.
pub fn canonical_url(url: &Url) -> String {
    let mut url = url.clone();
    url.set_fragment(None);
    if url.query() == Some("") {
        url.set_query(None);
    }
    match url.query() {
        None => url.as_str().trim_end_matches('/').to_owned(),
        Some(_) => url.as_str().to_owned(),
    }
}

/// The id of the custom page at this URL, whoever adds it.
pub fn page_id(url: &Url) -> ProviderId {
    ProviderId::new(format!("{DERIVED_ID}{}", digest(&[&canonical_url(url)])))
}

/// The id of a custom page that is read with a login of this account.
pub fn private_page_id(account: &AccountId, url: &Url) -> ProviderId {
    ProviderId::new(format!("{PRIVATE_ID}{}", digest(&[account.as_str(), &canonical_url(url)])))
}

fn interval_of(text: &str, url: Option<&Url>, guard: &Guard, problems: &mut Problems) -> Option<Duration> {
    let Some(seconds) = seconds(text) else {
        let hint = "write \"30s\", \"5m\", \"1h\" or a number of seconds";
        problems.add("interval", Code::Invalid, "is not a duration in whole seconds", hint);
        return None;
    };
    let is_allowed = url.is_none_or(|url| guard.allows_host(url));
    if seconds < if is_allowed { MIN_INTERVAL_ALLOWED } else { MIN_INTERVAL } {
        let hint = "write at least \"60s\" (\"1s\" for a page whose address is in [network] allow)";
        problems.add("interval", Code::Invalid, "is too short", hint);
    } else if seconds > MAX_INTERVAL {
        problems.add("interval", Code::Invalid, "is too long", "write at most \"24h\"");
    }
    Some(Duration::from_secs(seconds))
}

/// Of a number, or of a duration such as `90s`, `5m` or `1h 30m`. A fraction of a second or a negative duration is
/// `None`.
fn seconds(text: &str) -> Option<u64> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    let duration = text.parse::<SignedDuration>().ok()?;
    (duration.subsec_nanos() == 0).then(|| duration.as_secs().try_into().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Known;

    fn with<T>(account: &str, check: impl FnOnce(&Context<'_>) -> T) -> T {
        let (account, guard, known) = (account.into(), Guard::default(), Known::default());
        check(&Context { account: &account, guard: &guard, known: &known, of_file: false })
    }

    /// `more`: further fields.
    fn draft(more: &str) -> PageDraft {
        serde_json::from_str(&format!("{{\"url\": \"https://status.acme.test/\"{more}}}")).unwrap()
    }

    #[test]
    fn page_with_a_login_is_of_its_account_alone() {
        let set = draft(r#", "login": {"headers": {"X-Key": "hunter2"}}"#);
        let made = |account: &str, draft: &PageDraft| with(account, |context| draft.validate(context)).unwrap();
        let (public, private) = (made("ours", &draft("")), made("ours", &set));
        assert!(has_private_id(&private.id) && !has_private_id(&public.id));
        assert_ne!(made("theirs", &set).id, private.id, "another account reads it with another login");
        // Its id stays, with the login or without it.
        for again in [draft(""), draft(r#", "login": null"#), set.clone()] {
            assert_eq!(with("ours", |context| again.validate_again(&private.id, context)).unwrap().id, private.id);
        }
        let refused = with("ours", |context| set.validate_again(&public.id, context)).unwrap_err();
        assert_eq!((refused[0].field.as_str(), refused[0].code), ("login", Code::Refused));
    }

    #[test]
    fn login_that_is_left_out_stays_and_null_removes_it() {
        let known = Login::of_headers([("X-Key".to_owned(), "old".to_owned())].into());
        let after = |more: &str| draft(more).login_after(Some(known.clone())).unwrap();
        assert_eq!((after(""), after(r#", "login": null"#)), (Some(known.clone()), None));
        assert_eq!(after(r#", "login": {"headers": {"X-Key": "hunter2"}}"#).unwrap().headers["X-Key"], "hunter2");
    }

    #[test]
    fn problems_of_a_login_are_at_its_fields_and_nothing_repeats_a_secret() {
        let problems = |login: &str| {
            let draft = draft(&format!(r#", "login": {login}"#));
            let problems = with("ours", |context| draft.validate(context)).unwrap_err();
            let shown = format!("{draft:?} {problems:?} {}", serde_json::to_string(&draft).unwrap());
            assert!(!shown.contains("hunter2"), "{shown}");
            problems.into_iter().map(|problem| problem.field).collect::<Vec<_>>()
        };
        let host = r#"{"username": "me", "headers": {"Host": "hunter2"}}"#;
        assert_eq!(problems(host), ["login.headers", "login.password"]);
        assert_eq!(problems(r#"{"username": "me", "password": "hunter2\n"}"#), ["login.password"]);
        assert_eq!(problems("{}"), ["login"]);
    }
}
