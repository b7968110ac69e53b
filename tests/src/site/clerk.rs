//! The Clerk incident of 10 March 2026 from recorded pages: eight components, five updates, and one component that the
//! last two updates omit.
use anyhow::{Context as _, bail};
use bytes::Bytes;
use formats::{Answer, Answers, ReadContext, Stop};
use jiff::{SignedDuration, Timestamp};
use status::{
    ids::{IncidentId, ProviderId},
    snapshot::{Kind, Snapshot},
};
use url::Url;

use super::reads::Reads;

macro_rules! stage {
    ($case:literal) => {
        (
            include_str!(concat!("../../../shared/formats/test_data/incidentio/", $case, "/proxy+status.example.com")),
            include_str!(concat!(
                "../../../shared/formats/test_data/incidentio/",
                $case,
                "/proxy+status.example.com+incidents"
            )),
        )
    };
}

/// When the provider posted each update, and the page from then on.
const STAGES: [(&str, (&str, &str)); 5] = [
    ("2026-03-10T15:53:00Z", stage!("clerk_1_opened")),
    ("2026-03-10T16:17:00Z", stage!("clerk_2_update")),
    ("2026-03-10T16:24:00Z", stage!("clerk_3_narrowed")),
    ("2026-03-10T16:34:00Z", stage!("clerk_4_monitoring")),
    ("2026-03-10T17:26:00Z", stage!("clerk_5_resolved")),
];
const PAGE: &str = "https://status.example.com";

/// Each stage is read half a minute after it was posted.
pub(crate) async fn seed(reads: &Reads) -> anyhow::Result<()> {
    let id = ProviderId::new("clerk");
    let before = Snapshot { incidents: Vec::new(), ..read(STAGES[4].1, &[], "2026-03-01T00:00:00Z".parse()?)? };
    reads.read(&id, &before, "2026-03-01T00:00:00Z".parse()?).await?;
    for (posted_at, documents) in STAGES {
        let now = posted_at.parse::<Timestamp>()? + SignedDuration::from_secs(30);
        let open = reads.store.page(&id).await?.context("it was read")?.head.open;
        reads.read(&id, &read(documents, &open, now)?, now).await?;
    }
    Ok(())
}

fn read((page, history): (&str, &str), open: &[(Kind, IncidentId)], now: Timestamp) -> anyhow::Result<Snapshot> {
    let format = formats::format("incidentio").context("the format is gone")?;
    let url: Url = PAGE.parse()?;
    let watch = ReadContext { page: &url, source: None, open, now };
    let mut answers = Answers::default();
    loop {
        match (format.read)(&watch, &answers) {
            Ok(parsed) => return Ok(parsed.snapshot),
            Err(Stop::Unusable(error)) => bail!("a recorded page cannot be read: {error}"),
            Err(Stop::Need(asked)) => answers.0.extend(asked.into_iter().map(|it| answer(it.url, page, history))),
        }
    }
}

fn answer(url: Url, page: &str, history: &str) -> Answer {
    let body = match url.path() {
        "/proxy/status.example.com" => Some(page),
        "/proxy/status.example.com/incidents" => Some(history),
        _ => None,
    };
    Answer {
        status: if body.is_some() { 200 } else { 404 },
        content_type: body.map(|_| "application/json".to_owned()),
        body: Bytes::copy_from_slice(body.unwrap_or_default().as_bytes()),
        ..Answer::none(url)
    }
}
