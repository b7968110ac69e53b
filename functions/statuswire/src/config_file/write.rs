//! Settings as the text of a configuration file: what [`super::check`] reads from it are the same settings.
use settings::Written;
use store::AccountSettings;

pub use settings::Secrets;

pub fn write(settings: &AccountSettings, secrets: Secrets) -> String {
    let AccountSettings { pages, logins, destinations, groups, monitors, boards } = settings;
    Written { pages, logins, destinations, groups, monitors, boards }.to_toml(secrets)
}

#[cfg(test)]
mod tests {
    use status::monitor::{Group, Scope};

    use super::*;
    use crate::config_file::{
        check,
        tests::{GOOD, SECRET, env},
    };

    const MAIL: &str = "[instance]\npublic_url = \"https://status.example.com\"\n\
                        [mail]\nfrom = \"a@example.com\"\nses = true\n";

    #[test]
    fn what_is_written_is_read_as_the_same_settings() {
        let settings = check(GOOD, &env).unwrap().settings;
        let prefix = &format!("[network]\nallow = [\"127.0.0.0/8\"]\n{MAIL}");
        let text = format!("{prefix}{}", write(&settings, Secrets::InClear));
        let again = check(&text, &env).unwrap_or_else(|errors| panic!("{errors:?}\n{text}"));
        assert_eq!(again.settings, settings);
        let text = format!("{prefix}{}", write(&settings, Secrets::Named));
        let values = |name: &str| {
            let value = match name {
                "OPS_HOOK_URL" => "http://127.0.0.1:7090/hook/a",
                "OPS_HOOK_SECRET" => SECRET,
                "OPS_HOOK_HEADERS_AUTHORIZATION" => "Bearer hunter2",
                "OPS_HOOK_HEADERS_X_TEAM" => "platform",
                "PRIVATE_LAB_HEADERS_AUTHORIZATION" => "Basic bWU6aHVudGVyMg==",
                "PRIVATE_LAB_HEADERS_X_API_KEY" => "hunter2",
                _ => return None,
            };
            Some(value.to_owned())
        };
        let again = check(&text, &values).unwrap_or_else(|errors| panic!("{errors:?}\n{text}"));
        assert_eq!(again.settings, settings);
    }

    /// The Default group of a new account waits for its first destination, and a group may have lost its last monitor.
    #[test]
    fn group_that_alerts_nobody_is_written_as_a_comment() {
        let full = check(GOOD, &env).unwrap().settings;
        let waiting = Group { name: Some("A\n[[b]]".to_owned()), destinations: Vec::new(), ..full.groups[0].clone() };
        let covers_nothing = Group { scope: Scope::Monitors(Vec::new()), ..full.groups[0].clone() };
        let new = AccountSettings { groups: vec![waiting.clone()], ..AccountSettings::default() };
        let text = write(&new, Secrets::Named);
        assert!(text.contains("# This group alerts nobody, since it has no destination:\n# [[group]]\n"), "{text}");
        let again = check(&text, &env).unwrap_or_else(|errors| panic!("{errors:?}\n{text}"));
        assert_eq!(again.settings, AccountSettings::default());

        let groups = vec![waiting, full.groups[1].clone(), covers_nothing];
        let text = write(&AccountSettings { groups, ..full.clone() }, Secrets::InClear);
        assert!(text.contains("since it covers no monitor:"), "{text}");
        let text = format!("[network]\nallow = [\"127.0.0.0/8\"]\n{MAIL}{text}");
        let again = check(&text, &env).unwrap_or_else(|errors| panic!("{errors:?}\n{text}"));
        assert_eq!(again.settings, AccountSettings { groups: vec![full.groups[1].clone()], ..full });
    }

    #[test]
    fn no_secret_is_written_unasked() {
        let settings = check(GOOD, &env).unwrap().settings;
        let text = write(&settings, Secrets::Named);
        let shown = ["hunter2", "hook/a", "bWU6aHVudGVyMg", SECRET].map(|secret| text.contains(secret));
        assert_eq!(shown, [false; 4], "{text}");
        assert!(write(&settings, Secrets::InClear).contains(SECRET));
    }
}
