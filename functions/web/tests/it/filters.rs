//! Component filters that fit nothing are named where people look.
use jiff::Timestamp;
use status::{
    component_match::PageNames,
    monitor::{ComponentChoice, ComponentFilter, Monitor, WhenUnknown},
};

use crate::world::{World, at, component, provider, snapshot};

#[tokio::test]
async fn a_filter_that_fits_nothing_is_named_at_its_provider_until_it_fits() {
    let world = World::start(&["acme", "globex"]).await;
    let state = world.read("acme", &snapshot(&[component("1", "API")], &[]), at("09:00:00")).await;
    world.read("globex", &snapshot(&[component("1", "API")], &[]), at("09:00:00")).await;
    let monitor = |entry: &str| Monitor {
        id: "m".into(),
        account: "local".into(),
        provider: "acme".into(),
        components: ComponentFilter::Chosen(vec![ComponentChoice::Component(entry.to_owned())]),
        unknown: WhenUnknown::Tell,
    };
    let check = async |entry: &str| {
        let known = world.store.unmatched_filters().await.unwrap();
        let names = PageNames::of(&state, true);
        world.store.check_filters(&provider("acme"), &names, &[monitor(entry)], &known, Timestamp::now()).await.unwrap()
    };
    assert_eq!(check("<Aip>").await.len(), 1);
    assert!(check("<Aip>").await.is_empty(), "told once");
    for path in ["/", "/providers/acme"] {
        let (_, _, body) = world.get(path).await;
        assert!(body.contains("&lt;Aip&gt;") && body.contains("fits nothing on this page"), "{path}: {body}");
    }
    assert!(!world.get("/providers/globex").await.2.contains("fits nothing"));
    check("api").await;
    assert!(!world.get("/").await.2.contains("fits nothing"));
}
