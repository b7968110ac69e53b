//! Names that providers choose, inside sentences of ours.
use maud::{Markup, html};
use status::{ids::ComponentId, page_state::PageState, snapshot::Component};

const MAX_NAME_LENGTH: usize = 80;

/// The component's full name, or its id if the page no longer lists it.
pub(crate) fn component_name(page_state: Option<&PageState>, id: &ComponentId) -> String {
    let component = page_state.and_then(|page_state| page_state.component(id));
    component.map_or_else(|| id.as_str().to_owned(), Component::full_name)
}

/// Names separated by commas. Each is isolated, so that right-to-left text turns nothing else, and shortened.
pub(crate) fn comma_separated(names: impl Iterator<Item = impl AsRef<str>>) -> Markup {
    html! {
        @for (number, name) in names.enumerate() {
            @let name = name.as_ref();
            @if number > 0 { ", " }
            @match name.char_indices().nth(MAX_NAME_LENGTH) {
                Some((end, _)) => bdi { (&name[..end]) "…" },
                None => bdi { (name) },
            }
        }
    }
}
