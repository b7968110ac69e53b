//! A draft of a custom page: a status page that is not in the catalogue. In the file it has an id that somebody chose.
//! Elsewhere the id follows from the URL, so that two accounts that add one page share what is read of it, and two that
//! call different pages by one name share nothing.
use std::time::Duration;

use jiff::SignedDuration;
use outbound::Guard;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use status::{
    ids::{ProviderId, digest},
    provider::{DERIVED_ID, Provider},
};
use url::Url;

use crate::{
    Context,
    problem::{Code, Problem, Problems},
    urls::check_url,
    words::{check_id, name, quoted, suggest},
};

/// In seconds. It spares other people's servers.
const MIN_INTERVAL: u64 = 60;
/// In seconds, for a page whose address is in `[network] allow`.
const MIN_INTERVAL_ALLOWED: u64 = 1;
/// In seconds.
const MAX_INTERVAL: u64 = 24 * 60 * 60;
/// In bytes.
const MAX_URL: usize = 2_000;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PageDraft {
    /// `None`: [`page_id`] of the URL.
    pub id: Option<String>,
    /// The provider's name; `None`: the id, or the host where there is no id.
    pub name: Option<String>,
    pub url: Option<String>,
    /// Name of a format; `None`: it is detected.
    pub format: Option<String>,
    /// Between two polls: `30s`, `5m`, or a number of seconds.
    pub interval: Option<String>,
}

impl PageDraft {
    pub fn validate(&self, context: &Context<'_>) -> Result<Provider, Vec<Problem>> {
        let mut problems = Problems::default();
        if let Some(id) = &self.id {
            check_own_id(id, &mut problems);
        }
        let name = name("name", self.name.as_deref(), &mut problems);
        let url = self.checked_url(context.guard, &mut problems);
        self.check_format(&mut problems);
        let interval = self.interval.as_deref();
        let interval = interval.and_then(|text| interval_of(text, url.as_ref(), context.guard, &mut problems));
        let made = url.map(|url| {
            let id = self.id.as_deref().map_or_else(|| page_id(&url), ProviderId::new);
            let shown = || match &self.id {
                Some(id) => id.clone(),
                None => url.host_str().unwrap_or(id.as_str()).to_owned(),
            };
            let page_url = match &self.id {
                Some(_) => url.as_str().trim_end_matches('/').to_owned(),
                None => canonical_url(&url),
            };
            Provider { name: name.unwrap_or_else(shown), id, page_url, format: self.format.clone(), interval }
        });
        problems.or(made)
    }

    fn checked_url(&self, guard: &Guard, problems: &mut Problems) -> Option<Url> {
        let text = self.url.as_deref().unwrap_or("").trim();
        let hint = "write the URL of the status page, such as \"https://status.example.com\"";
        if text.is_empty() {
            problems.add("url", Code::Missing, "is missing", hint);
            return None;
        }
        let url = Url::parse(text).ok().filter(|_| text.len() <= MAX_URL);
        let Some(url) = url else {
            problems.add("url", Code::Invalid, "is not a URL", hint);
            return None;
        };
        if let Some(problem) = check_url("url", &url, guard) {
            problems.push(problem);
        } else if self.id.is_none()
            && let Some(entry) = catalogue::find_by_page(&url)
        {
            let message = format!("this is the status page of {}, which is in the catalogue", entry.name);
            problems.add("url", Code::Taken, message, format!("watch the provider \"{}\"", entry.slug));
        }
        Some(url)
    }

    fn check_format(&self, problems: &mut Problems) {
        if let Some(name) = self.format.as_deref().filter(|name| formats::format(name).is_none()) {
            let hint = suggest(name, "formats", formats::formats().iter().map(|format| format.name));
            problems.add("format", Code::Unknown, format!("unknown format {}", quoted(name)), hint);
        }
    }
}

fn check_own_id(id: &str, problems: &mut Problems) {
    check_id(id, problems);
    if catalogue::find(id).is_some() {
        let hint = format!("write provider = \"{id}\" in the monitor, or choose another id");
        problems.add("id", Code::Taken, format!("\"{id}\" is a provider in the catalogue"), hint);
    }
}

/// One text for all spellings of a URL that cannot lead to different pages. Parsing has lowered scheme and host, and
/// left out the scheme's own port; a fragment never reaches the server.
pub fn canonical_url(url: &Url) -> String {
    let mut url = url.clone();
    url.set_fragment(None);
    if url.query() == Some("") {
        url.set_query(None);
    }
    match url.query() {
        None => url.as_str().trim_end_matches('/').to_owned(),
        Some(_) => url.as_str().to_owned(),
    }
}

/// The id of the custom page at this URL, whoever adds it.
pub fn page_id(url: &Url) -> ProviderId {
    ProviderId::new(format!("{DERIVED_ID}{}", digest(&[&canonical_url(url)])))
}

fn interval_of(text: &str, url: Option<&Url>, guard: &Guard, problems: &mut Problems) -> Option<Duration> {
    let Some(seconds) = seconds(text) else {
        let hint = "write \"30s\", \"5m\", \"1h\" or a number of seconds";
        problems.add("interval", Code::Invalid, "is not a duration in whole seconds", hint);
        return None;
    };
    let is_allowed = url.is_none_or(|url| guard.allows_host(url));
    if seconds < if is_allowed { MIN_INTERVAL_ALLOWED } else { MIN_INTERVAL } {
        let hint = "write at least \"60s\" (\"1s\" for a page whose address is in [network] allow)";
        problems.add("interval", Code::Invalid, "is too short", hint);
    } else if seconds > MAX_INTERVAL {
        problems.add("interval", Code::Invalid, "is too long", "write at most \"24h\"");
    }
    Some(Duration::from_secs(seconds))
}

/// Of a number, or of a duration such as `90s`, `5m` or `1h 30m`. A fraction of a second or a negative duration is
/// `None`.
fn seconds(text: &str) -> Option<u64> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    let duration = text.parse::<SignedDuration>().ok()?;
    (duration.subsec_nanos() == 0).then(|| duration.as_secs().try_into().ok())?
}
