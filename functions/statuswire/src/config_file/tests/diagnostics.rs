//! Invalid files and every error reported for each, word for word.
use super::{super::*, env};

/// `{formats}` and `{channels}` stand for the names in the registries.
#[track_caller]
pub(super) fn check_diagnostics(text: &str, expected: &str) {
    let diagnostics = check(text, &env).expect_err(text);
    let reported: Vec<String> = diagnostics.iter().map(Diagnostic::to_string).collect();
    let formats: Vec<_> = formats::formats().iter().map(|format| format.name).collect();
    let channels: Vec<_> = channels::channels().iter().map(|channel| channel.name).collect();
    let expected = expected.replace("{formats}", &formats.join(", ")).replace("{channels}", &channels.join(", "));
    assert_eq!(reported.join("\n"), expected.trim(), "\n{text}\nactual:\n{}", reported.join("\n"));
}

#[test]
fn a_column_counts_characters() {
    check_diagnostics(
        "page = [{ name = 'Äöü', id = 'é', url = 'https://a.example' }]",
        r#"
1:30: [[page]]: id: is not a valid id; use 1 to 64 characters of a-z, 0-9, ".", "_" and "-", starting with a letter or a digit
"#,
    );
}

#[test]
fn unknown_tables_and_keys_are_reported() {
    check_diagnostics(
        "[[pages]]\nid = \"a\"\n",
        r#"
1:3: unknown table "pages"; did you mean "page"? The tables are instance, accounts, openid, network, mail, page, destination, group, monitor, board
"#,
    );
    check_diagnostics(
        "colour = 3\n",
        r#"
1:1: unknown key "colour"; the tables are instance, accounts, openid, network, mail, page, destination, group, monitor, board
"#,
    );
    check_diagnostics(
        "[page]\nid = \"a\"\nurl = \"https://a.example\"\n",
        r#"
1:1: [[page]]: must be a list of tables, not a table; write [[page]] in double brackets above its keys
"#,
    );
    check_diagnostics(
        "[[network]]\nallow = [\"10.0.0.0/8\"]\n",
        r#"
1:1: network: must be a single table, not a list; write [network] once, in single brackets
"#,
    );
    check_diagnostics(
        "page = [1]\ngroup = true\nnetwork = 1979-05-27\n",
        r#"
1:9: [[page]]: must be a table, not a number; write [[page]] in double brackets above its keys
2:9: [[group]]: must be a table, not true or false; write [[group]] in double brackets above its keys
3:11: network: must be a single table, not a date; write [network] once, in single brackets
"#,
    );
    check_diagnostics(
        "[[page]]\nid = \"a\"\nulr = \"https://a.example\"\n",
        r#"
1:1: page "a": url: is missing; add url = "https://status.example.com"
3:1: page "a": unknown key "ulr"; did you mean "url"? The keys here are id, name, url, format, interval, username, password, headers, oauth
"#,
    );
}

#[test]
fn ids_are_valid_and_unique() {
    check_diagnostics(
        "[[monitor]]\nid = \"Not Good\"\nprovider = \"github\"\n[[monitor]]\nid = 3\nprovider = \"github\"\n\
         [[monitor]]\nprovider = \"github\"\n[[monitor]]\nid = \"a\"\nprovider = \"github\"\n[[monitor]]\n\
         id = \"a\"\nprovider = \"github\"\n",
        r#"
2:6: [[monitor]]: id: is not a valid id; use 1 to 64 characters of a-z, 0-9, ".", "_" and "-", starting with a letter or a digit
5:6: [[monitor]]: id: must be a string, not a number; write one value in quotes
7:1: [[monitor]]: id: is missing; add id = "a-name"
13:6: monitor "a": id: "a" is already used in line 10; choose another id
"#,
    );
}

/// A diagnostic quotes the file, whoever wrote it.
#[test]
fn hidden_characters_of_the_file_are_escaped() {
    for key in ["a\u{202e}b", "a\u{1b}[31m", "a\u{9b}b", "a\u{2028}b"] {
        let text = format!("[network]\n\"{key}\" = 1\n[[page]]\nid = \"{key}\"\nurl = \"{key}\"\nname = 3\n");
        let said = check(&text, &|_| None).unwrap_err();
        let said = said.iter().map(ToString::to_string).collect::<String>();
        assert!(!said.contains(status::outside_text::is_hidden), "{said:?}");
    }
}

#[test]
fn pages_are_readable_and_not_in_the_catalogue() {
    check_diagnostics(
        r#"
[[page]]
id = "github"
url = "https://www.githubstatus.com"
[[page]]
id = "a"
url = "status.example.com"
format = "statuspgae"
[[page]]
id = "b"
url = "http://status.example.com"
[[page]]
id = "c"
url = "https://192.168.0.9/status"
[[page]]
id = "d"
url = "https://user:hunter2@status.example.com"
[[page]]
id = "e"
url = "ftp://status.example.com"
name = ""
"#,
        r#"
3:6: page "github": id: "github" is a provider in the catalogue; write provider = "github" in the monitor, or choose another id
7:7: page "a": url: is not a URL; write the URL of the status page, such as "https://status.example.com"
8:10: page "a": format: unknown format "statuspgae"; did you mean "statuspage"? The formats are {formats}
11:7: page "b": url: the connection to status.example.com would not be encrypted; write https://, or add its address to [network] allow if the host is yours
14:7: page "c": url: 192.168.0.9 is not on the public internet; to allow it, add "192.168.0.9/32" to [network] allow
17:7: page "d": url: the URL of status.example.com contains a user name or a password; remove everything before the @
20:7: page "e": url: is not an http or https URL; write https:// and a host
21:8: page "e": name: is empty; write a value
"#,
    );
}

#[test]
fn groups_refer_to_declared_destinations_and_monitors() {
    check_diagnostics(
        r#"
[[destination]]
id = "ops-hook"
channel = "slack"
url = "https://hooks.slack.com/services/T000/B000/XXXX"
[[group]]
id = "a"
destinations = ["ops-hok", "ops-hook", "ops-hook", "https://hooks.example.com/hunter2"]
severities = ["mayor"]
events = ["open", ""]
monitors = ["nothing"]
[[group]]
id = "b"
destinations = []
severities = []
events = "opened"
monitors = "some"
[[group]]
id = "c"
"#,
        r#"
8:17: group "a": destinations: unknown destination "ops-hok"; did you mean "ops-hook"? The destinations are ops-hook
8:40: group "a": destinations: lists "ops-hook" twice; remove one of them
8:52: group "a": destinations: unknown destination "..."; the destinations are ops-hook
9:15: group "a": severities: unknown severity "mayor"; did you mean "major"? The severities are major, minor, maintenance
10:11: group "a": events: unknown event "open"; did you mean "opened"? The events are opened, updated, resolved, scheduled, reminder, started, changed, completed, cancelled, overran, unreadable, readable
10:19: group "a": events: is empty; write a value
11:13: group "a": monitors: unknown monitor "nothing"; the file declares no monitors: add one
14:16: group "b": destinations: is an empty list; write destinations = ["id of a [[destination]]"]
15:14: group "b": severities: is an empty list; write severities = ["major"]
16:10: group "b": events: must be a list of strings, not a string; write events = ["opened"]
17:12: group "b": monitors: must be "all" or a list, not "some"; write monitors = ["id of a [[monitor]]"]
18:1: group "c": destinations: is missing; add destinations = ["id of a [[destination]]"]
"#,
    );
}

#[test]
fn quiet_hours_are_a_table_with_a_zone_and_two_times() {
    let group = "[[destination]]\nid = \"a\"\nchannel = \"slack\"\nurl = \"https://hooks.slack.com/services/T/B/X\"\n\
                 [[group]]\nid = \"g\"\ndestinations = [\"a\"]\n";
    check_diagnostics(
        &format!("{group}quiet_hours = \"22:00-07:00\"\n"),
        r#"
8:15: group "g": quiet_hours: must be a table, not a string; write quiet_hours = { zone = "Europe/Berlin", from = "22:00", until = "07:00" }
"#,
    );
    check_diagnostics(
        &format!(
            "{group}[group.quiet_hours]\nzone = \"Europe/Berln\"\nfrom = \"25:00\"\ndays = [\"mon\", \"mo\"]\n\
             major_bypass = \"no\"\nto = \"07:00\"\n"
        ),
        r#"
8:1: group "g": quiet_hours: until: is missing; add until = "07:00"
9:8: group "g": quiet_hours: zone: unknown time zone "..."; write the name of an IANA time zone, such as "Europe/Berlin"
10:8: group "g": quiet_hours: from: is not a time of day; write hours and minutes, such as "22:00"
11:16: group "g": quiet_hours: days: unknown day "mo"; did you mean "mon"? The days are mon, tue, wed, thu, fri, sat, sun
12:16: group "g": quiet_hours: major_bypass: must be true or false, not a string; write true or false without quotes
13:1: group "g": quiet_hours: unknown key "to"; the keys here are zone, days, from, until, major_bypass
"#,
    );
}

#[test]
fn digest_is_hourly_or_daily_at_a_time_of_a_zone() {
    let group = "[[destination]]\nid = \"a\"\nchannel = \"slack\"\nurl = \"https://hooks.slack.com/services/T/B/X\"\n\
                 [[group]]\nid = \"g\"\ndestinations = [\"a\"]\n";
    check_diagnostics(
        &format!("{group}digest = \"hour\"\n"),
        r#"
8:10: group "g": digest: must be a table, not a string; write digest = { every = "day", zone = "Europe/Berlin", at = "09:00" }
"#,
    );
    check_diagnostics(
        &format!("{group}[group.digest]\nevery = \"hours\"\n"),
        r#"
9:9: group "g": digest: every: unknown word "hours"; did you mean "hour"? The words are hour, day
"#,
    );
    check_diagnostics(
        &format!("{group}[group.digest]\nevery = \"day\"\nzone = \"UTC\"\nat = \"9\"\nto = \"x\"\n"),
        r#"
11:6: group "g": digest: at: is not a time of day; write hours and minutes, such as "22:00"
12:1: group "g": digest: unknown key "to"; the keys here are every, zone, at, major_bypass
"#,
    );
}

#[test]
fn monitors_name_a_page_or_a_provider() {
    check_diagnostics(
        r#"
[[page]]
id = "acme"
url = "https://status.example.com"
[[monitor]]
id = "a"
[[monitor]]
id = "b"
page = "acme"
provider = "github"
[[monitor]]
id = "c"
page = "acne"
[[monitor]]
id = "d"
page = "github"
[[monitor]]
id = "e"
provider = "githb"
[[monitor]]
id = "f"
provider = "acme"
[[monitor]]
id = "g"
provider = "qqqqqqqqqqqqqqqqq"
components = ["API", "group: ", "", "API"]
unknown = "maybe"
[[monitor]]
id = "h"
provider = "github"
components = "API"
[[monitor]]
id = "i"
provider = "github"
components = []
"#,
        r#"
5:1: monitor "a": page or provider is missing; add page = "id of a [[page]]" or provider = "name in the catalogue"
10:12: monitor "b": provider: cannot be combined with page; keep page for a [[page]] of this file, or provider for one in the catalogue
13:8: monitor "c": page: unknown page "acne"; did you mean "acme"? The pages are acme
16:8: monitor "d": page: unknown page "github"; it is in the catalogue: write provider = "github"
19:12: monitor "e": provider: unknown provider "githb"; did you mean "github"? If not, add its status page as a [[page]]
22:12: monitor "f": provider: unknown provider "acme"; it is a [[page]] of this file: write page = "acme"
25:12: monitor "g": provider: unknown provider "qqqqqqqqqqqqqqqqq"; add its status page as a [[page]]
26:22: monitor "g": components: has no group name; write "group:" and the name of a component group
26:33: monitor "g": components: is empty; write a value
26:37: monitor "g": components: lists "API" twice; remove one of them
27:11: monitor "g": unknown: unknown choice "maybe"; the choices are tell, drop
31:14: monitor "h": components: must be a list of strings, not a string; write components = ["API", "group:Europe"], or leave it out for all of them
35:14: monitor "i": components: is an empty list; write components = ["API", "group:Europe"], or leave it out for all of them
"#,
    );
}

#[test]
fn text_that_is_not_toml_hides_no_other_error() {
    // Neither the keys of the damaged lines nor the ids in them are reported as missing.
    check_diagnostics(
        r#"
[[destination]]
id = "hook
channel = "slack"
url = https://hooks.slack.com/services/T000/B000/XXXX
[[group]]
id = "all"
destinations = [
  "hook",
  "pager",
severities = ["mayor"]
[[monitor]
id = "a"
page = "x"
[[group]]
id = "more"
id = "again"
destinations = ["hook"]
monitors = ["a", "b"]
junk
"#,
        r#"
3:11: not valid TOML: invalid basic string, expected `"`; write key = "value", key = ["a", "b"], [table] or [[table]]
5:7: not valid TOML: string values must be quoted, expected literal string; write the value in double quotes
10:11: not valid TOML: unclosed array, expected `]`; write key = "value", key = ["a", "b"], [table] or [[table]]
11:15: group "all": severities: unknown severity "mayor"; did you mean "major"? The severities are major, minor, maintenance
12:11: not valid TOML: unclosed array table, expected `]`; write key = "value", key = ["a", "b"], [table] or [[table]]
17:1: not valid TOML: duplicate key; remove one of them
19:18: group "more": monitors: unknown monitor "b"; the file declares no monitors: add one
20:5: not valid TOML: key with no value, expected `=`; write key = "value", key = ["a", "b"], [table] or [[table]]
"#,
    );
}

#[test]
fn fifteen_errors_are_reported_in_the_order_of_the_lines() {
    check_diagnostics(
        r#"
[network]
allow = ["127.0.0.1"]
[[page]]
id = "github"
url = "https://www.githubstatus.com"
[[page]]
id = "Acme"
url = "http://status.example.com"
interval = "5s"
[[destination]]
id = "hook"
channel = "webhook"
url = "https://10.1.2.3/hook"
secret = "env:NOT_THERE"
[[group]]
id = "all"
destinations = ["hok"]
severities = ["critical"]
events = []
[[monitor]]
id = "m"
page = "nowhere"
unknown = true
[[monitor]]
id = "m"
provider = "gihtub"
key without value
"#,
        r#"
3:10: network: allow: is an address, not a network; write "127.0.0.1/32" to allow only this address
5:6: page "github": id: "github" is a provider in the catalogue; write provider = "github" in the monitor, or choose another id
8:6: [[page]]: id: is not a valid id; use 1 to 64 characters of a-z, 0-9, ".", "_" and "-", starting with a letter or a digit
9:7: [[page]]: url: the connection to status.example.com would not be encrypted; write https://, or add its address to [network] allow if the host is yours
10:12: [[page]]: interval: is too short; write at least "60s" ("1s" for a page whose address is in [network] allow)
14:7: destination "hook": url: 10.1.2.3 is not on the public internet; to allow it, add "10.1.2.3/32" to [network] allow
15:10: destination "hook": secret: the environment variable "NOT_THERE" is not set; set it, or write the value here
18:17: group "all": destinations: unknown destination "hok"; did you mean "hook"? The destinations are hook
19:15: group "all": severities: unknown severity "critical"; the severities are major, minor, maintenance
20:10: group "all": events: is an empty list; write events = ["opened"]
23:8: monitor "m": page: unknown page "nowhere"; the pages are github
24:11: monitor "m": unknown: must be a string, not true or false; write one value in quotes
26:6: monitor "m": id: "m" is already used in line 22; choose another id
27:12: monitor "m": provider: unknown provider "gihtub"; did you mean "github"? If not, add its status page as a [[page]]
28:5: not valid TOML: key with no value, expected `=`; write key = "value", key = ["a", "b"], [table] or [[table]]
"#,
    );
}

#[test]
fn login_of_a_page_is_whole_private_and_repeated_by_no_message() {
    check_diagnostics(
        "[[page]]\nid = \"acme\"\nurl = \"https://a.example\"\nheaders = { Cookie = \"hunter2\" }\n\
         [[page]]\nid = \"private-a\"\nurl = \"https://b.example\"\nusername = \"hunter2\"\n\
         [[page]]\nid = \"private-b\"\nurl = \"https://c.example\"\nheaders = { Host = \"hunter2\" }\n\
         [[page]]\nid = \"private-c\"\nurl = \"https://d.example\"\nheaders = \"hunter2\"\n\
         [[page]]\nid = \"private-d\"\nurl = \"https://e.example\"\npassword = \"env:hunter2\"\n",
        r#"
2:6: page "acme": id: a page with a login is private, and its id does not begin with "private-"; write id = "private-acme"
5:1: page "private-a": password: is missing; write username and password, or neither
12:11: page "private-b": headers: host is set by statuswire or by the connection: remove it; write headers = { Authorization = "env:PAGE_TOKEN" }
16:11: page "private-c": headers: must be a table of strings, not a string; write headers = { Authorization = "env:PAGE_TOKEN" }
20:12: page "private-d": password: the environment variable "..." is not set; set it, or write the value here
"#,
    );
}
