//! `statuswire probe`: one read of one page, as the poller would make it, printed instead of believed. What was read goes
//! to stdout for programs, what it comes to and how to watch it to stderr for people.
use std::{fmt::Write as _, io::Write as _, process::ExitCode};

use anyhow::Context as _;
use http::HeaderValue;
use jiff::Timestamp;
use outbound::{FetchError, Guard, Outbound, Settings};
use poller::read::{FullRead, Read, ReadFailure, ReadRequest, detect, read};
use serde_json::json;
use status::snapshot::{Kind, Snapshot};
use url::Url;

use crate::{cli::ProbeArgs, view::SnapshotView};

const NOT_A_STATUS_PAGE: u8 = 2;
const UNREACHABLE: u8 = 3;

pub async fn run(args: ProbeArgs) -> anyhow::Result<ExitCode> {
    let format = match args.format.as_deref() {
        None => None,
        Some(name) => Some(formats::format(name).with_context(|| {
            let known: Vec<&str> = formats::formats().iter().map(|format| format.name).collect();
            format!("no format is called {name}: choose one of {}", known.join(", "))
        })?),
    };
    let guard = Guard { allow: args.allow, own: Vec::new() };
    let agent = HeaderValue::from_static(concat!("statuswire/", env!("CARGO_PKG_VERSION"), " (probe)"));
    let outbound = Outbound::new(Settings::new(guard, agent));
    let mut page = args.url;
    page.set_fragment(None);
    let now = Timestamp::now();
    let result = match format {
        None => detect(&outbound, &page, None, now).await,
        Some(format) => whole(&outbound, &page, ReadRequest { format, source: None, open: &[], last: None }, now).await,
    };
    let mut stdout = std::io::stdout().lock();
    match result {
        Ok(whole) => {
            let place = whole.resolved.as_ref().map_or(&page, |(place, _)| place);
            let snapshot = whole.parsed.snapshot.clone().sorted();
            let answer = json!({
                "format": whole.format,
                "page": place,
                "led": whole.resolved.as_ref().map(|(_, by)| by.to_string()),
                "moved_to": whole.moved_to,
                "snapshot": SnapshotView::new(&snapshot),
                "problems": whole.parsed.problems,
            });
            writeln!(stdout, "{answer:#}")?;
            write!(std::io::stderr().lock(), "{}", summary(&page, &whole, &snapshot))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(failed) => {
            let mut problem = failed.to_string();
            if let ReadFailure::Fetch(FetchError::Refused(_)) = failed {
                problem.push_str("; for this command: --allow CIDR");
            }
            let answer = json!({
                "format": null, "page": page, "led": null, "moved_to": null, "snapshot": null, "problems": [problem],
            });
            writeln!(stdout, "{answer:#}")?;
            Ok(ExitCode::from(if is_unreachable(&failed) { UNREACHABLE } else { NOT_A_STATUS_PAGE }))
        }
    }
}

/// What was found, in a few lines, and what to write in the configuration.
fn summary(asked: &Url, whole: &FullRead, snapshot: &Snapshot) -> String {
    let mut text = String::new();
    let place = whole.resolved.as_ref().map_or(asked, |(place, _)| place);
    let name = snapshot.page.name.as_deref().unwrap_or("(no name)").escape_debug();
    writeln!(text, "\n{place} is the status page of {name}, format {}", whole.format).expect("a string takes it");
    let mut say = |line: String| text.extend(["  ", &line, "\n"]);
    if let Some((_, by)) = &whole.resolved {
        say(format!("found because {asked} is none itself: {by}"));
    }
    if let Some(moved_to) = &whole.moved_to {
        say(format!("it has moved for good to {moved_to}: better give that address"));
    }
    let groups: std::collections::BTreeSet<_> = snapshot.components.iter().filter_map(|it| it.group.as_ref()).collect();
    let in_trouble = snapshot.components.iter().filter(|component| component.status.is_trouble()).count();
    let open = |kind| snapshot.incidents.iter().filter(move |it| it.kind == kind && !it.is_over());
    say(format!("{} components in {} groups, {in_trouble} in trouble", snapshot.components.len(), groups.len()));
    say(format!("{} open incidents, {} maintenances", open(Kind::Incident).count(), open(Kind::Maintenance).count()));
    for incident in open(Kind::Incident) {
        let phase = incident.phase.map_or("no phase given", |phase| phase.as_str());
        say(format!("- {} ({phase})", incident.title.escape_debug()));
    }
    if !whole.parsed.problems.is_empty() {
        say(format!("{} problems, see above", whole.parsed.problems.len()));
    }
    text.push_str("\nTo watch it, in statuswire.toml:\n\n");
    match ::catalogue::find_by_page(place) {
        Some(entry) => write!(text, "[[monitor]]\nprovider = \"{}\"\n", entry.slug),
        None => {
            write!(text, "[[page]]\nid = \"choose-one\"\nurl = \"{place}\"\n\n[[monitor]]\nprovider = \"choose-one\"\n")
        }
    }
    .expect("a string takes it");
    text
}

async fn whole(outbound: &Outbound, page: &Url, before: ReadRequest<'_>, now: Timestamp) -> Result<FullRead, ReadFailure> {
    match read(outbound, page, before, now).await? {
        Read::Full(whole) => Ok(whole),
        Read::Unchanged(_) => unreachable!("nothing was given to recognise an unchanged page by"),
    }
}

/// No answer came at all. An answer that is too large or damaged came, and was none of a status page.
pub(crate) fn is_unreachable(failed: &ReadFailure) -> bool {
    match failed {
        ReadFailure::Fetch(error) => !matches!(error, FetchError::TooLarge { .. } | FetchError::Encoding { .. }),
        ReadFailure::Unusable { .. } | ReadFailure::NoFormat(_) | ReadFailure::TooSlow => false,
    }
}
