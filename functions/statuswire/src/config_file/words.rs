//! Words that people choose: valid ids, the known word nearest to a mistyped one, and which words a message may repeat.
//! A value in the wrong place may be a secret, so a message repeats only what looks like a short word.
use strsim::osa_distance;

/// A message lists at most this many known words.
const MAX_LISTED: usize = 50;

/// `[a-z0-9][a-z0-9._-]{0,63}`
pub(super) fn is_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    bytes.len() <= 64
        && bytes.first().is_some_and(|first| plain(*first))
        && bytes.iter().all(|byte| plain(*byte) || b"._-".contains(byte))
}

/// The word, or `...` if it is too long or has characters that no word has.
pub(super) fn redacted(word: &str) -> &str {
    let unusual = |byte: u8| !byte.is_ascii_alphanumeric() && !b"._- ".contains(&byte);
    if word.len() > 32 || word.bytes().any(unusual) { "..." } else { word }
}

/// [`redacted`], in quotes.
pub(super) fn quoted(word: &str) -> String {
    format!("\"{}\"", redacted(word))
}

/// The hint for an unknown word: the nearest known word, if one is near, and the list of known words.
pub(super) fn suggest<'k>(word: &str, plural: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    // Declared ids are among the known words; one that is not a valid id may be a secret.
    let known: Vec<&str> = known.into_iter().filter(|known| is_id(known)).collect();
    if known.is_empty() {
        return format!("the file declares no {plural}: add one");
    }
    let more = if known.len() > MAX_LISTED { ", ..." } else { "" };
    let list = format!("{plural} are {}{more}", known[..known.len().min(MAX_LISTED)].join(", "));
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
