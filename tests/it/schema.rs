//! The form of what is stored, release by release. Old and new code work on one table while a deployment is under way,
//! and after a roll back: so what the release before wrote is continued, and what it needs is in what is written today.
//! `.ci/compat.py` runs both programs on one table and one data folder; this holds the forms against each other without
//! the other program, in every run.
mod rare_rows;

use std::{
    collections::{BTreeMap, HashSet},
    io::Read as _,
    path::Path,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use flate2::read::DeflateDecoder;
use jiff::Timestamp;
use serde_json::{Value, json};
use statuswire::local_app::{LocalApp, TABLE};
use store::PortableItem;
use tests::{
    events,
    receiver::Receiver,
    status_page_server::StatusPageServer,
    world::{EVERYTHING, NETWORK, World, group, hook, monitor, page},
};

/// Items of a table on which the release before ran: see `tests/fixtures/release/README.md`.
const RELEASE: &str = include_str!("../fixtures/release/items.jsonl");

/// Objects whose keys are data.
const MAPS: [&str; 8] =
    ["settings", "clear", "recovering", "former_names", "joined_at", "edited", "attributed", "handle"];

/// What happens to be in all items of the release, although it may be missing: until a poller has compared the names on
/// the page with filters.
const OPTIONAL: [(&str, &str); 1] = [("page", "head.filters_unchecked")];

/// Of each type of item, the kinds of each field, and in how many of its items it is.
type Shape = BTreeMap<String, (usize, BTreeMap<String, (Vec<&'static str>, usize)>)>;

fn released() -> Vec<Value> {
    RELEASE.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn shape(items: &[Value]) -> Shape {
    let mut shape = Shape::new();
    for item in items {
        let is_setting = item["pk"]["S"].as_str().unwrap().starts_with("ACCOUNT#");
        // The mark of applied settings is of no type.
        let kind = item["type"]["S"].as_str().unwrap_or("applied");
        let kind = format!("{}{kind}", if is_setting { "setting/" } else { "" });
        let (number, fields) = shape.entry(kind).or_default();
        *number += 1;
        let mut found = BTreeMap::new();
        for (name, value) in item.as_object().unwrap().iter().filter(|(name, _)| *name != "v") {
            walk(name, &plain(value), &mut found);
        }
        for (path, kind) in found {
            let (kinds, times) = fields.entry(path).or_default();
            *times += 1;
            if !kinds.contains(&kind) {
                kinds.push(kind);
                kinds.sort_unstable();
            }
        }
    }
    shape
}

/// An attribute as JSON: a document is inflated.
fn plain(attribute: &Value) -> Value {
    let (kind, value) = attribute.as_object().unwrap().iter().next().unwrap();
    match kind.as_str() {
        "N" => value.as_str().unwrap().parse::<f64>().unwrap().into(),
        "NULL" => Value::Null,
        "L" => value.as_array().unwrap().iter().map(plain).collect(),
        "M" => value.as_object().unwrap().iter().map(|(name, value)| (name.clone(), plain(value))).collect(),
        "B" => {
            let bytes = BASE64_STANDARD.decode(value.as_str().unwrap()).unwrap();
            let mut text = String::new();
            let read = DeflateDecoder::new(&*bytes).read_to_string(&mut text);
            // What is encrypted is no document.
            let document = read.ok().and_then(|_| serde_json::from_str(&text).ok());
            document.unwrap_or_else(|| "bytes".into())
        }
        _ => value.clone(),
    }
}

fn walk(path: &str, value: &Value, found: &mut BTreeMap<String, &'static str>) {
    let kind = match value {
        Value::Null => return,
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(list) => {
            list.iter().for_each(|value| walk(&format!("{path}[]"), value, found));
            "list"
        }
        Value::Object(fields) => {
            // Settings of which some are encrypted are no map.
            let is_map = MAPS.iter().any(|map| path.ends_with(map)) && !fields.contains_key("sealed");
            for (name, value) in fields {
                walk(&format!("{path}.{}", if is_map { "*" } else { name }), value, found);
            }
            "object"
        }
    };
    found.insert(path.to_owned(), kind);
}

/// A table on which today's code did what the release did.
async fn world_of_today() -> World {
    let (world, _) = events::world_in(None).await;
    world.deliver().await;
    world.round().await;
    world
}

/// What it holds for another instance, in the form of the fixture.
async fn today() -> Vec<Value> {
    let world = world_of_today().await;
    let (mut items, mut cursor) = (Vec::new(), None);
    loop {
        let (page, next) = world.app.store.export_page(cursor.as_deref()).await.unwrap();
        items.extend(page.iter().map(|item| serde_json::to_value(item).unwrap()));
        cursor = next;
        if cursor.is_none() {
            world.finish().await;
            return items;
        }
    }
}

#[tokio::test]
async fn release_before_finds_every_field_that_it_writes_itself() {
    let (before, today) = (shape(&released()), shape(&today().await));
    let mut lacking = Vec::new();
    for (kind, (number, fields)) in &before {
        let (number_today, fields_today) = today.get(kind).unwrap_or_else(|| panic!("no {kind} is written any more"));
        let is_optional = |path: &str| OPTIONAL.contains(&(kind.as_str(), path));
        for (path, (kinds, times)) in fields.iter().filter(|(path, (_, times))| times == number && !is_optional(path)) {
            let found = fields_today.get(path);
            if found.is_none_or(|(kinds_today, times_today)| kinds_today != kinds || times_today != number_today) {
                lacking.push(format!("{kind} {path}: {kinds:?} in all {times}, today {found:?} of {number_today}"));
            }
        }
    }
    assert!(
        lacking.is_empty(),
        "the release before would not read these: keep writing them for one release more\n{}",
        lacking.join("\n")
    );
}

#[tokio::test]
async fn form_of_what_is_stored_changes_with_a_version_only() {
    let (mut text, world) = (String::new(), world_of_today().await);
    // All of it, as it is stored: also what no export carries, and what is encrypted.
    let mut items = rare_rows::all(&world.app.stack.dynamodb).await;
    world.finish().await;
    let folder = tempfile::tempdir().unwrap();
    let stack = LocalApp::start_stack(Some(folder.path())).await.unwrap();
    store::table::create_if_absent(&stack.dynamodb, TABLE).await.unwrap();
    rare_rows::write(&LocalApp::store(&stack).unwrap(), Timestamp::now()).await;
    let usual: HashSet<Value> = items.iter().map(|item| item["type"].clone()).collect();
    items.extend(rare_rows::all(&stack.dynamodb).await.into_iter().filter(|item| !usual.contains(&item["type"])));
    stack.stop().await;
    for (kind, (number, fields)) in shape(&items) {
        for (path, (kinds, times)) in fields {
            let optional = if times < number { ", optional" } else { "" };
            text += &format!("{kind} {path}: {}{optional}\n", kinds.join(" or "));
        }
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("expected/stored_form.txt");
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    if text == expected {
        return;
    }
    let new = std::env::temp_dir().join("stored_form.txt");
    std::fs::write(&new, &text).unwrap();
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
    let (now, before) = (lines(&text), lines(&expected));
    panic!(
        "the form of what is stored changed.\nno more: {:#?}\nnew: {:#?}\nA new optional field needs no version; any other \
         change is a step in shared/store/src/schema.rs, over two releases. Then copy {} to {}",
        before.difference(&now).collect::<Vec<_>>(),
        now.difference(&before).collect::<Vec<_>>(),
        new.display(),
        file.display()
    );
}

#[tokio::test]
async fn what_the_release_before_wrote_is_continued_without_loss_or_repetition() {
    let folder = tempfile::tempdir().unwrap();
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    let settings = NETWORK.to_owned()
        + &page(&server, "acme")
        + &monitor("acme", "acme", "")
        + &hook(&receiver, "acme-webhook")
        + &group("everyone", &["acme-webhook"], EVERYTHING);
    // Its items expire some time.
    let mut items = released();
    items.iter_mut().filter(|item| item.get("ttl").is_some()).for_each(|item| item["ttl"] = json!({"N": "4102444800"}));
    let items: Vec<PortableItem> = items.into_iter().map(|item| serde_json::from_value(item).unwrap()).collect();
    let stack = LocalApp::start_stack(Some(folder.path())).await.unwrap();
    store::table::create_if_absent(&stack.dynamodb, "statuswire").await.unwrap();
    LocalApp::store(&stack).unwrap().import_items(items).await.unwrap();
    stack.stop().await;

    let world = World::with(server, receiver, &settings, Some(folder.path())).await;
    events::show(&world, 2);
    assert!(world.round_events().await.is_empty(), "it was told by the release before");
    events::show(&world, 3);
    assert_eq!(world.round_events().await, ["resolved inc-1"]);
    assert!(world.round_events().await.is_empty());
    world.finish().await;
}
