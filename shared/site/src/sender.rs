//! Where a request came from, for counting. On Lambda the API's request context says it, on one machine the server.
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::ConnectInfo;
use http::{Extensions, HeaderMap};
use lambda_http::request::RequestContext;
use startup::peer::peer;

use crate::guesses::Sender;

/// The sender of a request. A proxy on this machine is believed about whom it forwards: the last address it names is
/// the one that it saw. Requests of unknown origin count as one sender.
pub fn sender(extensions: &Extensions, headers: &HeaderMap) -> Sender {
    let address = match extensions.get::<RequestContext>() {
        Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.as_deref().and_then(parse),
        _ => extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip()),
    };
    let address = address.unwrap_or(Ipv4Addr::UNSPECIFIED.into()).to_canonical();
    let forwarded = headers.get_all("x-forwarded-for").iter().next_back().filter(|_| address.is_loopback());
    let last = forwarded.and_then(|value| parse(value.to_str().ok()?.rsplit(',').next()?));
    Sender { address: peer(last.unwrap_or(address)), is_forwarded: last.is_some() }
}

fn parse(text: &str) -> Option<IpAddr> {
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(address: &str, forwarded: &[&'static str]) -> (String, bool) {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::new(address.parse().unwrap(), 1)));
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", http::HeaderValue::from_static(value));
        }
        let Sender { address, is_forwarded } = sender(&extensions, &headers);
        (address.to_string(), is_forwarded)
    }

    #[test]
    fn only_a_proxy_on_this_machine_is_believed() {
        assert_eq!(from("192.0.2.1", &[]), ("192.0.2.1".into(), false));
        assert_eq!(from("192.0.2.1", &["198.51.100.1"]), ("192.0.2.1".into(), false));
        assert_eq!(from("127.0.0.1", &["203.0.113.9, 198.51.100.1"]), ("198.51.100.1".into(), true));
        assert_eq!(from("::ffff:127.0.0.1", &["203.0.113.9", "198.51.100.1"]), ("198.51.100.1".into(), true));
        assert_eq!(from("::1", &["2001:db8:1:2:3::4"]), ("2001:db8:1:2::".into(), true));
        assert_eq!(from("127.0.0.1", &["unknown"]), ("127.0.0.1".into(), false));
        assert_eq!(from("127.0.0.1", &["198.51.100.1:80"]), ("127.0.0.1".into(), false));
    }

    #[test]
    fn request_of_unknown_origin_has_a_sender() {
        assert_eq!(sender(&Extensions::new(), &HeaderMap::new()).address.to_string(), "0.0.0.0");
    }
}
