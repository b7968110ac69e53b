//! The session of a browser that signed in: a signed cookie. Nothing is stored, so every process accepts the sessions
//! that others began. What holds:
//! - the key is derived from the password: a new password ends all sessions;
//! - a session ends thirty days after its beginning, whatever the browser keeps;
//! - no script reads the cookie (`HttpOnly`), no form of another site sends it (`SameSite`), and it goes over encrypted
//!   connections only (`Secure`), except within one machine.
//!
//! Signing out removes the cookie from the browser. A copy of it would be valid until the session ends.
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac as _};
use http::{HeaderMap, HeaderValue, header};
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;

use super::transport::Transport;
use crate::state::Password;

/// From signing in to the end.
const LIFETIME: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The prefix binds the cookie to this host and path, and to encrypted connections:
/// <https://www.rfc-editor.org/rfc/rfc6265bis>.
const ENCRYPTED_NAME: &str = "__Host-statuswire";
const LOOPBACK_NAME: &str = "statuswire";
/// Of what is signed. Another content needs another version.
const VERSION: &str = "1";

/// The cookie of a new session. `None`: browsers would not keep it.
pub(crate) fn begin(password: &Password, transport: Transport, now: Timestamp) -> Option<HeaderValue> {
    let expires = (now + LIFETIME).as_second();
    let signature = BASE64_URL_SAFE_NO_PAD.encode(signed(password, expires).finalize().into_bytes());
    cookie(transport, &format!("{VERSION}.{expires}.{signature}"), LIFETIME)
}

/// Removes the cookie.
pub(crate) fn end(transport: Transport) -> Option<HeaderValue> {
    cookie(transport, "", SignedDuration::ZERO)
}

/// Whether a request carries the cookie of a session that has not ended.
pub(crate) fn is_valid(headers: &HeaderMap, password: &Password, transport: Transport, now: Timestamp) -> bool {
    let Some(name) = name(transport) else { return false };
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(found, _)| *found == name).any(|(_, value)| is_signed(value, password, now))
}

fn is_signed(value: &str, password: &Password, now: Timestamp) -> bool {
    let parts: Vec<&str> = value.splitn(3, '.').collect();
    let [VERSION, expires, signature] = parts[..] else { return false };
    let (Ok(expires), Ok(signature)) = (expires.parse::<i64>(), BASE64_URL_SAFE_NO_PAD.decode(signature)) else {
        return false;
    };
    // Compared in constant time.
    signed(password, expires).verify_slice(&signature).is_ok() && now.as_second() < expires
}

fn signed(password: &Password, expires: i64) -> Hmac<Sha256> {
    password.session_key().chain_update(format!("{VERSION}.{expires}"))
}

fn name(transport: Transport) -> Option<&'static str> {
    match transport {
        Transport::Encrypted => Some(ENCRYPTED_NAME),
        Transport::Loopback => Some(LOOPBACK_NAME),
        Transport::Plain => None,
    }
}

fn cookie(transport: Transport, value: &str, lifetime: SignedDuration) -> Option<HeaderValue> {
    let (name, seconds) = (name(transport)?, lifetime.as_secs());
    let secure = if transport == Transport::Encrypted { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    Some(HeaderValue::try_from(text).expect("names, numbers and base64 are visible characters"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

    /// What a browser sends back.
    fn returned(cookie: &HeaderValue) -> HeaderMap {
        let pair = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::try_from(format!("other=1; {pair}; last=a=b")).unwrap())])
    }

    #[test]
    fn session_ends_after_thirty_days_and_with_its_password() {
        let password = Password::new("correct horse battery");
        for transport in [Transport::Encrypted, Transport::Loopback] {
            let headers = returned(&begin(&password, transport, NOW).unwrap());
            let is_valid =
                |password, seconds| is_valid(&headers, password, transport, NOW + SignedDuration::from_secs(seconds));
            assert!(is_valid(&password, 0) && is_valid(&password, 30 * 86_400 - 1));
            assert!(!is_valid(&password, 30 * 86_400));
            assert!(!is_valid(&Password::new("another password"), 0));
        }
        assert!(begin(&password, Transport::Plain, NOW).is_none());
    }

    #[test]
    fn attributes_fit_the_transport() {
        let password = Password::new("correct horse battery");
        let text = |cookie: Option<HeaderValue>| cookie.unwrap().to_str().unwrap().to_owned();
        let encrypted = text(begin(&password, Transport::Encrypted, NOW));
        assert!(encrypted.starts_with("__Host-statuswire=1.1802592000."), "{encrypted}");
        assert!(encrypted.ends_with("; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure"), "{encrypted}");
        let loopback = text(begin(&password, Transport::Loopback, NOW));
        assert!(loopback.starts_with("statuswire=1."), "{loopback}");
        assert!(loopback.ends_with("; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax"), "{loopback}");
        let removed = "__Host-statuswire=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure";
        assert_eq!(text(end(Transport::Encrypted)), removed);
        let headers = returned(&begin(&password, Transport::Loopback, NOW).unwrap());
        assert!(!is_valid(&headers, &password, Transport::Encrypted, NOW), "a cookie that was sent in plain text");
    }

    #[test]
    fn forged_cookies_are_no_session() {
        let password = Password::new("correct horse battery");
        let right = begin(&password, Transport::Encrypted, NOW).unwrap();
        let value = right.to_str().unwrap().split(['=', ';']).nth(1).unwrap().to_owned();
        assert!(is_signed(&value, &password, NOW));
        let (start, signature) = value.rsplit_once('.').unwrap();
        let longer = format!("1.{}.{signature}", 1_802_592_001);
        for forged in [
            longer,
            format!("2{}", &value[1..]),
            start.to_owned(),
            format!("{start}."),
            String::new(),
            value.clone() + "A",
        ] {
            assert!(!is_signed(&forged, &password, NOW), "{forged}");
        }
        let headers = returned(&HeaderValue::try_from(format!("__host-statuswire={value}")).unwrap());
        assert!(!is_valid(&headers, &password, Transport::Encrypted, NOW), "names of cookies have a case");
    }
}
