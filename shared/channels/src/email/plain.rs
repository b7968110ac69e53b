//! The text part. The provider's text is indented, so that no line of it looks like one of ours.
use super::content::{Content, Update};
use crate::message::Link;

pub(super) fn render(content: &Content<'_>) -> String {
    let Content { name, state, title, facts, remarks, updates, lists, names, closing, .. } = content;
    let mut blocks = vec![format!("{name}: {title}\n{state}")];
    blocks.push(lines(facts.iter().map(|(label, value)| format!("{label}: {value}"))));
    blocks.extend(remarks.iter().cloned());
    blocks.extend(updates.iter().map(update));
    blocks.extend(content.not_shown.clone());
    blocks.push(lines(lists.iter().map(|list| list.line(*names))));
    blocks.extend(closing.map(str::to_owned));
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

fn link(link: &Link) -> String {
    format!("{}: {}", link.label, link.url)
}

fn lines(lines: impl Iterator<Item = String>) -> String {
    lines.collect::<Vec<_>>().join("\n")
}
