//! Settings as answers: the fields of a draft and what the instance adds to them.
use account_api::{BoardState, DestinationState, Meta, PageState};
use channels::Setting;
use serde::Serialize;
use serde_json::{Map, Value, json};
use settings::{BoardDraft, GroupDraft, MonitorDraft, PageDraft};
use status::monitor::{Group, Monitor, Settings};
use store::{ManagedBy, Stored, StoredBoard, StoredDestination, Visibility};

use crate::edits::OwnPage;

/// A setting and its version.
pub(super) struct Represented {
    pub(super) fields: Map<String, Value>,
    pub(super) version: u64,
}

pub(super) fn monitor(stored: &Stored<Monitor>, is_own_page: bool) -> Represented {
    with_meta(stored, stored.value.id.as_str(), &MonitorDraft::of(&stored.value, is_own_page))
}

pub(super) fn group(stored: &Stored<Group>) -> Represented {
    with_meta(stored, stored.value.id.as_str(), &GroupDraft::of(&stored.value))
}

/// Of its login only whether there is one.
pub(super) fn page(stored: &Stored<OwnPage>, has_login: bool) -> Represented {
    let (page, visibility) = &stored.value;
    let mut represented = with_meta(stored, page.id.as_str(), &PageDraft::of(page));
    let visibility = match visibility {
        Visibility::Public => "public",
        Visibility::Private => "private",
    };
    add(&mut represented.fields, &PageState { visibility, has_login });
    represented
}

/// `address`: where it is.
pub(super) fn board(stored: &Stored<StoredBoard>, address: Option<String>) -> Represented {
    let board = &stored.value.board;
    let mut represented = with_meta(stored, board.id.as_str(), &BoardDraft::of(board));
    add(&mut represented.fields, &BoardState { path: address.map(|address| site::paths::board(&address)) });
    represented
}

/// `disabled`: why it gets no alerts. What is secret in its settings is named and not given: `known` are all of them.
pub(super) fn destination(
    stored: &Stored<StoredDestination>,
    known: Option<&Settings>,
    disabled: Option<String>,
) -> Represented {
    let destination = &stored.value;
    let of_channel = channels::channel(&destination.channel).map_or(&[][..], |channel| channel.settings);
    let is_secret = |key: &str| channels::is_secret(&destination.channel, key);
    let clear: Map<String, Value> = destination
        .clear_settings()
        .0
        .iter()
        .filter(|(key, _)| !is_secret(key))
        .map(|(key, value)| (key.clone(), value.clone().into()))
        .collect();
    // A secret setting that is required is set; of others nothing is known without the key.
    let is_set = |setting: &Setting| known.map_or(setting.required, |known| known.get(setting.key).is_some());
    let secrets = of_channel.iter().filter(|setting| setting.secret && is_set(setting)).map(|it| it.key.to_owned());
    let draft = json!({"label": destination.label, "channel": destination.channel, "settings": clear});
    let mut represented = with_meta(stored, destination.id.as_str(), &draft);
    add(&mut represented.fields, &DestinationState { secrets: secrets.collect(), disabled });
    represented
}

fn with_meta<T>(stored: &Stored<T>, id: &str, draft: &impl Serialize) -> Represented {
    let managed_by = match stored.managed_by {
        ManagedBy::File => "file",
        ManagedBy::Web => "web",
    };
    let mut fields = Map::new();
    add(&mut fields, draft);
    add(&mut fields, &Meta { id: id.to_owned(), version: stored.version, managed_by });
    Represented { fields, version: stored.version }
}

fn add(fields: &mut Map<String, Value>, more: &impl Serialize) {
    if let Ok(Value::Object(more)) = serde_json::to_value(more) {
        fields.extend(more);
    }
}
