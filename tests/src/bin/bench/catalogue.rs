//! What it takes to load the catalogue and to find something in it.
use std::{
    fmt::Write as _,
    hint::black_box,
    time::{Duration, Instant},
};

use crate::{median, milliseconds};

const TIMES: usize = 300;
const QUERIES: [&str; 8] = [
    "github",
    "g",
    "cloudf",
    "google cloud",
    "cluodflare",
    "payments",
    "status.openai.com",
    "nothing like this is there",
];

pub(crate) fn table() -> anyhow::Result<String> {
    // In this order: each is made at its first use, which is what these rows are about.
    let load = once(|| catalogue::entries().len());
    let index = once(|| catalogue::find("github").is_some());
    let keys = once(|| catalogue::search("github", 10).len());
    let number = catalogue::entries().len();
    let mut table = format!(
        "The catalogue of {number}; the first use in a process, then median of {TIMES}:\n\n| what | time |\n|---|---|\n"
    );
    let mut row = |what: &str, time: Duration| writeln!(table, "| {what} | {:.3} ms |", milliseconds(time));
    row("load it", load)?;
    row("find by slug: the first", index)?;
    row("search: the first", keys)?;
    row("check every row", usual(|| catalogue::check(catalogue::csv()).len()))?;
    for query in QUERIES {
        let found = catalogue::search(query, 10).len();
        row(&format!("search `{query}`: {found}"), usual(|| catalogue::search(query, 10)))?;
    }
    Ok(table)
}

fn once<T>(work: impl FnOnce() -> T) -> Duration {
    let started = Instant::now();
    black_box(work());
    started.elapsed()
}

fn usual<T>(work: impl Fn() -> T) -> Duration {
    median((0..TIMES).map(|_| once(&work)).collect(), |time| *time)
}
