//! What may be asked: each parameter is declared once, for what reads it, for the `OpenAPI` document and for the page. What is
//! not declared is refused, since a filter with a typing error would show too much and say nothing.
use std::collections::HashMap;

use http::StatusCode;
use jiff::civil::Date;
use store::Cursor;

use crate::api::problem::Problem;

const LONGEST_QUERY: usize = 8_000;
/// Of the catalogue's slugs and the ids of the configuration.
const LONGEST_ID: usize = 200;

pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    /// A sentence.
    pub(crate) about: &'static str,
    pub(crate) is: Is,
    pub(crate) required: bool,
    pub(crate) example: &'static str,
}

#[derive(Clone, Copy)]
pub(crate) enum Is {
    Text { longest: usize },
    Whole { least: u32, most: u32, usual: u32 },
    Flag,
    Word(fn() -> Vec<&'static str>),
    Day,
    Cursor,
}

pub(crate) const LIMIT: Parameter = Parameter {
    name: "limit",
    about: "How many rows at most. There may be fewer: only a missing `next` is the end.",
    is: Is::Whole { least: 1, most: 200, usual: 50 },
    required: false,
    example: "20",
};
/// Of lists in the order of time.
pub(crate) const CURSOR: Parameter = Parameter {
    name: "cursor",
    about: "The `next` of the answer before this one. What is added or taken away meanwhile moves nothing.",
    is: Is::Cursor,
    required: false,
    example: "1764000000000000.6769746875622363",
};
pub(crate) const KIND: Parameter = Parameter {
    name: "kind",
    about: "Only what was not planned, or only planned work.",
    is: Is::Word(|| vec!["incident", "maintenance"]),
    required: false,
    example: "incident",
};
pub(crate) const WATCHED: Parameter = Parameter {
    name: "watched",
    about: "Only providers that this instance's configuration watches, or only the others.",
    is: Is::Flag,
    required: false,
    example: "true",
};
pub(crate) const PROVIDER: Parameter = text("provider", LONGEST_ID, "Only of the provider with this id.", "github");

pub(crate) const fn text(name: &'static str, longest: usize, about: &'static str, example: &'static str) -> Parameter {
    Parameter { name, about, is: Is::Text { longest }, required: false, example }
}

/// A question that fits its route.
pub(crate) struct Asked {
    path: String,
    segments: HashMap<String, String>,
    given: Vec<(String, String)>,
    parameters: &'static [Parameter],
}

impl Asked {
    pub(crate) fn read(
        parameters: &'static [Parameter],
        path: &str,
        segments: HashMap<String, String>,
        query: &str,
    ) -> Result<Self, Problem> {
        if query.len() > LONGEST_QUERY {
            let detail = format!("A query may take {LONGEST_QUERY} bytes.");
            return Err(Problem::new(StatusCode::URI_TOO_LONG, detail));
        }
        let given: Vec<(String, String)> = serde_html_form::from_str(query).unwrap_or_default();
        for (at, (name, value)) in given.iter().enumerate() {
            let Some(parameter) = parameters.iter().find(|it| it.name == name) else {
                return Err(Problem::parameter(name, unknown(parameters)));
            };
            if given[..at].iter().any(|(other, _)| other == name) {
                return Err(Problem::parameter(name, "It may be given once."));
            }
            parameter.is.check(value).map_err(|detail| Problem::parameter(name, detail))?;
        }
        if let Some(missing) =
            parameters.iter().find(|it| it.required && !given.iter().any(|(name, _)| it.name == name))
        {
            let detail = format!("It must be given, for example {}={}.", missing.name, missing.example);
            return Err(Problem::parameter(missing.name, detail));
        }
        Ok(Self { path: path.to_owned(), segments, given, parameters })
    }

    /// Of the path.
    pub(crate) fn segment(&self, name: &str) -> &str {
        self.segments.get(name).map_or("", String::as_str)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.given.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.text(name).map(|word| word == "true")
    }

    pub(crate) fn day(&self, name: &str) -> Option<Date> {
        self.text(name)?.parse().ok()
    }

    pub(crate) fn place(&self) -> Option<Cursor> {
        self.text(CURSOR.name)?.parse().ok()
    }

    pub(crate) fn limit(&self) -> usize {
        let usual = self.parameters.iter().find_map(|parameter| match parameter.is {
            Is::Whole { usual, .. } if parameter.name == LIMIT.name => Some(usual as usize),
            _ => None,
        });
        self.text(LIMIT.name).and_then(|text| text.parse().ok()).or(usual).unwrap_or(1)
    }

    /// The same question about what follows.
    pub(crate) fn next(&self, cursor: &str) -> String {
        let others = self.given.iter().filter(|(name, _)| name != CURSOR.name).cloned();
        let all: Vec<(String, String)> = others.chain([(CURSOR.name.to_owned(), cursor.to_owned())]).collect();
        format!("{}?{}", self.path, serde_html_form::to_string(all).unwrap_or_default())
    }
}

fn unknown(parameters: &[Parameter]) -> String {
    let names: Vec<&str> = parameters.iter().map(|parameter| parameter.name).collect();
    match names.as_slice() {
        [] => "There is no parameter of this name here, nor any other: leave it away.".to_owned(),
        names => format!("There is no parameter of this name here, but: {}.", names.join(", ")),
    }
}

impl Is {
    /// What is wrong with a value, and what would be right.
    fn check(self, value: &str) -> Result<(), String> {
        let is_right = match self {
            Self::Text { longest } => (1..=longest).contains(&value.chars().count()),
            Self::Whole { least, most, .. } => {
                let is_plain = value.bytes().all(|byte| byte.is_ascii_digit()) && !value.starts_with('0');
                is_plain && value.parse().is_ok_and(|number: u32| (least..=most).contains(&number))
            }
            Self::Flag => matches!(value, "true" | "false"),
            Self::Word(words) => words().contains(&value),
            Self::Day => {
                value.len() == 10
                    && value.starts_with(|first: char| first.is_ascii_digit())
                    && value.parse::<Date>().is_ok()
            }
            Self::Cursor => value.parse::<Cursor>().is_ok(),
        };
        if is_right { Ok(()) } else { Err(self.way_out()) }
    }

    fn way_out(self) -> String {
        match self {
            Self::Text { longest } => format!("It takes 1 to {longest} characters."),
            Self::Whole { least, most, .. } => format!("It takes a whole number from {least} to {most}."),
            Self::Flag => "It takes true or false.".to_owned(),
            Self::Word(words) => format!("It takes one of: {}.", words().join(", ")),
            Self::Day => "It takes a day like 2026-03-10.".to_owned(),
            Self::Cursor => "It takes the `next` of another answer of this route as it is.".to_owned(),
        }
    }
}
