//! The receiver's own headers, for example a token for its gateway. Headers that we or the transport set cannot be
//! replaced. Messages name the wrong header, never its text.
use http::{HeaderMap, HeaderName, HeaderValue};

const MAX_HEADERS: usize = 20;
/// Names and texts together. Common servers take 8,192 bytes of request line and headers:
/// <https://tomcat.apache.org/tomcat-10.1-doc/config/http.html> (`maxHttpHeaderSize`). The other half is for the URL
/// and our own headers.
const MAX_BYTES: usize = 4_096;

/// Ours, or of the connection and the body: <https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1>.
const RESERVED: [&str; 14] = [
    "accept-encoding",
    "connection",
    "date",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "warning",
];
const RESERVED_PREFIXES: [&str; 3] = ["content-", "proxy-", "webhook-"];

/// Of lines `Name: text`. An error names no text.
pub fn own_headers(lines: &str) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    let mut bytes = 0;
    for (index, line) in lines.lines().enumerate() {
        let (name, text) = line.split_once(':').unwrap_or((line, ""));
        // Not repeated: an invalid name may be a secret in the wrong place.
        let Ok(name) = HeaderName::from_bytes(name.trim().as_bytes()) else {
            return Err(format!(
                "header {} has an invalid name: use letters, digits and hyphens, like X-Api-Key",
                index + 1
            ));
        };
        let name_text = name.as_str();
        if RESERVED.contains(&name_text) || RESERVED_PREFIXES.iter().any(|prefix| name_text.starts_with(prefix)) {
            return Err(format!("{name_text} is set by statuswire or by the connection: remove it"));
        }
        let text = text.trim();
        let value = HeaderValue::from_str(text).ok().filter(|value| !value.is_empty() && value.to_str().is_ok());
        let Some(mut value) = value else {
            return Err(format!("the text of {name_text} must be printable ASCII characters on one line"));
        };
        value.set_sensitive(true);
        bytes += name_text.len() + text.len();
        if headers.contains_key(&name) {
            return Err(format!("{name_text} is given twice (capital letters make no difference)"));
        }
        headers.insert(name, value);
    }
    if headers.len() > MAX_HEADERS {
        return Err(format!("too many headers: give at most {MAX_HEADERS}"));
    }
    if bytes > MAX_BYTES {
        return Err(format!("too long: names and texts may have at most {MAX_BYTES} bytes together"));
    }
    Ok(headers)
}
