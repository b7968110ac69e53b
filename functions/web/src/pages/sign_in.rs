//! `/sign-in`: asks a browser for the password of a private instance and begins its session; `/sign-out` ends it. Both
//! work without a script. A public instance has neither.
use axum::{
    Router,
    extract::State,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use http::{HeaderValue, StatusCode, header, request::Parts};
use jiff::Timestamp;
use maud::html;
use serde::Deserialize;
use site::{guesses::Verdict, paths};

use crate::{
    layout::{frame, private_page},
    middleware::{same_origin::is_same_origin, sender::sender, session, transport::Transport},
    state::{Password, Web},
    urls::{self, own_path},
};

pub(super) fn routes() -> Router<Web> {
    Router::new().route(urls::SIGN_IN, get(show).post(sign_in)).route(urls::SIGN_OUT, post(sign_out))
}

/// The query of the page, and the fields of its form.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Form {
    password: String,
    /// The path that was asked for.
    to: String,
}

async fn show(State(web): State<Web>, parts: Parts) -> Response {
    let form: Form = serde_html_form::from_str(parts.uri.query().unwrap_or_default()).unwrap_or_default();
    let to = own_path(&form.to);
    let Some(password) = &web.password else {
        return if web.has_accounts { see_other(paths::ACCOUNT_SIGN_IN) } else { frame::not_found() };
    };
    match transport(&web, &parts) {
        // Browsers would keep no session. Elsewhere they ask for the password themselves.
        Transport::Plain => see_other(to),
        transport if session::is_valid(&parts.headers, password, transport, Timestamp::now()) => see_other(to),
        _ => page(StatusCode::OK, to, None),
    }
}

async fn sign_in(State(web): State<Web>, parts: Parts, body: String) -> Response {
    let Some(password) = &web.password else { return frame::not_found() };
    let form: Form = serde_html_form::from_str(&body).unwrap_or_default();
    let to = own_path(&form.to);
    if !is_same_origin(&parts.headers, &parts.uri, web.public_url.as_deref()) {
        return page(StatusCode::FORBIDDEN, to, Some("Another site sent this form. Enter the password here."));
    }
    let is_right = Password::new(&form.password) == *password;
    match web.judge(sender(&parts.extensions, &parts.headers), is_right) {
        Verdict::Right => {
            let cookie = session::begin(password, transport(&web, &parts), Timestamp::now());
            with_cookie(see_other(to), cookie)
        }
        Verdict::Wrong => page(StatusCode::FORBIDDEN, to, Some("Wrong password.")),
        Verdict::TooMany(wait) => {
            let seconds = wait.as_secs() + 1;
            let text = format!("Too many wrong passwords. Try again in {seconds} s.");
            let mut response = page(StatusCode::TOO_MANY_REQUESTS, to, Some(&text));
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            response
        }
    }
}

async fn sign_out(State(web): State<Web>, parts: Parts) -> Response {
    if web.password.is_none() {
        return frame::not_found();
    }
    if !is_same_origin(&parts.headers, &parts.uri, web.public_url.as_deref()) {
        let text = "Another site sent this form. You are still signed in.";
        return frame::message(StatusCode::FORBIDDEN, "Not signed out", text);
    }
    with_cookie(see_other(urls::SIGN_IN), session::end(transport(&web, &parts)))
}

fn transport(web: &Web, parts: &Parts) -> Transport {
    Transport::of(&parts.headers, &parts.uri, web.public_url.as_deref())
}

fn page(status: StatusCode, to: &str, problem: Option<&str>) -> Response {
    let content = html! {
        p { "This instance is private." }
        form.sign-in method="post" action=(urls::SIGN_IN) {
            @if to != "/" { input type="hidden" name="to" value=(to); }
            label for="password" { "Password" }
            input #password type="password" name="password" required autofocus autocomplete="current-password"
                aria-invalid=[problem.map(|_| "true")] aria-describedby=[problem.map(|_| "problem")];
            @if let Some(problem) = problem { p #problem .problem role="alert" { (problem) } }
            button.main type="submit" { "Sign in" }
        }
    };
    let mut response = private_page::response(status, "Sign in", content);
    // With `no-referrer` browsers would not say where the form was sent from.
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

/// `path` is one of our own.
fn see_other(path: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, path), (header::CACHE_CONTROL, "no-store")]).into_response()
}

fn with_cookie(mut response: Response, cookie: Option<HeaderValue>) -> Response {
    if let Some(cookie) = cookie {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}
