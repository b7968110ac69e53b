//! What somebody may have meant by an entry of a component filter that fits nothing.
use std::collections::BTreeSet;

use status::{component_match::PageNames, monitor::ComponentChoice, names::folded, outside_text::is_hidden};
use strsim::osa_distance;

/// Names that a hint lists.
const MAX_LISTED: usize = 10;
/// Characters of a name in a hint.
const MAX_NAME: usize = 60;

/// The name on the page that is nearest to the entry, or the first names there are.
pub(crate) fn hint(entry: &ComponentChoice, names: &PageNames) -> String {
    let wanted = folded(&entry.to_string());
    let short = |name: &str| -> String { name.chars().filter(|c| !is_hidden(*c)).take(MAX_NAME).collect() };
    let distance = |name: &str| osa_distance(&wanted, &folded(name));
    let most = |name: &str| name.chars().count() / 3 + 1;
    // The distance is at least the difference in length, and expensive for long names.
    let may_be_near = |name: &&str| folded(name).chars().count().abs_diff(wanted.chars().count()) <= most(name);
    let nearest = names.written().filter(may_be_near).map(|name| (distance(name), name)).min();
    let is_near = |(distance, name): &(usize, &str)| *distance <= most(name);
    if let Some((_, name)) = nearest.filter(is_near) {
        return format!("did you mean \"{}\"?", short(name));
    }
    let listed: BTreeSet<String> =
        names.written().take(MAX_LISTED).map(|name| format!("\"{}\"", short(name))).collect();
    match listed.len() {
        0 => "the page names no components, so leave `components` out".to_owned(),
        _ if names.written().count() > MAX_LISTED => {
            format!("the page has {}, ...", listed.into_iter().collect::<Vec<_>>().join(", "))
        }
        _ => format!("the page has {}", listed.into_iter().collect::<Vec<_>>().join(", ")),
    }
}
