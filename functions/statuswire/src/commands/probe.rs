//! `statuswire probe`: reads one page once, as the poller would, and stores nothing. The result goes to standard output
//! as JSON; a summary, and the configuration that would watch the page, go to standard error.
mod proposal;
mod snapshot_view;
mod target;

use std::{
    collections::BTreeSet,
    io::{self, Write as _},
    process::ExitCode,
    sync::Arc,
};

use anyhow::Context as _;
use formats::{Format, ReadError, SubPage};
use http::HeaderValue;
use jiff::Timestamp;
use outbound::{FetchError, Guard, Initiator, Login, Outbound, Settings};
use poller::read::{FullRead, Read, ReadFailure, ReadRequest, detect, read};
use serde_json::json;
use status::{
    outside_text::{shown, shown_json},
    snapshot::{Kind, Snapshot},
};
use url::Url;

use self::{
    proposal::Proposal,
    snapshot_view::SnapshotView,
    target::{Target, target},
};
use crate::{cli::ProbeArgs, plural::count};

const NOT_A_STATUS_PAGE: u8 = 2;
const UNREACHABLE: u8 = 3;
/// Lines of the summary for each of what a page lists.
const MAX_LISTED: usize = 50;

pub async fn run(args: ProbeArgs) -> anyhow::Result<ExitCode> {
    let Some(target) = target(args)? else { return Ok(ExitCode::FAILURE) };
    let Target { url: page, format, login, allow, keys } = target;
    let format = format.as_deref().map(find_format).transpose()?;
    let guard = Guard { allow: allow.clone(), own: Vec::new() };
    let agent = HeaderValue::from_static(concat!("statuswire/", env!("CARGO_PKG_VERSION"), " (probe)"));
    let outbound = Outbound::new(Settings::new(guard, agent));
    let now = Timestamp::now();
    let result = match format {
        None => detect(&outbound, login, &page, Initiator::Us, None, now).await,
        Some(format) => read_as(format, (&outbound, login), &page, now).await,
    };
    match result {
        Ok(whole) => {
            let format = format.map(|format| format.name);
            let login = keys.as_ref().map(|keys| keys.0.as_slice());
            let proposal = login.map(|login| Proposal { asked: &page, whole: &whole, format, allow: &allow, login });
            print_page(&page, &whole, proposal.as_ref())?;
            Ok(ExitCode::SUCCESS)
        }
        Err(failed) => {
            print_failure(&page, &failed)?;
            Ok(ExitCode::from(if is_unreachable(&failed) { UNREACHABLE } else { NOT_A_STATUS_PAGE }))
        }
    }
}

fn find_format(name: &str) -> anyhow::Result<&'static Format> {
    formats::format(name).with_context(|| {
        let known: Vec<&str> = formats::formats().iter().map(|format| format.name).collect();
        format!("unknown format {name}: choose one of {}", known.join(", "))
    })
}

async fn read_as(
    format: &'static Format,
    (outbound, login): (&Outbound, Option<Arc<Login>>),
    page: &Url,
    now: Timestamp,
) -> Result<FullRead, ReadFailure> {
    let before = ReadRequest { format, initiator: Initiator::Us, source: None, open: &[], last: None };
    match read(outbound, login, page, before, now).await? {
        Read::Full(whole) => Ok(whole),
        Read::Unchanged(_) => unreachable!("the read got no validators that could match"),
    }
}

fn print_page(asked: &Url, whole: &FullRead, proposal: Option<&Proposal<'_>>) -> io::Result<()> {
    let snapshot = whole.parsed.snapshot.clone().sorted();
    let document = json!({
        "format": whole.format,
        "page": whole.resolved.as_ref().map_or(asked, |(url, _)| url),
        "led": whole.resolved.as_ref().map(|(_, by)| by.to_string()),
        "moved_to": whole.moved_to,
        "snapshot": SnapshotView::new(&snapshot),
        "problems": whole.parsed.problems,
    });
    writeln!(io::stdout(), "{}", shown_json(&format!("{document:#}")))?;
    writeln!(io::stderr(), "\n{}", summary(asked, whole, &snapshot, proposal).join("\n"))
}

fn print_failure(page: &Url, failed: &ReadFailure) -> io::Result<()> {
    let mut problem = failed.to_string();
    if let ReadFailure::Fetch(FetchError::Refused(_)) = failed {
        problem.push_str("; allow it with --allow CIDR");
    }
    let sub_pages = sub_pages(failed);
    let mut document = json!({
        "format": null, "page": page, "led": null, "moved_to": null, "snapshot": null, "problems": [problem],
    });
    if !sub_pages.is_empty() {
        let listed = sub_pages.iter().map(|sub_page| json!({"name": sub_page.name, "page": sub_page.url}));
        document["sub_pages"] = listed.collect();
    }
    writeln!(io::stdout(), "{}", shown_json(&format!("{document:#}")))?;
    match offer(sub_pages) {
        lines if lines.is_empty() => Ok(()),
        lines => writeln!(io::stderr(), "{}", lines.join("\n")),
    }
}

/// Those of a parent page.
fn sub_pages(failed: &ReadFailure) -> &[SubPage] {
    match failed {
        ReadFailure::Unusable { error: ReadError::ParentPage { sub_pages, .. }, .. } => sub_pages,
        _ => &[],
    }
}

/// The lines for people: which pages there are to choose from.
fn offer(sub_pages: &[SubPage]) -> Vec<String> {
    if sub_pages.is_empty() {
        return Vec::new();
    }
    let mut lines = vec!["\nThis page only leads to others. Watch those that concern you:\n".to_owned()];
    for sub_page in sub_pages.iter().take(MAX_LISTED) {
        lines.push(format!("  {}: statuswire probe {}", shown(&sub_page.name), shown(sub_page.url.as_str())));
    }
    lines
}

/// The lines for people: what was found, and the configuration that would watch it, if there is none.
fn summary(asked: &Url, whole: &FullRead, snapshot: &Snapshot, proposal: Option<&Proposal<'_>>) -> Vec<String> {
    let page = whole.resolved.as_ref().map_or(asked, |(url, _)| url);
    let name = shown(snapshot.page.name.as_deref().unwrap_or("(no name)"));
    let mut lines = vec![format!("{page} is the status page of {name} (format {})", whole.format)];
    if let Some((_, by)) = &whole.resolved {
        lines.push(format!("  found from {asked}: {by}"));
    }
    if let Some(moved_to) = &whole.moved_to {
        lines.push(format!("  moved permanently to {moved_to}: use that URL"));
    }
    let groups: BTreeSet<_> = snapshot.components.iter().filter_map(|component| component.group.as_ref()).collect();
    let affected = snapshot.components.iter().filter(|component| component.status.is_trouble()).count();
    let components = count(snapshot.components.len(), "component");
    lines.push(format!("  {components} in {}, {affected} affected", count(groups.len(), "group")));
    let open = |kind| snapshot.incidents.iter().filter(move |it| it.kind == kind && !it.is_over());
    let incidents = count(open(Kind::Incident).count(), "open incident");
    lines.push(format!("  {incidents}, {}", count(open(Kind::Maintenance).count(), "maintenance")));
    for incident in open(Kind::Incident).take(MAX_LISTED) {
        let phase = incident.phase.map_or("no phase given", |phase| phase.as_str());
        lines.push(format!("  - {} ({phase})", shown(&incident.title)));
    }
    if let Some(more) = open(Kind::Incident).count().checked_sub(MAX_LISTED).filter(|more| *more > 0) {
        lines.push(format!("  and {}: see \"snapshot\" above", count(more, "other")));
    }
    if !whole.parsed.problems.is_empty() {
        lines.push(format!("  {}: see \"problems\" above", count(whole.parsed.problems.len(), "problem")));
    }
    if let Some(proposal) = proposal {
        lines.extend(proposal.warning());
        lines.push("\nTo watch this page, add to statuswire.toml:\n".to_owned());
        lines.push(proposal.configuration());
    }
    lines
}

/// Whether no response came. A response that is too large or damaged did come, but not from a status page.
pub(super) fn is_unreachable(failed: &ReadFailure) -> bool {
    match failed {
        ReadFailure::Fetch(error) => !matches!(error, FetchError::TooLarge { .. } | FetchError::Encoding { .. }),
        ReadFailure::Refused { .. } => true,
        ReadFailure::Unusable { .. }
        | ReadFailure::NoFormat(_)
        | ReadFailure::NotThere { .. }
        | ReadFailure::TooSlow
        | ReadFailure::NoTurn
        | ReadFailure::Fault => false,
    }
}

#[cfg(test)]
mod tests {
    use formats::{ReadError, SubPage};
    use poller::read::ReadFailure;

    use super::{offer, sub_pages};

    #[test]
    fn sub_pages_of_a_parent_page_are_offered() {
        let named = |name: &str, url: &str| SubPage { name: name.into(), url: url.parse().unwrap() };
        let sub_pages_found = vec![
            named("Europe", "https://status.example.com/eu"),
            named("US\u{1b}[31m", "https://status.example.com/us"),
        ];
        let error = ReadError::ParentPage { path: "/proxy/status.example.com".into(), sub_pages: sub_pages_found };
        let failed = ReadFailure::Unusable { error, retry_after: None };
        let lines = offer(sub_pages(&failed));
        assert_eq!(lines[1], "  Europe: statuswire probe https://status.example.com/eu");
        assert!(!lines[2].contains('\u{1b}'), "{lines:?}");
        assert!(offer(sub_pages(&ReadFailure::TooSlow)).is_empty());
    }
}
