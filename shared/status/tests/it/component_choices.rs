//! What a form shows as chosen is what the filter matches.
use std::collections::BTreeSet;

use status::{
    alert::NamedComponent,
    component_choices::PageChoices,
    component_match::{PageNames, Subject},
    monitor::{ComponentChoice, ComponentFilter, Match},
    page_state::PageState,
    snapshot::{Component, Snapshot},
    words::{ComponentStatus::*, Phase::Investigating},
};

use crate::page::{Watcher, incident, page};

fn component(id: &str, name: &str, group: Option<&str>) -> Component {
    Component { id: id.into(), name: name.to_owned(), group: group.map(str::to_owned), status: Operational }
}

fn read(watcher: &mut Watcher, components: &[Component]) {
    watcher.read(&Snapshot { components: components.to_vec(), ..page(&[], &[]) });
}

fn components() -> Vec<Component> {
    vec![
        component("c1", "API", Some("Europe")),
        component("c2", "API", Some("Asia")),
        component("c3", "Web", Some("Asia")),
        component("c4", "Mail", None),
        component("c5", "c4", None),
        component("c6", "group:x", None),
        component("c7", " ", None),
    ]
}

fn state() -> PageState {
    let mut watcher = Watcher::default();
    read(&mut watcher, &components());
    watcher.page_state.unwrap()
}

fn component_entry(text: &str) -> ComponentChoice {
    ComponentChoice::Component(text.to_owned())
}

fn group_entry(text: &str) -> ComponentChoice {
    ComponentChoice::Group(text.to_owned())
}

/// The components that the filter matches by itself when they break.
fn matched(state: &PageState, entries: &[ComponentChoice]) -> BTreeSet<String> {
    let names = PageNames::of(state, true);
    let filter = ComponentFilter::Chosen(entries.to_vec());
    let mut watcher = Watcher::default();
    watcher.read(&page(&[], &[]));
    let alert = watcher.read(&page(&[], &[incident("i", &[(30, Investigating)], &[])])).remove(0);
    let is_matched = |component: &&Component| {
        let named = NamedComponent {
            id: component.id.clone(),
            name: component.name.clone(),
            group: component.group.clone(),
            status: MajorOutage,
            was: None,
            joined: false,
            released: false,
            trouble: None,
        };
        let alert = status::alert::Alert { components: vec![named], ..alert.clone() };
        Subject::of(&alert).answer(&filter, Some(&names)) == Match::Yes
    };
    state.components.iter().filter(is_matched).map(|component| component.id.to_string()).collect()
}

#[test]
fn what_is_shown_as_chosen_is_what_the_filter_matches() {
    let state = state();
    let choices = PageChoices::of(&state);
    for entries in [
        vec![component_entry("api")],
        vec![component_entry("c2")],
        vec![component_entry(" WEB"), component_entry("c4")],
        vec![group_entry("asia")],
        vec![group_entry("Europe"), component_entry("Mail")],
    ] {
        let chosen = choices.chosen(&entries);
        let of_group = |component: &&Component| component.group.as_ref().is_some_and(|it| chosen.groups.contains(it));
        let of_groups = state.components.iter().filter(of_group).map(|component| component.id.to_string());
        let shown: BTreeSet<String> = chosen.components.iter().map(ToString::to_string).chain(of_groups).collect();
        assert_eq!(shown, matched(&state, &entries), "{entries:?}");
        assert_eq!(chosen.unmatched, []);
    }
}

#[test]
fn each_component_has_an_entry_that_chooses_it() {
    let state = state();
    let choices = PageChoices::of(&state);
    let entry = |id: &str| choices.entry(state.component(&id.into()).unwrap()).unwrap().to_string();
    // Readable where the name is of one component alone, else by id.
    assert_eq!(["c1", "c2", "c3", "c4", "c6", "c7"].map(entry), ["c1", "c2", "Web", "Mail", "c6", "c7"]);
    // Its name is the id of another.
    assert_eq!(entry("c5"), "c5");
    for component in &state.components {
        let chosen = choices.chosen(&[choices.entry(component).unwrap()]);
        assert_eq!(chosen.components, BTreeSet::from([component.id.clone()]));
    }
}

#[test]
fn entry_of_what_is_gone_is_unmatched_and_a_former_name_is_not() {
    let mut watcher = Watcher::default();
    read(&mut watcher, &components());
    read(&mut watcher, &[component("c1", "Requests", Some("EU")), component("c4", "Mail", None)]);
    let state = watcher.page_state.unwrap();
    let choices = PageChoices::of(&state);
    let chosen = choices.chosen(&[component_entry("Web"), component_entry("c1"), group_entry("Asia")]);
    assert_eq!(chosen.components, BTreeSet::from(["c1".into()]));
    assert_eq!(chosen.unmatched, [component_entry("Web"), group_entry("Asia")]);
}
