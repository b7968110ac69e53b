//! What the reply of a mail server means.
use super::{email, reply, to};
use crate::{
    Outcome,
    tests::alerts::{Case, opened, word},
};

#[test]
fn reply_decides_the_outcome() {
    let (alert, settings) = (opened(), to("jo@example.com"));
    let case = Case::new(&alert, &settings);
    for (code, text, expected) in [
        (250, "2.0.0 OK queued as 1234", "delivered"),
        (251, "User not local; will forward", "delivered"),
        (421, "4.3.0 shutting down", "retry everyone"),
        (450, "4.2.1 mailbox busy", "retry"),
        (451, "4.7.1 greylisted", "retry"),
        (452, "4.2.2 mailbox full", "retry"),
        (454, "Throttling failure: Maximum sending rate exceeded.", "retry everyone"),
        (530, "5.7.0 Must issue a STARTTLS command first", "retry everyone"),
        (534, "5.7.9 mechanism is too weak", "retry everyone"),
        (535, "5.7.8 Authentication credentials invalid", "retry everyone"),
        (550, "no such user here", "gone"),
        (550, "5.1.1 The email account that you tried to reach does not exist", "gone"),
        (550, "#5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found", "gone"),
        (554, "5.1.1 unknown user", "gone"),
        (551, "User not local; please try elsewhere", "gone"),
        (553, "mailbox name not allowed", "gone"),
        (556, "5.1.10 Recipient address has null MX", "gone"),
        (556, "domain does not accept mail", "gone"),
        (550, "5.1.8 Sender address has a null MX", "rejected"),
        (550, "5.2.1 receives mail at a rate that prevents more", "rejected"),
        (550, "5.7.26 Your email has been blocked because the sender is unauthenticated", "rejected"),
        (550, "5.7.515 Access denied, sending domain does not meet the required level", "rejected"),
        (550, "5.7.9 message not accepted for policy reasons", "rejected"),
        (550, "relay not permitted", "rejected"),
        (553, "sorry, that domain isn't in my list of allowed rcpthosts", "rejected"),
        (550, "JunkMail rejected: listed as SPAM by 5.1.1.1", "rejected"),
        (552, "5.2.2 mailbox full", "rejected"),
        (554, "Message rejected: Email address is not verified.", "rejected"),
        (555, "parameters not recognized", "rejected"),
    ] {
        let outcome = case.outcome(email(), &[reply(code, text)]);
        let everyone = matches!(outcome, Outcome::Retry { everyone: true, .. });
        let found = format!("{}{}", word(&outcome), if everyone { " everyone" } else { "" });
        assert_eq!(found, expected, "{code} {text}");
        if let Outcome::Retry { reason, .. } | Outcome::Rejected { reason } | Outcome::Gone { reason } = outcome {
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
