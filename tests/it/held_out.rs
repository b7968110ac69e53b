//! Detection over providers that no fixture is made of. Which platform each is on was seen by others
//! (`tests/expected/held_out.csv`: 54 rows of a known platform, chosen by the digest of their slug, and six of
//! platforms that are not read). Bodies were not seen: each page answers as a case of its platform does, at its own
//! address, with the platform that the list named before as the hint.
use std::{fs, path::Path, sync::Arc};

use formats::testing::{Page, cases};
use http::HeaderValue;
use jiff::Timestamp;
use outbound::{Guard, Initiator, Outbound, Settings};
use poller::read::detect;
use status::ids::digest;
use tests::pretend_internet::{PretendInternet, Site};
use url::Url;

/// As `cases` are, unless they say otherwise.
const EXAMPLE: &str = "https://status.example.com/";

struct HeldOut {
    url: Url,
    slug: String,
    hint: String,
    /// Empty: of a platform that is not read.
    platform: String,
}

fn held_out() -> Vec<HeldOut> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("expected/held_out.csv");
    let text = fs::read_to_string(file).unwrap();
    let rows = text.lines().skip(1).map(|line| {
        let [slug, hint, platform, _seen_on] = line.split(',').collect::<Vec<_>>().try_into().unwrap();
        let url = catalogue::find(slug).unwrap_or_else(|| panic!("{slug} is not listed")).url.parse().unwrap();
        HeldOut { url, slug: slug.to_owned(), hint: hint.to_owned(), platform: platform.to_owned() }
    });
    rows.collect()
}

/// One of the cases of its platform, the same in every run.
fn page_of(row: &HeldOut) -> Page {
    let format = formats::of_platform(&row.platform).unwrap_or_else(|| panic!("{} has no reader", row.platform));
    // The others are at an address that tells their platform, or name their host in another one.
    let is_anywhere =
        |page: &Page| page.page.as_str() == EXAMPLE && !page.documents.keys().any(|name| name.starts_with("proxy+"));
    let mut cases: Vec<(String, Page)> = cases(format).into_iter().filter(|(_, page)| is_anywhere(page)).collect();
    cases.sort_by_key(|(name, _)| digest(&[name, &row.slug]));
    let (_, case) = cases.swap_remove(0);
    Page::new(row.url.clone(), case.documents)
}

/// The platform that detection finds, as the catalogue calls it.
async fn found(row: &HeldOut) -> Option<String> {
    let internet = PretendInternet::default();
    if row.platform.is_empty() {
        internet.set(row.url.as_str().trim_end_matches('/'), Site::Shop);
    } else {
        let page = Arc::new(page_of(row));
        internet.set(row.url.as_str().trim_end_matches('/'), Site::Case(page.clone()));
        for host in page.documents.keys().filter_map(|name| name.strip_prefix('@')?.split('+').next()) {
            internet.set(&format!("https://{host}"), Site::Case(page.clone()));
        }
    }
    let settings = Settings::new(Guard::default(), HeaderValue::from_static("a story"));
    let outbound = Outbound::new(Settings { served_here: Some(internet.hosts()), ..settings });
    let hint = formats::of_platform(&row.hint).map(|format| format.name);
    let read = detect(&outbound, None, &row.url, Initiator::PublicPage, hint, Timestamp::now()).await.ok()?;
    Some(formats::found_platform(&row.hint, read.format).unwrap_or(&row.hint).to_owned())
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "precision and recall are the result")]
async fn platforms_of_held_out_providers_are_found_whatever_the_list_named_before() {
    let rows = held_out();
    assert_eq!(rows.len(), 60);
    let (mut right, mut wrong) = (0, Vec::new());
    for row in &rows {
        match found(row).await {
            Some(platform) if platform == row.platform => right += 1,
            None if row.platform.is_empty() => {}
            other => wrong.push((row.slug.as_str(), row.platform.as_str(), other)),
        }
    }
    let named = rows.iter().filter(|row| !row.platform.is_empty()).count();
    let invented = wrong.iter().filter(|(.., found)| found.is_some()).count();
    let percent = |part: usize, whole: usize| 100.0 * part as f64 / whole as f64;
    println!("precision {:.1} %, recall {:.1} %", percent(right, right + invented), percent(right, named));
    assert_eq!((invented, right), (0, named), "{wrong:?}");
}
