//! What the TLS sessions of all hosts of the catalogue take in memory.
use std::{process::Command, time::Duration};

use anyhow::Context as _;

use crate::{
    providers::Providers,
    rounds::{outbound, pages, whole_reads},
};

/// As many as the catalogue has, and some.
const HOSTS: usize = 5_150;
/// Nothing else is kept of a host.
const IDLE: Duration = Duration::from_millis(1);

/// Each scheme in a process of its own, so that neither uses what the other has left.
pub(crate) fn table() -> anyhow::Result<String> {
    let grown = |scheme: &str| {
        let output = Command::new(std::env::current_exe()?).args(["sessions-of", scheme]).output()?;
        anyhow::ensure!(output.status.success(), "{scheme}: {}", output.status);
        anyhow::Ok(String::from_utf8(output.stdout)?.trim().parse::<u64>()?)
    };
    let (http, https) = (grown("http")?, grown("https")?);
    let kept = https.saturating_sub(http);
    Ok(format!(
        "Memory after two reads of {HOSTS} hosts, of which no connection is kept:\n\n\
         | | |\n|---|---|\n\
         | HTTP | {:.1} MB more than before |\n\
         | HTTPS, all sessions kept | {:.1} MB more than before |\n\
         | each session | {:.1} KB |\n",
        http as f64 / 1e3,
        https as f64 / 1e3,
        kept as f64 / HOSTS as f64,
    ))
}

/// By how many KB two reads of all hosts make this process grow.
pub(crate) async fn growth(https: bool) -> anyhow::Result<u64> {
    let providers = Providers::start(HOSTS)?;
    let outbound = outbound(&providers.at, IDLE)?;
    let pages = pages(&providers.at, HOSTS, https, "etag");
    let before = resident()?;
    // The second read shows that the first has left sessions: its handshakes take their tickets and get new ones.
    for _ in 0..2 {
        whole_reads(&outbound, &pages).await?;
    }
    Ok(resident()?.saturating_sub(before))
}

/// The memory that this process has now, in KB.
fn resident() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("the kernel tells the memory")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
