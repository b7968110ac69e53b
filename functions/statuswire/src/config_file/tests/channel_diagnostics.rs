//! Invalid destinations and mail settings, and every error reported for each, word for word.
use super::diagnostics::check_diagnostics;

#[test]
fn destinations_have_the_settings_of_their_channel() {
    check_diagnostics(
        r#"
[[destination]]
id = "a"
channel = "webhok"
[[destination]]
id = "b"
[[destination]]
id = "c"
channel = "webhook"
ulr = "https://hooks.example.com/a"
secret = "env:NOT_THERE"
[[destination]]
id = "d"
channel = "webhook"
url = "env:PRIVATE_HOOK"
secret = "hunter2"
[[destination]]
id = "e"
channel = "webhook"
url = "hunter2"
secret = "env:EMPTY"
[[destination]]
id = "f"
channel = "slack"
[[destination]]
id = "g"
channel = "slack"
url = "env:"
"#,
        r#"
4:11: destination "a": channel: unknown channel "webhok"; did you mean "webhook"? The channels are {channels}
5:1: destination "b": channel: is missing; add channel = "webhook"
7:1: destination "c": url: is missing; add url = "...": address that takes the POST requests
10:1: destination "c": unknown key "ulr"; did you mean "url"? The keys here are id, label, channel, url, secret, previous_secret, headers
11:10: destination "c": secret: the environment variable "NOT_THERE" is not set; set it, or write the value here
15:7: destination "d": url: 10.0.0.7 is not on the public internet; to allow it, add "10.0.0.7/32" to [network] allow
16:10: destination "d": secret: must be either `whsec_` and the base64 of 24 to 64 random bytes, as made by `echo whsec_$(openssl rand -base64 32)`, or `whsk_` and the base64 of an ed25519 private key (32 bytes, or 64 together with its public key), as made by `echo whsk_$(openssl rand -base64 32)`; write secret = "...": key of the signatures: `whsec_` and the base64 of 24 to 64 random bytes, or `whsk_` and the base64 of an ed25519 private key
20:7: destination "e": url: must be an absolute URL, like https://example.com/hooks/status; write url = "...": address that takes the POST requests
21:10: destination "e": secret: the environment variable "EMPTY" is not set; set it, or write the value here
22:1: destination "f": url: missing: give either `url` (incoming webhook) or `token` and `conversation` (bot); write url = "...": URL of an incoming webhook, from the Slack app's page "Incoming Webhooks"; in place of `token`
28:7: destination "g": url: the environment variable "" is not set; set it, or write the value here
"#,
    );
}

#[test]
fn mail_has_one_transport_a_sender_and_a_public_url() {
    check_diagnostics(
        "[[destination]]\nid = \"a\"\nchannel = \"email\"\naddress = \"a@example.com\"\n",
        r#"
1:1: destination "a": needs a mail server or Amazon SES; add [mail] with from = "alerts@example.com", and smtp = "smtps://..." or ses = true
1:1: destination "a": needs a public URL at which recipients confirm and unsubscribe; add [instance] with public_url = "https://status.example.com"
"#,
    );
    check_diagnostics(
        "[instance]\npublic_url = \"status.example.com\"\n[mail]\nfrom = \"nobody\"\nses = true\nsmtp = \"smtps://a\"\n",
        r#"
2:14: instance: public_url: is not a plain http or https URL; write the URL at which people open this instance, such as "https://status.example.com"
4:8: mail: from: is not a valid sender address; write from = "alerts@example.com" or "Name <alerts@example.com>"
5:7: mail: ses: cannot be combined with smtp; remove one of them
"#,
    );
    check_diagnostics(
        "[mail]\nfrom = \"a@example.com\"\n",
        r#"
1:1: mail: smtp or ses is missing; add smtp = "smtps://user:password@smtp.example.com" or ses = true
"#,
    );
    check_diagnostics(
        "[mail]\nfrom = \"a@example.com\"\nsmtp = \"https://hunter2@a\"\n",
        r#"
3:8: mail: smtp: must be like smtps://user:password@smtp.example.com or, for STARTTLS, smtp://user:password@smtp.example.com; percent-encode special characters in user name and password
"#,
    );
    check_diagnostics(
        "[mail]\nfrom = \"a@example.com\"\nsmtp = \"smtp://smtp.example.com?tls=none\"\n",
        r#"
3:8: mail: smtp: the connection to smtp.example.com would not be encrypted; remove ?tls=none, or add its address to [network] allow if the host is yours
"#,
    );
}

#[test]
fn headers_are_a_table_of_strings() {
    let hook = "[[destination]]\nid = \"a\"\nchannel = \"webhook\"\nurl = \"https://a.example\"\nsecret = \"env:OPS_HOOK_SECRET\"\n";
    check_diagnostics(
        &format!("{hook}headers = \"X-Team: platform\"\n"),
        r#"
6:11: destination "a": headers: must be a table of strings, not a string; write headers = { Name = "text" }
"#,
    );
    check_diagnostics(
        &format!("{hook}headers = {{ X-Team = 3, X-Other = \"env:NOT_SET\", X-Last = \"a\\nb\" }}\n"),
        r#"
6:22: destination "a": headers: X-Team: must be a string, not a number; write one value in quotes
6:35: destination "a": headers: X-Other: the environment variable "NOT_SET" is not set; set it, or write the value here
6:59: destination "a": headers: X-Last: contains a line break or another control character; remove it
"#,
    );
}

#[test]
fn channels_that_the_stack_leaves_out_are_named_with_the_way_out() {
    let file = "[instance]\nowner = 'ops@example.com'\n[[destination]]\nid = 'a'\nchannel = 'teams'\n\
                [[destination]]\nid = 'b'\nchannel = 'slack'\n";
    let found: Vec<String> = super::super::undeployed(file, &["slack"]).iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "2:9: instance: owner: this stack leaves out the channel \"email\"; deploy it, with the parameter \
             ChannelEmail=on, or use another channel",
            "5:11: destination \"a\": channel: this stack leaves out the channel \"teams\"; deploy it, with the \
             parameter ChannelTeams=on, or use another channel",
        ]
    );
    assert_eq!(super::super::undeployed(file, &["slack", "teams", "email"]), []);
}

#[test]
fn template_has_the_parameter_of_every_channel() {
    let template = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../template.yaml")).unwrap();
    for channel in channels::channels() {
        let file = format!("[[destination]]\nid = 'a'\nchannel = '{}'\n", channel.name);
        let [found] = &super::super::undeployed(&file, &[])[..] else { panic!("one error") };
        let (_, parameter) = found.hint.split_once("the parameter ").unwrap();
        let (parameter, _) = parameter.split_once('=').unwrap();
        assert!(template.contains(&format!("\n  {parameter}:\n    Type: String\n")), "{parameter}");
    }
}
