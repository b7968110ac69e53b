//! `statuswire catalogue`: what it holds, and whether that is still so. In reading order: the two commands (here), which
//! page is read next, one page, what is kept of each, what follows from it, and the bar that shows how far it is.
mod pace;
mod progress;
mod report;
mod seen;
mod state;

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
    pin::pin,
    process::ExitCode,
    time::Duration,
};

use ::catalogue::{self, Problem, Row};
use anyhow::Context as _;
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use http::HeaderValue;
use jiff::Timestamp;
use outbound::{Guard, Outbound, Settings};
use tokio::time::{Instant, sleep_until};

use self::{
    pace::{Next, Pace},
    progress::Progress,
    report::Report,
    seen::{Looked, look},
    state::State,
};
use crate::{
    cli::{CheckArgs, SearchArgs},
    serve::asked_to_stop,
    settings_file::count,
};

const NOT_AS_LISTED: u8 = 2;
/// As shells say of a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;
/// So many pages in a row without any answer are a fault of ours.
const OFFLINE_AFTER: usize = 40;

pub fn search(args: &SearchArgs) -> anyhow::Result<ExitCode> {
    let query = args.words.join(" ");
    let found = catalogue::search(&query, args.limit);
    if found.is_empty() {
        writeln!(io::stderr(), "nothing in the catalogue fits {query:?}")?;
        return Ok(ExitCode::FAILURE);
    }
    let head = ["slug", "name", "url", "category", "format"];
    let rows = found.iter().map(|row| {
        [row.slug, row.name, row.url, row.category, formats::of_platform(row.platform).map_or("", |format| format.name)]
    });
    let rows: Vec<[&str; 5]> = std::iter::once(head).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths = [0, 1, 2, 3, 4].map(width);
    let mut out = io::stdout().lock();
    for row in rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(ExitCode::SUCCESS)
}

pub async fn check(args: CheckArgs) -> anyhow::Result<ExitCode> {
    let own;
    let (csv, name) = match &args.file {
        None => (catalogue::csv(), Path::new("providers.csv")),
        Some(file) => {
            own = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
            (own.as_str(), file.as_path())
        }
    };
    let problems = mistakes(csv, &args);
    if !problems.is_empty() {
        print(name, &problems)?;
        return Ok(ExitCode::FAILURE);
    }
    let rows = catalogue::read(csv);
    let chosen = choose(&rows, &args.only)?;
    let mut state = State::open(&args.out, args.again)?;
    let end = read_pages(&chosen, &args, &mut state).await?;

    let report = Report::new(&rows, &chosen, &state);
    let corrected = report.corrected(csv);
    let problems = mistakes(&corrected, &args);
    anyhow::ensure!(problems.is_empty(), "the corrected catalogue would have mistakes: {problems:?}");
    let files = [("report", "report.csv", report.csv()?), ("corrected", "providers.csv", corrected)];
    let mut out = io::stdout().lock();
    writeln!(out, "{}", report.summary(chosen.len()))?;
    for (what, file, content) in files {
        let file = args.out.join(file);
        fs::write(&file, content).with_context(|| format!("writing {}", file.display()))?;
        writeln!(out, "{what:10} {}", file.display())?;
    }
    match end {
        End::Offline => {
            anyhow::bail!("none of the last {OFFLINE_AFTER} pages could be reached: is this machine online?")
        }
        End::Interrupted => {
            writeln!(out, "interrupted: run it again to go on")?;
            Ok(ExitCode::from(INTERRUPTED))
        }
        End::Done if report.is_as_listed() => Ok(ExitCode::SUCCESS),
        End::Done => Ok(ExitCode::from(NOT_AS_LISTED)),
    }
}

fn mistakes(csv: &str, args: &CheckArgs) -> Vec<Problem> {
    if args.allow.is_empty() { catalogue::check(csv) } else { catalogue::check_private(csv) }
}

fn print(name: &Path, problems: &[Problem]) -> io::Result<()> {
    let mut stderr = io::stderr().lock();
    problems.iter().try_for_each(|problem| writeln!(stderr, "{}:{problem}", name.display()))?;
    writeln!(stderr, "{}: {} to correct", name.display(), count(problems.len(), "mistake"))
}

fn choose<'a>(rows: &[Row<'a>], only: &[String]) -> anyhow::Result<Vec<Row<'a>>> {
    if let Some(unknown) = only.iter().find(|slug| !rows.iter().any(|row| row.slug == **slug)) {
        let nearest = catalogue::suggest(unknown).filter(|slug| rows.iter().any(|row| row.slug == *slug));
        let meant = nearest.map(|slug| format!("; did you mean {slug}?")).unwrap_or_default();
        anyhow::bail!("no entry has the slug {unknown}{meant}");
    }
    Ok(rows.iter().filter(|row| only.is_empty() || only.iter().any(|slug| slug == row.slug)).copied().collect())
}

enum End {
    Done,
    Interrupted,
    Offline,
}

/// Reads what is not known yet, and keeps each finding at once.
async fn read_pages(chosen: &[Row<'_>], args: &CheckArgs, state: &mut State) -> anyhow::Result<End> {
    let mut open: Vec<Row<'_>> = chosen.iter().filter(|row| !state.is_settled(row)).copied().collect();
    let before = chosen.len() - open.len();
    // What was never read comes before what was not reached.
    open.sort_by_key(|row| state.of(row).is_some());
    open.truncate(args.limit.unwrap_or(usize::MAX));
    let outbound = outbound(args);
    let most = usize::from(args.concurrency);
    let mut progress = Progress::new(open.len(), before);
    let mut pace = Pace::new(&open, args.pause);
    let mut running = FuturesUnordered::new();
    let mut unreached = 0;
    let mut stop = pin!(asked_to_stop());
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    loop {
        let mut wait_until = None;
        while running.len() < most {
            match pace.next(Instant::now()) {
                Next::Row(row) => {
                    let looked = look(&outbound, row, args.timeout);
                    running.push(async move { (row, looked.await) });
                }
                Next::NotBefore(time) => {
                    wait_until = Some(time);
                    break;
                }
                Next::Nothing => break,
            }
        }
        if running.is_empty() && wait_until.is_none() {
            return Ok(End::Done);
        }
        tokio::select! {
            () = &mut stop => return Ok(End::Interrupted),
            Some((row, Looked { seen, offline_sign })) = running.next() => {
                progress.one_more(&seen);
                state.keep(&row, seen, Timestamp::now())?;
                unreached = if offline_sign { unreached + 1 } else { 0 };
                if unreached >= OFFLINE_AFTER {
                    return Ok(End::Offline);
                }
            }
            () = sleep_until(wait_until.unwrap_or_else(Instant::now)), if wait_until.is_some() => {}
            _ = tick.tick() => progress.tick(),
        }
    }
}

fn outbound(args: &CheckArgs) -> Outbound {
    let guard = Guard { allow: args.allow.clone(), own: Vec::new() };
    let agent = HeaderValue::from_static(concat!("statuswire/", env!("CARGO_PKG_VERSION"), " (catalogue check)"));
    Outbound::new(Settings { timeout: args.timeout, ..Settings::new(guard, agent) })
}
