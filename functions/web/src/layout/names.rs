//! Names that providers choose, inside sentences of ours.
use maud::{Markup, html};
use status::{ids::ComponentId, page_state::PageState};

const MAX_NAME_LENGTH: usize = 80;

/// The component's name, or its id if the page no longer lists it.
pub(crate) fn component_name<'a>(page_state: Option<&'a PageState>, id: &'a ComponentId) -> &'a str {
    let component = page_state.and_then(|page_state| page_state.component(id));
    component.map_or(id.as_str(), |component| &component.name)
}

/// Names separated by commas. Each is isolated, so that right-to-left text turns nothing else, and shortened.
pub(crate) fn comma_separated<'a>(names: impl Iterator<Item = &'a str>) -> Markup {
    html! {
        @for (number, name) in names.enumerate() {
            @if number > 0 { ", " }
            @match name.char_indices().nth(MAX_NAME_LENGTH) {
                Some((end, _)) => bdi { (&name[..end]) "…" },
                None => bdi { (name) },
            }
        }
    }
}
