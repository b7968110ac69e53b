//! `/account/sign-in`: asks for a mail address and mails a link; `/account/sign-in/{secret}`: the link. What holds:
//! - the answer is the same whether an account knows the address, and takes as long: a mail is sent in both cases;
//! - opening the link changes nothing, because mail scanners follow links: a button uses it, once;
//! - the page of the link says whose it is, so that nobody signs in as somebody else without seeing it.
use accounts::{SignInLink, secret::Secret};
use axum::extract::FromRequest as _;
use axum::{
    Router,
    extract::{Path, Request, State},
    response::Response,
    routing::{get, post},
};
use http::{StatusCode, header, request::Parts};
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;
use site::{
    guesses::Verdict,
    paths::{ACCOUNT, ACCOUNT_OPENID, ACCOUNT_SIGN_IN, WELCOME, own_path, segment},
    private_page,
    same_origin::is_same_origin,
    sender::sender,
    transport::Transport,
};

use crate::{
    base::base,
    cookie,
    enter::{self, By, Entered},
    fields::{Field, Problems},
    letters::{self, Words},
    posted::{PostedByPerson, foreign, too_large},
    random,
    respond::{Refusal, see_other, with_cookie},
    state::Console,
    visitor::{session_of, transport},
};

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route(ACCOUNT_SIGN_IN, get(show).post(ask))
        .route("/account/sign-in/{secret}", get(open).post(enter))
        .route("/account/sign-out", post(sign_out))
}

/// The query of the page, and the fields of its form.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Form {
    address: String,
    /// The path that was asked for.
    to: String,
    /// Set once a mail is on its way.
    sent: Option<String>,
}

async fn show(State(console): State<Console>, parts: Parts) -> Result<Response, Refusal> {
    let form: Form = serde_html_form::from_str(parts.uri.query().unwrap_or_default()).unwrap_or_default();
    if form.sent.is_some() {
        return Ok(sent());
    }
    let to = after(&form.to);
    if session_of(&console, &parts.headers, &parts.uri, Timestamp::now()).await?.is_some() {
        return Ok(see_other(to));
    }
    if transport(&console, &parts.headers, &parts.uri) == Transport::Plain {
        let content = html! {
            p { "This connection is not encrypted, so that others on the network could take over your session. Open \
                 this page with https." }
        };
        return Ok(private_page::response(StatusCode::FORBIDDEN, "Sign in", content));
    }
    if console.settings.mail.is_none() {
        return Ok(without_mail(&console, to));
    }
    Ok(page(&console, StatusCode::OK, &form.address, to, &Problems::default()))
}

/// The way to the provider, for the page where one signs in.
fn openid_button(console: &Console, to: &str) -> Markup {
    html! {
        @if let Some(openid) = &console.openid {
            p { a.button.main href={ (ACCOUNT_OPENID) "?to=" (segment(to)) } { "Sign in with " (openid.name()) } }
        }
    }
}

fn without_mail(console: &Console, to: &str) -> Response {
    let content = html! {
        (openid_button(console, to))
        p { "This instance sends no email. Whoever runs it finds a link to sign in on its terminal, at each start." }
    };
    private_page::response(StatusCode::OK, "Sign in", content)
}

/// Where one goes after signing in: to a path of ours, and not back to a page of this kind.
pub(super) fn after(to: &str) -> &str {
    match own_path(to) {
        "/" => ACCOUNT,
        to if to.starts_with(ACCOUNT_SIGN_IN) => ACCOUNT,
        to => to,
    }
}

fn page(console: &Console, status: StatusCode, address: &str, to: &str, problems: &Problems) -> Response {
    let field = Field { name: "address", label: "Email address", kind: "email", value: address, autocomplete: "email" };
    let content = html! {
        (problems.summary())
        (openid_button(console, to))
        form.sign-in method="post" action=(ACCOUNT_SIGN_IN) {
            @if to != ACCOUNT { input type="hidden" name="to" value=(to); }
            (field.markup(problems))
            button.main type="submit" { "Send me a link" }
        }
        p.soft { "There is no password: the link in the email signs you in." }
    };
    private_page::response(status, "Sign in", content)
}

fn sent() -> Response {
    let content = html! {
        p role="status" {
            "An email is on its way to the address that you entered, unless one was sent there in the last ten minutes."
        }
        p { "Its link works once, within 15 minutes." }
        p.soft {
            "Nothing came? Look among the spam. After ten minutes you can "
            a href=(ACCOUNT_SIGN_IN) { "ask for another" } "."
        }
    };
    private_page::response(StatusCode::OK, "Check your email", content)
}

async fn ask(State(console): State<Console>, request: Request) -> Result<Response, Refusal> {
    let (parts, form) = read(&console, request).await?;
    if console.settings.mail.is_none() {
        return Ok(without_mail(&console, after(&form.to)));
    }
    let (to, now) = (after(&form.to), Timestamp::now());
    let Some(address) = channels::mail_address(&form.address) else {
        let problems = Problems::of("address", "This is no email address. Enter one such as jo@example.com.");
        return Ok(page(&console, StatusCode::UNPROCESSABLE_ENTITY, &form.address, to, &problems));
    };
    if let Some(base) = base(console.settings.public_url.as_deref(), &parts.extensions)
        && letters::may_send(&console, &address, sender(&parts.extensions, &parts.headers), now).await?
    {
        // The same requests and a mail in both cases.
        let may_enter = enter::may_enter(&console, &address).await?;
        let secret = Secret::new(random::bytes());
        let link = letters::kept(&address, now + enter::LINK_LIFETIME, to);
        console.store.put_sign_in_link(&secret.digest(), &link).await?;
        let host = letters::host(&base);
        let words = match may_enter {
            true => Words::link(host, &format!("{base}{ACCOUNT_SIGN_IN}/{}", secret.reveal())),
            false => Words::no_account(host),
        };
        if !letters::send(&console, &address, &words, now).await {
            return Ok(not_sent());
        }
    }
    Ok(see_other(&format!("{ACCOUNT_SIGN_IN}?sent=1")))
}

/// Says nothing about accounts: a mail is sent to every address.
fn not_sent() -> Response {
    let content = html! {
        p role="alert" { "The mail server did not take the email. Try again in ten minutes." }
        p { a href=(ACCOUNT_SIGN_IN) { "Back" } }
    };
    private_page::response(StatusCode::SERVICE_UNAVAILABLE, "Something went wrong", content)
}

/// A form of somebody who is not signed in.
async fn read(console: &Console, request: Request) -> Result<(Parts, Form), Refusal> {
    let (parts, body) = request.into_parts();
    if !is_same_origin(&parts.headers, &parts.uri, console.settings.public_url.as_deref()) {
        return Err(foreign());
    }
    let request = Request::from_parts(parts.clone(), body);
    let body = String::from_request(request, console).await.map_err(|_| too_large())?;
    Ok((parts, serde_html_form::from_str(&body).unwrap_or_default()))
}

async fn open(State(console): State<Console>, Path(secret): Path<String>, parts: Parts) -> Result<Response, Refusal> {
    let now = Timestamp::now();
    let link = match Secret::parse(&secret) {
        Some(secret) => console.store.sign_in_link(&secret.digest(), now).await?,
        None => None,
    };
    heard(&console, &parts, link.is_some())?;
    Ok(link.map_or_else(expired, |link| confirm(&secret, &link)))
}

fn confirm(secret: &str, link: &SignInLink) -> Response {
    let content = html! {
        p { "You sign in as " strong { (link.address) } "." }
        form method="post" action={ (ACCOUNT_SIGN_IN) "/" (segment(secret)) } {
            button.main type="submit" autofocus { "Sign in" }
        }
    };
    private_page::response(StatusCode::OK, "Sign in", content)
}

async fn enter(
    State(console): State<Console>,
    Path(secret): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let (parts, _) = read(&console, request).await?;
    let now = Timestamp::now();
    if transport(&console, &parts.headers, &parts.uri) == Transport::Plain {
        return Ok(see_other(ACCOUNT_SIGN_IN));
    }
    let link = match Secret::parse(&secret) {
        Some(secret) => console.store.use_sign_in_link(&secret.digest(), now).await?,
        None => None,
    };
    heard(&console, &parts, link.is_some())?;
    let Some(SignInLink { address, to, .. }) = link else { return Ok(expired()) };
    signed_in(&console, &parts, (&address, By::Link), to.as_deref(), now).await
}

/// A session for the owner of this address, if they have an account or may have one. `to`: the path that was asked for.
pub(super) async fn signed_in(
    console: &Console,
    parts: &Parts,
    (address, by): (&str, By),
    to: Option<&str>,
    now: Timestamp,
) -> Result<Response, Refusal> {
    let Some(entered) = enter::account_of(console, address, now).await? else { return Ok(no_account(address)) };
    let Entered { account, is_new } = entered;
    let to = match to.map(after) {
        // Whoever asked for a page of their own gets it.
        Some(to) if to != ACCOUNT => to,
        _ if is_new => WELCOME,
        _ => ACCOUNT,
    };
    tracing::info!(account.id = %account, "somebody signed in");
    Ok(enter::begin_session(console, parts, (address, by), &account, to, now).await?)
}

/// Whether this sender is still heard, after so many wrong links.
pub(super) fn heard(console: &Console, parts: &Parts, is_right: bool) -> Result<(), Refusal> {
    let Verdict::TooMany(wait) = console.judge(sender(&parts.extensions, &parts.headers), is_right) else {
        return Ok(());
    };
    let seconds = wait.as_secs() + 1;
    let content = html! { p { "Too many invalid links. Try again in " (seconds) " s." } };
    let mut response = private_page::response(StatusCode::TOO_MANY_REQUESTS, "Too many requests", content);
    response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    Err(Refusal::from(response))
}

pub(super) fn expired() -> Response {
    let content: Markup = html! {
        p { "Links work once, for 15 minutes. " a href=(ACCOUNT_SIGN_IN) { "Send a new one" } "." }
    };
    private_page::response(StatusCode::NOT_FOUND, "This link is no longer valid", content)
}

fn no_account(address: &str) -> Response {
    let content = html! {
        p { "No account has the address " strong { (address) } ". Ask an owner of your account to invite it." }
    };
    private_page::response(StatusCode::FORBIDDEN, "No account", content)
}

async fn sign_out(
    State(console): State<Console>,
    parts: Parts,
    PostedByPerson { session, .. }: PostedByPerson<Form>,
) -> Result<Response, Refusal> {
    enter::end_session(&console, &session, Timestamp::now()).await?;
    let transport = transport(&console, &parts.headers, &parts.uri);
    Ok(with_cookie(see_other(ACCOUNT_SIGN_IN), cookie::end(transport)))
}
