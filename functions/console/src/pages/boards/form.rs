//! The form of a board.
use maud::{Markup, html};
use serde::Deserialize;
use settings::BoardDraft;
use status::{board::BoardAddress, ids::ProviderId, provider::may_be_private};
use store::{Stored, StoredBoard, StoredSettings};

use crate::{
    fields::{Field, Problems},
    posted::token,
    provider_names::provider_name,
    visitor::SignedIn,
};

/// As it was typed.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    name: String,
    address: String,
    providers: Vec<String>,
    version: String,
}

impl Typed {
    pub(super) fn of(stored: &Stored<StoredBoard>) -> Self {
        let BoardDraft { name, address, providers, .. } = BoardDraft::of(&stored.value.board);
        Self { name, address: address.unwrap_or_default(), providers, version: stored.version.to_string() }
    }

    pub(super) fn draft(&self, id: &str) -> BoardDraft {
        let address = Some(self.address.clone()).filter(|word| !word.is_empty());
        BoardDraft { id: id.to_owned(), name: self.name.clone(), address, providers: self.providers.clone() }
    }

    /// The version that the form was made of.
    pub(super) fn version(&self) -> u64 {
        self.version.parse().unwrap_or_default()
    }

    pub(super) fn based_on(&self, version: u64) -> Self {
        Self { version: version.to_string(), ..self.clone() }
    }

    /// Where it differs from what is saved: name, saved, typed.
    pub(super) fn differences(&self, saved: &Self) -> Vec<[String; 3]> {
        let sorted = |typed: &Self| {
            let mut providers = typed.providers.clone();
            providers.sort_unstable();
            providers.join(", ")
        };
        let rows = [
            ["Name".to_owned(), saved.name.clone(), self.name.clone()],
            ["Address".to_owned(), saved.address.clone(), self.address.clone()],
            ["Providers".to_owned(), sorted(saved), sorted(self)],
        ];
        rows.into_iter().filter(|[_, saved, typed]| saved != typed).collect()
    }
}

pub(super) struct Form<'a> {
    pub(super) action: &'a str,
    pub(super) typed: &'a Typed,
    pub(super) problems: &'a Problems,
    pub(super) settings: &'a StoredSettings,
    pub(super) may_edit: bool,
}

impl Form<'_> {
    pub(super) fn markup(&self, by: &SignedIn) -> Markup {
        let name = Field { name: "name", label: "Name", kind: "text", value: &self.typed.name, autocomplete: "off" };
        html! {
            (self.problems.summary())
            form.wide method="post" action=(self.action) {
                (token(by))
                input type="hidden" name="version" value=(self.typed.version);
                fieldset.plain disabled[!self.may_edit] {
                    div.field { (name.markup(self.problems)) }
                    (self.address())
                    (self.providers())
                    @if self.may_edit { button.main type="submit" { "Save board" } }
                }
            }
        }
    }

    fn address(&self) -> Markup {
        let chosen = if self.typed.address.is_empty() { BoardAddress::default().as_str() } else { &self.typed.address };
        let choices = [
            (BoardAddress::Secret, "Secret: only who has the address finds it"),
            (BoardAddress::Public, "Public: everybody may find it"),
        ];
        html! {
            fieldset.card id="address" {
                legend { "Address" }
                (self.problem("address"))
                @for (address, words) in choices {
                    label.pick {
                        input type="radio" name="address" value=(address.as_str()) checked[address.as_str() == chosen];
                        span { (words) }
                    }
                }
            }
        }
    }

    /// Those that the account watches and every visitor may see, and those that the board has.
    fn providers(&self) -> Markup {
        let mut ids: Vec<ProviderId> = self.settings.watched.iter().filter(|id| !may_be_private(id)).cloned().collect();
        ids.extend(self.typed.providers.iter().map(ProviderId::new).filter(|id| !self.settings.watched.contains(id)));
        let mut named: Vec<(String, ProviderId)> =
            ids.into_iter().map(|id| (provider_name(self.settings, &id), id)).collect();
        named.sort_by_cached_key(|(name, _)| name.to_lowercase());
        let has_private = self.settings.watched.iter().any(may_be_private);
        html! {
            fieldset.card id="providers" {
                legend { "Providers" }
                (self.problem("providers"))
                @if named.is_empty() {
                    p.soft.small { "You watch nothing that it could show: " a href="/watch" { "find providers" } "." }
                }
                div.picks {
                    @for (name, id) in &named {
                        label.pick {
                            input type="checkbox" name="providers" value=(id)
                                checked[self.typed.providers.iter().any(|chosen| chosen == id.as_str())];
                            bdi { (name) }
                        }
                    }
                }
                @if has_private { p.soft.small { "Status pages that only your account sees are on no board." } }
            }
        }
    }

    fn problem(&self, field: &str) -> Markup {
        html! { @if let Some(problem) = self.problems.at(field) { p.problem { (problem) } } }
    }
}
