//! Paths that more than one function serves or leads to, and ids as parts of paths.
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use status::{
    ids::{IncidentId, ProviderId},
    snapshot::Kind,
};

/// Everything but the unreserved characters of RFC 3986.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'~').remove(b'.');
const DOTS: &AsciiSet = &SEGMENT.add(b'.');

pub const SIGN_IN: &str = "/sign-in";
pub const SIGN_OUT: &str = "/sign-out";
pub const ACCOUNT: &str = "/account";
pub const ACCOUNT_SIGN_IN: &str = "/account/sign-in";
/// Where one signs in at a provider of OpenID Connect.
pub const ACCOUNT_OPENID: &str = "/account/sign-in/openid";
pub const WATCH: &str = "/watch";
pub const ALERTS: &str = "/alerts";
pub const BOARDS: &str = "/account/boards";
pub const WELCOME: &str = "/welcome";
/// Longer ones are not gone back to.
const MAX_TARGET_LENGTH: usize = 2_000;

/// The sign-in page that leads on to one of our paths.
pub fn sign_in(to: &str) -> String {
    match own_path(to) {
        "/" => SIGN_IN.to_owned(),
        to => format!("{SIGN_IN}?to={}", segment(to)),
    }
}

/// `to` if browsers take it for a path of this instance that may be opened after signing in, else the dashboard. They
/// read a backslash as a slash, two slashes as another host, and leave out line breaks and tabs.
pub fn own_path(to: &str) -> &str {
    let is_plain = to.len() <= MAX_TARGET_LENGTH && to.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let is_path = to.starts_with('/') && !to.starts_with("//");
    let (path, _) = to.split_once(['?', '#']).unwrap_or((to, ""));
    if is_plain && is_path && ![SIGN_IN, SIGN_OUT].contains(&path) { to } else { "/" }
}

pub fn provider(id: &ProviderId) -> String {
    format!("/providers/{}", segment(id.as_str()))
}

pub fn incident(provider: &ProviderId, kind: Kind, incident: &IncidentId) -> String {
    let collection = match kind {
        Kind::Incident => "incidents",
        Kind::Maintenance => "maintenances",
    };
    format!("/{collection}/{}/{}", segment(provider.as_str()), status::paths::segment(incident))
}

/// The page of a board. `address` is a secret unless the board is public.
pub fn board(address: &str) -> String {
    format!("/boards/{}", segment(address))
}

/// The feed and the calendar of an account or a group are below this. `address` is a secret.
pub fn feed(address: &str) -> String {
    format!("/feeds/{}", segment(address))
}

/// Where an account chooses what it watches of a provider.
pub fn watch(id: &ProviderId) -> String {
    format!("{WATCH}/{}", segment(id.as_str()))
}

/// Any text but an incident's id as one path segment. Browsers remove segments of dots alone, so their dots are encoded
/// too.
pub fn segment(text: &str) -> String {
    let set = if text.bytes().all(|byte| byte == b'.') { DOTS } else { SEGMENT };
    utf8_percent_encode(text, set).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_an_own_path_is_gone_back_to() {
        for own in ["/", "/providers/acme?before=1", "/?q=//evil.example", "/incidents/a/~aHR0cHM", "/a/../b", "/#//x"]
        {
            assert_eq!(own_path(own), own);
        }
        let long = format!("/{}", "x".repeat(2_000));
        for other in [
            "",
            "//evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "https://evil.example",
            "evil.example",
            "javascript:alert(1)",
            " /",
            "/ä",
            "/a b",
            "/sign-in",
            "/sign-out",
            "/sign-in?to=/sign-in",
            &long,
        ] {
            assert_eq!(own_path(other), "/", "{other:?}");
        }
        assert_eq!(sign_in("/?q=a&b=c"), "/sign-in?to=%2F%3Fq%3Da%26b%3Dc");
        assert_eq!(sign_in("//evil.example"), "/sign-in");
    }

    #[test]
    fn any_id_is_one_segment() {
        assert_eq!(segment("p31zjtct2jer"), "p31zjtct2jer");
        assert_eq!(segment("https://x.test/a?b#c"), "https%3A%2F%2Fx.test%2Fa%3Fb%23c");
        assert_eq!((segment(".."), segment("a..b")), ("%2E%2E".into(), "a..b".into()));
        assert_eq!(segment("\"><script>"), "%22%3E%3Cscript%3E");
    }
}
