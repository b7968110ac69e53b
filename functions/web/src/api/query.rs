//! Query parameters. Each is declared once, for parsing, for the `OpenAPI` document and for `/api`. Unknown parameters
//! are rejected, because a misspelt filter would silently return too much.
use std::collections::HashMap;

use http::StatusCode;
use jiff::civil::Date;
use store::Cursor;

use super::problem::Problem;

const MAX_QUERY_BYTES: usize = 8_000;
/// For slugs of the catalogue and ids of the configuration.
const MAX_ID_LENGTH: usize = 200;

pub(super) struct Parameter {
    pub(super) name: &'static str,
    /// One or two sentences. Text in backticks is code.
    pub(super) description: &'static str,
    pub(super) value_type: ValueType,
    pub(super) required: bool,
    pub(super) example: &'static str,
}

#[derive(Clone, Copy)]
pub(super) enum ValueType {
    Text { max_length: usize },
    Integer { min: u32, max: u32, default: u32 },
    Boolean,
    OneOf(fn() -> Vec<&'static str>),
    Date,
    Cursor,
}

pub(super) const LIMIT: Parameter = Parameter {
    name: "limit",
    description: "Maximum number of rows. A page may hold fewer: only a missing `next` marks the end.",
    value_type: ValueType::Integer { min: 1, max: 200, default: 50 },
    required: false,
    example: "20",
};
/// For lists ordered by time.
pub(super) const CURSOR: Parameter = Parameter {
    name: "cursor",
    description: "The `next` of the previous response. Stable while rows are added or removed.",
    value_type: ValueType::Cursor,
    required: false,
    example: "1764000000000000.6769746875622363",
};
pub(super) const KIND: Parameter = Parameter {
    name: "kind",
    description: "Only incidents, or only maintenance.",
    value_type: ValueType::OneOf(|| vec!["incident", "maintenance"]),
    required: false,
    example: "incident",
};
pub(super) const WATCHED: Parameter = Parameter {
    name: "watched",
    description: "Only providers that this instance watches, or only the others.",
    value_type: ValueType::Boolean,
    required: false,
    example: "true",
};
pub(super) const PROVIDER: Parameter = text("provider", MAX_ID_LENGTH, "Only of the provider with this ID.", "github");

pub(super) const fn text(
    name: &'static str,
    max_length: usize,
    description: &'static str,
    example: &'static str,
) -> Parameter {
    Parameter { name, description, value_type: ValueType::Text { max_length }, required: false, example }
}

/// The valid query of one request, with the parameters of its path.
pub(super) struct Query {
    path: String,
    segments: HashMap<String, String>,
    values: Vec<(String, String)>,
    parameters: &'static [Parameter],
}

impl Query {
    pub(super) fn parse(
        parameters: &'static [Parameter],
        path: &str,
        segments: HashMap<String, String>,
        query: &str,
    ) -> Result<Self, Problem> {
        if query.len() > MAX_QUERY_BYTES {
            return Err(Problem::new(StatusCode::URI_TOO_LONG, query_too_long()));
        }
        let values: Vec<(String, String)> = serde_html_form::from_str(query).unwrap_or_default();
        for (at, (name, value)) in values.iter().enumerate() {
            let Some(parameter) = parameters.iter().find(|it| it.name == name) else {
                return Err(Problem::parameter(name, unknown_parameter(parameters)));
            };
            if values[..at].iter().any(|(other, _)| other == name) {
                return Err(Problem::parameter(name, "May be given only once."));
            }
            parameter.value_type.check(value).map_err(|detail| Problem::parameter(name, detail))?;
        }
        if let Some(missing) =
            parameters.iter().find(|it| it.required && !values.iter().any(|(name, _)| it.name == name))
        {
            let detail = format!("Required, for example {}={}.", missing.name, missing.example);
            return Err(Problem::parameter(missing.name, detail));
        }
        Ok(Self { path: path.to_owned(), segments, values, parameters })
    }

    /// A parameter of the path; empty if the route has none of this name.
    pub(super) fn segment(&self, name: &str) -> &str {
        self.segments.get(name).map_or("", String::as_str)
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn boolean(&self, name: &str) -> Option<bool> {
        self.text(name).map(|word| word == "true")
    }

    pub(super) fn date(&self, name: &str) -> Option<Date> {
        self.text(name)?.parse().ok()
    }

    pub(super) fn cursor(&self) -> Option<Cursor> {
        self.text(CURSOR.name)?.parse().ok()
    }

    pub(super) fn limit(&self) -> usize {
        let default = self.parameters.iter().find_map(|parameter| match parameter.value_type {
            ValueType::Integer { default, .. } if parameter.name == LIMIT.name => Some(default as usize),
            _ => None,
        });
        self.text(LIMIT.name).and_then(|text| text.parse().ok()).or(default).unwrap_or(1)
    }

    /// The URL of the next page.
    pub(super) fn next_url(&self, cursor: &str) -> String {
        let others = self.values.iter().filter(|(name, _)| name != CURSOR.name).cloned();
        let all: Vec<(String, String)> = others.chain([(CURSOR.name.to_owned(), cursor.to_owned())]).collect();
        format!("{}?{}", self.path, serde_html_form::to_string(all).unwrap_or_default())
    }
}

/// The detail of the 414 problem.
pub(super) fn query_too_long() -> String {
    format!("A query may have at most {MAX_QUERY_BYTES} bytes.")
}

fn unknown_parameter(parameters: &[Parameter]) -> String {
    let names: Vec<&str> = parameters.iter().map(|parameter| parameter.name).collect();
    match names.as_slice() {
        [] => "Unknown parameter. This endpoint takes none: remove it.".to_owned(),
        names => format!("Unknown parameter. This endpoint takes: {}.", names.join(", ")),
    }
}

impl ValueType {
    /// The error says what would be valid.
    fn check(self, value: &str) -> Result<(), String> {
        let is_valid = match self {
            Self::Text { max_length } => (1..=max_length).contains(&value.chars().count()),
            Self::Integer { min, max, .. } => {
                let is_plain = value.bytes().all(|byte| byte.is_ascii_digit()) && !value.starts_with('0');
                is_plain && value.parse().is_ok_and(|number: u32| (min..=max).contains(&number))
            }
            Self::Boolean => matches!(value, "true" | "false"),
            Self::OneOf(words) => words().contains(&value),
            Self::Date => {
                value.len() == 10
                    && value.starts_with(|first: char| first.is_ascii_digit())
                    && value.parse::<Date>().is_ok()
            }
            Self::Cursor => value.parse::<Cursor>().is_ok(),
        };
        if is_valid { Ok(()) } else { Err(self.expected()) }
    }

    pub(super) fn expected(self) -> String {
        match self {
            Self::Text { max_length } => format!("Must have 1 to {max_length} characters."),
            Self::Integer { min, max, .. } => format!("Must be an integer from {min} to {max}."),
            Self::Boolean => "Must be true or false.".to_owned(),
            Self::OneOf(words) => format!("Must be one of: {}.", words().join(", ")),
            Self::Date => "Must be a date like 2026-03-10.".to_owned(),
            Self::Cursor => "Must be an unchanged `next` of this endpoint.".to_owned(),
        }
    }
}
