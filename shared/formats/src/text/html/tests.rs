//! HTML as providers write it, next to the text that people shall read.
use std::time::{Duration, Instant};

use super::*;

#[test]
fn blocks_become_lines_and_paragraphs_are_apart() {
    assert_eq!(to_text("<p>One<br>two</p><p>three</p><div>four</div>five"), "One\ntwo\n\nthree\n\nfour\nfive");
}

#[test]
fn list_items_get_a_dash() {
    assert_eq!(to_text("Hit:<ul>\n  <li>API</li>\n<li> Web </li></ul>"), "Hit:\n- API\n- Web");
    assert_eq!(to_text("<ul><li>API</li><li>Web</li></ul>"), "- API\n- Web");
}

#[test]
fn links_show_where_they_lead_unless_the_text_says_it() {
    assert_eq!(
        to_text(r#"see <a class=x href="https://a.example/?x=1&amp;y=2">the notes</a>."#),
        "see the notes (https://a.example/?x=1&y=2)."
    );
    assert_eq!(to_text("<a href='https://a.example'>https://a.example</a>"), "https://a.example");
    assert_eq!(to_text("<a href='javascript:alert(1)'>press</a>"), "press");
    assert_eq!(to_text("<a href='https://a.example/ b'>press</a>"), "press");
    assert_eq!(to_text("<a href='https://a.example'><img></a>seen"), "seen");
}

#[test]
fn scripts_styles_and_comments_say_nothing() {
    assert_eq!(to_text("a<script>if (1 < 2) '</b>'</SCRIPT>b<style>p{}</style>c<!-- <p>d -->e<!doctype x>f"), "abcef");
    assert_eq!(to_text("a<script>never closed <p>b"), "a");
}

#[test]
fn entities_are_decoded_once() {
    assert_eq!(to_text("a &amp;lt; &#8217;&#x2019; &nbsp; b &unknown; & c"), "a &lt; ’’ b &unknown; & c");
    assert_eq!(decode("&#xD800;&#0;&#99999999;"), "\u{FFFD}\0\u{FFFD}");
    assert_eq!(to_text("&#0;&#27;[31m\u{202E}x"), "[31mx");
}

#[test]
fn a_lone_angle_bracket_is_text() {
    assert_eq!(to_text("latency < 5 ms, 3 > 2 <3"), "latency < 5 ms, 3 > 2 <3");
    assert_eq!(to_text("cut off <a href="), "cut off");
}

#[test]
fn attributes_are_found_in_any_quoting() {
    let attributes = r#" REL=alternate title='a b' href = "/feed?a=1&amp;b" disabled"#;
    assert_eq!(attribute(attributes, "rel").as_deref(), Some("alternate"));
    assert_eq!(attribute(attributes, "href").as_deref(), Some("/feed?a=1&b"));
    assert_eq!(attribute(attributes, "disabled").as_deref(), Some(""));
    assert_eq!(attribute(attributes, "b"), None);
    assert_eq!(attribute(" ==\"x", "rel"), None);
    assert_eq!(attribute(" é=1 rel='open", "rel").as_deref(), Some("open"));
}

#[test]
fn a_quoted_angle_bracket_does_not_end_the_tag() {
    assert_eq!(to_text(r#"<a title="a > b" href='https://a.example?x=>'>more</a>"#), "more (https://a.example?x=>)");
    assert_eq!(to_text(r#"<a data-tip = "<b class='x'>tip</b>" class=y>Rome</a>"#), "Rome");
    assert_eq!(to_text(r#"<b title=5">six</b> "seven""#), "six \"seven\"", "a quote inside of a value opens nothing");
    assert_eq!(to_text(r#"<b title="never closed>six</b> seven"#), "six seven");
    assert_eq!(to_text(r#"<b title="closed">six</b><b title='a"b>'>seven</b>"#), "sixseven");
}

#[test]
fn hostile_input_takes_linear_time() {
    let began = Instant::now();
    let quotes = ["<a b=\">x\"", "<a b='>", "<a b=\"'>", "<a b = \"><c d='>"];
    let pieces = ["<a ", "&", "</script", "<script></", "<!--", "<a href='https://a.example'>x", "<li>", "&#1;"];
    for piece in pieces.into_iter().chain(quotes) {
        to_text(&piece.repeat(200_000));
    }
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[test]
fn a_script_is_found_with_what_is_in_it() {
    let html = r#"<p>x<script id="data" type="application/json">{"a":"</p>"}</script><SCRIPT>1<2</SCRIPT><script src=x></script>"#;
    let found: Vec<_> = scripts(html).map(|(attributes, content)| (attribute(attributes, "id"), content)).collect();
    assert_eq!(found, [(Some("data".into()), r#"{"a":"</p>"}"#), (None, "1<2"), (None, "")]);
    assert_eq!(scripts("<script>never closed").collect::<Vec<_>>(), [("", "never closed")]);
}
