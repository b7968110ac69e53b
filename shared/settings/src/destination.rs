//! A draft of a destination. Its channel defines the settings; what is secret in them is in clear here, and in no
//! problem and no `Debug` output.
use std::{collections::BTreeMap, fmt};

use channels::{Channel, SettingKind};
use schemars::JsonSchema;
use serde::Deserialize;
use status::{
    ids::DestinationId,
    monitor::{Destination, Settings},
};
use url::Url;

use crate::{
    Context,
    problem::{Code, Problem, Problems},
    urls::check_url,
    words::{check_id, name, quoted, redacted, suggest},
};

#[derive(Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DestinationDraft {
    pub id: String,
    /// For people.
    pub label: Option<String>,
    /// Name of a channel.
    pub channel: String,
    /// By key; a table of names and texts has one line `name: text` for each.
    pub settings: BTreeMap<String, String>,
}

impl DestinationDraft {
    pub fn validate(&self, context: &Context<'_>) -> Result<Destination, Vec<Problem>> {
        let mut problems = Problems::default();
        check_id(&self.id, &mut problems);
        let label = name("label", self.label.as_deref(), &mut problems);
        let made = self.channel(&mut problems).map(|channel| Destination {
            id: DestinationId::new(&self.id),
            account: context.account.clone(),
            label,
            channel: channel.name.to_owned(),
            settings: self.checked_settings(channel, context, &mut problems),
        });
        problems.or(made)
    }

    fn channel(&self, problems: &mut Problems) -> Option<&'static Channel> {
        let channel = channels::channel(&self.channel);
        if channel.is_none() {
            let hint = suggest(&self.channel, "channels", channels::channels().iter().map(|channel| channel.name));
            match self.channel.trim().is_empty() {
                true => problems.add("channel", Code::Missing, "is missing", hint),
                false => {
                    let message = format!("unknown channel {}", quoted(&self.channel));
                    problems.add("channel", Code::Unknown, message, hint);
                }
            }
        }
        channel
    }

    /// Blank values count as absent: a form sends its empty fields.
    fn checked_settings(&self, channel: &Channel, context: &Context<'_>, problems: &mut Problems) -> Settings {
        let given = self.settings.iter().filter(|(_, value)| !value.trim().is_empty());
        let settings = Settings(given.map(|(key, value)| (key.clone(), value.clone())).collect());
        let keys = || channel.settings.iter().map(|setting| setting.key);
        for key in settings.0.keys().filter(|key| !keys().any(|known| known == *key)) {
            let message = format!("unknown setting {}", quoted(key));
            problems.add(redacted(key), Code::Unknown, message, suggest(key, "settings", keys()));
        }
        let missing = |key: &str| settings.get(key).is_none();
        let mut is_complete = true;
        for setting in channel.settings.iter().filter(|setting| setting.required && missing(setting.key)) {
            is_complete = false;
            problems.add(setting.key, Code::Missing, "is missing", setting.help);
        }
        let errors = (channel.check)(&settings);
        for setting in channel.settings {
            let value = settings.get(setting.key);
            if let Some((_, message)) = errors.iter().find(|(wrong, _)| *wrong == setting.key) {
                // What a channel says of absent keys is right only if the required ones are there.
                if is_complete || value.is_some() {
                    problems.add(setting.key, Code::Invalid, message, setting.help);
                }
            } else if setting.kind == SettingKind::Url
                && let Some(url) = value.and_then(|value| Url::parse(value).ok())
                && let Some(problem) = check_url(setting.key, &url, context.guard)
            {
                problems.push(problem);
            }
        }
        settings
    }
}

impl fmt::Debug for DestinationDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, label, channel, settings } = self;
        // Whoever wrote it may have put a secret where a key belongs.
        let settings = settings.keys().map(|key| (redacted(key).to_owned(), String::new())).collect();
        f.debug_struct("DestinationDraft")
            .field("id", &redacted(id))
            .field("label", label)
            .field("channel", &redacted(channel))
            .field("settings", &Settings(settings))
            .finish()
    }
}
