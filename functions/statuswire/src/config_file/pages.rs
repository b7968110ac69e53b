//! `[[page]]`: status pages that are not in the catalogue. Each becomes a provider with its own id.
use settings::{Context, PageDraft};
use status::provider::Provider;
use toml::de::DeValue;

use super::{
    diagnostics::Diagnostics,
    drafts::report,
    tables::{Entry, Table},
};

pub(super) fn read(tables: &[Table<'_>], context: &Context<'_>, diagnostics: &mut Diagnostics<'_>) -> Vec<Provider> {
    tables.iter().filter_map(|table| page(table, context, diagnostics)).collect()
}

fn page(table: &Table<'_>, context: &Context<'_>, diagnostics: &mut Diagnostics<'_>) -> Option<Provider> {
    table.reject_unknown_keys(&["id", "name", "url", "format", "interval"], diagnostics);
    let id = table.id(diagnostics);
    let name = table.string("name", diagnostics);
    let url = table.require("url", "url = \"https://status.example.com\"", diagnostics);
    let url = url.and_then(|entry| entry.string(diagnostics));
    let draft = PageDraft {
        id: Some(id.unwrap_or_default().to_owned()),
        name: name.map(str::to_owned),
        url: url.map(str::to_owned),
        format: table.string("format", diagnostics).map(str::to_owned),
        interval: table.get("interval").map(|entry| interval(&entry)),
    };
    match draft.validate(context) {
        Ok(page) => Some(page),
        Err(problems) => {
            report(table, &[], problems, |_, _| false, diagnostics);
            None
        }
    }
}

/// As a draft has it; what is none in the file is none there either.
fn interval(entry: &Entry<'_>) -> String {
    let seconds = match entry.value {
        DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
        DeValue::String(text) if !text.bytes().all(|byte| byte.is_ascii_digit()) => return text.to_string(),
        _ => None,
    };
    seconds.map_or_else(String::new, |seconds| seconds.to_string())
}
