//! `statuswire probe`: one read of one page, as the poller would make it, printed instead of believed.
use std::{io::Write as _, process::ExitCode};

use anyhow::Context as _;
use http::HeaderValue;
use jiff::Timestamp;
use outbound::{FetchError, Guard, Outbound, Settings};
use poller::read::{Before, Failed, Read, Whole, find_out, read};
use serde_json::json;
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
        None => find_out(&outbound, &page, None, now).await,
        Some(format) => whole(&outbound, &page, Before { format, via: None, open: &[], seen: None }, now).await,
    };
    let mut stdout = std::io::stdout().lock();
    match result {
        Ok(whole) => {
            let reading = whole.reading;
            let snapshot = reading.snapshot.sorted();
            let answer = json!({
                "format": whole.format,
                "snapshot": SnapshotView::new(&snapshot),
                "problems": reading.problems,
            });
            writeln!(stdout, "{answer:#}")?;
            Ok(ExitCode::SUCCESS)
        }
        Err(failed) => {
            let mut problem = failed.to_string();
            if let Failed::Fetch(FetchError::Refused(_)) = failed {
                problem.push_str("; for this command: --allow CIDR");
            }
            let answer = json!({"format": null, "snapshot": null, "problems": [problem]});
            writeln!(stdout, "{answer:#}")?;
            Ok(ExitCode::from(if is_unreachable(&failed) { UNREACHABLE } else { NOT_A_STATUS_PAGE }))
        }
    }
}

async fn whole(outbound: &Outbound, page: &Url, before: Before<'_>, now: Timestamp) -> Result<Whole, Failed> {
    match read(outbound, page, before, now).await? {
        Read::Whole(whole) => Ok(whole),
        Read::Unchanged(_) => unreachable!("nothing was given to recognise an unchanged page by"),
    }
}

/// No answer came at all. An answer that is too large or damaged came, and was none of a status page.
fn is_unreachable(failed: &Failed) -> bool {
    match failed {
        Failed::Fetch(error) => !matches!(error, FetchError::TooLarge { .. } | FetchError::Encoding { .. }),
        Failed::Unusable { .. } | Failed::NoFormat(_) | Failed::TooSlow => false,
    }
}
