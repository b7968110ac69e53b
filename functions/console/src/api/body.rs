//! Bodies of requests: JSON objects with the fields of a draft and no others. What the instance alone writes may be
//! sent back as it was read, and is never taken over.
use http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use settings::{Code, Problem as OfField};

use super::problem::Problem;

/// What an answer has besides the draft.
const READ_ONLY: [&str; 8] = ["id", "version", "managed_by", "visibility", "has_login", "secrets", "disabled", "path"];

pub(super) fn object(headers: &HeaderMap, body: &[u8]) -> Result<Map<String, Value>, Problem> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        let detail = "Send JSON with Content-Type: application/json.";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail));
    }
    // The parser's own message would quote the body.
    let parsed: Value = serde_json::from_slice(body).map_err(|error| {
        Problem::bad_request(format!("The body is not JSON: line {}, column {}.", error.line(), error.column()))
    })?;
    match parsed {
        Value::Object(fields) => Ok(fields),
        _ => Err(Problem::bad_request("The body must be a JSON object.")),
    }
}

/// The draft without what is read-only. `before`: what these fields are now; `None`: it is to be made.
pub(super) fn draft<T: DeserializeOwned>(
    mut fields: Map<String, Value>,
    before: Option<&Map<String, Value>>,
) -> Result<T, Problem> {
    let mut problems = Vec::new();
    for name in READ_ONLY {
        if fields.remove(name).is_some_and(|given| before.is_none_or(|before| before.get(name) != Some(&given))) {
            problems.push(problem(name, Code::Refused, "is written by the instance alone", "leave it out"));
        }
    }
    match serde_path_to_error::deserialize(Value::Object(fields)) {
        Ok(draft) if problems.is_empty() => Ok(draft),
        Ok(_) => Err(Problem::of_fields(problems)),
        Err(error) => {
            problems.push(of_shape(&error));
            Err(Problem::of_fields(problems))
        }
    }
}

/// What the parser says of a value may repeat it; what it says of a name does not.
fn of_shape(error: &serde_path_to_error::Error<serde_json::Error>) -> OfField {
    let text = error.inner().to_string();
    let path = error.path().to_string();
    let plain = path.replace(['[', ']'], ".");
    let field = if settings::redacted(&plain) == plain { path.as_str() } else { "..." };
    match text.strip_prefix("unknown field ").and_then(|rest| rest.split_once(", ")) {
        Some((_, known)) => {
            let known = known.replace('`', "");
            problem(field, Code::Unknown, "is no field of it", &format!("leave it out; {known}"))
        }
        None => {
            let expected = text.rsplit_once("expected ").map_or("another type", |(_, expected)| expected);
            problem(field, Code::Invalid, "has the wrong type", &format!("send {expected}"))
        }
    }
}

fn problem(field: &str, code: Code, message: &str, hint: &str) -> OfField {
    OfField { field: field.to_owned(), code, message: message.to_owned(), hint: hint.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use settings::{DestinationDraft, MonitorDraft, PageDraft};

    use super::*;

    fn fields(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn no_value_of_a_body_is_repeated() {
        for body in [
            json!({"settings": {"url": ["https://hooks.example.com/secret"]}}),
            json!({"settings": "https://hooks.example.com/secret"}),
            json!({"https://hooks.example.com/secret": 1}),
            json!({"id": "https://hooks.example.com/secret"}),
            json!({"login": {"password": ["https://hooks.example.com/secret"]}}),
            json!({"login": {"headers": {"Authorization": {"https://hooks.example.com/secret": 1}}}}),
            json!({"login": {"https://hooks.example.com/secret": 1}}),
        ] {
            let problem = match body.get("login") {
                None => draft::<DestinationDraft>(fields(body.clone()), None).unwrap_err(),
                Some(_) => draft::<PageDraft>(fields(body.clone()), None).unwrap_err(),
            };
            assert!(!format!("{problem:?}").contains("secret\""), "{body}: {problem:?}");
            assert!(!format!("{problem:?}").contains("hooks.example.com/secret"), "{body}: {problem:?}");
        }
    }

    #[test]
    fn read_only_field_may_be_as_it_was_and_nothing_else() {
        let before = fields(json!({"id": "m", "version": 1, "managed_by": "web"}));
        let same = json!({"id": "m", "version": 1, "managed_by": "web", "provider": "github"});
        assert_eq!(draft::<MonitorDraft>(fields(same), Some(&before)).unwrap().provider.as_deref(), Some("github"));
        for other in [json!({"id": "n"}), json!({"version": 2}), json!({"managed_by": "file"}), json!({"account": "x"})]
        {
            assert!(draft::<MonitorDraft>(fields(other.clone()), Some(&before)).is_err(), "{other}");
            assert!(draft::<MonitorDraft>(fields(other.clone()), None).is_err(), "{other}");
        }
    }
}
