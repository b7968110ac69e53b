//! The text part. The provider's text is indented, so that no line of it looks like one of ours.
use super::content::{Content, Update};
use crate::message::{Component, Link};

pub(super) fn render(content: &Content<'_>) -> String {
    let Content { name, state, title, facts, remarks, updates, components, more, .. } = content;
    let mut blocks = vec![format!("{name}: {title}\n{state}")];
    blocks.push(lines(facts.iter().map(|(label, value)| format!("{label}: {value}"))));
    blocks.extend(remarks.iter().cloned());
    blocks.extend(updates.iter().map(update));
    blocks.extend(content.not_shown.clone());
    if !components.is_empty() {
        let rest = (*more > 0).then(|| format!("  … and {more} more"));
        blocks.push(lines(["Components:".to_owned()].into_iter().chain(components.iter().map(component)).chain(rest)));
    }
    blocks.extend(content.reasons.iter().map(|&reason| reason.to_owned()));
    blocks.push(lines(content.links.iter().map(link)));
    // Two hyphens and a space begin a signature: <https://www.rfc-editor.org/rfc/rfc3676#section-4.3>.
    let unsubscribe = content.unsubscribe.iter().map(link);
    blocks.push(lines(["-- ".to_owned(), content.footer.clone()].into_iter().chain(unsubscribe)));
    blocks.retain(|block| !block.is_empty());
    let mut text = blocks.join("\n\n");
    text.push('\n');
    text
}

fn update(update: &Update) -> String {
    let Update { phase, at, body } = update;
    let head = at.as_ref().map_or_else(|| phase.clone(), |at| format!("{phase}, {at}"));
    let body = body.lines().map(|line| if line.is_empty() { String::new() } else { format!("  {line}") });
    lines([head].into_iter().chain(body))
}

fn component(component: &Component) -> String {
    let name = &component.name;
    match (component.status, component.was) {
        (None, _) => format!("  {name}"),
        (Some(status), Some(was)) => format!("  {name}: {status} (was {was})"),
        (Some(status), None) => format!("  {name}: {status}"),
    }
}

fn link(link: &Link) -> String {
    format!("{}: {}", link.label, link.url)
}

fn lines(lines: impl Iterator<Item = String>) -> String {
    lines.collect::<Vec<_>>().join("\n")
}
