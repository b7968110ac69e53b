//! Making, replacing and removing settings.
use account_api::{Kind, ROOT};
use accounts::ApiToken;
use axum::{
    body::Bytes,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use serde_json::{Map, Value};
use settings::{BoardDraft, DestinationDraft, GroupDraft, MonitorDraft, PageDraft};

use super::{
    body, kinds,
    preconditions::{self, Expected},
    problem::Problem,
    repeat,
    represent::Represented,
    sending,
};
use crate::{
    actor::Actor,
    edits::{self, Refused},
    sending::address,
    state::Console,
};

pub(super) async fn make(
    console: &Console,
    (token, mut by): (&ApiToken, Actor),
    kind: Kind,
    parts: &Parts,
    body: &Bytes,
) -> Result<Response, Problem> {
    let fields = body::object(&parts.headers, body)?;
    by.repeatable = repeat::repeatable(token, parts, body)?;
    if let Some(response) = repeated(console, token, kind, &by).await? {
        return Ok(response);
    }
    match save(console, &by, kind, (parts, fields), None).await {
        // The same request, sent twice at one moment: what the other one made may be the reason for the refusal, such
        // as a limit that it reached.
        Err(failed) => match repeated(console, token, kind, &by).await? {
            Some(response) => Ok(response),
            None => Err(failed.into()),
        },
        Ok(id) => Ok(made(kind, kinds::one(console, &token.account, kind, &id).await?)),
    }
}

/// Saves a destination, and asks whoever reads its address if that is a new one.
async fn save_destination(
    console: &Console,
    by: &Actor,
    parts: &Parts,
    (draft, forgotten): (DestinationDraft, &[String]),
    version: Option<u64>,
) -> Result<String, Refused> {
    let before = match version {
        Some(_) => address(&edits::destination(console, &by.account, &draft.id.as_str().into()).await?.value),
        None => None,
    };
    let saved = edits::save_destination_without(console, by, draft, version, forgotten).await?;
    // It is saved by now: who could not be asked can be asked later.
    if address(&saved.value) != before
        && let Err(not_sent) = sending::asked(console, by, parts, &saved).await
    {
        tracing::warn!(?not_sent, "whoever reads the mail of a destination could not be asked");
    }
    Ok(saved.value.id.to_string())
}

/// Takes the settings of a destination that are null out of the fields, and returns their keys: a secret that is left
/// out stays, and one that is null is forgotten.
fn take_nulls(fields: &mut Map<String, Value>) -> Vec<String> {
    let channel = fields.get("channel").and_then(Value::as_str).and_then(channels::channel);
    let Some(Value::Object(settings)) = fields.get_mut("settings") else { return Vec::new() };
    let known = channel.into_iter().flat_map(|channel| channel.settings).map(|setting| setting.key);
    let keys: Vec<String> = known.filter(|key| settings.get(*key) == Some(&Value::Null)).map(str::to_owned).collect();
    settings.retain(|key, _| !keys.contains(key));
    keys
}

/// The answer of a request that made something before: that which it made, as it is now.
async fn repeated(console: &Console, token: &ApiToken, kind: Kind, by: &Actor) -> Result<Option<Response>, Problem> {
    let Some(repeatable) = &by.repeatable else { return Ok(None) };
    let Some(id) = repeat::made_before(console, token, repeatable).await? else { return Ok(None) };
    match kinds::one(console, &token.account, kind, &id).await {
        Ok(represented) => Ok(Some(made(kind, represented))),
        Err(Refused::NotFound) => {
            let detail = "What this request made was removed since.";
            Err(Problem::new(StatusCode::GONE, "removed_since", detail))
        }
        Err(refused) => Err(refused.into()),
    }
}

fn made(kind: Kind, represented: Represented) -> Response {
    let id = represented.fields.get("id").and_then(Value::as_str).unwrap_or_default();
    let location = HeaderValue::try_from(format!("{ROOT}/{}/{id}", kind.plural()));
    let mut response = kinds::answer(StatusCode::CREATED, represented);
    if let Ok(location) = location {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

pub(super) async fn replace(
    console: &Console,
    by: &Actor,
    kind: Kind,
    id: &str,
    (parts, body): (&Parts, &Bytes),
) -> Result<Response, Problem> {
    let expected = preconditions::expected(&parts.headers)?;
    let fields = body::object(&parts.headers, body)?;
    let before = kinds::one(console, &by.account, kind, id).await?;
    let version = checked(&expected, &before)?;
    match save(console, by, kind, (parts, fields), Some((id, version, &before.fields))).await {
        Err(Failed::Refused(Refused::Conflict)) => Err(changed(console, by, kind, id, &expected).await),
        Err(failed) => Err(failed.into()),
        Ok(id) => Ok(kinds::answer(StatusCode::OK, kinds::one(console, &by.account, kind, &id).await?)),
    }
}

pub(super) async fn remove(
    console: &Console,
    by: &Actor,
    kind: Kind,
    id: &str,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let expected = preconditions::expected(headers)?;
    let before = kinds::one(console, &by.account, kind, id).await?;
    let version = checked(&expected, &before)?;
    let removed = match kind {
        Kind::Monitors => edits::remove_monitor(console, by, &id.into(), version).await,
        Kind::Groups => edits::remove_group(console, by, &id.into(), version).await,
        Kind::Destinations => edits::remove_destination(console, by, &id.into(), version).await,
        Kind::Pages => edits::remove_page(console, by, &id.into(), version).await,
        Kind::Boards => edits::remove_board(console, by, &id.into(), version).await,
    };
    match removed {
        Err(Refused::Conflict) => Err(changed(console, by, kind, id, &expected).await),
        Err(refused) => Err(refused.into()),
        Ok(()) => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

fn checked(expected: &Expected, before: &Represented) -> Result<u64, Problem> {
    expected.of(before.version).map_err(|given| Problem::changed(&given, Value::Object(before.fields.clone())))
}

/// Somebody was faster, after it was read here.
async fn changed(console: &Console, by: &Actor, kind: Kind, id: &str, expected: &Expected) -> Problem {
    match kinds::one(console, &by.account, kind, id).await {
        Ok(now) => Problem::changed(expected.text(), Value::Object(now.fields)),
        Err(refused) => refused.into(),
    }
}

enum Failed {
    Refused(Refused),
    Body(Problem),
}

impl From<Refused> for Failed {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Self {
        Self::Body(problem)
    }
}

impl From<Failed> for Problem {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Refused(refused) => refused.into(),
            Failed::Body(problem) => problem,
        }
    }
}

/// Returns the id. `before`: the id, the version and the fields of what is replaced.
async fn save(
    console: &Console,
    by: &Actor,
    kind: Kind,
    (parts, mut fields): (&Parts, Map<String, Value>),
    before: Option<(&str, u64, &Map<String, Value>)>,
) -> Result<String, Failed> {
    let known = before.map(|(_, _, fields)| fields);
    let version = before.map(|(_, version, _)| version);
    let id = before.map_or_else(String::new, |(id, ..)| id.to_owned());
    Ok(match kind {
        Kind::Monitors => {
            let draft = MonitorDraft { id, ..body::draft(fields, known)? };
            edits::save_monitor(console, by, draft, version).await?.value.id.to_string()
        }
        Kind::Groups => {
            let draft = GroupDraft { id, ..body::draft(fields, known)? };
            edits::save_group(console, by, draft, version).await?.value.id.to_string()
        }
        Kind::Destinations => {
            let forgotten = take_nulls(&mut fields);
            let draft = DestinationDraft { id, ..body::draft(fields, known)? };
            save_destination(console, by, parts, (draft, &forgotten), version).await?
        }
        Kind::Boards => {
            let draft = BoardDraft { id, ..body::draft(fields, known)? };
            edits::save_board(console, by, draft, version).await?.to_string()
        }
        Kind::Pages => {
            let draft = PageDraft { id: version.map(|_| id), ..body::draft(fields, known)? };
            edits::save_page(console, by, draft, version).await?.value.0.id.to_string()
        }
    })
}
