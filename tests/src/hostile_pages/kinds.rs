//! The kinds of hostile pages.
use std::sync::Arc;

use super::{
    Answer,
    bodies::{Chunks, brotli_bomb, chain, filler, gzip_bomb, list, repeated, text},
    html,
};
use crate::status_page::StatusPage;

/// Bytes of a text that makes a page about as large as one may be.
const SIZE: usize = 4_100_000;

type Make = dyn Fn(&str, u64) -> Option<Answer> + Send + Sync;

/// How a page is hostile.
pub struct Kind {
    pub name: String,
    /// The format that its settings name.
    pub format: &'static str,
    /// By the path below the page and the version.
    make: Arc<Make>,
}

impl Kind {
    fn new(
        name: &str,
        format: &'static str,
        make: impl Fn(&str, u64) -> Option<Answer> + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.to_owned(), format, make: Arc::new(make) }
    }

    pub(super) fn answer(&self, path: &str, version: u64) -> Option<Answer> {
        (self.make)(path, version)
    }
}

/// All of them, each by its name.
pub fn kinds() -> Vec<Kind> {
    let mut all = vec![
        answers("gzip bomb", |_| Answer::Compressed("gzip", gzip_bomb(2_048))),
        answers("brotli bomb", |_| Answer::Compressed("br", brotli_bomb())),
        answers("endless", |_| Answer::Content("application/json", filler(" ", usize::MAX / 2))),
        answers("drip", |_| Answer::Drip),
        answers("headers", |_| Answer::Headers(10_000)),
        answers("redirects", |version| Answer::Redirect(format!("?{version}"))),
        answers("deep JSON", |version| {
            let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
            let page = PAGE.replace("VERSION", &version.to_string());
            json(text(format!("{page},\"components\":{open}{close},\"incidents\":[],\"scheduled_maintenances\":[]}}")))
        }),
        statuspage("280,000 components", |_| components(280_000), |_| list(0, |_| String::new())),
        statuspage("4,900 updates", |_| components(1), |version| updates(version, 4_900, short_update)),
        statuspage("2,300 usual updates", |_| components(1), |version| updates(version, 2_300, usual_update)),
        statuspage("8 MB title", |_| components(1), |version| titled(version, 2 * SIZE)),
        statuspage("4 MB title", |_| components(1), |version| titled(version, SIZE)),
        statuspage(
            "4 MB name",
            |_| {
                chain(vec![
                    text("{\"id\":\"1\",\"status\":\"operational\",\"name\":\""),
                    filler("Name ", SIZE),
                    text("\"}"),
                ])
            },
            |_| list(0, |_| String::new()),
        ),
        statuspage("dense texts", |_| components(1), dense),
        statuspage("150,000 components", |_| components(150_000), |_| list(0, |_| String::new())),
        feed("80,000 entries, Atom", |_| atom(80_000)),
        feed("80,000 entries, RSS", |_| rss(80_000)),
        feed("45,000 entries, Atom", |_| atom(45_000)),
        feed("45,000 entries, RSS", |_| rss(45_000)),
        feed("4 MB entry", |_| {
            chain(vec![
                text(
                    "<feed xmlns='http://www.w3.org/2005/Atom'><title>Bad</title><entry><id>1</id>\
                      <updated>2026-02-25T06:14:20Z</updated><title>",
                ),
                filler("Outage ", SIZE),
                text("</title></entry></feed>"),
            ])
        }),
    ];
    all.extend(html_kinds(SIZE));
    all
}

/// Formats that read HTML from the page's own host.
const HTML_FORMATS: [&str; 9] =
    ["auth0", "freshstatus", "hund", "okta", "statuscast", "statusio", "statuspal", "upptime", "uptimerobot"];

/// Every shape of HTML in a good page of every format that reads HTML; each of about `bytes`.
pub fn html_kinds(bytes: usize) -> Vec<Kind> {
    let mut all = Vec::new();
    for format in HTML_FORMATS.iter().filter_map(|name| formats::format(name)) {
        let page = html::page(format);
        for shape in html::SHAPES.iter().map(|shape| shape.0).chain(["rows"]) {
            let page = page.clone();
            all.push(Kind::new(&format!("HTML {} {shape}", format.name), format.name, move |path, version| {
                let (name, document) = html::document(&page, path)?;
                let body = match version > 0 && html::is_html(name, document) {
                    true => html::spoilt(document, shape, bytes),
                    false => text(document.clone()),
                };
                Some(Answer::Content("text/html", body))
            }));
        }
    }
    all
}

const PAGE: &str = "{\"page\":{\"id\":\"tw1xs08pd4j7\",\"name\":\"Bad\",\"url\":\"https://status.bad.test\",\
                    \"time_zone\":\"Etc/UTC\",\"updated_at\":\"2026-02-25T06:14:20Z\"},\
                    \"status\":{\"indicator\":\"none\",\"description\":\"as it is VERSION\"}";

fn json(body: Chunks) -> Answer {
    Answer::Content("application/json", body)
}

/// A Statuspage that is calm, then answers everything like this.
fn answers(name: &str, bad: impl Fn(u64) -> Answer + Send + Sync + 'static) -> Kind {
    Kind::new(name, "statuspage", move |path, version| if version == 0 { calm(path) } else { Some(bad(version)) })
}

fn calm(path: &str) -> Option<Answer> {
    let page = StatusPage::operational(&["API"]);
    let document = match path {
        "api/v2/summary.json" => page.summary(),
        "api/v2/incidents.json" => page.history(),
        "api/v2/scheduled-maintenances.json" => page.maintenance_history(),
        _ => return None,
    };
    Some(json(text(document.to_string())))
}

/// A Statuspage with these components and incidents, both of a version.
fn statuspage(
    name: &str,
    components: impl Fn(u64) -> Chunks + Send + Sync + 'static,
    incidents: impl Fn(u64) -> Chunks + Send + Sync + 'static,
) -> Kind {
    Kind::new(name, "statuspage", move |path, version| {
        let page = text(PAGE.replace("VERSION", &version.to_string()));
        let parts = match (version, path) {
            (0, _) => return calm(path),
            (_, "api/v2/summary.json") => vec![
                page,
                text(",\"components\":["),
                components(version),
                text("],\"incidents\":["),
                incidents(version),
                text("],\"scheduled_maintenances\":[]}"),
            ],
            (_, "api/v2/incidents.json") => vec![page, text(",\"incidents\":["), incidents(version), text("]}")],
            (_, "api/v2/scheduled-maintenances.json") => vec![page, text(",\"scheduled_maintenances\":[]}")],
            _ => return None,
        };
        Some(json(chain(parts)))
    })
}

fn components(count: usize) -> Chunks {
    list(count, |number| format!("{{\"id\":\"{number}\",\"name\":\"b\"}}"))
}

/// Incident `number` of a version; it is open.
fn incident(version: u64, number: usize, title: Chunks, updates: Chunks) -> Chunks {
    chain(vec![
        text(format!(
            "{{\"id\":\"v{version}-{number}\",\"status\":\"investigating\",\"impact\":\"major\",\
                      \"created_at\":\"2026-02-25T06:14:20Z\",\"components\":[],\"name\":\""
        )),
        title,
        text("\",\"incident_updates\":["),
        updates,
        text("]}"),
    ])
}

/// One incident with a title of this many bytes.
fn titled(version: u64, bytes: usize) -> Chunks {
    incident(version, 0, filler("Title ", bytes), list(1, |_| usual_update(0, 0)))
}

/// Twenty incidents with this many updates each.
fn updates(version: u64, count: usize, update: fn(u64, usize) -> String) -> Chunks {
    let of = move |number: usize| {
        let comma = if number == 0 { "" } else { "," };
        // The incidents stay, their updates are new.
        let incident = incident(1, number, text("Trouble"), list(count, move |index| update(version, index)));
        chain(vec![text(comma), incident])
    };
    Box::new((0..20).flat_map(of))
}

fn short_update(version: u64, number: usize) -> String {
    format!("{{\"id\":\"{version}.{number}\"}}")
}

fn usual_update(version: u64, number: usize) -> String {
    let (minute, second) = (number / 60 % 60, number % 60);
    format!(
        "{{\"id\":\"{version}.{number}\",\"body\":\"x\",\"status\":\"identified\",\
         \"display_at\":\"2026-02-25T06:{minute:02}:{second:02}Z\"}}"
    )
}

/// Text of megabytes that takes next to nothing where it is stored, and another one in each version.
fn dense(version: u64) -> Chunks {
    let of = move |number: usize| {
        let body = move |_| {
            format!(
                "{{\"id\":\"1\",\"status\":\"investigating\",\"body\":\"{}\",\"display_at\":\
                                     \"2026-02-25T06:14:20Z\"}}",
                "Text ".repeat(12_000)
            )
        };
        let comma = if number == 0 { "" } else { "," };
        chain(vec![text(comma), incident(version, number, text("Dense"), list(1, body))])
    };
    Box::new((0..60).flat_map(of))
}

fn feed(name: &str, bad: impl Fn(u64) -> Chunks + Send + Sync + 'static) -> Kind {
    Kind::new(name, "feed", move |path, version| {
        let calm = || text("<feed xmlns='http://www.w3.org/2005/Atom'><title>Bad</title></feed>");
        let body = if version == 0 { calm() } else { bad(version) };
        path.is_empty().then_some(Answer::Content("application/atom+xml", body))
    })
}

fn atom(entries: usize) -> Chunks {
    chain(vec![
        text("<feed xmlns='http://www.w3.org/2005/Atom'><title>Bad</title>"),
        repeated(entries, atom_entry),
        text("</feed>"),
    ])
}

fn rss(entries: usize) -> Chunks {
    chain(vec![
        text("<rss version='2.0'><channel><title>Bad</title>"),
        repeated(entries, rss_item),
        text("</channel></rss>"),
    ])
}

fn atom_entry(number: usize) -> String {
    format!("<entry><id>{number}</id><updated>2026-02-25T06:14:20Z</updated><title>Outage</title></entry>")
}

fn rss_item(number: usize) -> String {
    format!("<item><guid>{number}</guid><pubDate>Wed, 25 Feb 2026 06:14:20 GMT</pubDate><title>Out</title></item>")
}
