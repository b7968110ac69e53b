//! Where an event stands, by the words in front of a text or behind a title, or by a category.

/// What a text opens or a title ends with, if that says where the event stands, and the rest: "Mitigated - Storage -
/// East US", "Storage - East US - Mitigated".
pub(super) fn split_stage(text: &str) -> (Option<&'static str>, &str) {
    let text = text.trim();
    let dashes = [" - ", " – ", " — ", ": "];
    let first = dashes.iter().filter_map(|dash| Some((text.find(dash)?, dash.len()))).min();
    if let Some((end, dash)) = first
        && let Some(stage) = stage(&text[..end])
    {
        return (Some(stage), text[end + dash..].trim());
    }
    let last = dashes.iter().filter_map(|dash| Some((text.rfind(dash)?, dash.len()))).max();
    match last.and_then(|(end, dash)| Some((stage(&text[end + dash..])?, end))) {
        Some((stage, end)) => (Some(stage), text[..end].trim()),
        None => (None, text),
    }
}

/// The word of all feeds for a stage.
pub(super) fn stage(word: &str) -> Option<&'static str> {
    let word = word.to_lowercase();
    Some(match word.trim_matches(['[', ']', '(', ')', ' ']) {
        "active" | "investigating" => "Investigating",
        "identified" => "Identified",
        "monitoring" => "Monitoring",
        "mitigated" | "resolved" => "Resolved",
        "pir" | "preliminary" => "Postmortem",
        word if word.contains("post incident review") || word.ends_with(" pir") => "Postmortem",
        _ => return None,
    })
}
