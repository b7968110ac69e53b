//! Mail over SMTP: the mails of an incident form one thread with one subject, as text and HTML.
use std::collections::HashSet;

use fakes::Mail;
use store::Consent;
use tests::{
    receiver::Receiver,
    world::{self, destination},
};

use super::{course, show, world_with};

const ADDRESS: &str = "ops@customer.test";

fn header(mail: &Mail, name: &str) -> String {
    mail.header(name).unwrap_or_else(|| panic!("no {name} in {}", String::from_utf8_lossy(&mail.message)))
}

#[tokio::test]
async fn mails_of_a_renamed_incident_stay_one_thread() {
    let receiver = Receiver::start().await;
    let settings = world::mail(&receiver, "https://status.customer.test")
        + &destination("mail", "email", &format!("address = '{ADDRESS}'\nzone = 'Europe/Berlin'"));
    let world = world_with(receiver, &settings, &["mail"]).await;
    world.answer("local", ADDRESS, Consent::Confirmed).await;
    let mut states = course("i1");
    for renamed in &mut states[2..] {
        renamed.title = "Something else altogether".to_owned();
    }
    for state in &states {
        show(&world, state);
        world.round().await;
    }

    let [_, mails @ ..] = &world.receiver.fakes.mails_to(ADDRESS)[..] else { panic!("the consent mail comes first") };
    assert_eq!(mails.len(), 4);
    assert!(mails.iter().all(|mail| mail.from == "alerts@statuswire.test"));
    let subjects: HashSet<String> = mails.iter().filter_map(Mail::subject).collect();
    assert_eq!(subjects, HashSet::from(["[Acme] Trouble i1".to_owned()]));
    let root = header(&mails[0], "References");
    assert!(root.starts_with('<') && root.ends_with("@statuswire.test>"), "{root}");
    let own: HashSet<String> = mails.iter().map(|mail| header(mail, "Message-ID")).collect();
    assert_eq!((own.len(), own.contains(&root)), (4, false));
    let (recipient, _) = world.app.store.recipient(&"local".into(), ADDRESS).await.unwrap();
    let page = format!("https://status.customer.test/mail/{}", recipient.unwrap().token);
    for mail in mails {
        assert_eq!((header(mail, "References"), header(mail, "In-Reply-To")), (root.clone(), root.clone()));
        assert_eq!(header(mail, "List-Unsubscribe"), format!("<{page}/unsubscribe>"));
        assert_eq!(header(mail, "List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
        assert_eq!(header(mail, "Auto-Submitted"), "auto-generated");
    }
    let states = ["Investigating (minor)", "Identified (minor)", "Escalated: minor → major", "Resolved"];
    for (number, (mail, state)) in mails.iter().zip(states).enumerate() {
        let update = format!("Update {} of i1", number + 1);
        for part in [mail.text().unwrap(), mail.html().unwrap()] {
            for words in [state, update.as_str(), page.as_str(), "CET"] {
                assert!(part.contains(words), "{words} is missing: {part}");
            }
        }
        assert!(mail.html().unwrap().starts_with("<!DOCTYPE html>"));
    }
    let renamed = mails[2].text().unwrap();
    for words in ["Something else altogether", "Title changed: was \"Trouble i1\""] {
        assert!(renamed.contains(words), "{words} is missing: {renamed}");
    }
    world.finish().await;
}
