//! Data that a page keeps in one of its scripts, as single-page applications do.
use serde::Deserialize;

use crate::{
    contract::{Answer, ReadError},
    read::answers::json,
    text::html::{attribute, scripts},
};

/// What is in the script of this id.
pub(crate) fn script_of<'t>(html: &'t str, id: &str) -> Option<&'t str> {
    let is_it = |(attributes, _): &(&str, &str)| attribute(attributes, "id").as_deref() == Some(id);
    scripts(html).find(is_it).map(|(_, content)| content)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NextData<T> {
    props: Option<Props<T>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Props<T> {
    page_props: Option<T>,
}

/// The properties of a Next.js page.
pub(crate) fn next_data<'a, T: Deserialize<'a>>(answer: &'a Answer) -> Result<T, ReadError> {
    let path = answer.url.path();
    let Some(script) = script_of(answer.text()?, "__NEXT_DATA__") else {
        return Err(ReadError::NotThisFormat(format!("no data of Next.js in the page at {path}")));
    };
    let data: NextData<T> = json(path, script)?;
    let properties = data.props.and_then(|props| props.page_props);
    properties.ok_or_else(|| ReadError::NotThisFormat(format!("the data at {path} has no properties of a page")))
}
