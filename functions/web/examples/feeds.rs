//! Prints the calendars, feeds and badges of a store full of hostile texts as one JSON document, for the independent
//! parsers of `.ci/feeds.py`: URL, status, media type and text of each.
use axum::body::Body;
use http::{Request, header};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use status::{
    snapshot::{Affected, Incident, Kind, Update, Window},
    words::Phase,
};

#[path = "../tests/it/world.rs"]
#[allow(dead_code, clippy::unwrap_used)]
mod world;

use world::{World, component, incident, snapshot};

const HOST: &str = "status.example.com";
const PATHS: [&str; 8] = [
    "/calendar.ics",
    "/watched.ics",
    "/providers/acme/calendar.ics",
    "/incidents.atom",
    "/watched.atom",
    "/providers/acme/incidents.atom",
    "/providers/acme/badge.svg?label=%22%3E%3Cscript%3E%00%01%26%EF%BF%BF",
    "/providers/nobody/badge.svg",
];

/// Each is used as a title, a text and a component name.
fn hostile() -> Vec<String> {
    let texts = [
        "Plain",
        "x\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:injected",
        "a,b;c\\d\\n:e\"f",
        "\u{0}\u{1}\u{8}\u{b}\u{c}\u{1b}\u{7f}\u{85}\u{2028}\u{2029}\u{fffe}\u{ffff}",
        "</content></entry><entry>]]><!-- & &amp; &#0; <![CDATA[",
        "<script>alert(1)</script><img src=x onerror=alert(1)>",
        "\u{202e}drawkcab\u{202c} العربية 日本語 👩‍💻 ﷽",
        "\r",
        " ",
    ];
    let long = ["ü", "日", "👩‍💻", "a b"].map(|text| text.repeat(400));
    texts.into_iter().map(str::to_owned).chain(long).collect()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let now = Timestamp::from_second(Timestamp::now().as_second())?;
    let at = |hours: i64| now + SignedDuration::from_hours(hours);
    let texts = hostile();
    let components: Vec<_> =
        texts.iter().enumerate().map(|(number, text)| component(&format!("c{number}"), text)).collect();
    let mut all = Vec::new();
    for (number, text) in texts.iter().enumerate() {
        let ahead = i64::try_from(number)?;
        let update = Update {
            id: "u1".into(),
            phase: None,
            posted_at: Some(at(-1)),
            body: Some(text.clone()),
            components: Vec::new(),
        };
        let url = Some(format!("https://status.acme.example/{text}"));
        let base = Incident { url, updates: vec![update], ..incident(&format!("i{number}{text}"), text, at(-2)) };
        let window = Some(Window { starts_at: Some(at(ahead)), ends_at: (number % 3 > 0).then(|| at(ahead + 26)) });
        all.push(Incident {
            kind: Kind::Maintenance,
            phase: Some(Phase::Scheduled),
            window,
            components: vec![Affected { id: format!("c{number}").into(), status: None }],
            id: format!("m{number}{text}").into(),
            ..base.clone()
        });
        all.push(base);
    }
    let world = World::start(&["acme"]).await;
    // As every read, through the gate.
    let snapshot = |incidents: &[Incident]| status::bounds::bound(snapshot(&components, incidents), []).0;
    world.read("acme", &snapshot(&[]), at(-3)).await;
    world.read("acme", &snapshot(&all), at(-1)).await;
    // The first maintenance is cancelled, another is rescheduled.
    all.remove(0);
    if let Some(window) = all.iter_mut().find_map(|incident| incident.window.as_mut()) {
        window.starts_at = Some(at(50));
        window.ends_at = Some(at(52));
    }
    for seconds in [120, 60] {
        let read_at = now - SignedDuration::from_secs(seconds);
        world.read("acme", &snapshot(&all), read_at).await;
    }
    let mut samples = Vec::new();
    for path in PATHS {
        let request = Request::get(path).header(header::HOST, HOST).body(Body::empty())?;
        let (status, headers, text) = world.ask(request).await;
        let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        samples.push(json!({"url": path, "status": status.as_u16(), "type": media_type, "text": text}));
    }
    let document = json!({"origin": format!("http://{HOST}"), "titles": texts, "samples": samples});
    serde_json::to_writer(std::io::stdout().lock(), &document)?;
    Ok(())
}
