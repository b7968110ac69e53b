//! The page that `probe` is to read and its login: given by hand, or as the configuration file declares them.
use std::{path::Path, sync::Arc};

use anyhow::{Context as _, bail, ensure};
use ipnet::IpNet;
use outbound::{Guard, Login};
use settings::LoginDraft;
use startup::env;
use status::provider::{PRIVATE_ID, Provider};
use url::Url;

use crate::{cli::ProbeArgs, config_file};

/// What a page is read with.
pub(super) struct Target {
    pub(super) url: Url,
    pub(super) format: Option<String>,
    pub(super) login: Option<Arc<Login>>,
    /// Private networks that may be reached.
    pub(super) allow: Vec<IpNet>,
    /// `None`: the configuration file has the page already.
    pub(super) keys: Option<LoginKeys>,
}

/// The lines of a login in the configuration file. Each value is the name of a variable.
pub(super) struct LoginKeys(pub(super) Vec<String>);

/// `None`: the configuration file has errors, which are printed.
pub(super) fn target(args: ProbeArgs) -> anyhow::Result<Option<Target>> {
    match &args.config {
        Some(file) => declared(file, &args),
        None => given(args).map(Some),
    }
}

fn declared(file: &Path, args: &ProbeArgs) -> anyhow::Result<Option<Target>> {
    let Some(config) = config_file::load::read_or_print(file)? else { return Ok(None) };
    let page = config.settings.pages.iter().find(|page| page.id.as_str() == args.page);
    let page = page.with_context(|| {
        let ids: Vec<&str> = config.settings.pages.iter().map(|page| page.id.as_str()).collect();
        let known = if ids.is_empty() { "it declares none".to_owned() } else { format!("it has {}", ids.join(", ")) };
        format!("{} declares no [[page]] with the id \"{}\": {known}", file.display(), args.page)
    })?;
    let login = config.settings.logins.get(&page.id).map(|login| sendable(page, login)).transpose()?;
    Ok(Some(Target {
        url: page.page_url.parse().with_context(|| format!("the URL of {}", page.id))?,
        format: args.format.clone().or_else(|| page.format.clone()),
        login,
        allow: [config.network.as_slice(), args.allow.as_slice()].concat(),
        keys: None,
    }))
}

fn given(args: ProbeArgs) -> anyhow::Result<Target> {
    let mut url: Url = args.page.parse().with_context(|| {
        format!("\"{}\" is no URL: write https://..., or name the page of a file with --config FILE", args.page)
    })?;
    url.set_fragment(None);
    let (mut draft, mut keys) = (LoginDraft::default(), Vec::new());
    if let (Some(user), Some(password)) = (args.user, &args.password) {
        draft.password = Some(secret("--password", "--password env:PAGE_PASSWORD", password)?);
        keys.extend([format!("username = {user:?}"), format!("password = \"{password}\"")]);
        draft.username = Some(user);
    }
    let mut headers = Vec::new();
    for header in &args.headers {
        const HINT: &str = "--header 'Authorization: env:PAGE_TOKEN'";
        let (name, value) = header.split_once(':').with_context(|| format!("--header has no colon: write {HINT}"))?;
        let (name, value) = (name.trim(), value.trim());
        draft.headers.insert(name.to_owned(), secret("--header", HINT, value)?);
        headers.push(format!("{name:?} = \"{value}\""));
    }
    if !headers.is_empty() {
        keys.push(format!("headers = {{ {} }}", headers.join(", ")));
    }
    // Nothing is stored, so any id that a page with a login may have will do.
    let id = format!("{PRIVATE_ID}probe");
    let page =
        Provider { name: id.clone(), id: id.as_str().into(), page_url: url.to_string(), format: None, interval: None };
    let login = draft.validate(&page, &Guard::default()).map_err(|problems| {
        let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("the login cannot be used: {}", texts.join("; "))
    })?;
    Ok(Target {
        login: login.map(|login| sendable(&page, &login)).transpose()?,
        url,
        format: args.format,
        allow: args.allow,
        keys: Some(LoginKeys(keys)),
    })
}

fn sendable(page: &Provider, login: &status::provider::Login) -> anyhow::Result<Arc<Login>> {
    poller::sendable_login(page, login).map(Arc::new).context("the login of this page cannot be sent")
}

/// What the variable holds. Other users of this machine see the arguments of a command, and a shell keeps them.
fn secret(option: &str, hint: &str, text: &str) -> anyhow::Result<String> {
    let Some(name) = text.strip_prefix("env:") else {
        bail!("{option} takes no secret itself, since others can read the arguments of a command: write {hint}");
    };
    // What is not a variable's name may be the secret itself.
    let is_part = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    ensure!(name.bytes().all(is_part), "{option} names no environment variable in capitals: write {hint}");
    let value = env::optional(name)?.filter(|value| !value.trim().is_empty());
    value.with_context(|| format!("{option}: the environment variable \"{name}\" is not set"))
}
