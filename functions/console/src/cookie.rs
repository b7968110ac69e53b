//! The cookie of a session: whose it is, its id and its secret. No script reads it (`HttpOnly`), no form of another
//! site sends it (`SameSite`), and it goes over encrypted connections only (`Secure`), except within one machine.
use accounts::credential::Credential;
use http::{HeaderMap, HeaderValue};
use jiff::SignedDuration;
use site::{
    account_cookie::{self, Names},
    transport::Transport,
};

/// From signing in to the end of a session.
pub(crate) const SESSION_LIFETIME: SignedDuration = SignedDuration::from_hours(30 * 24);

/// `None`: browsers would not keep it.
pub(crate) fn begin(cookie: &Credential, transport: Transport) -> Option<HeaderValue> {
    set(account_cookie::NAMES, transport, &cookie.reveal(), SESSION_LIFETIME)
}

/// Removes the cookie.
pub(crate) fn end(transport: Transport) -> Option<HeaderValue> {
    set(account_cookie::NAMES, transport, "", SignedDuration::ZERO)
}

/// The first that has the form of one.
pub(crate) fn read(headers: &HeaderMap, transport: Transport) -> Option<Credential> {
    account_cookie::NAMES.values(headers, transport).find_map(Credential::parse)
}

/// A cookie for all of our paths. A link of another site sends it too: a mailed one leads here, and so does the page
/// of an OpenID Connect provider.
pub(crate) fn set(names: Names, transport: Transport, value: &str, lifetime: SignedDuration) -> Option<HeaderValue> {
    let (name, seconds) = (names.of(transport)?, lifetime.as_secs());
    let secure = if transport == Transport::Encrypted { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    Some(HeaderValue::try_from(text).expect("names and values are visible characters"))
}

#[cfg(test)]
mod tests {
    use accounts::secret::Secret;
    use http::header;

    use super::*;

    fn credential() -> Credential {
        Credential { owner: "user".to_owned(), id: "1a".to_owned(), secret: Secret::new([1; 32]) }
    }

    #[test]
    fn attributes_fit_the_transport() {
        let text = |cookie: Option<HeaderValue>| cookie.unwrap().to_str().unwrap().to_owned();
        let encrypted = text(begin(&credential(), Transport::Encrypted));
        assert!(encrypted.starts_with("__Host-statuswire-account=user.1a."), "{encrypted}");
        assert!(encrypted.ends_with("; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure"), "{encrypted}");
        assert!(!text(begin(&credential(), Transport::Loopback)).contains("Secure"));
        assert!(text(end(Transport::Encrypted)).contains("=; Path=/; Max-Age=0;"));
        assert_eq!(begin(&credential(), Transport::Plain), None);
    }

    #[test]
    fn cookie_that_was_sent_in_plain_text_is_none() {
        let value = format!("a=b; statuswire-account={}; c=d", credential().reveal());
        let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::try_from(value).unwrap())]);
        assert_eq!(read(&headers, Transport::Loopback), Some(credential()));
        assert_eq!(read(&headers, Transport::Encrypted), None);
        assert_eq!(read(&headers, Transport::Plain), None);
    }
}
