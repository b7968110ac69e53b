//! The text part. What the vendor wrote is indented, so that no line of it passes for one of ours.
use super::content::{Content, Link, Row, Told};

pub(super) fn render(content: &Content) -> String {
    let Content { from, state, title, facts, remarks, updates, left_out, components, more, .. } = content;
    let mut blocks = vec![format!("{from}: {title}\n{state}")];
    blocks.push(lines(facts.iter().map(|(label, value)| format!("{label}: {value}"))));
    blocks.extend(remarks.iter().cloned());
    blocks.extend(updates.iter().map(update));
    if *left_out > 0 {
        blocks.push(format!("{left_out} earlier updates are left out."));
    }
    if !components.is_empty() {
        let rest = (*more > 0).then(|| format!("  … and {more} more"));
        blocks.push(lines(["Components:".to_owned()].into_iter().chain(components.iter().map(row)).chain(rest)));
    }
    blocks.extend(content.reasons.iter().map(|&reason| reason.to_owned()));
    blocks.push(lines(content.links.iter().map(link)));
    // The two hyphens and the space set a signature off: <https://www.rfc-editor.org/rfc/rfc3676#section-4.3>.
    let way_out = content.way_out.iter().map(link);
    blocks.push(lines(["-- ".to_owned(), content.footer.clone()].into_iter().chain(way_out)));
    blocks.retain(|block| !block.is_empty());
    let mut text = blocks.join("\n\n");
    text.push('\n');
    text
}

fn update(update: &Told) -> String {
    let Told { phase, at, body } = update;
    let head = at.as_ref().map_or_else(|| phase.clone(), |at| format!("{phase}, {at}"));
    let body = body.lines().map(|line| if line.is_empty() { String::new() } else { format!("  {line}") });
    lines([head].into_iter().chain(body))
}

fn row(row: &Row) -> String {
    match row {
        Row { name, status: "", .. } => format!("  {name}"),
        Row { name, status, was: Some(was), .. } => format!("  {name}: {status} (was {was})"),
        Row { name, status, .. } => format!("  {name}: {status}"),
    }
}

fn link(link: &Link) -> String {
    format!("{}: {}", link.label, link.url)
}

fn lines(lines: impl Iterator<Item = String>) -> String {
    lines.collect::<Vec<_>>().join("\n")
}
