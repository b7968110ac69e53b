//! What documents of other encodings, with small faults or without entries read as.
use status::words::Phase;

use super::{error, incidents, read};
use crate::{
    contract::{Answer, ReadError},
    platforms::feed::Document,
    testing::facts::timeline,
};

fn document(body: &[u8], content_type: Option<&str>) -> Result<Document, ReadError> {
    let url: url::Url = "https://status.example.com".parse().unwrap();
    let content_type = content_type.map(str::to_owned);
    Document::read(&Answer { status: 200, content_type, body: body.to_vec().into(), ..Answer::none(url) })
}

fn title(body: &[u8], content_type: Option<&str>) -> String {
    document(body, content_type).unwrap().entries.pop().unwrap().title
}

#[test]
fn a_feed_may_be_in_another_encoding() {
    let feed = |head: &str, title: &[u8]| {
        [head.as_bytes(), b"<rss><channel><item><title>", title, b"</title></item></channel></rss>"].concat()
    };
    let latin = feed("<?xml version='1.0' encoding='ISO-8859-1'?>", b"St\xf6rung");
    assert_eq!(title(&latin, Some("application/rss+xml")), "Störung");
    assert_eq!(title(&latin, Some("application/rss+xml; charset=utf-8")), "Störung");
    assert_eq!(title(&feed("", b"St\xf6rung"), Some("text/xml; charset=windows-1252")), "Störung");
    assert_eq!(title(&feed("<?xml version='1.0' encoding='windows-1251'?>", b"\xd1\xe1\xee\xe9"), None), "Сбой");
    assert_eq!(title(&feed("\u{feff}", "Störung".as_bytes()), None), "Störung");
    let units: Vec<u16> = String::from_utf8(feed("\u{feff}", "Störung 🌩".as_bytes())).unwrap().encode_utf16().collect();
    let wide: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
    assert_eq!(title(&wide, None), "Störung 🌩");
    assert!(matches!(document(&wide[..wide.len() - 20], None), Err(ReadError::Malformed(_))), "cut off");
}

#[test]
fn what_says_no_encoding_is_utf_8_or_damaged() {
    let error = document(b"<rss><channel>\xe4</channel></rss>", None).err().unwrap();
    assert_eq!(error.to_string(), "damaged: / is not UTF-8 (first wrong byte at 14 of 31)");
    let error = document(b"\xff\xfe<\0r\0s\0s\0>\0", None).err().unwrap();
    assert_eq!(error.to_string(), "damaged: / is cut off after 5 bytes");
}

#[test]
fn a_bare_ampersand_is_one() {
    let found = incidents(
        "<rss><channel><title>A & B</title><item><title>Search & mail at AT&T; is it & slow?</title><guid>7</guid>\
         <link>https://status.example.com/x?a=1&b=2</link><description>Q&A &amp; R&D & more &</description>\
         </item></channel></rss>",
    );
    assert_eq!(found[0].title, "Search & mail at AT&T; is it & slow?");
    assert_eq!(found[0].updates[0].body.as_deref(), Some("Q&A & R&D & more &"));
    assert_eq!(found[0].url.as_deref(), Some("https://status.example.com/x?a=1&b=2"));
    assert!(matches!(error("<rss><channel><title>A & B"), ReadError::Malformed(_)));
}

#[test]
fn dates_are_read_as_they_are_met() {
    for date in [
        "Fri, 10 Jul 2026 04:17:41 GMT+0",
        "Fri, 10 Jul 2026 06:17:41 CEST",
        "2026-07-10T04:17:41Z",
        "2026-07-10T06:17:41+0200",
        "2026-07-10 04:17:41 UTC",
    ] {
        let feed = format!(
            "<rss><channel><item><title>Slow</title><guid>7</guid><pubDate>{date}</pubDate></item></channel></rss>"
        );
        assert_eq!(timeline(&incidents(&feed)[0].updates), ["26-07-10T04:17:41Z ?: "], "{date}");
    }
}

#[test]
fn a_quiet_page_is_readable_in_every_form() {
    for empty in [
        "<rss version='2.0'><channel><title>Status</title></channel></rss>",
        "<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom'><title>Status</title></feed>",
        "<feed/>",
        "<rdf:RDF xmlns:rdf='x'><channel><title>Status</title></channel></rdf:RDF>",
        r#"{"version": "https://jsonfeed.org/version/1.1", "title": "Status", "items": []}"#,
    ] {
        let parsed = read(&[("rss", empty)], Some("rss")).1.unwrap();
        assert!(parsed.snapshot.incidents.is_empty() && parsed.problems.is_empty(), "{empty}");
    }
}

#[test]
fn what_is_fine_again_under_the_same_id_is_over() {
    let feed =
        |title: &str| format!("<rss><channel><item><title>{title}</title><guid>mail</guid></item></channel></rss>");
    let page = crate::testing::Page::of(&[("rss", feed("Mail: Operational"))]);
    let read = |open: &[(status::snapshot::Kind, &str)]| {
        page.read(&crate::platforms::feed::FORMAT, Some("rss"), open).1.unwrap().snapshot.incidents
    };
    assert!(read(&[]).is_empty());
    assert_eq!(read(&[(status::snapshot::Kind::Incident, "mail")])[0].phase, Some(Phase::Resolved));
}
