//! What Discord checks of a message; lengths are in characters. What is wrong is told by its place in the body, as
//! <https://docs.discord.com/developers/reference#error-messages> shows it. The limits are those of
//! <https://docs.discord.com/developers/resources/message#embed-object-embed-limits> and of the webhook's page.
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::fault::Reply;

const CONTENT: usize = 2_000;
const USERNAME: usize = 80;
const EMBEDS: usize = 10;
/// Of all texts of all embeds.
const EMBEDS_TOTAL: usize = 6_000;
const TITLE: usize = 256;
const DESCRIPTION: usize = 4_096;
const FIELDS: usize = 25;
const FIELD_NAME: usize = 256;
const FIELD_VALUE: usize = 1_024;
const FOOTER: usize = 2_048;
const AUTHOR: usize = 256;
const URL: usize = 2_048;
const COLOR: u64 = 0xff_ff_ff;
/// <https://docs.discord.com/developers/resources/webhook#create-webhook>
const NOT_IN_NAMES: [&str; 2] = ["clyde", "discord"];

pub(super) fn check(body: &Value) -> Result<(), Reply> {
    let mut errors = json!({});
    length(&mut errors, &["content"], &body["content"], CONTENT);
    length(&mut errors, &["username"], &body["username"], USERNAME);
    let username = body["username"].as_str().unwrap_or_default().to_lowercase();
    if let Some(word) = NOT_IN_NAMES.iter().find(|word| username.contains(*word)) {
        let message = format!("Username cannot contain \"{word}\"");
        add(&mut errors, &["username"], "USERNAME_INVALID_CONTAINS", &message);
    }
    let embeds = list(&mut errors, &["embeds"], &body["embeds"], EMBEDS);
    let mut total = 0;
    for (index, embed) in embeds.iter().enumerate() {
        total += check_embed(&mut errors, &index.to_string(), embed);
    }
    if total > EMBEDS_TOTAL {
        let message = format!("Embed size exceeds maximum size of {EMBEDS_TOTAL}");
        add(&mut errors, &["embeds"], "MAX_EMBED_SIZE_EXCEEDED", &message);
    }
    if errors == json!({}) {
        return Ok(());
    }
    Err(Reply::json(400, &json!({"message": "Invalid Form Body", "code": 50_035, "errors": errors})))
}

/// Its number of characters.
fn check_embed(errors: &mut Value, index: &str, embed: &Value) -> usize {
    let at = |path: &[&'static str]| ["embeds", index].into_iter().chain(path.iter().copied()).collect::<Vec<_>>();
    let mut total = 0;
    for (path, most) in [
        (&["title"][..], TITLE),
        (&["description"], DESCRIPTION),
        (&["footer", "text"], FOOTER),
        (&["author", "name"], AUTHOR),
    ] {
        let text = path.iter().fold(embed, |value, key| &value[key]);
        total += length(errors, &at(path), text, most);
    }
    let fields = list(errors, &at(&["fields"]), &embed["fields"], FIELDS);
    for (number, field) in fields.iter().enumerate() {
        let number = number.to_string();
        for (key, most) in [("name", FIELD_NAME), ("value", FIELD_VALUE)] {
            let place = ["embeds", index, "fields", &number, key];
            if field[key].as_str().unwrap_or_default().is_empty() {
                add(errors, &place, "BASE_TYPE_REQUIRED", "This field is required");
            }
            total += length(errors, &place, &field[key], most);
        }
    }
    for path in [&["url"][..], &["author", "url"]] {
        let url = path.iter().fold(embed, |value, key| &value[key]);
        length(errors, &at(path), url, URL);
        if url.as_str().is_some_and(|url| !url.starts_with("https://") && !url.starts_with("http://")) {
            add(errors, &at(path), "URL_TYPE_INVALID_SCHEME", "Scheme must be one of ('http', 'https').");
        }
    }
    if !embed["color"].is_null() && embed["color"].as_u64().is_none_or(|color| color > COLOR) {
        let message = format!("int value should be less than or equal to {COLOR}.");
        add(errors, &at(&["color"]), "NUMBER_TYPE_MAX", &message);
    }
    let time = &embed["timestamp"];
    if !time.is_null() && time.as_str().is_none_or(|time| time.parse::<Timestamp>().is_err()) {
        add(errors, &at(&["timestamp"]), "DATE_TIME_TYPE_PARSE", "Could not parse. Should be ISO8601.");
    }
    total
}

fn list<'a>(errors: &mut Value, place: &[&str], value: &'a Value, most: usize) -> &'a [Value] {
    let items = value.as_array().map_or(&[][..], Vec::as_slice);
    if items.len() > most {
        add(errors, place, "BASE_TYPE_MAX_LENGTH", &format!("Must be {most} or fewer in length."));
    }
    items
}

/// The number of characters, which is checked.
fn length(errors: &mut Value, place: &[&str], value: &Value, most: usize) -> usize {
    let number = value.as_str().unwrap_or_default().chars().count();
    if !value.is_null() && !value.is_string() {
        add(errors, place, "BASE_TYPE_BAD_TYPE", "Value is not a string.");
    }
    if number > most {
        add(errors, place, "BASE_TYPE_MAX_LENGTH", &format!("Must be {most} or fewer in length."));
    }
    number
}

fn add(errors: &mut Value, place: &[&str], code: &str, message: &str) {
    let at = place.iter().fold(errors, |value, key| &mut value[*key]);
    if !at["_errors"].is_array() {
        at["_errors"] = json!([]);
    }
    if let Some(list) = at["_errors"].as_array_mut() {
        list.push(json!({"code": code, "message": message}));
    }
}
