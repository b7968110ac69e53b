//! Which service a request is for: by a fixed prefix, by the host it was meant for, or by its path.
use http::{HeaderMap, Uri};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    Slack,
    Discord,
    Teams,
    Webhook,
    /// Mail that came by SMTP.
    Mail,
    /// Amazon SES.
    Ses,
}

impl Service {
    pub fn name(self) -> &'static str {
        match self {
            Self::Slack => "slack",
            Self::Discord => "discord",
            Self::Teams => "teams",
            Self::Webhook => "webhook",
            Self::Mail => "mail",
            Self::Ses => "ses",
        }
    }

    fn named(name: &str) -> Option<Self> {
        let by_http = [Self::Slack, Self::Discord, Self::Teams, Self::Webhook, Self::Ses];
        by_http.into_iter().find(|service| service.name() == name)
    }

    /// Whose host this is.
    fn at(host: &str) -> Option<Self> {
        let of = |domain: &str| host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
        if of("slack.com") || of("slack-gov.com") {
            Some(Self::Slack)
        } else if of("discord.com") || of("discordapp.com") {
            Some(Self::Discord)
        } else if of("logic.azure.com") || of("environment.api.powerplatform.com") {
            Some(Self::Teams)
        } else if host.starts_with("email.") && of("amazonaws.com") {
            Some(Self::Ses)
        } else {
            None
        }
    }

    /// Whose paths look like this.
    fn with_path(path: &str) -> Option<Self> {
        if path.starts_with("/services/") || path.starts_with("/api/chat.") {
            Some(Self::Slack)
        } else if path.starts_with("/api/") && path.contains("/webhooks/") {
            Some(Self::Discord)
        } else if path.contains("/workflows/") && path.ends_with("/invoke") {
            Some(Self::Teams)
        } else if path.starts_with("/v2/email/") {
            Some(Self::Ses)
        } else {
            None
        }
    }
}

/// Whom a request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) service: Service,
    /// The host it was meant for, if it was diverted.
    pub(crate) host: Option<String>,
    /// As the service sees it.
    pub(crate) path: String,
}

const PREFIX: &str = "/pretend/";

impl Route {
    /// `/pretend/<service>/<path>` or `/<host>/<path>`.
    pub(crate) fn of(uri: &Uri, headers: &HeaderMap) -> Option<Self> {
        let path = uri.path();
        let (first, rest) = match path.strip_prefix(PREFIX) {
            Some(named) => return Self::named(named),
            None => path.strip_prefix('/')?.split_once('/').unwrap_or((&path[1..], "")),
        };
        let authority: http::uri::Authority = first.parse().ok()?;
        let host = authority.host().to_ascii_lowercase();
        let is_host = host.contains(['.', ':']) || host == "localhost" || authority.port().is_some();
        let path = format!("/{rest}");
        // What is signed as a webhook is one, whatever its path looks like.
        let of_nobody = || Service::with_path(&path).filter(|_| !headers.contains_key(crate::webhook::ID));
        let service = Service::at(&host).or_else(of_nobody).unwrap_or(Service::Webhook);
        is_host.then_some(Self { service, host: Some(host), path })
    }

    fn named(named: &str) -> Option<Self> {
        let (name, rest) = named.split_once('/').unwrap_or((named, ""));
        Some(Self { service: Service::named(name)?, host: None, path: format!("/{rest}") })
    }

    /// By the path, where every path is a service's.
    pub(crate) fn by_path(uri: &Uri, headers: &HeaderMap) -> Self {
        let path = uri.path();
        Self::of(uri, headers).unwrap_or_else(|| {
            let service = Service::with_path(path).unwrap_or(Service::Webhook);
            Self { service, host: None, path: path.to_owned() }
        })
    }
}
