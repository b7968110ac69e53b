//! The format of a terminal: `14:02:11Z  message field=value`.
use std::{
    fmt,
    time::{Duration, SystemTime},
};

use ::tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use status::outside_text::BoundedText;
use tracing_subscriber::{
    field::RecordFields,
    fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields, format::Writer},
    registry::LookupSpan,
};

use super::bounds::Room;

const SECONDS_OF_DAY: u64 = 86_400;

/// It leaves targets out; the fields of an event's spans follow its own.
pub(super) struct TerminalFormat;

impl<S, N> FormatEvent<S, N> for TerminalFormat
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(&self, ctx: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut text = EventText::default();
        event.record(&mut text);
        for span in ctx.event_scope().into_iter().flatten() {
            if let Some(fields) = span.extensions().get::<FormattedFields<N>>()
                && text.room.takes(&fields.fields)
            {
                text.fields.push_str(&fields.fields);
            }
        }
        let (colour, word) = match *event.metadata().level() {
            Level::ERROR => ("31", "error: "),
            Level::WARN => ("33", "warning: "),
            Level::INFO => ("0", ""),
            Level::DEBUG | Level::TRACE => ("2", ""),
        };
        let (time, cut) = (time_of_day(SystemTime::now()), if text.room.is_exceeded() { " …" } else { "" });
        if writer.has_ansi_escapes() {
            write!(writer, "\x1b[2m{time}\x1b[0m  \x1b[{colour}m{word}{}\x1b[0m", text.message)?;
            writeln!(writer, "\x1b[2m{}{cut}\x1b[0m", text.fields)
        } else {
            writeln!(writer, "{time}  {word}{}{}{cut}", text.message, text.fields)
        }
    }
}

/// Formats the fields of a span as [`TerminalFormat`] formats those of an event.
pub(super) struct SpanFields;

impl<'w> FormatFields<'w> for SpanFields {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut text = EventText::default();
        fields.record(&mut text);
        writer.write_str(&text.fields)
    }
}

/// Message and fields of an event.
#[derive(Default)]
struct EventText {
    message: String,
    fields: String,
    room: Room,
}

impl EventText {
    fn add(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        let Some(value) = self.room.value(field.name(), BoundedText::for_people, value) else { return };
        if field.name() == "message" {
            self.message = value;
        } else {
            self.fields.extend([" ", field.name(), "=", &value]);
        }
    }
}

impl Visit for EventText {
    fn record_str(&mut self, field: &Field, value: &str) {
        // With quotes, so that a value cannot look like another field. What follows in a long value is cut anyway.
        if value.bytes().any(|byte| matches!(byte, b' ' | b'"')) && field.name() != "message" {
            self.add(field, format_args!("{value:?}"));
        } else {
            self.add(field, format_args!("{value}"));
        }
    }
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, format_args!("{value:?}"));
    }
}

/// In UTC, as the web pages are, and because the zone of this machine may not be that of its user.
pub(super) fn time_of_day(now: SystemTime) -> String {
    let seconds = match now.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => since.as_secs() % SECONDS_OF_DAY,
        // A clock that was never set may say a time before 1970.
        Err(before) => {
            let before = before.duration() + Duration::from_nanos(999_999_999);
            (SECONDS_OF_DAY - before.as_secs() % SECONDS_OF_DAY) % SECONDS_OF_DAY
        }
    };
    format!("{:02}:{:02}:{:02}Z", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
