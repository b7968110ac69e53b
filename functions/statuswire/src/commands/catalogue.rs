//! `statuswire catalogue search`, `check`, `export` and `apply` (`patch`). The check reads every page of the catalogue:
//! which page is read next (`schedule`), one page (`page_check`), the results so far (`state`), what follows from them
//! (`report`), and the progress bar (`progress`).
mod page_check;
mod patch;
mod progress;
mod report;
mod schedule;
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
    page_check::{CheckedPage, check_page},
    progress::Progress,
    report::Report,
    schedule::{Next, Schedule},
    state::State,
};
use crate::{
    cli::{CheckArgs, SearchArgs},
    plural::count,
    shutdown,
};

pub use self::patch::{apply, export};

const NOT_AS_LISTED: u8 = 2;
/// The exit code that shells use for a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;
/// After this many pages in a row without a response, this machine is offline.
const OFFLINE_AFTER: usize = 40;

pub fn search(args: &SearchArgs) -> anyhow::Result<ExitCode> {
    let query = args.words.join(" ");
    let found = catalogue::search(&query, args.limit);
    if found.is_empty() {
        writeln!(io::stderr(), "no provider matches {query:?}")?;
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
    check_over(&outbound(&args), args).await
}

/// The same over another internet.
pub async fn check_over(outbound: &Outbound, args: CheckArgs) -> anyhow::Result<ExitCode> {
    let own;
    let (csv, name) = match &args.file {
        None => (catalogue::csv(), Path::new("providers.csv")),
        Some(file) => {
            own = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
            (own.as_str(), file.as_path())
        }
    };
    let problems = problems(csv, &args);
    if !problems.is_empty() {
        print(name, &problems)?;
        return Ok(ExitCode::FAILURE);
    }
    let rows = catalogue::read(csv);
    let chosen = choose(&rows, &args.only)?;
    let mut state = State::open(&args.out, args.again)?;
    let end = read_pages(outbound, &chosen, &args, &mut state).await?;
    let report = Report::new(&rows, &chosen, &state);
    write_files(&report, csv, chosen.len(), &args)?;
    match end {
        End::Offline => {
            anyhow::bail!("none of the last {OFFLINE_AFTER} pages responded: check this machine's internet connection")
        }
        End::Interrupted => {
            writeln!(io::stdout(), "interrupted: run the same command again to continue")?;
            Ok(ExitCode::from(INTERRUPTED))
        }
        End::Done if report.is_as_listed() => Ok(ExitCode::SUCCESS),
        End::Done => Ok(ExitCode::from(NOT_AS_LISTED)),
    }
}

/// Writes the report and the corrected catalogue, and prints the summary.
fn write_files(report: &Report<'_>, csv: &str, chosen: usize, args: &CheckArgs) -> anyhow::Result<()> {
    let corrected = report.corrected(csv);
    let problems = problems(&corrected, args);
    anyhow::ensure!(problems.is_empty(), "the corrected catalogue has errors, which is a bug: {problems:?}");
    let files = [("report", "report.csv", report.csv()?), ("corrected", "providers.csv", corrected)];
    let mut out = io::stdout().lock();
    writeln!(out, "{}", report.summary(chosen))?;
    for (what, file, content) in files {
        let file = args.out.join(file);
        fs::write(&file, content).with_context(|| format!("writing {}", file.display()))?;
        writeln!(out, "{what:10} {}", file.display())?;
    }
    Ok(())
}

fn problems(csv: &str, args: &CheckArgs) -> Vec<Problem> {
    if args.allow.is_empty() { catalogue::check(csv) } else { catalogue::check_private(csv) }
}

fn print(name: &Path, problems: &[Problem]) -> io::Result<()> {
    let mut stderr = io::stderr().lock();
    problems.iter().try_for_each(|problem| writeln!(stderr, "{}:{problem}", name.display()))?;
    writeln!(stderr, "{}: {}", name.display(), count(problems.len(), "error"))
}

/// The rows to check: those of `only`, or all.
fn choose<'a>(rows: &[Row<'a>], only: &[String]) -> anyhow::Result<Vec<Row<'a>>> {
    if let Some(unknown) = only.iter().find(|slug| !rows.iter().any(|row| row.slug == **slug)) {
        let nearest = catalogue::suggest(unknown).filter(|slug| rows.iter().any(|row| row.slug == *slug));
        let suggestion = nearest.map(|slug| format!("; did you mean {slug}?")).unwrap_or_default();
        anyhow::bail!("the catalogue has no entry {unknown}{suggestion}");
    }
    Ok(rows.iter().filter(|row| only.is_empty() || only.iter().any(|slug| slug == row.slug)).copied().collect())
}

enum End {
    Done,
    Interrupted,
    Offline,
}

/// Reads the pages whose result is not known yet, and stores each result at once.
async fn read_pages(
    outbound: &Outbound,
    chosen: &[Row<'_>],
    args: &CheckArgs,
    state: &mut State,
) -> anyhow::Result<End> {
    let mut open: Vec<Row<'_>> = chosen.iter().filter(|row| !state.is_settled(row)).copied().collect();
    let before = chosen.len() - open.len();
    // Pages that were never read come before pages that were unreachable.
    open.sort_by_key(|row| state.of(row).is_some());
    open.truncate(args.limit.unwrap_or(usize::MAX));
    let max_running = usize::from(args.concurrency);
    let mut progress = Progress::new(open.len(), before);
    let mut schedule = Schedule::new(&open, args.pause);
    let mut running = FuturesUnordered::new();
    let mut offline_signs = 0;
    let mut stop = pin!(shutdown::requested());
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    loop {
        let mut wait_until = None;
        while running.len() < max_running {
            match schedule.next(Instant::now()) {
                Next::Row(row) => {
                    let check = check_page(outbound, row, args.timeout);
                    running.push(async move { (row, check.await) });
                }
                Next::NotBefore(time) => {
                    wait_until = Some(time);
                    break;
                }
                Next::Done => break,
            }
        }
        if running.is_empty() && wait_until.is_none() {
            return Ok(End::Done);
        }
        tokio::select! {
            () = &mut stop => return Ok(End::Interrupted),
            Some((row, CheckedPage { result, offline_sign })) = running.next() => {
                progress.add(&result);
                state.keep(&row, result, Timestamp::now())?;
                offline_signs = if offline_sign { offline_signs + 1 } else { 0 };
                if offline_signs >= OFFLINE_AFTER {
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
