//! Numbers with their nouns, as the commands print them.

/// `1 page`, `2 pages`, `3 deliveries`. For nouns that take `s`, or `ies` in place of `y`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        (_, None) => format!("{number} {noun}s"),
    }
}
