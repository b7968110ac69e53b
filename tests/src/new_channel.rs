//! Writes the skeleton of a channel, everywhere a channel stands: the part of the recipe in CONTRIBUTING.md that is the
//! same each time.
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use md5::{Digest as _, Md5};
use status::ids::{AlertId, DeliveryId, DestinationId, digest};

use crate::{
    skeleton::{check_name, read, with_line, write},
    template::{Deployed, rendered},
};

const CHANNEL: &str = include_str!("new_channel/channel.rs.txt");
const FAKE: &str = include_str!("new_channel/fake.rs.txt");
const EVENT: &str = include_str!("new_channel/event.json.txt");
const DOCUMENTED: &str = include_str!("new_channel/documented.md.txt");
const DESTINATION: &str = include_str!("new_channel/destination.toml.txt");

/// The alert of the files in `tests/events`.
const ALERT: &str = "alert_731cd5c9eb50b6155efdbf08ff8ccf80";
/// A channel beside which the new one is registered.
const SIBLING: &str = "webhook";
/// A section of docs/channels.md; the channels stand before it.
const AFTER_CHANNELS: &str = "\n## Order, retries and disabled destinations\n";

/// Writes the skeleton of the channel `name` into the repository at `root`. Returns what its author does next.
///
/// Fails before it writes anything if the name cannot be a module's or is taken, or if a registry is not as expected.
pub fn new_channel(root: &Path, name: &str) -> anyhow::Result<String> {
    check_name(name, "channel")?;
    let created = [
        (format!("shared/channels/src/{name}.rs"), filled(CHANNEL, name)),
        (format!("shared/fakes/src/{name}.rs"), filled(FAKE, name)),
        (format!("tests/events/dispatcher-{name}-sqs.json"), event(name)),
    ];
    for (path, _) in &created {
        ensure!(!root.join(path).exists(), "the channel {name} is there already: {path}");
    }
    let changed = [
        ("shared/channels/src/lib.rs", registered as fn(&str, &str) -> anyhow::Result<String>),
        ("shared/fakes/src/lib.rs", declared_fake),
        ("shared/fakes/src/registry.rs", registered_fake),
        ("template.yaml", deployed),
        ("README.md", listed),
        ("docs/channels.md", documented),
    ];
    let mut texts: Vec<(PathBuf, String)> = created.into_iter().map(|(path, text)| (root.join(path), text)).collect();
    for (path, change) in changed {
        let path = root.join(path);
        let text = change(&read(&path)?, name).with_context(|| path.display().to_string())?;
        texts.push((path, text));
    }
    texts.iter().try_for_each(|(path, text)| write(path, text))?;
    Ok(filled(include_str!("new_channel/next_steps.txt"), name))
}

fn filled(pattern: &str, name: &str) -> String {
    let capital = name[..1].to_uppercase() + &name[1..];
    pattern.replace("{name}", name).replace("{Name}", &capital).replace("{NAME}", &name.to_uppercase())
}

/// The event that hands the dispatcher its task of [`ALERT`].
pub fn event(name: &str) -> String {
    let destination = format!("acme-{name}");
    let delivery = DeliveryId::derive(&AlertId::new(ALERT), &DestinationId::new(&*destination));
    let delivery = delivery.as_str();
    let body = format!(
        r#"{{"v":1,"delivery":"{delivery}","alert":"{ALERT}","destination":"{destination}","provider":"acme","incident":"inc-1","unknown":false}}"#
    );
    let md5: String = Md5::digest(&body).iter().map(|byte| format!("{byte:02x}")).collect();
    // Any UUID will do, as long as it stays the same.
    let id = digest(&[name]);
    let message = format!("{}-{}-4{}-8{}-{}", &id[..8], &id[8..12], &id[13..16], &id[17..20], &id[20..32]);
    filled(EVENT, name)
        .replace("{receipt}", &message.replace('-', ""))
        .replace("{message}", &message)
        .replace("{delivery}", delivery)
        .replace("{body}", &body.replace('"', "\\\""))
        .replace("{md5}", &md5)
}

fn registered(registry: &str, name: &str) -> anyhow::Result<String> {
    let declared = with_line(registry, "mod {name};", name, SIBLING)?;
    with_line(&declared, "    {name},", name, SIBLING)
}

fn declared_fake(library: &str, name: &str) -> anyhow::Result<String> {
    with_line(library, "mod {name};", name, SIBLING)
}

/// Before the last fakes: a webhook may have any path.
fn registered_fake(registry: &str, name: &str) -> anyhow::Result<String> {
    const WEBHOOK: &str = "    &crate::webhook::FAKE,\n";
    ensure!(registry.contains(WEBHOOK), "there is no line `{}`", WEBHOOK.trim());
    Ok(registry.replace(WEBHOOK, &format!("    &crate::{name}::FAKE,\n{WEBHOOK}")))
}

fn deployed(template: &str, name: &str) -> anyhow::Result<String> {
    let mut channels = Deployed::registered();
    channels.push(Deployed { name, sends_mail: false });
    channels.sort_by_key(|channel| channel.name);
    rendered(template, &channels)
}

/// With a destination in README's example, in its group too, and a row at the end of the table of channels.
fn listed(readme: &str, name: &str) -> anyhow::Result<String> {
    const GROUP: &str = "[[group]]";
    const MEMBERS: &str = "\ndestinations = [";
    let group = readme.find(GROUP).context("the example has no group")?;
    let destination = filled(DESTINATION, name);
    let readme = format!("{}{destination}\n{}", &readme[..group], &readme[group..]);

    let members = readme.find(MEMBERS).context("the group of the example has no destinations")? + MEMBERS.len();
    let end = members + readme[members..].find(']').context("the destinations of the example do not end")?;
    let readme = format!("{}, \"ops-{name}\"{}", &readme[..end], &readme[end..]);

    let table = readme.find("| channel | ").context("there is no table of channels")?;
    let end = table + readme[table..].find("\n\n").context("the table of channels does not end")?;
    let row = format!("\n| `{name}` | TODO: what one incident looks like there |");
    Ok(format!("{}{row}{}", &readme[..end], &readme[end..]))
}

fn documented(document: &str, name: &str) -> anyhow::Result<String> {
    ensure!(document.contains(AFTER_CHANNELS), "there is no section `{}`", AFTER_CHANNELS.trim());
    Ok(document.replace(AFTER_CHANNELS, &format!("\n{}{AFTER_CHANNELS}", filled(DOCUMENTED, name))))
}
