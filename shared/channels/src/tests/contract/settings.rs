//! What holds for the settings of every channel.
use status::monitor::Settings;

use crate::{
    Outcome, channels, check_settings,
    tests::{
        alerts::{Case, opened, settings},
        contract::contracts,
    },
};

/// One set of settings that must be refused, by the check and by delivery.
pub(crate) struct Wrong {
    pub(crate) settings: &'static [(&'static str, &'static str)],
    /// The setting that is at fault.
    pub(crate) key: &'static str,
    /// Part of the message: how to do it right.
    pub(crate) hint: &'static str,
}

impl Wrong {
    pub(crate) const fn new(
        settings: &'static [(&'static str, &'static str)],
        key: &'static str,
        hint: &'static str,
    ) -> Self {
        Self { settings, key, hint }
    }

    fn settings(&self) -> Settings {
        Settings(self.settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    }
}

#[test]
fn samples_are_accepted_and_use_every_setting() {
    for channel in channels() {
        assert!(!channel.samples.is_empty(), "{}: give samples", channel.name);
        for settings in channel.sample_settings() {
            assert_eq!(check_settings(channel, &settings), [], "{}", channel.name);
        }
        for setting in channel.settings {
            let used = channel.sample_settings().any(|settings| settings.get(setting.key).is_some());
            assert!(used, "{}: no sample has `{}`", channel.name, setting.key);
        }
    }
}

#[test]
fn form_of_every_channel_has_words() {
    let is_text = |text: &str| !text.is_empty() && text.trim() == text;
    for channel in channels() {
        let setup = &channel.setup;
        assert!(is_text(setup.title) && is_text(setup.summary) && !setup.steps.is_empty(), "{}", channel.name);
        assert!(setup.steps.iter().all(|step| is_text(step) && step.ends_with('.')), "{}", channel.name);
        let labels: std::collections::BTreeSet<_> = channel.settings.iter().map(|setting| setting.label).collect();
        assert!(labels.len() == channel.settings.len() && labels.into_iter().all(is_text), "{}", channel.name);
        assert!(channel.settings.iter().any(|setting| channel.asks_first(setting)), "{}", channel.name);
    }
}

#[test]
fn suggested_values_are_valid_and_of_the_random_bytes() {
    for channel in channels() {
        for setting in channel.settings {
            let Some(suggest) = setting.suggest else { continue };
            assert_ne!(suggest(&[1; 32]), suggest(&[2; 32]), "{} `{}`", channel.name, setting.key);
            for mut settings in channel.sample_settings() {
                settings.0.insert(setting.key.to_owned(), suggest(&[7; 32]));
                assert_eq!(check_settings(channel, &settings), [], "{} `{}`", channel.name, setting.key);
            }
        }
    }
}

#[test]
fn unknown_setting_is_named_with_the_nearest_known() {
    for channel in channels() {
        for mut settings in channel.sample_settings() {
            let known = channel.settings[0].key;
            settings.0.insert(format!("{known}s"), "v4lue".to_owned());
            let problems = check_settings(channel, &settings);
            let [(key, message)] = &problems[..] else { panic!("{}: {problems:?}", channel.name) };
            assert_eq!(*key, format!("{known}s"));
            assert!(message.contains(&format!("did you mean `{known}`?")), "{}: {message}", channel.name);
        }
    }
}

#[test]
fn missing_setting_is_named_with_its_help() {
    for channel in channels() {
        let problems = check_settings(channel, &settings([]));
        assert!(!problems.is_empty(), "{}", channel.name);
        for (_, message) in problems {
            assert!(message.starts_with("missing: "), "{}: {message}", channel.name);
        }
    }
}

/// By the check, and by delivery for settings that were stored before the check knew better.
#[test]
fn wrong_settings_are_refused_without_repeating_them() {
    let alert = opened();
    for (channel, contract) in contracts() {
        let name = channel.name;
        for setting in channel.settings {
            let refused = contract.wrong.iter().any(|wrong| wrong.key == setting.key);
            assert!(refused, "{name}: give a wrong value of `{}`", setting.key);
        }
        for wrong in contract.wrong {
            let settings = wrong.settings();
            let problems = check_settings(channel, &settings);
            let [(key, message)] = &problems[..] else { panic!("{name} {:?}: {problems:?}", settings.0) };
            assert_eq!(key, wrong.key, "{name}: {message}");
            assert!(message.contains(wrong.hint), "{name} `{key}`: {message}");
            let Outcome::Refused { reason, .. } = Case::new(&alert, &settings).outcome(channel, &[]) else {
                panic!("{name}: `{key}` was accepted")
            };
            for value in settings.0.values() {
                assert!(!message.contains(value.as_str()) && !reason.contains(value.as_str()), "{name}: {reason}");
            }
        }
    }
}
