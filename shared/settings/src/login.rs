//! A draft of a page's login: a user name and a password, headers, or both, which become headers; or credentials for a
//! token, in the file alone. No problem repeats a value.
use std::{borrow::Cow, collections::BTreeMap, fmt};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use outbound::Guard;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};
use status::provider::{ClientCredentials, Login, PRIVATE_ID, Provider, has_private_id};
use url::Url;

use crate::{
    problem::{Code, Problem, Problems},
    urls::check_url,
};

const AUTHORIZATION: &str = "Authorization";

/// What a page that is for customers only asks of its readers. It is never answered.
#[derive(Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LoginDraft {
    /// Of HTTP's basic authentication.
    pub username: Option<String>,
    pub password: Option<String>,
    /// By name.
    pub headers: BTreeMap<String, String>,
    /// Of the file alone: the poller asks this address for a token.
    #[serde(skip)]
    pub oauth: Option<OAuthDraft>,
}

/// OAuth 2.0's client credentials.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct OAuthDraft {
    pub token_url: String,
    pub client_id: String,
    pub client_secret: String,
    pub scope: Option<String>,
}

/// What becomes of the login of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum LoginChange {
    /// It stays as it is: nobody is shown it, so it cannot be sent back.
    #[default]
    Keep,
    Remove,
    Set(LoginDraft),
}

impl<'de> Deserialize<'de> for LoginChange {
    /// `null` removes it. Where there is nothing, it stays.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let draft = Option::<LoginDraft>::deserialize(deserializer)?;
        Ok(draft.map_or(Self::Remove, Self::Set))
    }
}

impl JsonSchema for LoginChange {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "LoginChange".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<Option<LoginDraft>>()
    }
}

impl LoginDraft {
    /// `None`: the page needs no login. What it shows to those who have one is not for everybody, so it is private.
    pub fn validate(&self, page: &Provider, guard: &Guard) -> Result<Option<Login>, Vec<Problem>> {
        if *self == Self::default() {
            return Ok(None);
        }
        let mut problems = Problems::default();
        if !has_private_id(&page.id) {
            let message = format!("a page with a login is private, and its id does not begin with \"{PRIVATE_ID}\"");
            problems.add("id", Code::Invalid, message, format!("write id = \"{PRIVATE_ID}{}\"", page.id));
        }
        let made = self.login();
        let oauth = self.oauth.as_ref().map(|oauth| oauth.checked(guard, &mut problems));
        let has_authorization = |login: &Login| login.headers.keys().any(|name| is_authorization(name));
        if oauth.is_some() && made.as_ref().is_ok_and(has_authorization) {
            let message = "has a token, and there is an Authorization, or a user name, besides";
            problems.add("oauth", Code::Duplicate, message, "take out one of the two");
        }
        match made {
            Ok(login) => problems.or(Some(Some(Login { oauth, ..login }))),
            Err(more) => {
                more.into_iter().for_each(|problem| problems.push(problem));
                problems.or(None)
            }
        }
    }

    /// Its headers, without regard to the page.
    pub fn login(&self) -> Result<Login, Vec<Problem>> {
        let mut problems = Problems::default();
        let mut headers = self.headers.clone();
        check_headers(&headers, &mut problems);
        if let Some(basic) = self.basic(&mut problems) {
            if headers.keys().any(|name| is_authorization(name)) {
                let hint = "take out this header, or username and password";
                problems.add("headers", Code::Duplicate, "has an Authorization beside username and password", hint);
            }
            headers.insert(AUTHORIZATION.to_owned(), basic);
        }
        problems.or(Some(Login::of_headers(headers)))
    }

    fn basic(&self, problems: &mut Problems) -> Option<String> {
        let (Some(username), Some(password)) = (&self.username, &self.password) else {
            let missing = match (&self.username, &self.password) {
                (Some(_), None) => "password",
                (None, Some(_)) => "username",
                _ => return None,
            };
            // Not as one that a table lacks: the other one makes it necessary.
            problems.add(missing, Code::Invalid, "is missing", "write username and password, or neither");
            return None;
        };
        if username.contains(':') || username.chars().any(char::is_control) {
            let hint = "write the user name alone";
            problems.add("username", Code::Invalid, "contains a colon or a control character", hint);
        }
        if password.chars().any(char::is_control) {
            problems.add("password", Code::Invalid, "contains a line break or another control character", "remove it");
        }
        Some(format!("Basic {}", BASE64_STANDARD.encode(format!("{username}:{password}"))))
    }
}

impl OAuthDraft {
    fn checked(&self, guard: &Guard, problems: &mut Problems) -> ClientCredentials {
        match Url::parse(self.token_url.trim()) {
            Ok(url) => check_url("oauth.token_url", &url, guard).into_iter().for_each(|problem| problems.push(problem)),
            Err(_) => {
                let hint = "write the URL of the token endpoint, such as \"https://login.example.com/oauth2/token\"";
                problems.add("oauth.token_url", Code::Invalid, "is not a URL", hint);
            }
        }
        for (field, text) in [("oauth.client_id", &self.client_id), ("oauth.client_secret", &self.client_secret)] {
            if text.is_empty() || text.chars().any(char::is_control) {
                let message = "is empty, or contains a line break or another control character";
                problems.add(field, Code::Invalid, message, "write it as the service shows it");
            }
        }
        ClientCredentials {
            token_url: self.token_url.trim().to_owned(),
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone(),
            scope: self.scope.clone(),
        }
    }
}

fn is_authorization(name: &str) -> bool {
    name.eq_ignore_ascii_case(AUTHORIZATION)
}

/// As a webhook's own headers are checked; what makes a request conditional or partial is the poller's.
fn check_headers(headers: &BTreeMap<String, String>, problems: &mut Problems) {
    let lines: Vec<String> = headers.iter().map(|(name, text)| format!("{name}: {text}")).collect();
    if let Err(problem) = channels::own_headers(&lines.join("\n")) {
        problems.add("headers", Code::Invalid, problem, "write headers = { Authorization = \"env:PAGE_TOKEN\" }");
    }
    let is_ours = |name: &str| {
        let name = name.to_ascii_lowercase();
        matches!(name.as_str(), "accept" | "range") || name.starts_with("if-")
    };
    if headers.keys().any(|name| is_ours(name)) {
        let message = "has Accept, Range or If-..., which statuswire sets";
        problems.add("headers", Code::Invalid, message, "remove it");
    }
}

impl fmt::Debug for LoginDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginDraft").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(id: &str) -> Provider {
        let page_url = "https://status.example.com".to_owned();
        Provider { id: id.into(), name: id.to_owned(), page_url, format: None, interval: None }
    }

    fn problems(draft: &LoginDraft, id: &str) -> Vec<String> {
        let told: Vec<String> =
            draft.validate(&page(id), &Guard::default()).unwrap_err().iter().map(ToString::to_string).collect();
        assert!(told.iter().all(|it| !it.contains("hunter2")), "{told:?}");
        assert!(!format!("{draft:?}").contains("hunter2"));
        told
    }

    fn headers(headers: &[(&str, &str)]) -> LoginDraft {
        let headers = headers.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        LoginDraft { headers, ..LoginDraft::default() }
    }

    fn basic(username: Option<&str>, password: Option<&str>) -> LoginDraft {
        let own = |text: Option<&str>| text.map(str::to_owned);
        LoginDraft { username: own(username), password: own(password), ..LoginDraft::default() }
    }

    #[test]
    fn user_name_and_password_become_a_header() {
        // The example of RFC 7617.
        let login = basic(Some("Aladdin"), Some("open sesame"))
            .validate(&page("private-a"), &Guard::default())
            .unwrap()
            .unwrap();
        let expected = ("Authorization".to_owned(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==".to_owned());
        assert_eq!(login, Login::of_headers([expected].into()));
        assert!(!format!("{login:?}").contains("QWxh"), "{login:?}");
        assert_eq!(LoginDraft::default().validate(&page("a"), &Guard::default()), Ok(None));
        let login =
            headers(&[("X-Api-Key", "hunter2")]).validate(&page("private-a"), &Guard::default()).unwrap().unwrap();
        assert_eq!(login.headers["X-Api-Key"], "hunter2");
    }

    #[test]
    fn credentials_for_a_token_stand_alone_and_are_for_an_address_that_may_be_reached() {
        let oauth = |token_url: &str, client_secret: &str| OAuthDraft {
            token_url: token_url.to_owned(),
            client_id: "me".to_owned(),
            client_secret: client_secret.to_owned(),
            scope: Some("all".to_owned()),
        };
        let with = |oauth: OAuthDraft, more: LoginDraft| LoginDraft { oauth: Some(oauth), ..more };
        let url = "https://login.example.com/token";
        let key = headers(&[("X-Api-Key", "hunter2")]);
        let login = with(oauth(url, "hunter2"), key).validate(&page("private-a"), &Guard::default()).unwrap().unwrap();
        assert_eq!((login.oauth.unwrap().token_url.as_str(), login.headers.len()), (url, 1));
        for (draft, field) in [
            (with(oauth("hunter2", "hunter2"), LoginDraft::default()), "oauth.token_url: is not a URL"),
            (with(oauth("http://login.example.com/hunter2", "a"), LoginDraft::default()), "oauth.token_url: "),
            (with(oauth("https://10.0.0.7/hunter2", "a"), LoginDraft::default()), "oauth.token_url: "),
            (with(oauth(url, ""), LoginDraft::default()), "oauth.client_secret: "),
            (with(oauth(url, "hunter2\n"), LoginDraft::default()), "oauth.client_secret: "),
            (with(oauth(url, "hunter2"), basic(Some("me"), Some("hunter2"))), "oauth: has a token"),
            (with(oauth(url, "hunter2"), headers(&[("authorization", "hunter2")])), "oauth: has a token"),
        ] {
            let told = problems(&draft, "private-a");
            assert!(told.len() == 1 && told[0].starts_with(field), "{field}: {told:?}");
        }
    }

    #[test]
    fn each_problem_names_its_field_and_no_value() {
        let token = [("Authorization", "Bearer hunter2")];
        for (draft, id, field) in [
            (headers(&token), "acme", "id: "),
            (basic(Some("me"), None), "private-a", "password: is missing"),
            (basic(None, Some("hunter2")), "private-a", "username: is missing"),
            (basic(Some("me:hunter2"), Some("a")), "private-a", "username: contains"),
            (basic(Some("me"), Some("hunter2\n")), "private-a", "password: contains"),
            (headers(&[("Host", "hunter2")]), "private-a", "headers: host is set"),
            (headers(&[("If-None-Match", "hunter2")]), "private-a", "headers: has Accept"),
            (headers(&[("X-Key", "hunter2\u{e4}")]), "private-a", "headers: the text of x-key"),
            (headers(&[("hunter2 hunter2", "a")]), "private-a", "headers: header 1 has an invalid name"),
            (
                LoginDraft { headers: headers(&token).headers, ..basic(Some("me"), Some("hunter2")) },
                "private-a",
                "headers: has an Authorization beside",
            ),
        ] {
            let told = problems(&draft, id);
            assert!(told.len() == 1 && told[0].starts_with(field), "{field}: {told:?}");
        }
    }
}
