//! The whole catalogue over a pretend internet that changes: every change is found, nothing is invented, and the
//! reports say so. A usual run takes each twentieth provider; `STATUSWIRE_WHOLE_CATALOGUE=1` takes all.
mod instance;
mod rows;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    time::Duration,
};

use statuswire::{cli::CheckArgs, commands};
use tests::pretend_internet::{PretendInternet, Site};

use self::{
    instance::{Instance, outbound},
    rows::{BIGCORP, Fate, Row, When, expected},
};

/// In hours.
const DAY: u64 = 24;
/// Hours between two rounds of the first day.
const EVERY: u64 = 6;
/// Of one detection.
const MAX_REQUESTS: usize = 8;

fn rows() -> Vec<Row> {
    #[expect(clippy::disallowed_methods, reason = "a switch of this test alone")]
    let whole = std::env::var_os("STATUSWIRE_WHOLE_CATALOGUE").is_some();
    let entries = catalogue::entries().iter().step_by(if whole { 1 } else { 20 });
    let rows = Row::of(entries);
    for fate in Fate::ALL {
        assert!(rows.iter().any(|row| row.fate == fate), "{fate:?} happens to none");
    }
    rows
}

fn slugs(rows: &[Row], fates: &[Fate]) -> BTreeSet<String> {
    rows.iter().filter(|row| fates.contains(&row.fate)).map(|row| row.entry.slug.to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_of_the_catalogue_is_found_within_a_week_and_nothing_is_invented() {
    let (internet, rows) = (PretendInternet::default(), rows());
    let bigcorp = Site::Statuspage { id: "id-of-bigcorp".to_owned(), name: "Bigcorp".to_owned() };
    internet.set(BIGCORP, bigcorp);
    rows.iter().for_each(|row| row.begin(&internet));
    let mut instance = Instance::start(&internet, &rows, EVERY).await;
    let first_day = instance.run(DAY, EVERY).await;
    assert_searches_are_spread(&rows, &first_day);
    instance.run(EVERY, EVERY).await;
    assert_found(&instance, &rows, When::AtFirst).await;

    rows.iter().for_each(|row| row.change(&internet));
    instance.restart(DAY);
    instance.run(7 * DAY, DAY).await;
    assert_found(&instance, &rows, When::AfterAWeek).await;
    let readable = readable(&instance).await;
    let gained = slugs(&rows, &[Fate::GainsPage]);
    assert!(!gained.is_empty() && gained.is_subset(&readable), "the weekly search finds pages that are put up");
    check(&internet, &rows).await;

    // The old addresses of those that moved are given up, and a month goes by.
    for row in rows.iter().filter(|row| row.fate == Fate::Moves) {
        internet.set(row.entry.url, Site::Dead);
    }
    instance.restart(7 * DAY);
    instance.run(42 * DAY, 7 * DAY).await;
    assert_found(&instance, &rows, When::AfterAMonth).await;
    reports(&instance, &rows).await;
    instance.stop().await;
}

/// The overlay says all that is expected, and nothing else of any row.
async fn assert_found(instance: &Instance, rows: &[Row], when: When) {
    let (found, expected) = (instance.overlay().await, expected(rows, when));
    let slugs: BTreeSet<&String> = found.keys().chain(expected.keys()).collect();
    let differ = slugs.into_iter().filter(|slug| found.get(*slug) != expected.get(*slug));
    let differ: Vec<_> = differ.map(|slug| (slug, found.get(slug), expected.get(slug))).collect();
    assert!(differ.is_empty(), "found and expected: {differ:#?}");
}

/// A page that names no platform is looked for once within the first day, at a time of its own, with few requests.
fn assert_searches_are_spread(rows: &[Row], rounds: &[HashMap<String, usize>]) {
    let shops: Vec<&str> = rows.iter().filter(|row| row.is_shop()).map(Row::host).collect();
    let mut of_rounds = vec![0; rounds.len()];
    for host in &shops {
        let asked: Vec<(usize, usize)> =
            rounds.iter().enumerate().filter_map(|(round, asked)| Some((round, *asked.get(*host)?))).collect();
        assert!(!asked.is_empty(), "{host} was not asked");
        assert!(asked.iter().all(|(_, requests)| *requests <= MAX_REQUESTS), "{host}: {asked:?}");
        of_rounds[asked[0].0] += 1;
    }
    let fair = shops.len() / rounds.len();
    assert!(of_rounds.iter().all(|first| (fair / 2..=2 * fair).contains(first)), "{of_rounds:?}");
}

async fn readable(instance: &Instance) -> BTreeSet<String> {
    let failing: BTreeSet<String> =
        instance.store.failing().await.unwrap().into_iter().map(|(page, _)| page.to_string()).collect();
    let read = instance.store.page_summaries().await.unwrap().into_iter().map(|summary| summary.provider.to_string());
    read.filter(|page| !failing.contains(page)).collect()
}

/// `catalogue check` of these rows after the changes: its report and the file that it corrects.
async fn check(internet: &PretendInternet, rows: &[Row]) {
    let folder = tempfile::tempdir().unwrap();
    let (file, out) = (folder.path().join("listed.csv"), folder.path().join("out"));
    let rows: Vec<&Row> = rows.iter().filter(|row| row.is_alone).collect();
    fs::write(&file, catalogue::write(rows.iter().map(|row| *row.entry), "\n")).unwrap();
    let args = CheckArgs {
        file: Some(file),
        out: out.clone(),
        only: Vec::new(),
        limit: None,
        concurrency: 64,
        pause: Duration::ZERO,
        timeout: Duration::from_secs(15),
        again: false,
        allow: Vec::new(),
    };
    commands::catalogue::check_over(&outbound(internet), args).await.unwrap();
    let expected: BTreeMap<&str, &str> = rows.iter().map(|row| (row.entry.slug, row.checked().0)).collect();
    let report = fs::read_to_string(out.join("report.csv")).unwrap();
    let lines = report.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    let told: BTreeMap<String, String> = lines.map(|cells| (cells[0].to_owned(), cells[1].to_owned())).collect();
    let told: BTreeMap<&str, &str> = told.iter().map(|(slug, outcome)| (slug.as_str(), outcome.as_str())).collect();
    assert_eq!(told, expected);

    let corrected = fs::read_to_string(out.join("providers.csv")).unwrap();
    let right = rows.iter().map(|row| match row.checked().1 {
        Some((url, platform)) => (row.entry.slug, url, platform),
        None => (row.entry.slug, row.entry.url.to_owned(), row.entry.platform),
    });
    let found = catalogue::read(&corrected);
    let found: Vec<_> = found.iter().map(|row| (row.slug.to_owned(), row.url.to_owned(), row.platform)).collect();
    let right: Vec<_> = right.map(|(slug, url, platform)| (slug.to_owned(), url, platform)).collect();
    assert_eq!(found, right);
}

/// `/catalogue` and the export say what was found.
async fn reports(instance: &Instance, rows: &[Row]) {
    let overlay = instance.store.catalogue_overlay().await.unwrap();
    let patched = catalogue::apply_patch(catalogue::csv(), &catalogue::write_patch(overlay.iter())).unwrap();
    assert!(catalogue::check(&patched.csv).is_empty());
    let file: HashMap<&str, catalogue::Row<'_>> =
        catalogue::read(&patched.csv).into_iter().map(|row| (row.slug, row)).collect();
    for row in rows {
        let (platform, url, ..) = row.expected(When::AfterAMonth).unwrap_or_default();
        let right = (url.as_deref().unwrap_or(row.entry.url), platform.as_deref().unwrap_or(row.entry.platform));
        assert_eq!((file[row.entry.slug].url, file[row.entry.slug].platform), right, "{}", row.entry.slug);
    }

    let page = instance.catalogue_page().await;
    let listed = |id: &str| {
        let heading = page.split_once(&format!("<h2 id=\"{id}\">")).unwrap_or_else(|| panic!("{id} is missing")).1;
        heading.split_once('(').unwrap().1.split_once(')').unwrap().0.parse::<usize>().unwrap()
    };
    let expected = expected(rows, When::AfterAMonth);
    let count = |is: fn(&rows::Said) -> bool| expected.values().filter(|said| is(said)).count();
    let found = ["platform", "moved", "elsewhere", "dead"].map(listed);
    assert_eq!(
        found,
        [count(|it| it.0.is_some()), count(|it| it.1.is_some()), count(|it| it.2.is_some()), count(|it| it.3)]
    );
    assert_eq!(found[3], slugs(rows, &[Fate::Dies]).len());

    let all = page.split_once("<th scope=\"row\">all</th>").unwrap().1.split_once("</tr>").unwrap().0;
    let cells = all.split("<td>").skip(1).map(|cell| cell.split_once("</td>").unwrap().0);
    let counts: Vec<usize> = cells.take(5).map(|cell| cell.parse().unwrap()).collect();
    let lost = slugs(rows, &[Fate::Dies, Fate::LeadsToAnother, Fate::ForbidsUs, Fate::InTrouble]).len();
    let without = rows.iter().filter(|row| row.checked().0 == "not a status page" && row.fate == Fate::Stays).count();
    let total = catalogue::entries().len();
    assert_eq!(counts, [total, rows.len() - lost - without, lost, without, total - rows.len()]);
}
