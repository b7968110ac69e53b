//! The base of the links in mails. Never the host that a request names: whoever sends it chooses that, and would get
//! the secret of somebody else's link.
use http::Extensions;
use lambda_http::request::RequestContext;

/// The configured URL, else the domain under which Amazon's API was reached, which the API itself says.
pub(crate) fn base(public_url: Option<&str>, extensions: &Extensions) -> Option<String> {
    if let Some(url) = public_url {
        return Some(url.to_owned());
    }
    match extensions.get::<RequestContext>() {
        Some(RequestContext::ApiGatewayV2(context)) => {
            context.domain_name.as_ref().map(|domain| format!("https://{domain}"))
        }
        _ => None,
    }
}
