//! Forms that a member sends. One is taken only if a page of ours sent it: the cookie is not sent from other sites
//! (`SameSite`), the browser says where the form is from, and the form has a token that only the session's pages have.
use axum::extract::{FromRequest, FromRequestParts as _, Request};
use http::StatusCode;
use maud::{Markup, html};
use serde::{Deserialize, de::DeserializeOwned};
use site::same_origin::is_same_origin;

use crate::{
    respond::{self, Refusal},
    state::Console,
    visitor::SignedIn,
};

/// The name of the token in forms.
const TOKEN: &str = "form";

/// A form, and who sent it.
pub(crate) struct Posted<T> {
    pub(crate) by: SignedIn,
    pub(crate) form: T,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Token {
    form: String,
}

impl<T: DeserializeOwned + Default> FromRequest<Console> for Posted<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, console: &Console) -> Result<Self, Refusal> {
        let (mut parts, body) = request.into_parts();
        if !is_same_origin(&parts.headers, &parts.uri, console.settings.public_url.as_deref()) {
            return Err(foreign());
        }
        let by = SignedIn::from_request_parts(&mut parts, console).await?;
        let request = Request::from_parts(parts, body);
        let body = String::from_request(request, console).await.map_err(|_| too_large())?;
        let token: Token = serde_html_form::from_str(&body).unwrap_or_default();
        if !by.is_form_token(&token.form) {
            return Err(foreign());
        }
        Ok(Self { by, form: serde_html_form::from_str(&body).unwrap_or_default() })
    }
}

/// The token, for a form of this member.
pub(crate) fn token(by: &SignedIn) -> Markup {
    html! { input type="hidden" name=(TOKEN) value=(by.form_token()); }
}

/// A form of one button.
pub(crate) fn button(by: &SignedIn, path: &str, label: &str) -> Markup {
    html! { form method="post" action=(path) { (token(by)) button type="submit" { (label) } } }
}

pub(crate) fn foreign() -> Refusal {
    let text = "This form was not sent by a page of your session. Nothing was changed. Open the page again.";
    Refusal::from(respond::forbidden(text))
}

pub(crate) fn too_large() -> Refusal {
    let content = html! { p { "The form is too large, or is not text. Nothing was changed." } };
    Refusal::from(respond::page(StatusCode::PAYLOAD_TOO_LARGE, "Too large", None, content))
}
