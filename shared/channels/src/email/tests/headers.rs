//! Subject, thread and the other headers of a mail.
use super::*;

#[test]
fn headers_are_those_of_a_list_that_nobody_answers() {
    let (alert, settings) = (opened(), to(" Jo.Doe@EXAMPLE.com"));
    let mail = mail(&Case::new(&alert, &settings));
    assert_eq!((mail.from.as_str(), mail.to.as_str()), ("alerts@statuswire.example", "Jo.Doe@example.com"));
    assert_eq!(mail.destination.as_str(), "ops");
    let read = Read::of(&mail);
    for (name, expected) in [
        ("From", "statuswire <alerts@statuswire.example>"),
        ("To", "Jo.Doe@example.com"),
        ("Subject", "[Clerk] Sign-in errors"),
        ("Date", "Thu, 06 Aug 2026 12:00:30 +0000"),
        ("Message-ID", "<dlv_0123456789abcdef@statuswire.example>"),
        ("List-Id", "<alerts.statuswire.example>"),
        ("List-Unsubscribe", &format!("<{RECIPIENT_PAGE}/unsubscribe>")),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
    ] {
        assert_eq!(read.header(name).as_deref(), Some(expected), "{name}");
    }
    assert_eq!(read.header("X-Entity-Ref-ID"), None);
    let message = MessageParser::default().parse(&mail.message[..]).unwrap();
    let types: Vec<_> = message.parts.iter().map(|part| part.content_type().unwrap().subtype().unwrap()).collect();
    assert_eq!(types, ["alternative", "plain", "html"]);
    let charset = |message: &Message<'_>, part: usize| {
        message.parts[part].content_type().unwrap().attribute("charset").unwrap().to_owned()
    };
    assert_eq!((charset(&message, 1), charset(&message, 2)), ("utf-8".to_owned(), "utf-8".to_owned()));
}

#[test]
fn mails_of_one_incident_are_one_thread() {
    let settings = to("jo@example.com");
    let thread = |alert| {
        let read = read(&Case::new(&alert, &settings));
        let root = read.header("References").unwrap();
        assert_eq!(read.header("In-Reply-To"), Some(root.clone()));
        assert!(root.starts_with('<') && root.ends_with("@statuswire.example>"), "{root}");
        root
    };
    let first = thread(opened());
    assert_eq!((thread(updated()), thread(resolved())), (first.clone(), first.clone()));

    let mut again = opened();
    again.incident.episode = 2;
    let mut other = opened();
    other.incident.id = "inc2".into();
    let mut elsewhere = opened();
    elsewhere.provider = "other".into();
    for apart in [again, other, elsewhere] {
        assert_ne!(thread(apart), first);
    }
}

#[test]
fn destinations_have_threads_of_their_own() {
    let (alert, settings) = (opened(), to("jo@example.com"));
    let root = |destination: &str| {
        let job = Job {
            id: &DeliveryId::new("dlv_0123456789abcdef"),
            alert: &alert,
            settings: &settings,
            handle: None,
            superseded: false,
            unknown: false,
            incident_url: None,
            mail: Some(MailJob {
                from: "a@b.example",
                page: RECIPIENT_PAGE,
                acknowledge: None,
                destination: &destination.into(),
            }),
            now: at("12:05:00"),
        };
        match (email().deliver)(&job, &[]) {
            Step::Mail(mail) => Read::of(&mail).header("References"),
            _ => panic!("wanted a mail"),
        }
    };
    assert_ne!(root("ops"), root("devs"));
}

#[test]
fn renamed_incident_keeps_its_subject() {
    let settings = to("jo@example.com");
    let handle = kept(&opened()).unwrap();
    let mut renamed = updated();
    renamed.incident.title = "Sessions expire early".to_owned();
    renamed.provider_name = "Clerk Inc.".to_owned();
    let mut case = Case::new(&renamed, &settings);
    case.handle = Some(&handle);
    let read = read(&case);
    assert_eq!(read.subject, "[Clerk] Sign-in errors");
    assert!(read.text.contains("Sessions expire early"), "{}", read.text);
    let Outcome::Delivered { handle: again, .. } = case.outcome(email(), &[reply(250, "")]) else { panic!() };
    assert_eq!(again, Some(handle));
}

#[test]
fn subject_that_was_kept_cannot_inject_a_header() {
    let (alert, settings) = (updated(), to("jo@example.com"));
    let handle = Handle([("subject".to_owned(), "a\r\nBcc: evil@example.com\r\n\r\nb".to_owned())].into());
    let mut case = Case::new(&alert, &settings);
    case.handle = Some(&handle);
    assert_well_formed_and_inert(&case);
    assert_eq!(read(&case).subject, "a Bcc: evil@example.com b");
}

#[test]
fn subject_tells_what_does_not_change() {
    let settings = to("jo@example.com");
    let subject = |alert| read(&Case::new(&alert, &settings)).subject;
    assert_eq!(subject(scheduled()), "[Clerk] Maintenance: Database upgrade");
    let mut again = opened();
    again.incident.episode = 2;
    assert_eq!(subject(again.clone()), "[Clerk] Sign-in errors (reopened)");
    again.incident.title = "long ".repeat(100);
    assert!(subject(again.clone()).ends_with(" … (reopened)"));
    again.incident.title = "Störung 👩\u{200d}💻".to_owned();
    assert_eq!(subject(again.clone()), "[Clerk] Störung 👩\u{200d}💻 (reopened)");
    assert!(read(&Case::new(&again, &settings)).header("Subject").unwrap().contains("=?utf-8?b?"));
    assert_eq!(subject(of_event(Event::Disabled)), "[statuswire] Alerts to \"ops\" are paused");
}

#[test]
fn notices_stand_alone() {
    let settings = to("jo@example.com");
    let handle = Handle([("subject".to_owned(), "[Clerk] Sign-in errors".to_owned())].into());
    for event in [Event::Test, Event::Confirm, Event::Disabled] {
        let alert = of_event(event);
        let mut case = Case::new(&alert, &settings);
        case.handle = Some(&handle);
        let read = read(&case);
        assert!(!read.subject.contains("Clerk"), "{}", read.subject);
        assert_eq!((read.header("References"), read.header("In-Reply-To")), (None, None));
        assert_eq!(kept(&alert), None);
    }
}
