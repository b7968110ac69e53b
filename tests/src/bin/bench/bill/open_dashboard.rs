//! What the dashboard takes that somebody leaves open in a browser: it asks for itself again every twenty seconds.
use std::time::Duration;

use anyhow::Context as _;
use axum::body::{Body, to_bytes};
use http::{Request, StatusCode, header};
use jiff::Timestamp;
use lambda_http::Service as _;
use statuswire::local_app::LocalApp;
use store::Round;
use tests::meter::{Meter, Usage};
use web::Web;

use super::simulation::metered;

/// As the page says.
pub(super) const EVERY_SECONDS: f64 = 20.0;
/// The states of all pages are read again after so many seconds, also if no round says that it wrote something; and
/// twice after one that does.
const STATES_SECONDS: f64 = 3_600.0;
const READS_PER_CHANGE: f64 = 2.0;
/// Who is alerted is read as often.
const TOLD_SECONDS: f64 = 60.0;
/// Longer than a process keeps a response.
const KEPT: Duration = Duration::from_millis(5_500);
/// A query that finds nothing, of the index.
const EMPTY_QUERY: f64 = 0.5;
const MAX_BYTES: usize = 16 << 20;

/// What one request takes.
#[derive(Default)]
pub(super) struct OpenDashboard {
    /// While no round writes anything.
    pub(super) read_units: f64,
    /// Of the states of all pages, beside that.
    pub(super) states: f64,
    /// Of who is alerted, likewise.
    told: f64,
    pub(super) cpu: Duration,
    /// Of the response, compressed.
    pub(super) bytes: f64,
}

impl OpenDashboard {
    pub(super) async fn measure(app: &LocalApp, meter: &Meter) -> anyhow::Result<Self> {
        // The simulated rounds are in the future.
        let now = Timestamp::now();
        let changed_at = Some(now - Duration::from_secs(60));
        let round =
            Round { shard: 0, of: 1, began_at: now, pages: 0, unreadable: 0, no_internet_since: None, changed_at };
        app.store.put_round(&round, "poller").await?;
        let mut pages = web::router(Web::new(app.store.clone(), false, None));
        let mut measured = Self::default();
        for is_first in [true, false] {
            let asked = Request::get("/").header(header::ACCEPT_ENCODING, "br").body(Body::empty())?;
            let (answered, work) = metered(meter, async {
                let answer = pages.call(asked).await.context("the dashboard")?;
                anyhow::ensure!(answer.status() == StatusCode::OK, "the dashboard answered {}", answer.status());
                Ok(to_bytes(answer.into_body(), MAX_BYTES).await?)
            })
            .await;
            let states = of_states(&work.usage);
            if is_first {
                anyhow::ensure!(states > 0.0, "the first one reads all");
                (measured.states, measured.told) = (states, others(&work.usage));
                tokio::time::sleep(KEPT).await;
            } else {
                anyhow::ensure!(states == 0.0, "nothing has changed");
                measured.read_units = others(&work.usage);
                measured.told -= measured.read_units;
                measured.cpu = work.cpu;
                measured.bytes = answered?.len() as f64;
            }
        }
        Ok(measured)
    }

    /// In a month in which this many rounds write something.
    pub(super) fn units(&self, requests: f64, changes: f64, scale: f64) -> f64 {
        let reads = changes * READS_PER_CHANGE + requests * EVERY_SECONDS / STATES_SECONDS;
        let told = requests * EVERY_SECONDS / TOLD_SECONDS * self.told;
        requests * self.read_units + told + reads.min(requests) * self.states * scale
    }
}

fn of_states(usage: &Usage) -> f64 {
    let states = usage.0.iter().filter(|(what, _)| matches!(what.as_str(), "Query GLANCES" | "Query UNREADABLE"));
    states.map(|(_, billed)| billed.read_units).sum()
}

/// The pages of the simulation are in its settings, and not in the catalogue.
fn others(usage: &Usage) -> f64 {
    let others = usage.0.iter().filter(|(what, _)| what.as_str() != "Query DIRECTORY");
    others.map(|(_, billed)| billed.read_units).sum::<f64>() + EMPTY_QUERY
}
