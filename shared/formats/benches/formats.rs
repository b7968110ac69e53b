//! How long it takes to parse the answers of a page into a snapshot, and to compare it with the stored state.
//! `cargo bench -p formats --bench formats` prints a Markdown table. Each format reads its largest recording if
//! `STATUSWIRE_SAMPLES` names their folder, else its largest case of `test_data`.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "it prints a table, and fails by panicking")]

use std::{
    fs,
    hint::black_box,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use formats::{
    Answers, Format, ReadContext, Stop,
    testing::{Page, Recording, cases},
};
use jiff::Timestamp;
use peak_alloc::PeakAlloc;
use status::{diff::diff, page_state::PageState, snapshot::Snapshot};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const TIMES: usize = 200;

fn main() {
    println!(
        "One read without the network, median of {TIMES}. The difference is to a page without incidents. Peak memory is \
         what the read allocates in addition to the answers.\n\n\
         | format | document | size | parse | apply and diff | peak memory |\n|---|---|---|---|---|---|"
    );
    let samples = samples();
    for format in formats::formats() {
        let recorded = samples.as_deref().and_then(|samples| largest_recording(format, samples));
        let largest_case = || cases(format).into_iter().max_by_key(|(_, page)| size(page));
        if let Some((name, page)) = recorded.or_else(largest_case) {
            row(format, &name, &page);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark has no `startup`")]
fn samples() -> Option<PathBuf> {
    std::env::var_os("STATUSWIRE_SAMPLES").map(PathBuf::from)
}

fn largest_recording(format: &Format, samples: &Path) -> Option<(String, Page)> {
    let index = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expected/index.csv");
    let recordings = csv::Reader::from_path(index).unwrap().into_deserialize::<Recording>().map(Result::unwrap);
    let pages = recordings.filter(|it| it.format == format.name && it.answer != "alone").filter_map(|recording| {
        // The folder may hold only some of the recordings.
        let document = fs::read(samples.join(&recording.recording)).ok()?;
        Some((format!("recorded: {}", recording.recording), recording.page(&document)))
    });
    pages.filter(|(_, page)| page.read_from(format, None, &[]).is_ok()).max_by_key(|(_, page)| size(page))
}

fn size(page: &Page) -> usize {
    page.documents.values().map(|document| document.len()).sum()
}

fn row(format: &Format, name: &str, page: &Page) {
    let now = Timestamp::now();
    let context = ReadContext { page: &page.page, source: None, open: &[], now };
    let answers = answers(format, &context, page);
    let read = || match (format.read)(&context, &answers) {
        Ok(parsed) => parsed,
        Err(_) => unreachable!("it was read with these answers"),
    };
    let allocated = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let snapshot = read().snapshot;
    let peak = MEMORY.peak_usage().saturating_sub(allocated) as f64 / 1024.0;

    let before = PageState::baseline(&Snapshot { incidents: Vec::new(), ..snapshot.clone() }, now);
    let parse = timed(read);
    let difference = timed(|| diff(&before, &before.apply(&snapshot, now)));
    println!(
        "| {} | {name} | {:.0} KB | {:.3} ms | {:.3} ms | {peak:.0} KB |",
        format.name,
        size(page) as f64 / 1024.0,
        parse.as_secs_f64() * 1000.0,
        difference.as_secs_f64() * 1000.0,
    );
}

/// Everything that a first read requests.
fn answers(format: &Format, context: &ReadContext<'_>, page: &Page) -> Answers {
    let mut answers = Answers::default();
    while let Err(Stop::Need(asked)) = (format.read)(context, &answers) {
        answers.0.extend(asked.into_iter().map(|request| page.answer(request)));
    }
    answers
}

fn timed<T>(work: impl Fn() -> T) -> Duration {
    let once = |_| {
        let started = Instant::now();
        black_box(work());
        started.elapsed()
    };
    let mut times: Vec<Duration> = (0..TIMES).map(once).collect();
    times.sort();
    times[TIMES / 2]
}
