//! What the reply of a mail server means.
use super::{email, reply, to};
use crate::{
    Outcome, Response,
    tests::alerts::{Case, opened, word},
};

/// Code and text of a reply, what it means as the reply to the recipient's name, and as the one to the content.
const REPLIES: &[(u16, &str, &str, &str)] = &[
    (250, "2.0.0 OK queued as 1234", "delivered", "delivered"),
    (251, "User not local; will forward", "delivered", "delivered"),
    (421, "4.3.0 shutting down", "retry everyone", "retry everyone"),
    (450, "4.2.1 mailbox busy", "retry", "retry"),
    (451, "4.7.1 greylisted", "retry", "retry"),
    (452, "4.2.2 mailbox full", "retry", "retry"),
    (454, "Throttling failure: Maximum sending rate exceeded.", "retry everyone", "retry everyone"),
    (530, "5.7.0 Must issue a STARTTLS command first", "retry everyone", "retry everyone"),
    (534, "5.7.9 mechanism is too weak", "retry everyone", "retry everyone"),
    (535, "5.7.8 Authentication credentials invalid", "retry everyone", "retry everyone"),
    // Without an enhanced code only the reply to the recipient's name tells.
    (550, "no such user here", "gone", "refused for now"),
    (550, "Requested action not taken: mailbox unavailable", "gone", "refused for now"),
    (550, "5.0.0 unknown user", "gone", "refused for now"),
    (550, "5.1.0 Address rejected", "gone", "refused for now"),
    (551, "User not local; please try elsewhere", "gone", "refused for now"),
    (553, "mailbox name not allowed", "gone", "refused for now"),
    (554, "no such user here", "refused for now", "refused for now"),
    (552, "no such user here", "refused for now", "refused for now"),
    (556, "domain does not accept mail", "refused for now", "refused for now"),
    // With one it does not matter where the reply came.
    (550, "5.1.1 The email account that you tried to reach does not exist", "gone", "gone"),
    (550, "#5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found", "gone", "gone"),
    (554, "5.1.1 unknown user", "gone", "gone"),
    (553, "5.1.3 bad address syntax", "gone", "gone"),
    (550, "5.1.2 host unknown", "gone", "gone"),
    (556, "5.1.10 Recipient address has null MX", "gone", "gone"),
    // The sender, a policy, a quota, the content.
    (550, "5.1.8 Sender address has a null MX", "refused for now", "refused for now"),
    (550, "5.1.0 sender rejected", "refused for now", "refused for now"),
    (550, "5.2.1 receives mail at a rate that prevents more", "refused for now", "refused for now"),
    (550, "5.7.1 recipient not authorised to receive from you", "refused for now", "refused for now"),
    (
        550,
        "5.7.26 Your email has been blocked because the sender is unauthenticated",
        "refused for now",
        "refused for now",
    ),
    (550, "5.7.515 Access denied, sending domain does not meet the level", "refused for now", "refused for now"),
    (550, "5.7.9 message not accepted for policy reasons", "refused for now", "refused for now"),
    (550, "Administrative prohibition", "refused for now", "refused for now"),
    (550, "administrative prohibition, mail from your network", "refused for now", "refused for now"),
    (550, "quota exceeded", "refused for now", "refused for now"),
    (550, "The mailbox is full", "refused for now", "refused for now"),
    (550, "relay not permitted", "refused for now", "refused for now"),
    (553, "sorry, that domain isn't in my list of allowed rcpthosts", "refused for now", "refused for now"),
    (550, "JunkMail rejected: listed as SPAM by 5.1.1.1", "refused for now", "refused for now"),
    (550, "5.6.0 content rejected", "refused for now", "refused for now"),
    (552, "5.2.2 mailbox full", "refused for now", "refused for now"),
    (550, "5.2.2 over quota", "refused for now", "refused for now"),
    (554, "Message rejected: Email address is not verified.", "refused for now", "refused for now"),
    (555, "parameters not recognized", "refused for now", "refused for now"),
];

#[test]
fn reply_decides_the_outcome() {
    let (alert, settings) = (opened(), to("jo@example.com"));
    let case = Case::new(&alert, &settings);
    for &(code, text, at_recipient, at_content) in REPLIES {
        for (to_recipient, expected) in [(true, at_recipient), (false, at_content)] {
            let said = Response::Mail { code, text: text.to_owned(), to_recipient };
            let outcome = case.outcome(email(), &[said]);
            let everyone = matches!(outcome, Outcome::Retry { everyone: true, .. });
            let found = format!("{}{}", word(&outcome), if everyone { " everyone" } else { "" });
            assert_eq!(found, expected, "{code} {text}, to the recipient: {to_recipient}");
            let reason = match outcome {
                Outcome::Retry { reason, .. } | Outcome::Refused { reason, .. } | Outcome::Gone { reason } => reason,
                _ => continue,
            };
            assert!(reason.contains(&format!("answered {code}: {text}")), "{reason}");
        }
    }
}

#[test]
fn address_is_in_no_reason_however_the_server_spells_it() {
    let alert = opened();
    let settings = to("Jo.Doe@Example.COM");
    for spelt in ["jo.doe@example.com", "JO.DOE@EXAMPLE.COM", "Jo.Doe", "example.com"] {
        let outcome = Case::new(&alert, &settings).outcome(email(), &[reply(550, &format!("5.1.1 <{spelt}> unknown"))]);
        let Outcome::Gone { reason } = outcome else { panic!("{outcome:?}") };
        assert_eq!(reason, "the mailbox does not exist: answered 550: 5.1.1 <[hidden]> unknown");
    }
}
