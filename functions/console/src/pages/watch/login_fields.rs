//! The fields of a page's login. A password or header is never shown: neither one that is stored, nor one that was
//! typed a moment ago.
use std::collections::BTreeMap;

use maud::{Markup, html};
use settings::LoginDraft;

use crate::fields::Problems;

pub(super) const USERNAME: &str = "login.username";
pub(super) const PASSWORD: &str = "login.password";
pub(super) const HEADERS: &str = "login.headers";

/// As they were typed.
#[derive(Default)]
pub(super) struct LoginFields {
    pub(super) username: String,
    pub(super) password: String,
    /// One a line: `Name: text`.
    pub(super) headers: String,
}

impl LoginFields {
    /// `None`: all of them are blank.
    pub(super) fn draft(&self) -> Result<Option<LoginDraft>, Problems> {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let (username, password) = (given(self.username.trim()), given(&self.password));
        let mut headers = BTreeMap::new();
        for line in self.headers.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let Some((name, text)) = line.split_once(':') else {
                let text = "A line has no colon. Write one header a line, as in Authorization: Bearer and the token.";
                return Err(Problems::of(HEADERS, text));
            };
            if headers.insert(name.trim().to_owned(), text.trim().to_owned()).is_some() {
                return Err(Problems::of(HEADERS, "A header is there twice. Remove one of the two."));
            }
        }
        let draft = LoginDraft { username, password, headers, oauth: None };
        Ok(Some(draft).filter(|draft| *draft != LoginDraft::default()))
    }

    /// `is_kept`: one is stored, and stays if nothing is typed.
    pub(super) fn markup(&self, problems: &Problems, is_kept: bool) -> Markup {
        let hint = is_kept.then_some("stored: leave all blank to keep it");
        let problem = |field: &str| {
            let problem = problems.at(field);
            html! { @if let Some(problem) = problem { p.problem id={ (field) "-problem" } { (problem) } } }
        };
        let description = |field: &str| problems.at(field).map(|_| format!("{field}-problem"));
        let is_wrong = |field: &str| problems.at(field).map(|_| "true");
        html! {
            div.field #login {
                (problem("login"))
                label for=(USERNAME) { "User name" }
                input id=(USERNAME) name=(USERNAME) value=(self.username) placeholder=[hint] autocomplete="off"
                    autocapitalize="none" spellcheck="false" aria-invalid=[is_wrong(USERNAME)]
                    aria-describedby=[description(USERNAME)];
                (problem(USERNAME))
            }
            div.field {
                label for=(PASSWORD) { "Password" }
                input id=(PASSWORD) name=(PASSWORD) type="password" placeholder=[hint] autocomplete="new-password"
                    aria-invalid=[is_wrong(PASSWORD)] aria-describedby=[description(PASSWORD)];
                (problem(PASSWORD))
            }
            div.field {
                label for=(HEADERS) { "Or headers" }
                textarea id=(HEADERS) name=(HEADERS) rows="3" placeholder=[hint] spellcheck="false"
                    aria-invalid=[is_wrong(HEADERS)] aria-describedby="login-help" {}
                (problem(HEADERS))
                p.soft.small #login-help {
                    "One line for each, as in Authorization: Bearer and the token. The login is stored encrypted, sent to \
                     this address only, and never shown again."
                }
            }
        }
    }

    pub(super) fn is_blank(&self) -> bool {
        [&self.username, &self.password, &self.headers].iter().all(|field| field.trim().is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_lines_and_what_is_blank_is_not_given() {
        let fields = |headers: &str| LoginFields { headers: headers.to_owned(), ..LoginFields::default() };
        assert!(fields(" \r\n").draft().unwrap().is_none());
        let draft = fields("Authorization: Bearer a:b\r\n X-Key:c ").draft().unwrap().unwrap();
        assert_eq!((draft.headers["Authorization"].as_str(), draft.headers["X-Key"].as_str()), ("Bearer a:b", "c"));
        for wrong in ["hunter2", "X-Key: hunter2\nX-Key: hunter2"] {
            let problems = fields(wrong).draft().unwrap_err();
            assert!(problems.at(HEADERS).is_some_and(|text| !text.contains("hunter2")), "{wrong}");
        }
    }
}
