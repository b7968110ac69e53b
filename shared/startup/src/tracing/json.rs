//! The format of Lambda: one JSON object per line, with the fields at its top level. The event's span follows them.
use std::fmt::{self, Write as _};

use ::tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use status::outside_text::BoundedText;
use tracing_subscriber::{
    field::RecordFields,
    fmt::{
        FmtContext, FormatEvent, FormatFields, FormattedFields,
        format::Writer,
        time::{FormatTime as _, SystemTime as Clock},
    },
    registry::LookupSpan,
};

use super::bounds::Room;

/// `{"timestamp":…,"level":…,"message":…,FIELD:…,"target":…,"span":{FIELD:…,"name":…}}`
pub(super) struct JsonFormat;

impl<S, N> FormatEvent<S, N> for JsonFormat
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(&self, ctx: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut members = Members::default();
        event.record(&mut members);
        let metadata = event.metadata();
        writer.write_str("{\"timestamp\":\"")?;
        Clock.format_time(&mut writer)?;
        write!(writer, "\",\"level\":\"{}\"{}", metadata.level(), members.text)?;
        if let Some(span) = ctx.lookup_current() {
            let extensions = span.extensions();
            let fields = extensions.get::<FormattedFields<N>>().map_or("", |fields| fields.fields.as_str());
            let fields = if members.room.takes(fields) { fields } else { "" };
            write!(writer, ",\"span\":{{\"name\":\"{}\"{fields}}}", span.name())?;
        }
        if members.room.is_exceeded() {
            writer.write_str(",\"cut\":true")?;
        }
        writeln!(writer, ",\"target\":\"{}\"}}", metadata.target())
    }
}

/// Formats the fields of a span as [`JsonFormat`] formats those of an event.
pub(super) struct JsonMembers;

impl<'w> FormatFields<'w> for JsonMembers {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut members = Members::default();
        fields.record(&mut members);
        writer.write_str(&members.text)
    }
}

/// Members of an object, each with a comma before it.
#[derive(Default)]
struct Members {
    text: String,
    room: Room,
}

impl Members {
    fn add(&mut self, field: &Field, quote: &str, value: fmt::Arguments<'_>) {
        let name = field.name().trim_start_matches("r#");
        let Some(value) = self.room.value(name, BoundedText::for_json, value) else { return };
        let _ = write!(self.text, ",\"{name}\":{quote}{value}{quote}");
    }
}

impl Visit for Members {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, "", format_args!("{value}"));
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, "", format_args!("{value}"));
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, "", format_args!("{value}"));
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON has no infinity.
        let quote = if value.is_finite() { "" } else { "\"" };
        self.add(field, quote, format_args!("{value:?}"));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, "\"", format_args!("{value}"));
    }
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, "\"", format_args!("{value:?}"));
    }
}
