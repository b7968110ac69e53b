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
    use super::*;
    use crate::config_file::{
        check,
        tests::{GOOD, SECRET, env},
    };

    #[test]
    fn what_is_written_is_read_as_the_same_settings() {
        let settings = check(GOOD, &env).unwrap().settings;
        let prefix = "[network]\nallow = [\"127.0.0.0/8\"]\n[instance]\npublic_url = \"https://status.example.com\"\n\
                      [mail]\nfrom = \"a@example.com\"\nses = true\n";
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

    #[test]
    fn no_secret_is_written_unasked() {
        let settings = check(GOOD, &env).unwrap().settings;
        let text = write(&settings, Secrets::Named);
        let shown = ["hunter2", "hook/a", "bWU6aHVudGVyMg", SECRET].map(|secret| text.contains(secret));
        assert_eq!(shown, [false; 4], "{text}");
        assert!(write(&settings, Secrets::InClear).contains(SECRET));
    }
}
