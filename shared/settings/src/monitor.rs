//! A draft of a monitor. It names a page of the account or a provider of the catalogue.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use status::{
    ids::{MonitorId, ProviderId},
    monitor::{ComponentChoice, ComponentFilter, Monitor, WhenUnknown},
};

use crate::{
    Context,
    problem::{Code, Problem, Problems},
    words::{at, check_id, entries, quoted, suggest},
};

const MAX_COMPONENTS: usize = 1_000;
/// In bytes.
const MAX_COMPONENT: usize = 500;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MonitorDraft {
    pub id: String,
    /// The id of a page of the account. Either this or `provider`.
    pub page: Option<String>,
    /// The id of a provider in the catalogue.
    pub provider: Option<String>,
    /// Names or ids of components, `group:NAME` for a group; `None`: all of them.
    pub components: Option<Vec<String>>,
    /// `tell` or `drop`; `None` is `tell`.
    pub unknown: Option<String>,
}

impl MonitorDraft {
    pub fn validate(&self, context: &Context<'_>) -> Result<Monitor, Vec<Problem>> {
        let mut problems = Problems::default();
        check_id(&self.id, &mut problems);
        let provider = self.provider(context, &mut problems);
        let components = match &self.components {
            None => ComponentFilter::All,
            Some(list) => ComponentFilter::Chosen(choices(list, &mut problems)),
        };
        let unknown = match self.unknown.as_deref() {
            None | Some("tell") => WhenUnknown::Tell,
            Some("drop") => WhenUnknown::Drop,
            Some(other) => {
                let hint = suggest(other, "choices", ["tell", "drop"]);
                problems.add("unknown", Code::Unknown, format!("unknown choice {}", quoted(other)), hint);
                WhenUnknown::Tell
            }
        };
        let (id, account) = (MonitorId::new(&self.id), context.account.clone());
        problems.or(provider.map(|provider| Monitor { id, account, provider, components, unknown }))
    }

    fn provider(&self, context: &Context<'_>, problems: &mut Problems) -> Option<ProviderId> {
        match (&self.page, &self.provider) {
            (Some(page), None) => Some(own_page(page, context, problems)),
            (None, Some(provider)) => Some(of_catalogue(provider, context, problems)),
            (Some(_), Some(_)) => {
                let hint = if context.of_file {
                    "keep page for a [[page]] of this file, or provider for one in the catalogue"
                } else {
                    "keep page for a page of your own, or provider for one in the catalogue"
                };
                problems.add("provider", Code::Invalid, "cannot be combined with page", hint);
                None
            }
            (None, None) => {
                problems.add("provider", Code::Missing, "is missing", "choose a provider, or a page of your own");
                None
            }
        }
    }
}

fn own_page(id: &str, context: &Context<'_>, problems: &mut Problems) -> ProviderId {
    let pages = &context.known.pages;
    if !pages.contains(id) {
        let hint = match catalogue::find(id) {
            Some(_) => format!("it is in the catalogue: write provider = \"{id}\""),
            None if pages.is_empty() && !context.of_file => "there are no pages yet: add one".to_owned(),
            None => suggest(id, "pages", pages.iter().map(String::as_str)),
        };
        problems.add("page", Code::Unknown, format!("unknown page {}", quoted(id)), hint);
    }
    ProviderId::new(id)
}

fn of_catalogue(slug: &str, context: &Context<'_>, problems: &mut Problems) -> ProviderId {
    if catalogue::find(slug).is_none() {
        let (an_own_page, whose) = if context.of_file { ("a [[page]]", "this file") } else { ("a page", "yours") };
        let hint = if context.known.pages.contains(slug) {
            format!("it is {an_own_page} of {whose}: write page = {}", quoted(slug))
        } else {
            catalogue::suggest(slug).map_or_else(
                || format!("add its status page as {an_own_page}"),
                |nearest| format!("did you mean \"{nearest}\"? If not, add its status page as {an_own_page}"),
            )
        };
        problems.add("provider", Code::Unknown, format!("unknown provider {}", quoted(slug)), hint);
    }
    ProviderId::new(slug)
}

fn choices(list: &[String], problems: &mut Problems) -> Vec<ComponentChoice> {
    let example = "choose at least one component, or all of them";
    let mut choices = Vec::new();
    for (index, text) in entries("components", list, MAX_COMPONENTS, example, problems) {
        let field = at("components", index);
        match component_choice(text) {
            Some(_) if text.len() > MAX_COMPONENT => {
                problems.add(field, Code::Invalid, "is too long", "write the name or the id of a component");
            }
            Some(choice) => choices.push(choice),
            None => {
                let hint = "write \"group:\" and the name of a component group";
                problems.add(field, Code::Invalid, "has no group name", hint);
            }
        }
    }
    choices
}

/// An entry of a component filter. `None`: a group without a name.
pub fn component_choice(text: &str) -> Option<ComponentChoice> {
    match text.strip_prefix("group:").map(str::trim) {
        None => Some(ComponentChoice::Component(text.trim().to_owned())),
        Some("") => None,
        Some(group) => Some(ComponentChoice::Group(group.to_owned())),
    }
}
