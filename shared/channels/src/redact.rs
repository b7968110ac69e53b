//! Masks secrets in text that is shown to people. Foreign text gets into a reason only through here: one short line, in
//! which each secret setting of the destination and the recipient's address are replaced by `[hidden]`.
use std::{cmp::Reverse, iter};

use status::monitor::Settings;
use url::Url;

use crate::{Channel, Response, Setting, SettingKind, text};

/// Characters of a foreign response that a reason quotes.
const MAX_QUOTE: usize = 200;
/// Bytes of a foreign response that are looked at.
const MAX_READ: usize = 4_096;
/// A part of a secret (a path segment, a header's token) is masked by itself if it has at least this many bytes.
const MIN_PART: usize = 8;
const MASK: &str = "[hidden]";

/// One line about a response: `404: no_service`, or why there was none. Secrets of the destination are masked.
pub fn redacted(channel: &Channel, response: &Response, settings: &Settings) -> String {
    let (code, body) = match response {
        Response::Http { status, body, .. } => (status, String::from_utf8_lossy(&body[..body.len().min(MAX_READ)])),
        Response::Mail { code, text, .. } => (code, text.into()),
        Response::Failed(why) => return quote(channel, why, settings),
    };
    match quote(channel, &body, settings) {
        line if line.is_empty() => code.to_string(),
        line => format!("{code}: {line}"),
    }
}

/// The text with every secret setting of a destination of this channel masked: the whole value, its JSON spelling, and
/// each part that is long enough to be of use. The recipient's address is masked too. Ignores case.
pub fn redact(channel: &Channel, text: &str, settings: &Settings) -> String {
    let mut secrets: Vec<String> = channel
        .settings
        .iter()
        .filter(|setting| setting.secret)
        .filter_map(|setting| Some((setting, settings.get(setting.key)?)))
        // Most responses are as short as `ok`, and hold no secret nor a part of one.
        .filter(|(setting, value)| {
            text.len() >= MIN_PART.min(value.trim().len()) || matches!(setting.kind, SettingKind::Table)
        })
        .flat_map(|(setting, value)| whole_and_parts(setting, value))
        .collect();
    let address = (channel.recipient)(settings);
    let halves = address.as_deref().and_then(|address| address.rsplit_once('@'));
    secrets.extend(address.clone());
    secrets.extend(halves.map(|(_, domain)| domain.to_owned()));
    secrets.retain(|secret| !secret.is_empty());
    // Longest first: masking a part must not break up the whole that contains it.
    secrets.sort_by_key(|secret| Reverse(secret.len()));
    let masked = secrets.iter().fold(text.to_owned(), |text, secret| mask(&text, secret, |_| true));
    // The name of a mailbox may be a common word, so it is masked only where it stands alone.
    halves.iter().fold(masked, |text, (name, _)| mask(&text, name, |c| !c.is_alphanumeric()))
}

/// The first line of a foreign text that is not empty, redacted and cut.
pub(crate) fn quote(channel: &Channel, foreign: &str, settings: &Settings) -> String {
    let line = foreign.lines().map(text::one_line).find(|line| !line.is_empty());
    text::cut(&redact(channel, &line.unwrap_or_default(), settings), MAX_QUOTE)
}

fn whole_and_parts(setting: &Setting, value: &str) -> Vec<String> {
    let value = value.trim();
    let escaped = serde_json::json!(value).to_string();
    let whole = [value, escaped.trim_matches('"')].map(str::to_owned);
    let texts: Vec<&str> = match setting.kind {
        SettingKind::Table => {
            value.lines().filter_map(|line| line.split_once(": ")).map(|(_, text)| text.trim()).collect()
        }
        SettingKind::Text | SettingKind::Url => vec![value],
    };
    // The host of a URL is no secret, and its labels are common words.
    let host = match setting.kind {
        SettingKind::Url => Url::parse(value).ok().and_then(|url| url.host_str().map(str::to_owned)),
        SettingKind::Text | SettingKind::Table => None,
    };
    let parts = texts.iter().flat_map(|text| {
        text.split(|c: char| !c.is_ascii_alphanumeric()).chain(text.split_whitespace()).chain(iter::once(*text))
    });
    let in_host = |part: &str| host.as_deref().is_some_and(|host| host.split('.').any(|label| label == part));
    let parts = parts.filter(|part| part.len() >= MIN_PART || texts.contains(part)).filter(|part| !in_host(part));
    whole.into_iter().chain(parts.map(str::to_owned)).collect()
}

/// `beside` says which characters may stand next to what is masked.
fn mask(text: &str, secret: &str, beside: fn(char) -> bool) -> String {
    let (lower, secret) = (text.to_ascii_lowercase(), secret.to_ascii_lowercase());
    let mut masked = String::with_capacity(text.len());
    let mut copied = 0;
    for (start, found) in lower.match_indices(&secret) {
        let end = start + found.len();
        if lower[..start].chars().next_back().is_none_or(beside) && lower[end..].chars().next().is_none_or(beside) {
            masked.push_str(&text[copied..start]);
            masked.push_str(MASK);
            copied = end;
        }
    }
    masked.push_str(&text[copied..]);
    masked
}

#[cfg(test)]
mod tests {
    use status::monitor::Settings;

    use super::{quote, redact};
    use crate::{Channel, channel};

    fn with(name: &str, settings: &[(&str, &str)]) -> (&'static Channel, Settings) {
        let settings = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        (channel(name).unwrap(), Settings(settings))
    }

    #[test]
    fn quote_is_the_first_line_that_is_not_empty() {
        let (webhook, none) = with("webhook", &[]);
        assert_eq!(quote(webhook, "\n \r\n\u{7}no_service \u{202e}\nmore", &none), "no_service");
        assert_eq!(quote(webhook, "", &none), "");
        assert_eq!(quote(webhook, &"x".repeat(900), &none).chars().count(), 200);
    }

    #[test]
    fn secret_is_masked_with_its_parts_and_the_host_is_not() {
        let (slack, settings) = with("slack", &[("url", "https://hooks.example/services/T0AB/B0CD/abcdEFGH1234")]);
        for (text, masked) in [
            ("POST https://hooks.example/services/T0AB/B0CD/abcdEFGH1234 failed", "POST [hidden] failed"),
            ("no route for abcdEFGH1234!", "no route for [hidden]!"),
            ("hooks.example is busy", "hooks.example is busy"),
        ] {
            assert_eq!(redact(slack, text, &settings), masked);
        }
    }

    #[test]
    fn secret_is_masked_in_json() {
        let (webhook, settings) = with("webhook", &[("secret", "a\"b\\c")]);
        assert_eq!(
            redact(webhook, &serde_json::json!({ "key": "a\"b\\c" }).to_string(), &settings),
            r#"{"key":"[hidden]"}"#
        );
    }

    #[test]
    fn setting_that_is_no_secret_is_left_alone() {
        let (slack, settings) = with("slack", &[("token", "xoxb-1-2"), ("conversation", "us")]);
        assert_eq!(redact(slack, "status of xoxb-1-2 in us", &settings), "status of [hidden] in us");
    }

    #[test]
    fn names_of_headers_are_left_alone_and_their_texts_masked() {
        let (webhook, settings) = with("webhook", &[("headers", "Authorization: Bearer s3cret-key\nX-Route: bl-u3")]);
        assert_eq!(redact(webhook, "Authorization s3cret-key, bl-u3", &settings), "Authorization [hidden], [hidden]");
    }

    #[test]
    fn mail_address_is_masked_in_any_case_and_so_are_its_halves() {
        let (email, settings) = with("email", &[("address", " Jo@Mail.Example ")]);
        for (text, masked) in [
            ("<jo@mail.example>: unknown", "<[hidden]>: unknown"),
            ("JO@MAIL.EXAMPLE unknown", "[hidden] unknown"),
            ("jo... no such user, join mail.example first", "[hidden]... no such user, join [hidden] first"),
        ] {
            assert_eq!(quote(email, text, &settings), masked);
        }
    }
}
