//! Asking a page and judging what came. Success proves nothing: pages that answer any path with HTML, and error texts
//! with status 200, are common. What came is described by its kind and size and never quoted: it is a stranger's text.
use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{error::Category, value::RawValue};
use url::Url;

use crate::{
    contract::{Answer, ReadError},
    text::charset,
};

/// The URL of an API path below the page.
pub(crate) fn endpoint(page: &Url, path: &str) -> Url {
    let mut url = page.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.path_segments_mut().expect("a status page is http or https").pop_if_empty().extend(path.split('/'));
    url
}

impl Answer {
    /// The body as text, if the page answered with success.
    pub(crate) fn text(&self) -> Result<&str, ReadError> {
        utf8(self.url.path(), self.success()?)
    }

    /// The same of a page that may write another encoding than UTF-8: see [`charset::decode`].
    pub(crate) fn decoded(&self) -> Result<Cow<'_, str>, ReadError> {
        let body = self.success()?;
        let path = self.url.path();
        match charset::decode(body, self.content_type.as_deref()) {
            Some(Ok(text)) if text.trim_start().is_empty() => Err(ReadError::Malformed(format!("{path} is empty"))),
            Some(Ok(text)) => Ok(Cow::Owned(text)),
            Some(Err(what)) => Err(ReadError::Malformed(format!("{path} is {what}"))),
            None => utf8(path, body).map(Cow::Borrowed),
        }
    }

    fn success(&self) -> Result<&[u8], ReadError> {
        match self.status {
            200..=299 => Ok(&self.body),
            status @ (404 | 410) => {
                Err(ReadError::NotThisFormat(format!("nothing at {} (status {status})", self.url.path())))
            }
            // Where the platform's pages are, nothing redirects it.
            301 | 302 | 303 | 307 | 308 if self.posted.is_some() => {
                Err(ReadError::NotThisFormat(format!("{} redirects a POST, which is not followed", self.url.path())))
            }
            405 | 501 if self.posted.is_some() => {
                Err(ReadError::NotThisFormat(format!("{} takes no POST (status {})", self.url.path(), self.status)))
            }
            status => Err(ReadError::Status { url: self.url.clone(), status }),
        }
    }

    /// The body as a JSON object of this shape, if the page answered with success.
    pub(crate) fn json<'a, T: Deserialize<'a>>(&'a self) -> Result<T, ReadError> {
        json(self.url.path(), self.text()?)
    }

    /// The body as a JSON list, if the page answered with success.
    pub(crate) fn json_list(&self) -> Result<Vec<&RawValue>, ReadError> {
        json_list(self.url.path(), self.text()?)
    }
}

/// The text of a body; `path` is where it came from.
pub(crate) fn utf8<'a>(path: &str, body: &'a [u8]) -> Result<&'a str, ReadError> {
    if body.starts_with(&[0xff, 0xfe]) || body.starts_with(&[0xfe, 0xff]) {
        return Err(ReadError::Malformed(format!("{path} is UTF-16, expected UTF-8")));
    }
    let text = std::str::from_utf8(body).map_err(|error| {
        let at = error.valid_up_to();
        ReadError::Malformed(format!("{path} is not UTF-8 (first wrong byte at {at} of {})", body.len()))
    })?;
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().is_empty() {
        return Err(ReadError::Malformed(format!("{path} is empty")));
    }
    Ok(text)
}

/// A JSON object of this shape; `path` is where it came from.
pub(crate) fn json<'a, T: Deserialize<'a>>(path: &str, text: &'a str) -> Result<T, ReadError> {
    starting_with('{', "a JSON object", path, text)
}

/// A JSON list; `path` is where it came from.
pub(crate) fn json_list<'a>(path: &str, text: &'a str) -> Result<Vec<&'a RawValue>, ReadError> {
    starting_with('[', "a JSON list", path, text)
}

/// Of serde's message only the place is kept: the rest may repeat the document.
fn starting_with<'a, T: Deserialize<'a>>(
    first: char,
    expected: &str,
    path: &str,
    text: &'a str,
) -> Result<T, ReadError> {
    if !text.trim_start().starts_with(first) {
        let came = what_came(text);
        return Err(ReadError::NotThisFormat(format!("expected {expected} at {path}, got {came}")));
    }
    if has_too_many_values(text) {
        return Err(ReadError::Malformed(format!("{path} holds more than {MAX_VALUES} values")));
    }
    serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        match error.classify() {
            Category::Eof | Category::Io => {
                ReadError::Malformed(format!("{path} is cut off after {} bytes", text.len()))
            }
            Category::Syntax => ReadError::Malformed(format!("{path} is not JSON at line {line}, column {column}")),
            Category::Data => {
                ReadError::NotThisFormat(format!("{path} has another shape at line {line}, column {column}"))
            }
        }
    })
}

/// Of one JSON document. Each takes up to a hundred times the memory of its text when it is read, so they are counted
/// before. The largest recording has a tenth.
const MAX_VALUES: usize = 300_000;

/// Counts what separates values, outside of strings.
fn has_too_many_values(text: &str) -> bool {
    if text.len() < MAX_VALUES {
        return false;
    }
    let (mut values, mut in_string, mut is_escaped) = (0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = in_string,
            b'"' => in_string = !in_string,
            b',' | b'[' | b'{' if !in_string => values += 1,
            _ => {}
        }
    }
    values > MAX_VALUES
}

/// The kind and size of a text.
pub(crate) fn what_came(text: &str) -> String {
    let start = text.trim_start();
    let kind = match start.as_bytes().first() {
        Some(b'<') if is_html(start) => "an HTML page",
        Some(b'<') => "XML",
        Some(b'{') => "a JSON object",
        Some(b'[') => "a JSON list",
        _ => "text",
    };
    format!("{kind} of {} bytes", text.len())
}

/// Also true of XHTML, which opens like XML.
fn is_html(start: &str) -> bool {
    let head: String = start.chars().take(512).collect::<String>().to_ascii_lowercase();
    head.contains("<html") || head.contains("<!doctype html")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &[u8]) -> Answer {
        let url: Url = "https://status.example.com/api/v2/summary.json".parse().unwrap();
        Answer { status, body: body.to_vec().into(), ..Answer::none(url) }
    }

    #[test]
    fn the_page_path_stays_in_front_of_the_api_path() {
        let of = |page: &str| endpoint(&page.parse().unwrap(), "api/v2/summary.json").to_string();
        assert_eq!(of("http://h:1/p/7"), "http://h:1/p/7/api/v2/summary.json");
        assert_eq!(of("http://h:1/p/7/"), "http://h:1/p/7/api/v2/summary.json");
        assert_eq!(of("https://h"), "https://h/api/v2/summary.json");
        assert_eq!(of("https://h/?q=1#top"), "https://h/api/v2/summary.json");
    }

    #[test]
    fn utf_16_is_told_by_its_byte_order_mark() {
        let units: Vec<u16> = "\u{feff}[\"Zürich 🌩\"]".encode_utf16().collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        for body in [&little[..], &big, "\u{feff}[\"Zürich 🌩\"]".as_bytes()] {
            assert_eq!(answer(200, body).decoded().unwrap(), "[\"Zürich 🌩\"]");
        }
        let refused = |body: &[u8]| answer(200, body).decoded().unwrap_err().to_string();
        let cut = "damaged: /api/v2/summary.json is cut off in the middle of a UTF-16 character";
        assert_eq!(refused(&little[..little.len() - 1]), cut);
        // the first half of a surrogate pair
        assert_eq!(refused(&little[..little.len() - 6]), "damaged: /api/v2/summary.json is not UTF-16");
        assert_eq!(refused(b"\xfe\xff"), "damaged: /api/v2/summary.json is empty");
        assert_eq!(refused(b"[\0]\0\xff"), "damaged: /api/v2/summary.json is not UTF-8 (first wrong byte at 4 of 5)");
        let answer = answer(503, &little);
        assert!(matches!(answer.decoded(), Err(ReadError::Status { status: 503, .. })));
    }

    #[test]
    fn what_is_no_json_object_is_refused_in_words() {
        #[derive(Debug, Deserialize)]
        struct Shape {
            #[serde(rename = "a")]
            _a: u8,
        }
        let check = |status: u16, body: &[u8], expected: &str| {
            let error = answer(status, body).json::<Shape>().unwrap_err();
            assert_eq!(error.to_string(), expected);
        };
        check(404, b"", "nothing at /api/v2/summary.json (status 404)");
        check(503, b"{\"a\":1}", "https://status.example.com/api/v2/summary.json answered with status 503");
        check(200, b" \n", "damaged: /api/v2/summary.json is empty");
        check(
            200,
            b"<!DOCTYPE html><p>hi",
            "expected a JSON object at /api/v2/summary.json, got an HTML page of 20 bytes",
        );
        check(
            200,
            b"<?xml version='1.0'?><rss/>",
            "expected a JSON object at /api/v2/summary.json, got XML of 27 bytes",
        );
        check(200, b"[1]", "expected a JSON object at /api/v2/summary.json, got a JSON list of 3 bytes");
        check(200, b"{\"a\":", "damaged: /api/v2/summary.json is cut off after 5 bytes");
        check(200, b"{'a'", "damaged: /api/v2/summary.json is not JSON at line 1, column 2");
        check(200, b"{\"a\":\"secret\"}", "/api/v2/summary.json has another shape at line 1, column 13");
        let many = format!("{{\"a\":[0{}]}}", ",0".repeat(300_000));
        check(200, many.as_bytes(), "damaged: /api/v2/summary.json holds more than 300000 values");
        let quoted = format!("{{\"a\":\"\\\"{}\"}}", "[,".repeat(300_000));
        check(200, quoted.as_bytes(), "/api/v2/summary.json has another shape at line 1, column 600009");
        check(200, b"\xff\xfe{\0", "damaged: /api/v2/summary.json is UTF-16, expected UTF-8");
        check(200, b"{\"a\xc3\":1}", "damaged: /api/v2/summary.json is not UTF-8 (first wrong byte at 3 of 8)");
        assert!(answer(200, "\u{feff}{\"a\":1}".as_bytes()).json::<Shape>().is_ok());
    }
}
