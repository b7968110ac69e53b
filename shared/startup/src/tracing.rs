//! The log: one JSON object per line in Lambda, one plain line per event in a terminal. `STATUSWIRE_LOG` sets the level
//! of our own crates (default `info`; other crates stay at `warn`), or is a list such as `outbound=debug,hyper=info`.
//! Starting the log a second time changes nothing. The log also holds what providers and receivers say: both formats
//! bound each field and each line and escape every hidden character.
mod bounds;
mod json;
mod terminal;

use std::{io, str::FromStr as _};

use ::tracing::Subscriber;
use anyhow::Context as _;
use tracing_subscriber::{
    Layer, Registry,
    filter::{LevelFilter, Targets},
    fmt::MakeWriter,
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use self::{
    json::{JsonFormat, JsonMembers},
    terminal::{SpanFields, TerminalFormat},
};

/// Sees the spans of a process beside the log.
pub type SpanLayer = Box<dyn Layer<Registry> + Send + Sync>;

const VARIABLE: &str = "STATUSWIRE_LOG";
/// Every package under `functions` and `shared`; a test compares the list with the folders.
const OUR_CRATES: [&str; 26] = [
    "account_api",
    "accounts",
    "bootstrap",
    "catalogue",
    "channels",
    "console",
    "dispatcher",
    "fakes",
    "feedback",
    "formats",
    "local",
    "mail",
    "markdown",
    "outbound",
    "poller",
    "queue",
    "roles",
    "router",
    "settings",
    "site",
    "startup",
    "status",
    "statuswire",
    "store",
    "traces",
    "web",
];

/// Where the terminal's log goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    Stdout,
    Stderr,
}

/// Starts the log of Lambda: on standard output, with fields at the top level, so that CloudWatch can query them by
/// name. `spans` sees the spans of events at these levels.
pub fn json(spans: Option<SpanLayer>) -> anyhow::Result<()> {
    json_lines(io::stdout, filter_from_env()?, spans).try_init().ok();
    Ok(())
}

/// Starts the log of a terminal, with lines such as `14:02:11Z  message field=value`.
pub fn terminal(output: Output, colour: bool) -> anyhow::Result<()> {
    match output {
        Output::Stdout => lines(io::stdout, colour, filter_from_env()?).try_init(),
        Output::Stderr => lines(io::stderr, colour, filter_from_env()?).try_init(),
    }
    .ok();
    Ok(())
}

fn lines<W>(writer: W, colour: bool, filter: Targets) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(colour)
        .event_format(TerminalFormat)
        .fmt_fields(SpanFields)
        .with_writer(writer);
    tracing_subscriber::registry().with(filter).with(layer)
}

fn json_lines<W>(writer: W, filter: Targets, spans: Option<SpanLayer>) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .event_format(JsonFormat)
        .fmt_fields(JsonMembers)
        .with_writer(writer);
    tracing_subscriber::registry().with(spans).with(filter).with(layer)
}

fn filter_from_env() -> anyhow::Result<Targets> {
    let wanted = crate::env::optional(VARIABLE)?;
    targets(wanted.as_deref().unwrap_or("info")).with_context(|| {
        format!(
            "the environment variable {VARIABLE} is not valid: set it to a level (error, warn, info, debug, trace) or \
             a list such as outbound=debug"
        )
    })
}

fn targets(wanted: &str) -> anyhow::Result<Targets> {
    Ok(match LevelFilter::from_str(wanted) {
        Ok(level) => {
            Targets::new().with_default(level.min(LevelFilter::WARN)).with_targets(OUR_CRATES.map(|name| (name, level)))
        }
        Err(_) => wanted.parse()?,
    })
}

#[cfg(test)]
mod tests;
