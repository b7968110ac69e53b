//! Words people choose: what an id may be, which known word a mistyped one is near to, and which may be repeated in a
//! message. A value pasted into the wrong place may be a secret, so only what looks like a short word is repeated.
use strsim::osa_distance;

/// `[a-z0-9][a-z0-9._-]{0,63}`
pub(super) fn is_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    bytes.len() <= 64
        && bytes.first().is_some_and(|first| plain(*first))
        && bytes.iter().all(|byte| plain(*byte) || b"._-".contains(byte))
}

/// The word, or `...` where it is too long or too odd to be one.
pub(super) fn shown(word: &str) -> &str {
    let odd = |byte: u8| !byte.is_ascii_alphanumeric() && !b"._- ".contains(&byte);
    if word.len() > 32 || word.bytes().any(odd) { "..." } else { word }
}

pub(super) fn quoted(word: &str) -> String {
    format!("\"{}\"", shown(word))
}

/// The way out of a wrong word: the known word next to it, if one is near, and the known words.
pub(super) fn one_of<'k>(word: &str, plural: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    /// More are no help.
    const SHOWN: usize = 50;
    // Ids as declared are among them: what is no id may be anything.
    let known: Vec<&str> = known.into_iter().filter(|known| is_id(known)).collect();
    if known.is_empty() {
        return format!("there are no {plural} yet: declare one");
    }
    let more = if known.len() > SHOWN { ", ..." } else { "" };
    let list = format!("{plural} are {}{more}", known[..known.len().min(SHOWN)].join(", "));
    let nearest = known
        .iter()
        .map(|candidate| (osa_distance(word, candidate), candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= candidate.len() / 3 + 1);
    match nearest {
        Some((_, nearest)) => format!("did you mean \"{nearest}\"? The {list}"),
        None => format!("the {list}"),
    }
}
