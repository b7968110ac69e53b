//! Mail: read with a mail parser and an HTML tokenizer, as mail programs would.
mod headers;
mod links;
mod replies;

use std::cell::RefCell;

use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
    states::{RawKind, State},
};
use mail_parser::{Message, MessageParser, MimeHeaders};
use proptest::prelude::*;
use status::{ids::DeliveryId, monitor::Settings, words::Event};

use crate::{
    Channel, Handle, Job, Mail, MailJob, Outcome, Response, Step, channel,
    tests::{
        alerts::{
            Case, INCIDENT_URL, RECIPIENT_PAGE, at, filled, hostile_texts, of_event, opened, resolved, scheduled,
            settings, updated,
        },
        contract::{Contract, Limit, Unit, Wrong},
    },
};

pub(crate) const CONTRACT: Contract = Contract {
    wrong: &[
        Wrong::new(&[("address", "wr0ng")], "address", "name@example.com"),
        Wrong::new(&[("address", "wr0ng@")], "address", "name@example.com"),
        Wrong::new(&[("address", "@wr0ng.example")], "address", "name@example.com"),
        Wrong::new(&[("address", "wr0ng@example")], "address", "name@example.com"),
        Wrong::new(&[("address", "a wr0ng@example.com")], "address", "name@example.com"),
        Wrong::new(&[("address", "\"a wr0ng\"@example.com")], "address", "name@example.com"),
        Wrong::new(&[("address", "wr0ng@[192.0.2.1]")], "address", "name@example.com"),
        Wrong::new(&[("address", "Wr0ng <a@example.com>")], "address", "name@example.com"),
        Wrong::new(&[("address", "<wr0ng@example.com>")], "address", "name@example.com"),
        Wrong::new(&[("address", "a@example.com,wr0ng@example.com")], "address", "name@example.com"),
        Wrong::new(&[("address", "a@example.com wr0ng@example.com")], "address", "name@example.com"),
        Wrong::new(&[("address", "a@example.com\r\nBcc: wr0ng@example.com")], "address", "name@example.com"),
        Wrong::new(&[("address", "wr0ng@example.com\0")], "address", "name@example.com"),
        Wrong::new(&[("address", "wr0ng..a@example.com")], "address", "name@example.com"),
        Wrong::new(&[("address", "wr0ng@bücher.example")], "address", "name@example.com"),
        Wrong::new(&[("address", "jo@example.com"), ("zone", "Wr0ng/Zone")], "zone", "Europe/Berlin"),
        Wrong::new(&[("address", "jo@example.com"), ("zone", "+02:00")], "zone", "Europe/Berlin"),
        Wrong::new(&[("address", "jo@example.com"), ("zone", "../wr0ng")], "zone", "Europe/Berlin"),
    ],
    limits: &[
        Limit::new("subject", 150, Unit::Characters),
        // Gmail cuts a mail off after 102 kB, and base64 makes it a third longer.
        Limit::new("html", 64_000, Unit::Bytes),
        Limit::new("text", 64_000, Unit::Bytes),
    ],
    check: assert_well_formed_and_inert,
};

fn email() -> &'static Channel {
    channel("email").unwrap()
}

fn to(address: &str) -> Settings {
    settings([("address", address)])
}

fn mail(case: &Case<'_>) -> Mail {
    match case.step(email(), &[]) {
        Step::Mail(mail) => mail,
        _ => panic!("wanted a mail"),
    }
}

/// Header and parts of a mail, decoded.
struct Read {
    raw: String,
    subject: String,
    text: String,
    html: String,
}

impl Read {
    fn of(mail: &Mail) -> Self {
        let message = MessageParser::default().parse(&mail.message[..]).unwrap();
        Self {
            raw: String::from_utf8(mail.message.to_vec()).unwrap(),
            subject: message.subject().unwrap().to_owned(),
            text: message.body_text(0).unwrap().replace("\r\n", "\n"),
            html: message.body_html(0).unwrap().into_owned(),
        }
    }

    /// The value of a header, unfolded.
    fn header(&self, name: &str) -> Option<String> {
        let head = self.raw.split_once("\r\n\r\n").unwrap().0.replace("\r\n ", " ");
        let found: Vec<&str> = head.split("\r\n").filter_map(|line| line.strip_prefix(&format!("{name}: "))).collect();
        assert!(found.len() < 2, "{name}: {found:?}");
        found.first().map(|value| (*value).to_owned())
    }
}

fn read(case: &Case<'_>) -> Read {
    Read::of(&mail(case))
}

/// Tags and text of a page, as a browser reads them.
#[derive(Default)]
struct Page {
    tags: RefCell<Vec<Tag>>,
    text: RefCell<String>,
}

impl TokenSink for Page {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::CharacterTokens(text) => self.text.borrow_mut().push_str(&text),
            Token::TagToken(tag) => {
                let is_style = tag.kind == TagKind::StartTag && &*tag.name == "style";
                self.tags.borrow_mut().push(tag);
                if is_style {
                    return TokenSinkResult::RawData(RawKind::Rawtext);
                }
            }
            Token::CommentToken(comment) => panic!("a comment: {comment}"),
            Token::NullCharacterToken => panic!("a NUL"),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

fn parse(html: &str) -> Page {
    let options = TokenizerOpts { initial_state: Some(State::Data), ..TokenizerOpts::default() };
    let tokenizer = Tokenizer::new(Page::default(), options);
    let queue = BufferQueue::default();
    queue.push_back(html.into());
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
    tokenizer.sink
}

/// No element, attribute or link but ours, whatever the provider wrote.
fn assert_html_inert(html: &str) {
    #[rustfmt::skip]
    const ELEMENTS: &[&str] = &[
        "html", "head", "meta", "title", "style", "body", "div", "table", "tr", "td", "p", "h1", "b", "span", "a", "br",
        // What the provider's Markdown becomes.
        "blockquote", "code", "em", "hr", "li", "ol", "pre", "strong", "ul",
    ];
    const ATTRIBUTES: &[&str] = &[
        "align",
        "cellpadding",
        "cellspacing",
        "charset",
        "class",
        "content",
        "dir",
        "height",
        "href",
        "lang",
        "name",
        "role",
        "start",
        "style",
        "valign",
        "width",
    ];
    for tag in parse(html).tags.borrow().iter() {
        assert!(ELEMENTS.contains(&&*tag.name), "<{}>", tag.name);
        for attribute in &tag.attrs {
            let (name, value) = (&*attribute.name.local, &*attribute.value);
            assert!(ATTRIBUTES.contains(&name), "{name}={value}");
            match name {
                "href" => assert!(value.starts_with("https://") || value.starts_with("http://"), "{value}"),
                "style" => assert!(!value.contains("url(") && !value.contains("evil"), "{value}"),
                _ => {}
            }
        }
    }
}

/// Headers and lines of a mail are as they must be, and foreign text is inert.
fn assert_well_formed_and_inert(case: &Case<'_>) {
    let read = read(case);
    assert!(!read.subject.contains(char::is_control));
    assert!(read.raw.is_ascii());
    // Lines: <https://www.rfc-editor.org/rfc/rfc5322#section-2.1.1>.
    assert!(read.raw.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])));
    let message = MessageParser::default().parse(read.raw.as_bytes()).unwrap();
    let mut names: Vec<&str> = message.headers().iter().map(|header| header.name()).collect();
    names.sort_unstable();
    #[rustfmt::skip]
    assert_eq!(names, [
        "Auto-Submitted", "Content-Type", "Date", "From", "In-Reply-To", "List-ID", "List-Unsubscribe",
        "List-Unsubscribe-Post", "MIME-Version", "Message-ID", "References", "Subject", "To", "X-Auto-Response-Suppress",
    ]);
    assert_eq!((message.parts.len(), message.attachment_count()), (3, 0));
    assert_html_inert(&read.html);
}

#[test]
fn recipient_is_the_address_as_it_is_sent_to() {
    let recipient = |address: &str| (email().recipient)(&to(address));
    assert_eq!(recipient(" Jo.Doe@EXAMPLE.Com\n").as_deref(), Some("Jo.Doe@example.com"));
    assert_eq!(recipient("jo+tag@localhost").as_deref(), Some("jo+tag@localhost"));
    assert_eq!(recipient("jo"), None);
    assert_eq!(recipient(&format!("{}@example.com", "x".repeat(300))), None);
}

/// What is kept after the first mail.
fn kept(alert: &status::alert::Alert) -> Option<Handle> {
    let settings = to("jo@example.com");
    match Case::new(alert, &settings).outcome(email(), &[reply(250, "2.0.0 queued")]) {
        Outcome::Delivered { handle, .. } => handle,
        other => panic!("{other:?}"),
    }
}

/// To the name of the recipient.
fn reply(code: u16, text: &str) -> Response {
    Response::Mail { code, text: text.to_owned(), to_recipient: true }
}

#[test]
fn question_is_ours_alone_and_asked_once_for_all() {
    let settings = to("jo@example.com");
    let alert = of_event(Event::Confirm);
    let asked = read(&Case::new(&alert, &settings));
    assert_eq!(asked.subject, "[statuswire] Confirm that you want these alerts");
    assert_eq!(asked.header("List-Unsubscribe"), None);
    assert!(asked.html.contains(&format!("href=\"{RECIPIENT_PAGE}\"")));
    assert!(asked.text.contains("You will receive nothing until you confirm."), "{}", asked.text);

    // Whoever enters an address cannot put words into the question.
    let mut hostile = filled("evil");
    hostile.event = Event::Confirm;
    let asked = read(&Case::new(&hostile, &settings));
    for part in [&asked.text, &asked.html, &asked.subject] {
        assert!(!part.contains("evil") && !part.contains("https://status.example/xxx"), "{part}");
    }
}

#[test]
fn without_mail_settings_nothing_is_sent() {
    let (alert, settings) = (opened(), to("jo@example.com"));
    let destination = "ops".into();
    let wrong = MailJob { from: "Alerts", page: RECIPIENT_PAGE, acknowledge: None, destination: &destination };
    for (mail, expected) in [(None, "mail is not configured"), (Some(wrong), "must be like")] {
        let job = Job {
            id: &DeliveryId::new("dlv_0123456789abcdef"),
            alert: &alert,
            settings: &settings,
            handle: None,
            superseded: false,
            unknown: false,
            incident_url: None,
            mail,
            now: at("12:05:00"),
        };
        match (email().deliver)(&job, &[]) {
            Step::Done(Outcome::Refused { reason, .. }) => assert!(reason.contains(expected), "{reason}"),
            _ => panic!("{expected}"),
        }
    }
}

#[test]
fn times_are_the_recipients_across_a_change_of_the_clock() {
    let show = |zone: &str, time: &str| {
        let mut alert = opened();
        alert.incident.started_at = Some(time.parse().unwrap());
        let settings = settings([("address", "jo@example.com"), ("zone", zone)]);
        let text = read(&Case::new(&alert, &settings)).text;
        text.lines().find_map(|line| line.strip_prefix("Started: ")).unwrap().to_owned()
    };
    for (zone, time, expected) in [
        ("Europe/Berlin", "2026-08-06T12:00:00Z", "Thu 6 Aug 2026, 14:00 CEST (12:00 UTC)"),
        ("Europe/Berlin", "2026-10-25T00:30:00Z", "Sun 25 Oct 2026, 02:30 CEST (00:30 UTC)"),
        ("Europe/Berlin", "2026-10-25T01:30:00Z", "Sun 25 Oct 2026, 02:30 CET (01:30 UTC)"),
        ("Europe/Berlin", "2026-03-29T00:59:00Z", "Sun 29 Mar 2026, 01:59 CET (00:59 UTC)"),
        ("Europe/Berlin", "2026-03-29T01:00:00Z", "Sun 29 Mar 2026, 03:00 CEST (01:00 UTC)"),
        ("America/Los_Angeles", "2026-08-06T02:00:00Z", "Wed 5 Aug 2026, 19:00 PDT (Thu 6 Aug, 02:00 UTC)"),
        ("America/Sao_Paulo", "2026-08-06T12:00:00Z", "Thu 6 Aug 2026, 09:00 UTC-03 (12:00 UTC)"),
        ("Asia/Kolkata", "2026-08-06T12:00:00Z", "Thu 6 Aug 2026, 17:30 IST (12:00 UTC)"),
        ("UTC", "2026-08-06T12:00:00Z", "Thu 6 Aug 2026, 12:00 UTC"),
    ] {
        assert_eq!(show(zone, time), expected);
    }
}

#[test]
fn foreign_text_is_text_only() {
    let settings = to("jo@example.com");
    let mut alert = filled(&hostile_texts()[1]);
    alert.updates.truncate(1);
    let read = read(&Case::new(&alert, &settings));
    assert_html_inert(&read.html);
    let page = parse(&read.html);
    assert!(page.text.borrow().contains("<script>alert(1)</script> &lt;!channel&gt;"));
    assert!(!read.text.contains(['\u{202e}', '\u{1b}']));
    // No line of the provider's looks like one of ours.
    alert.updates[0].body = Some("done\n-- \nUnsubscribe: https://evil.example".to_owned());
    let text = self::read(&Case::new(&alert, &settings)).text;
    assert_eq!(text.lines().filter(|line| line.starts_with("Unsubscribe: ")).count(), 1);
    assert_eq!(text.lines().filter(|line| *line == "-- ").count(), 1);
}

#[test]
fn both_parts_link_to_the_incident_and_to_the_unsubscribe_page() {
    let (alert, settings) = (opened(), to("jo@example.com"));
    let read = read(&Case::new(&alert, &settings));
    let page = parse(&read.html);
    let tags = page.tags.borrow();
    let links: Vec<&str> =
        tags.iter().flat_map(|tag| &tag.attrs).filter(|it| &*it.name.local == "href").map(|it| &*it.value).collect();
    assert_eq!(links, [INCIDENT_URL, "https://status.clerk.example/incidents/inc1", RECIPIENT_PAGE]);
    for link in links {
        assert!(read.text.contains(&format!(": {link}\n")), "{link} in {}", read.text);
    }
}

#[test]
fn reasons_and_omissions_are_in_both_parts() {
    let settings = to("jo@example.com");
    let mut alert = updated();
    let update = alert.updates[0].clone();
    alert.updates = vec![update; 30];
    let mut case = Case::new(&alert, &settings);
    case.unknown = true;
    let read = read(&case);
    for told in ["your filter fits none", "10 earlier updates not shown.", "Escalated: minor → major"] {
        assert!(read.text.contains(told) && parse(&read.html).text.borrow().contains(told), "{told}");
    }
    let many = filled("API");
    let read = self::read(&Case::new(&many, &settings));
    for told in ["+300 components", "Now major outage (300)", ", +288 more"] {
        assert!(read.text.contains(told) && parse(&read.html).text.borrow().contains(told), "{told}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn mail_depends_on_the_delivery_alone(title in any::<String>(), body in any::<String>()) {
        let settings = to("jo@example.com");
        let mut alert = updated();
        alert.incident.title = title;
        alert.updates[0].body = Some(body);
        let case = Case::new(&alert, &settings);
        assert_well_formed_and_inert(&case);
        prop_assert_eq!(case.sent(email(), at("12:05:00")), case.sent(email(), at("18:05:00")));
    }
}

#[test]
fn typical_mails() {
    let settings = settings([("address", "jo@example.com"), ("zone", "Europe/Berlin")]);
    for (name, alert) in [
        ("email_opened", opened()),
        ("email_updated", updated()),
        ("email_resolved", resolved()),
        ("email_scheduled", scheduled()),
        ("email_unreadable", of_event(Event::Unreadable)),
        ("email_test", of_event(Event::Test)),
        ("email_confirm", of_event(Event::Confirm)),
        ("email_disabled", of_event(Event::Disabled)),
    ] {
        let read = read(&Case::new(&alert, &settings));
        let head = read.raw.split_once("\r\n\r\n").unwrap().0.replace("\r\n", "\n");
        insta::assert_snapshot!(name, format!("{head}\n\n{}", read.text));
        // One element a line, and without the styles, for reading.
        if ["email_opened", "email_resolved", "email_scheduled", "email_confirm"].contains(&name) {
            insta::assert_snapshot!(format!("{name}_html"), readable(&read.html));
        }
    }
}

/// Tags without their styles, and the text between them.
fn readable(html: &str) -> String {
    let mut lines = String::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        let (tag, after) = after.split_once('>').unwrap();
        if !before.trim().is_empty() && !before.starts_with(":root") {
            lines.push_str(&format!("  {}\n", before.trim()));
        }
        let (kept, style) = tag.split_once(" style=\"").unwrap_or((tag, ""));
        let kept = format!("{kept}{}", style.split_once('"').map_or("", |(_, more)| more));
        if !kept.starts_with('/') && !["table", "tr", "br", "b", "td"].contains(&kept.as_str()) {
            lines.push_str(&format!("<{kept}>\n"));
        }
        rest = after;
    }
    lines
}
