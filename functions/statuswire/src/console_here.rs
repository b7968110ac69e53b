//! The console on this machine: on the port of the web pages, with a link to sign in for whoever runs the instance.
use accounts::sign_up::SignUp;
use axum::Router;
use console::{Console, OpenIdSettings, Settings};
use dispatcher::MailSender;
use jiff::Timestamp;
use outbound::Guard;

use crate::{
    cli::ServeArgs,
    config_file::{ACCOUNT, AccountsConfig, Config},
    demo::Demo,
    local_app::LocalApp,
};

/// Signs in to the demo. Nobody gets this mail but the built-in mail server.
const DEMO_OWNER: &str = "owner@localhost";

pub(crate) struct ConsoleHere {
    console: Console,
    /// Signs the owner in; `None`: nobody is the owner.
    pub(crate) link: Option<String>,
}

/// What the configuration says; without a file, whoever runs the demo on their own machine is its owner.
pub(crate) fn accounts(args: &ServeArgs, config: &Config, has_demo: bool) -> Option<AccountsConfig> {
    let of_the_demo =
        || AccountsConfig { sign_up: SignUp::Invitation, owner: Some(DEMO_OWNER.to_owned()), max_monitors: None };
    config.accounts.clone().or_else(|| (args.config.is_none() && has_demo).then(of_the_demo))
}

/// How mail about accounts is sent: as alerts are, else to the built-in mail server, where it can be read.
pub(crate) async fn mail(alerts: Option<&MailSender>, demo: Option<&Demo>) -> anyhow::Result<Option<MailSender>> {
    match (alerts, demo) {
        (Some(mail), _) => Ok(Some(mail.clone())),
        (None, Some(demo)) => demo.mail().await.map(Some),
        (None, None) => Ok(None),
    }
}

impl ConsoleHere {
    /// `base`: of the links, without a trailing slash.
    pub(crate) async fn open(
        app: &LocalApp,
        (accounts, openid): (AccountsConfig, Option<OpenIdSettings>),
        (mail, guard): (Option<MailSender>, Guard),
        base: String,
    ) -> anyhow::Result<Self> {
        let AccountsConfig { sign_up, owner, max_monitors } = accounts;
        let link = match &owner {
            Some(owner) => Some(console::sign_in_link(&app.store, &base, owner, Timestamp::now()).await?),
            None => None,
        };
        let settings = Settings {
            sign_up,
            owner,
            public_url: Some(base),
            mail,
            guard,
            max_monitors,
            file_account: ACCOUNT.into(),
        };
        let console = Console::new(app.store.clone(), settings).with_queues(app.queues().channels);
        let console = console.with_openid(openid).map_err(|what| anyhow::anyhow!("[openid] issuer {what}"))?;
        Ok(Self { console, link })
    }

    /// See [`Console::with_demo`].
    pub(crate) fn with_demo(self, demo: Option<console::Demo>) -> Self {
        Self { console: self.console.with_demo(demo), ..self }
    }

    /// See [`Console::with_catalogue`].
    pub(crate) fn with_catalogue(self, with_catalogue: bool) -> Self {
        Self { console: self.console.with_catalogue(with_catalogue), ..self }
    }

    /// The routes of the console before all others.
    pub(crate) fn before(self, others: Router) -> Router {
        console::router(self.console).fallback_service(others)
    }
}
