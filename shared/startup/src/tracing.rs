//! The log: one JSON object per line in Lambda, one plain line per event in a terminal. `STATUSWIRE_LOG` sets the level
//! of our own crates (default `info`; other crates stay at `warn`), or is a list such as `outbound=debug,hyper=info`.
//! Starting the log a second time changes nothing.
use std::{fmt, io, str::FromStr as _, time::SystemTime};

use ::tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use anyhow::Context as _;
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter, format::Writer},
    layer::SubscriberExt as _,
    registry::LookupSpan,
    util::SubscriberInitExt as _,
};

const VARIABLE: &str = "STATUSWIRE_LOG";
/// Every package under `functions` and `shared`; a test compares the list with the folders.
const OUR_CRATES: [&str; 19] = [
    "bootstrap",
    "catalogue",
    "channels",
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
    "router",
    "startup",
    "status",
    "statuswire",
    "store",
    "web",
];

/// Where the terminal's log goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    Stdout,
    Stderr,
}

/// Starts the log of Lambda: on standard output, with fields at the top level, so that CloudWatch can query them by
/// name.
pub fn json() -> anyhow::Result<()> {
    let layer =
        tracing_subscriber::fmt::layer().json().flatten_event(true).with_span_list(false).with_writer(io::stdout);
    let _ = tracing_subscriber::registry().with(filter_from_env()?).with(layer).try_init();
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

/// The format of the terminal. It leaves targets out; the fields of an event's spans follow its own.
struct TerminalFormat;

impl<S, N> FormatEvent<S, N> for TerminalFormat
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(&self, ctx: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut text = EventText::default();
        event.record(&mut text);
        let (colour, word) = match *event.metadata().level() {
            Level::ERROR => ("31", "error: "),
            Level::WARN => ("33", "warning: "),
            Level::INFO => ("0", ""),
            Level::DEBUG | Level::TRACE => ("2", ""),
        };
        let time = time_of_day(SystemTime::now());
        if writer.has_ansi_escapes() {
            write!(writer, "\x1b[2m{time}\x1b[0m  \x1b[{colour}m{word}{}\x1b[0m", text.message)?;
            write!(writer, "\x1b[2m{}", text.fields)?;
        } else {
            write!(writer, "{time}  {word}{}{}", text.message, text.fields)?;
        }
        for span in ctx.event_scope().into_iter().flatten() {
            if let Some(fields) = span.extensions().get::<tracing_subscriber::fmt::FormattedFields<N>>() {
                writer.write_str(&fields.fields)?;
            }
        }
        writer.write_str(if writer.has_ansi_escapes() { "\x1b[0m\n" } else { "\n" })
    }
}

/// Formats the fields of a span as [`TerminalFormat`] formats those of an event.
struct SpanFields;

impl<'w> FormatFields<'w> for SpanFields {
    fn format_fields<R: tracing_subscriber::field::RecordFields>(
        &self,
        mut writer: Writer<'w>,
        fields: R,
    ) -> fmt::Result {
        let mut text = EventText::default();
        fields.record(&mut text);
        writer.write_str(&text.fields)
    }
}

/// Message and fields of an event. Control characters are escaped, because the log also holds providers' texts, and a
/// terminal would obey them.
#[derive(Default)]
struct EventText {
    message: String,
    fields: String,
}

impl EventText {
    fn add(&mut self, field: &Field, value: &str) {
        let escaped = |text: &mut String| {
            for character in value.chars() {
                if character.is_control() {
                    text.extend(character.escape_default());
                } else {
                    text.push(character);
                }
            }
        };
        if field.name() == "message" {
            escaped(&mut self.message);
        } else {
            self.fields.push_str(&format!(" {}=", field.name()));
            escaped(&mut self.fields);
        }
    }
}

impl Visit for EventText {
    fn record_str(&mut self, field: &Field, value: &str) {
        if value.contains(' ') {
            self.add(field, &format!("\"{value}\""));
        } else {
            self.add(field, value);
        }
    }
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, &format!("{value:?}"));
    }
}

/// In UTC, as the web pages are, and because the zone of this machine may not be that of its user.
fn time_of_day(now: SystemTime) -> String {
    let seconds = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs()) % 86_400;
    format!("{:02}:{:02}:{:02}Z", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Arc, Mutex},
        time::Duration,
    };

    use super::*;

    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What `log` writes, without the time of day.
    fn written(wanted: &str, colour: bool, log: impl FnOnce()) -> String {
        let memory = Memory::default();
        let writer = memory.clone();
        let subscriber = lines(move || writer.clone(), colour, targets(wanted).unwrap());
        ::tracing::subscriber::with_default(subscriber, log);
        let text = String::from_utf8(memory.0.lock().unwrap().clone()).unwrap();
        let lines = text.lines().map(|line| line.split_once("Z").expect("a time").1.to_owned() + "\n");
        lines.collect()
    }

    #[test]
    fn line_has_message_then_fields_then_those_of_its_span() {
        let line = written("info", false, || {
            let _span = ::tracing::info_span!("poll", provider.id = "github").entered();
            ::tracing::warn!(attempt.number = 3, reason = "no answer", "page not read");
        });
        assert_eq!(line, "  warning: page not read attempt.number=3 reason=\"no answer\" provider.id=github\n");
    }

    #[test]
    fn control_characters_cannot_reach_the_terminal() {
        let line = written("info", false, || ::tracing::info!(title = "\x1b[2Jgone", "a\nb"));
        assert_eq!(line, "  a\\nb title=\\u{1b}[2Jgone\n");
    }

    #[test]
    fn colour_is_only_used_when_asked_for() {
        let log = || ::tracing::error!("broken");
        assert!(written("info", true, log).contains("\x1b[31merror: broken\x1b[0m"));
        assert!(!written("info", false, log).contains('\x1b'));
    }

    #[test]
    fn a_level_is_for_our_crates_and_others_stay_at_warn() {
        let log = || {
            ::tracing::debug!("ours");
            ::tracing::info!(target: "hyper", "others");
        };
        assert_eq!(written("debug", false, log), "  ours\n");
        assert_eq!(written("info", false, log), "");
        assert_eq!(written("hyper=info", false, log), "  others\n");
        assert!(targets("outbound=loud").is_err());
    }

    #[test]
    fn every_package_of_the_repository_is_ours() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
        let packages = |folder: &str| std::fs::read_dir(format!("{root}/{folder}")).unwrap();
        let packages = packages("functions").chain(packages("shared")).map(|entry| entry.unwrap());
        let packages = packages.filter(|entry| entry.path().join("Cargo.toml").is_file());
        let mut packages: Vec<_> = packages.map(|entry| entry.file_name().into_string().unwrap()).collect();
        packages.sort();
        assert_eq!(packages, OUR_CRATES);
    }

    #[test]
    fn time_is_utc() {
        assert_eq!(time_of_day(SystemTime::UNIX_EPOCH + Duration::from_secs(86_400 + 3_661)), "01:01:01Z");
    }
}
