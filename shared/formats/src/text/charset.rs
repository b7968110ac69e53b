//! The encoding of a document that is not in UTF-8. Feeds of older software are in ISO-8859-1, Windows-125x or UTF-16
//! and say so in a byte order mark, in the header `Content-Type` or in the XML declaration; the labels and what they
//! stand for are those of <https://encoding.spec.whatwg.org/#names-and-labels>.
use encoding_rs::{Encoding, ISO_2022_JP, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE, X_USER_DEFINED};

/// An XML declaration is at the very start; no more of the document is looked at.
const DECLARATION_BYTES: usize = 256;

/// The text of a body in another encoding, or what is wrong with it. `None`: it is UTF-8, or says nothing else.
///
/// What is valid UTF-8 is UTF-8, whatever the server says of it: servers add a default to every answer, and documents
/// are converted without their declarations. No encoding is guessed.
pub(crate) fn decode(body: &[u8], content_type: Option<&str>) -> Option<Result<String, &'static str>> {
    if let Some((utf_16, mark)) = utf_16(body) {
        return Some(from_utf_16(utf_16, &body[mark..]));
    }
    let named = [content_type.and_then(charset_of), declared(body)].into_iter().flatten();
    let mut others = named.filter(|encoding| *encoding != UTF_8);
    let other = match std::str::from_utf8(body) {
        // Its bytes are all ASCII, and stand for other characters.
        Ok(_) => others.find(|encoding| *encoding == ISO_2022_JP)?,
        Err(_) => others.next()?,
    };
    let text = other.decode_without_bom_handling_and_without_replacement(body);
    Some(text.map(Into::into).ok_or("not in the encoding that it says"))
}

/// By its byte order mark, whose length is the second value, or by the zero byte beside its first character.
fn utf_16(body: &[u8]) -> Option<(&'static Encoding, usize)> {
    match body {
        [0xff, 0xfe, ..] => Some((UTF_16LE, 2)),
        [0xfe, 0xff, ..] => Some((UTF_16BE, 2)),
        [b'<', 0, ..] => Some((UTF_16LE, 0)),
        [0, b'<', ..] => Some((UTF_16BE, 0)),
        _ => None,
    }
}

fn from_utf_16(encoding: &'static Encoding, bytes: &[u8]) -> Result<String, &'static str> {
    if bytes.len() % 2 == 1 {
        return Err("cut off in the middle of a UTF-16 character");
    }
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
    text.map(Into::into).ok_or("not UTF-16")
}

/// `application/rss+xml; charset="iso-8859-1"`.
fn charset_of(content_type: &str) -> Option<&'static Encoding> {
    let parameters = content_type.split(';').skip(1);
    let charset = parameters.filter_map(|parameter| parameter.split_once('=')).find_map(|(name, value)| {
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches(['"', '\'']))
    });
    of_label(charset?)
}

/// `<?xml version="1.0" encoding="windows-1251"?>`.
fn declared(body: &[u8]) -> Option<&'static Encoding> {
    let start = &body[..body.len().min(DECLARATION_BYTES)];
    let start = start.utf8_chunks().next()?.valid().trim_start();
    let declaration = start.strip_prefix("<?xml")?.split_once("?>")?.0;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    of_label(value[1..].split_once(quote)?.0)
}

/// None of those that decode everything to nothing or to private characters; and none of 16 bits, which no document is
/// in whose declaration can be read byte by byte.
fn of_label(label: &str) -> Option<&'static Encoding> {
    let unfit = [REPLACEMENT, X_USER_DEFINED, UTF_16BE, UTF_16LE];
    Encoding::for_label(label.as_bytes()).filter(|encoding| !unfit.contains(encoding))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn xml(encoding: &str, text: &[u8]) -> Vec<u8> {
        [format!("<?xml version='1.0' encoding=\"{encoding}\"?>").as_bytes(), b"<x>", text, b"</x>"].concat()
    }

    fn text(body: &[u8], content_type: Option<&str>) -> Option<String> {
        let text = decode(body, content_type)?.unwrap();
        Some(text.split_once("<x>").unwrap().1.trim_end_matches("</x>").to_owned())
    }

    #[test]
    fn the_declaration_names_the_encoding() {
        for (label, bytes, expected) in [
            ("ISO-8859-1", &b"St\xf6rung \x96 gr\xf6\xdfer"[..], "Störung – größer"),
            ("iso-8859-15", b"5 \xa4", "5 €"),
            ("windows-1250", b"v\xfdpadek s\xedt\xec", "výpadek sítě"),
            ("Windows-1251", b"\xd1\xe1\xee\xe9", "Сбой"),
            ("cp1252", b"\x80 3", "€ 3"),
            ("KOI8-R", b"\xf3\xc2\xcf\xca", "Сбой"),
            ("Shift_JIS", b"\x8f\xe1\x8aQ", "障害"),
            ("ISO-2022-JP", b"\x1b$B>c32\x1b(B", "障害"),
        ] {
            assert_eq!(text(&xml(label, bytes), None).as_deref(), Some(expected), "{label}");
        }
    }

    #[test]
    fn the_header_names_it_where_the_declaration_does_not() {
        let body = b"<?xml version='1.0'?><x>Gr\xf6\xdfe</x>";
        for header in ["text/xml; charset=ISO-8859-1", "text/xml;boundary=1;Charset=\"latin1\"", "a/b; charset='l1'"] {
            assert_eq!(text(body, Some(header)).as_deref(), Some("Größe"), "{header}");
        }
        // The header that every answer of a server has is wrong, the declaration is not.
        assert_eq!(text(&xml("latin1", b"\xf6"), Some("text/xml; charset=utf-8")).as_deref(), Some("ö"));
    }

    #[test]
    fn what_is_utf_8_is_utf_8_whatever_is_said_of_it() {
        for said in ["ISO-8859-1", "UTF-16", "windows-1251", "utf-8"] {
            assert!(decode(&xml(said, "Größe".as_bytes()), Some("text/xml; charset=ISO-8859-1")).is_none(), "{said}");
        }
    }

    #[test]
    fn utf_16_is_told_by_its_mark_or_by_its_first_character() {
        for mark in ["", "\u{feff}"] {
            let units: Vec<u16> = format!("{mark}<?xml version='1.0'?><x>Größe 🌩</x>").encode_utf16().collect();
            let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
            let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
            for body in [little, big] {
                assert_eq!(text(&body, Some("text/xml; charset=utf-8")).as_deref(), Some("Größe 🌩"));
                assert!(decode(&body[..body.len() - 1], None).unwrap().is_err());
            }
        }
    }

    #[test]
    fn no_encoding_is_guessed() {
        for body in [&b"<x>\xf6</x>"[..], &xml("utf-8", b"\xf6"), &xml("klingon", b"\xf6"), &xml("utf-7", b"\xf6"), b""]
        {
            assert!(decode(body, Some("text/xml")).is_none());
        }
        let replacing = xml("iso-2022-kr", b"\xf6");
        assert!(decode(&replacing, Some("text/xml; charset=x-user-defined")).is_none());
        assert!(decode(&xml("euc-jp", b"\xff\xff"), None).unwrap().is_err());
    }
}
