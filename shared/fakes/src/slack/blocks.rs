//! What Slack checks of blocks. Lengths are in characters, and from <https://docs.slack.dev/reference/block-kit/blocks>
//! where nothing else is said.
use std::collections::HashSet;

use serde_json::Value;

use super::error::ContentError;

const BLOCKS: usize = 50;
const BLOCK_ID: usize = 255;
const HEADER: usize = 150;
const SECTION: usize = 3_000;
const FIELDS: usize = 10;
const FIELD: usize = 2_000;
const CONTEXT: usize = 10;
const ACTIONS: usize = 25;
const MARKDOWN: usize = 12_000;
const BUTTON: usize = 75;
const BUTTON_URL: usize = 3_000;
const BUTTON_VALUE: usize = 2_000;
/// Of all blocks as JSON. Not documented; refusals were seen from 13,172 on:
/// <https://github.com/slackapi/bolt-js/issues/2509>.
const TOTAL: usize = 13_000;

pub(super) fn check(blocks: &[Value]) -> Result<(), ContentError> {
    let mut faults = Vec::new();
    at_most(&mut faults, "/blocks", blocks.len(), BLOCKS);
    let mut ids = HashSet::new();
    for (index, block) in blocks.iter().enumerate() {
        let place = format!("/blocks/{index}");
        if let Some(id) = block["block_id"].as_str() {
            length(&mut faults, &format!("{place}/block_id"), id, BLOCK_ID);
            if !ids.insert(id) {
                faults.push(format!("`block_id` already exists [json-pointer:{place}/block_id]"));
            }
        }
        check_block(&mut faults, &place, block);
    }
    if !faults.is_empty() {
        return Err(ContentError { word: "invalid_blocks", details: faults });
    }
    let total: usize = blocks.iter().map(|block| block.to_string().chars().count()).sum();
    if total > TOTAL { Err("msg_blocks_too_long".into()) } else { Ok(()) }
}

fn check_block(faults: &mut Vec<String>, place: &str, block: &Value) {
    let text_place = format!("{place}/text");
    match block["type"].as_str().unwrap_or_default() {
        "header" => text(faults, &text_place, &block["text"], HEADER, &["plain_text"]),
        "section" => {
            let fields = block["fields"].as_array();
            if fields.is_none() || !block["text"].is_null() {
                text(faults, &text_place, &block["text"], SECTION, &["plain_text", "mrkdwn"]);
            }
            for (index, field) in list(faults, &format!("{place}/fields"), fields, FIELDS) {
                text(faults, &format!("{place}/fields/{index}"), field, FIELD, &["plain_text", "mrkdwn"]);
            }
            if !block["accessory"].is_null() {
                element(faults, &format!("{place}/accessory"), &block["accessory"]);
            }
        }
        "context" => {
            let elements = format!("{place}/elements");
            let Some(of_block) = required(faults, &elements, block) else { return };
            for (index, it) in list(faults, &elements, Some(of_block), CONTEXT) {
                match it["type"].as_str() {
                    Some("image") => {}
                    _ => text(faults, &format!("{elements}/{index}"), it, SECTION, &["plain_text", "mrkdwn"]),
                }
            }
        }
        "actions" => {
            let elements = format!("{place}/elements");
            let Some(of_block) = required(faults, &elements, block) else { return };
            for (index, it) in list(faults, &elements, Some(of_block), ACTIONS) {
                element(faults, &format!("{elements}/{index}"), it);
            }
        }
        "markdown" => length(faults, &text_place, block["text"].as_str().unwrap_or_default(), MARKDOWN),
        "divider" | "image" | "rich_text" | "video" | "table" => {}
        other => faults.push(format!("unsupported type: {other} [json-pointer:{place}/type]")),
    }
}

/// A text object: something, not too long, of a type that may stand there.
fn text(faults: &mut Vec<String>, place: &str, object: &Value, most: usize, types: &[&str]) {
    if !object["type"].as_str().is_some_and(|it| types.contains(&it)) {
        faults.push(format!("must be one of {types:?} [json-pointer:{place}/type]"));
    }
    length(faults, &format!("{place}/text"), object["text"].as_str().unwrap_or_default(), most);
}

fn element(faults: &mut Vec<String>, place: &str, element: &Value) {
    if element["type"] != "button" {
        return;
    }
    text(faults, &format!("{place}/text"), &element["text"], BUTTON, &["plain_text"]);
    for (key, most) in [("url", BUTTON_URL), ("value", BUTTON_VALUE)] {
        if let Some(value) = element[key].as_str() {
            length(faults, &format!("{place}/{key}"), value, most);
        }
    }
}

fn required<'a>(faults: &mut Vec<String>, place: &str, block: &'a Value) -> Option<&'a Vec<Value>> {
    let elements = block["elements"].as_array().filter(|elements| !elements.is_empty());
    if elements.is_none() {
        faults.push(format!("no less than 1 items allowed [json-pointer:{place}]"));
    }
    elements
}

/// The items with their places, after their number was checked.
fn list<'a>(
    faults: &mut Vec<String>,
    place: &str,
    items: Option<&'a Vec<Value>>,
    most: usize,
) -> impl Iterator<Item = (usize, &'a Value)> + use<'a> {
    at_most(faults, place, items.map_or(0, Vec::len), most);
    items.into_iter().flatten().enumerate()
}

fn at_most(faults: &mut Vec<String>, place: &str, number: usize, most: usize) {
    if number > most {
        faults.push(format!("no more than {most} items allowed [json-pointer:{place}]"));
    }
}

fn length(faults: &mut Vec<String>, place: &str, text: &str, most: usize) {
    let length = text.chars().count();
    if length > most {
        faults.push(format!("must be less than {} characters [json-pointer:{place}]", most + 1));
    } else if length == 0 {
        faults.push(format!("must be more than 0 characters [json-pointer:{place}]"));
    }
}
