//! `/api/v1/account`: what the pages change, for programs with an API token. The operations are those of the crate
//! `account_api`, which describes them in the `OpenAPI` document as well. What holds of every request:
//! - the account is that of the token, and no other is ever named; a cookie is not looked at, so no other site can use
//!   somebody's session here;
//! - a token is counted before anything is done for it;
//! - an update and a removal name the version that they rest on; what is made with an idempotency key is made once.
mod authorize;
mod body;
mod kinds;
mod lists;
mod mutes;
mod preconditions;
mod problem;
mod repeat;
mod represent;
mod sending;
mod team;
mod writes;

use std::collections::BTreeMap;

use account_api::{Action, Operation, ROOT, operations};
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest as _, Path, Request, State, rejection::PathRejection},
    response::{IntoResponse as _, Response},
    routing::{MethodFilter, MethodRouter, any},
};
use http::Method;
pub(crate) use lists::delivery;
use problem::Problem;

use crate::state::Console;

/// A monitor may name a thousand components.
const MAX_REQUEST_BYTES: usize = 256 << 10;

type PathParts = Result<Path<BTreeMap<String, String>>, PathRejection>;

pub(crate) fn routes() -> Router<Console> {
    let mut paths: BTreeMap<String, Vec<Operation>> = BTreeMap::new();
    for operation in operations() {
        paths.entry(operation.path.clone()).or_default().push(operation);
    }
    let router =
        paths.into_iter().fold(Router::new(), |router, (path, operations)| router.route(&path, methods(operations)));
    let unknown = || async { Problem::not_found("There is no such endpoint. See /api for the list.") };
    router.route(&format!("{ROOT}/{{*rest}}"), any(unknown)).layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES))
}

/// Those of one path.
fn methods(operations: Vec<Operation>) -> MethodRouter<Console> {
    let mut allowed: Vec<String> = operations.iter().map(|operation| operation.method.to_string()).collect();
    if operations.iter().any(|operation| operation.method == Method::GET) {
        allowed.push("HEAD".to_owned());
    }
    let allowed = allowed.join(", ");
    let methods = MethodRouter::new().fallback(async move || Problem::not_allowed(&allowed));
    operations.into_iter().fold(methods, |methods, Operation { action, method, .. }| {
        let filter = MethodFilter::try_from(method).expect("operations have methods of HTTP");
        methods.on(filter, async move |State(console): State<Console>, path: PathParts, request: Request| {
            serve(&console, action, path, request).await
        })
    })
}

/// An answer, which says what is left of the token's allowance.
async fn serve(console: &Console, action: Action, path: PathParts, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let authorized = async {
        let authorized = authorize::authorize(console, &parts).await?;
        let taken = authorize::take(console, &authorized.token).await?;
        Ok::<_, Problem>((authorized, taken))
    };
    let (authorized, taken) = match authorized.await {
        Ok(authorized) => authorized,
        Err(problem) => return problem.into_response(),
    };
    let outcome = async {
        if !taken.is_allowed {
            return Err(Problem::too_many(taken.resets_in, "This token has sent too many requests."));
        }
        let (token, by) = (&authorized.token, authorized.actor());
        if !by.may(action.right()) {
            return Err(Problem::forbidden(action.right()));
        }
        let Ok(Path(path)) = path else { return Err(Problem::bad_request("The path must be percent-encoded UTF-8.")) };
        let (id, query) = (path.get("id").map_or("", String::as_str), parts.uri.query().unwrap_or_default());
        if !query.is_empty() && action != Action::Deliveries {
            return Err(Problem::bad_request("This takes no parameters."));
        }
        let request = Request::from_parts(parts.clone(), body);
        let body = Bytes::from_request(request, console).await.map_err(|_| Problem::too_large(MAX_REQUEST_BYTES))?;
        match action {
            Action::Account => lists::account(console, token).await,
            Action::Members => team::members(console, token).await,
            Action::Member => team::read_member(console, &by, id, &parts.headers).await,
            Action::ChangeRole => team::change_role(console, &by, id, (&parts, &body)).await,
            Action::RemoveMember => team::remove_member(console, &by, id, &parts.headers).await,
            Action::Invitations => team::invitations(console, token).await,
            Action::Invite => team::invite(console, &by, &parts, &body).await,
            Action::Withdraw => team::withdraw(console, &by, id).await,
            Action::Tokens => team::tokens(console, token).await,
            Action::MakeToken => team::make_token(console, &by, &parts, &body).await,
            Action::RevokeToken => team::revoke_token(console, &by, id).await,
            Action::Deliveries => lists::deliveries(console, token, query).await,
            Action::Repeat => sending::repeat(console, &by, &parts, &body).await,
            Action::Test => sending::test(console, &by, id).await,
            Action::AskConsent => sending::ask_consent(console, &by, &parts, id).await,
            Action::Mutes => mutes::list(console, token).await,
            Action::Mute => mutes::mute(console, &by, &parts, &body).await,
            Action::Unmute => mutes::undo(console, &by, id).await,
            Action::List(kind) => kinds::list(console, &token.account, kind).await,
            Action::Read(kind) => kinds::read(console, &token.account, kind, id, &parts.headers).await,
            Action::Make(kind) => writes::make(console, (token, by), kind, &parts, &body).await,
            Action::Replace(kind) => writes::replace(console, &by, kind, id, (&parts, &body)).await,
            Action::Remove(kind) => writes::remove(console, &by, kind, id, &parts.headers).await,
        }
    };
    let mut response = outcome.await.unwrap_or_else(Problem::into_response);
    authorize::add_headers(response.headers_mut(), taken);
    response
}
